"""The first screen: what moved people, what did not, what needs a person, what to do next. Pure.

Sections of lines, the same in the terminal, in Markdown, in the digest and on the page, which shows
the posts as they looked and the days as a chart.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time, timedelta
from typing import TYPE_CHECKING

from bot.reports.advice import FOR_TECHNICIAN, advise, what_needs_person, what_next
from bot.reports.comparing import MIN_POSTS
from bot.reports.medians import describe_multiple
from bot.reports.period import review_period
from bot.reports.summary import describe_median, last_reads, total_rows
from bot.reports.table import (
    DAYS,
    NO_DATA,
    format_count,
    format_factor,
    format_number_of,
    format_rate,
    format_weekday,
    join_platforms,
    one_line,
    platform_name,
)
from bot.text import join_first

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime, tzinfo

    from bot.reports.advice import PeriodNotes
    from bot.reports.evidence import Evidence
    from bot.reports.period import Gains, MovedDemand, MovedPost, Period, PeriodReview

POST_LENGTH, DEMAND_LENGTH = 60, 60
"""At most so many characters of a post's text, and of what a demand asks for."""

RANKING = "Ranked by engagements; posts that did worse than usual stand apart."

MAX_EARLY, MAX_DEMANDS = 3, 5
"""At most so many posts of which it is too early to speak, and demands."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line, the address of the post that it is about, and the command that settles it, or ""."""

    text: str
    url: str = ""
    command: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """Some lines under a title; ``ordered`` where the first is the best.

    ``head`` says before them how they are ordered, ``note`` stands below them.
    """

    id: str
    title: str
    lines: tuple[Line, ...]
    ordered: bool = False
    head: str = ""
    note: str = ""


TOTALS_HEADINGS = ("", "This time", "Before", "Change")
NOTHING_NEEDED = "Nothing."
"""What is said where nothing needs a person."""

PART_OF_A_DAY = "* Not a whole day."


@dataclass(frozen=True, slots=True)
class Answer:
    """The sections, and what they are written from: the page shows some of that as pictures.

    ``lead`` is the period in plain sentences. ``reads`` say when counters were last read, none if
    never, and those of accounts that are behind. ``totals`` are what is counted, in this period, in
    the one before, and the change, each as written. ``days`` have their names, with a * where only
    a part lies in the period; none where nothing is known. ``step`` is a day, a week, or more days.
    """

    evidence: Evidence
    title: str
    lead: str
    reads: tuple[tuple[str, str], ...]
    sections: tuple[Section, ...]
    totals: tuple[tuple[str, str, str, str], ...]
    budgets: tuple[str, ...]
    days: tuple[tuple[str, Gains], ...]
    days_before: tuple[tuple[str, Gains], ...]
    step: str
    review: PeriodReview

    @property
    def day_counters(self) -> list[str]:
        """What is shown of its days: impressions, where any are known, and engagements."""
        shown = any(gained.impressions is not None for _, gained in self.days)
        return ["impressions", "engagements"] if shown else ["engagements"]

    @property
    def needs_person(self) -> bool:
        """Whether anything needs a person."""
        return self.section("attention").lines[0].text != NOTHING_NEEDED

    def section(self, id_: str) -> Section:
        """Return one of those that are always there: "best", "attention" and "next"."""
        return next(section for section in self.sections if section.id == id_)


