"""New posts: the rules they must pass, and the text that the API gives of them.

X changes a text: t.co links, entities, HTML escapes.
"""

from __future__ import annotations

import hashlib
import html
import re
import unicodedata
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from bot import xtext
from bot.sandbox import problems
from bot.sandbox.state import SimAccount, SimPoll, SimPost, SimUpload

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.sandbox.bodies import NewPost
    from bot.sandbox.world import World


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
