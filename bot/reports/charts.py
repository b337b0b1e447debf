"""The page's pictures of figures: what each day gained, and when posts went out. Pure.

Bars are drawn beforehand, as shapes that the page's template writes as SVG in the colours of its
own style sheet: a page whose content policy lets no style but its own apply can hold no drawing of
a charting library, which brings its own. Each shape says its figures when the pointer rests on it,
and all figures are in a table beneath.

The map of weekday and hour is a table. The colour of an hour is its posts' engagement rate (or
engagements per post, where a platform gives no impressions) as a multiple of their account's median
(of several posts, the median), pulled towards neutral where little is known. It shows what
happened: posts are not assigned to hours at random, and so no hour is called best.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.model import ENGAGEMENTS
from bot.reports.catalogue import week_key
from bot.reports.comparing import MIN_IMPRESSIONS, MIN_POSTS
from bot.reports.grouped import figure
from bot.reports.medians import MIN_ENGAGEMENTS
from bot.reports.table import DAYS, format_count, join_platforms
from bot.reports.totals import totals_by

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from bot.reports.answer import Answer
    from bot.reports.evidence import Evidence
    from bot.reports.totals import Totals


WIDTH, HEIGHT = 380, 210
"""Of the drawing, in its own units, which are about pixels on most screens."""

LEFT = 50
"""Room for the figures at the axis."""

_TOP, _BOTTOM = 12, 36
"""Room above the tallest bar, and for the days' names."""

GROUND = HEIGHT - _BOTTOM
"""Where the bars stand."""

_TICKS = 4

_WORD_WIDTH = 7.5
"""Room that a character of a day's name takes: more names would stand in each other."""


