"""A file as pieces of bytes, plain or compressed, opened only if it is a plain file."""

from __future__ import annotations

import bz2
import lzma
import os
import zlib
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from io import BytesIO
from typing import IO, TYPE_CHECKING, Any, Protocol

from bot.files import CHUNK_BYTES, require_plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

HEAD_BYTES = 1024 * 1024
"""Bytes by which a file is recognised. The headings of Matomo's log of visits can be as long."""

_READ_BYTES = 256 * 1024


class DamagedError(Exception):
    """A compressed file that ends too early, or cannot be unpacked from some place on."""


class _Unpacker(Protocol):
    """A decompressor of the standard library, of one compressed stream."""

    eof: bool
    needs_input: bool
    unused_data: bytes

    def decompress(self, data: bytes, max_length: int) -> bytes: ...


class _Gunzipper:
    """zlib's decompressor in the form that the others have."""

    def __init__(self) -> None:
        self._zlib = zlib.decompressobj(zlib.MAX_WBITS | 16)

    @property
    def eof(self) -> bool:
        return self._zlib.eof

    @property
    def needs_input(self) -> bool:
        return not self._zlib.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return self._zlib.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        return self._zlib.decompress(self._zlib.unconsumed_tail + data, max_length)


_COMPRESSIONS: dict[bytes, Callable[[], Any]] = {
    b"\x1f\x8b": _Gunzipper,
    b"BZh": bz2.BZ2Decompressor,
    b"\xfd7zXZ\0": lzma.LZMADecompressor,
    b"\x28\xb5\x2f\xfd": lambda: import_module("compression.zstd").ZstdDecompressor(),
}
"""What compressed files begin with. Python knows Zstandard from 3.14 on."""


@dataclass
class LogFile:
    """A plain file, which is open only while it is recognised and while it is read.

    People name hundreds of rotated logs at once, and macOS lets a process open 256 files.
    """

    path: Path
    size: int = 0
    """Bytes on disk."""
    identity: tuple[int, int] | None = None
    """Device and inode."""
    head: bytes = b""
    """Its first bytes, unpacked."""
    raw: IO[bytes] = field(default_factory=BytesIO)
    """The open file."""

    @property
    def name(self) -> str:
        """The path as it was given, for messages."""
        return str(self.path)

    @contextmanager
    def opened(self) -> Iterator[None]:
        """Hold the file open for reading. Never wait for a pipe.

        Raise WrongFileError for anything but a plain file, another OSError (if it was replaced
        since it was first opened, too), or ValueError for an impossible name.
        """
        handle = os.open(self.path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        state = require_plain(handle, self.path)
        with os.fdopen(handle, "rb", buffering=0) as self.raw:
            identity = (state.st_dev, state.st_ino)
            if self.identity not in {None, identity}:
                raise OSError(0, "another file has taken its place in the meantime")
            self.size, self.identity = state.st_size, identity
            yield

    def read_head(self) -> None:
        """Keep the first bytes of the open file.

        Raise DamagedError if nothing can be unpacked, or ImportError if Python lacks the
        compression.
        """
        head = bytearray()
        try:
            for chunk in self.chunks():
                head += chunk
                if len(head) >= HEAD_BYTES:
                    break
        except DamagedError:
            if not head:
                raise
        self.head = bytes(head[:HEAD_BYTES])

    def chunks(self) -> Iterator[bytes]:
        """Yield all bytes, unpacked, in pieces of at most a MiB. Raise DamagedError or OSError."""
        self.raw.seek(0)
        start = self.raw.read(8)
        self.raw.seek(0)
        for magic, make in _COMPRESSIONS.items():
            if start.startswith(magic):
                return _unpack(self.raw, make)
        return iter(lambda: self.raw.read(CHUNK_BYTES), b"")


def _unpack(raw: IO[bytes], make: Callable[[], _Unpacker]) -> Iterator[bytes]:
    """Yield what a compressed file holds. It may be several streams, one after the other."""
    unpacker, data, ended = make(), b"", False
    while True:
        if unpacker.needs_input and not data:
            data = raw.read(_READ_BYTES)
            ended = not data
        try:
            unpacked = unpacker.decompress(data, CHUNK_BYTES)
        except (zlib.error, lzma.LZMAError, EOFError, OSError, ValueError) as error:
            raise DamagedError("is damaged") from error
        data = b""
        if unpacked:
            yield unpacked
        if unpacker.eof:
            data = (unpacker.unused_data or raw.read(_READ_BYTES)).lstrip(b"\0")  # padding
            if not data:
                return
            unpacker = make()
        elif ended and not unpacked:
            raise DamagedError("ends too early")
