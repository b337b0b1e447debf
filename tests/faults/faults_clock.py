"""A clock in a file, shared by the test and its workers and advanced by either."""

from __future__ import annotations

import mmap
import struct
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from helpers.clock import NOW

from bot.clock import Clock

if TYPE_CHECKING:
    from pathlib import Path

START = NOW

_LAYOUT = struct.Struct("qqq")  # microseconds of true time, wall clock's error, boot clock
_MICRO = timedelta(microseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class SharedClock(Clock):
    """A clock that stands still until it is advanced, and whose wall clock can be set wrong.

    ``now`` is the machine's wall clock. ``true`` is the correct time, which the platform uses.
    """

    def __init__(self, path: Path, start: datetime | None = None) -> None:
        self.path = path
        if start is not None:
            path.write_bytes(_LAYOUT.pack((start - _EPOCH) // _MICRO, 0, 1_000_000_000))
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), _LAYOUT.size)

    def true(self) -> datetime:
        return _EPOCH + self._read()[0] * _MICRO

    def now(self) -> datetime:
        true, off, _ = self._read()
        return _EPOCH + (true + off) * _MICRO

    def uptime(self) -> float:
        return self._read()[2] / 1_000_000

    def boot_time(self) -> float:
        return (self.now() - _EPOCH).total_seconds() - self.uptime()

    def advance(self, span: timedelta) -> None:
        """Advance all three clocks."""
        true, off, boot = self._read()
        self._write(true + span // _MICRO, off, boot + span // _MICRO)

    def advance_to(self, instant: datetime) -> None:
        """Advance until the wall clock shows ``instant``, if it does not yet."""
        self.advance(max(instant - self.now(), timedelta(0)))

    def step(self, span: timedelta) -> None:
        """Set the wall clock forward or back, without letting time pass."""
        true, off, boot = self._read()
        self._write(true, off + span // _MICRO, boot)

    def _read(self) -> tuple[int, int, int]:
        true, off, boot = _LAYOUT.unpack_from(self._map)
        return true, off, boot

    def _write(self, *values: int) -> None:
        _LAYOUT.pack_into(self._map, 0, *values)
