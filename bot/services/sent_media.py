"""The pictures and films of posts, exactly as they are sent.

They are found by their digest in a post that a person may see, and never by a path. A file that has
changed since the post was planned is not shown, because the post would not be sent with it either.
"""

from __future__ import annotations

import hashlib
import re
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot import files
from bot.media import UnfitMediaError
from bot.media.reading import MAX_IMAGE_BYTES, clean_chunks
from bot.planning.occurrences import account_wordings
from bot.services.queue import find_seen

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.model import Content, Media
    from bot.model.people import Scope
    from bot.runtime.app import App

MAX_SHOWN_BYTES = MAX_IMAGE_BYTES
"""Larger films are not shown, because a whole file is read at once."""

SHOWN_TYPES = frozenset({"image/jpeg", "image/png", "image/webp", "image/gif", "video/mp4"})
"""Media types that cannot run anything."""

_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class SentFile:
    """The bytes of a picture or film, without hidden data."""

    mime: str
    data: bytes


def read_sent_file(app: App, digest: str, number: str, scope: Scope) -> SentFile | None:
    """Return the file with this digest, of a post that the person may see, or None.

    ``number`` is that of a delivery that has it; "" if a post in the files has it.
    """
    if not _DIGEST.fullmatch(digest):
        return None
    queued = find_seen(app, number, scope) if number else None
    if number and queued is None:
        return None
    contents = [queued.content] if queued else _planned(app, scope)
    wanted = (media for content in contents for part in content.parts for media in part.media)
    found = next((media for media in wanted if media.sha256 == digest), None)
    return _read(app, found) if found else None


def _planned(app: App, scope: Scope) -> Iterator[Content]:
    for post in app.files.read().posts:
        for account in post.accounts:
            if scope.sees(post.campaign, account):
                yield from (wording.content for wording in account_wordings(post, account))


def _read(app: App, media: Media) -> SentFile | None:
    """Return the file if it is in the campaign folder and still has the bytes that are sent."""
    folder = app.config.campaigns.resolve()
    if media.mime not in SHOWN_TYPES or not media.path.is_relative_to(folder):
        return None
    with suppress(OSError, ValueError, UnfitMediaError), files.open_found(media.path) as opened:
        file, state = opened
        if state.st_size <= MAX_SHOWN_BYTES:
            data = b"".join(clean_chunks(file, state.st_size))
            if hashlib.sha256(data).hexdigest() == media.sha256:
                return SentFile(media.mime, data)
    return None
