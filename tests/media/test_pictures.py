"""The hidden data of a picture do not get out, and the visible ones do."""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo

from bot.media import UnfitMediaError
from bot.media.pictures import says_where, shown_size, without_metadata
from bot.media.reading import clean_chunks, examine

if TYPE_CHECKING:
    from collections.abc import Callable

PLACE = "Abdullah Street 7"
FORMATS = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}
ALL = {**FORMATS, "GIF": "image/gif"}


def picture(name: str, orientation: int = 1, **fields: Any) -> bytes:
    """Return a picture with its place, in every way that its format has."""
    image = Image.effect_noise((48, 32), 90).convert("RGB")
    exif = Image.Exif()
    exif[0x0112], exif[0x013B] = orientation, PLACE
    exif.get_ifd(0x8825)[1] = "N"  # a place, as a phone writes it
    exif.get_ifd(0x8825)[29] = PLACE
    fields |= {
        "exif": exif,
        "icc_profile": ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(),
    }
    if name == "PNG":
        fields["pnginfo"] = PngInfo()
        for add in (fields["pnginfo"].add_text, fields["pnginfo"].add_itxt):
            add("Comment", PLACE)
    else:
        fields["xmp"] = f"<x>{PLACE}</x>".encode()
    if name == "JPEG":
        fields["comment"] = PLACE
    buffer = io.BytesIO()
    image.save(buffer, name, **fields)
    return buffer.getvalue()


def pixels(data: bytes) -> bytes:
    with Image.open(io.BytesIO(data)) as image:
        return image.convert("RGB").tobytes()


@pytest.mark.parametrize("orientation", [1, 6])
@pytest.mark.parametrize("name", FORMATS)
def test_only_visible_data_are_left(name: str, orientation: int) -> None:
    data = picture(name, orientation)
    assert PLACE.encode() in data
    clean = without_metadata(data, FORMATS[name])
    assert PLACE.encode() not in clean
    assert pixels(clean) == pixels(data)
    with Image.open(io.BytesIO(data)) as before, Image.open(io.BytesIO(clean)) as after:
        assert dict(after.getexif()) == ({0x0112: 6} if orientation == 6 else {})
        assert after.getexif().get_ifd(0x8825) == {}
        assert after.info["icc_profile"] == before.info["icc_profile"]
    assert without_metadata(clean, FORMATS[name]) == clean


def test_a_jpeg_in_steps_is_whole() -> None:
    data = picture("JPEG", progressive=True, quality=95)
    clean = without_metadata(data, "image/jpeg")
    assert PLACE.encode() not in clean
    assert pixels(clean) == pixels(data)


def test_a_second_picture_after_the_first_is_left_out() -> None:
    data = picture("JPEG")
    assert without_metadata(data + data, "image/jpeg") == without_metadata(data, "image/jpeg")


def test_a_picture_without_hidden_data_stays_unchanged() -> None:
    for name, mime in ALL.items():
        buffer = io.BytesIO()
        Image.new("RGB", (16, 9), "teal").save(buffer, name)
        assert without_metadata(buffer.getvalue(), mime) == buffer.getvalue()


def moving(name: str, **fields: Any) -> bytes:
    """Return a picture of three frames, to which fields may add its place."""
    noise = (Random(number).randbytes(24 * 16 * 3) for number in range(3))  # noqa: S311 - no secret
    frames = [Image.frombytes("RGB", (24, 16), pixels) for pixels in noise]
    buffer = io.BytesIO()
    more = {"save_all": True, "append_images": frames[1:], "duration": 70, "loop": 0}
    frames[0].save(buffer, name, **more, **fields)
    return buffer.getvalue()


def frames(data: bytes) -> list[tuple[Any, bytes]]:
    with Image.open(io.BytesIO(data)) as image:
        found = []
        for frame in range(getattr(image, "n_frames", 1)):
            image.seek(frame)
            found.append((image.info.get("duration"), image.convert("RGBA").tobytes()))
        return found


