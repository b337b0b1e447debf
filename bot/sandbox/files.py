"""What an uploaded file is, by its bytes: a platform decides what it takes.

Pictures are opened with Pillow, so that a file is what it claims to be. Videos are not decoded:
only the signature of their container is checked, and not their duration.
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
    """Return the media type by the first bytes, None for an unknown one."""
    if data[4:8] == b"ftyp":
        return "video/quicktime" if data[8:10] == b"qt" else "video/mp4"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return next((mime for start, mime in _SIGNATURES.items() if data.startswith(start)), None)


def picture_size(data: bytes) -> tuple[int, int, int] | None:
    """Return a picture's width, height and frames, None if it cannot be read."""
    from PIL import Image

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # A decompression bomb cannot be read, either.
        try:
            with Image.open(io.BytesIO(data)) as image:
                frames = getattr(image, "n_frames", 1)
                image.load()
                return *image.size, frames
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
            return None
