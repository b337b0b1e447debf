"""What should be said, by whom and when, as the YAML states it.

Plain frozen values. Every ``datetime`` is aware and in UTC unless its name says local.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol, TypeVar

from bot.model.content import NOWHERE, Content, Mark

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from decimal import Decimal

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Suppression:
    """A comment that allows a rule to be broken here, and the reason it gives."""

    code: str
    reason: str
    mark: Mark = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Fact:
    """A claim that supports a demand, with the source a hostile reader will ask for."""

    id: str
    claim: str
    figure: str | None
    source: str
    as_of: str  # 2026-03-18, 2026-03 or 2026
    review_by: date | None = None
    """The last day on which it may be used without a new review."""
    mark: Mark = field(default=NOWHERE, compare=False)
    suppressions: tuple[Suppression, ...] = ()


@dataclass(frozen=True, slots=True)
class Statement:
    """What a named person said: ``words`` verbatim if ``exact``, else a paraphrase."""

    id: str
    speaker: str
    role: str
    source: str
    words: str
    exact: bool
    as_of: str | None = None
    excerpts: tuple[str, ...] = ()
    """Shortened or explained forms of the words that may be quoted as they stand."""
    mark: Mark = field(default=NOWHERE, compare=False)
    suppressions: tuple[Suppression, ...] = ()


@dataclass(frozen=True, slots=True)
class Demand:
    """What is asked, of whom, and the ids of the facts that support it."""

    id: str
    ask: str
    target: str
    facts: tuple[str, ...] = ()
    mark: Mark = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happens at a place, in that place's ``timezone``."""

    id: str
    name: str
    place: str
    timezone: str
    starts: datetime
    ends: datetime
    cancelled: bool = False
    illustrative: bool = False
    mark: Mark = field(default=NOWHERE, compare=False)


ONCE = "once"
"""The label of a post at a fixed time."""

SLOT = "slot"
"""The label of a post that takes the next queue slot, whichever that is."""


class ScheduleKind(StrEnum):
    """What kind of ``when`` a post has: the key that names it in a campaign file."""

    AT = "at"
    """Once, at a time of its own."""
    EVENT = "event"
    """Once, so long before or after an event."""
    EVERY = "every"
    """Again and again."""
    SLOT = "slot"
    """Once, in the next queue slot of its account."""


@dataclass(frozen=True, slots=True)
class Moment:
    """One time that a schedule names.

    ``label`` is the schedule's own name for it and part of the delivery's key: ``once`` for a
    one-off, the event's id for an event-relative post, ``slot`` in a queue slot, the local date and
    time (``2026-10-25T09:00``) for a recurrence.
    """

    label: str
    due: datetime
    timezone: str


class Schedule(Protocol):
    """When a post is due; the kinds are in ``bot.schedules``."""

    @property
    def kind(self) -> ScheduleKind:
        """What kind it is."""
        ...

    @property
    def frequency(self) -> str:
        """What kind it is and how often it comes, whatever the times: ``7 times a week``."""
        ...

    @property
    def due(self) -> datetime | None:
        """Its only instant, also of a cancelled event; None if it has several, or none yet."""
        ...

    def occurrences(self, start: datetime, end: datetime) -> Iterator[Moment]:
        """Yield the moments due in [start, end), in order; both are UTC."""
        ...

    def sequence_number(self, label: str) -> int:
        """Return a number for the moment of this label: those of a recurrence are consecutive."""
        ...


