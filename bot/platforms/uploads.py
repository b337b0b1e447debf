"""Reads the file of a media to upload it: the file that was checked, and what is seen of it."""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from typing import TYPE_CHECKING

from bot import files
from bot.media import UnfitMediaError
from bot.media.reading import clean_chunks
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
    """Yield what is sent of the file, at most ``size`` bytes at a time. Raise Outcome.

    It ends only if they are the bytes that were checked. A delivery that an earlier version queued
    has the digest of the whole file: it may be that one, too.
    """
    changed = f"{media.path.name} is no longer the file that was checked"
    digest, original = hashlib.sha256(), hashlib.sha256()
    try:
        with files.open_found(media.path) as (file, state):
            for chunk in clean_chunks(file, state.st_size, size, original):
                digest.update(chunk)
                yield chunk
    except files.WrongFileError as error:
        raise Rejected(f"{changed}: it is {error.what}") from error
    except UnfitMediaError as error:
        raise Rejected(f"{changed}: it {error.why}") from error
    except OSError as error:
        raise Unsent(f"{media.path.name} cannot be read: {error.strerror}") from error
    if media.sha256 not in {digest.hexdigest(), original.hexdigest()}:
        raise Rejected(changed)
