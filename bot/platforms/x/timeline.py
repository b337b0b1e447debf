"""The own timeline, page by page: the cheapest way to see what is there.

And the proof of what is not there: what no page shows may be sent again. So it counts as absent
only where X has shown all of it. An answer may be 200 and show nothing, because it holds only
``errors``; X's own words for an empty timeline are ``meta.result_count`` 0.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from bot.platforms.base import Unsent
from bot.platforms.x.answers import explained
from bot.platforms.x.fields import get, is_id, mapping, objects
from bot.platforms.x.prices import SMALLEST_PAGE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bot.platforms.x.reader import Reader

REACH = 3200
"""X shows at most so many of an account's latest posts."""

CLOCKS_DIFFER = timedelta(minutes=6)
"""By so much a post may seem older than its send: our clock is held only once it is five minutes
off X's, and X's has whole seconds."""

PAGE = 100
_MOST_PAGES = REACH // SMALLEST_PAGE


def pages(
    reader: Reader,
    user: str,
    names: Sequence[str],
    params: Mapping[str, str],
) -> Iterator[dict[str, Any]]:
    """Yield the pages of a user's timeline with these fields, latest first.

    Raise Outcome, also where they never end.
    """
    token: str | None = None
    for _ in range(_MOST_PAGES):
        more = {"pagination_token": token} if token else {}
        page = reader.read(f"/2/users/{user}/tweets", names, {**params, **more})
        yield page
        token = mapping(page.get("meta")).get("next_token")
        if not token:
            return
    raise Unsent(f"the timeline has no end after {_MOST_PAGES} pages")


def fault(page: Mapping[str, Any], user: str) -> str:
    """Return what keeps a page from showing all of the user's posts on it; "" where nothing does.

    These are X's own words, and secrets are not blotted out of them.
    """
    found = posts(page)
    if isinstance(errors := page.get("errors") or [], list):
        grave = [error for error in errors if not _is_aside(error, found, user)]
    else:
        grave = [errors]
    if grave:
        return explained({"errors": grave})
    told, count = page.get("data"), mapping(page.get("meta")).get("result_count")
    sizes = [len(told)] if isinstance(told, list) else []
    sizes += [count] if isinstance(count, int) else []
    if not sizes:
        return "the answer holds neither posts nor their number"
    if len(found) < max(sizes):
        return f"of {max(sizes)} posts, {len(found)} are shown"
    if any(post.get("author_id", user) != user for post in found):
        return "it is that of another account"
    return ""


def _is_aside(error: Any, found: Sequence[Mapping[str, Any]], user: str) -> bool:
    """Tell whether an error is only about something that a shown post refers to.

    A parent that was deleted, say, or a poll that is withheld. An error about the user or the
    request is not, nor one about a post that is not shown.
    """
    about = mapping(error).get("resource_id") or mapping(error).get("value")
    return bool(about) and about != user and json.dumps(str(about)) in json.dumps(found)


def posts(page: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Give the posts of a page or a look-up that carry an id."""
    return [post for post in objects(page.get("data")) if is_id(post.get("id"))]


def referenced(page: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the posts that those of a page refer to, where X tells them along."""
    found = objects(get(mapping(page.get("includes")), "tweets"))
    return [post for post in found if is_id(post.get("id"))]


def created(post: Mapping[str, Any]) -> datetime | None:
    """Give when a post was made, or None where the answer does not tell."""
    try:
        return datetime.fromisoformat(str(post.get("created_at"))).astimezone(UTC)
    except ValueError:
        return None


def stamp(instant: datetime) -> str:
    """Give an instant as X wants it in a parameter: UTC, whole seconds."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def since(instant: datetime, margin: timedelta = CLOCKS_DIFFER) -> dict[str, str]:
    """Give the parameter that asks for posts from a little before an instant: clocks differ."""
    return {"start_time": stamp(instant - margin)}
