"""Views of the calendar: days with the posts that are due on them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

CalendarKind = Literal["month", "week", "day"]


@dataclass(frozen=True, slots=True)
class CalendarFilter:
    """The posts to which a calendar is limited. An empty text stands for all."""

    account: str = ""
    """The name of an account."""
    campaign: str = ""
    """The id of a campaign."""
    demand: str = ""
    """The id of a demand."""
    state: str = ""
    """A state of a delivery, or ``planned``. If it is empty, posts that were cancelled or dropped
    on all of their accounts are left out."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A value that a form offers."""

    value: str
    words: str
    """The value in words."""


@dataclass(frozen=True, slots=True)
class CalendarChoices:
    """The values that the calendar's forms offer."""

    accounts: tuple[Choice, ...]
    campaigns: tuple[Choice, ...]
    demands: tuple[Choice, ...]
    states: tuple[Choice, ...]
    zones: tuple[Choice, ...]
    """The timezones of campaigns and accounts, each with their names."""


@dataclass(frozen=True, slots=True)
class CalendarPlace:
    """One account of a post in the calendar."""

    account: str
    """The account's name."""
    network: str
    """The platform's name for people, such as ``Bluesky``."""
    word: str
    """The word for its state, as in ``queue list``; ``planned`` if it is not queued yet."""


@dataclass(frozen=True, slots=True)
class CalendarEntry:
    """A post at one instant, on the accounts on which it is due then."""

    name: str
    """The name that a person types, such as ``library-hours/evening@2026-12-04``."""
    path: str
    """The path of its page in the control room."""
    campaign: str
    """The id of its campaign."""
    due: datetime
    """When it is due, in UTC."""
    local: str
    """The local time, such as ``09:00``, in the zone by which its day was chosen."""
    zone: str
    """The letters of that zone then, such as ``CET``."""
    networks: tuple[str, ...]
    """The networks of these accounts, each once."""
    on: str
    """The networks in words, with the number of accounts on each: ``X, Mastodon (12)``."""
    state: str
    """The state of all its deliveries; ``mixed`` if they are in several, ``planned`` if it is not
    queued yet."""
    word: str
    """The state in one word for people: ``out``, ``waits``, ``mixed``, ``planned``."""
    why: str
    """Why it is in this state on all accounts, or waits; "" if it only waits for its time. If the
    states are mixed, all of them with their reasons."""
    places: tuple[CalendarPlace, ...]
    """Its accounts, by network and name."""
    words: str
    """The first words of its text."""


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """A day of the calendar."""

    day: date
    is_today: bool
    """Whether it is the present day, in the chosen timezone or the first campaign's."""
    is_outside: bool
    """Whether it belongs to the month before or after the one that is shown."""
    posts: int
    """The number of posts that are due on it."""
    entries: tuple[CalendarEntry, ...]
    """The first of them."""
    hidden: int
    """The number of the others."""
    hidden_words: str
    """The states of the others that a person should know, such as ``2 needs you``; "" if there is
    none."""
    changes: tuple[str, ...]
    """What the clocks of a timezone do on this day, with the timezone's name."""

    @property
    def is_bare(self) -> bool:
        """Whether a list of days can leave it out."""
        return self.is_outside or not (self.posts or self.changes or self.is_today)


@dataclass(frozen=True, slots=True)
class CalendarView:
    """A month, a week or a day of the calendar."""

    kind: CalendarKind
    day: date
    """The day that was asked for, which lies within it."""
    title: str
    """Its name, such as ``December 2026``."""
    weeks: tuple[tuple[CalendarDay, ...], ...]
    """Its days by week, from Monday on; a single one for a day."""
    today: date
    """The present day."""
    previous: date | None
    """A day of the month, week or day before; None if that is too long ago for a campaign."""
    following: date | None
    """A day of the one after it; None if no campaign is so far ahead."""
    zone: str
    """The timezone of all times; "" if each post is shown in that of its audience."""
    zones: tuple[str, ...]
    """The timezones of the times that are shown."""
    posts: int
    """The number of posts of the month, week or day."""
    counts: tuple[tuple[str, int], ...]
    """The states of these posts in words, each with its number."""
    left_out: int
    """The number of posts that are left out because they were cancelled or dropped."""
    page: int
    """The page of a long day, from 1 on."""
    pages: int
    """The number of pages."""
    choices: CalendarChoices
    """The values that can be chosen."""
    notes: tuple[str, ...]
    """Why planned times are missing, in sentences."""
