"""Mastodon's endpoints for files, and the rules for them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from bot.sandbox.files import picture_size, sniff_mime
from bot.sandbox.mastodon.params import Endpoint
from bot.sandbox.mastodon.problems import invalid, not_found, refusal
from bot.sandbox.mastodon.state import PROCESSING
from bot.sandbox.mastodon.views import is_processing, render_media
from bot.sandbox.state import SimUpload

if TYPE_CHECKING:
    from starlette.responses import Response

    from bot.sandbox.mastodon.params import Call
    from bot.sandbox.mastodon.state import MastodonState

MIB = 1024 * 1024
IMAGE_BYTES, VIDEO_BYTES = 16 * MIB, 99 * MIB
"""Most bytes of a file. The sandbox itself takes no body over 20 MB."""
IMAGE_PIXELS = 33_177_600
ALT_CHARACTERS = 1_500
MIME_TYPES = (
    "image/jpeg",
    "image/png",
    "image/gif",
    "image/webp",
    "video/webm",
    "video/mp4",
    "video/quicktime",
)
"""The types that Mastodon takes and the sandbox can tell apart."""
_BAD_FILE = "File content type is invalid, File is invalid"
_FOCUS = re.compile(r"\s*(-?[01](?:\.\d+)?)\s*,\s*(-?[01](?:\.\d+)?)\s*")


def upload_async(world: MastodonState, call: Call) -> Response:
    """POST /api/v2/media. Answer 202 while the file is processed."""
    upload = _store(world, call)
    status = 202 if is_processing(world, upload) else 200
    return world.json(render_media(world, upload, call.base), status)


def upload_sync(world: MastodonState, call: Call) -> dict[str, Any]:
    """POST /api/v1/media, deprecated. Answer once the file is processed."""
    upload = _store(world, call)
    upload.finalized = upload.created - PROCESSING
    return render_media(world, upload, call.base)


def get_media(world: MastodonState, call: Call) -> Response:
    """GET /api/v1/media/:id. Answer 206 while the file is processed."""
    upload = _find_own(world, call)
    status = 206 if is_processing(world, upload) else 200
    return world.json(render_media(world, upload, call.base), status)


ENDPOINTS = {
    "POST /api/v2/media": Endpoint(upload_async, "write:media"),
    "POST /api/v1/media": Endpoint(upload_sync, "write:media"),
    "GET /api/v1/media/:id": Endpoint(get_media, "write:media"),
}


def _find_own(world: MastodonState, call: Call) -> SimUpload:
    """Return a file of the account that no post has yet. Raise ApiError 404."""
    upload = world.uploads.get(call.path["id"])
    if upload is None or upload.owner != call.author.id or upload.id in world.attached:
        raise not_found()
    if world.now() >= upload.expires:
        raise not_found()
    return upload


def _store(world: MastodonState, call: Call) -> SimUpload:
    """Check a file and keep it. Raise ApiError 422."""
    data = call.params.get("file")
    if not isinstance(data, bytes):
        raise invalid("File can't be blank")
    mime = sniff_mime(data)
    if mime is None:
        raise invalid(_BAD_FILE)
    now = world.now()
    upload = SimUpload(world.new_id(), call.author.id, mime, len(data), now, data=data)
    upload.finalized = now
    _check_size(upload)
    _describe(world, call, upload)
    world.uploads[upload.id] = upload
    return upload


def _check_size(upload: SimUpload) -> None:
    """Check that a file is small enough, and that a picture is one. Raise ApiError 422."""
    most = VIDEO_BYTES if upload.kind == "video" else IMAGE_BYTES
    if upload.total >= most:
        raise invalid(f"File file size must be less than {most // MIB} MB")
    if upload.kind == "video":
        return
    size = picture_size(upload.data)
    if size is None:
        raise invalid(_BAD_FILE)
    upload.width, upload.height, frames = size
    if upload.width * upload.height > IMAGE_PIXELS:
        raise refusal(422, f"{upload.width}x{upload.height} images are not supported")
    # An animation becomes a video. A still GIF is a picture like any other.
    upload.animated = frames > 1


def _describe(world: MastodonState, call: Call, upload: SimUpload) -> None:
    """Keep the description and the focal point of a call. Raise ApiError 422."""
    if "description" in call.params:
        alt = call.text("description").strip()
        if len(alt) > ALT_CHARACTERS:
            raise invalid(f"Description is too long (maximum is {ALT_CHARACTERS} characters)")
        upload.alt = alt
    if match := _FOCUS.fullmatch(call.text("focus")):
        world.focus[upload.id] = float(match[1]), float(match[2])
