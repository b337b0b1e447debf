"""Posts, users and media as X's API shows them, with the fields that a call asks for.

X changes texts by t.co links and HTML escapes, and lists their entities.
"""

from __future__ import annotations

import hashlib
import html
import re
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from bot import xtext
from bot.sandbox.answers import timestamp
from bot.sandbox.x.spec import NEW_NAMES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from bot.sandbox.state import SimAccount, SimCounters, SimPoll, SimPost, SimUpload
    from bot.sandbox.x.spec import Spelling
    from bot.sandbox.x.state import XState

PRIVATE = "non_public_metrics"
PRIVATE_LIFE = timedelta(days=30)
"""How long private metrics are shown (https://docs.x.com/x-api/fundamentals/metrics)."""
_PENDING, _PROCESSING = timedelta(seconds=1), timedelta(seconds=3)
"""How long after ``finalize`` a GIF or video is pending, and then in progress."""
_KEY_PREFIXES = {"photo": "3_", "animated_gif": "16_", "video": "13_"}
_DISPLAY_LENGTH = 26
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_SCHEME = re.compile(r"https?://", re.IGNORECASE)
_ENTITY_FIELDS = {"hashtag": "tag", "cashtag": "tag", "mention": "username"}


def to_spelling(value: Any, spelling: Spelling) -> Any:
    """Return a document whose names are in a spelling, at any depth."""
    if spelling == "tweet":
        return value
    if isinstance(value, dict):
        return {NEW_NAMES.get(key, key): to_spelling(item, spelling) for key, item in value.items()}
    return [to_spelling(item, spelling) for item in value] if isinstance(value, list) else value


def may_read_private(world: XState, post: SimPost, reader: SimAccount) -> bool:
    """Return whether the post is the reader's own, and young enough for its private metrics."""
    return post.author is reader and world.now() - post.created <= PRIVATE_LIFE


def render_post(
    world: XState, post: SimPost, reader: SimAccount, fields: frozenset[str]
) -> dict[str, Any]:
    """Return a post. Without fields, it has only id, text and edit history, as on X."""
    text, entities = api_text(world.seed, post)
    every: dict[str, Any] = {
        "created_at": timestamp(post.created),
        "entities": entities or None,
    }
    if post.media:
        every["attachments"] = {"media_keys": [media_key(upload) for upload in post.media]}
    elif post.poll:
        every["attachments"] = {"poll_ids": [post.poll.id]}
    if post.parent:
        every["referenced_tweets"] = [{"type": "replied_to", "id": post.parent}]
    if any(name.endswith("_metrics") for name in fields):
        metrics = _render_metrics(world.read_counters(post))
        if not may_read_private(world, post, reader):
            del metrics[PRIVATE]
        every |= metrics
    shown = {"id": post.id, "text": text, "edit_history_tweet_ids": [post.id]}
    return shown | _select(every, fields)


def _render_metrics(counts: SimCounters) -> dict[str, dict[str, int]]:
    return {
        "public_metrics": {
            "retweet_count": counts.reposts,
            "reply_count": counts.replies,
            "like_count": counts.likes,
            "quote_count": counts.quotes,
            "bookmark_count": counts.bookmarks,
            "impression_count": counts.impressions,
        },
        PRIVATE: {
            "impression_count": counts.impressions,
            "url_link_clicks": counts.link_clicks,
            "user_profile_clicks": counts.profile_clicks,
            "engagements": counts.engagements,
        },
    }


def render_user(account: SimAccount, fields: frozenset[str]) -> dict[str, Any]:
    """Return an account. Without fields, it has only id, name and username, as on X."""
    every: dict[str, Any] = {
        "created_at": timestamp(account.created),
        "description": account.description,
        "verified": False,
        "protected": False,
    }
    shown = {"id": account.id, "name": account.name, "username": account.handle}
    return shown | _select(every, fields)


def _select(every: Mapping[str, Any], fields: frozenset[str]) -> dict[str, Any]:
    """Return the fields asked for that have a value."""
    wanted = {name: every[name] for name in sorted(fields & every.keys())}
    return {name: value for name, value in wanted.items() if value is not None}


def render_poll(
    poll: SimPoll, votes: Iterable[int], now: datetime, fields: frozenset[str]
) -> dict[str, Any]:
    """Return a poll, with the number of votes for each option."""
    options = enumerate(zip(poll.options, votes, strict=True), 1)
    labels = [
        {"position": place, "label": label, "votes": count} for place, (label, count) in options
    ]
    every: dict[str, Any] = {
        "end_datetime": timestamp(poll.ends),
        "voting_status": "open" if now < poll.ends else "closed",
    }
    return {"id": poll.id, "options": labels} | _select(every, fields)


