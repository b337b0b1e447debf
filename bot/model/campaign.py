"""Campaigns, their posts and the accounts, as the YAML files state them.

Plain frozen values. Every ``datetime`` is aware and in UTC unless its name says local.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol, TypeVar

from bot.model.content import NOWHERE, Content, Mark

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from decimal import Decimal

    from bot.model.facts import Demand, Fact, Statement, Suppression
    from bot.model.share import LinkMarks, SharePage

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happens at a place."""

    id: str
    name: str
    place: str
    timezone: str
    """The timezone of the place."""
    starts: datetime
    ends: datetime
    cancelled: bool = False
    illustrative: bool = False
    """Whether the date is only an example."""
    mark: Mark = field(default=NOWHERE, compare=False)


ONCE = "once"
"""The label of a post at a fixed time."""

SLOT = "slot"
"""The label of a post that takes the next queue slot, whichever that is."""


class ScheduleKind(StrEnum):
    """The kind of a post's ``when``, by its key in a campaign file."""

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
    """One time of a schedule."""

    label: str
    """The schedule's own name for it, and a part of the delivery's key. That is ``once`` for a
    fixed time, the event's id, ``slot`` for a queue slot, or the local date and time of a
    recurrence (``2026-10-25T09:00``)."""
    due: datetime
    timezone: str
    """The timezone in which people see it."""


class Schedule(Protocol):
    """When a post is due; the kinds are in ``bot.schedules``."""

    @property
    def kind(self) -> ScheduleKind:
        """The kind of schedule."""
        ...

    @property
    def frequency(self) -> str:
        """How often the post comes, whatever the times of day, such as ``7 times a week``."""
        ...

    @property
    def due(self) -> datetime | None:
        """The only instant, also of a cancelled event; None if there are several, or none yet."""
        ...

    def occurrences(self, start: datetime, end: datetime) -> Iterator[Moment]:
        """Yield the moments due in [start, end), in order; both are UTC."""
        ...

    def sequence_number(self, label: str) -> int:
        """Return the number of the moment with this label. A recurrence numbers them in order."""
        ...


@dataclass(frozen=True, slots=True)
class PostLink:
    """A link in a post, of a campaign that has its links marked."""

    typed: str
    """The link as it stands in the file, or as a template fetched it."""
    link: str
    """The link as it goes out, with its marks or as it was typed."""
    reason: str = ""
    """The reason that it has no marks, in a sentence; "" if it is marked."""


@dataclass(frozen=True, slots=True)
class Wording:
    """One version of a post's content."""

    name: str
    """Its name in the file; empty if the post has only one."""
    content: Content
    link: str | None = None
    """The link that the post's ``link:`` added to the text."""
    literal_texts: tuple[str, ...] = field(default=(), compare=False)
    """Each part's text as it was typed, before templates inserted anything. It is empty if they
    inserted nothing."""
    cut: bool = field(default=False, compare=False)
    """Whether a text was too long for the platform, and became a thread there."""
    links: tuple[PostLink, ...] = field(default=(), compare=False)
    """Its links, each once. It is empty if the campaign does not ask for marks."""

    @property
    def is_marked(self) -> bool:
        """Whether any of its links has marks."""
        return not all(link.reason for link in self.links)

    @property
    def typed_link(self) -> str | None:
        """The link that the post's ``link:`` added, as it stands in the file."""
        return self.link and self._with_typed_links(self.link)

    @property
    def typed_content(self) -> Content:
        """The content with its links as they are typed, without marks."""
        if not self.is_marked:
            return self.content
        parts = tuple(
            replace(
                part,
                text=self._with_typed_links(part.text),
                marked=(),
                card=part.card and replace(part.card, link=self._with_typed_links(part.card.link)),
            )
            for part in self.content.parts
        )
        return replace(self.content, parts=parts)

    def _with_typed_links(self, text: str) -> str:
        for found in self.links:
            if not found.reason:
                text = text.replace(found.link, found.typed)
        return text


