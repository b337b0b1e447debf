"""The own timeline, page by page: the cheapest way to see what is there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from bot.platforms.x.fields import get, is_id, mapping, objects
from bot.platforms.x.prices import SMALLEST_PAGE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bot.platforms.x.reader import Reader

REACH = 3200
"""X shows at most so many of an account's latest posts."""
PAGE = 100
_MOST_PAGES = REACH // SMALLEST_PAGE


def pages(
    reader: Reader,
    user: str,
    names: Sequence[str],
    params: Mapping[str, str],
) -> Iterator[dict[str, Any]]:
    """Yield the pages of a user's timeline with these fields, latest first. Raises Outcome."""
    token: str | None = None
    for _ in range(_MOST_PAGES):
        more = {"pagination_token": token} if token else {}
        page = reader.read(f"/2/users/{user}/tweets", names, {**params, **more})
        yield page
        token = mapping(page.get("meta")).get("next_token")
        if not token:
            return


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


def since(instant: datetime, margin: timedelta = timedelta(seconds=60)) -> dict[str, str]:
    """Give the parameter that asks for posts from a little before an instant: clocks differ."""
    return {"start_time": stamp(instant - margin)}
