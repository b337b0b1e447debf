"""Reads a file for its upload, if it is still the one that was checked."""

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
    """Name the file in a platform's refusal, because a post may show several."""
    try:
        yield
    except Rejected as refused:
        words = f"{media.path.name}: {refused.detail}"
        raise Rejected(words, status=refused.status) from refused


def checked_chunks(media: Media, size: int = CHUNK) -> Iterator[bytes]:
    """Yield the bytes to send, at most ``size`` at a time, without what nobody sees of the file.

    Raise Outcome at the end if they are not the bytes that were checked. A delivery that an earlier
    version queued may have the digest of the whole file instead.
    """
    changed = f"{media.path.name} has changed since it was checked"
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
