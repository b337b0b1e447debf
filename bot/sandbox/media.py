"""Uploads: in one piece, or initialized, appended in parts and finalized.

Pictures are opened with Pillow, so that a file is what it says it is. Videos are not decoded: only
their container's mark is looked at, and their length in seconds is not checked.
"""

from __future__ import annotations

import io
import re
import warnings
from typing import TYPE_CHECKING

from bot.sandbox.problems import ApiError, invalid, not_found, plain
from bot.sandbox.state import Account, Upload

if TYPE_CHECKING:
    from bot.sandbox.bodies import NewMetadata, NewUpload
    from bot.sandbox.world import World

MB = 1_000_000
CHUNK = 8 * 1024 * 1024
"""The most that one ``append`` takes: documented as 5 MB, seen as 8 [R]."""

MOST = {"photo": 5 * MB, "animated_gif": 15 * MB, "video": 512 * MB}
_GIF_FRAMES, _GIF_SIZE = 350, (1280, 1080)
_FORMATS = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp", "GIF": "image/gif"}


def whole(world: World, owner: Account, data: bytes, category: str) -> Upload:
    """Take a file in one piece, as ``POST /2/media/upload`` does. Raises ApiError."""
    if category not in {"tweet_image", "tweet_gif", "tweet_video"}:
        raise invalid(f"$.media_category: {category!r} is not one of the categories", {})
    upload = Upload(world.new_id(), owner.id, category, _mime(data), len(data), world.now())
    _accept(upload, data)
    return _store(world, upload)


def begin(world: World, owner: Account, body: NewUpload) -> Upload:
    """Open an upload in parts. Raises ApiError where it would be too large."""
    upload = Upload(
        world.new_id(),
        owner.id,
        body.media_category,
        body.media_type,
        body.total_bytes,
        world.now(),
    )
    if upload.total > MOST[upload.kind]:
        raise invalid("File size exceeds the limit.", {"total_bytes": [str(upload.total)]})
    return _store(world, upload)


def append(world: World, owner: Account, id_: str, segment: str, data: bytes) -> Upload:
    """Take one part; the same segment again replaces it. Raises ApiError."""
    upload = own(world, owner, id_)
    if upload.finalized:
        raise invalid("The upload is finalized already.", {"media_id": [id_]})
    if not re.fullmatch("[0-9]{1,3}", segment):
        raise invalid("$.segment_index: must be between 0 and 999", {"segment_index": [segment]})
    if not data or len(data) > CHUNK:
        raise plain(413, "The chunk is empty or too large.")
    upload.parts[int(segment)] = data
    return upload


def finalize(world: World, owner: Account, id_: str) -> Upload:
    """Put the parts together. Raises ApiError where they do not add up or are no such file."""
    upload = own(world, owner, id_)
    if upload.finalized:
        return upload
    data = b"".join(upload.parts[index] for index in sorted(upload.parts))
    if len(data) != upload.total:
        words = "Segments do not add up to provided total file size."
        raise invalid(words, {"media_id": [id_]})
    _accept(upload, data)
    upload.finalized = world.now()
    return upload


def describe(world: World, owner: Account, body: NewMetadata) -> Upload:
    """Set the alt text."""
    upload = own(world, owner, body.id)
    if body.metadata and body.metadata.alt_text:
        upload.alt = body.metadata.alt_text.text
    return upload


def own(world: World, owner: Account, id_: str) -> Upload:
    """Find one's own upload that has not expired. Raises ApiError 404."""
    upload = world.uploads.get(id_)
    if upload is None or upload.owner != owner.id or world.now() >= upload.expires:
        raise not_found("media", id_, "media_id")
    return upload


def _store(world: World, upload: Upload) -> Upload:
    if upload.data:
        upload.finalized = world.now()
    world.uploads[upload.id] = upload
    return upload


def _accept(upload: Upload, data: bytes) -> None:
    """Check the bytes and keep them. A GIF or video that is no such thing fails in processing."""
    upload.parts.clear()
    upload.data = data
    try:
        _check(upload)
    except ApiError as problem:
        if upload.kind == "photo":
            raise
        upload.failure = str(problem.body["errors"][0]["message"])


def _check(upload: Upload) -> None:
    if len(upload.data) > MOST[upload.kind]:
        raise invalid("File size exceeds the limit.", {"media": [upload.id]})
    if _mime(upload.data) != upload.mime:
        raise invalid("The file is not what its media type says.", {"media": [upload.id]})
    if upload.kind != "video":
        _measure(upload)


def _measure(upload: Upload) -> None:
    from PIL import Image

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # A decompression bomb is refused below, not warned of.
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


def _mime(data: bytes) -> str:
    """Tell what the bytes are, from their first few. Raises ApiError for anything unknown."""
    if data[4:8] == b"ftyp":
        return "video/quicktime" if data[8:10] == b"qt" else "video/mp4"
    if data.startswith(b"\x1aE\xdf\xa3"):
        return "video/webm"
    marks = {b"\xff\xd8\xff": "JPEG", b"\x89PNG\r\n": "PNG", b"GIF8": "GIF"}
    for mark, name in marks.items():
        if data.startswith(mark):
            return _FORMATS[name]
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return _FORMATS["WEBP"]
    raise invalid("The media type is not supported.", {"media": []})
