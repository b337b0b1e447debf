"""The charts of the page: lines over time, how all charts are styled, and how they are drawn.

Colours are CSS variables, so that one drawing serves light, dark and print. Each chart is drawn
twice: as SVG here, so that the page reads and prints without JavaScript, and by the reader's
browser for hovering.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from bot.reports.catalogue import GROUPINGS
from bot.reports.evidence import sample_times, sum_known, sums_over_time
from bot.reports.table import format_count, format_instant, one_line
from bot.reports.totals import ENGAGEMENTS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from bot.reports.evidence import Evidence, GroupKey, Names

FONT = "system-ui, sans-serif"

MAX_LINES = 6
"""Most lines of a chart, the rest of them summed as one: as many as colours can be told apart."""

HEIGHT, STATIC_WIDTH = 260, 620
"""Pixels. The drawing by JavaScript takes the width that it finds."""

HOVER_STRIP = 9
"""Pixels of a strip that answers to the pointer; neighbours overlap, so that none is missed."""

CHARTED_COUNTERS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Impressions", ("impressions",)),
    ("Engagements", ENGAGEMENTS),
)
"""What is drawn for each way to sum, side by side."""

_HOUR_LABEL = "utcFormat(datum.value, '%H:%M')"
_AXIS_LABEL = f"[utcFormat(datum.value, '%-d %b'), {_HOUR_LABEL} === '00:00' ? '' : {_HOUR_LABEL}]"
_TOOLTIP_TIME = "utcFormat(toDate(datum.t), '%Y-%m-%d %H:%M')"
_COUNT_LABEL = "datum.value < 1000 ? format(datum.value, ',') : format(datum.value, '~s')"


def themed(
    chart: Any, description: str, height: int, ground: str = "transparent"
) -> dict[str, Any]:
    """Return the Vega-Lite spec of an Altair chart, as wide as its place, in the page's style.

    ``ground`` is the colour behind its marks.
    """
    configured = chart.properties(
        width="container",
        height=height,
        background="transparent",
        description=description,
        autosize={"type": "fit-x", "contains": "padding"},
    )
    configured = configured.configure_view(stroke=None, fill=ground).configure_axis(
        labelColor="var(--muted)",
        labelFont=FONT,
        labelFontSize=12,
        labelPadding=6,
        gridColor="var(--line)",
        domainColor="var(--line)",
        ticks=False,
    )
    spec: dict[str, Any] = configured.configure_axisX(grid=False).to_dict()
    return spec


def to_svg(spec: dict[str, Any], name: str, width: int, layers: int) -> str:
    """Draw the first layers as SVG, ``width`` pixels wide: the others only answer to the pointer.

    ``name`` begins its ids, so that several can stand in one page.
    """
    import vl_convert

    static = {**spec, "width": width, "layer": spec["layer"][:layers], "params": []}
    drawing = vl_convert.vegalite_to_svg(static)
    drawing = re.sub(r"(\d\.\d)\d{2,}", r"\1", drawing)  # no screen shows a thousandth of a pixel
    return re.sub(r'(\bid="|url\(#)', rf"\g<1>{name}-", drawing)


@dataclass(frozen=True, slots=True)
class ChartLine:
    """One line of a chart: its name, colour, and value at each instant."""

    name: str
    color: str
    values: tuple[int | None, ...]

    @property
    def key(self) -> str:
        """The class of its colour in the style sheet."""
        return f"k{self.color[7:-1]}"


@dataclass(frozen=True, slots=True)
class Chart:
    """One chart: what it shows in words, its spec, and the figures that it is drawn from."""

    id: str
    title: str
    description: str
    spec: dict[str, Any]
    lines: tuple[ChartLine, ...]
    moments: tuple[str, ...]

    @property
    def sample(self) -> list[tuple[str, list[int | None]]]:
        """Every twelfth instant with its values: the chart as a table."""
        chosen = range(0, len(self.moments), 12)
        return [(self.moments[i], [line.values[i] for line in self.lines]) for i in chosen]

    def svg(self) -> str:
        """Draw it as SVG."""
        return to_svg(self.spec, self.id, STATIC_WIDTH, layers=1)


@dataclass(frozen=True, slots=True)
class ChartView:
    """The charts of one way to sum, of which a reader sees one at a time."""

    id: str
    name: str
    charts: tuple[Chart, ...]


def chart_views(evidence: Evidence) -> list[ChartView]:
    """Return the charts of each grouping that divides the posts, and of campaigns in any case.

    There are none where nothing was read yet.
    """
    if not sample_times(evidence, detailed=True):
        return []
    views = []
    for id_, line_name in _LINE_NAMES.items():
        key = partial(GROUPINGS[id_].key, evidence)
        if id_ != "campaign" and len({*map(key, evidence.publications)}) <= 1:
            continue
        charts: list[Chart] = []
        for measure, counters in CHARTED_COUNTERS:
            sums = sums_over_time(evidence, key, counters, detailed=True)
            named = {group: one_line(line_name(evidence.names, group), 60) for group in sums}
            lines = _chart_lines(sums, named, charts[0].lines if charts else ())
            if lines:
                charts.append(_chart(evidence, id_, measure, lines))
        if charts:
            views.append(ChartView(id_, id_.capitalize(), tuple(charts)))
    return views


_LINE_NAMES: dict[str, Callable[[Names, GroupKey], str]] = {
    "demand": lambda names, key: names.demand(*key),
    "event": lambda names, key: names.event(*key),
    "account": lambda names, key: names.account(key[0]),
    "wording": lambda _, key: ": ".join(filter(None, key[1:])) or "One wording only",
    "platform": lambda _, key: key[0].capitalize(),
    "campaign": lambda names, key: names.campaign(key[0]),
}
"""The groupings that are drawn, and what to call a line of each."""


def _chart_lines(
    sums: Mapping[GroupKey, Sequence[int | None]],
    named: Mapping[GroupKey, str],
    first: Sequence[ChartLine],
) -> tuple[ChartLine, ...]:
    """Return a chart's lines in the colours and the order that they have in the view's first."""
    keys = sorted(sums, key=lambda key: (-(sums[key][-1] or 0), key))
    shown = keys if len(keys) <= MAX_LINES else keys[: MAX_LINES - 1]
    lines = [(named[key], sums[key]) for key in shown]
    others = [sums[key] for key in keys[len(shown) :]]
    if others:
        total = [sum_known(column) for column in zip(*others, strict=True)]
        lines.append((f"{len(others)} others", total))
    names = {name for name, _ in lines}
    colors = {line.name: line.color for line in first if line.name in names}
    palette = [f"var(--c{n})" for n in range(1, MAX_LINES + 1)]
    free = [color for color in palette if color not in colors.values()]
    drawn = [
        ChartLine(name, colors.pop(name, "") or free.pop(0), tuple(values))
        for name, values in lines
    ]
    return tuple(sorted(drawn, key=lambda line: line.color))


def _chart(evidence: Evidence, grouping: str, measure: str, lines: tuple[ChartLine, ...]) -> Chart:
    moments = sample_times(evidence, detailed=True)
    title = f"{measure} by {grouping}"
    ends = [f"{line.name} {format_count(line.values[-1] or 0)}" for line in lines]
    description = f"Line chart: {title.lower()} over time. At the end: {'; '.join(ends)}."
    rows = [
        {
            "t": f"{moment.astimezone(evidence.zone):%Y-%m-%dT%H:%M:%SZ}",
            **{f"s{number}": line.values[index] for number, line in enumerate(lines)},
        }
        for index, moment in enumerate(moments)
    ]
    return Chart(
        f"{measure.lower()}-{grouping}",
        title,
        description,
        _draw_lines(rows, lines, description),
        lines,
        tuple(format_instant(moment, evidence.zone) for moment in moments),
    )


def _draw_lines(
    rows: list[dict[str, Any]], lines: tuple[ChartLine, ...], description: str
) -> dict[str, Any]:
    import altair as alt

    fields: list[Any] = [f"s{n}" for n in range(len(lines))]
    colors = alt.Scale(domain=fields, range=[line.color for line in lines])
    hover = alt.selection_point(
        name="hover", fields=["t"], on="pointerover", clear="pointerout", empty=False
    )
    axis = alt.Axis(tickCount=5, labelExpr=_AXIS_LABEL, labelFlush=False)
    data = alt.Chart(alt.InlineData(values=rows)).transform_calculate(at=_TOOLTIP_TIME)
    base = data.encode(x=alt.X("t:T", title=None, scale=alt.Scale(type="utc"), axis=axis))
    folded = base.transform_fold(fields, as_=["line", "value"]).encode(
        y=alt.Y("value:Q", title=None, axis=alt.Axis(labelExpr=_COUNT_LABEL, tickCount=5)),
        color=alt.Color("line:N", scale=colors, legend=None),
    )
    shown = alt.condition(hover, alt.value(1), alt.value(0))
    muted = alt.value("var(--muted)")
    tips = [alt.Tooltip("at:N", title="Time")]
    tips += [alt.Tooltip(f"s{n}:Q", title=line.name, format=",") for n, line in enumerate(lines)]
    # Each instant has an invisible strip of the full height that answers to the pointer.
    strips = base.mark_rule(strokeWidth=HOVER_STRIP, opacity=0, aria=False).encode(tooltip=tips)
    layers = alt.layer(
        folded.mark_line(strokeWidth=2.5, strokeCap="round", interpolate="step-after"),
        base.mark_rule(strokeWidth=1, aria=False).encode(opacity=shown, color=muted),
        folded.mark_point(size=70, filled=True, aria=False).encode(opacity=shown),
        strips.add_params(hover),
    )
    return themed(layers, description, HEIGHT)
