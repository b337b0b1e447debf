"""Find the hidden data of a film, such as its place, time, owner and camera.

An MP4 or QuickTime file is boxes within boxes (ISO/IEC 14496-12). Boxes with hidden data, such as
``udta``, ``meta`` and ``uuid``, are overwritten with empty boxes of the same length, so that
nothing else moves and nothing is encoded again. Cameras write their place every second into tracks
beside picture and sound. Such tracks are overwritten together with the samples that they point to.
Data that an encoder hides within the coded pictures themselves are not found.
"""

from __future__ import annotations

import struct
import sys
from array import array
from bisect import bisect_right
from dataclasses import dataclass, field
from itertools import islice, pairwise
from typing import IO, TYPE_CHECKING

from bot.media import UnfitMediaError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MAX_INDEX_BYTES = 16 * 1024 * 1024
"""Most bytes of the index (``moov``), as a film of several hours has."""
MAX_BOXES = 200_000
"""Most boxes beside each other; a file of fragments has about three for every second."""
MAX_DEPTH = 8
"""Most boxes within each other; no film has as many."""
MAX_SPANS = 20_000
"""Most overwritten spans, enough for a camera that writes its place each second for five hours."""

_SEEN: dict[bytes, frozenset[bytes]] = {
    b"": frozenset({b"ftyp", b"moov", b"mdat", b"moof", b"mfra", b"sidx", b"styp", b"ssix"}),
    b"moov": frozenset({b"mvhd", b"trak", b"mvex", b"iods"}),
    b"trak": frozenset({b"tkhd", b"edts", b"mdia", b"tref", b"tapt", b"load", b"clip", b"matt"}),
    b"mdia": frozenset({b"mdhd", b"hdlr", b"minf", b"elng"}),
    b"minf": frozenset({b"vmhd", b"smhd", b"nmhd", b"gmhd", b"hdlr", b"dinf", b"stbl"}),
    b"moof": frozenset({b"mfhd", b"traf"}),
}
"""Kinds of boxes that are kept in the file, and in each kind of box that has boxes in it."""
_FILLING = frozenset({b"free", b"skip", b"wide"})
_NEVER_SEEN = _FILLING | {b"udta", b"meta", b"uuid"}
"""Kinds that are never kept, in boxes that may have others of many kinds."""
_OPEN = frozenset({b"stbl", b"traf"})
_DATED = {b"mvhd", b"tkhd", b"mdhd"}
"""Kinds of boxes that begin with the times of their making and last change."""
_TAKEN_AS_FILM = {b"vide", b"soun"}
_PLACE_NAMES = (b"\xa9xyz", b"loci", b"location.ISO6709", b"GPMF", b"GPSLatitude")
_STILL_BRANDS = (b"heic", b"heix", b"mif1", b"msf1", b"avif", b"avis")
_COMMAND = "ffmpeg -i FILE -map 0:v -map 0:a? -map_metadata -1 -c copy NEW.mp4"
_REMOVE, _REWRITE = f"Remove them with {_COMMAND}", f"Write it again with {_COMMAND}"


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Bytes of a file that are overwritten."""

    start: int
    length: int
    head: bytes = b""
    """Its first bytes afterwards; the others become zeros."""


@dataclass(frozen=True, slots=True)
class _Box:
    kind: bytes
    start: int
    inner: int
    """The start of its content."""
    end: int


@dataclass(slots=True)
class _Film:
    """The findings on the way through a file."""

    spans: list[Span] = field(default_factory=list)
    stored: list[_Box] = field(default_factory=list)
    """The boxes of pictures and sound."""
    index: bytes = b""
    """The bytes of ``moov``."""
    base: int = 0
    """The start of ``moov`` in the file."""
    pictures: int = 0
    """The number of its tracks of pictures."""
    has_fragments: bool = False


def hidden_spans(file: IO[bytes], size: int) -> tuple[tuple[Span, ...], bool]:
    """Return the spans to overwrite, in order, and whether they hold the film's place.

    Raise UnfitMediaError if the file is cut off or not a film.
    """
    film = _Film()
    try:
        for box in _boxes(_FileBytes(file), 0, size):
            if box.kind == b"ftyp" and _read(file, box.inner, 4) in _STILL_BRANDS:
                raise UnfitMediaError("is a HEIC or AVIF picture", "Save it as JPEG.")
            if box.kind in {b"moov", b"moof"}:
                _read_index(film, file, box)
            elif box.kind == b"mdat":
                film.stored.append(box)
            elif box.kind not in _SEEN[b""]:
                film.spans.append(_emptied(box))
        _read_tracks(film)
    except (struct.error, IndexError) as error:
        raise _damaged() from error
    if not film.pictures:
        raise UnfitMediaError("has no video in it, or not all of it", "Copy it again.")
    if len(film.spans) > MAX_SPANS or sum(span.length for span in film.spans) > size:
        raise UnfitMediaError("has hidden data in too many places", _REMOVE, "M509")
    spans = tuple(span for span in sorted(film.spans) if _changes(file, span))
    return spans, any(_says_where(file, span) for span in spans)


def overwrite(chunk: bytes, at: int, spans: Sequence[Span]) -> bytes:
    """Return a chunk of the file, which begins at ``at``, with these spans overwritten."""
    end = at + len(chunk)
    touching = [span for span in spans if span.start < end and span.start + span.length > at]
    if not touching:
        return chunk
    new = bytearray(chunk)
    for span in touching:
        first, last = max(span.start, at), min(span.start + span.length, end)
        new[first - at : last - at] = _content(span, first - span.start, last - first)
    return bytes(new)


def _content(span: Span, skip: int, length: int) -> bytes:
    """Return the new bytes of a span, from ``skip`` bytes after its start on."""
    return span.head[skip : skip + length].ljust(length, b"\0")


def _changes(file: IO[bytes], span: Span) -> bool:
    """Return whether a span does not have its new bytes yet."""
    file.seek(span.start)
    done = 0
    while done < span.length:
        chunk = file.read(min(1 << 20, span.length - done))
        if chunk != _content(span, done, len(chunk)) or not chunk:
            return True
        done += len(chunk)
    return False


# --- Boxes ----------------------------------------------------------------------------------------


class _FileBytes:
    """The bytes of a file, read on demand."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def __getitem__(self, part: slice) -> bytes:
        return _read(self._file, part.start, part.stop - part.start)


