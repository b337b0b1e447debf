"""The first screen of a report, the same in the terminal, in Markdown, in the digest and the page.

The page also shows the posts as they looked and the days as a chart.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import time, timedelta
from typing import TYPE_CHECKING

from bot.reports.demands import demand_name
from bot.reports.moved import review_period
from bot.reports.period import name_day, name_step
from bot.reports.sections import NOTHING_NEEDED, build_sections
from bot.reports.summary import last_reads, total_rows
from bot.reports.table import DAYS, NO_DATA, one_line
from bot.reports.verdict import first_sentences, write_length

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime, tzinfo

    from bot.reports.advice import PeriodNotes
    from bot.reports.evidence import Evidence
    from bot.reports.lines import Line, Section
    from bot.reports.moved import PeriodReview
    from bot.reports.period import Gains, Period
    from bot.reports.summary import TotalRow
    from bot.reports.table import Table

TOTALS_HEADINGS = ("", "This time", "Before", "Change")

PART_OF_A_DAY = "* Not a whole day."


@dataclass(frozen=True, slots=True)
class Answer:
    """The first screen, and the figures that the page draws."""

    evidence: Evidence
    title: str
    """The period in words."""
    verdict: tuple[str, ...]
    """Sentences on more or fewer engagements, on the new posts, and on missing figures."""
    reads: tuple[tuple[str, str], ...]
    """When counters were last read, empty if never, and when those of accounts that are behind."""
    sections: tuple[Section, ...]
    totals: tuple[TotalRow, ...]
    budgets: tuple[str, ...]
    days: tuple[tuple[str, Gains], ...]
    """The days with their names, empty without data; ``*`` ends the name of a partial day."""
    days_before: tuple[tuple[str, Gains], ...]
    """The same of the time before."""
    step: str
    """The length of one of ``days``, such as ``week`` or ``28 days``."""
    review: PeriodReview

    @property
    def lead(self) -> str:
        """The verdict in one paragraph."""
        return " ".join(self.verdict)

    @property
    def day_counters(self) -> list[str]:
        """The counters to show of its days, without impressions if none are known."""
        shown = any(gained.impressions is not None for _, gained in self.days)
        return ["impressions", "engagements"] if shown else ["engagements"]

    @property
    def needs_person(self) -> bool:
        """Whether the first section lists anything."""
        return self.section("attention").lines[0].text != NOTHING_NEEDED

    def section(self, id_: str) -> Section:
        """Return the section "best", "attention" or "next", which every answer has."""
        return next(section for section in self.sections if section.id == id_)


def answer(evidence: Evidence, period: Period, notes: PeriodNotes, now: datetime) -> Answer:
    """Return the first screen about a period, from evidence as ``review_period`` needs it.

    The period may have ended long ago, but "Needs a person" is as of ``now``.
    """
    review = review_period(evidence, period)
    step = period.step_days(evidence.zone)
    title = f"The past {write_length(period)}"
    when = "this time" if period.end < now else f"the past {write_length(period)}"
    if period.end < now:  # a period that is over is named by its last day
        first, end = (at.astimezone(evidence.zone) for at in (period.start, period.end))
        last = (end - timedelta(microseconds=1)).date()
        title = f"{DAYS[last.weekday()][:3]} {last}"
        if first.date() != last:
            title = f"The {write_length(period)} up to {title}"
    return Answer(
        evidence,
        title,
        first_sentences(review, when),
        tuple(last_reads(evidence)),
        tuple(build_sections(evidence, review, notes, now)),
        tuple(total_rows(evidence, review, notes)),
        tuple(f"{budget.account}: {budget}" for budget in notes.budgets),
        _named_days(review.days, evidence.zone, step),
        _named_days(review.days_before, evidence.zone, step),
        name_step(step),
        review,
    )


def _named_days(
    days: Mapping[Period, Gains], zone: tzinfo, step: int
) -> tuple[tuple[str, Gains], ...]:
    if not any(gained.impressions or gained.engagements for gained in days.values()):
        return ()
    named = []
    for day, gained in days.items():
        start, end = (at.astimezone(zone).replace(tzinfo=None) for at in (day.start, day.end))
        name = name_day(start.date(), step)
        is_whole = end - start == timedelta(days=step) and start.time() == time()
        named.append((name if is_whole else f"{name}*", gained))
    return tuple(named)


def contrast(table: Table, answer: Answer) -> Table:
    """Return the table, with a note if it is of demands and another one leads the first screen."""
    ranked = [demand for demand in answer.review.demands if demand.is_ranked]
    if table.id != "demand" or not ranked or not table.rows:
        return table
    ids = zip(table.column("campaign"), table.column("demand_id"), strict=True)
    leading = next((found for found in ids if found[1]), None)
    names, first = answer.evidence.names, ranked[0]
    if leading in {None, (names.campaign(first.campaign), first.demand)}:
        return table
    name = demand_name(answer.evidence, first)
    when = f"{answer.title[0].lower()}{answer.title[1:]}"
    note = (
        f"The first screen has “{name}” first, by the engagements of {when}. This table counts "
        "all that its posts have reached."
    )
    return replace(table, notes=(note, *table.notes))


# --- As plain text --------------------------------------------------------------------------------

LINE_CHARS = 400
"""Most characters of a line, as a platform's own words may be long."""


def plain_lines(answer: Answer) -> Iterator[str]:
    """Yield the first screen as lines of plain text, for messages."""
    yield answer.lead
    for section in answer.sections:
        yield from ["", section.title]
        if section.head:
            yield section.head
        for number, line in enumerate(section.lines, 1):
            mark = f"{number}." if section.ordered else "-"
            yield f"{mark} {_plain_line(line)}"
            for on in line.on:
                yield f"   {_plain_line(on)}"
            if line.command:
                yield f"  {one_line(line.command, LINE_CHARS)}"
            if line.page:
                yield f"  {line.page}"
        yield from filter(None, (section.note, section.detail))
    yield from ["", "Totals, and in brackets those of the time before"]
    for row in answer.totals:
        known, before = ("no data" if text == NO_DATA else text for text in (row.now, row.before))
        mark = "  -" if row.network else "-"
        yield f"{mark} {row.name}: {known}" + (f" ({before})" if before else "")
    for budget in answer.budgets:
        yield f"- Budget of {budget}"


def _plain_line(line: Line) -> str:
    return " ".join(filter(None, [one_line(line.text, LINE_CHARS), line.url]))
