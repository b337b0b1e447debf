"""Views of what a plan does with posts, of what becomes of new ones, and of what they cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal

from bot.errors import Problem
from bot.planning.left_files import MassCancel
from bot.services.views import PlannedDelivery, PostSummary

ActionName = Literal[
    "queue", "queue again", "change", "cancel", "wait", "go on", "too late", "leave"
]
"""What a plan does: *wait* is said of posts that left the files, and *go on* of those that came
back; *leave* is said if an edit comes too late."""


@dataclass(frozen=True, slots=True)
class DeliveryChange(PlannedDelivery):
    """What a plan does with a post on one account."""

    action: ActionName
    """What the plan does with it."""
    note: str
    """What changes, or why; "" if there is nothing to say."""
    waits: str
    """What it waits for besides its time, such as approvals; "" if nothing."""


@dataclass(frozen=True, slots=True)
class PostChange(PostSummary):
    """What a plan does with a post at one moment, on the accounts that it concerns."""

    action: ActionName | Literal["mixed"]
    """What the plan does with it, or ``mixed`` if that differs between accounts."""
    note: str
    """What changes, or why, if it is the same on all of these accounts."""
    waits: str
    """What it waits for besides its time, if it is the same on all of these accounts."""
    deliveries: tuple[DeliveryChange, ...]
    """The changes on each account, by network and account."""


@dataclass(frozen=True, slots=True)
class LaterView:
    """A post that is not queued yet, as it is due beyond the horizon."""

    name: str
    """What people call it: ``library-hours/evening``."""
    due: datetime
    """Its first time, in UTC."""
    local: str
    """The day of that where the audience is."""
    queued_from: datetime
    """From when on the horizon reaches it, in UTC."""
    queued_on: str
    """The day of that where the audience is."""
    words: str
    """All of this in words."""


@dataclass(frozen=True, slots=True)
class PlanView:
    """What ``run`` would do to the queue."""

    posts: tuple[PostChange, ...]
    """The posts with which anything is done, the next due first."""
    counts: Mapping[ActionName, int]
    """How many posts each action is about; a post that has several is counted in each."""
    price: Decimal
    """US dollars for publishing what is new."""
    left_files: MassCancel | None
    """The posts that left the files at once, and wait for a person."""
    permitted: int
    """How many posts a person has just allowed to be cancelled, though they left at once."""
    warnings: tuple[Problem, ...]
    """Why some posts are not planned, or go out later than their files say."""
    notes: tuple[Problem, ...]
    """What is left out of texts or pictures as they are sent."""
    later: tuple[LaterView, ...]
    """Posts that are due beyond the horizon."""


# --- New posts ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SlotView:
    """A queue slot that a new post takes."""

    post: str
    """The post as people call it: ``library-hours/evening``."""
    account: str
    """The account whose slot it is."""
    due: datetime
    """When that is, in UTC."""
    local: str
    """When that is where the account's audience is."""


@dataclass(frozen=True, slots=True)
class NeverSentView:
    """A new post that is never sent on an account, as its id was queued there before."""

    post: str
    """Its id in the campaign."""
    account: str
    """The account on which it was queued."""
    key: str
    """Its key in the database."""
    why: str
    """Why no edit reaches it."""


@dataclass(frozen=True, slots=True)
class HoldingPause:
    """A pause that keeps some of the new posts from being sent, or all."""

    words: str
    """What is paused, who paused it, and why."""
    resume: str
    """The command that ends it."""
    stops_all: bool
    """Whether it stops all of the new posts on all of their accounts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProspectsView:
    """What becomes of posts that were just written into the campaign files.

    With ``errors`` or a ``queue_error``, the rest is unknown.
    """

    posts: int
    """How many posts of the files these are."""
    errors: int
    """How many mistakes in the files keep everything from being queued."""
    queue_error: str = ""
    """Why the queue could not be read; "" if it could."""
    loop_runs: bool | None = None
    """Whether a loop runs that will queue them; None if that is unknown."""
    slots: tuple[SlotView, ...] = ()
    """The queue slots that they take, the next first."""
    no_slot: tuple[str, ...] = ()
    """The accounts that have no free slot left within the horizon."""
    later: tuple[LaterView, ...] = ()
    """Those that are queued later, as they are due beyond the horizon."""
    approval: tuple[str, ...] = ()
    """The approvals that are missing, in words, one of each post that waits for some."""
    never_sent: tuple[NeverSentView, ...] = ()
    """Those that are never sent, as their id was queued before."""
    pauses: tuple[HoldingPause, ...] = ()
    """The pauses that hold them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPost:
    """A post that was just written into the campaign files."""

    id: str
    """Its id in the campaign."""
    campaign: str
    """The id of its campaign."""
    accounts: tuple[str, ...]
    """Its accounts."""
    on: str
    """The networks in words, with the number of accounts on each: ``X, Mastodon (12)``."""
    due: datetime | None
    """When it is due, in UTC; None if it takes the next free slot of each account."""
    local: str
    """When that is, in the timezone of the audience, or ``next slot``."""
    timezone: str | None
    """The timezone of ``local``; None for a slot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AddedPostView(NewPost):
    """A post that was just added to ``queue.yaml``."""

    file: str
    """The file that it was added to."""
    length: str
    """Its length, as each network counts it."""
    price: Decimal
    """The cost of publishing it on all of its accounts, in US dollars."""
    errors: int
    """How many mistakes in the files keep it from being queued."""
    next: ProspectsView
    """What becomes of it."""
    warnings: tuple[Problem, ...]
    """Possible mistakes in it."""


# --- Costs ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class BilledItem:
    """Calls of one kind, as a platform bills them."""

    item: str
    """What the price list calls them; ``reads`` for reads of counters."""
    quantity: int
    """How many."""
    dollars: Decimal
    """US dollars for them together."""


@dataclass(frozen=True, slots=True)
class MonthCost:
    """What an account has cost in a calendar month (UTC), and what is to come, in US dollars."""

    month: str
    """The month: ``2026-12``."""
    account: str
    budget: Decimal | None
    """What it may cost in a month; None if there is no bound."""
    spent: Decimal
    """What it has cost so far."""
    posts: int
    """How many posts are to go out on this account."""
    items: tuple[BilledItem, ...]
    """What is to come, as it is billed."""
    posting: Decimal
    """The part of that for publishing."""
    reading: Decimal
    """The part of that for reading counters."""
    total: Decimal
    """What was spent, and all that is to come."""
    notes: tuple[str, ...]
    """What the budget does not pay for, in words."""


@dataclass(frozen=True, slots=True)
class CostView:
    """What this month and the next will cost."""

    prices_since: Mapping[str, str]
    """By platform, the day from which its prices hold."""
    months: tuple[MonthCost, ...]
    """The forecasts, by month and account."""
