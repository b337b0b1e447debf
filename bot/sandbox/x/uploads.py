"""X's endpoints for uploads, and its rules for files."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from bot.sandbox.answers import ApiError
from bot.sandbox.files import picture_size, sniff_mime
from bot.sandbox.state import SimUpload
from bot.sandbox.x.problems import generic, invalid, not_found
from bot.sandbox.x.spec import (
    APPEND_FIELDS,
    UPLOAD_FIELDS,
    NewMetadata,
    NewUpload,
    parse_body,
    reject_unknown_fields,
    require_id,
)
from bot.sandbox.x.views import render_upload

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.sandbox.x.spec import Call
    from bot.sandbox.x.state import XState

MB = 1_000_000
CHUNK = 8 * 1024 * 1024
"""Most bytes of one ``append``. X documents 5 MB, others report 8."""

MAX_BYTES = {"photo": 5 * MB, "animated_gif": 15 * MB, "video": 512 * MB}
_GIF_FRAMES, _GIF_SIZE = 350, (1280, 1080)


def upload_whole(world: XState, call: Call) -> dict[str, Any]:
    """POST /2/media/upload, the file in one piece."""
    reject_unknown_fields(call.form, UPLOAD_FIELDS)
    category = call.form.get("media_category")
    if not isinstance(category, str):
        raise invalid("$.media_category: is missing but it is required")
    data = _media_bytes(call)
    if category not in {"tweet_image", "tweet_gif", "tweet_video"}:
        raise invalid(f"$.media_category: {category!r} is not one of the categories", {})
    id_, now = world.new_id(), world.now()
    upload = SimUpload(id_, call.account.id, _sniff(data), len(data), now)
    _store_bytes(upload, data)
    upload.finalized = now
    world.uploads[id_] = upload
    return {"data": render_upload(upload, now)}


def upload_initialize(world: XState, call: Call) -> dict[str, Any]:
    """POST /2/media/upload/initialize."""
    body, owner, now = parse_body(NewUpload, call.body), call.account.id, world.now()
    kind, total = body.media_type, body.total_bytes
    upload = SimUpload(world.new_id(), owner, kind, total, now)
    if total > MAX_BYTES[upload.kind]:
        raise invalid("File size exceeds the limit.", {"total_bytes": [str(total)]})
    world.uploads[upload.id] = upload
    return {"data": render_upload(upload, now)}


def upload_append(world: XState, call: Call) -> dict[str, Any]:
    """POST /2/media/upload/:id/append. Store a part, or replace the one of the same segment."""
    reject_unknown_fields(call.form, APPEND_FIELDS)
    segment, data = str(call.form.get("segment_index", "")), _media_bytes(call)
    upload = _find_own(world, call, call.path["id"])
    if upload.finalized:
        raise invalid("The upload is finalized already.", {"media_id": [upload.id]})
    if not re.fullmatch("[0-9]{1,3}", segment):
        raise invalid("$.segment_index: must be between 0 and 999", {"segment_index": [segment]})
    if not data or len(data) > CHUNK:
        raise generic(413, "The chunk is empty or too large.")
    upload.parts[int(segment)] = data
    return {"data": {"expires_at": int(upload.expires.timestamp())}}


def upload_finalize(world: XState, call: Call) -> dict[str, Any]:
    """POST /2/media/upload/:id/finalize. Join the parts, if they are the file announced."""
    upload = _find_own(world, call, call.path["id"])
    if not upload.finalized:
        data = b"".join(upload.parts[index] for index in sorted(upload.parts))
        if len(data) != upload.total:
            message = "Segments do not add up to provided total file size."
            raise invalid(message, {"media_id": [upload.id]})
        _store_bytes(upload, data)
        upload.finalized = world.now()
    return {"data": render_upload(upload, world.now())}


def upload_status(world: XState, call: Call) -> dict[str, Any]:
    """GET /2/media/upload?command=STATUS&media_id=…."""
    if call.query.get("command", "STATUS") != "STATUS":
        raise invalid("The `command` query parameter must be STATUS.", {})
    upload = _find_own(world, call, require_id(call.query.get("media_id", ""), "media_id"))
    return {"data": render_upload(upload, world.now())}


def describe_media(world: XState, call: Call) -> dict[str, Any]:
    """POST /2/media/metadata. Set the alt text."""
    body = parse_body(NewMetadata, call.body)
    upload = _find_own(world, call, body.id)
    if body.metadata and body.metadata.alt_text:
        upload.alt = body.metadata.alt_text.text
    world.charge(call.account, "media_metadata")
    metadata = {"alt_text": {"text": upload.alt}}
    return {"data": {"id": upload.id, "associated_metadata": metadata}}


ENDPOINTS: dict[str, Callable[[XState, Call], dict[str, Any]]] = {
    "POST /2/media/upload": upload_whole,
    "GET /2/media/upload": upload_status,
    "POST /2/media/upload/initialize": upload_initialize,
    "POST /2/media/upload/:id/append": upload_append,
    "POST /2/media/upload/:id/finalize": upload_finalize,
    "POST /2/media/metadata": describe_media,
}


def _find_own(world: XState, call: Call, id_: str) -> SimUpload:
    """Return an upload of the account that has not expired. Raise ApiError 404."""
    upload = world.uploads.get(id_)
    if upload is None or upload.owner != call.account.id or world.now() >= upload.expires:
        raise not_found("media", id_, "media_id")
    return upload


def _media_bytes(call: Call) -> bytes:
    data = call.form.get("media")
    if not isinstance(data, bytes):
        raise invalid("$.media: is missing but it is required")
    return data


def _store_bytes(upload: SimUpload, data: bytes) -> None:
    """Check the bytes and keep them. An invalid GIF or video fails later, in processing."""
    upload.parts.clear()
    upload.data = data
    try:
        if len(data) > MAX_BYTES[upload.kind]:
            raise invalid("File size exceeds the limit.", {"media": [upload.id]})
        if _sniff(data) != upload.mime:
            raise invalid("The file is not what its media type says.", {"media": [upload.id]})
        if upload.kind != "video":
            _check_picture(upload)
    except ApiError as problem:
        if upload.kind == "photo":
            raise
        upload.failure = str(problem.body["errors"][0]["message"])


def _check_picture(upload: SimUpload) -> None:
    size = picture_size(upload.data)
    if size is None:
        raise invalid("The picture cannot be read.", {"media": [upload.id]})
    upload.width, upload.height, frames = size
    wide, high = _GIF_SIZE
    if upload.kind == "animated_gif" and (
        frames > _GIF_FRAMES or upload.width > wide or upload.height > high
    ):
        raise invalid("The GIF has too many frames or pixels.", {"media": [upload.id]})


def _sniff(data: bytes) -> str:
    """Return the media type by the first bytes. Raise ApiError for an unknown one."""
    mime = sniff_mime(data)
    if mime is None:
        raise invalid("The media type is not supported.", {"media": []})
    return mime