XMP = b"\x21\xff\x0bXMP DataXMP" + b"\x18<x>GPSLatitude Abdullah</x>"[:25] + b"\0"
HIDING: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "a GIF's comment": ("GIF", lambda _: moving("GIF", comment=PLACE)),
    "a GIF's XMP": ("GIF", lambda data: data[:-1] + XMP + data[-1:]),
    "after a GIF": ("GIF", lambda data: data + PLACE.encode()),
    "a moving PNG": ("PNG", lambda _: moving("PNG", pnginfo=_info())),
    "after a PNG": ("PNG", lambda data: data + PLACE.encode()),
    "a PNG's own chunk": ("PNG", lambda data: data[:33] + _chunk(b"plAC") + data[33:]),
    "a moving WebP": ("WEBP", lambda _: moving("WEBP", xmp=f"<x>{PLACE}</x>".encode())),
    "after a WebP": ("WEBP", lambda data: data + PLACE.encode()),
    "a JPEG's maker": ("JPEG", lambda data: _segment(data, 0xEC, b"Ducky")),
    "a JPEG's IPTC": ("JPEG", lambda data: _segment(data, 0xED, b"Photoshop 3.0\0")),
    "a JPEG's second copy": ("JPEG", lambda data: _segment(data, 0xE0, b"JFXX\0\x10")),
    "a JPEG's unknown part": ("JPEG", lambda data: _segment(data, 0xF7, b"")),
    "after a JPEG": ("JPEG", lambda data: data + PLACE.encode()),
}


def _info() -> PngInfo:
    info = PngInfo()
    info.add_text("Comment", PLACE)
    return info


def _chunk(kind: bytes) -> bytes:
    data = PLACE.encode()
    check = zlib.crc32(kind + data)
    return struct.pack(">I4s", len(data), kind) + data + struct.pack(">I", check)


def _segment(data: bytes, marker: int, start: bytes) -> bytes:
    body = start + PLACE.encode()
    return data[:20] + struct.pack(">BBH", 0xFF, marker, 2 + len(body)) + body + data[20:]


@pytest.mark.parametrize("where", HIDING)
def test_a_hidden_place_is_left_out_of_every_part(where: str) -> None:
    name, hide = HIDING[where]
    before = moving(name) if name != "JPEG" else picture(name)
    data = hide(before)
    assert b"Abdullah" in data
    clean = without_metadata(data, ALL[name])
    assert b"Abdullah" not in clean
    assert frames(clean) == frames(before)
    assert without_metadata(clean, ALL[name]) == clean


def test_the_small_copy_within_jfif_is_left_out() -> None:
    data = picture("JPEG")
    copy = b"\x01\x01" + b"cut"  # one pixel of the part that was cut away
    jfif = data[:2] + b"\xff\xe0" + struct.pack(">H", 19) + data[6:18] + copy
    clean = without_metadata(jfif + data[20:], "image/jpeg")
    assert clean == without_metadata(data, "image/jpeg")


@pytest.mark.parametrize("name", FORMATS)
def test_a_picture_with_a_place_says_so(name: str) -> None:
    assert says_where(picture(name))
    assert not says_where(without_metadata(picture(name), FORMATS[name]))


@pytest.mark.parametrize(("orientation", "size"), [(1, (48, 32)), (3, (48, 32)), (6, (32, 48))])
@pytest.mark.parametrize("name", FORMATS)
def test_the_size_of_a_turned_picture_is_that_of_its_view(
    name: str, orientation: int, size: tuple[int, int]
) -> None:
    assert shown_size(picture(name, orientation), 48, 32) == size


@pytest.mark.parametrize("name", ALL)
def test_a_picture_that_is_cut_off_is_refused_or_clean(name: str) -> None:
    """It never raises another error, and never returns the hidden data."""
    data = picture(name) if name in FORMATS else moving(name, comment=PLACE)
    for end in range(0, len(data), 7):
        try:
            clean = without_metadata(data[:end], ALL[name])
        except UnfitMediaError:
            continue
        assert PLACE.encode() not in clean


@pytest.mark.parametrize("name", FORMATS)
def test_broken_fields_of_a_camera_raise_nothing(name: str) -> None:
    data = picture(name, 6)
    start = data.lower().rindex(b"exif")
    with warnings.catch_warnings(action="error"):
        for at in range(start, min(start + 200, len(data))):
            broken = data[:at] + b"\xff" + data[at + 1 :]
            try:
                file = io.BytesIO(broken)
                examine(file, len(broken))
                clean = b"".join(clean_chunks(file, len(broken)))
            except UnfitMediaError:
                continue
            assert PLACE.encode() not in clean, at
