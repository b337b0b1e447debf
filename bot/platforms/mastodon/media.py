"""Uploads media in one request, and asks the server until it has processed the file.

Nobody sees a file before a post names it. Every step may be repeated, and no failure is
Unknown. Source: https://docs.joinmastodon.org/methods/media/.
"""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, TypeGuard

from bot.platforms.attachments import media_kind
from bot.platforms.base import Upload
from bot.platforms.mastodon.responses import is_id
from bot.platforms.outcomes import Rejected, Unsent
from bot.platforms.responses import as_object
from bot.platforms.uploads import checked_chunks, naming

if TYPE_CHECKING:
    from mastodon import Mastodon

    from bot.model import Media
    from bot.platforms.mastodon.transport import MastodonTransport
    from bot.platforms.responses import HttpAnswer

PROCESSING_TIMEOUT = 600.0
"""Seconds that a server may take to process a file."""
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 10.0
_LIFE = timedelta(hours=23)
"""Mastodon deletes a file that no post has named within a day."""
_NO_V2 = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED})


def upload(transport: MastodonTransport, media: Media) -> Upload:
    """Upload a file with its alt text and focal point. Raise Outcome, never Unknown."""
    if media_kind(media) == "other":
        raise Rejected(f"Mastodon does not take {media.mime}")
    content, start = b"".join(checked_chunks(media)), transport.clock.now()

    def post(library: Mastodon) -> None:
        about = {"description": media.alt, "focus": media.focus, "file_name": media.path.name}
        library.media_post(content, media.mime, **about)

    def post_to_v1(library: Mastodon) -> None:
        library.mastodon_major = 1
        post(library)

    with naming(media):
        try:
            answer = transport.send(post, size=len(content))
        except (Rejected, Unsent) as refused:
            if refused.status not in _NO_V2:
                raise
            answer = transport.send(post_to_v1, size=len(content))
    media_id = as_object(answer.json()).get("id")
    if not is_media_id(media_id):
        raise Unsent("the server accepted the file but did not name it", status=answer.status)
    _wait_until_processed(transport, media_id, answer)
    return Upload(media_id, start + _LIFE)


def is_media_id(value: object) -> TypeGuard[str]:
    """Return whether this is the id of a file. snac's ids are file names."""
    return isinstance(value, str) and is_id(value.replace(".", ""))


def _wait_until_processed(transport: MastodonTransport, media_id: str, answer: HttpAnswer) -> None:
    """Ask until the server has processed the file. Raise Rejected if it cannot.

    Until then it answers 202 to the upload, and 206 to each question.
    """
    waited, pause = 0.0, _FIRST_PAUSE
    while answer.status in {HTTPStatus.ACCEPTED, HTTPStatus.PARTIAL_CONTENT}:
        if waited + pause > PROCESSING_TIMEOUT:
            raise Unsent(f"the server was still processing the file after {waited:.0f} seconds")
        transport.wait(pause)
        waited, pause = waited + pause, min(2 * pause, _LONGEST_PAUSE)
        answer = transport.send(lambda library: library.media(media_id))
