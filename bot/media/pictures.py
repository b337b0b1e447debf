"""Remove the hidden data of a picture, such as its place, time, owner and camera. Pure.

Nothing is decoded or encoded again. The picture itself, its frames and its colours stay as they
are, and so does the mark that says which side is up. A picture without hidden data stays the same,
byte for byte. Only the fields that are known to be visible are kept, and unknown fields removed.
"""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from typing import TYPE_CHECKING

from bot.media import UnfitMediaError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PIL import Image

_ORIENTATION, _GPS = 0x0112, 0x8825
_SIDEWAYS = 5
"""From this orientation on, width and height change places."""

_PLACE_NAMES = (b"GPSLatitude", b"GPSLongitude", b"photoshop:City", b"Iptc4xmpCore:Location")
"""Names of XMP's fields for the place of a picture."""

# --- JPEG (ITU-T T.81, annex B) ---
_MARKER = 0xFF
_EOI, _SOS = 0xD9, 0xDA
_APP0, _APP2 = 0xE0, 0xE2
_JPEG_SEEN = frozenset({*range(0xC0, 0xD0), *range(0xD9, 0xE0), 0xEE})
"""Tables, frames, scans, the end, and the meaning of colours in Adobe's programs."""
_WITHOUT_LENGTH = frozenset({0x01, *range(0xD0, 0xD9)})
_RESTARTS = range(0xD0, 0xD8)
_EXIF_NAMES = (b"Exif", b"eXIf", b"EXIF")
"""Names that the formats have for a camera's fields. Most pictures have none."""
_EXIF, _COLOURS, _JFIF = b"Exif\0\0", b"ICC_PROFILE\0", b"JFIF\0"
_JFIF_BYTES = 18
"""Of a JFIF segment with its marker, without the small copy of the picture that may follow."""

# --- PNG (https://www.w3.org/TR/png-3/), with what makes it move ---
_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PNG_SEEN = frozenset(
    {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"cICP"}
    | {b"mDCV", b"cLLI", b"sBIT", b"pHYs", b"bKGD", b"acTL", b"fcTL", b"fdAT"}
)

# --- WebP (RFC 9649) ---
_WEBP_SEEN = frozenset({b"VP8X", b"VP8 ", b"VP8L", b"ALPH", b"ANIM", b"ANMF", b"ICCP"})
_WEBP_HAS_EXIF, _WEBP_HAS_XMP = 0x08, 0x04
_FRAME_HEADER = 16

# --- GIF (https://www.w3.org/Graphics/GIF/spec-gif89a.txt) ---
_GIF_HEADER, _GIF_IMAGE = 13, 10
_BLOCK, _IMAGE, _TRAILER = 0x21, 0x2C, 0x3B
_CONTROL, _APPLICATION = 0xF9, 0xFF
_GIF_SEEN = frozenset({b"NETSCAPE2.0", b"ANIMEXTS1.0", b"ICCRGBG1012"})
"""The number of its repetitions, and its colours."""
_HAS_COLOURS, _COLOUR_BITS = 0x80, 0x07


def without_metadata(data: bytes, mime: str) -> bytes:
    """Return a picture without hidden data. Raise UnfitMediaError if it is not whole."""
    strip = {
        "image/jpeg": _strip_jpeg,
        "image/png": _strip_png,
        "image/webp": _strip_webp,
        "image/gif": _strip_gif,
    }[mime]
    try:
        return strip(data, _minimal_exif(_orientation(data)))
    except (struct.error, IndexError, ValueError) as error:
        why = "breaks off before its end, or is damaged"
        raise UnfitMediaError(why, "Copy or save it again.") from error


def shown_size(data: bytes, width: int, height: int) -> tuple[int, int]:
    """Return width and height of a picture as it is shown, which may be turned."""
    return (height, width) if _orientation(data) >= _SIDEWAYS else (width, height)


def says_where(data: bytes) -> bool:
    """Return whether a picture has its place, as cameras and editors write it."""
    exif = _camera_fields(data)
    return any(name in data for name in _PLACE_NAMES) or bool(exif and exif.get_ifd(_GPS))


def _orientation(data: bytes) -> int:
    """Return which side is up, from 1 (as stored) to 8.

    It is also 1 if the fields of the camera are broken, because the picture may still be good.
    """
    exif = _camera_fields(data) if any(name in data for name in _EXIF_NAMES) else None
    value = exif.get(_ORIENTATION, 1) if exif else 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1  # noqa: PLR2004 - all there are


def _camera_fields(data: bytes) -> Image.Exif | None:
    """Return the fields that a camera wrote into a picture, or None if they cannot be read."""
    from PIL import Image

    try:
        with warnings.catch_warnings(action="ignore"), Image.open(io.BytesIO(data)) as image:
            exif = image.getexif()
            exif.get_ifd(_GPS)  # Pillow reads it on demand, and keeps it
    except Exception:  # noqa: BLE001 - Pillow raises many kinds on broken fields
        return None
    return exif


def _minimal_exif(orientation: int) -> bytes:
    """Return Exif data with the orientation only, or "" for the usual one."""
    if orientation == 1:
        return b""
    entry = struct.pack(">HHIHH", _ORIENTATION, 3, 1, orientation, 0)
    return struct.pack(">2sHIH", b"MM", 42, 8, 1) + entry + bytes(4)


