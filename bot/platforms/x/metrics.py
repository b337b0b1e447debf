"""X's counters: which posts to ask for in which way, and how to read what comes back. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from bot.model import Counters
from bot.platforms.x import prices
from bot.platforms.x.prices import SMALLEST_PAGE
from bot.platforms.x.responses import as_object, as_objects, error_subject, get_field
from bot.platforms.x.timeline import PAGE_SIZE, format_timestamp, posts_in, start_time_param

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    PublishedPosts = Sequence[tuple[str, datetime]]

CLICKS_LAST = timedelta(days=29)
"""X gives clicks for 30 days after a post; asked later, it may withhold the post altogether."""
LOOKUP_LIMIT = 100
_PUBLIC = ("created_at", "public_metrics")
_CLOCK_TOLERANCE = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Group:
    """Posts that are read together: those young enough for private counters, or the others."""

    posts: PublishedPosts
    private: bool

    @property
    def ids(self) -> frozenset[str]:
        """The ids of its posts."""
        return frozenset(remote_id for remote_id, _ in self.posts)

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields to ask for."""
        return (*_PUBLIC, "non_public_metrics") if self.private else _PUBLIC


def split_by_age(posts: PublishedPosts, now: datetime) -> list[Group]:
    """Split posts by whether X still gives their private counters."""
    oldest = now - CLICKS_LAST
    young = tuple(post for post in posts if post[1] >= oldest)
    old = tuple(post for post in posts if post[1] < oldest)
    return [Group(group, group is young) for group in (young, old) if group]


def time_window(group: Group, now: datetime) -> dict[str, str]:
    """Return the parameters that limit a timeline to when the group was published."""
    instants = [published for _, published in group.posts]
    params = start_time_param(min(instants), _CLOCK_TOLERANCE)
    newest = max(instants) + _CLOCK_TOLERANCE
    if newest < now - _CLOCK_TOLERANCE:  # X refuses an end that is not yet past
        params["end_time"] = format_timestamp(newest)
    return params


def page_size(group: Group, now: datetime) -> int:
    """Return how many posts of the timeline cost no more than looking up the group by id."""
    ratio = prices.unit_price(prices.POST_READ, now) / prices.unit_price(prices.OWNED_READ, now)
    return max(SMALLEST_PAGE, min(PAGE_SIZE, int(len(group.posts) * ratio)))


def is_timeline_cheaper(found: int, size: int, now: datetime) -> bool:
    """Return whether a timeline page cost no more than looking up what was found on it."""
    by_id = prices.unit_price(prices.POST_READ, now) * found
    return found > 0 and by_id >= prices.unit_price(prices.OWNED_READ, now) * size


def batches(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    """Yield the ids in look-ups of at most ``LOOKUP_LIMIT``."""
    for start in range(0, len(ids), LOOKUP_LIMIT):
        yield ids[start : start + LOOKUP_LIMIT]


def parse_counters(post: Mapping[str, Any]) -> Counters:
    """Read the counters of a post, in either spelling; what is not there stays None."""
    public = as_object(post.get("public_metrics"))
    private = as_object(post.get("non_public_metrics"))
    impressions = _read_int(public, "impression_count")
    return Counters(
        impressions=_read_int(private, "impression_count") if impressions is None else impressions,
        likes=_read_int(public, "like_count"),
        reposts=_read_int(public, "retweet_count"),
        quotes=_read_int(public, "quote_count"),
        replies=_read_int(public, "reply_count"),
        bookmarks=_read_int(public, "bookmark_count"),
        link_clicks=_read_int(private, "url_link_clicks"),
        profile_clicks=_read_int(private, "user_profile_clicks"),
    )


def missing_ids(document: Mapping[str, Any], asked: Sequence[str]) -> frozenset[str]:
    """Return the ids that no longer exist, by a look-up; hidden or protected ones still do."""
    errors = [error for error in as_objects(document.get("errors")) if _is_missing(error)]
    shown = {post["id"] for post in posts_in(document)}
    return frozenset((_error_ids(errors) - shown) & {*asked})


def is_answered(document: Mapping[str, Any], asked: Sequence[str]) -> bool:
    """Return whether a look-up says anything of the posts that were asked for."""
    errors = as_objects(document.get("errors"))
    return bool(posts_in(document)) or bool(_error_ids(errors) & {*asked})


def _error_ids(errors: Sequence[Mapping[str, Any]]) -> set[str]:
    return {error_subject(error) for error in errors}


def _is_missing(error: Mapping[str, Any]) -> bool:
    """Return whether an error is about a post that was asked for by its id and no longer exists."""
    missing = str(error.get("type", "")).rstrip("/").endswith("resource-not-found")
    a_post = error.get("resource_type", "post") in {"post", "tweet"}
    return missing and a_post and error.get("parameter", "ids") in {"id", "ids"}


def _read_int(metrics: Mapping[str, Any], name: str) -> int | None:
    value = get_field(metrics, name)
    return value if isinstance(value, int) and not isinstance(value, bool) else None
