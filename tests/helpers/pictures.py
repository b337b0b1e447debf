"""Pictures made in memory."""

from __future__ import annotations

import io

from PIL import Image


def picture_bytes(kind: str = "PNG", frames: int = 1, size: tuple[int, int] = (8, 6)) -> bytes:
    """Return a picture; with more than one frame, an animation."""
    out = io.BytesIO()
    images = [Image.new("RGB", size, (place * 9 % 256, 80, 160)) for place in range(frames)]
    more = {"save_all": True, "append_images": images[1:]} if frames > 1 else {}
    images[0].save(out, kind, **more)
    return out.getvalue()
