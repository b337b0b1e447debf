"""Handing media to X: v2 upload, which tweepy does not have, through tweepy's OAuth 1.0a.

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
from bot.platforms.x.fields import is_id, mapping
from bot.platforms.x.rules import family
from bot.platforms.x.session import Request

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from bot.model import Media
    from bot.platforms.x.session import Line

CHUNK = 4 * 1024 * 1024
"""Bytes in one append: X takes 5 MB."""
PATIENCE = 600.0
"""Seconds that X may take to process a video."""
_LIFE = 24 * 3600
_MARGIN = timedelta(minutes=10)
_CATEGORIES = {"image": "tweet_image", "GIF": "tweet_gif", "video": "tweet_video"}
_ROUTE = "/2/media/upload"
_CHANGED = "{} is no longer the file that was checked"


def upload(line: Line, media: Media) -> Upload:
    """Hand over a file and its alt text. Raises Outcome, never Unknown.

    Rejected where X refuses it, or where the file is no longer the one that was checked.
    """
    kind = family(media)
    if kind == "other":
        raise Rejected(f"X does not take {media.mime}")
    start = line.options.clock.now()
    data = _one_shot(line, media) if kind == "image" else _chunked(line, media, kind)
    media_id = str(data["id"])
    described = kind != "video" and bool(media.alt)
    if described:
        _describe(line, media_id, media.alt)
    charges = (Charge(prices.MEDIA_METADATA, 1),) * described
    return Upload(media_id, _expiry(data, start), charges)


def _one_shot(line: Line, media: Media) -> dict[str, Any]:
    with _opened(media) as file:
        whole = b"".join(_chunks(media, file))
    form = {"media_category": _CATEGORIES["image"]}
    sent = {"media": (media.path.name, whole, media.mime)}
    return _data(line, Request("POST", _ROUTE, files=sent, form=form))


def _chunked(line: Line, media: Media, kind: str) -> dict[str, Any]:
    with _opened(media) as file:
        for _ in _chunks(media, file):  # nothing leaves before all of it is known to be the same
            pass
        file.seek(0)
        return _sent(line, media, kind, _chunks(media, file))


def _sent(line: Line, media: Media, kind: str, chunks: Iterator[bytes]) -> dict[str, Any]:
    start = {
        "media_type": media.mime,
        "total_bytes": media.size,
        "media_category": _CATEGORIES[kind],
    }
    data = _data(line, Request("POST", f"{_ROUTE}/initialize", json=start))
    route = f"{_ROUTE}/{data['id']}"
    for index, chunk in enumerate(chunks):
        sent = {"media": (media.path.name, chunk, "application/octet-stream")}
        line.ask(Request("POST", f"{route}/append", files=sent, form={"segment_index": str(index)}))
    done = _data(line, Request("POST", f"{route}/finalize"))
    return {**data, **done, **_processed(line, done)}


def _processed(line: Line, data: Mapping[str, Any]) -> Mapping[str, Any]:
    """Ask until X has processed the file, as often as X says."""
    params = {"command": "STATUS", "media_id": str(data["id"])}
    waited = 0.0
    while not _is_ready(data):
        pause = _pause(data)
        if waited + pause > PATIENCE:
            raise Unsent(f"X was still processing the file after {waited:.0f} seconds")
        line.options.wait(pause)
        waited += pause
        data = _data(line, Request("GET", _ROUTE, params=params))
    return data


def _is_ready(data: Mapping[str, Any]) -> bool:
    """Tell whether a file can be posted. Raises Rejected where X could not process it."""
    state = mapping(data.get("processing_info")).get("state", "succeeded")
    if state == "failed":
        error = mapping(mapping(data["processing_info"]).get("error"))
        raise Rejected(f"X could not process the file: {error.get('message', 'no reason given')}")
    return bool(state == "succeeded")


def _pause(data: Mapping[str, Any]) -> float:
    seconds = mapping(data.get("processing_info")).get("check_after_secs")
    return float(max(1, seconds)) if isinstance(seconds, int | float) else 1.0


def _describe(line: Line, media_id: str, alt: str) -> None:
    body = {"id": media_id, "metadata": {"alt_text": {"text": alt}}}
    line.ask(Request("POST", "/2/media/metadata", json=body))


def _data(line: Line, request: Request) -> dict[str, Any]:
    """Give the ``data`` of an answer, which must name the file. Raises Outcome."""
    data = mapping(line.read(request).get("data"))
    if not is_id(data.get("id")):
        raise Unsent("X accepted the file but did not name it", status=HTTPStatus.OK)
    return data


@contextmanager
def _opened(media: Media) -> Iterator[IO[bytes]]:
    """Open the file if it may be the one that was checked. Raises Outcome."""
    try:
        with files.reopened(media.path, media.size) as file:
            yield file
    except files.WrongFileError as error:
        raise Rejected(f"{_CHANGED.format(media.path.name)}: it is {error.what}") from error
    except OSError as error:
        raise Unsent(f"{media.path.name} cannot be read: {error.strerror}") from error


def _chunks(media: Media, file: IO[bytes]) -> Iterator[bytes]:
    """Yield the file's bytes, and end only if they are the ones that were checked."""
    digest = hashlib.sha256()
    for chunk in files.chunks(file, media.size, CHUNK):
        digest.update(chunk)
        yield chunk
    if digest.hexdigest() != media.sha256:
        raise Rejected(_CHANGED.format(media.path.name))


def _expiry(data: Mapping[str, Any], start: datetime) -> datetime:
    """Give when the upload is to be made anew: a little before X forgets it."""
    seconds = data.get("expires_after_secs")
    life = timedelta(seconds=seconds if isinstance(seconds, int) and seconds > 0 else _LIFE)
    return start + max(life - _MARGIN, life / 2)
