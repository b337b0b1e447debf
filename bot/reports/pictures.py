"""Small copies of the pictures that posts showed, inside the page itself.

A picture is shown only if the file still has the bytes that were sent; otherwise its alt text
stands in its place, as for video. All of a page's pictures together stay within a budget.
"""

from __future__ import annotations

import base64
import hashlib
import io
from typing import TYPE_CHECKING

from bot import files

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.model import Media

WIDTH = 560
"""Pixels of a copy's longer side, twice what a card is wide on most screens."""

BUDGET = 350_000
"""Bytes that all copies may take together, before base64."""


def pictures(media: Iterable[Media], room: int) -> dict[str, str]:
    """Give data addresses by sha256, for as many as the budget holds, in the order given.

    ``room`` is how many bytes of the page they may take at most, as base64.
    """
    found: dict[str, str] = {}
    spent = 0
    budget = min(BUDGET, room // 4 * 3)
    if budget <= 0:
        return found
    for each in media:
        if each.sha256 in found or not each.mime.startswith("image/"):
            continue
        copy = _copy(each)
        if copy is not None and spent + len(copy) <= budget:
            spent += len(copy)
            found[each.sha256] = f"data:image/webp;base64,{base64.b64encode(copy).decode()}"
    return found


def _copy(media: Media) -> bytes | None:
    from PIL import Image

    try:
        with files.reopened(media.path, media.size) as file:
            data = file.read(media.size)
        if hashlib.sha256(data).hexdigest() != media.sha256:
            return None
        with Image.open(io.BytesIO(data)) as image:
            image.thumbnail((WIDTH, WIDTH))
            out = io.BytesIO()
            image.convert("RGBA").save(out, "WEBP", quality=72)
            return out.getvalue()
    except (OSError, ValueError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        return None
