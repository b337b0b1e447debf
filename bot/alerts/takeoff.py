"""Whether a post is taking off: well above what its account's posts usually have at its age. Pure.

The usual is the median of the account's posts when each was as old as this one is now. A post
counts for it only where it was read after that age too, so that a value between two readings is
reckoned on the line between them; nothing is carried forward. An account with few such posts has no
usual, and nothing is said. The figures below are a choice, not a finding.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING

from bot.alerts.notices import Notice

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from bot.model import Publication, Snapshot

LEAST_POSTS = 10
"""So many other posts of the account make its usual; fewer make none."""

TIMES = 3
"""Well above: so many times the usual."""

LEAST_IMPRESSIONS = 500
"""Below it, three times the usual is nothing that a team would act on."""

YOUNGEST, OLDEST = timedelta(hours=1), timedelta(hours=48)
"""Between these ages it is told: earlier it is chance, later it is no news."""

SPAN = timedelta(days=90)
"""How far back the account's usual is looked for."""

MOST_POSTS = 60
"""So many of its posts, the newest that are older than ``OLDEST``, make the usual."""


@dataclass(frozen=True, slots=True)
class Usual:
    """What an account's posts have at an age, by the median of so many."""

    impressions: float
    posts: int


def at_age(post: Publication, history: Iterable[Snapshot], age: timedelta) -> float | None:
    """Give its impressions when it was so old; None where readings do not reach round that age."""
    known = [(timedelta(0), 0)]
    known += [
        (each.read - post.published, each.counters.impressions)
        for each in history
        if each.counters.impressions is not None and each.read > post.published
    ]
    for (early, low), (late, high) in pairwise(known):
        if early <= age <= late:
            return low + (high - low) * ((age - early) / (late - early))
    return None


def usual(others: Iterable[tuple[Publication, Sequence[Snapshot]]], age: timedelta) -> Usual | None:
    """Give what these posts usually had at that age; None where they are too few."""
    found = [value for post, history in others if (value := at_age(post, history, age)) is not None]
    return Usual(median(found), len(found)) if len(found) >= LEAST_POSTS else None


def taking_off(
    post: Publication,
    history: Sequence[Snapshot],
    others: Sequence[tuple[Publication, Sequence[Snapshot]]],
    now: datetime,
) -> Notice | None:
    """Tell that it is taking off, or give None. ``others`` are the account's other posts."""
    read = [each for each in history if each.counters.impressions is not None]
    if not read or now - post.published > OLDEST:
        return None
    age, seen = read[-1].read - post.published, read[-1].counters.impressions or 0
    if age < YOUNGEST or seen < LEAST_IMPRESSIONS:
        return None
    normal = usual(others, age)
    if normal is None or seen < TIMES * normal.impressions:
        return None
    return Notice(f"takeoff:{post.id}", "takeoff", _words(post, seen, age, normal))


def _words(post: Publication, seen: int, age: timedelta, normal: Usual) -> str:
    hours = round(age / timedelta(hours=1))
    return (
        f"Taking off: {post.campaign}/{post.post} on {post.account} has {seen:,} impressions after "
        f"{hours} h; its posts usually have {round(normal.impressions):,} by then (median of "
        f"{normal.posts}). {post.url}"
    )
