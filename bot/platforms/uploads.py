"""Reads the file of a media to upload it, and only the file that was checked."""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from typing import TYPE_CHECKING

from bot import files
from bot.platforms.outcomes import Rejected, Unsent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.model import Media

CHUNK = 1024 * 1024


@contextmanager
def naming(media: Media) -> Iterator[None]:
    """Name the file where a platform refuses it: a post may show several."""
    try:
        yield
    except Rejected as refused:
        words = f"{media.path.name}: {refused.detail}"
        raise Rejected(words, status=refused.status) from refused


def checked_chunks(media: Media, size: int = CHUNK) -> Iterator[bytes]:
    """Yield the file's bytes, at most ``size`` at a time. Raise Outcome.

    It ends only if they are the bytes that were checked.
    """
    changed = f"{media.path.name} is no longer the file that was checked"
    digest = hashlib.sha256()
    try:
        with files.open_unchanged(media.path, media.size) as file:
            for chunk in files.read_chunks(file, media.size, size):
                digest.update(chunk)
                yield chunk
    except files.WrongFileError as error:
        raise Rejected(f"{changed}: it is {error.what}") from error
    except OSError as error:
        raise Unsent(f"{media.path.name} cannot be read: {error.strerror}") from error
    if digest.hexdigest() != media.sha256:
        raise Rejected(changed)
