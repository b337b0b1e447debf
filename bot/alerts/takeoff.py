"""Whether a post is taking off: well above what its account's posts usually have at its age. Pure.

The usual is the median of the account's posts when each was as old as this one is now. A post
counts for it only where it was read after that age too, so that a value between two readings is
reckoned on the line between them; nothing is carried forward. An account with few such posts has no
usual, and nothing is said.

Said to a team: a post takes off when it has at least three times what the account's posts usually
have at its age, and also more than nearly all of them would have, by how much they differ. The
second half is needed: where the posts of an account differ widely, three times the median is what
every tenth or fifth ordinary post has.

How much they differ is taken from the logarithms of their impressions, as such counts spread by
factors: the median distance from the median (MAD; Hampel 1974), which earlier successes hardly
move, times 1.4826, which makes it a standard deviation where the logarithms are normal. To stand so
many of these above the median marks an outlier, as in the modified z-score of Iglewicz and Hoaglin
(1993). They ask for 3.5 on either side; here it is ``FAR`` above, where 2 of 100 normal values are.
Of few posts the MAD is often too small by chance: of n posts, ``1 + DOUBT / n`` times as much is
asked for.

``DOUBT`` is from played accounts (``benchmarks/bench_takeoff.py``), where each post is judged at
every reading: with log-normal impressions 1 to 3 of 100 ordinary posts are told, at every spread
that was played and from ten posts on; with a tail heavier than that up to 6. The other figures
below are a choice, not a finding. The price: in an account whose posts differ wildly, five times
the median is nothing rare, and not told.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta
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
"""Well above: at least so many times the usual."""

FAR, DOUBT = 2.05, 8
"""And so many robust standard deviations above it; of n posts, ``1 + DOUBT / n`` times as many."""

STEP = 1.4826
"""A normal distribution's standard deviation in MADs."""

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
    """What an account's posts have at an age: the median of so many, and what they rarely reach."""

    impressions: float
    rare: float
    posts: int


def at_age(post: Publication, history: Iterable[Snapshot], age: timedelta) -> float | None:
    """Give its impressions when it was so old; None where readings do not reach round that age."""
    early, low = timedelta(0), 0
    for each in history:
        late, high = each.read - post.published, each.counters.impressions
        if high is None or late <= timedelta(0):
            continue
        if age <= late:
            return low + (high - low) * ((age - early) / (late - early))
        early, low = late, high
    return None


def usual(others: Iterable[tuple[Publication, Sequence[Snapshot]]], age: timedelta) -> Usual | None:
    """Give what these posts usually had at that age; None where they are too few."""
    found = [value for post, history in others if (value := at_age(post, history, age)) is not None]
    if len(found) < LEAST_POSTS:
        return None
    logs = [math.log(max(1.0, value)) for value in found]
    centre = median(logs)
    deviation = STEP * median(abs(each - centre) for each in logs)
    rare = math.exp(centre + FAR * (1 + DOUBT / len(found)) * deviation)
    middle = median(found)
    return Usual(middle, max(rare, TIMES * middle), len(found))


def stands_out(seen: int, age: timedelta, normal: Usual) -> bool:
    """Tell whether so many impressions at that age are a take-off."""
    return age >= YOUNGEST and seen >= LEAST_IMPRESSIONS and seen >= normal.rare


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
    normal = usual(others, age)
    if normal is None or not stands_out(seen, age, normal):
        return None
    return Notice(f"takeoff:{post.id}", "takeoff", _words(post, seen, age, normal))


def _words(post: Publication, seen: int, age: timedelta, normal: Usual) -> str:
    hours = round(age / timedelta(hours=1))
    return (
        f"Taking off: {post.campaign}/{post.post} on {post.account} has {seen:,} impressions after "
        f"{hours} h; its posts usually have {round(normal.impressions):,} by then, and hardly ever "
        f"{round(normal.rare):,} ({normal.posts} posts). {post.url}"
    )
