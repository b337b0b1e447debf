"""Takes out of a picture what nobody sees: where and when it was taken, by whom, with what. Pure.

Other platforms make a picture anew. A server of Bluesky keeps the very bytes and gives them to
anyone who asks, with the place where a phone took the picture, and the small copy of what was cut
away. So all of that is left out before. Nothing is decoded: the picture itself stays as it is, and
so do its colours and which side is up.
"""

from __future__ import annotations

import io
import struct
import zlib
from typing import TYPE_CHECKING

from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Iterator

_ORIENTATION = 0x0112
_SIDEWAYS = 5
"""From this orientation on, width and height change places."""

_SOI, _EOI, _SOS = 0xD8, 0xD9, 0xDA
_APP0, _APP2, _ADOBE, _APP_LAST, _COMMENT = 0xE0, 0xE2, 0xEE, 0xEF, 0xFE
_RESTARTS = range(0xD0, 0xD8)
_EXIF, _COLOURS = b"Exif\0\0", b"ICC_PROFILE\0"
_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PNG_SEEN = frozenset(
    {b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"cICP", b"mDCV", b"cLLI", b"sBIT", b"pHYs"}
    | {b"bKGD", b"acTL", b"fcTL", b"fdAT"}
)
"""What a PNG is shown by beside the critical chunks, whose names begin with a capital."""
_WEBP_SEEN = frozenset({b"VP8X", b"VP8 ", b"VP8L", b"ALPH", b"ANIM", b"ANMF", b"ICCP"})
_WEBP_HAS_EXIF, _WEBP_HAS_XMP = 0x08, 0x04


def without_metadata(data: bytes, mime: str) -> bytes:
    """Return a picture without what nobody sees. Raise ValueError where it is not whole.

    A GIF has no such fields that a camera fills, and is returned as it is.
    """
    strip = {"image/jpeg": _strip_jpeg, "image/png": _strip_png, "image/webp": _strip_webp}
    if mime not in strip:
        return data
    try:
        return strip[mime](data, _minimal_exif(_orientation(data)))
    except (struct.error, IndexError, ValueError) as error:
        raise ValueError("the file ends too early") from error


def shown_size(data: bytes, width: int, height: int) -> tuple[int, int]:
    """Return width and height of a picture as it is shown, which may be turned on its side."""
    return (height, width) if _orientation(data) >= _SIDEWAYS else (width, height)


def _orientation(data: bytes) -> int:
    """Return which side is up: 1 is as stored, up to 8.

    It is 1, too, where what a camera wrote into the file is broken: the picture need not be.
    """
    try:
        with Image.open(io.BytesIO(data)) as image:
            value = image.getexif().get(_ORIENTATION, 1)
    except Exception:  # noqa: BLE001 - Pillow raises many kinds on broken fields
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1  # noqa: PLR2004 - all there are


def _minimal_exif(orientation: int) -> bytes:
    """Return Exif data that only say which side is up; none where that is as usual."""
    if orientation == 1:
        return b""
    entry = struct.pack(">HHIHH", _ORIENTATION, 3, 1, orientation, 0)
    return struct.pack(">2sHIH", b"MM", 42, 8, 1) + entry + bytes(4)


def _strip_jpeg(data: bytes, exif: bytes) -> bytes:
    kept = [b"\xff\xd8"]
    if exif:
        kept.append(struct.pack(">BBH", 0xFF, 0xE1, 2 + len(_EXIF) + len(exif)) + _EXIF + exif)
    for marker, content in _jpeg_segments(data):
        is_own = marker in {_APP0, _ADOBE} or (marker == _APP2 and content.startswith(_COLOURS, 4))
        if is_own or not (_APP0 <= marker <= _APP_LAST or marker == _COMMENT):
            kept.append(content)
    return b"".join(kept)  # what follows the end, a second picture perhaps, is left out


def _jpeg_segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield each segment with its marker, and what is coded after it, up to the end."""
    at = 2
    while True:
        if data[at] != 0xFF:  # noqa: PLR2004 - where a marker must be
            raise ValueError("it is no whole JPEG")
        start = at
        while data[at] == 0xFF:  # noqa: PLR2004 - it may be repeated
            at += 1
        marker = data[at]
        at += 1
        if marker == _EOI:
            yield marker, b"\xff\xd9"
            return
        (length,) = struct.unpack_from(">H", data, at)
        at += length
        if marker == _SOS:  # the picture itself: up to a marker that is no part of it
            at = data.index(b"\xff", at)
            while data[at + 1] == 0 or data[at + 1] in _RESTARTS:
                at = data.index(b"\xff", at + 2)
        yield marker, data[start:at]


def _strip_png(data: bytes, exif: bytes) -> bytes:
    kept, at = [_PNG_SIGNATURE], len(_PNG_SIGNATURE)
    while True:
        length, kind = struct.unpack_from(">I4s", data, at)
        end = at + 12 + length
        if end > len(data):
            raise ValueError("the file ends too early")
        if kind[:1].isupper() or kind in _PNG_SEEN:
            kept.append(data[at:end])
        if kind == b"IHDR" and exif:
            sum_ = zlib.crc32(b"eXIf" + exif)
            kept.append(struct.pack(">I4s", len(exif), b"eXIf") + exif + struct.pack(">I", sum_))
        if kind == b"IEND":
            return b"".join(kept)
        at = end


def _strip_webp(data: bytes, exif: bytes) -> bytes:
    kept, at = [], 12
    end = min(len(data), 8 + struct.unpack_from("<I", data, 4)[0])
    while at < end:
        kind, length = struct.unpack_from("<4sI", data, at)
        chunk = data[at : at + 8 + length + length % 2]
        at += len(chunk)
        if kind == b"VP8X":
            flags = chunk[8] & ~(_WEBP_HAS_EXIF | _WEBP_HAS_XMP)
            chunk = chunk[:8] + bytes([flags | (_WEBP_HAS_EXIF if exif else 0)]) + chunk[9:]
        if kind in _WEBP_SEEN:
            kept.append(chunk)
    if exif:
        kept.append(struct.pack("<4sI", b"EXIF", len(exif)) + exif)
    body = b"WEBP" + b"".join(kept)
    return b"RIFF" + struct.pack("<I", len(body)) + body
