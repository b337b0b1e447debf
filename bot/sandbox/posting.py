"""New posts and uploads: the rules they must pass, and the text that the API gives of them.

Pictures are opened with Pillow, so that a file is what it claims to be. Videos are not decoded:
only the signature of their container is checked, and not their duration.

X changes a text: t.co links, entities, HTML escapes.
"""

from __future__ import annotations

import hashlib
import html
import io
import re
import unicodedata
import warnings
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from bot import xtext
from bot.sandbox import problems
from bot.sandbox.problems import ApiError, generic, invalid, not_found
from bot.sandbox.state import SimAccount, SimPoll, SimPost, SimUpload

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.sandbox.bodies import NewMetadata, NewPost, NewUpload
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


_DISPLAY_LENGTH = 26
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_SCHEME = re.compile(r"https?://", re.IGNORECASE)
_ENTITY_FIELDS = {"hashtag": "tag", "cashtag": "tag", "mention": "username"}


@dataclass(frozen=True, slots=True)
class ApiText:
    """A text as the API gives it, with its entities."""

    text: str
    entities: dict[str, list[dict[str, Any]]]


def normalize_text(text: str) -> str:
    """Return the text as X stores it: NFC, without blanks around it (the latter is [U])."""
    return unicodedata.normalize("NFC", text).strip()


def link_target(typed: str) -> str:
    """Return the address that a typed link leads to."""
    return typed if _SCHEME.match(typed) else f"http://{typed}"


def display_url(typed: str) -> str:
    """Return a link as it is shown."""
    bare = re.sub(r"^https?://(www\.)?", "", typed, flags=re.IGNORECASE)
    return bare if len(bare) <= _DISPLAY_LENGTH else bare[:_DISPLAY_LENGTH] + "…"


def short_url(*parts: object) -> str:
    """Return the t.co address of these parts: the same address for the same parts."""
    number = int.from_bytes(hashlib.sha256(repr(parts).encode()).digest()[:8], "big")
    code = ""
    for _ in range(10):
        number, index = divmod(number, len(_ALPHABET))
        code += _ALPHABET[index]
    return f"https://t.co/{code}"


def to_api_text(text: str, shorten: Callable[[str], str], media: list[dict[str, str]]) -> ApiText:
    """Return the API's text: addresses shortened, a media link at the end, ``&<>`` escaped.

    ``media`` are entities (``expanded_url``, ``display_url``, ``media_key``) that all share one
    trailing link. Indices count characters of the API's text [U].
    """
    out, end = "", 0
    entities: dict[str, list[dict[str, Any]]] = {}
    for kind, entity in xtext.entities(text):
        out += html.escape(text[end : entity.start], quote=False)
        typed = text[entity.start : entity.end]
        shown = shorten(link_target(entity.text)) if kind == "link" else typed
        span = {"start": len(out), "end": len(out) + len(shown)}
        name = "urls" if kind == "link" else f"{kind}s"
        entities.setdefault(name, []).append({**span, **_entity_details(kind, entity.text, shown)})
        out, end = out + shown, entity.end
    out += html.escape(text[end:], quote=False)
    if media:
        link = shorten(media[0]["expanded_url"])
        out = f"{out} {link}" if out else link
        span = {"start": len(out) - len(link), "end": len(out)}
        entities.setdefault("urls", []).extend({**span, "url": link, **item} for item in media)
    return ApiText(out, entities)


def _entity_details(kind: str, text: str, shown: str) -> dict[str, str]:
    if kind != "link":
        return {_ENTITY_FIELDS[kind]: text}
    return {"url": shown, "expanded_url": link_target(text), "display_url": display_url(text)}


def create(world: World, author: SimAccount, body: NewPost) -> SimPost:
    """Check a new post against the rules, store it and book its price. Raise ApiError."""
    raw = normalize_text(body.text)
    _check_shape(body, raw)
    media = _find_media(world, author, body)
    parent = _find_parent(world, author, body)
    _check_enrolment(body, raw)
    if raw and world.has_duplicate(author, raw):
        raise problems.duplicate()
    poll = _make_poll(world, body)
    post = world.add_post(author, raw, media=media, poll=poll, parent=parent)
    post.reply_settings = body.reply_settings or "everyone"
    post.paid_partnership = bool(body.paid_partnership)
    if parent and parent.author is not author:
        item = "summoned_reply"
    else:
        item = "post_with_url" if post.links else "post"
    world.ledger.charge(post.created, author.app, item)
    return post


def _check_shape(body: NewPost, raw: str) -> None:
    exclusive = body.exclusive_fields()
    if len(exclusive) > 1:
        message = f"{', '.join(exclusive)} are mutually exclusive fields."
        raise problems.invalid(message, {name: [] for name in exclusive})
    if not raw and body.media is None:
        raise problems.invalid("Requires `text` or `media`.", {"text": [body.text]})
    if xtext.weighted_length(raw) > xtext.LIMIT:
        raise problems.too_long()
    if raw and not xtext.is_valid(raw):
        raise problems.invalid("Your Tweet text contains invalid characters.", {"text": [raw]})


def _find_media(world: World, author: SimAccount, body: NewPost) -> tuple[SimUpload, ...]:
    if body.media is None:
        return ()
    ids = body.media.media_ids
    uploads = [world.uploads.get(id_) for id_ in ids]
    usable = [upload for upload in uploads if upload and upload.is_usable(author.id, world.now())]
    mixed = len(ids) > 1 and any(upload.kind != "photo" for upload in usable)
    if len(usable) < len(ids) or mixed or len(set(ids)) < len(ids):
        raise problems.media_invalid(ids)
    return tuple(usable)


def _find_parent(world: World, author: SimAccount, body: NewPost) -> SimPost | None:
    if body.reply is None:
        return None
    parent = world.post(body.reply.in_reply_to_tweet_id)
    if parent is None:
        raise problems.parent_gone()
    mentioned = {name.text.lower() for name in xtext.mentions(parent.raw)}
    if parent.author is not author and author.handle.lower() not in mentioned:
        raise problems.not_summoned()
    return parent


def _check_enrolment(body: NewPost, raw: str) -> None:
    """Refuse what a self-serve app may not post, and what the sandbox does not simulate."""
    if body.quote_tweet_id:
        raise problems.client_forbidden("Quoting posts is available to Enterprise only.")
    if len(xtext.cashtags(raw)) > 1:
        raise problems.not_permitted("A post may contain at most 1 cashtag.")
    not_simulated = ("community_id", "card_uri", "direct_message_deep_link", "edit_options", "geo")
    if any(getattr(body, name) is not None for name in not_simulated):
        raise problems.not_permitted()


def _make_poll(world: World, body: NewPost) -> SimPoll | None:
    if body.poll is None:
        return None
    minutes = body.poll.duration_minutes
    ends = world.now() + timedelta(minutes=minutes)
    return SimPoll(world.new_id(), tuple(body.poll.options), minutes, ends)
