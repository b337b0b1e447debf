"""Decode a picture within bounds, to be sure that it can be shown.

A header can claim any size, and a small file can hold frames without end. So the size is read
before anything is decoded, and frames are decoded only up to a sum of pixels.
"""

from __future__ import annotations

import io
import warnings
from typing import TYPE_CHECKING

from bot.media import UnfitMediaError

if TYPE_CHECKING:
    from PIL import Image

MAX_PIXELS = 8192 * 8192
"""X's largest image side, squared; a header that claims more is a trap or a mistake."""
MAX_FRAME_PIXELS = 300_000_000
"""Most pixels of all decoded frames, as many as X takes of a GIF. Later frames are not checked."""
SMALL_SIDE = 256
"""Least pixels of a side of a reduced JPEG."""

_FORMS = {"image/png": "PNG", "image/jpeg": "JPEG", "image/gif": "GIF", "image/webp": "WEBP"}


def decode(data: bytes, mime: str) -> tuple[int, int, Image.Image]:
    """Return width, height, and the first frame. Raise UnfitMediaError if one cannot be decoded.

    A large JPEG is decoded to a smaller size, which is much faster and enough to compare it.
    """
    from PIL import Image

    if mime == "image/webp":
        from PIL import WebPImagePlugin  # noqa: F401 - registers itself; loading all is slow
    try:
        with warnings.catch_warnings(action="ignore"):
            image = Image.open(io.BytesIO(data), formats=[_FORMS[mime]])
            width, height = image.size
            first = None
            if width * height <= MAX_PIXELS:
                image.draft("RGB", (SMALL_SIDE, SMALL_SIDE))
                first = _first_frame(image, width * height)
    except Image.DecompressionBombError:
        raise _too_large() from None
    except Exception as error:  # noqa: BLE001 - damaged bytes can raise anything in Pillow
        raise UnfitMediaError(f"is damaged ({type(error).__name__})") from None
    if first is None:
        raise _too_large()
    return width, height, first


def _first_frame(image: Image.Image, pixels: int) -> Image.Image:
    """Decode the frames of a picture up to the bound, and return the first."""
    image.load()
    if not getattr(image, "is_animated", False):
        return image
    first = image.copy()
    for frame in range(1, max(1, MAX_FRAME_PIXELS // max(1, pixels))):
        try:
            image.seek(frame)
        except EOFError:
            break
        image.load()
    return first


def _too_large() -> UnfitMediaError:
    why = "claims to have more pixels than any platform takes"
    return UnfitMediaError(why, "Make it smaller.", "M506")