def _strip_jpeg(data: bytes, exif: bytes) -> bytes:
    head = [data[:2]]
    if exif:
        head.append(struct.pack(">BBH", _MARKER, 0xE1, 2 + len(_EXIF) + len(exif)) + _EXIF + exif)
    kept: list[bytes] = []
    for marker, content in _jpeg_segments(data):
        body = content[4:]
        if marker == _APP0 and body.startswith(_JFIF) and not kept:
            kept.append(_without_copy(content))
        elif marker in _JPEG_SEEN or (marker == _APP2 and body.startswith(_COLOURS)):
            kept.append(content)
    # JFIF comes first, if there is one. Bytes after the end, such as the film of a motion photo,
    # are left out.
    first = 1 if kept and kept[0][1] == _APP0 else 0
    return b"".join([*head[:1], *kept[:first], *head[1:], *kept[first:]])


def _without_copy(segment: bytes) -> bytes:
    """Return a JFIF segment without the small copy of the picture in it."""
    if len(segment) <= _JFIF_BYTES:
        return segment
    return segment[:2] + struct.pack(">H", _JFIF_BYTES - 2) + segment[4:16] + bytes(2)


def _jpeg_segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield each segment with its marker and the coded data after it, up to the end."""
    at = 2
    while True:
        at = data.index(_MARKER, at)  # bytes between segments mean nothing
        while data[at] == _MARKER:  # it may be repeated
            at += 1
        start, marker = at - 1, data[at]
        at += 1
        if marker == _EOI:
            yield marker, data[start:at]
            return
        if marker in _WITHOUT_LENGTH:
            continue
        (length,) = struct.unpack_from(">H", data, at)
        at += length
        if marker == _SOS:  # the picture itself, up to a marker that is not a part of it
            at = data.index(_MARKER, at)
            while data[at + 1] == 0 or data[at + 1] in _RESTARTS:
                at = data.index(_MARKER, at + 2)
        yield marker, data[start:at]


def _strip_png(data: bytes, exif: bytes) -> bytes:
    kept, at = [_PNG_SIGNATURE], len(_PNG_SIGNATURE)
    while True:
        length, kind = struct.unpack_from(">I4s", data, at)
        end = at + 12 + length
        if end > len(data):
            raise ValueError("the file ends too early")
        if kind in _PNG_SEEN:
            kept.append(data[at:end])
        if kind == b"IHDR" and exif:
            check = zlib.crc32(b"eXIf" + exif)
            kept.append(struct.pack(">I4s", len(exif), b"eXIf") + exif + struct.pack(">I", check))
        if kind == b"IEND":
            return b"".join(kept)
        at = end


def _strip_webp(data: bytes, exif: bytes) -> bytes:
    end = 8 + struct.unpack_from("<I", data, 4)[0]
    if end > len(data):
        raise ValueError("the file ends too early")
    kept = []
    for kind, chunk in _webp_chunks(data, 12, end):
        if kind == b"VP8X":
            flags = chunk[8] & ~(_WEBP_HAS_EXIF | _WEBP_HAS_XMP)
            kept.append(chunk[:8] + bytes([flags | (_WEBP_HAS_EXIF if exif else 0)]) + chunk[9:])
        elif kind == b"ANMF":
            inner = _webp_chunks(chunk, 8 + _FRAME_HEADER, len(chunk))
            body = chunk[8 : 8 + _FRAME_HEADER]
            body += b"".join(piece for kind, piece in inner if kind in _WEBP_SEEN)
            kept.append(struct.pack("<4sI", b"ANMF", len(body)) + body)
        elif kind in _WEBP_SEEN:
            kept.append(chunk)
    if exif:
        kept.append(struct.pack("<4sI", b"EXIF", len(exif)) + exif)
    body = b"WEBP" + b"".join(kept)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _webp_chunks(data: bytes, at: int, end: int) -> Iterator[tuple[bytes, bytes]]:
    """Yield the kind and the bytes of each chunk, with the padding to an even length."""
    while at < end:
        kind, length = struct.unpack_from("<4sI", data, at)
        past = at + 8 + length + length % 2
        if past > len(data) + length % 2:
            raise ValueError("the file ends too early")
        yield kind, data[at:past]
        at = past


def _strip_gif(data: bytes, exif: bytes) -> bytes:
    del exif  # a GIF says nothing of which side is up
    at = _GIF_HEADER + _colour_bytes(data[10])
    kept = [data[:at]]
    while at < len(data) and data[at] != _TRAILER:  # many end without one
        start = at
        if data[at] == _IMAGE:
            at += _GIF_IMAGE + _colour_bytes(data[at + 9]) + 1
            is_seen = True
        elif data[at] == _BLOCK:
            kind = data[at + 1]
            is_seen = kind == _CONTROL
            is_seen |= kind == _APPLICATION and data[at + 3 : at + 14] in _GIF_SEEN
            at += 2
        else:
            raise ValueError("neither a picture nor a block")
        while length := data[at]:
            at += 1 + length
        at += 1
        if is_seen:
            kept.append(data[start:at])
    return b"".join([*kept, data[at : at + 1]])


def _colour_bytes(flags: int) -> int:
    """Return the bytes of the table of colours that these flags announce."""
    return 3 << ((flags & _COLOUR_BITS) + 1) if flags & _HAS_COLOURS else 0