@dataclass(frozen=True, slots=True)
class DaySlot:
    """A day's place in the drawing: its figures as written, and its bars.

    ``before`` is the figure of the same day of the period before. ``label`` is the day's name in
    lines, none where there is no room for it. A bar is a class ("now" or "before"), x, y, width and
    height; a day without data has none, as with 0.
    """

    day: str
    now: str
    before: str
    x: float
    width: float
    label: tuple[str, ...]
    bars: tuple[tuple[str, float, float, float, float], ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing of bars, and what it shows in words.

    ``ticks`` are where a line across stands, and its figure. ``has_before`` is whether anything is
    known of the period before.
    """

    id: str
    title: str
    description: str
    slots: tuple[DaySlot, ...]
    ticks: tuple[tuple[float, str], ...]
    has_before: bool


def day_charts(answer: Answer) -> list[Chart]:
    """Return a chart of impressions and one of engagements, of what is known."""
    charts = []
    for name in ("impressions", "engagements"):
        now: list[int | None] = [getattr(gained, name) for _, gained in answer.days]
        then: list[int | None] = [getattr(gained, name) for _, gained in answer.days_before]
        if any(value is not None for value in now):
            # Each day stands beside that of the period before that has its place.
            charts.append(_chart(answer, name, now, [*then, *[None] * len(now)][: len(now)]))
    return charts


def _chart(
    answer: Answer, name: str, now: Sequence[int | None], then: Sequence[int | None]
) -> Chart:
    labels = [label for label, _ in answer.days]
    top = _round_up(max(value or 0 for value in (*now, *then)))
    scale = (GROUND - _TOP) / top
    width = (WIDTH - LEFT) / len(labels)
    longest = max(len(word) for label in labels for word in label.split())
    named = -(-math.ceil(longest * _WORD_WIDTH) // max(1, math.floor(width)))
    has_before = any(value is not None for value in then)
    slots = []
    for index, (label, value, earlier) in enumerate(zip(labels, now, then, strict=True)):
        left = LEFT + index * width
        places = [("now", value, 0.18, 0.64)]
        if has_before:
            places = [("before", earlier, 0.12, 0.34), ("now", value, 0.48, 0.40)]
        bars = []
        for kind, count, offset, share in places:
            if height := round(max(0, count or 0) * scale, 1):
                x, y = round(left + offset * width, 1), round(GROUND - height, 1)
                bars.append((kind, x, y, round(share * width, 1), height))
        lines = tuple(label.split()) if index % named == 0 else ()
        figures = (format_count(value), format_count(earlier))
        place = (round(left, 1), round(width, 1))
        slots.append(DaySlot(label, *figures, *place, lines, tuple(bars)))
    steps = [top * step // _TICKS for step in range(_TICKS + 1)]
    what = f"{name} gained{_on(answer.evidence, name)}"
    return Chart(
        name,
        f"{what[0].upper()}{what[1:]}, by {answer.step}",
        f"Bar chart: {what} by {answer.step}, {format_count(sum(filter(None, now)))} in all"
        f"{', beside the time before' * has_before}. Its figures are in the table below it.",
        tuple(slots),
        tuple((round(GROUND - step * scale, 1), format_count(step)) for step in steps),
        has_before,
    )


def _on(evidence: Evidence, name: str) -> str:
    """Say of which platforms a counter is, where there are several."""
    platforms = evidence.platforms()
    own = evidence.platforms_with_impressions if name == "impressions" else platforms
    return f" on {join_platforms(own)}" if len(platforms) > 1 else ""


def _round_up(most: int) -> int:
    """Return a round number that is at least as much, and that the ticks divide."""
    size: int = 10 ** max(0, int(math.log10(max(1, most))) - 1)
    step = _TICKS * size
    return max(_TICKS, -(-most // step) * step)


# --- When posts went out --------------------------------------------------------------------------

TONE_NAMES = (
    "well below usual",
    "below",
    "usual, or too little known",
    "above",
    "well above usual",
)
"""What the colours say, from the first to the last."""

MIN_POSTS_PER_POST = 4 * MIN_POSTS
"""Posts without impressions differ about twice as much as rates do: it takes four times as many."""

HEATMAP_NOTE = (
    "A number is how many posts went out in that hour; on several accounts, or as a thread, a post "
    "is one. Its colour is "
    "their engagement rate against what is usual for their account, weaker where little is known: "
    f"a single post has none, and the full one takes {MIN_POSTS} posts, {MIN_IMPRESSIONS:,} "
    "impressions, and half or twice the usual rate; with more of them, less of a difference. It "
    "shows what happened, not which hour is best: what a post says matters too."
)
HEATMAP_PER_POST = (
    "Where a platform gives no impressions, engagements per post take the place of the rate. These "
    f"differ more from post to post: the full colour takes {MIN_POSTS_PER_POST} posts, and "
    f"{MIN_ENGAGEMENTS} engagements."
)
"""What is added where there are such accounts."""

_SINGLE_POST_STRENGTH = 1 / 6
"""The most that a single post can come to, which is not enough for a colour."""
_FULL_TONE_STRENGTH = 0.5
"""The most that ``MIN_POSTS`` posts can come to."""


def tone(hour: Totals) -> int:
    """Return the place in ``TONE_NAMES`` of an hour of the week, by how far off the usual it is.

    1 is twice, -1 half, and no more than that. It is pulled towards 0 where little is known: by
    half at the least number of posts or of impressions that would be compared at all, whichever is
    the scarcer. Without impressions, so many engagements take their place.
    """
    ratio = hour.rate_to_median
    impressions = hour.count("impressions") or 0
    engagements = 0 if impressions else hour.count(*ENGAGEMENTS) or 0
    if ratio is None or not impressions + engagements:
        return 2
    distance = math.log2(ratio) if ratio > 0 else -1.0
    compared = (metrics.post_engagement for metrics in hour.metrics)
    is_per_post = any(post and not post.impressions for post in compared)
    by_posts = hour.posts / (hour.posts + (MIN_POSTS_PER_POST if is_per_post else MIN_POSTS))
    by_size = max(
        impressions / (impressions + MIN_IMPRESSIONS),
        engagements / (engagements + MIN_ENGAGEMENTS),
    )
    strength = min(by_posts, by_size) * max(-1.0, min(distance, 1.0))
    size = (abs(strength) > _SINGLE_POST_STRENGTH) + (abs(strength) >= _FULL_TONE_STRENGTH)
    return 2 + (size if strength > 0 else -size)


HOUR_COLUMNS = {
    "posts": "Posts",
    "impressions": "Impressions",
    "engagements": "Engagements",
    "engagement_rate": "Engagement rate",
    "engagements_per_post": "Engagements per post",
    "against_usual": "\N{MULTIPLICATION SIGN} your median",
}
"""The figures of an hour, by the keys of the report's columns."""


def hour_columns(evidence: Evidence) -> dict[str, str]:
    """Return the columns of the map's figures of which there can be data, by their keys."""
    absent = [] if evidence.without_impressions else ["engagements_per_post"]
    if evidence.without_impressions and not evidence.platforms_with_impressions:
        absent = ["impressions", "engagement_rate"]
    return {key: name for key, name in HOUR_COLUMNS.items() if key not in absent}


def hour_figures(hour: Totals, columns: Iterable[str]) -> list[str]:
    """Return some figures of an hour as written, by their keys in ``HOUR_COLUMNS``."""
    return [figure(key, hour) for key in columns]


def build_heatmap(
    evidence: Evidence, now: datetime
) -> list[tuple[str, dict[str, Totals | None]]] | None:
    """Return each weekday with its 24 hours, None where nothing went out; None if nothing is."""
    groups = totals_by(evidence, now, lambda post: week_key(evidence, post))
    hours = [f"{hour:02}:00" for hour in range(24)]
    days = [
        (name, {hour: groups.get((f"{weekday}", hour)) for hour in hours})
        for weekday, name in enumerate(DAYS)
    ]
    return days if groups else None