@dataclass(frozen=True, slots=True)
class Post:
    """A text that one or more accounts publish, in one wording or several.

    One entry of a file becomes several Posts with one id if it names several events, or if its text
    differs between platforms.
    """

    id: str
    campaign: str
    accounts: tuple[str, ...]
    when: Schedule
    wordings: tuple[Wording, ...]
    demand: str | None = None
    """The id of the demand that it supports."""
    event: str | None = None
    """The id of the event that it names by ``event``, or by which its time goes."""
    platform: str | None = None
    """The platform of its accounts, if the text differs between platforms."""
    dealt_among: tuple[str, ...] = ()
    """All accounts among which the wordings are dealt out, if they are more than ``accounts``."""
    facts: tuple[str, ...] = ()
    """The ids of the facts that it names or that its texts use."""
    statements: tuple[str, ...] = ()
    """The ids of the statements that it names or that its texts quote."""
    expires: datetime | timedelta | None = None
    """The instant, or the time after each due instant, after which it is never sent."""
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
    """Organisations that publish by hand from their own accounts. They get wordings to share."""
    mentions: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """How each platform mentions a name, with the ``@``. The keys are name, then platform."""
    embargo: datetime | None = None
    """Nothing of the campaign is published before this instant."""
    require_approval: int = 0
    """How many people must approve a post before it is sent; an account may ask for more."""
    approval_mark: Mark = field(default=NOWHERE, compare=False)
    """The place of ``require_approval`` in the file, or else the beginning of the file."""
    link_marks: LinkMarks | None = None
    """How links to the organisation's own pages are marked, or None if they are not."""
    share: SharePage | None = None
    """The page on which supporters find the demands, the facts and wordings to start from."""
    suppressions: tuple[Suppression, ...] = ()
    """Those of the campaign as a whole. Facts, statements and posts have their own."""
    mark: Mark = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, order=True)
class Slot:
    """A weekly time at which an account posts."""

    day: int
    """0 is Monday."""
    at: time
    """The local time."""


@dataclass(frozen=True, slots=True)
class Account:
    """An account that the organisation owns."""

    name: str
    platform: str
    handle: str
    api: str
    """The address of its server."""
    grace: timedelta = timedelta(minutes=15)
    """How late a post may still be sent."""
    gap: timedelta = timedelta(seconds=30)
    """The least time between two posts."""
    part_gap: timedelta = timedelta(seconds=3)
    """The time between two parts of a thread."""
    timezone: str = "UTC"
    """The timezone of its audience, for its slots, its quiet hours and its days."""
    slots: tuple[Slot, ...] = ()
    """The weekly times for posts without a time of their own."""
    daily_cap: int | None = None
    """The most posts on one day; None for the default."""
    daily_parts: int = 200
    """The most parts on one day, of threads and single posts together."""
    quiet: tuple[time, time] | None = None
    """The hours in which nothing is sent, from and until. They pass midnight if until is earlier.
    """
    budget: Decimal | None = None
    """US dollars a month."""
    budget_stops_posts: bool = False
    """Whether posts wait for the next month once the budget is spent."""
    require_approval: int = 0
    """How many people must approve each post at least, whatever a campaign asks for."""
    disclosed_at: str | None = None
    """A page that says that its posts are automated, if its bio on X does not."""
    may_mention: tuple[str, ...] = ()
    """Names on its platform that have agreed to be mentioned by it."""
    options: object = None
    """Settings that only its platform reads, such as ``XOptions`` in ``bot.platforms.options``."""

    def options_as(self, kind: type[T]) -> T:
        """Return its options, which are of its platform's ``kind``, or the defaults."""
        options = self.options
        assert options is None or isinstance(options, kind), "the options of another platform"
        return options or kind()

    @property
    def stops_when_budget_is_spent(self) -> bool:
        """Whether its posts wait for the next month once its budget is spent."""
        return self.budget is not None and self.budget_stops_posts
