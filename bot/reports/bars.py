"""Bar charts of days, as shapes that the page's template writes as SVG.

They have the colours of the page's style sheet. A charting library brings styles of its own, which
the page's content policy forbids. Each shape shows its figures when the pointer rests on it, and a
table beneath has all of them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.reports.table import format_count

if TYPE_CHECKING:
    from collections.abc import Sequence

WIDTH, HEIGHT = 380, 210
"""The size of the drawing, in units of about a pixel on most screens."""

LEFT = 50
"""Room for the figures at the axis."""

_TOP, _BOTTOM = 12, 36
"""Room above the tallest bar, and for the days' names."""

GROUND = HEIGHT - _BOTTOM
"""The height at which the bars stand."""

_TICKS = 4

_WORD_WIDTH = 8.2
"""The room for a character of a day's name, so that names do not overlap."""


@dataclass(frozen=True, slots=True)
class DaySlot:
    """A day's place in the drawing."""

    day: str
    now: str
    """Its figure as written."""
    before: str
    """The figure that stands beside it."""
    title: str
    """Both figures in words."""
    x: float
    width: float
    label: tuple[str, ...]
    """The lines of the day's name, empty without room for it."""
    bars: tuple[tuple[str, float, float, float, float], ...]
    """Class ("now" or "before"), x, y, width and height. Without data, or at 0, there is no bar."""


@dataclass(frozen=True, slots=True)
class ChartWords:
    """The words of a drawing."""

    id: str
    title: str
    description: str
    """Its content in words, for those who cannot see it."""
    names: tuple[str, str]
    """The names of the figures, and of those beside them."""
    figures: tuple[str, str]
    """The figures of a day in words, and those beside them, with ``{}`` for the number."""
    note: str = ""
    """A sentence below it, or ""."""


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing of bars."""

    words: ChartWords
    slots: tuple[DaySlot, ...]
    ticks: tuple[tuple[float, str], ...]
    """The heights of lines across, with their figures."""
    has_before: bool
    """Whether anything is known of the figures beside."""


def draw_days(
    words: ChartWords,
    labels: Sequence[str],
    now: Sequence[int | None],
    before: Sequence[int | None],
) -> Chart:
    """Return a chart of the days with these labels, each with a figure and one beside it."""
    top = _round_up(max(value or 0 for value in (*now, *before)))
    scale = (GROUND - _TOP) / top
    width = (WIDTH - LEFT) / len(labels)
    longest = max(len(word) for label in labels for word in label.split())
    named = -(-math.ceil(longest * _WORD_WIDTH) // max(1, math.floor(width)))
    has_before = any(value is not None for value in before)
    slots = []
    for index, (label, value, beside) in enumerate(zip(labels, now, before, strict=True)):
        left = LEFT + index * width
        places = [("now", value, 0.18, 0.64)]
        if has_before:
            places = [("before", beside, 0.12, 0.34), ("now", value, 0.48, 0.40)]
        bars = []
        for kind, count, offset, share in places:
            if height := round(max(0, count or 0) * scale, 1):
                x, y = round(left + offset * width, 1), round(GROUND - height, 1)
                bars.append((kind, x, y, round(share * width, 1), height))
        lines = tuple(label.split()) if index % named == 0 else ()
        figures = (format_count(value), format_count(beside))
        said = [text.format(n) for text, n in zip(words.figures, figures, strict=True)]
        title = f"{label}: {'; '.join(said if has_before else said[:1])}"
        place = (round(left, 1), round(width, 1))
        slots.append(DaySlot(label, *figures, title, *place, lines, tuple(bars)))
    steps = [top * step // _TICKS for step in range(_TICKS + 1)]
    ticks = tuple((round(GROUND - step * scale, 1), format_count(step)) for step in steps)
    return Chart(words, tuple(slots), ticks, has_before)


def _round_up(most: int) -> int:
    """Return the next round number that the ticks divide."""
    size: int = 10 ** max(0, int(math.log10(max(1, most))) - 1)
    step = _TICKS * size
    return max(_TICKS, -(-most // step) * step)
