"""Uploading media to X: its v2 upload, which tweepy does not have, through tweepy's OAuth 1.0a.

Images go in one request; GIFs and videos in chunks, and then X is asked until it has processed
them. Nothing here is visible to anybody before a post names it, so every step may be repeated, and
no failure is Unknown. X takes alt text for images and GIFs, not for videos.
"""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from datetime import timedelta
from http import HTTPStatus
from typing import IO, TYPE_CHECKING, Any

from bot import files
from bot.platforms.base import Charge, Rejected, Unsent, Upload
from bot.platforms.x import prices
from bot.platforms.x.responses import as_object, is_id
from bot.platforms.x.rules import media_kind
from bot.platforms.x.transport import Request

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from bot.model import Media
    from bot.platforms.x.transport import XTransport

CHUNK = 4 * 1024 * 1024
"""Bytes in one append: X accepts 5 MB."""
PROCESSING_TIMEOUT = 600.0
"""Seconds that X may take to process a video."""
_DEFAULT_LIFE_SECONDS = 24 * 3600
_MARGIN = timedelta(minutes=10)
_CATEGORIES = {"image": "tweet_image", "GIF": "tweet_gif", "video": "tweet_video"}
_ROUTE = "/2/media/upload"
_CHANGED = "{} is no longer the file that was checked"


def upload(transport: XTransport, media: Media) -> Upload:
    """Upload a file and its alt text. Raise Outcome, never Unknown.

    Rejected where X refuses it, or where the file is no longer the one that was checked.
    """
    kind = media_kind(media)
    if kind == "other":
        raise Rejected(f"X does not accept {media.mime}")
    start = transport.options.clock.now()
    data = (
        _upload_whole(transport, media)
        if kind == "image"
        else _upload_chunked(transport, media, kind)
    )
    media_id = str(data["id"])
    charges: tuple[Charge, ...] = ()
    if kind != "video" and media.alt:
        body = {"id": media_id, "metadata": {"alt_text": {"text": media.alt}}}
        transport.send(Request("POST", "/2/media/metadata", json=body))
        charges = (Charge(prices.MEDIA_METADATA, 1),)
    return Upload(media_id, _expiry(data, start), charges)


def _upload_whole(transport: XTransport, media: Media) -> dict[str, Any]:
    with _open_checked(media) as file:
        data = b"".join(_checked_chunks(media, file))
    form = {"media_category": _CATEGORIES["image"]}
    file_field = {"media": (media.path.name, data, media.mime)}
    return _request_data(transport, Request("POST", _ROUTE, files=file_field, form=form))


def _upload_chunked(transport: XTransport, media: Media, kind: str) -> dict[str, Any]:
    with _open_checked(media) as file:
        for _ in _checked_chunks(media, file):
            pass  # nothing is sent before the whole file is known to be the same
        file.seek(0)
        return _send_chunks(transport, media, kind, _checked_chunks(media, file))


def _send_chunks(
    transport: XTransport, media: Media, kind: str, chunks: Iterator[bytes]
) -> dict[str, Any]:
    start = {
        "media_type": media.mime,
        "total_bytes": media.size,
        "media_category": _CATEGORIES[kind],
    }
    data = _request_data(transport, Request("POST", f"{_ROUTE}/initialize", json=start))
    route = f"{_ROUTE}/{data['id']}"
    for index, chunk in enumerate(chunks):
        file_field = {"media": (media.path.name, chunk, "application/octet-stream")}
        form = {"segment_index": str(index)}
        transport.send(Request("POST", f"{route}/append", files=file_field, form=form))
    done = _request_data(transport, Request("POST", f"{route}/finalize"))
    return {**data, **done, **_wait_until_processed(transport, done)}


def _wait_until_processed(transport: XTransport, data: Mapping[str, Any]) -> Mapping[str, Any]:
    """Ask as often as X says until it has processed the file."""
    params = {"command": "STATUS", "media_id": str(data["id"])}
    waited = 0.0
    while not _is_ready(data):
        seconds = as_object(data.get("processing_info")).get("check_after_secs")
        pause = float(max(1, seconds)) if isinstance(seconds, int | float) else 1.0
        if waited + pause > PROCESSING_TIMEOUT:
            raise Unsent(f"X was still processing the file after {waited:.0f} seconds")
        transport.options.wait(pause)
        waited += pause
        data = _request_data(transport, Request("GET", _ROUTE, params=params))
    return data


def _is_ready(data: Mapping[str, Any]) -> bool:
    """Return whether a file can be posted. Raise Rejected where X could not process it."""
    state = as_object(data.get("processing_info")).get("state", "succeeded")
    if state == "failed":
        error = as_object(as_object(data["processing_info"]).get("error"))
        raise Rejected(f"X could not process the file: {error.get('message', 'no reason given')}")
    return bool(state == "succeeded")


def _request_data(transport: XTransport, request: Request) -> dict[str, Any]:
    """Return the ``data`` of an answer, which must name the file. Raise Outcome."""
    data = as_object(transport.read(request).get("data"))
    if not is_id(data.get("id")):
        raise Unsent("X accepted the file but did not name it", status=HTTPStatus.OK)
    return data


@contextmanager
def _open_checked(media: Media) -> Iterator[IO[bytes]]:
    """Open the file if it may be the one that was checked. Raise Outcome."""
    try:
        with files.open_unchanged(media.path, media.size) as file:
            yield file
    except files.WrongFileError as error:
        raise Rejected(f"{_CHANGED.format(media.path.name)}: it is {error.what}") from error
    except OSError as error:
        raise Unsent(f"{media.path.name} cannot be read: {error.strerror}") from error


def _checked_chunks(media: Media, file: IO[bytes]) -> Iterator[bytes]:
    """Yield the file's bytes, and end only if they are the ones that were checked."""
    digest = hashlib.sha256()
    for chunk in files.read_chunks(file, media.size, CHUNK):
        digest.update(chunk)
        yield chunk
    if digest.hexdigest() != media.sha256:
        raise Rejected(_CHANGED.format(media.path.name))


def _expiry(data: Mapping[str, Any], start: datetime) -> datetime:
    """Return until when the upload is used: a little less long than X keeps it."""
    seconds = data.get("expires_after_secs")
    if not isinstance(seconds, int) or seconds <= 0:
        seconds = _DEFAULT_LIFE_SECONDS
    life = timedelta(seconds=seconds)
    return start + max(life - _MARGIN, life / 2)
