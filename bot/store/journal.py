"""The ids of posts that are out, kept in a file while the database cannot be written.

The disk may be full for both. Space is therefore reserved while there is some, and entries are
written into it. A file of blank lines is an empty journal.
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

RESERVED_BYTES = 16_384
"""The reserved space, enough for some fifty posts."""


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """A part that is out, with all that the database should know of it."""

    delivery: int
    key: str
    """The delivery's key, which a restored database may have under another id."""
    part: int
    attempt: int
    fence: int
    payload: str
    remote_id: str
    url: str
    at: datetime
    """When it was published."""
    reply: str = ""
    """The platform's own form of the post in a reply to it."""


class OutcomeJournal:
    """The file at this path, for several threads and processes of one machine."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def reserve(self) -> None:
        """Reserve space. Raise OSError if there is none any more."""
        with self._opened() as fd:
            missing = RESERVED_BYTES - os.fstat(fd).st_size
            if missing > 0:
                os.pwrite(fd, b"\n" * missing, RESERVED_BYTES - missing)
                os.fsync(fd)

    def append(self, entry: JournalEntry) -> None:
        """Write an entry, on disk when this returns. Raise OSError."""
        data = {**asdict(entry), "at": entry.at.isoformat()}
        line = json.dumps(data, ensure_ascii=False).encode()
        with self._opened() as fd:
            end = len(_read(fd).rstrip(b"\n"))
            # It begins with a line break, because the line before may be cut off.
            written = os.pwrite(fd, b"\n" + line + b"\n", end)
            if written < len(line):
                raise OSError(f"{self.path}: only {written} bytes could be written")
            os.fsync(fd)

    def read(self) -> tuple[list[JournalEntry], list[str]]:
        """Return the entries, and the lines that cannot be read. Raise StoreError."""
        if not os.path.lexists(self.path):
            return [], []
        try:
            with self._opened() as fd:
                lines = _lines(_read(fd))
        except OSError as error:
            raise StoreError(
                f"{self.path}: {error.strerror}. The file may contain the ids of posts that are "
                "out. Read it, and move it away",
            ) from error
        entries: list[JournalEntry] = []
        unreadable: list[str] = []
        for line in lines:
            try:
                fields = json.loads(line)
                at = datetime.fromisoformat(fields["at"])
                entries.append(JournalEntry(**{**fields, "at": at}))
            except (ValueError, TypeError, KeyError):
                unreadable.append(line.decode(errors="replace"))
        return entries, unreadable

    def clear(self, known: int) -> None:
        """Empty the file, unless it has more lines than the ``known`` by now. Raise OSError."""
        with self._opened() as fd:
            data = _read(fd)
            if len(_lines(data)) == known:
                os.pwrite(fd, b"\n" * len(data), 0)
                os.fsync(fd)

    @contextmanager
    def _opened(self) -> Iterator[int]:
        fd = files.open_for_writing(self.path)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX)  # released when the file is closed
            yield fd
        finally:
            os.close(fd)


def _read(fd: int) -> bytes:
    return os.pread(fd, os.fstat(fd).st_size, 0)


def _lines(data: bytes) -> list[bytes]:
    # The reserved space is stripped first: thousands of empty lines, read every few seconds.
    return [line for line in data.strip(b"\n").split(b"\n") if line.strip()]
