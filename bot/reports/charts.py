"""The page's charts, as Vega-Lite specs that Altair writes and checks.

Colours are CSS variables, so that one drawing serves light, dark and print. Each chart is drawn
twice: as SVG here, so that the page reads and prints without JavaScript, and by the reader's
browser for hovering. Times are the audience's wall clock: Vega is told that they are UTC, and so
leaves them as they are wherever the page is opened.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.reports.figures import count, instant, one_line
from bot.reports.numbers import ENGAGEMENTS, add
from bot.reports.series import at, instants, period, steps

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from bot.model import Publication
    from bot.reports.evidence import Evidence

GRID = 97
"""Instants that a line is drawn through: enough for its shape, light enough for the page."""

LINES = 6
"""Most lines of a chart, the rest of them summed as one: as many as colours can be told apart."""

HEIGHT = 260
STATIC_WIDTH = 620
"""Pixels. The drawing by JavaScript takes the width that it finds."""

STRIP = 9
"""Pixels of a strip that answers to the pointer; neighbours overlap, so that none is missed."""

_TIME = "[utcFormat(datum.value, '%-d %b'), utcFormat(datum.value, '%H:%M')]"
_COUNT = "datum.value < 10000 ? format(datum.value, ',') : format(datum.value, '~s')"

Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Subject:
    """What a chart is about: which counters, summed by what, and what to call each line."""

    id: str
    title: str
    counters: tuple[str, ...]
    key: Callable[[Publication], Key]
    name: Callable[[Key], str]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a chart: its name, colour, and value at each instant of the grid."""

    name: str
    color: str
    values: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """One chart: what it shows in words, its spec, and the figures that it is drawn from."""

    id: str
    title: str
    description: str
    spec: dict[str, Any]
    lines: tuple[Line, ...]
    moments: tuple[str, ...]

    @property
    def sample(self) -> list[tuple[str, list[int | None]]]:
        """Every twelfth instant with its values: the chart for those who read it as a table."""
        chosen = range(0, len(self.moments), 12)
        return [(self.moments[i], [line.values[i] for line in self.lines]) for i in chosen]

    def svg(self) -> str:
        """Draw it, with ids of its own so that several can stand in one page."""
        import vl_convert

        drawn = vl_convert.vegalite_to_svg({**self.spec, "width": STATIC_WIDTH})
        return re.sub(r'(\bid="|url\(#)', rf"\g<1>{self.id}-", drawn)


def charts(evidence: Evidence) -> list[Chart]:
    """Give the charts; none where nothing was read yet."""
    span = period(evidence)
    if span is None:
        return []
    names = evidence.names
    by_account = Subject(
        "impressions",
        "Impressions by account",
        ("impressions",),
        lambda each: (each.account,),
        lambda key: names.accounts.get(key[0], key[0]),
    )
    by_demand = Subject(
        "engagements",
        "Engagements by demand",
        ENGAGEMENTS,
        lambda each: (each.campaign, each.demand or ""),
        lambda key: names.demands.get((key[0], key[1]), key[1] or "No demand"),
    )
    return [_chart(evidence, each, *span) for each in (by_account, by_demand)]


def _chart(evidence: Evidence, subject: Subject, start: datetime, end: datetime) -> Chart:
    moments = instants(start, end, GRID)
    lines = _lines(evidence, subject, moments)
    times = tuple(instant(each, evidence.zone) for each in moments)
    rows = [
        {
            "t": f"{moment.astimezone(evidence.zone):%Y-%m-%dT%H:%M:%SZ}",
            "at": times[i],
            **{f"s{n}": line.values[i] for n, line in enumerate(lines)},
        }
        for i, moment in enumerate(moments)
    ]
    description = _describe(subject, lines)
    spec = _spec(rows, lines, description)
    return Chart(subject.id, subject.title, description, spec, lines, times)


def _lines(evidence: Evidence, subject: Subject, moments: list[datetime]) -> tuple[Line, ...]:
    found = steps(evidence, subject.key, subject.counters)
    keys = sorted(found, key=lambda key: (-found[key][-1][1], key))
    named = [(one_line(subject.name(key), 60), at(found[key], moments)) for key in keys]
    kept = named if len(named) <= LINES else named[: LINES - 1]
    rest = [values for _, values in named[len(kept) :]]
    if rest:
        kept.append((f"{len(rest)} others", [add(each) for each in zip(*rest, strict=True)]))
    return tuple(Line(name, f"var(--c{n})", tuple(v)) for n, (name, v) in enumerate(kept, 1))


def _describe(subject: Subject, lines: tuple[Line, ...]) -> str:
    ends = [f"{line.name} {count(line.values[-1] or 0)}" for line in lines]
    return f"Line chart: {subject.title.lower()} over time. At the end: {'; '.join(ends)}."


def _spec(rows: list[dict[str, Any]], lines: tuple[Line, ...], description: str) -> dict[str, Any]:
    import altair as alt

    fields: list[Any] = [f"s{n}" for n in range(len(lines))]
    hover = alt.selection_point(
        name="hover", fields=["t"], on="pointerover", clear="pointerout", empty=False
    )
    axis = alt.Axis(tickCount=5, labelExpr=_TIME, labelFlush=False)
    base = alt.Chart(alt.InlineData(values=rows)).encode(
        x=alt.X("t:T", title=None, scale=alt.Scale(type="utc"), axis=axis)
    )
    folded = base.transform_fold(fields, as_=["line", "value"]).encode(
        y=alt.Y("value:Q", title=None, axis=alt.Axis(labelExpr=_COUNT, tickCount=5)),
        color=alt.Color("line:N", scale=_colors(lines, fields), legend=None),
    )
    shown = alt.condition(hover, alt.value(1), alt.value(0))
    muted = alt.value("var(--muted)")
    tips = [alt.Tooltip("at:N", title="Time")]
    tips += [alt.Tooltip(f"s{n}:Q", title=each.name, format=",") for n, each in enumerate(lines)]
    # Each instant has a strip of the whole height, unseen, that answers to the pointer.
    strips = base.mark_rule(strokeWidth=STRIP, opacity=0, aria=False).encode(tooltip=tips)
    drawn = alt.layer(
        folded.mark_line(strokeWidth=2.5, strokeCap="round", interpolate="step-after"),
        base.mark_rule(strokeWidth=1, aria=False).encode(opacity=shown, color=muted),
        folded.mark_point(size=70, filled=True, aria=False).encode(opacity=shown),
        strips.add_params(hover),
    )
    return _dressed(drawn, description)


def _colors(lines: tuple[Line, ...], fields: list[Any]) -> Any:
    import altair as alt

    return alt.Scale(domain=fields, range=[line.color for line in lines])


def _dressed(drawn: Any, description: str) -> dict[str, Any]:
    """Give size, colours and fonts: the page's own, by CSS variables."""
    configured = drawn.properties(
        width="container",
        height=HEIGHT,
        background="transparent",
        description=description,
        autosize={"type": "fit-x", "contains": "padding"},
    )
    font = "system-ui, sans-serif"
    configured = configured.configure_view(stroke=None).configure_axis(
        labelColor="var(--muted)",
        labelFont=font,
        labelFontSize=12,
        labelPadding=6,
        gridColor="var(--line)",
        domainColor="var(--line)",
        ticks=False,
    )
    spec: dict[str, Any] = configured.configure_axisX(grid=False).to_dict()
    return spec
