"""Hashes the look of a picture: the difference hash of its rows and columns.

Each bit says whether a pixel of the picture, shrunk to nine by nine greys, is darker than the next
pixel (Krawetz, 2013). A picture that is saved again in another size, format or quality keeps nearly
all bits. The libraries for it are too heavy or too old. ImageHash needs NumPy, SciPy and PyWavelets
(some 200 MB), and pdqhash needs NumPy and a compiler. dhash has had no release since 2022, and uses
functions that Pillow is about to drop.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

_SIDE = 9
_NOISE = 3
"""Levels of grey, of 256, by which two pixels may differ after the picture is saved again."""
MIN_DIFFERENT_BITS = 12
"""A picture with fewer set or unset bits is a plain surface, which looks like any other."""


def look(image: Image) -> str:
    """Return the difference hash of a picture, 128 bits in hex, or "" for a plain surface.

    Transparent pixels count as white. This decodes the picture; a JPEG only in its smallest size.
    """
    from PIL import Image as Pillow

    image.draft("L", (16 * _SIDE, 16 * _SIDE))
    if image.has_transparency_data:
        shown = image.convert("RGBA")
        white = Pillow.new("RGBA", shown.size, "white")
        image = Pillow.alpha_composite(white, shown)
    greys = image.convert("L").resize((_SIDE, _SIDE), Pillow.Resampling.BOX).tobytes()
    rows = [greys[start : start + _SIDE] for start in range(0, _SIDE * _SIDE, _SIDE)]
    columns = [greys[start::_SIDE] for start in range(_SIDE)]
    bits = [
        left + _NOISE < right
        for lines in (rows, columns)
        for line in lines[: _SIDE - 1]
        for left, right in pairwise(line)
    ]
    if not MIN_DIFFERENT_BITS <= sum(bits) <= len(bits) - MIN_DIFFERENT_BITS:
        return ""
    return f"{int(''.join('01'[bit] for bit in bits), 2):032x}"