def answer(evidence: Evidence, period: Period, notes: PeriodNotes, now: datetime) -> Answer:
    """Write what a report says first about a period; see ``review_period`` for the evidence.

    A period may be over for long; what needs a person is as of ``now``.
    """
    review = review_period(evidence, period)
    step = period.step_days(evidence.zone)
    title = f"The past {_length(period)}"
    if period.end < now:  # it is over, and named by its last day
        first, end = (at.astimezone(evidence.zone) for at in (period.start, period.end))
        last = (end - timedelta(microseconds=1)).date()
        title = f"{DAYS[last.weekday()][:3]} {last}"
        if first.date() != last:
            title = f"The {_length(period)} up to {title}"
    return Answer(
        evidence,
        title,
        _lead(evidence, review, period.end == now),
        tuple(last_reads(evidence)),
        tuple(_sections(evidence, review, notes, now)),
        tuple(total_rows(evidence, review, notes)),
        tuple(f"{budget.account}: {budget}" for budget in notes.budgets),
        _named_days(review.days, evidence.zone, step),
        _named_days(review.days_before, evidence.zone, step),
        {1: "day", 7: "week"}.get(step, f"{step} days"),
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
        name = f"{DAYS[start.weekday()][:3]} {start:%d}" if step == 1 else f"{start:%Y-%m-%d}"
        is_whole = end - start == timedelta(days=step) and start.time() == time()
        named.append((name if is_whole else f"{name}*", gained))
    return tuple(named)


def _length(period: Period) -> str:
    hours = max(1, round((period.end - period.start) / timedelta(hours=1)))
    days = round(hours / 24)
    return f"{days} days" if days > 1 else f"{hours} hours" if hours > 1 else "hour"


def _lead(evidence: Evidence, review: PeriodReview, is_up_to_now: bool) -> str:  # noqa: FBT001 - of one call
    when = f"the past {_length(review.period)}" if is_up_to_now else "this time"
    now, then = (gained.engagements for gained in review.gained)
    engaged = "No data on engagements" if now is None else format_number_of(now, "engagement")
    if len(platforms := evidence.platforms()) > 1:
        engaged += f" on {join_platforms(platforms)}"
    before = "no data" if then is None else format_count(then) if then else "none"
    out, out_before = review.out
    new = format_number_of(out, "new post") if out else "No new posts"
    lead = f"{engaged} in {when}, {before} in the {_length(review.before)} before. {new}, "
    lead += f"{format_count(out_before) if out_before else 'none'} before"
    if not min(review.out) and max(review.out) >= MIN_POSTS:
        lead += ", so the two can hardly be compared"
    rates = [format_rate(gained.rate) for gained in review.gained]
    if NO_DATA not in rates:
        on = f" on {join_platforms(evidence.platforms_with_impressions)}" * (len(platforms) > 1)
        lead += f". Per impression{on}: {rates[0]}, before {rates[1]}"
    unread = review.gained[0].missing
    return f"{lead}. {unread}, so the sums may be too low." if unread else f"{lead}."


def _sections(
    evidence: Evidence, review: PeriodReview, notes: PeriodNotes, now: datetime
) -> Iterator[Section]:
    claims, undecided = advise(evidence)
    ahead = what_next(claims, undecided, notes.scheduled_ahead)
    attention = tuple(what_needs_person(evidence, notes, now)) or (NOTHING_NEEDED,)
    to_do = (
        Section("attention", "Needs a person", _to_do(attention, notes)),
        Section("next", "What next", _to_do(ahead, notes)),
    )
    # Read from top to bottom, five posts would stand before what somebody must do.
    if attention != (NOTHING_NEEDED,):
        yield from to_do
    best = tuple(describe_post(evidence, post) for post in review.best)
    nothing = (Line(_why_nothing(evidence, review)),)
    start, end = (
        format_weekday(at, evidence.zone) for at in (review.period.start, review.period.end)
    )
    note = f"Figures are what posts gained from {start} to {end}, however old they are."
    yield Section(
        "best",
        "What moved people",
        best or nothing,
        ordered=bool(best),
        head=RANKING if best else "",
        note=f"{note} {describe_median(evidence)}" if best else note,
    )
    if review.worse:
        worse = tuple(describe_post(evidence, post) for post in review.worse)
        yield Section("worse", "Did worse than usual", worse)
    if early := review.too_early:
        texts = [
            f"“{one_line(post.first.text, POST_LENGTH // 2)}”{_on_platform(evidence, post)}"
            for post in early
        ]
        line = f"{format_number_of(len(early), 'new post')}: {join_first(texts, MAX_EARLY)}"
        yield Section("early", "Too early to say", (Line(line),))
    yield from _demand_sections(evidence, review, is_decided="demand" in claims)
    if attention == (NOTHING_NEEDED,):
        yield from to_do


def _demand_sections(
    evidence: Evidence, review: PeriodReview, *, is_decided: bool
) -> Iterator[Section]:
    ranked = [demand for demand in review.demands if demand.is_ranked][:MAX_DEMANDS]
    if ranked:
        lines = tuple(Line(describe_demand(evidence, demand)) for demand in ranked)
        known = ", as far as is known" * any(demand.gained.unread for demand in review.demands)
        is_open = not is_decided and len(ranked) > 1 and bool(ranked[0].gained.engagements)
        note = (
            f"“{_name(evidence, ranked[0])}” had most engagements{known}. It is not proved that it "
            f"moves more {'people' if evidence.without_impressions else 'of those who see it'}."
        )
        yield Section("demands", "Demands", lines, ordered=True, note=note * is_open)
    if apart := [demand for demand in review.demands if not demand.is_ranked][:MAX_DEMANDS]:
        lines = tuple(Line(describe_demand(evidence, demand)) for demand in apart)
        yield Section("unranked", "Demands with too few figures", lines)


def _to_do(texts: Iterable[str], notes: PeriodNotes) -> tuple[Line, ...]:
    """Return lines for a person, with what is meant for the technician apart."""
    split = (notes.hint(text).partition(FOR_TECHNICIAN) for text in texts)
    return tuple(Line(what.rstrip(), command=f"{mark}{command}") for what, mark, command in split)


def _why_nothing(evidence: Evidence, review: PeriodReview) -> str:
    """Say why no post moved anybody: that nothing is out, was read, or that nobody engaged."""
    gained = review.gained[0]
    if not evidence.publications:
        return "Nothing has been published yet."
    if evidence.read is None:
        return "No counters have been read yet, so nothing can be said about them."
    if evidence.read <= review.period.start:
        return f"No counters were read since {format_weekday(evidence.read, evidence.zone)}."
    if gained.engagements is None:
        return "No data: no post was read both before and within this time."
    return "Nobody engaged with any post in this time."


def describe_post(evidence: Evidence, post: MovedPost) -> Line:
    """Describe a post: its words, what it gained, how that compares, and where it is."""
    first = post.first
    accounts = {publication.account for publication in evidence.publications}
    on = _on_platform(evidence, post)
    demand = evidence.names.demand(first.campaign, first.demand) if first.demand else ""
    about = [
        f"“{one_line(first.text, POST_LENGTH)}”",
        f"{format_count(post.gained.engagements)} engagements",
        describe_multiple(post.multiple),
        f"for “{one_line(demand, DEMAND_LENGTH)}”" if demand else "without a demand",
        *[f"{evidence.names.account(first.account)}{on}"] * (len(accounts) > 1),
        *["deleted since"] * any(part.gone for part in post.parts),
    ]
    return Line(" · ".join(about), "" if first.gone else first.url)


def _on_platform(evidence: Evidence, post: MovedPost) -> str:
    """Name a post's platform where there are several; elsewhere it need not be said."""
    return f" on {platform_name(post.first.platform)}" if len(evidence.platforms()) > 1 else ""


def describe_engagements(gained: Gains) -> str:
    """Write how often people engaged: where posts were not read, at least so often, or no data."""
    if not gained.unread:
        return format_count(gained.engagements)
    return f"at least {format_count(gained.engagements)}" if gained.engagements else NO_DATA


def describe_demand(evidence: Evidence, demand: MovedDemand) -> str:
    """Describe in a line what a demand's posts gained."""
    campaigns = {publication.campaign for publication in evidence.publications}
    where = f" ({evidence.names.campaign(demand.campaign)})" if len(campaigns) > 1 else ""
    times = f", {format_factor(demand.multiple)} your median" if demand.multiple else ""
    engaged = describe_engagements(demand.gained)
    engaged = "no data" if engaged == NO_DATA else f"{engaged} engagements"
    unread = f"; {demand.gained.missing}" * bool(demand.gained.missing)
    new = format_number_of(demand.new, "new post")
    return f"“{_name(evidence, demand)}”{where}: {engaged}, {new}{times}{unread}"


def _name(evidence: Evidence, demand: MovedDemand) -> str:
    return one_line(evidence.names.demand(demand.campaign, demand.demand), DEMAND_LENGTH)
