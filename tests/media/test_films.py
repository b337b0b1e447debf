"""The place and time of a film do not get out, and a film that is not whole is not sent."""

from __future__ import annotations

import hashlib
import io

import pytest
from helpers.films import FRAME, PLACE, SECRET, box, film

from bot.media import UnfitMediaError
from bot.media.reading import ELSE_LEFT_OUT, WHERE_LEFT_OUT, CleanFile, clean_chunks, examine

UUID = box(b"uuid", bytes.fromhex("be7acfcb97a942e89c71999491e3afac"), b"<x>GPSLatitude</x>")
HIDING = {
    "the place in the index": film(index=box(b"udta", box(b"\xa9xyz", PLACE))),
    "the place of 3GPP": film(index=box(b"udta", box(b"loci", PLACE))),
    "Apple's place": film(index=box(b"meta", b"com.apple.quicktime.location.ISO6709", PLACE)),
    "the place of a track": film(in_track=box(b"udta", box(b"\xa9xyz", PLACE))),
    "XMP after the film": film(hidden=UUID),
    "a maker's own box": film(hidden=box(b"sefd", b"GPSLatitude", PLACE)),
    "a camera's own index": film(index=box(b"gps ", b"loci", PLACE)),
    "bytes that are no box": film(hidden=b"\xff\xff\xff\xffSEFT GPSLatitude"),
    "a box that only fills": film(hidden=box(b"free", b"GPSLatitude", PLACE)),
    "a track of places": film(meta_track=True, in_track=box(b"udta", b"GPMF")),
}


def sent(data: bytes, step: int = 1 << 20) -> tuple[CleanFile, bytes]:
    file = io.BytesIO(data)
    return examine(file, len(data)), b"".join(clean_chunks(file, len(data), step))


@pytest.mark.parametrize("name", HIDING)
def test_the_place_of_a_film_is_overwritten(name: str) -> None:
    data = HIDING[name]
    found, clean = sent(data)
    assert found.left_out == WHERE_LEFT_OUT
    assert not any(word in clean for word in (PLACE, b"GPSLat", b"xyz", b"loci", SECRET))
    assert len(clean) == len(data), "nothing else moves"
    assert FRAME in clean
    assert found.sha256 == hashlib.sha256(clean).hexdigest()
    assert found.original_sha256 == hashlib.sha256(data).hexdigest()
    assert sent(clean)[0].left_out == ""


@pytest.mark.parametrize("step", [1, 7, 64, 1000])
def test_a_film_is_the_same_in_pieces_of_any_length(step: int) -> None:
    data = HIDING["a track of places"]
    assert sent(data, step)[1] == sent(data)[1]


def test_the_time_of_a_film_is_overwritten() -> None:
    found, clean = sent(film(dated=True))
    assert found.left_out == ELSE_LEFT_OUT
    assert b"\x12\x34\x56\x78" not in clean


def test_a_film_without_hidden_data_is_sent_unchanged() -> None:
    data = film(hidden=box(b"free", bytes(40)))
    found, clean = sent(data)
    assert (clean, found.left_out, found.sha256) == (data, "", found.original_sha256)


def nested(depth: int) -> bytes:
    inner = b""
    for _ in range(depth):
        inner = box(b"stbl", inner)
    return film(index=inner.join([b"", b""]), in_track=box(b"mdia", box(b"minf", inner)))


NOT_WHOLE = {
    "cut off": film()[:-30],
    "cut off in the frames": film(padding=5000)[:3000],
    "no index": box(b"ftyp", b"isom", bytes(8)) + box(b"mdat", FRAME),
    "no frames": film().replace(b"mdat", b"skip"),
    "sound alone": film().replace(b"vide", b"soun"),
    "frames elsewhere": film().replace(b"stsc", b"stsz"),
    "boxes without end": nested(2000),
    "a HEIC picture": box(b"ftyp", b"heic", bytes(4)) + box(b"meta", bytes(40)),
    "only its first bytes": box(b"ftyp", b"isom", bytes(12)),
}


@pytest.mark.parametrize("name", NOT_WHOLE)
def test_a_film_that_cannot_be_shown_is_refused(name: str) -> None:
    data = NOT_WHOLE[name]
    with pytest.raises(UnfitMediaError):
        examine(io.BytesIO(data), len(data))


def test_a_film_that_is_cut_off_anywhere_is_refused_or_clean() -> None:
    data = HIDING["the place in the index"]
    for end in range(len(data)):
        try:
            _, clean = sent(data[:end])
        except UnfitMediaError:
            continue
        assert PLACE not in clean


def test_a_film_cannot_have_its_own_frames_overwritten_from_elsewhere() -> None:
    """A track may point anywhere, as at the index, or at a film of hundreds of megabytes."""
    for offset in (0, 3, 10_000_000):
        data = bytearray(film(meta_track=True))
        at = data.rindex(b"stco") + 12
        data[at : at + 4] = offset.to_bytes(4, "big")
        with pytest.raises(UnfitMediaError):
            examine(io.BytesIO(data), len(data))
