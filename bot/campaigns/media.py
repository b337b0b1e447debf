"""Finds the images and videos of posts in the folder of the posts, and measures them.

A path is followed folder by folder and without any symbolic link, so that no mistake or trick can
publish a private file. ``bot.media`` decides, once for each file, whether a platform can show it
and which bytes are sent.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from functools import lru_cache
from typing import IO, TYPE_CHECKING

from bot import files
from bot.media import UnfitMediaError
from bot.media.reading import examine
from bot.model import Media
from bot.text import quote_value
from bot.yamlsource.problems import FormError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def find_media(root: Path, base: Path, file: str) -> Media:
    """Return the image or video that a YAML file in the folder ``base`` names, below ``root``.

    Both folders are absolute. The result has no alt text and no place. It is cached while the
    file's size and times stay the same. Raises FormError if the file cannot be published.
    """
    relative = relative_to_root(root, base, file)
    if os.path.isabs(relative) or relative.split(os.sep)[0] == "..":  # noqa: PTH117, PTH206 - lexical
        hint = "Copy it into a folder media/ beside the posts."
        raise FormError("M502", f"{quote_value(file)} is outside the folder of the posts", hint)
    with _open_media(root, relative) as (_, state):
        if not state.st_size:
            raise FormError("M504", f"{quote_value(relative)} is empty", "Copy it again.")
        same = (state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns)
    return _examine(root, relative, same)


def relative_to_root(root: Path, base: Path, file: str) -> str:
    """Return the path, relative to ``root``, of a file named in a YAML file in ``base``."""
    return os.path.normpath(os.path.join(base.relative_to(root), file))  # noqa: PTH118 - lexical


@lru_cache(maxsize=16_384)
def _examine(root: Path, relative: str, same: tuple[int, ...]) -> Media:  # noqa: ARG001 - the cache's key
    with _open_media(root, relative) as (file, state):
        try:
            clean = examine(file, state.st_size)
        except UnfitMediaError as unfit:
            message = f"{quote_value(relative)} {unfit.why}"
            raise FormError(unfit.code, message, unfit.hint) from None
    return Media(
        root / relative,
        "",
        clean.sha256,
        clean.mime,
        clean.size,
        clean.width,
        clean.height,
        look=clean.look,
        original_sha256=clean.original_sha256 if clean.left_out else "",
        left_out=clean.left_out,
    )


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
