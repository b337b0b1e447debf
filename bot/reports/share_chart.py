"""The chart of the days of the report on share pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.model import sum_known
from bot.reports.arrivals import arrivals_of
from bot.reports.bars import ChartWords, draw_days
from bot.reports.period import name_day, name_step, step_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from bot.reports.arrivals import Arrivals
    from bot.reports.bars import Chart
    from bot.reports.evidence import Evidence

SOME_WITHOUT = "* Some of its days have no data."
"""Explains the mark at a step of several days."""


def arrivals_chart(evidence: Evidence) -> Chart | None:
    """Return the arrivals by day, or None if there are none or only one day.

    Without a web log, these are the links that were opened.
    """
    arrivals = arrivals_of(evidence)
    if arrivals is None or len(arrivals.days) < 2:  # noqa: PLR2004 - one bar tells nothing
        return None
    step = step_of(len(arrivals.days))
    days = arrivals.days[::-1]
    spans = [days[start : start + step] for start in range(0, len(days), step)]
    has_log = arrivals.total("arrived") is not None
    counted = arrivals.logged if has_log else arrivals.counted
    shown = _sums(arrivals, "arrived" if has_log else "opened", spans)
    posted = _sums(arrivals, "arrived_from_posts", spans)
    gaps = [step > 1 and not counted.issuperset(span) for span in spans]
    labels = [
        name_day(span[0], step) + ("*" if gap else "")
        for span, gap in zip(spans, gaps, strict=True)
    ]
    return draw_days(
        _words(name_step(step), has_log=has_log, has_gaps=any(gaps)), labels, shown, posted
    )


def _sums(arrivals: Arrivals, figure: str, spans: Sequence[Sequence[date]]) -> list[int | None]:
    """Return the sum of the known days of each span, or None if none of them is known."""
    found = arrivals.by(lambda of: of.day, (figure,))[figure]
    covered = arrivals.counted if figure == "opened" else arrivals.logged
    if found is None:
        return [None] * len(spans)
    return [sum_known(found[day] if day in covered else None for day in span) for span in spans]


def _words(by: str, *, has_log: bool, has_gaps: bool) -> ChartWords:
    title = f"From the share page and from our posts, by {by}"
    if not has_log:
        title = f"Links of the share page that were opened, by {by}"
    return ChartWords(
        "arrivals",
        title,
        f"Bar chart of arrivals. {title}. Its figures are in the table of days.",
        ("From the share page", "From our posts"),
        ("{} from the share page", "{} from our posts"),
        SOME_WITHOUT if has_gaps else "",
    )
