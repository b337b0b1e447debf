"""The first screen: what moved people, what did not, what needs a person, what to do next. Pure.

Sections of lines, the same in the terminal, in Markdown, in the digest and on the page, which shows
the posts as they looked and the days as a chart.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from itertools import chain
from typing import TYPE_CHECKING

from bot.reports.advice import advise
from bot.reports.medians import describe_multiple
from bot.reports.period import review_period
from bot.reports.table import (
    DAYS,
    NO_DATA,
    format_count,
    format_delta,
    format_factor,
    format_instant,
    format_money,
    format_rate,
    one_line,
    or_no_data,
)
from bot.reports.totals import DAY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime
    from decimal import Decimal

    from bot.model import BudgetStatus, Publication
    from bot.reports.evidence import Evidence
    from bot.reports.period import DayGains, Gains, MovedDemand, MovedPost, Period, PeriodReview

POST_LENGTH, DEMAND_LENGTH = 60, 60
"""At most so many characters of a post's text, and of what a demand asks for."""

RANKING = (
    "Ranked by engagements; the multiple is about how many of those who saw it engaged: the more "
    "saw it, the smaller a difference is sure. Posts that did worse than usual stand apart."
)
UNDECIDED_DEMANDS = "It is too early to say which of them moves more of those who see it."

MAX_NAMED, MAX_DEMANDS, MAX_ATTENTION = 3, 5, 8
"""At most so many posts of which it is too early to speak, demands, and things for a person."""

FOR_TECHNICIAN = "For your technician:"
"""What stands before the command that settles something: the line is there to be forwarded."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line, and the address of the post that it is about, "" where there is none."""

    text: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """Some lines under a title; ``ordered`` where the first is the best. ``note`` is about all."""

    id: str
    title: str
    lines: tuple[Line, ...]
    ordered: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class PeriodNotes:
    """What is known beside the posts' figures.

    ``attention`` says what needs a person now, a line each with its command, ``scheduled_ahead``
    how many posts the next seven days hold, ``spent`` what was booked in the period and in the one
    before, in dollars (None where nobody asked), ``budgets`` are those of the month.
    """

    attention: tuple[str, ...] = ()
    scheduled_ahead: int | None = None
    spent: tuple[Decimal, Decimal] | None = None
    budgets: tuple[BudgetStatus, ...] = ()
    hint: Callable[[str], str] = str
    """Completes the commands that a line names."""


TOTALS_HEADINGS = ("", "This time", "Before", "Change")
NOTHING_NEEDED = "Nothing."
"""What is said where nothing needs a person."""

PART_OF_A_DAY = "* Only a part of this lies in the time."


@dataclass(frozen=True, slots=True)
class Answer:
    """The sections, and what they are written from: the page shows some of that as pictures."""

    evidence: Evidence
    title: str
    span: str
    sections: tuple[Section, ...]
    totals: tuple[tuple[str, str, str, str], ...]
    """What is counted, this period, the one before, and the change, each as written."""

    budgets: tuple[str, ...]
    days: tuple[DayGains, ...]
    """The days of the period; none where nothing is known of any."""

    days_before: tuple[DayGains, ...]
    step: str
    """What is shown as one: a day, a week, or a number of days."""

    review: PeriodReview

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
        _span(evidence, review),
        tuple(_sections(evidence, review, notes, now)),
        tuple(_totals(evidence, review, notes)),
        tuple(f"{budget.account}: {budget}" for budget in notes.budgets),
        _known_days(review.days),
        _known_days(review.days_before),
        {1: "day", 7: "week"}.get(step, f"{step} days"),
        review,
    )


def _known_days(days: tuple[DayGains, ...]) -> tuple[DayGains, ...]:
    gained = [day.gained for day in days]
    return days if any(day.impressions or day.engagements for day in gained) else ()


def _length(period: Period) -> str:
    hours = max(1, round((period.end - period.start) / timedelta(hours=1)))
    days = round(hours / 24)
    return f"{days} days" if days > 1 else f"{hours} hours" if hours > 1 else "hour"


