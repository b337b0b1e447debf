"""The charts of the page: lines over time, how all charts are styled, and how they are drawn.

Colours are CSS variables, so that one drawing serves light, dark and print. Each chart is drawn
twice: as SVG here, so that the page reads and prints without JavaScript, and by the reader's
browser for hovering.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from bot.reports.evidence import sample_times, sum_known, sums_over_time
from bot.reports.table import format_count, format_instant, one_line
from bot.reports.totals import ENGAGEMENTS

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.model import Publication
    from bot.reports.evidence import Evidence, GroupKey

FONT = "system-ui, sans-serif"

MAX_LINES = 6
"""Most lines of a chart, the rest of them summed as one: as many as colours can be told apart."""

HEIGHT = 260
STATIC_WIDTH = 620
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
class ChartGrouping:
    """A way to sum: by what, in one word, and what to call each line."""

    id: str
    name: str
    key: Callable[[Publication], GroupKey]
    line_name: Callable[[GroupKey], str]


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
    """Return the charts; none where nothing was read yet."""
    if not sample_times(evidence, detailed=True):
        return []
    views = [_chart_view(evidence, grouping) for grouping in _chart_groupings(evidence)]
    return [view for view in views if view.charts]


def _chart_groupings(evidence: Evidence) -> list[ChartGrouping]:
    """Return the groupings that divide the posts, and in any case that by campaign."""
    names = evidence.names
    groupings = (
        ChartGrouping(
            "demand", "Demand", lambda p: (p.campaign, p.demand or ""), lambda k: names.demand(*k)
        ),
        ChartGrouping(
            "event", "Event", lambda p: (p.campaign, p.event or ""), lambda k: names.event(*k)
        ),
        ChartGrouping("account", "Account", lambda p: (p.account,), lambda k: names.account(*k)),
        ChartGrouping(
            "wording",
            "Wording",
            lambda p: (p.campaign, p.post, p.wording) if p.wording else (),
            lambda k: ": ".join(k[1:]) or "One wording only",
        ),
        ChartGrouping("platform", "Platform", lambda p: (p.platform,), lambda k: k[0].capitalize()),
    )
    posts = evidence.publications
    return [
        *(grouping for grouping in groupings if len({grouping.key(post) for post in posts}) > 1),
        ChartGrouping(
            "campaign", "Campaign", lambda p: (p.campaign,), lambda k: names.campaign(*k)
        ),
    ]


def _chart_view(evidence: Evidence, grouping: ChartGrouping) -> ChartView:
    charts: list[Chart] = []
    first: tuple[ChartLine, ...] = ()
    for measure, counters in CHARTED_COUNTERS:
        lines = _chart_lines(evidence, grouping, counters)
        lines = _match_colors(lines, first) if first else lines
        first = first or lines
        if lines:
            charts.append(_chart(evidence, grouping, measure, lines))
    return ChartView(grouping.id, grouping.name, tuple(charts))


def _chart_lines(
    evidence: Evidence, grouping: ChartGrouping, counters: tuple[str, ...]
) -> tuple[ChartLine, ...]:
    sums = sums_over_time(evidence, grouping.key, counters, detailed=True)
    keys = sorted(sums, key=lambda key: (-(sums[key][-1] or 0), key))
    named = [(one_line(grouping.line_name(key), 60), sums[key]) for key in keys]
    lines = named if len(named) <= MAX_LINES else named[: MAX_LINES - 1]
    others = [values for _, values in named[len(lines) :]]
    if others:
        total = [sum_known(column) for column in zip(*others, strict=True)]
        lines.append((f"{len(others)} others", total))
    return tuple(
        ChartLine(name, f"var(--c{number})", tuple(values))
        for number, (name, values) in enumerate(lines, 1)
    )


def _match_colors(
    lines: tuple[ChartLine, ...], first: tuple[ChartLine, ...]
) -> tuple[ChartLine, ...]:
    """Return lines the colours and the order that their namesakes have in the first chart."""
    colors = {line.name: line.color for line in first}
    names = {line.name for line in lines}
    taken = {color for name, color in colors.items() if name in names}
    free = [f"var(--c{n})" for n in range(1, MAX_LINES + 1) if f"var(--c{n})" not in taken]
    matched = [replace(line, color=colors.pop(line.name, "") or free.pop(0)) for line in lines]
    return tuple(sorted(matched, key=lambda line: line.color))


def _chart(
    evidence: Evidence, grouping: ChartGrouping, measure: str, lines: tuple[ChartLine, ...]
) -> Chart:
    moments = sample_times(evidence, detailed=True)
    title = f"{measure} by {grouping.name.lower()}"
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
        f"{measure.lower()}-{grouping.id}",
        title,
        description,
        _spec(rows, lines, description),
        lines,
        tuple(format_instant(moment, evidence.zone) for moment in moments),
    )


def _spec(
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
