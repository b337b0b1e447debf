"""What is in a picture that nobody sees does not get to Bluesky, and what is seen does."""

from __future__ import annotations

import io
from typing import Any

import pytest
from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo

from bot.platforms.bluesky.pictures import shown_size, without_metadata

PLACE = "Abdullah Street 7"
FORMATS = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}


def picture(name: str, orientation: int = 1, **fields: Any) -> bytes:
    """Return a picture that says where it was taken, in every way that its format has."""
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
def test_only_what_is_seen_is_left(name: str, orientation: int) -> None:
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


def test_a_picture_without_any_stays_as_it_is() -> None:
    for name, mime in {**FORMATS, "GIF": "image/gif"}.items():
        buffer = io.BytesIO()
        Image.new("RGB", (16, 9), "teal").save(buffer, name)
        assert without_metadata(buffer.getvalue(), mime) == buffer.getvalue()


@pytest.mark.parametrize(("orientation", "size"), [(1, (48, 32)), (3, (48, 32)), (6, (32, 48))])
@pytest.mark.parametrize("name", FORMATS)
def test_a_picture_on_its_side_is_as_high_as_it_is_shown(
    name: str, orientation: int, size: tuple[int, int]
) -> None:
    assert shown_size(picture(name, orientation), 48, 32) == size


@pytest.mark.parametrize("name", FORMATS)
def test_a_picture_that_is_cut_off_is_refused_or_clean(name: str) -> None:
    """Never an error of another kind, and never what was to be left out."""
    data = picture(name)
    for end in range(0, len(data), 7):
        try:
            clean = without_metadata(data[:end], FORMATS[name])
        except ValueError:
            continue
        assert PLACE.encode() not in clean
