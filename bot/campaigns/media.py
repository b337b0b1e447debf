"""The images and videos of posts: in the folder of the posts, complete, and measured.

A path is followed folder by folder without following any symbolic link, so that a slip or a trick
cannot publish a private file. Images are recognised by their first bytes and measured by Pillow
from their headers, never decoded; videos only by their first bytes.
"""

from __future__ import annotations

import os
import warnings
from contextlib import contextmanager
from functools import lru_cache
from typing import IO, TYPE_CHECKING

from bot import files
from bot.model import Media
from bot.text import quote_value
from bot.voice.pictures import look
from bot.yamlsource.problems import FormError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MAX_IMAGE_BYTES = 16 * 1024 * 1024
"""Mastodon's default for images, the largest of the platforms."""
MAX_VIDEO_BYTES = 512 * 1024 * 1024
"""X's limit for video without long-video rights."""
MAX_PIXELS = 8192 * 8192
"""X's largest image side, squared; a header that claims more is a trap or a mistake."""

# The first bytes of images, Pillow's name for their kind, and the media type.
_IMAGE_TYPES = {
    b"\x89PNG\r\n\x1a\n": ("PNG", "image/png"),
    b"\xff\xd8\xff": ("JPEG", "image/jpeg"),
    b"GIF87a": ("GIF", "image/gif"),
    b"GIF89a": ("GIF", "image/gif"),
}


def find_media(root: Path, base: Path, file: str) -> Media:
    """Find a file named in a YAML file of the folder ``base``, inside of ``root``.

    Both are absolute; the result lacks its alt text and place. Raises FormError. What was measured
    once is kept for as long as the file's size and times stay the same.
    """
    relative = relative_to_root(root, base, file)
    if os.path.isabs(relative) or relative.split(os.sep)[0] == "..":  # noqa: PTH117, PTH206 - lexical
        hint = "Copy it into a folder media/ beside the posts."
        raise FormError("M502", f"{quote_value(file)} is outside the folder of the posts", hint)
    with _open_media(root, relative) as (_, state):
        if not state.st_size:
            raise FormError("M504", f"{quote_value(relative)} is empty", "Copy it again.")
        same = (state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns)
    return _measure(root, relative, same)


def relative_to_root(root: Path, base: Path, file: str) -> str:
    """Return the path, relative to ``root``, of a file named in a YAML file in ``base``."""
    return os.path.normpath(os.path.join(base.relative_to(root), file))  # noqa: PTH118 - lexical


@lru_cache(maxsize=1024)
def _measure(root: Path, relative: str, same: tuple[int, ...]) -> Media:  # noqa: ARG001 - the cache's key
    with _open_media(root, relative) as (file, state):
        head = file.read(16)
        form, mime = next(
            (kind for start, kind in _IMAGE_TYPES.items() if head.startswith(start)), ("", "")
        )
        if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
            form, mime = "WEBP", "image/webp"
        elif head[4:8] == b"ftyp":
            mime = "video/mp4"
        if not mime:
            hint = "Platforms take JPEG, PNG, GIF, WebP and MP4."
            raise FormError("M505", f"{quote_value(relative)} is not an image or video", hint)
        limit = MAX_IMAGE_BYTES if form else MAX_VIDEO_BYTES
        if state.st_size > limit:
            message = f"{quote_value(relative)} is larger than {limit // 1024**2} MiB"
            raise FormError("M506", message, "Make it smaller.")
        width, height = _dimensions(file, form, relative) if form else (0, 0)
        appearance = _look(file, form) if form else ""
        file.seek(0)
        digest = files.sha256(file, state.st_size)
    path = root / relative
    return Media(path, "", digest, mime, state.st_size, width, height, look=appearance)


@contextmanager
def _open_media(root: Path, relative: str) -> Iterator[tuple[IO[bytes], os.stat_result]]:
    """Open a plain file below ``root``, following no symbolic link."""
    name = quote_value(relative)
    try:
        with files.open_below(root, relative) as (file, state):
            yield file, state
    except FormError:
        raise
    except FileNotFoundError:
        raise FormError("M501", f"There is no file {name}", "Check its name and folder.") from None
    except PermissionError:
        raise FormError("M503", f"{name} may not be read", "Check its permissions.") from None
    except files.SymlinkError as error:
        message = f"{name} is {error.what}"
        raise FormError("M502", message, "Put the file itself there.") from None
    except files.WrongFileError as error:
        message = f"{name} is {error.what}, not a plain file"
        raise FormError("M503", message, "Name a file.") from None
    except (OSError, ValueError):
        raise FormError("M503", f"{name} cannot be opened", "Check its name.") from None


def _dimensions(file: IO[bytes], form: str, relative: str) -> tuple[int, int]:
    from PIL import Image

    if form == "WEBP":
        from PIL import WebPImagePlugin  # noqa: F401 - registers itself; loading all is slow
    file.seek(0)
    try:
        with warnings.catch_warnings(action="error"), Image.open(file, formats=[form]) as image:
            width, height = image.size
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        width = height = MAX_PIXELS  # as far as Pillow reads such a header
    except Exception as error:  # noqa: BLE001 - Pillow raises whatever its bytes lead to
        message = f"{quote_value(relative)} is damaged ({type(error).__name__})"
        raise FormError("M505", message, "Save it again.") from None
    if width * height > MAX_PIXELS:
        message = f"{quote_value(relative)} claims to have more pixels than any platform takes"
        raise FormError("M506", message, "Make it smaller.")
    file.seek(0)
    if not _is_whole(file.read(MAX_IMAGE_BYTES), form):
        raise FormError(
            "M505", f"{quote_value(relative)} breaks off before its end", "Copy it again."
        )
    return width, height


def _look(file: IO[bytes], form: str) -> str:
    """Return what an image looks like, or "" if Pillow cannot decode it.

    Its size was found to be within ``MAX_PIXELS``, which bounds time and memory.
    """
    from PIL import Image

    file.seek(0)
    try:
        with warnings.catch_warnings(action="ignore"), Image.open(file, formats=[form]) as image:
            return look(image)
    except Exception:  # noqa: BLE001 - Pillow raises whatever its bytes lead to
        return ""


def _is_whole(data: bytes, form: str) -> bool:
    """Return whether an image is complete: one that is still being copied is not.

    Something may follow its end, such as the film of a motion photo. A GIF has no mark at its end.
    """
    if form == "PNG":
        return b"IEND\xaeB`\x82" in data
    if form == "WEBP":
        return int.from_bytes(data[4:8], "little") + 8 <= len(data)
    if form != "JPEG":
        return True
    start = 2  # of the scan: the segments before it may have a preview image with its own end
    while data[start : start + 1] == b"\xff" and data[start + 1 : start + 2] != b"\xda":
        start += 2 + max(2, int.from_bytes(data[start + 2 : start + 4], "big"))
    return data.find(b"\xff\xd9", start) > 0
