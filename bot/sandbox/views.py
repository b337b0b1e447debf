"""Posts, users and media as the API shows them: only the fields asked for."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from bot.sandbox.spec import NEW_NAMES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from bot.sandbox.spec import Spelling
    from bot.sandbox.state import SimAccount, SimPost, SimUpload
    from bot.sandbox.world import SimCounters, World


PRIVATE = frozenset({"non_public_metrics", "organic_metrics"})
PRIVATE_LIFE = timedelta(days=30)
"""How long private metrics are shown (metrics.mdx)."""


def to_spelling(value: Any, spelling: Spelling) -> Any:
    """Return a document with its member names in a spelling, at any depth."""
    if spelling == "tweet":
        return value
    if isinstance(value, dict):
        return {NEW_NAMES.get(key, key): to_spelling(item, spelling) for key, item in value.items()}
    return [to_spelling(item, spelling) for item in value] if isinstance(value, list) else value


def api_timestamp(moment: datetime) -> str:
    """Write an instant as X does: milliseconds and Z."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def may_read_private(world: World, post: SimPost, reader: SimAccount) -> bool:
    """Return whether the reader sees the post's private metrics: its own, and young enough."""
    return post.author is reader and world.now() - post.created <= PRIVATE_LIFE


def post(world: World, post: SimPost, reader: SimAccount, fields: frozenset[str]) -> dict[str, Any]:
    """Return a post. Without fields: id, text and edit history, as X does."""
    shown = {"id": post.id, "text": post.text, "edit_history_tweet_ids": [post.id]}
    with_metrics = any(name.endswith("_metrics") for name in fields)
    counts = world.read_counters(post) if with_metrics else None
    for name in sorted(fields - shown.keys()):
        value = _post_field(world, post, name, counts)
        private = name in PRIVATE and not may_read_private(world, post, reader)
        if value is not None and not private:
            shown[name] = value
    return shown


def _post_field(world: World, post: SimPost, name: str, counts: SimCounters | None) -> Any:
    simple: dict[str, Callable[[], Any]] = {
        "created_at": lambda: api_timestamp(post.created),
        "author_id": lambda: post.author.id,
        "username": lambda: post.author.handle,
        "conversation_id": lambda: post.conversation,
        "entities": lambda: post.entities or None,
        "reply_settings": lambda: post.reply_settings,
        "paid_partnership": lambda: post.paid_partnership,
        "lang": lambda: "en",
        "possibly_sensitive": lambda: False,
        "source": lambda: "Groundswell sandbox",
        "attachments": lambda: _attachments(post),
        "in_reply_to_user_id": lambda: post.parent and world.posts[post.parent].author.id,
        "referenced_tweets": lambda: post.parent and [{"type": "replied_to", "id": post.parent}],
    }
    if counts and name.endswith("_metrics"):
        return _metrics(name, counts)
    return simple[name]() if name in simple else None


def _metrics(name: str, counts: SimCounters) -> dict[str, int] | None:
    seen = {"impression_count": counts.impressions}
    public = {
        "retweet_count": counts.reposts,
        "reply_count": counts.replies,
        "like_count": counts.likes,
    }
    clicks = {
        "url_link_clicks": counts.link_clicks,
        "user_profile_clicks": counts.profile_clicks,
    }
    more = {"quote_count": counts.quotes, "bookmark_count": counts.bookmarks}
    return {
        "public_metrics": {**public, **more, **seen},
        "non_public_metrics": {**seen, **clicks, "engagements": counts.engagements},
        "organic_metrics": {**seen, **public, **clicks},
    }.get(name)


def _attachments(post: SimPost) -> dict[str, list[str]] | None:
    if post.media:
        return {"media_keys": [upload.key for upload in post.media]}
    return {"poll_ids": [post.poll.id]} if post.poll else None


def user(world: World, account: SimAccount, fields: frozenset[str]) -> dict[str, Any]:
    """Return an account. Without fields: id, name and username, as X does."""
    own = list(world.timeline(account))
    counts = {"followers_count": account.followers, "following_count": 0, "listed_count": 0}
    every: dict[str, Any] = {
        "created_at": api_timestamp(account.created),
        "description": account.description,
        "verified": account.verified,
        "verified_type": "blue" if account.verified else "none",
        "protected": False,
        "public_metrics": {**counts, "tweet_count": len(own), "like_count": 0, "media_count": 0},
        "most_recent_tweet_id": own[0].id if own else None,
    }
    shown = {"id": account.id, "name": account.name, "username": account.handle}
    return shown | _select(every, fields)


def media(upload: SimUpload, fields: frozenset[str]) -> dict[str, Any]:
    """Return an attached file. Without fields: its key and type."""
    every: dict[str, Any] = {
        "alt_text": upload.alt or None,
        "width": upload.width or None,
        "height": upload.height or None,
        "url": f"https://pbs.twimg.com/media/{upload.id}" if upload.kind == "photo" else None,
    }
    return {"media_key": upload.key, "type": upload.kind} | _select(every, fields)


def _select(every: Mapping[str, Any], fields: frozenset[str]) -> dict[str, Any]:
    """Return the fields asked for that have a value."""
    wanted = {name: every[name] for name in sorted(fields & every.keys())}
    return {name: value for name, value in wanted.items() if value is not None}


def poll(world: World, post: SimPost, fields: frozenset[str]) -> dict[str, Any]:
    """Return a poll. Nobody votes in the sandbox."""
    assert post.poll
    options = enumerate(post.poll.options, 1)
    labels = [{"position": place, "label": label, "votes": 0} for place, label in options]
    every: dict[str, Any] = {
        "duration_minutes": post.poll.minutes,
        "end_datetime": api_timestamp(post.poll.ends),
        "voting_status": "open" if world.now() < post.poll.ends else "closed",
    }
    return {"id": post.poll.id, "options": labels} | _select(every, fields)


def upload(upload: SimUpload, now: datetime) -> dict[str, Any]:
    """Return the state of an upload."""
    shown: dict[str, Any] = {
        "id": upload.id,
        "media_key": upload.key,
        "expires_after_secs": int((upload.expires - now).total_seconds()),
    }
    if upload.data:
        shown["size"] = len(upload.data)
    if upload.width and upload.kind == "photo":
        shown["image"] = {"image_type": upload.mime, "w": upload.width, "h": upload.height}
    info = upload.processing_info(now)
    return shown | ({"processing_info": info} if info else {})
