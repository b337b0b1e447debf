"""The charts of the page: what each day gained, beside the same day of the period before.

They are drawn beforehand, as shapes that the page's template writes as SVG in the colours of its
own style sheet: a page whose content policy lets no style but its own apply can hold no drawing of
a charting library, which brings its own. Each shape says its figures when the pointer rests on it,
and all figures are in a table beneath.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.reports.table import format_count, or_no_data

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.reports.answer import Answer, Day

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
class Bar:
    """One bar."""

    x: float
    y: float
    width: float
    height: float
    is_before: bool


@dataclass(frozen=True, slots=True)
class Slot:
    """A day's place in the drawing: what it says, and its bars."""

    x: float
    width: float
    title: str
    label: tuple[str, ...]
    """The day's name in lines; none where there is no room for it."""

    bars: tuple[Bar, ...]
    is_known: bool
    """Whether there is data of the day itself: without any, it has no bar, as with 0."""

    @property
    def middle(self) -> float:
        """Where its name stands."""
        return round(self.x + self.width / 2, 1)


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing of bars, what it shows in words, and its figures as a table."""

    id: str
    title: str
    description: str
    slots: tuple[Slot, ...]
    ticks: tuple[tuple[float, str], ...]
    """Where a line across stands, and its figure."""

    rows: tuple[tuple[str, str, str], ...]
    """The day, what it gained, and what the same day of the period before did."""

    has_before: bool
    """Whether anything is known of the period before."""


def day_charts(answer: Answer) -> list[Chart]:
    """Return a chart of impressions and one of engagements, of what is known."""
    if not answer.days:
        return []
    charts = []
    for name in ("impressions", "engagements"):
        now = [getattr(day, name) for day in answer.days]
        if any(value is not None for value in now):
            before = _same_days(answer.days, answer.days_before)
            then = [getattr(day, name) if day else None for day in before]
            charts.append(_chart(answer, name, now, then))
    return charts


def _same_days(days: Sequence[Day], before: Sequence[Day]) -> list[Day | None]:
    """Pair each day with that of the period before that has its place."""
    padded: list[Day | None] = [*before, *[None] * len(days)]
    return padded[: len(days)]


def _chart(
    answer: Answer, name: str, now: Sequence[int | None], then: Sequence[int | None]
) -> Chart:
    labels = [day.label for day in answer.days]
    top = _round_up(max((value or 0 for value in (*now, *then)), default=0))
    scale = (GROUND - _TOP) / top
    width = (WIDTH - LEFT) / len(labels)
    longest = max(len(word) for label in labels for word in label.split())
    named = -(-math.ceil(longest * _WORD_WIDTH) // max(1, math.floor(width)))
    has_before = any(value is not None for value in then)
    slots, rows = [], []
    for index, (label, value, earlier) in enumerate(zip(labels, now, then, strict=True)):
        known, known_before = (or_no_data(format_count, figure) for figure in (value, earlier))
        rows.append((label, known, known_before))
        title = f"{label}: {known} {name}"
        left = LEFT + index * width
        places = [(value, 0.18, 0.64, False)]
        if has_before:
            title += f"; in the time before {known_before}"
            places = [(earlier, 0.12, 0.34, True), (value, 0.48, 0.40, False)]
        bars = []
        for figure, offset, share, is_before in places:
            height = round(max(0, figure or 0) * scale, 1)
            if height:
                x, y = round(left + offset * width, 1), round(GROUND - height, 1)
                bars.append(Bar(x, y, round(share * width, 1), height, is_before))
        lines = tuple(label.split()) if index % named == 0 else ()
        x, known_now = round(left, 1), value is not None
        slots.append(Slot(x, round(width, 1), title, lines, tuple(bars), known_now))
    steps = [top * step // _TICKS for step in range(_TICKS + 1)]
    total = sum(value or 0 for value in now)
    beside = ", beside the time before" if has_before else ""
    return Chart(
        name,
        f"{name.capitalize()} gained, by {answer.step}",
        f"Bar chart: {name} gained by {answer.step}, {format_count(total)} in all{beside}. "
        "Its figures are in the table below it.",
        tuple(slots),
        tuple((round(GROUND - step * scale, 1), format_count(step)) for step in steps),
        tuple(rows),
        has_before,
    )


def _round_up(most: int) -> int:
    """Return a round number that is at least as much, and that the ticks divide."""
    size: int = 10 ** max(0, int(math.log10(max(1, most))) - 1)
    step = _TICKS * size
    return max(_TICKS, -(-most // step) * step)