def _read(file: IO[bytes], at: int, length: int) -> bytes:
    file.seek(at)
    return file.read(length)


def _boxes(data: bytes | _FileBytes, at: int, end: int) -> Iterator[_Box]:
    """Yield the boxes of a file, or of a part of one. Raise UnfitMediaError if one is cut off."""
    for _ in range(MAX_BOXES):
        if end - at < 8:  # noqa: PLR2004 - a box has at least its length and its kind
            if end > at:  # up to seven bytes are not a box
                yield _Box(b"", at, at, end)
            return
        length, kind = struct.unpack(">I4s", data[at : at + 8])
        inner = at + 8
        if length == 1:
            (length,) = struct.unpack(">Q", data[inner : inner + 8])
            inner += 8
        stop = end if length == 0 else at + length
        is_rest = stop < inner or stop > end or kind == bytes(4)
        if is_rest and isinstance(data, _FileBytes) and kind not in _SEEN[b""]:
            yield _Box(b"", at, at, end)  # bytes after the film
            return
        if stop < inner or stop > end:
            raise _damaged()
        yield _Box(kind, at, inner, stop)
        at = stop
    raise UnfitMediaError("has too many parts", _REWRITE)


def _emptied(box: _Box) -> Span:
    """Return the span that makes a box an empty one of the same length."""
    length, kind = box.end - box.start, box.kind if box.kind in _FILLING else b"free"
    if box.kind == b"":
        return Span(box.start, length)
    if box.inner - box.start > 8:  # noqa: PLR2004 - a length of 64 bits
        return Span(box.start, length, struct.pack(">I4sQ", 1, kind, length))
    return Span(box.start, length, struct.pack(">I4s", length, kind))


def _read_index(film: _Film, file: IO[bytes], box: _Box) -> None:
    """Note the spans to overwrite in the index of a film, or of a fragment of it."""
    length = box.end - box.start
    if length > MAX_INDEX_BYTES or (box.kind == b"moov" and film.index):
        raise UnfitMediaError("has two indexes, or one that is too large", _REWRITE, "M509")
    data = _read(file, box.start, length)
    if box.kind == b"moov":
        film.index, film.base = data, box.start
    film.has_fragments |= box.kind == b"moof"
    _walk(film, data, _Box(box.kind, 0, box.inner - box.start, length), box.start)


def _walk(film: _Film, data: bytes, parent: _Box, base: int, depth: int = 1) -> None:
    if depth > MAX_DEPTH:
        raise _damaged()
    for box in _boxes(data, parent.inner, parent.end):
        at = _Box(box.kind, base + box.start, base + box.inner, base + box.end)
        seen = _SEEN.get(parent.kind)
        if box.kind not in seen if seen else box.kind in _NEVER_SEEN:
            film.spans.append(_emptied(at))
        elif box.kind in _DATED:
            longer = data[box.inner] == 1  # version 1 counts seconds in 64 bits
            film.spans.append(Span(at.inner + 4, 16 if longer else 8))
        elif box.kind in _SEEN or box.kind in _OPEN:
            _walk(film, data, box, base, depth + 1)


