"""When posts went out and how people took them: a map of weekday and hour, in the audience's zone.

The colour of an hour is its posts' engagement rate as a multiple of their account's median (of
several posts, the median), pulled towards neutral where little is known. It shows what happened:
posts are not assigned to hours at random, and so no hour is called best.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.reports.catalogue import week_key
from bot.reports.comparing import MIN_IMPRESSIONS, MIN_POSTS
from bot.reports.grouped import figure
from bot.reports.table import DAYS, format_count
from bot.reports.totals import totals_by

if TYPE_CHECKING:
    from datetime import datetime

    from bot.reports.evidence import Evidence
    from bot.reports.totals import Totals

TONE_NAMES = (
    "well below usual",
    "below",
    "usual, or too little known",
    "above",
    "well above usual",
)
"""What the colours say, from the first to the last."""

HEATMAP_NOTE = (
    "A number is how many posts went out in that hour, a thread counted as one. Its colour is "
    "their engagement rate against what is usual for their account, weaker where little is known: "
    f"a single post has none, and the full one takes {MIN_POSTS} posts, {MIN_IMPRESSIONS:,} "
    "impressions, and half or twice the usual rate; with more of them, less of a difference. It "
    "shows what happened, not which hour is best: what a post says matters too."
)

_SINGLE_POST_STRENGTH = 1 / 6
"""The most that a single post can come to, which is not enough for a colour."""
_FULL_TONE_STRENGTH = 0.5
"""The most that ``MIN_POSTS`` posts can come to."""


_FIGURES = ("impressions", "engagements", "engagement_rate", "against_usual")


@dataclass(frozen=True, slots=True)
class HourStats:
    """An hour of the week in which posts went out, and their figures."""

    weekday: int
    hour: int
    totals: Totals

    @property
    def name(self) -> str:
        """What people call it."""
        return f"{DAYS[self.weekday]} {self.hour:02}:00"

    @property
    def posts(self) -> int:
        """How many posts went out in it, a thread counted as one."""
        return len({metrics.publication.delivery for metrics in self.totals.metrics})

    @property
    def texts(self) -> tuple[str, ...]:
        """Its figures as written, in the order of ``HOUR_COLUMNS``."""
        return (format_count(self.posts), *(figure(key, self.totals) for key in _FIGURES))

    @property
    def tone(self) -> int:
        """Its place in ``TONE_NAMES``, by how far above or below usual it is.

        1 is twice, -1 half, and no more than that. It is pulled towards 0 where little is known: by
        half at the least number of posts or of impressions that would be compared at all, whichever
        is the scarcer.
        """
        ratio, impressions = self.totals.rate_to_median, self.totals.count("impressions")
        if ratio is None or not impressions:
            return 2
        distance = math.log2(ratio) if ratio > 0 else -1.0
        by_posts = self.posts / (self.posts + MIN_POSTS)
        by_impressions = impressions / (impressions + MIN_IMPRESSIONS)
        strength = min(by_posts, by_impressions) * max(-1.0, min(distance, 1.0))
        size = (abs(strength) > _SINGLE_POST_STRENGTH) + (abs(strength) >= _FULL_TONE_STRENGTH)
        return 2 + (size if strength > 0 else -size)


HOUR_COLUMNS = (
    "Posts",
    "Impressions",
    "Engagements",
    "Engagement rate",
    "\N{MULTIPLICATION SIGN} your median",
)
"""What ``HourStats.texts`` holds."""


@dataclass(frozen=True, slots=True)
class Heatmap:
    """The map: a row for each weekday, with its hours, None where nothing went out."""

    days: tuple[tuple[str, tuple[HourStats | None, ...]], ...]
    hours: tuple[HourStats, ...]


def build_heatmap(evidence: Evidence, now: datetime) -> Heatmap | None:
    """Return the map; None where nothing was published."""
    groups = totals_by(evidence, now, lambda post: week_key(evidence, post))
    hours = {
        (int(weekday), int(hour[:2])): HourStats(int(weekday), int(hour[:2]), totals)
        for (weekday, hour), totals in sorted(groups.items())
    }
    if not hours:
        return None
    days = (
        (name, tuple(hours.get((weekday, hour)) for hour in range(24)))
        for weekday, name in enumerate(DAYS)
    )
    return Heatmap(tuple(days), tuple(hours.values()))
