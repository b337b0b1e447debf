"""The own timeline, page by page: the cheapest way to see what is out.

It is also the proof of what is not out: what no page shows may be sent again. So a post counts as
absent only where X has shown the whole timeline. An answer may be 200 and show nothing, because it
holds only ``errors``; X marks an empty timeline by ``meta.result_count`` 0.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from bot.platforms.base import Unsent
from bot.platforms.x.prices import SMALLEST_PAGE
from bot.platforms.x.responses import error_subject, error_text
from bot.platforms.x.spellings import as_object, as_objects, get_field, is_id

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bot.platforms.x.reader import XReader

TIMELINE_LIMIT = 3200
"""The most of an account's latest posts that X shows."""

CLOCK_TOLERANCE = timedelta(minutes=6)
"""How much older than its send a post may seem: sending pauses only once our clock is five minutes
off X's, and X's has whole seconds."""

PAGE_SIZE = 100
_MAX_PAGES = TIMELINE_LIMIT // SMALLEST_PAGE


def fetch_pages(
    reader: XReader,
    user: str,
    names: Sequence[str],
    params: Mapping[str, str],
) -> Iterator[dict[str, Any]]:
    """Yield the pages of a user's timeline with these fields, latest first.

    Raise Outcome, also where they never end.
    """
    token: str | None = None
    for _ in range(_MAX_PAGES):
        more = {"pagination_token": token} if token else {}
        page = reader.read(f"/2/users/{user}/tweets", names, {**params, **more})
        yield page
        token = as_object(page.get("meta")).get("next_token")
        if not token:
            return
    raise Unsent(f"the timeline has no end after {_MAX_PAGES} pages")


def page_fault(page: Mapping[str, Any], user: str) -> str:
    """Return why a page may not show all of the user's posts on it; "" if it does.

    These are X's own words, and secrets are not redacted from them.
    """
    posts = posts_in(page)
    errors = page.get("errors") or []
    errors = errors if isinstance(errors, list) else [errors]
    if grave := [error for error in errors if not _concerns_reference(error, posts, user)]:
        return error_text({"errors": grave})
    data, count = page.get("data"), as_object(page.get("meta")).get("result_count")
    sizes = [len(data)] if isinstance(data, list) else []
    sizes += [count] if isinstance(count, int) else []
    if not sizes:
        return "the answer holds neither posts nor their number"
    if len(posts) < max(sizes):
        return f"of {max(sizes)} posts, {len(posts)} are shown"
    if any(post.get("author_id", user) != user for post in posts):
        return "it is that of another account"
    return ""


def _concerns_reference(error: Any, posts: Sequence[Mapping[str, Any]], user: str) -> bool:
    """Return whether an error is only about something that a shown post refers to.

    For instance a deleted parent, or a poll that is withheld. An error about the user or the
    request is not, nor one about a post that is not shown.
    """
    subject = error_subject(as_object(error))
    return bool(subject) and subject != user and json.dumps(subject) in json.dumps(posts)


def posts_in(page: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the posts of a page or a look-up that have an id."""
    return [post for post in as_objects(page.get("data")) if is_id(post.get("id"))]


def referenced_posts(page: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the posts that those of a page refer to, where X includes them."""
    posts = as_objects(get_field(as_object(page.get("includes")), "tweets"))
    return [post for post in posts if is_id(post.get("id"))]


def created_at(post: Mapping[str, Any]) -> datetime | None:
    """Return when a post was made, or None where the answer does not say."""
    try:
        return datetime.fromisoformat(str(post.get("created_at"))).astimezone(UTC)
    except ValueError:
        return None


def format_timestamp(instant: datetime) -> str:
    """Return an instant as X expects it in a parameter: UTC, whole seconds."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def start_time_param(instant: datetime, margin: timedelta = CLOCK_TOLERANCE) -> dict[str, str]:
    """Return the parameter that asks for posts from a little before an instant: clocks differ."""
    return {"start_time": format_timestamp(instant - margin)}
