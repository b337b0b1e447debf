"""One page of an account's posts: which, and how to get the next."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING

from bot.sandbox import problems

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bot.sandbox.state import Account, Post
    from bot.sandbox.world import World

MOST_BACK, MOST_BACK_WITHOUT_REPLIES = 3200, 800
_LEAST, _MOST, _USUAL = 5, 100, 10
_NUMBER = re.compile("[0-9]{1,19}")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)", re.ASCII)
_TOKEN = "7140sandbox"  # noqa: S105 - a mark of page tokens, no secret


@dataclass(frozen=True, slots=True)
class Page:
    """Some posts, newest first, and the tokens of ``meta``."""

    posts: tuple[Post, ...]
    tokens: dict[str, str]


def timeline(world: World, account: Account, query: Mapping[str, str]) -> Page:
    """Pick the posts that a query asks for. Raises ApiError 400."""
    size = _size(query.get("max_results"))
    keep = _filters(query)
    without_replies = "replies" in _exclude(query)
    back = MOST_BACK_WITHOUT_REPLIES if without_replies else MOST_BACK
    own = (p for p in world.timeline(account) if not (without_replies and p.parent))
    reachable = islice(own, back)
    fitting = [post for post in reachable if all(passes(post) for passes in keep)]
    posts, rest = fitting[:size], fitting[size:]
    return Page(tuple(posts), {"next_token": _TOKEN + posts[-1].id} if rest else {})


def _size(value: str | None) -> int:
    if value is None:
        return _USUAL
    if not _NUMBER.fullmatch(value) or not _LEAST <= int(value) <= _MOST:
        words = f"The `max_results` query parameter value [{value}] is not between 5 and 100"
        raise problems.invalid(words, {"max_results": [value]})
    return int(value)


def _exclude(query: Mapping[str, str]) -> set[str]:
    values = {value for value in query.get("exclude", "").split(",") if value}
    if not values <= {"replies", "retweets"}:
        words = "The `exclude` query parameter value is not one of [replies,retweets]"
        raise problems.invalid(words, {"exclude": sorted(values)})
    return values


def _filters(query: Mapping[str, str]) -> list[Callable[[Post], bool]]:
    keep: list[Callable[[Post], bool]] = []
    if start := query.get("start_time"):
        oldest = instant(start, "start_time")
        keep.append(lambda post: post.created >= oldest)
    if end := query.get("end_time"):
        newest = instant(end, "end_time")
        keep.append(lambda post: post.created < newest)
    if since := query.get("since_id"):
        after = _number(since, "since_id")
        keep.append(lambda post: int(post.id) > after)
    if until := query.get("until_id"):
        before = _number(until, "until_id")
        keep.append(lambda post: int(post.id) < before)
    if token := query.get("pagination_token"):
        last = _number(token.removeprefix(_TOKEN), "pagination_token")
        keep.append(lambda post: int(post.id) < last)
    return keep


def _number(value: str, name: str) -> int:
    if not _NUMBER.fullmatch(value):
        words = f"The `{name}` query parameter value [{value}] does not match ^[0-9]{{1,19}}$"
        raise problems.invalid(words, {name: [value]})
    return int(value)


def instant(value: str, name: str) -> datetime:
    """Read an instant that a query names. Raises ApiError 400."""
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        moment = None
    if moment is None or not _INSTANT.fullmatch(value):
        words = f"The `{name}` query parameter value [{value}] is not a valid RFC3339 date-time"
        raise problems.invalid(words, {name: [value]})
    return moment
