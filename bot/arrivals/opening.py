"""A file as pieces of bytes, plain or compressed, opened only if it is a plain file."""

from __future__ import annotations

import bz2
import lzma
import os
import stat
import zlib
from dataclasses import dataclass
from importlib import import_module
from typing import IO, TYPE_CHECKING, Any, Protocol

from bot.files import CHUNK_BYTES, WrongFileError, file_type

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
class OpenedFile:
    """A file that is open for reading."""

    path: Path
    raw: IO[bytes]
    size: int
    """Bytes on disk."""
    identity: tuple[int, int]
    """Device and inode."""
    head: bytes = b""
    """Its first bytes, unpacked."""

    @property
    def name(self) -> str:
        """The path as it was given, for messages."""
        return str(self.path)

    def chunks(self) -> Iterator[bytes]:
        """Yield all bytes, unpacked, in pieces of at most a MiB. Raise DamagedError or OSError."""
        self.raw.seek(0)
        start = self.raw.read(8)
        self.raw.seek(0)
        for magic, make in _COMPRESSIONS.items():
            if start.startswith(magic):
                return _unpack(self.raw, make)
        return iter(lambda: self.raw.read(CHUNK_BYTES), b"")


def open_file(path: Path) -> OpenedFile:
    """Open a plain file and read its first bytes. Never wait for a pipe.

    Raise WrongFileError for anything but a plain file, another OSError, ValueError for an
    impossible name, DamagedError if nothing can be unpacked, or ImportError if Python lacks the
    compression.
    """
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    state = os.fstat(handle)
    if not stat.S_ISREG(state.st_mode):
        os.close(handle)
        raise WrongFileError(path, file_type(state))
    raw = os.fdopen(handle, "rb", buffering=0)
    try:
        opened = OpenedFile(path, raw, state.st_size, (state.st_dev, state.st_ino))
        opened.head = _read_head(opened)
    except BaseException:
        raw.close()
        raise
    return opened


def _read_head(opened: OpenedFile) -> bytes:
    head = bytearray()
    try:
        for chunk in opened.chunks():
            head += chunk
            if len(head) >= HEAD_BYTES:
                break
    except DamagedError:
        if not head:
            raise
    return bytes(head[:HEAD_BYTES])


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
