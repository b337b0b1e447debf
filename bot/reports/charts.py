"""The page's bar charts of the days of the first screen, and its map of weekdays and hours.

The map is a table. The colour of an hour is the median of its posts' multiples of their accounts'
medians, pulled towards neutral if little is known. Posts are not assigned to hours at random, so no
hour is called best.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from bot.model import ENGAGEMENTS
from bot.reports.bars import ChartWords, draw_days
from bot.reports.comparing import MIN_IMPRESSIONS, MIN_POSTS
from bot.reports.grouped import COLUMNS_BY_KEY
from bot.reports.groupings import week_key
from bot.reports.medians import MIN_ENGAGEMENTS
from bot.reports.table import DAYS, format_count, join_platforms
from bot.reports.totals import totals_by

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from bot.reports.answer import Answer
    from bot.reports.bars import Chart
    from bot.reports.evidence import Evidence
    from bot.reports.table import Column
    from bot.reports.totals import Totals


def day_charts(answer: Answer) -> list[Chart]:
    """Return a chart of impressions and one of engagements, each if it has data."""
    charts = []
    labels = [label for label, _ in answer.days]
    for name in ("impressions", "engagements"):
        now: list[int | None] = [getattr(gained, name) for _, gained in answer.days]
        then: list[int | None] = [getattr(gained, name) for _, gained in answer.days_before]
        # Each day stands beside the day of the period before that has the same number.
        before = [*then, *[None] * len(now)][: len(now)]
        if any(value is not None for value in now):
            charts.append(draw_days(_words(answer, name, now, before), labels, now, before))
    return charts


def _words(
    answer: Answer, name: str, now: Sequence[int | None], before: Sequence[int | None]
) -> ChartWords:
    platforms = own = answer.evidence.platforms()
    if name == "impressions":
        own = answer.evidence.platforms_with_impressions
    on = f" on {join_platforms(own)}" if len(platforms) > 1 else ""
    what = f"{name} gained{on}"
    has_before = any(value is not None for value in before)
    beside = ", beside the time before" if has_before else ""
    return ChartWords(
        name,
        f"{what[0].upper()}{what[1:]}, by {answer.step}",
        f"Bar chart of {what} by {answer.step}, {format_count(sum(filter(None, now)))} in all"
        f"{beside}. Its figures are in the table below it.",
        (answer.title, "The time before"),
        (f"{{}} {name}", "in the time before {}"),
    )


# --- The map of weekdays and hours ----------------------------------------------------------------

TONE_NAMES = (
    "well below usual",
    "below",
    "usual, or too little known",
    "above",
    "well above usual",
)
"""The meanings of the colours, from the first to the last."""

MIN_POSTS_PER_POST = 4 * MIN_POSTS
"""Counts of posts differ about twice as much as rates, which takes four times as many posts."""

HEATMAP_NOTE = (
    "A number counts the posts that went out in that hour. A post on several accounts, or a "
    "thread, counts as one. The colour is their engagement rate against the usual rate of their "
    "account, weaker if little is known. A single post has no colour. The full colour takes "
    f"{MIN_POSTS} posts, {MIN_IMPRESSIONS:,} impressions, and half or twice the usual rate, or "
    "more posts and less of a difference. The map shows what happened, not which hour is best, as "
    "the words of a post matter too."
)
HEATMAP_PER_POST = (
    "On a platform without impressions, engagements per post take the place of the rate. They "
    f"differ more from post to post, so the full colour takes {MIN_POSTS_PER_POST} posts and "
    f"{MIN_ENGAGEMENTS} engagements."
)
"""Follows ``HEATMAP_NOTE`` if an account has no impressions."""

_SINGLE_POST_STRENGTH = 1 / 6
"""The most strength that a single post can have, which is not enough for a colour."""
_FULL_TONE_STRENGTH = 0.5
"""The most strength that ``MIN_POSTS`` posts can have."""


def tone(hour: Totals) -> int:
    """Return the place in ``TONE_NAMES`` of an hour, by its distance from the usual.

    The distance is 1 at twice the usual or more, and -1 at half or less. It is pulled towards 0 if
    little is known. At the least number of posts or of impressions that are compared at all,
    whichever is scarcer, half of it is left. Without impressions, engagements are counted.
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


HOUR_COLUMNS = (
    *("posts", "impressions", "engagements"),
    *("engagement_rate", "engagements_per_post", "against_usual"),
)
"""An hour's figures, by the keys of the report's columns."""


def hour_columns(evidence: Evidence) -> list[Column]:
    """Return the columns of an hour's figures that can have data."""
    absent = [] if evidence.without_impressions else ["engagements_per_post"]
    if evidence.without_impressions and not evidence.platforms_with_impressions:
        absent = ["impressions", "engagement_rate"]
    return [COLUMNS_BY_KEY[key] for key in HOUR_COLUMNS if key not in absent]


def build_heatmap(evidence: Evidence, now: datetime) -> list[tuple[str, dict[str, Totals | None]]]:
    """Return each weekday with its 24 hours, None for those without posts; or [] for no map."""
    groups = totals_by(evidence, now, lambda post: week_key(evidence, post))
    hours = [f"{hour:02}:00" for hour in range(24)]
    days = [
        (name, {hour: groups.get((f"{weekday}", hour)) for hour in hours})
        for weekday, name in enumerate(DAYS)
    ]
    return days if groups else []