@dataclass(frozen=True, slots=True)
class Wording:
    """One version of a post's content; ``name`` is empty where there is only one.

    ``link`` was added on purpose, by its own key. ``literal_texts`` holds each part's text as it
    was typed, without what templates inserted; it is empty where they inserted nothing. ``cut``
    says that a text was too long for the platform, and is a thread there.
    """

    name: str
    content: Content
    link: str | None = None
    literal_texts: tuple[str, ...] = field(default=(), compare=False)
    cut: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class Post:
    """What one or more accounts publish, and when; in one wording or several.

    ``expires`` is an instant, a time after each due instant, or None: after it, the post is never
    sent. ``demand``, ``event``, ``facts`` and ``statements`` are ids within its campaign; facts and
    statements are those it names and those that its texts use. A post that runs once for each of
    several events is as many Posts with one id, each with its own ``event``. So is one whose text
    differs between its accounts, each with the ``platform`` of its own; ``dealt_among`` are then
    all the accounts that its wordings are dealt out among.
    """

    id: str
    campaign: str
    accounts: tuple[str, ...]
    when: Schedule
    wordings: tuple[Wording, ...]
    demand: str | None = None
    event: str | None = None
    platform: str | None = None
    dealt_among: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    statements: tuple[str, ...] = ()
    expires: datetime | timedelta | None = None
    embargo: datetime | None = None
    """The UTC instant before which this post is not sent, besides its campaign's embargo."""
    author: str | None = None
    suppressions: tuple[Suppression, ...] = ()
    mark: Mark = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Campaign:
    """One campaign as its files state it, templates resolved."""

    id: str
    title: str
    timezone: str
    accounts: tuple[str, ...]
    hashtags: tuple[str, ...]
    facts: Mapping[str, Fact]
    demands: Mapping[str, Demand]
    events: Mapping[str, Event]
    posts: tuple[Post, ...]
    statements: Mapping[str, Statement] = field(default_factory=dict)
    partners: tuple[str, ...] = ()
    """Organisations that publish by hand from their own accounts: they get wordings to share."""
    mentions: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """How each platform mentions a name: with the sign, by name and platform."""
    embargo: datetime | None = None
    """Nothing of the campaign is published before this instant."""
    require_approval: int = 0
    """How many people must approve a post before it is sent; an account may ask for more."""
    approval_mark: Mark = field(default=NOWHERE, compare=False)
    """Where the file says so; if it does not, where the file begins."""
    suppressions: tuple[Suppression, ...] = ()
    """Those of the campaign as a whole; facts, statements and posts have their own."""
    mark: Mark = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, order=True)
class Slot:
    """A weekly time at which an account posts: ``day`` is 0 for Monday, ``at`` is local."""

    day: int
    at: time


@dataclass(frozen=True, slots=True)
class Account:
    """An account that the organisation owns.

    ``grace`` is how late a post may still be sent, ``gap`` the least time between two posts of the
    account, and ``part_gap`` between the parts of a thread. ``timezone`` is its audience's: the
    queue ``slots``, the ``quiet`` hours (from, until; over midnight where until is earlier) and the
    days of ``daily_cap`` (posts) and ``daily_parts`` (their parts) are in it. ``budget`` is US
    dollars a month; only with ``budget_stops_posts`` do posts wait once it is spent.
    ``require_approval`` is how many people must approve at least, whatever a campaign asks for.
    ``disclosed_at`` is a page that says that its posts are automated, if its bio on X does not.
    ``options`` are settings that only its platform reads: those of ``XOptions`` in
    ``bot.platforms.options``.
    """

    name: str
    platform: str
    handle: str
    api: str
    grace: timedelta = timedelta(minutes=15)
    gap: timedelta = timedelta(seconds=30)
    part_gap: timedelta = timedelta(seconds=3)
    timezone: str = "UTC"
    slots: tuple[Slot, ...] = ()
    daily_cap: int | None = None
    daily_parts: int = 200
    quiet: tuple[time, time] | None = None
    budget: Decimal | None = None
    budget_stops_posts: bool = False
    require_approval: int = 0
    disclosed_at: str | None = None
    may_mention: tuple[str, ...] = ()
    """Names on its platform that have agreed to be mentioned by it."""
    options: object = None

    def options_as(self, kind: type[T]) -> T:
        """Return its options, which are of its platform's ``kind``, or the defaults."""
        options = self.options
        assert options is None or isinstance(options, kind), "the options of another platform"
        return options or kind()

    @property
    def stops_when_budget_is_spent(self) -> bool:
        """Whether its posts wait for the next month once its budget is spent."""
        return self.budget is not None and self.budget_stops_posts
