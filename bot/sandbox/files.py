"""The type and size of an uploaded file, by its bytes.

Pictures are opened with Pillow. Of a video only the signature of its container is checked, and not
its duration.
"""

from __future__ import annotations

import io
import warnings

_SIGNATURES = {
    b"\xff\xd8\xff": "image/jpeg",
    b"\x89PNG\r\n": "image/png",
    b"GIF8": "image/gif",
    b"\x1aE\xdf\xa3": "video/webm",
}


def sniff_mime(data: bytes) -> str | None:
    """Return the media type by the first bytes, or None for an unknown one."""
    if data[4:8] == b"ftyp":
        return "video/quicktime" if data[8:10] == b"qt" else "video/mp4"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return next((mime for start, mime in _SIGNATURES.items() if data.startswith(start)), None)


def picture_size(data: bytes) -> tuple[int, int, int] | None:
    """Return a picture's width, height and frames, or None if it cannot be read."""
    from PIL import Image

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a decompression bomb, which is an error below
        try:
            with Image.open(io.BytesIO(data)) as image:
                frames = getattr(image, "n_frames", 1)
                image.load()
                return *image.size, frames
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
            return None
