"""How the API shows posts, users and media: only the fields asked for, in the world's spelling."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from bot.sandbox.spec import NEW

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.sandbox.engagement import Counters
    from bot.sandbox.spec import Spelling
    from bot.sandbox.state import Account, Post, Upload
    from bot.sandbox.world import World

PRIVATE = frozenset({"non_public_metrics", "organic_metrics"})
PRIVATE_LIFE = timedelta(days=30)
"""Private metrics are shown for this long (metrics.mdx)."""


def spell(value: Any, spelling: Spelling) -> Any:
    """Write member names in the spelling asked for, at any depth."""
    if spelling == "tweet":
        return value
    if isinstance(value, dict):
        return {NEW.get(key, key): spell(item, spelling) for key, item in value.items()}
    return [spell(item, spelling) for item in value] if isinstance(value, list) else value


def instant(moment: datetime) -> str:
    """Write an instant as X does: milliseconds and Z."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def private_allowed(world: World, post: Post, reader: Account) -> bool:
    """Say whether the reader may see the post's private metrics: its own, and young enough."""
    return post.author is reader and world.now() - post.created <= PRIVATE_LIFE


def post(world: World, post: Post, reader: Account, fields: frozenset[str]) -> dict[str, Any]:
    """Show a post. Without fields: id, text and edit history, as X does."""
    shown = {"id": post.id, "text": post.text, "edit_history_tweet_ids": [post.id]}
    counts = world.serve(post) if any(name.endswith("_metrics") for name in fields) else None
    for name in sorted(fields - shown.keys()):
        value = _post_field(world, post, name, counts)
        private = name in PRIVATE and not private_allowed(world, post, reader)
        if value is not None and not private:
            shown[name] = value
    return shown


def _post_field(world: World, post: Post, name: str, counts: Counters | None) -> Any:
    simple: dict[str, Callable[[], Any]] = {
        "created_at": lambda: instant(post.created),
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


def _metrics(name: str, counts: Counters) -> dict[str, int] | None:
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


def _attachments(post: Post) -> dict[str, list[str]] | None:
    if post.media:
        return {"media_keys": [upload.key for upload in post.media]}
    return {"poll_ids": [post.poll.id]} if post.poll else None


def user(world: World, account: Account, fields: frozenset[str]) -> dict[str, Any]:
    """Show an account. Without fields: id, name and username, as X does."""
    own = list(world.timeline(account))
    counts = {"followers_count": account.followers, "following_count": 0, "listed_count": 0}
    every: dict[str, Any] = {
        "created_at": instant(account.created),
        "description": account.description,
        "verified": account.verified,
        "verified_type": "blue" if account.verified else "none",
        "protected": False,
        "public_metrics": {**counts, "tweet_count": len(own), "like_count": 0, "media_count": 0},
        "most_recent_tweet_id": own[0].id if own else None,
    }
    shown = {"id": account.id, "name": account.name, "username": account.handle}
    wanted = {name: every[name] for name in sorted(fields & every.keys())}
    return shown | {name: value for name, value in wanted.items() if value is not None}


def media(upload: Upload, fields: frozenset[str]) -> dict[str, Any]:
    """Show an attached file. Without fields: its key and type."""
    every: dict[str, Any] = {
        "alt_text": upload.alt or None,
        "width": upload.width or None,
        "height": upload.height or None,
        "url": f"https://pbs.twimg.com/media/{upload.id}" if upload.kind == "photo" else None,
    }
    shown = {"media_key": upload.key, "type": upload.kind}
    wanted = {name: every[name] for name in sorted(fields & every.keys())}
    return shown | {name: value for name, value in wanted.items() if value is not None}


def poll(world: World, post: Post, fields: frozenset[str]) -> dict[str, Any]:
    """Show a poll. Nobody votes in the sandbox."""
    assert post.poll
    options = enumerate(post.poll.options, 1)
    labels = [{"position": place, "label": label, "votes": 0} for place, label in options]
    every: dict[str, Any] = {
        "duration_minutes": post.poll.minutes,
        "end_datetime": instant(post.poll.ends),
        "voting_status": "open" if world.now() < post.poll.ends else "closed",
    }
    wanted = {name: every[name] for name in sorted(fields & every.keys())}
    return {"id": post.poll.id, "options": labels} | wanted


def upload(upload: Upload, now: datetime) -> dict[str, Any]:
    """Show the state of an upload."""
    shown: dict[str, Any] = {
        "id": upload.id,
        "media_key": upload.key,
        "expires_after_secs": int((upload.expires - now).total_seconds()),
    }
    if upload.data:
        shown["size"] = len(upload.data)
    if upload.width and upload.kind == "photo":
        shown["image"] = {"image_type": upload.mime, "w": upload.width, "h": upload.height}
    info = upload.processing(now)
    return shown | ({"processing_info": info} if info else {})
