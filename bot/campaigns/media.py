"""The images and videos of a post: found in the folder of the posts, complete, and measured.

A path is followed folder by folder without following any symbolic link, so that a slip or a trick
cannot publish a private file. Images are recognised by their first bytes and measured by Pillow
from their headers, never decoded; videos only by their first bytes.
"""

from __future__ import annotations

import os
import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import IO, TYPE_CHECKING

from bot import files
from bot.yamlsource.problems import quote_value

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MAX_IMAGE_BYTES = 16 * 1024 * 1024
"""Mastodon's default for images, the largest of the platforms."""
MAX_VIDEO_BYTES = 512 * 1024 * 1024
"""X's limit for video without long-video rights."""
MAX_PIXELS = 8192 * 8192
"""X's largest image side, squared; a header that claims more is a trap or a mistake."""

_IMAGE_TYPES = {
    b"\x89PNG\r\n\x1a\n": ("PNG", "image/png"),
    b"\xff\xd8\xff": ("JPEG", "image/jpeg"),
    b"GIF87a": ("GIF", "image/gif"),
    b"GIF89a": ("GIF", "image/gif"),
}


class MediaError(ValueError):
    """A file that cannot be shown: ``code`` as in CODES, why, and what to do."""

    def __init__(self, code: str, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint


@dataclass(frozen=True, slots=True)
class MediaFile:
    """A file that was found and measured; sizes in bytes and pixels (0 for videos)."""

    path: Path
    sha256: str
    mime: str
    size: int
    width: int
    height: int


def find(root: Path, base: Path, file: str) -> MediaFile:
    """Find a file named in a YAML file of the folder ``base``, inside of ``root``.

    Both are absolute. Raises MediaError. What was measured once is kept for as long as the file's
    size and times stay the same.
    """
    relative = relative_to_root(root, base, file)
    if os.path.isabs(relative) or relative.split(os.sep)[0] == "..":  # noqa: PTH117, PTH206 - lexical
        hint = "Copy it into a folder media/ beside the posts."
        raise MediaError("M502", f"{quote_value(file)} is outside the folder of the posts", hint)
    with _open_media(root, relative) as (_, state):
        same = (state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns)
    return _measure(root, relative, same)


def relative_to_root(root: Path, base: Path, file: str) -> str:
    """Return the path, relative to ``root``, of a file named in a YAML file in ``base``."""
    return os.path.normpath(os.path.join(base.relative_to(root), file))  # noqa: PTH118 - lexical


@lru_cache(maxsize=1024)
def _measure(root: Path, relative: str, same: tuple[int, ...]) -> MediaFile:  # noqa: ARG001 - the cache's key
    with _open_media(root, relative) as (file, state):
        form, mime = _detect_type(file, relative, state.st_size)
        width, height = _dimensions(file, form, relative) if form else (0, 0)
        file.seek(0)
        digest = files.sha256(file, state.st_size)
    return MediaFile(root / relative, digest, mime, state.st_size, width, height)


@contextmanager
def _open_media(root: Path, relative: str) -> Iterator[tuple[IO[bytes], os.stat_result]]:
    """Open a plain, non-empty file below ``root``, following no symbolic link."""
    try:
        with files.open_below(root, relative) as (file, state):
            if not state.st_size:
                raise MediaError("M504", f"{quote_value(relative)} is empty", "Copy it again.")
            yield file, state
    except (OSError, ValueError) as error:
        if isinstance(error, MediaError):
            raise
        raise _open_error(error, relative) from None


def _open_error(error: OSError | ValueError, relative: str) -> MediaError:
    name = quote_value(relative)
    match error:
        case FileNotFoundError():
            return MediaError("M501", f"There is no file {name}", "Check its name and folder.")
        case PermissionError():
            return MediaError("M503", f"{name} may not be read", "Check its permissions.")
        case files.SymlinkError():
            return MediaError("M502", f"{name} is {error.what}", "Put the file itself there.")
        case files.WrongFileError():
            message = f"{name} is {error.what}, not a plain file"
            return MediaError("M503", message, "Name a file.")
    return MediaError("M503", f"{name} cannot be opened", "Check its name.")


def _detect_type(file: IO[bytes], relative: str, size: int) -> tuple[str, str]:
    """Return Pillow's name for an image and the media type, by the first bytes."""
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
        raise MediaError("M505", f"{quote_value(relative)} is not an image or video", hint)
    limit = MAX_IMAGE_BYTES if form else MAX_VIDEO_BYTES
    if size > limit:
        message = f"{quote_value(relative)} is larger than {limit // 1024**2} MiB"
        raise MediaError("M506", message, "Make it smaller.")
    return form, mime


def _dimensions(file: IO[bytes], form: str, relative: str) -> tuple[int, int]:
    from PIL import Image

    if form == "WEBP":
        from PIL import WebPImagePlugin  # noqa: F401 - registers itself; loading all is slow
    file.seek(0)
    try:
        with warnings.catch_warnings(action="error"), Image.open(file, formats=[form]) as image:
            width, height = image.size
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _too_many_pixels_error(relative) from None
    except Exception as error:  # noqa: BLE001 - Pillow raises whatever its bytes lead to
        message = f"{quote_value(relative)} is damaged ({type(error).__name__})"
        raise MediaError("M505", message, "Save it again.") from None
    if width * height > MAX_PIXELS:
        raise _too_many_pixels_error(relative)
    file.seek(0)
    if not _is_whole(file.read(MAX_IMAGE_BYTES), form):
        raise MediaError(
            "M505", f"{quote_value(relative)} breaks off before its end", "Copy it again."
        )
    return width, height


def _is_whole(data: bytes, form: str) -> bool:
    """Return whether an image is complete: one that is still being copied is not.

    Something may follow its end, such as the film of a motion photo. A GIF has no mark at its end.
    """
    if form == "PNG":
        return b"IEND\xaeB`\x82" in data
    if form == "WEBP":
        return int.from_bytes(data[4:8], "little") + 8 <= len(data)
    return form != "JPEG" or data.find(b"\xff\xd9", _start_of_scan(data)) > 0


def _start_of_scan(data: bytes) -> int:
    """Return the end of a JPEG's segments, in which a preview image may have its own end."""
    at = 2
    while data[at : at + 1] == b"\xff" and data[at + 1 : at + 2] != b"\xda":
        at += 2 + max(2, int.from_bytes(data[at + 2 : at + 4], "big"))
    return at


def _too_many_pixels_error(relative: str) -> MediaError:
    message = f"{quote_value(relative)} claims to have more pixels than any platform takes"
    return MediaError("M506", message, "Make it smaller.")