def _span(evidence: Evidence, review: PeriodReview) -> str:
    start, end = (_day_and_time(evidence, at) for at in (review.period.start, review.period.end))
    unread = review.gained[0].missing
    (out, out_before), (now, then) = review.out, (gained.engagements for gained in review.gained)
    engaged, before = ("no data" if n is None else format_count(n) for n in (now, then))
    return (
        f"{out} post{'s' * (out != 1)} out and {engaged} engagements; in the "
        f"{_length(review.before)} before, {out_before} and {before}. From {start} to {end} "
        f"({evidence.timezone}). Figures are what posts gained in that time, however old they are. "
        "“Your median” is that of the account's posts, in engagements per impression; “surely” is "
        f"99 % certain, “likely” 90 %.{f' Of the posts, {unread} in that time.' * bool(unread)}"
    )


def _day_and_time(evidence: Evidence, moment: datetime) -> str:
    local = moment.astimezone(evidence.zone)
    return f"{DAYS[local.weekday()][:3]} {local:%Y-%m-%d %H:%M}"


def _sections(
    evidence: Evidence, review: PeriodReview, notes: PeriodNotes, now: datetime
) -> Iterator[Section]:
    claims, undecided = advise(evidence)
    # Read from top to bottom, five posts would stand before what somebody must do.
    attention = tuple(Line(notes.hint(text)) for text in _attention(evidence, notes, now))
    if attention:
        yield Section("attention", "Needs a person", attention)
    best = tuple(describe_post(evidence, post) for post in review.best)
    nothing = (Line(_why_nothing(evidence, review)),)
    note = RANKING if best else ""
    yield Section("best", "What moved people", best or nothing, ordered=bool(best), note=note)
    if review.worse:
        worse = tuple(describe_post(evidence, post) for post in review.worse)
        yield Section("worse", "Did worse than usual", worse)
    if early := review.too_early:
        named = [f"“{one_line(post.first.text, POST_LENGTH // 2)}”" for post in early[:MAX_NAMED]]
        more = f" and {len(early) - MAX_NAMED} more" * (len(early) > MAX_NAMED)
        posts = f"{len(early)} new post{'s' * (len(early) != 1)}"
        yield Section("early", "Too early to say", (Line(f"{posts}: {', '.join(named)}{more}"),))
    if demands := review.demands[:MAX_DEMANDS]:
        lines = tuple(Line(describe_demand(evidence, demand)) for demand in demands)
        note = "" if "demand" in claims or len(demands) == 1 else UNDECIDED_DEMANDS
        yield Section("demands", "Demands", lines, ordered=True, note=note)
    if not attention:
        yield Section("attention", "Needs a person", (Line(NOTHING_NEEDED),))
    yield Section("next", "What next", tuple(map(Line, _next(claims, undecided, notes))))


def _why_nothing(evidence: Evidence, review: PeriodReview) -> str:
    """Say why no post moved anybody: that nothing is out, was read, or that nobody engaged."""
    gained = review.gained[0]
    if not evidence.publications:
        return "Nothing has been published yet."
    if evidence.read is None:
        return "No counters have been read yet, so nothing can be said about them."
    if evidence.read <= review.period.start:
        return f"No counters were read since {_day_and_time(evidence, evidence.read)}."
    if gained.engagements is None:
        return "No data: no post was read both before and within this time."
    return "Nobody engaged with any post in this time."


def describe_post(evidence: Evidence, post: MovedPost) -> Line:
    """Describe a post: its words, what it gained, how that compares, and where it is."""
    first = post.first
    accounts = {publication.account for publication in evidence.publications}
    demand = evidence.names.demand(first.campaign, first.demand) if first.demand else ""
    about = [
        f"“{one_line(first.text, POST_LENGTH)}”",
        f"{or_no_data(format_count, post.gained.engagements)} engagements",
        describe_multiple(post.multiple),
        f"for “{one_line(demand, DEMAND_LENGTH)}”" if demand else "without a demand",
        *[evidence.names.account(first.account)] * (len(accounts) > 1),
        *["deleted since"] * any(part.gone for part in post.parts),
    ]
    return Line(" · ".join(about), "" if first.gone else first.url)


def describe_engagements(gained: Gains) -> str:
    """Write how often people engaged: where posts were not read, at least so often, or no data."""
    if not gained.unread:
        return or_no_data(format_count, gained.engagements)
    return f"at least {format_count(gained.engagements)}" if gained.engagements else NO_DATA


