"""Uploads: in one piece, or initialized, appended in parts and finalized.

Pictures are opened with Pillow, so that a file is what it claims to be. Videos are not decoded:
only the signature of their container is checked, and not their duration.
"""

from __future__ import annotations

import io
import re
import warnings
from typing import TYPE_CHECKING

from bot.sandbox.problems import ApiError, generic, invalid, not_found
from bot.sandbox.state import SimAccount, SimUpload

if TYPE_CHECKING:
    from bot.sandbox.bodies import NewMetadata, NewUpload
    from bot.sandbox.world import World

MB = 1_000_000
CHUNK = 8 * 1024 * 1024
"""Most bytes of one ``append``: documented as 5 MB, reported as 8."""

MAX_BYTES = {"photo": 5 * MB, "animated_gif": 15 * MB, "video": 512 * MB}
_GIF_FRAMES, _GIF_SIZE = 350, (1280, 1080)
_FORMATS = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp", "GIF": "image/gif"}


def store_whole(world: World, owner: SimAccount, data: bytes, category: str) -> SimUpload:
    """Store a file in one piece, as ``POST /2/media/upload`` does. Raise ApiError."""
    if category not in {"tweet_image", "tweet_gif", "tweet_video"}:
        raise invalid(f"$.media_category: {category!r} is not one of the categories", {})
    upload = SimUpload(
        world.new_id(), owner.id, category, _sniff_mime(data), len(data), world.now()
    )
    _store_bytes(upload, data)
    return _register(world, upload)


def initialize(world: World, owner: SimAccount, body: NewUpload) -> SimUpload:
    """Begin an upload in parts. Raise ApiError if it would be too large."""
    upload = SimUpload(
        world.new_id(),
        owner.id,
        body.media_category,
        body.media_type,
        body.total_bytes,
        world.now(),
    )
    if upload.total > MAX_BYTES[upload.kind]:
        raise invalid("File size exceeds the limit.", {"total_bytes": [str(upload.total)]})
    return _register(world, upload)


def append(world: World, owner: SimAccount, id_: str, segment: str, data: bytes) -> SimUpload:
    """Store a part; the same segment again replaces it. Raise ApiError."""
    upload = find_own(world, owner, id_)
    if upload.finalized:
        raise invalid("The upload is finalized already.", {"media_id": [id_]})
    if not re.fullmatch("[0-9]{1,3}", segment):
        raise invalid("$.segment_index: must be between 0 and 999", {"segment_index": [segment]})
    if not data or len(data) > CHUNK:
        raise generic(413, "The chunk is empty or too large.")
    upload.parts[int(segment)] = data
    return upload


def finalize(world: World, owner: SimAccount, id_: str) -> SimUpload:
    """Join the parts. Raise ApiError if they do not add up or are not the file announced."""
    upload = find_own(world, owner, id_)
    if upload.finalized:
        return upload
    data = b"".join(upload.parts[index] for index in sorted(upload.parts))
    if len(data) != upload.total:
        message = "Segments do not add up to provided total file size."
        raise invalid(message, {"media_id": [id_]})
    _store_bytes(upload, data)
    upload.finalized = world.now()
    return upload


def describe(world: World, owner: SimAccount, body: NewMetadata) -> SimUpload:
    """Set the alt text."""
    upload = find_own(world, owner, body.id)
    if body.metadata and body.metadata.alt_text:
        upload.alt = body.metadata.alt_text.text
    return upload


def find_own(world: World, owner: SimAccount, id_: str) -> SimUpload:
    """Return an upload of the owner that has not expired. Raise ApiError 404."""
    upload = world.uploads.get(id_)
    if upload is None or upload.owner != owner.id or world.now() >= upload.expires:
        raise not_found("media", id_, "media_id")
    return upload


def _register(world: World, upload: SimUpload) -> SimUpload:
    if upload.data:
        upload.finalized = world.now()
    world.uploads[upload.id] = upload
    return upload


def _store_bytes(upload: SimUpload, data: bytes) -> None:
    """Check the bytes and keep them. A GIF or video that is invalid fails in processing."""
    upload.parts.clear()
    upload.data = data
    try:
        _check(upload)
    except ApiError as problem:
        if upload.kind == "photo":
            raise
        upload.failure = str(problem.body["errors"][0]["message"])


def _check(upload: SimUpload) -> None:
    if len(upload.data) > MAX_BYTES[upload.kind]:
        raise invalid("File size exceeds the limit.", {"media": [upload.id]})
    if _sniff_mime(upload.data) != upload.mime:
        raise invalid("The file is not what its media type says.", {"media": [upload.id]})
    if upload.kind != "video":
        _check_picture(upload)


def _check_picture(upload: SimUpload) -> None:
    from PIL import Image

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # A decompression bomb is refused below instead.
        try:
            with Image.open(io.BytesIO(upload.data)) as image:
                upload.width, upload.height = image.size
                frames = getattr(image, "n_frames", 1)
                image.load()
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
            raise invalid("The picture cannot be read.", {"media": [upload.id]}) from None
    wide, high = _GIF_SIZE
    if upload.kind == "animated_gif" and (
        frames > _GIF_FRAMES or upload.width > wide or upload.height > high
    ):
        raise invalid("The GIF has too many frames or pixels.", {"media": [upload.id]})


def _sniff_mime(data: bytes) -> str:
    """Return the media type by the first bytes. Raise ApiError for an unknown one."""
    if data[4:8] == b"ftyp":
        return "video/quicktime" if data[8:10] == b"qt" else "video/mp4"
    if data.startswith(b"\x1aE\xdf\xa3"):
        return "video/webm"
    signatures = {b"\xff\xd8\xff": "JPEG", b"\x89PNG\r\n": "PNG", b"GIF8": "GIF"}
    for signature, name in signatures.items():
        if data.startswith(signature):
            return _FORMATS[name]
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return _FORMATS["WEBP"]
    raise invalid("The media type is not supported.", {"media": []})