def media_key(upload: SimUpload) -> str:
    """Return the key by which posts refer to a file."""
    return _KEY_PREFIXES[upload.kind] + upload.id


def processing_info(upload: SimUpload, now: datetime) -> dict[str, Any] | None:
    """Return the state of processing, or None if there is nothing to process."""
    if upload.kind == "photo" or upload.finalized is None:
        return None
    age = now - upload.finalized
    if age < _PENDING:
        return {"state": "pending", "check_after_secs": 1}
    if age < _PROCESSING:
        percent = int(100 * age / _PROCESSING)
        return {"state": "in_progress", "check_after_secs": 1, "progress_percent": percent}
    if upload.failure:
        error = {"code": 1, "name": "InvalidMedia", "message": upload.failure}
        return {"state": "failed", "progress_percent": 100, "error": error}
    return {"state": "succeeded", "progress_percent": 100}


def render_upload(upload: SimUpload, now: datetime) -> dict[str, Any]:
    """Return the state of an upload."""
    shown: dict[str, Any] = {
        "id": upload.id,
        "media_key": media_key(upload),
        "expires_after_secs": int((upload.expires - now).total_seconds()),
    }
    if upload.data:
        shown["size"] = len(upload.data)
    if upload.width and upload.kind == "photo":
        shown["image"] = {"image_type": upload.mime, "w": upload.width, "h": upload.height}
    info = processing_info(upload, now)
    return shown | ({"processing_info": info} if info else {})


# --- Texts ----------------------------------------------------------------------------------------


def link_target(typed: str) -> str:
    """Return the address of a typed link."""
    return typed if _SCHEME.match(typed) else f"http://{typed}"


def display_url(typed: str) -> str:
    """Return a link in the shortened form that readers see."""
    bare = re.sub(r"^https?://(www\.)?", "", typed, flags=re.IGNORECASE)
    return bare if len(bare) <= _DISPLAY_LENGTH else bare[:_DISPLAY_LENGTH] + "…"


@lru_cache(10_000)
def api_text(seed: int, post: SimPost) -> tuple[str, dict[str, list[dict[str, str | int]]]]:
    """Return the API's text, and its entities, whose indices count its characters [U].

    Addresses are shortened, media share one link at the end, and ``&<>`` are escaped.
    """
    out, end = "", 0
    entities: dict[str, list[dict[str, str | int]]] = {}
    for kind, entity in xtext.entities(post.raw):
        out += html.escape(post.raw[end : entity.start], quote=False)
        if kind == "link":
            name, target = "urls", link_target(entity.text)
            shown = _short_url(seed, post.id, target)
            display = display_url(entity.text)
            details = {"url": shown, "expanded_url": target, "display_url": display}
        else:
            name, shown = f"{kind}s", post.raw[entity.start : entity.end]
            details = {_ENTITY_FIELDS[kind]: entity.text}
        span = {"start": len(out), "end": len(out) + len(shown)}
        entities.setdefault(name, []).append({**span, **details})
        out, end = out + shown, entity.end
    out += html.escape(post.raw[end:], quote=False)
    if post.media:
        base = f"https://x.com/{post.author.handle}/status/{post.id}"
        addresses = [f"{base}/{'photo' if u.kind == 'photo' else 'video'}/1" for u in post.media]
        link = _short_url(seed, post.id, addresses[0])
        out = f"{out} {link}" if out else link
        display = f"pic.x.com/{_short_url(post.id)[-10:]}"
        span = {"start": len(out) - len(link), "end": len(out)}
        shared = {"url": link, "display_url": display}
        entities.setdefault("urls", []).extend(
            {**span, **shared, "expanded_url": address, "media_key": media_key(upload)}
            for address, upload in zip(addresses, post.media, strict=True)
        )
    return out, entities


def pieces(post: SimPost) -> Iterator[tuple[str, str, str]]:
    """Yield a post's text in pieces for the page, each with its kind and address."""
    end = 0
    for kind, entity in xtext.entities(post.raw):
        yield post.raw[end : entity.start], "", ""
        if kind == "link":
            yield display_url(entity.text), kind, link_target(entity.text)
        else:
            yield post.raw[entity.start : entity.end], kind, ""
        end = entity.end
    yield post.raw[end:], "", ""


def _short_url(*parts: object) -> str:
    """Return a t.co address, which is the same for the same parts."""
    number = int.from_bytes(hashlib.sha256(repr(parts).encode()).digest()[:8], "big")
    code = ""
    for _ in range(10):
        number, index = divmod(number, len(_ALPHABET))
        code += _ALPHABET[index]
    return f"https://t.co/{code}"
