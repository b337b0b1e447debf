"""The ids of posts that are out, kept beside a database that could not be written.

The disk may be full for both. So room is set aside while there is some, and the lines are written
into it. A file of blank lines is an empty one.
"""

from __future__ import annotations

import fcntl
import json
import os
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from bot import files
from bot.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ROOM = 16_384
"""Bytes set aside: some fifty posts."""


@dataclass(frozen=True, slots=True)
class Spilled:
    """A part that is out: what the database should have been told. ``at`` is when it went out.

    ``reply`` is as ``Published`` has it.
    """

    delivery: int
    key: str
    part: int
    attempt: int
    fence: int
    payload: str
    remote_id: str
    url: str
    at: datetime
    reply: str = ""


class Spill:
    """The file at this path; safe for several threads and processes of one machine."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def reserve(self) -> None:
        """Set room aside. Raises OSError where there is none any more."""
        with self._opened() as fd:
            missing = ROOM - os.fstat(fd).st_size
            if missing > 0:
                os.pwrite(fd, b"\n" * missing, ROOM - missing)
                os.fsync(fd)

    def append(self, spilled: Spilled) -> None:
        """Write it down, on disk when this returns. Raises OSError."""
        data = {**asdict(spilled), "at": spilled.at.isoformat()}
        line = json.dumps(data, ensure_ascii=False).encode()
        with self._opened() as fd:
            end = len(_read(fd).rstrip(b"\n"))
            # A line of its own, even where the one before was cut off.
            written = os.pwrite(fd, b"\n" + line + b"\n", end)
            if written < len(line):
                raise OSError(f"{self.path}: only {written} bytes could be written")
            os.fsync(fd)

    def read(self) -> tuple[list[Spilled], list[str]]:
        """Give what was written down, and the lines that cannot be read. Raises StoreError."""
        if not os.path.lexists(self.path):
            return [], []
        try:
            with self._opened() as fd:
                return _parsed(_read(fd))
        except OSError as error:
            raise StoreError(
                f"{self.path}: {error.strerror}. It may hold the ids of posts that are out: look "
                "at it, and move it away",
            ) from error

    def clear(self, known: int) -> None:
        """Empty it, if nothing has come to the ``known`` lines. Raises OSError."""
        with self._opened() as fd:
            data = _read(fd)
            if len(_lines(data)) == known:
                os.pwrite(fd, b"\n" * len(data), 0)
                os.fsync(fd)

    @contextmanager
    def _opened(self) -> Iterator[int]:
        fd = files.opened_to_write(self.path)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX)  # let go when it is closed
            yield fd
        finally:
            os.close(fd)


def _read(fd: int) -> bytes:
    return os.pread(fd, os.fstat(fd).st_size, 0)


def _lines(data: bytes) -> list[bytes]:
    # The room that is set aside first: it is thousands of empty lines, looked at every few seconds.
    return [line for line in data.strip(b"\n").split(b"\n") if line.strip()]


def _parsed(data: bytes) -> tuple[list[Spilled], list[str]]:
    good: list[Spilled] = []
    bad: list[str] = []
    for line in _lines(data):
        try:
            found = json.loads(line)
            good.append(Spilled(**{**found, "at": datetime.fromisoformat(found["at"])}))
        except (ValueError, TypeError, KeyError):
            bad.append(line.decode(errors="replace"))
    return good, bad
