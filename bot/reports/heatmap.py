"""When posts went out and how people took them: a map of weekday and hour, in the audience's zone.

The colour of an hour is its posts' engagement rate as a multiple of their account's median (of
several posts, the median), pulled towards neutral where little is known. It shows what happened:
posts are not assigned to hours at random, and so no hour is called best.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.reports.catalogue import week_key
from bot.reports.charts import themed, to_svg
from bot.reports.comparing import MIN_IMPRESSIONS, MIN_POSTS
from bot.reports.grouped import figure
from bot.reports.table import DAYS, format_count
from bot.reports.totals import totals_by

if TYPE_CHECKING:
    from datetime import datetime

    from bot.reports.evidence import Evidence
    from bot.reports.totals import Totals

HEIGHT, STATIC_WIDTH = 230, 1180
"""Pixels. The drawing by JavaScript takes the width that it finds."""

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
    """The map: its hours, what it shows in words, and its spec."""

    hours: tuple[HourStats, ...]
    description: str
    spec: dict[str, Any]
    id: str = "hours"

    def svg(self) -> str:
        """Draw it as SVG."""
        return to_svg(self.spec, self.id, STATIC_WIDTH, layers=2)


def build_heatmap(evidence: Evidence, now: datetime) -> Heatmap | None:
    """Return the map; None where nothing was published."""
    groups = totals_by(evidence, now, lambda post: week_key(evidence, post))
    hours = tuple(
        HourStats(int(weekday), int(hour[:2]), totals)
        for (weekday, hour), totals in sorted(groups.items())
    )
    if not hours:
        return None
    posts = sum(hour.posts for hour in hours)
    most = max(hour.posts for hour in hours)
    busiest = ", ".join([hour.name for hour in hours if hour.posts == most][:3])
    description = (
        f"Heat map: posts by weekday and hour of publication, in {evidence.timezone}. "
        f"{format_count(posts)} in {len(hours)} hours of the week; the most in one hour are {most} "
        f"({busiest}). Its figures are in the table below it."
    )
    spec = themed(_draw_hours(hours), description, HEIGHT, "var(--t0)")
    return Heatmap(hours, description, spec)


def _draw_hours(hours: tuple[HourStats, ...]) -> Any:
    import altair as alt

    fields = [f"f{n}" for n in range(len(HOUR_COLUMNS))]
    rows = [
        {"day": DAYS[hour.weekday], "hour": hour.hour, "tone": hour.tone, "name": hour.name}
        | dict(zip(fields, hour.texts, strict=True))
        for hour in hours
    ]
    gaps: dict[str, Any] = {"paddingInner": 0.08, "paddingOuter": 0.04}
    label = "datum.value < 10 ? '0' + datum.value : datum.value"
    axis = alt.Axis(labelAngle=0, labelExpr=label)
    places = alt.Chart(alt.InlineData(values=rows)).encode(
        x=alt.X("hour:O", title=None, scale=alt.Scale(domain=list(range(24)), **gaps), axis=axis),
        y=alt.Y(
            "day:N",
            title=None,
            scale=alt.Scale(domain=list(DAYS), **gaps),
            axis=alt.Axis(domain=False, labelExpr="slice(datum.value, 0, 3)"),
        ),
    )
    colors = [f"var(--t{tone})" for tone in range(1, len(TONE_NAMES) + 1)]
    tips = [alt.Tooltip("name:N", title="Hour")]
    tips += [
        alt.Tooltip(f"{field}:N", title=name)
        for field, name in zip(fields, HOUR_COLUMNS, strict=True)
    ]
    tiles = places.mark_rect(cornerRadius=5, aria=False).encode(
        color=alt.Color(
            "tone:O",
            scale=alt.Scale(domain=list(range(len(TONE_NAMES))), range=colors),
            legend=None,
        ),
        tooltip=tips,
    )
    numbers = places.mark_text(fontSize=12, fill="var(--ink)", aria=False, tooltip=None).encode(
        text="f0:N"
    )
    return alt.layer(tiles, numbers)
