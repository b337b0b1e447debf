"""The sections of the first screen, in the order in which they are read.

Work for a person stands before the posts that moved people, as five posts would hide it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.model.web_addresses import web_address
from bot.reports.advice import FOR_TECHNICIAN, Matter, advise, what_needs_person, what_next
from bot.reports.demands import demand_sections
from bot.reports.lines import POST_LENGTH, Line, Section, describe_post
from bot.reports.summary import describe_median
from bot.reports.table import format_number_of, format_weekday, one_line
from bot.reports.verdict import what_is_counted
from bot.text import join_first

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from bot.reports.advice import PeriodNotes
    from bot.reports.evidence import Evidence
    from bot.reports.moved import PeriodReview

RANKING = "Ranked by engagements; posts that did worse than usual stand apart."
RANKING_TOGETHER = (
    "Ranked by engagements, those of all networks together; posts that did worse than usual stand "
    "apart."
)
NONE_STANDS_OUT = (
    "No post stands out. These have the most engagements, but are below your median, which may be "
    "chance."
)

MAX_EARLY = 3
"""Most posts that are named as too early to judge."""

NOTHING_NEEDED = "Nothing."
"""The only line of "Needs a person" if nothing does."""


def build_sections(
    evidence: Evidence, review: PeriodReview, notes: PeriodNotes, now: datetime
) -> Iterator[Section]:
    """Yield "Needs a person", "What next", the demands, the best posts and the others."""
    claims, undecided = advise(evidence)
    ahead = map(Matter, what_next(claims, notes.scheduled_ahead))
    attention = tuple(what_needs_person(evidence, notes, now)) or (Matter(NOTHING_NEEDED),)
    yield Section("attention", "Needs a person", _to_do(attention, notes))
    yield Section("next", "What next", _to_do(ahead, notes), detail=" ".join(undecided))
    demands = [*demand_sections(evidence, review, is_decided="demand" in claims)]
    yield from (section for section in demands if section.id == "demands")
    yield _best(evidence, review)
    if review.worse:
        worse = tuple(describe_post(evidence, post) for post in review.worse)
        yield Section("worse", "Did worse than usual", worse)
    yield from (section for section in demands if section.id != "demands")
    if early := review.too_early:
        texts = [f"“{one_line(post.first.text, POST_LENGTH // 2)}”" for post in early]
        line = f"{format_number_of(len(early), 'new post')}: {join_first(texts, MAX_EARLY)}"
        yield Section("early", "Too early to say", (Line(line),))


def _best(evidence: Evidence, review: PeriodReview) -> Section:
    best = tuple(describe_post(evidence, post) for post in review.best)
    start, end = (
        format_weekday(at, evidence.zone) for at in (review.period.start, review.period.end)
    )
    note = f"Figures count the gains of posts of any age from {start} to {end}."
    ranking = RANKING_TOGETHER if len(evidence.platforms()) > 1 else RANKING
    if any(post.seems_below for post in review.best):
        ranking = NONE_STANDS_OUT
    return Section(
        "best",
        "What moved people",
        best or (Line(_why_nothing(evidence, review)),),
        ordered=bool(best),
        head=ranking if best else "",
        note=f"{note} {what_is_counted(evidence)}",
        detail=describe_median(evidence) if best else "",
    )


def _to_do(matters: Iterable[Matter], notes: PeriodNotes) -> tuple[Line, ...]:
    """Return lines for a person, each with the words for the technician as its command."""
    lines = []
    for matter in matters:
        what, mark, command = notes.hint(matter.text).partition(FOR_TECHNICIAN)
        page = web_address(notes.web_origin, matter.page)
        lines.append(Line(what.rstrip(), command=f"{mark}{command}", page=page))
    return tuple(lines)


def _why_nothing(evidence: Evidence, review: PeriodReview) -> str:
    """Return the reason why no post is listed."""
    gained = review.gained[0]
    if not evidence.publications:
        return "Nothing has been published yet."
    if evidence.read is None:
        return "No counters have been read yet."
    if evidence.read <= review.period.start:
        return f"No counters were read since {format_weekday(evidence.read, evidence.zone)}."
    if gained.engagements is None:
        return "No data. No post was read both before and within this time."
    if gained.engagements > 0:
        return "No post stands out. Those that people engaged with did worse than usual."
    return "Nobody engaged with any post in this time."
