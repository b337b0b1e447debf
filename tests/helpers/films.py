"""Small whole films with hidden data, written box by box as cameras do."""

from __future__ import annotations

import struct

PLACE = b"+37.3861-122.0839/"
FRAME, SECRET = b"a frame that is seen", b"+37.3861 every second"


def box(kind: bytes, *content: bytes) -> bytes:
    """Return a box of an MP4 file."""
    body = b"".join(content)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def _track(handler: bytes, offset: int, length: int, *extra: bytes) -> bytes:
    """Return a track of one chunk with one sample."""
    table = box(
        b"stbl",
        box(b"stsz", struct.pack(">4I", 0, 0, 1, length)),
        box(b"stsc", struct.pack(">5I", 0, 1, 1, 1, 1)),
        box(b"stco", struct.pack(">3I", 0, 1, offset)),
    )
    about = box(b"hdlr", bytes(8), handler, bytes(12), b"\0")
    dated = box(b"mdhd", bytes(4), b"\x12\x34\x56\x78" * 2, bytes(12))
    return box(b"trak", box(b"mdia", dated, about, box(b"minf", table)), *extra)


def film(
    *,
    hidden: bytes = b"",
    index: bytes = b"",
    in_track: bytes = b"",
    meta_track: bool = False,
    dated: bool = False,
    padding: int = 0,
) -> bytes:
    """Return a film of one frame.

    ``hidden`` stands after it, ``index`` in its index and ``in_track`` in the track. With
    ``meta_track``, it has the further track into which cameras write their position.
    """
    start = box(b"ftyp", b"isom", bytes(4), b"isom")
    data = box(b"mdat", FRAME, SECRET if meta_track else b"", bytes(padding))
    at = len(start) + 8
    when = b"\x12\x34\x56\x78" * 2 if dated else bytes(8)
    tracks = _track(b"vide", at, len(FRAME), in_track)
    if not dated:
        tracks = tracks.replace(b"\x12\x34\x56\x78", bytes(4))
    if meta_track:
        tracks += _track(b"meta", at + len(FRAME), len(SECRET))
    moov = box(b"moov", box(b"mvhd", bytes(4), when, bytes(88)), tracks, index)
    return start + data + moov + hidden
