"""From a media file to the bytes that are sent, which are the same when they are checked."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Protocol

from bot.files import CHUNK_BYTES, read_chunks
from bot.media import UnfitMediaError
from bot.media.decoding import decode
from bot.media.films import hidden_spans, overwrite
from bot.media.pictures import says_where, without_metadata
from bot.voice.pictures import look

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.media.films import Span

MAX_IMAGE_BYTES = 16 * 1024 * 1024
"""Mastodon's default for images, the largest of the platforms."""
MAX_VIDEO_BYTES = 512 * 1024 * 1024
"""X's limit for video without long-video rights."""

VIDEO = "video/mp4"
_IMAGE_TYPES = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
}
"""The first bytes of images, and the media type."""
_HEAD_BYTES = 16

WHERE_LEFT_OUT = "its hidden data, which say where it was taken"
ELSE_LEFT_OUT = "its hidden data, such as when and with which device it was made"


class Digest(Protocol):
    """A hash that takes bytes."""

    def update(self, data: bytes, /) -> None:
        """Add bytes."""
        ...


@dataclass(frozen=True, slots=True)
class CleanFile:
    """A media file as it is sent."""

    mime: str
    size: int
    """In bytes."""
    sha256: str
    """In hex."""
    original_sha256: str
    """The hash of the file in its folder."""
    left_out: str
    """The data that are not sent, in words; "" if the file is sent as it is."""
    width: int = 0
    """In pixels; 0 for a film."""
    height: int = 0
    look: str = ""
    """The look of a picture, as ``voice.pictures`` compares it."""


def examine(file: IO[bytes], size: int) -> CleanFile:
    """Describe a file of ``size`` bytes as it is sent. Raise UnfitMediaError if it cannot be."""
    mime = _media_type(file)
    if mime == VIDEO:
        return _examine_film(file, size)
    data = _read_picture(file, size)
    clean = without_metadata(data, mime)
    width, height, first = decode(clean, mime)
    digest, left_out = hashlib.sha256(clean).hexdigest(), ""
    if clean != data:
        left_out = WHERE_LEFT_OUT if says_where(data) else ELSE_LEFT_OUT
    original = hashlib.sha256(data).hexdigest() if left_out else digest
    return CleanFile(mime, len(clean), digest, original, left_out, width, height, look(first))


def clean_chunks(
    file: IO[bytes], size: int, step: int = CHUNK_BYTES, original: Digest | None = None
) -> Iterator[bytes]:
    """Yield the bytes that are sent of a file of ``size`` bytes, at most ``step`` at a time.

    ``original`` gets the file's own bytes. Raise UnfitMediaError if the file cannot be sent.
    """
    mime = _media_type(file)
    if mime == VIDEO:
        _check_size(size, MAX_VIDEO_BYTES)
        spans, _ = hidden_spans(file, size)
        yield from _film_chunks(file, size, step, spans, original)
        return
    data = _read_picture(file, size)
    if original:
        original.update(data)
    clean = without_metadata(data, mime)
    for at in range(0, len(clean), step):
        yield clean[at : at + step]


def _examine_film(file: IO[bytes], size: int) -> CleanFile:
    _check_size(size, MAX_VIDEO_BYTES)
    spans, place = hidden_spans(file, size)
    digest = hashlib.sha256()
    original = hashlib.sha256() if spans else None
    for chunk in _film_chunks(file, size, CHUNK_BYTES, spans, original):
        digest.update(chunk)
    left_out = (WHERE_LEFT_OUT if place else ELSE_LEFT_OUT) if spans else ""
    own = (original or digest).hexdigest()
    return CleanFile(VIDEO, size, digest.hexdigest(), own, left_out)


def _film_chunks(
    file: IO[bytes], size: int, step: int, spans: Sequence[Span], original: Digest | None
) -> Iterator[bytes]:
    file.seek(0)
    at = 0
    for chunk in read_chunks(file, size, step):
        if original:
            original.update(chunk)
        yield overwrite(chunk, at, spans)
        at += len(chunk)


def _media_type(file: IO[bytes]) -> str:
    """Return the media type by the file's first bytes. Raise UnfitMediaError for any other file."""
    file.seek(0)
    head = file.read(_HEAD_BYTES)
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head[4:8] == b"ftyp":
        return VIDEO
    for start, mime in _IMAGE_TYPES.items():
        if head.startswith(start):
            return mime
    hint = "Platforms take JPEG, PNG, GIF, WebP and MP4."
    raise UnfitMediaError("is not a picture or video", hint)


def _read_picture(file: IO[bytes], size: int) -> bytes:
    _check_size(size, MAX_IMAGE_BYTES)
    file.seek(0)
    return file.read(size)


def _check_size(size: int, limit: int) -> None:
    if size > limit:
        raise UnfitMediaError(f"is larger than {limit // 1024**2} MiB", "Make it smaller.", "M506")
