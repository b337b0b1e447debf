"""One time for several processes: a file that they share, turned by the test or by the workers."""

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

_LAYOUT = struct.Struct("qqq")  # microseconds: true time, what the wall clock is off by, boot clock
_MICRO = timedelta(microseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class SharedClock(Clock):
    """Stands still until it is turned. The wall clock can be set wrong, as a machine's can.

    ``now`` is the machine's wall clock, ``true`` the time it should show (the platform's).
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
        """Let so much time pass, on every clock."""
        true, off, boot = self._read()
        self._write(true + span // _MICRO, off, boot + span // _MICRO)

    def advance_to(self, instant: datetime) -> None:
        """Let time pass until the wall clock shows this; never backwards."""
        self.advance(max(instant - self.now(), timedelta(0)))

    def step(self, span: timedelta) -> None:
        """Set the wall clock, forwards or back; no time passes."""
        true, off, boot = self._read()
        self._write(true, off + span // _MICRO, boot)

    def _read(self) -> tuple[int, int, int]:
        true, off, boot = _LAYOUT.unpack_from(self._map)
        return true, off, boot

    def _write(self, *values: int) -> None:
        _LAYOUT.pack_into(self._map, 0, *values)
