"""What a picture looks like, as a few bits: the difference hash of its rows and columns.

Each bit says whether a pixel of the picture, shrunk to nine by nine greys, is brighter than the
next one (Krawetz, 2013). A picture that is saved again, in another size, format or quality, keeps
nearly all of them. The libraries for it are too heavy or too old: ImageHash needs NumPy, SciPy and
PyWavelets (some 200 MB for these lines), pdqhash NumPy and a compiler, and dhash has had no
release since 2022 and uses what Pillow is about to drop.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

_SIDE = 9
_NOISE = 3
"""Levels of grey, of 256: a smaller difference may come from saving the picture again."""
MIN_DIFFERENT_BITS = 12
"""Fewer set or unset bits are a plain surface, which looks like any other."""


def look(image: Image) -> str:
    """Return the difference hash of a picture: 128 bits, in hex; "" for a plain surface.

    What is transparent counts as white. The picture is decoded; a JPEG only in its smallest size.
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
