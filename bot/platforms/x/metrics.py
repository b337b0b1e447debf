"""X's counters: which posts to ask for in which way, and how to read what comes back. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from bot.model import Counters
from bot.platforms.x import prices
from bot.platforms.x.fields import get, mapping, objects
from bot.platforms.x.prices import SMALLEST_PAGE
from bot.platforms.x.timeline import PAGE, posts, since, stamp

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    Wanted = Sequence[tuple[str, datetime]]

CLICKS_LAST = timedelta(days=29)
"""X tells clicks for 30 days after a post; asked later, it may withhold the post altogether."""
BATCH = 100
_PUBLIC = ("created_at", "public_metrics")
_CLOCKS_DIFFER = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Group:
    """Posts that are asked for together: those young enough for private counters, or the others."""

    posts: Wanted
    private: bool

    @property
    def ids(self) -> frozenset[str]:
        """The ids of its posts."""
        return frozenset(remote_id for remote_id, _ in self.posts)

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields to ask for."""
        return (*_PUBLIC, "non_public_metrics") if self.private else _PUBLIC


def groups(posts: Wanted, now: datetime) -> list[Group]:
    """Split what is wanted by whether X still tells its private counters."""
    edge = now - CLICKS_LAST
    young = tuple(post for post in posts if post[1] >= edge)
    old = tuple(post for post in posts if post[1] < edge)
    return [Group(found, found is young) for found in (young, old) if found]


def window(group: Group, now: datetime) -> dict[str, str]:
    """Give the parameters that keep a timeline to the time in which the group was published."""
    instants = [published for _, published in group.posts]
    params = since(min(instants), _CLOCKS_DIFFER)
    newest = max(instants) + _CLOCKS_DIFFER
    # X refuses an end that is not yet past.
    return {**params, "end_time": stamp(newest)} if newest < now - _CLOCKS_DIFFER else params


def page_size(group: Group, now: datetime) -> int:
    """Give how many posts of the timeline cost no more than looking the wanted ones up by id."""
    ratio = prices.unit(prices.POST_READ, now) / prices.unit(prices.OWNED_READ, now)
    return max(SMALLEST_PAGE, min(PAGE, int(len(group.posts) * ratio)))


def pays(found: int, size: int, now: datetime) -> bool:
    """Tell whether a timeline page cost less than a look-up of what was found on it."""
    by_id = prices.unit(prices.POST_READ, now) * found
    return found > 0 and by_id >= prices.unit(prices.OWNED_READ, now) * size


def batches(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    """Yield the ids in as many look-ups as X's limit of 100 makes necessary."""
    for start in range(0, len(ids), BATCH):
        yield ids[start : start + BATCH]


def counters(post: Mapping[str, Any]) -> Counters:
    """Read the counters of a post, in either spelling; what is not told stays None."""
    public, private = mapping(post.get("public_metrics")), mapping(post.get("non_public_metrics"))
    impressions = _number(public, "impression_count")
    return Counters(
        impressions=_number(private, "impression_count") if impressions is None else impressions,
        likes=_number(public, "like_count"),
        reposts=_number(public, "retweet_count"),
        quotes=_number(public, "quote_count"),
        replies=_number(public, "reply_count"),
        bookmarks=_number(public, "bookmark_count"),
        link_clicks=_number(private, "url_link_clicks"),
        profile_clicks=_number(private, "user_profile_clicks"),
    )


def gone(document: Mapping[str, Any], asked: Sequence[str]) -> frozenset[str]:
    """Give the ids that a look-up by id says exist no more; hidden or protected ones still do."""
    errors = [error for error in objects(document.get("errors")) if _is_missing(error)]
    shown = {post["id"] for post in posts(document)}
    return frozenset((_named(errors) - shown) & {*asked})


def is_told(document: Mapping[str, Any], asked: Sequence[str]) -> bool:
    """Tell whether a look-up by id says anything of what was asked for."""
    errors = objects(document.get("errors"))
    return bool(posts(document)) or bool(_named(errors) & {*asked})


def _named(errors: Sequence[Mapping[str, Any]]) -> set[str]:
    return {str(error.get("resource_id") or error.get("value")) for error in errors}


def _is_missing(error: Mapping[str, Any]) -> bool:
    """Tell whether an error is about a post that was asked for by its id, and exists no more."""
    missing = str(error.get("type", "")).rstrip("/").endswith("resource-not-found")
    a_post = error.get("resource_type", "post") in {"post", "tweet"}
    return missing and a_post and error.get("parameter", "ids") in {"id", "ids"}


def _number(metrics: Mapping[str, Any], name: str) -> int | None:
    found = get(metrics, name)
    return found if isinstance(found, int) and not isinstance(found, bool) else None
