"""Uploads media to X by its API v2, which tweepy lacks.

An image goes in one request. A GIF or a video goes in chunks, and then X is asked until it has
processed the file (https://docs.x.com/x-api/media/quickstart/media-upload-chunked). Nobody sees a
file before a post names it. Every step may be repeated, and no failure is Unknown. X takes
alt text for images and GIFs, not for videos.
"""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from bot.platforms.attachments import media_kind
from bot.platforms.base import Charge, Upload
from bot.platforms.outcomes import Rejected, Unsent
from bot.platforms.responses import DETAIL_LIMIT, as_int, as_object
from bot.platforms.uploads import checked_chunks
from bot.platforms.x.prices import MEDIA_METADATA
from bot.platforms.x.responses import is_id

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.model import Media
    from bot.platforms.x.transport import XTransport

CHUNK = 4 * 1024 * 1024
"""Bytes in one append. X accepts 5 MB."""
PROCESSING_TIMEOUT = 600.0
"""Seconds that X may take to process a video."""
_DEFAULT_LIFE_SECONDS = 24 * 3600
_LONGEST_LIFE_SECONDS = 30 * _DEFAULT_LIFE_SECONDS
_MARGIN = timedelta(minutes=10)
_CATEGORIES = {"image": "tweet_image", "GIF": "tweet_gif", "video": "tweet_video"}
_ROUTE = "/2/media/upload"


def upload(transport: XTransport, media: Media) -> Upload:
    """Upload a file and its alt text. Raise Outcome, never Unknown."""
    kind = media_kind(media)
    if kind == "other":
        raise Rejected(f"X does not accept {media.mime}")
    start = transport.clock.now()
    if kind == "image":
        form = {"media_category": _CATEGORIES[kind]}
        file_field = {"media": (media.path.name, b"".join(checked_chunks(media)), media.mime)}
        data = _request_data(transport, "POST", _ROUTE, files=file_field, form=form)
    else:
        data = _upload_chunked(transport, media, kind)
    media_id = str(data["id"])
    charges: tuple[Charge, ...] = ()
    if kind != "video" and media.alt:
        body = {"id": media_id, "metadata": {"alt_text": {"text": media.alt}}}
        transport.send("POST", "/2/media/metadata", json=body)
        charges = (Charge(MEDIA_METADATA, 1),)
    seconds = as_int(data.get("expires_after_secs"))
    if not seconds or seconds > _LONGEST_LIFE_SECONDS:
        seconds = _DEFAULT_LIFE_SECONDS
    life = timedelta(seconds=seconds)  # of which the last minutes are not used
    return Upload(media_id, start + max(life - _MARGIN, life / 2), charges)


def _upload_chunked(transport: XTransport, media: Media, kind: str) -> dict[str, Any]:
    # Nothing is sent before the whole file is known to be the same.
    size = sum(len(chunk) for chunk in checked_chunks(media))
    start = {
        "media_type": media.mime,
        "total_bytes": size,
        "media_category": _CATEGORIES[kind],
    }
    data = _request_data(transport, "POST", f"{_ROUTE}/initialize", json=start)
    route = f"{_ROUTE}/{data['id']}"
    for index, chunk in enumerate(checked_chunks(media, CHUNK)):
        file_field = {"media": (media.path.name, chunk, "application/octet-stream")}
        form = {"segment_index": str(index)}
        transport.send("POST", f"{route}/append", files=file_field, form=form)
    done = _request_data(transport, "POST", f"{route}/finalize")
    return {**data, **done, **_wait_until_processed(transport, done)}


def _wait_until_processed(transport: XTransport, data: Mapping[str, Any]) -> Mapping[str, Any]:
    """Ask, as often as X says, until it has processed the file. Raise Rejected if it cannot."""
    params = {"command": "STATUS", "media_id": str(data["id"])}
    waited = 0.0
    while True:
        info = as_object(data.get("processing_info"))
        state = info.get("state", "succeeded")
        if state == "succeeded":
            return data
        if state == "failed":
            why = as_object(info.get("error")).get("message", "no reason given")
            why = transport.redact(str(why))[:DETAIL_LIMIT]
            raise Rejected(f"X could not process the file: {why}")
        seconds = as_int(info.get("check_after_secs")) or 1
        pause = float(min(seconds, int(PROCESSING_TIMEOUT) + 1))
        if waited + pause > PROCESSING_TIMEOUT:
            raise Unsent(f"X was still processing the file after {waited:.0f} seconds")
        transport.wait(pause)
        waited += pause
        data = _request_data(transport, "GET", _ROUTE, params=params)


def _request_data(transport: XTransport, method: str, route: str, **fields: Any) -> dict[str, Any]:
    """Return the ``data`` of an answer, which has to name the file. Raise Outcome."""
    data = as_object(transport.read(method, route, **fields).get("data"))
    if not is_id(data.get("id")):
        raise Unsent("X accepted the file but did not name it", status=HTTPStatus.OK)
    return data