def describe_demand(evidence: Evidence, demand: MovedDemand) -> str:
    """Describe in a line what a demand's posts gained."""
    campaigns = {publication.campaign for publication in evidence.publications}
    asked = one_line(evidence.names.demand(demand.campaign, demand.demand), DEMAND_LENGTH)
    where = f" ({evidence.names.campaign(demand.campaign)})" if len(campaigns) > 1 else ""
    times = f", {format_factor(demand.multiple)} your median" if demand.multiple else ""
    new = f"{demand.new} new post{'s' * (demand.new != 1)}"
    gained = demand.gained
    engaged = describe_engagements(gained)
    unread = f", {gained.missing}" * bool(gained.missing)
    return f"“{asked}”{where}: {engaged} engagements, {new}{times}{unread}"


def _attention(evidence: Evidence, notes: PeriodNotes, now: datetime) -> Iterator[str]:
    """Yield what needs a person, a line each: what to decide first, then the command for it.

    Figures that stand still as their account's budget is spent are one thing, and one line.
    """
    yield from notes.attention[:MAX_ATTENTION]
    if (more := len(notes.attention) - MAX_ATTENTION) > 0:
        yield f"and {more} more. {FOR_TECHNICIAN} groundswell inbox"
    late: dict[str, list[Publication]] = defaultdict(list)
    for post in evidence.publications:
        is_paused = post.account in evidence.paused_accounts
        if post.next_read and (post.next_read < now - DAY or is_paused):
            late[post.account].append(post)
    raise_it = f"{FOR_TECHNICIAN} raise budget in config.yaml; groundswell plan --cost"
    for account, posts in sorted(late.items()):
        known = (evidence.latest.get(post.id) for post in posts)
        last = max((latest.read for latest in known if latest), default=None)
        when = f"since {format_instant(last, evidence.zone)}" if last else "yet"
        unread = f"{evidence.names.account(account)}: figures have not been read {when}"
        if why := evidence.paused_accounts.get(account):
            yield f"{unread}: {why}. Decide whether to spend more, or wait a month. {raise_it}"
        else:
            yield f"{unread}. Is Groundswell running? {FOR_TECHNICIAN} groundswell status"
    for budget in notes.budgets:
        if budget.threshold and not late.keys() & {budget.account} & {*evidence.paused_accounts}:
            spent = f"{evidence.names.account(budget.account)} has spent {budget}"
            then = "once it is spent, figures are not read until next month"
            yield f"{spent}. Decide whether it may spend more: {then}. {raise_it}"


def _next(
    claims: Mapping[str, Sequence[str]], undecided: Sequence[str], notes: PeriodNotes
) -> Iterator[str]:
    if notes.scheduled_ahead == 0:
        add = notes.hint("groundswell queue add")
        yield f"No post is scheduled for the seven days ahead: write some, or {add}."
    yield from chain.from_iterable(claims.values())
    if not claims:
        compared = f" Compared: {', '.join(undecided)}." * bool(undecided)
        none = "The figures carry no advice yet: no kind of post surely moves more people."
        yield f"{none}{compared}"
    if count := notes.scheduled_ahead:
        posts = "1 post is" if count == 1 else f"{format_count(count)} posts are"
        yield f"{posts} scheduled for the seven days ahead."


# --- Totals ---------------------------------------------------------------------------------------


def _totals(
    evidence: Evidence, review: PeriodReview, notes: PeriodNotes
) -> Iterator[tuple[str, str, str, str]]:
    out, out_before = review.out
    yield "Posts out", format_count(out), format_count(out_before), format_delta(out - out_before)
    for name in ("impressions", "engagements", "passed_on", "answered"):
        now, then = (getattr(gained, name) for gained in review.gained)
        change = NO_DATA if now is None or then is None else format_delta(now - then)
        title = name.replace("_", " ").capitalize()
        yield title, or_no_data(format_count, now), or_no_data(format_count, then), change
    rate, rate_before = (or_no_data(format_rate, gained.rate) for gained in review.gained)
    yield "Engagements per impression", rate, rate_before, ""
    if notes.spent is not None:
        spent, spent_before = map(format_money, notes.spent)
        yield "Spent", spent, spent_before, ""
    if any(gained.unread for gained in review.gained):
        known, known_before = (f"{gained.unread} of {gained.posts}" for gained in review.gained)
        yield "Posts without data", known, known_before, ""
    read = evidence.read and format_instant(evidence.read, evidence.zone)
    yield "Counters last read", read or "never", "", ""
