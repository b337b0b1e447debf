"""Whether far more people see a post than its account is used to, so that it takes off. Pure.

The usual is the median of the account's other posts when each was as old as this one is now. A post
counts for it only if it was read after that age too, so that a value between two readings can be
interpolated. With few such posts there is no usual, and no alert is made. If the platform gives no
impressions, all this goes by engagements.

A post takes off if it has at least three times the usual, and also more than nearly all of the
posts would have, by how much they differ. The second half is needed because in an account whose
posts differ widely, every tenth or fifth ordinary post has three times the median.

How much posts differ is taken from the logarithms of the counts, because counts spread by factors.
It is the median distance from the median (MAD; Hampel 1974), which earlier successes hardly move,
times 1.4826, which makes it a standard deviation if the logarithms are normal. A value that is many
of these above the median is an outlier, as in the modified z-score of Iglewicz and Hoaglin (1993).
They ask for 3.5 on either side. Here it is ``MIN_DEVIATIONS`` above, which 2 of 100 normal values
exceed. The MAD of few posts is often too small by chance. With n posts,
``1 + SMALL_SAMPLE_FACTOR / n`` times as much is required.

``SMALL_SAMPLE_FACTOR`` is from simulated accounts (``benchmarks/bench_takeoff.py``), in which each
post is judged at every reading. With log-normal impressions, 1 to 3 of 100 ordinary posts raise an
alert, at every spread that was simulated and from ten posts on. With a heavier tail it is up to 6.
By engagements it is up to 3, also in small accounts, thanks to the least number. The other figures
below are a choice, not a finding.
"""

from __future__ import annotations

import math
from datetime import timedelta
from statistics import median
from typing import TYPE_CHECKING, Literal, TypeAlias

from bot.alerts.notices import Notice
from bot.model.web_addresses import post_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from bot.model import Publication, Snapshot

MIN_POSTS = 10
"""The least number of other posts for an account to have a usual."""

MIN_MULTIPLE = 3
"""A take-off has at least this many times the usual."""

MIN_DEVIATIONS, SMALL_SAMPLE_FACTOR = 2.05, 8
"""A take-off is this many robust standard deviations above the usual; with n posts,
``1 + SMALL_SAMPLE_FACTOR / n`` times as many."""

MAD_TO_SIGMA = 1.4826
"""A normal distribution's standard deviation in MADs."""


Yardstick: TypeAlias = Literal["impressions", "engagements"]
"""The counter that a take-off goes by."""

LEAST: Mapping[Yardstick, int] = {"impressions": 500, "engagements": 20}
"""The least count of a take-off."""

MIN_AGE, MAX_AGE = timedelta(hours=1), timedelta(hours=48)
"""The ages between which a team is alerted. Earlier it is chance, later it is not news."""

BASELINE_SPAN = timedelta(days=90)
"""How far back posts count for the account's usual."""

BASELINE_POSTS = 60
"""At most this many posts, the newest older than ``MAX_AGE``, make the usual."""


def count_at_age(
    post: Publication, history: Iterable[Snapshot], age: timedelta, by: Yardstick
) -> float | None:
    """Return a post's count at that age; None without readings on both sides of it."""
    early, low = timedelta(0), 0
    for snapshot in history:
        late, high = snapshot.read - post.published, getattr(snapshot.counters, by)
        if high is None or late <= timedelta(0):
            continue
        if age <= late:
            return float(low + (high - low) * ((age - early) / (late - early)))
        early, low = late, high
    return None


def yardstick(histories: Iterable[Iterable[Snapshot]]) -> Yardstick:
    """Return the counter that posts of an account are compared by: impressions, if known."""
    seen = (snapshot.counters.impressions for history in histories for snapshot in history)
    return "impressions" if any(count is not None for count in seen) else "engagements"


def baseline(
    others: Iterable[tuple[Publication, Sequence[Snapshot]]], age: timedelta, by: Yardstick
) -> tuple[float, float, int] | None:
    """Return the usual count of these posts at that age, a rare one, and their number.

    Return None if they are too few.
    """
    found = (count_at_age(post, history, age, by) for post, history in others)
    values = [value for value in found if value is not None]
    if len(values) < MIN_POSTS:
        return None
    logs = [math.log(max(1.0, value)) for value in values]
    centre = median(logs)
    deviation = MAD_TO_SIGMA * median(abs(value - centre) for value in logs)
    rare = math.exp(centre + MIN_DEVIATIONS * (1 + SMALL_SAMPLE_FACTOR / len(values)) * deviation)
    usual = median(values)
    return usual, max(rare, MIN_MULTIPLE * usual), len(values)


def is_takeoff(count: int, age: timedelta, threshold: float, by: Yardstick) -> bool:
    """Return whether a count at that age is a take-off."""
    return age >= MIN_AGE and count >= max(LEAST[by], threshold)


def takeoff_notice(
    post: Publication,
    history: Sequence[Snapshot],
    others: Sequence[tuple[Publication, Sequence[Snapshot]]],
    now: datetime,
) -> Notice | None:
    """Return the notice that a post takes off, or None. ``others`` are the account's others."""
    by = yardstick([history, *(readings for _, readings in others)])
    read = [(snapshot.read, getattr(snapshot.counters, by)) for snapshot in history]
    known = [(at, count) for at, count in read if count is not None]
    if not known or now - post.published > MAX_AGE:
        return None
    age, count = known[-1][0] - post.published, known[-1][1]
    if (normal := baseline(others, age, by)) is None:
        return None
    usual, threshold, posts = normal
    if not is_takeoff(count, age, threshold, by):
        return None
    hours = round(age / timedelta(hours=1))
    words = (
        f"Taking off: {post.campaign}/{post.post} on {post.account} has {count:,} "
        f"{by} after {hours} h; the account's posts usually have {round(usual):,} by "
        f"then, and hardly ever {round(threshold):,} ({posts} posts). {post.url}"
    )
    page = post_path(post.campaign, post.post, post.label)
    return Notice((f"takeoff:{post.id}",), "takeoff", words, page)
