"""Views of a plan, of new posts, and of costs."""

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
"""What a plan does with a post. It makes posts that left the files *wait*, and lets them *go on* if
they come back. It has to *leave* a post alone if an edit comes too late."""


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
    """A post that is not queued yet because it is due beyond the horizon."""

    name: str
    """Its name, such as ``library-hours/evening``."""
    due: datetime
    """Its first time, in UTC."""
    local: str
    """The day of that, in the timezone of the audience."""
    queued_from: datetime
    """When the horizon reaches it, in UTC."""
    queued_on: str
    """The day of that, in the timezone of the audience."""
    words: str
    """The post and these times, in words."""


@dataclass(frozen=True, slots=True)
class PlanView:
    """The changes that ``run`` would make to the queue."""

    posts: tuple[PostChange, ...]
    """The posts that change, the next due first."""
    counts: Mapping[ActionName, int]
    """How many posts have each action; a post with several actions counts for each."""
    price: Decimal
    """The cost of publishing the new posts, in US dollars."""
    left_files: MassCancel | None
    """The posts that left the files in large numbers, and wait for a person."""
    permitted: int
    """How many of these a person has just allowed to be cancelled."""
    warnings: tuple[Problem, ...]
    """Why some posts are not planned, or are planned later than their files say."""
    notes: tuple[Problem, ...]
    """Things that are left out of texts or pictures when they are sent."""
    later: tuple[LaterView, ...]
    """Posts that are due beyond the horizon."""


# --- New posts ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SlotView:
    """A queue slot that a new post takes."""

    post: str
    """The name of the post, such as ``library-hours/evening``."""
    account: str
    """The account of the slot."""
    due: datetime
    """The time of the slot, in UTC."""
    local: str
    """The time of the slot, in the timezone of the account."""


@dataclass(frozen=True, slots=True)
class NeverSentView:
    """A new post that is never sent on an account because its id was queued there before."""

    post: str
    """Its id in the campaign."""
    account: str
    """The account on which it was queued."""
    key: str
    """Its key in the database."""
    why: str
    """Why an edit of the files no longer changes that."""


@dataclass(frozen=True, slots=True)
class HoldingPause:
    """A pause that keeps some or all of the new posts from being sent."""

    words: str
    """The pause in words, with the person and the reason."""
    resume: str
    """The command that ends it."""
    stops_all: bool
    """Whether it stops all of the new posts on all of their accounts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProspectsView:
    """When posts that were just written into the files will be sent, or why they will not.

    With ``errors`` or a ``queue_error``, the rest is unknown.
    """

    posts: int
    """How many posts these are."""
    errors: int
    """How many mistakes in the files keep all posts from being queued."""
    queue_error: str = ""
    """Why the queue could not be read; "" if it could."""
    loop_runs: bool | None = None
    """Whether a loop runs that will queue them; None if that is unknown."""
    slots: tuple[SlotView, ...] = ()
    """The queue slots of these posts, the next first."""
    no_slot: tuple[str, ...] = ()
    """The accounts without a free slot within the horizon."""
    later: tuple[LaterView, ...] = ()
    """The posts that are queued later because they are due beyond the horizon."""
    approval: tuple[str, ...] = ()
    """The missing approvals in words, one entry for each post that waits for approval."""
    never_sent: tuple[NeverSentView, ...] = ()
    """The posts that are never sent because their id was queued before."""
    pauses: tuple[HoldingPause, ...] = ()
    """The pauses that hold these posts."""


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
    """The path of ``queue.yaml``, into which ``queue add`` writes."""
    length: str
    """Its length, as each network counts it."""
    price: Decimal
    """The cost of publishing it on all of its accounts, in US dollars."""
    errors: int
    """How many mistakes in the files keep it from being queued."""
    next: ProspectsView
    """When the post will be queued and sent, or why it will not."""
    warnings: tuple[Problem, ...]
    """Possible mistakes in it."""


# --- Costs ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class BilledItem:
    """Calls of one kind, as a platform bills them."""

    item: str
    """The item's name in the price list; ``reads`` for reads of counters."""
    quantity: int
    """How many calls."""
    dollars: Decimal
    """The cost of them together, in US dollars."""


@dataclass(frozen=True, slots=True)
class MonthCost:
    """An account's costs in a calendar month of UTC, past and expected, in US dollars."""

    month: str
    """The month: ``2026-12``."""
    account: str
    budget: Decimal | None
    """The most that it may cost in a month; None if there is no limit."""
    spent: Decimal
    """The cost so far."""
    posts: int
    """How many more posts are planned on this account."""
    items: tuple[BilledItem, ...]
    """The expected calls, as they are billed."""
    posting: Decimal
    """The expected cost of publishing."""
    reading: Decimal
    """The expected cost of reading counters."""
    total: Decimal
    """The cost so far and the expected costs together."""
    notes: tuple[str, ...]
    """Things that the budget does not pay for, in words."""


@dataclass(frozen=True, slots=True)
class CostView:
    """The costs of this month and the next."""

    prices_since: Mapping[str, str]
    """The day from which the prices of each platform hold."""
    months: tuple[MonthCost, ...]
    """The costs, by month and account."""