def _says_where(file: IO[bytes], span: Span) -> bool:
    data = _read(file, span.start, min(span.length, MAX_INDEX_BYTES))
    return any(name in data for name in _PLACE_NAMES)


# --- Tracks ---------------------------------------------------------------------------------------


def _read_tracks(film: _Film) -> None:
    """Make sure that pictures and sound are whole, and note the spans of all other tracks."""
    data = film.index
    header = 16 if data[:4] == b"\0\0\0\1" else 8
    starts = [box.inner for box in film.stored]
    for track in _boxes(data, header, len(data)) if data else ():
        if track.kind != b"trak":
            continue
        boxes = {box.kind: box for box in _leaves(data, track)}
        handler = boxes.get(b"hdlr")
        kind = data[handler.inner + 8 : handler.inner + 12] if handler else b""
        chunks = list(_chunks(data, boxes))
        if any(not _is_stored(film, starts, *chunk) for chunk in chunks):
            raise _damaged()
        if kind in _TAKEN_AS_FILM:
            film.pictures += kind == b"vide" and bool(chunks or film.has_fragments)
            continue
        if film.has_fragments:
            why = "has data besides picture and sound, where cameras store the place"
            raise UnfitMediaError(why, _REMOVE, "M509")
        place = _Box(
            b"trak", film.base + track.start, film.base + track.inner, film.base + track.end
        )
        film.spans = [span for span in film.spans if not place.start <= span.start < place.end]
        film.spans += [_emptied(place), *(Span(*chunk) for chunk in chunks if chunk[1])]


def _leaves(data: bytes, parent: _Box) -> Iterator[_Box]:
    """Yield the boxes within a track that have no others in them."""
    # ``_walk`` has checked their depth.
    for box in _boxes(data, parent.inner, parent.end):
        if box.kind in {b"mdia", b"minf", b"stbl"}:
            yield from _leaves(data, box)
        elif not (box.kind == b"hdlr" and parent.kind == b"minf"):  # QuickTime has two
            yield box


def _chunks(data: bytes, boxes: dict[bytes, _Box]) -> Iterator[tuple[int, int]]:
    """Yield the start and the length of each chunk of a track."""
    sizes, places, runs = boxes.get(b"stsz"), boxes.get(b"stco"), boxes.get(b"stsc")
    wide = boxes.get(b"co64")
    if not sizes or not runs or not (places or wide):
        return
    same, count = struct.unpack_from(">II", data, sizes.inner + 4)
    each = iter(() if same else _numbers(data, sizes.inner + 12, count, "I"))
    offsets = _table(data, places, "I") if places else _table(data, wide, "Q")
    run = _numbers(data, runs.inner + 8, 3 * _count(data, runs), "I")
    firsts = [*run[0::3], len(offsets) + 1]
    left, at = count, 0
    for (first, after), samples in zip(pairwise(firsts), run[1::3], strict=True):
        if after < first or first != at + 1:
            raise _damaged()
        for offset in offsets[at : after - 1]:
            taken = min(samples, left)
            left -= taken
            yield offset, same * taken if same else sum(islice(each, taken))
        at = min(after - 1, len(offsets))
    if left:
        raise _damaged()


def _count(data: bytes, box: _Box) -> int:
    (count,) = struct.unpack_from(">I", data, box.inner + 4)
    return int(count)


def _table(data: bytes, box: _Box | None, width: str) -> array[int]:
    return _numbers(data, box.inner + 8, _count(data, box), width) if box else array(width)


def _numbers(data: bytes, at: int, count: int, width: str) -> array[int]:
    """Return ``count`` numbers of 32 (``I``) or 64 bits (``Q``)."""
    numbers = array(width)
    raw = data[at : at + count * numbers.itemsize]
    if len(raw) < count * numbers.itemsize:
        raise _damaged()
    numbers.frombytes(raw)
    if sys.byteorder == "little":
        numbers.byteswap()
    return numbers


def _is_stored(film: _Film, starts: Sequence[int], start: int, length: int) -> bool:
    """Return whether these bytes are in one of the boxes for pictures and sound."""
    at = bisect_right(starts, start) - 1
    return not length or (at >= 0 and start + length <= film.stored[at].end)


def _damaged() -> UnfitMediaError:
    return UnfitMediaError("breaks off before its end, or is damaged", "Copy it again.")
