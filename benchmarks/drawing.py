"""Line charts as SVG, by hand: how figures grow with what they were measured at. Pure.

A chart has a panel for each unit, one below the other, its lines named where they end. The grey of
its words can be read on white and on black.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

COLORS = ("#2f7ed8", "#d9662c", "#2a9d5c", "#b455c8", "#c9a227", "#d63a5e", "#5b8c9e", "#8a6d4b")
GREY = "#808080"
LEFT, PLOT, NAMES = 64, 330, 326
TOP, HEIGHT, BOTTOM = 30, 190, 44
STEP = 14
"""Pixels between two names, at least."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line by its points; one with a single value at no place lies flat, and is dashed."""

    name: str
    points: tuple[tuple[float, float], ...]
    flat: float | None = None

    @property
    def end(self) -> float:
        """The value at which it ends."""
        return self.points[-1][1] if self.flat is None else self.flat


@dataclass(frozen=True, slots=True)
class Panel:
    """What shares an axis: ``unit`` upwards, ``of`` to the right."""

    unit: str
    of: str
    lines: tuple[Line, ...]


def chart(title: str, panels: Sequence[Panel]) -> str:
    """Draw the panels; ``title`` is for those who do not see them."""
    tall = TOP + HEIGHT + BOTTOM
    width, height = LEFT + PLOT + NAMES, tall * len(panels)
    drawn = "".join(
        f'<g transform="translate(0 {tall * number})">{_panel(panel)}</g>\n'
        for number, panel in enumerate(panels)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" role="img" font-family="system-ui, sans-serif" font-size="12">\n'
        f"<title>{escape(title)}</title>\n{drawn}</svg>\n"
    )


def _panel(panel: Panel) -> str:
    xs = sorted({x for line in panel.lines for x, _ in line.points})
    ys = [y for line in panel.lines for _, y in line.points]
    most = _round(max([line.end for line in panel.lines] + ys))
    places = {x: LEFT + _share(x, xs) * PLOT for x in xs}

    def up(value: float) -> float:
        return TOP + HEIGHT * (1 - value / most)

    drawn = [_text(LEFT, TOP - 12, panel.unit)]
    for part in (0.0, 0.5, 1.0):
        y = up(part * most)
        drawn.append(f'<path d="M{LEFT} {y:.1f}h{PLOT}" stroke="{GREY}" stroke-opacity=".3"/>')
        drawn.append(_text(LEFT - 8, y + 4, f"{part * most:,g}", anchor="end"))
    for x, place in places.items():
        drawn.append(_text(place, TOP + HEIGHT + 18, f"{x:,.0f}", anchor="middle"))
    drawn.append(_text(LEFT + PLOT / 2, TOP + HEIGHT + 34, panel.of, anchor="middle"))
    ends = _apart([up(line.end) for line in panel.lines])
    for line, color, end in zip(panel.lines, COLORS * 2, ends, strict=False):
        points = [(places[x], up(y)) for x, y in line.points]
        drawn.append(_line(line, color, points, up(line.end)))
        drawn.append(_text(LEFT + PLOT + 10, end + 4, line.name, fill=color))
    return "\n".join(drawn)


def _line(line: Line, color: str, points: Sequence[tuple[float, float]], end: float) -> str:
    if line.flat is not None:
        path = f"M{LEFT} {end:.1f}h{PLOT}"
        return f'<path d="{path}" stroke="{color}" stroke-dasharray="5 4" fill="none"/>'
    path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    dots = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{color}"/>' for x, y in points)
    return f'<path d="{path}" stroke="{color}" stroke-width="2" fill="none"/>{dots}'


def _share(x: float, xs: Sequence[float]) -> float:
    """Return where a value stands from 0 to 1, by its logarithm."""
    least, most = math.log(xs[0]), math.log(xs[-1])
    return (math.log(x) - least) / (most - least) if most > least else 0.5


def _round(value: float) -> float:
    """Return the next round value above it, 1 for nothing at all."""
    if value <= 0:
        return 1
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 2, 4, 5, 6, 8, 10) if step * power >= value)


def _apart(places: Sequence[float]) -> list[float]:
    """Return places for names near these: none on top of another, none below the panel."""
    order = sorted(range(len(places)), key=lambda index: places[index])
    found = [*places]
    floor = float(TOP + HEIGHT)
    for rank, index in enumerate(reversed(order)):
        found[index] = min(found[index], floor if rank == 0 else floor - STEP)
        floor = found[index]
    return found


def _text(x: float, y: float, words: str, *, anchor: str = "start", fill: str = GREY) -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{fill}"'
    return f"<text {place}>{escape(words)}</text>"
