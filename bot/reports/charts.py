"""The page's charts over time, as Vega-Lite specs that Altair writes and checks.

There is a pair of them, impressions and engagements, for each way to sum that tells anything apart.
Times are the audience's wall clock: Vega is told that they are UTC, and so leaves them as they are
wherever the page is opened.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from bot.reports.drawing import dressed, still
from bot.reports.figures import count, instant, one_line
from bot.reports.numbers import ENGAGEMENTS, add
from bot.reports.series import moments, over_time

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
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

_HOUR = "utcFormat(datum.value, '%H:%M')"
_TIME = f"[utcFormat(datum.value, '%-d %b'), {_HOUR} === '00:00' ? '' : {_HOUR}]"
_AT = "utcFormat(toDate(datum.t), '%Y-%m-%d %H:%M')"
_COUNT = "datum.value < 1000 ? format(datum.value, ',') : format(datum.value, '~s')"

Key = tuple[str, ...]


MEASURES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Impressions", ("impressions",)),
    ("Engagements", ENGAGEMENTS),
)
"""What is drawn of each way to sum, side by side."""


@dataclass(frozen=True, slots=True)
class Way:
    """A way to sum: by what, in one word, and what to call each line."""

    id: str
    name: str
    key: Callable[[Publication], Key]
    called: Callable[[Key], str]


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

    @property
    def key(self) -> str:
        """Give its colour's class in the style sheet."""
        return f"k{self.color[7:-1]}"


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
        """Draw its lines."""
        return still(self.spec, self.id, STATIC_WIDTH, layers=1)


@dataclass(frozen=True, slots=True)
class View:
    """The charts of one way to sum, of which a reader sees one at a time."""

    id: str
    name: str
    charts: tuple[Chart, ...]


def views(evidence: Evidence) -> list[View]:
    """Give the charts; none where nothing was read yet."""
    if not moments(evidence, fine=True):
        return []
    drawn = [_view(evidence, way) for way in _ways(evidence)]
    return [each for each in drawn if each.charts]


def _ways(evidence: Evidence) -> list[Way]:
    """Give those that tell posts apart, and the campaigns, of which one is all there is."""
    names = evidence.names
    ways = (
        Way(
            "demand", "Demand", lambda p: (p.campaign, p.demand or ""), _of(names.demands, "demand")
        ),
        Way("event", "Event", lambda p: (p.campaign, p.event or ""), _of(names.events, "event")),
        Way("account", "Account", lambda p: (p.account,), lambda k: names.accounts.get(k[0], k[0])),
        Way("wording", "Wording", _wording, lambda k: ": ".join(k[1:]) or "One wording only"),
        Way("platform", "Platform", lambda p: (p.platform,), lambda k: k[0].capitalize()),
    )
    whole = Way(
        "campaign", "Campaign", lambda p: (p.campaign,), lambda k: names.campaigns.get(k[0], k[0])
    )
    apart = [way for way in ways if len({way.key(p) for p in evidence.publications}) > 1]
    return [*apart, whole]


def _of(named: Mapping[tuple[str, str], str], what: str) -> Callable[[Key], str]:
    """Name what a campaign has several of, or say that a post has none of it."""
    return lambda key: named.get((key[0], key[1]), key[1] or f"No {what}")


def _wording(each: Publication) -> Key:
    return (each.campaign, each.post, each.wording) if each.wording else ()


def _view(evidence: Evidence, way: Way) -> View:
    subjects = [
        Subject(
            f"{measure.lower()}-{way.id}",
            f"{measure} by {way.name.lower()}",
            counters,
            way.key,
            way.called,
        )
        for measure, counters in MEASURES
    ]
    found = [_lines(evidence, each) for each in subjects]
    lines = [found[0], *(_alike(each, found[0]) for each in found[1:])]
    when = moments(evidence, fine=True)
    drawn = [_chart(evidence, *each, when) for each in zip(subjects, lines, strict=True)]
    return View(way.id, way.name, tuple(each for each in drawn if each.lines))


def _alike(lines: tuple[Line, ...], first: tuple[Line, ...]) -> tuple[Line, ...]:
    """Give lines the colours and the order that their namesakes have in the first chart."""
    known = {each.name: each.color for each in first}
    names = {each.name for each in lines}
    taken = {color for name, color in known.items() if name in names}
    free = [f"var(--c{n})" for n in range(1, LINES + 1) if f"var(--c{n})" not in taken]
    painted = [replace(each, color=known.pop(each.name, "") or free.pop(0)) for each in lines]
    return tuple(sorted(painted, key=lambda each: each.color))


def _chart(
    evidence: Evidence, subject: Subject, lines: tuple[Line, ...], moments: list[datetime]
) -> Chart:
    times = tuple(instant(each, evidence.zone) for each in moments)
    rows = [
        {
            "t": f"{moment.astimezone(evidence.zone):%Y-%m-%dT%H:%M:%SZ}",
            **{f"s{n}": line.values[i] for n, line in enumerate(lines)},
        }
        for i, moment in enumerate(moments)
    ]
    description = _describe(subject, lines)
    spec = _spec(rows, lines, description)
    return Chart(subject.id, subject.title, description, spec, lines, times)


def _lines(evidence: Evidence, subject: Subject) -> tuple[Line, ...]:
    found = over_time(evidence, subject.key, subject.counters, fine=True)
    keys = sorted(found, key=lambda key: (-(found[key][-1] or 0), key))
    named = [(one_line(subject.name(key), 60), found[key]) for key in keys]
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
    told = alt.Chart(alt.InlineData(values=rows)).transform_calculate(at=_AT)
    base = told.encode(x=alt.X("t:T", title=None, scale=alt.Scale(type="utc"), axis=axis))
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
    return dressed(drawn, description, HEIGHT)


def _colors(lines: tuple[Line, ...], fields: list[Any]) -> Any:
    import altair as alt

    return alt.Scale(domain=fields, range=[line.color for line in lines])
