"""Views of ``status`` and ``inbox``: whether all is well, and what needs a person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from bot.model import State
from bot.services.views import PostView
from bot.services.views_queue import AttemptView
from bot.services.views_running import PauseView, WorkerView


@dataclass(frozen=True, slots=True)
class AttentionView:
    """How much of each kind needs a person. Posts are counted, each once."""

    inbox: int
    """Posts whose outcome only a person can settle."""
    approvals: int
    """Posts that wait for an approval."""
    first_approval: str | None
    """When the first of these is due, for people; null if there is none."""
    left_files: int
    """Posts that left the campaign files at once, and wait for a person's word."""
    stale_facts: int
    """Posts that are held back by a fact that is due for review."""
    lost: int
    """Posts that were not published in the past week, on one account at least, and will not be."""
    floors: tuple[str, ...]
    """The campaigns whose files ask for fewer approvals than before."""
    stopped: tuple[str, ...]
    """The commands that end what Groundswell paused by itself: people know what they paused."""
    mistakes: tuple[str, ...] | None
    """The mistakes that keep the campaign files from being followed; null if they are too large to
    be checked here."""


@dataclass(frozen=True, slots=True)
class RestView:
    """An account whose platform asked it to wait."""

    account: str
    until: datetime
    """Until when, in UTC."""
    local: str
    """Until when, where its audience is."""
    why: str
    """What the platform answered."""


@dataclass(frozen=True, slots=True)
class CallView:
    """A call of the loop that has waited for its platform for long."""

    account: str
    platform: str
    since: datetime
    """When it began, in UTC."""
    limit: float
    """Seconds after which it is given up."""
    words: str
    """Who waits for whom, and for how long: ``our-x: waiting for X for 25 s``."""


@dataclass(frozen=True, slots=True)
class BudgetView:
    """An account's budget of this month, in US dollars."""

    account: str
    since: datetime
    """When the month began, in UTC."""
    until: datetime
    """When it ends, in UTC."""
    budget: Decimal
    """What may be spent."""
    spent: Decimal
    """What was spent."""
    planned: Decimal
    """What the posts that are queued for the rest of the month will cost."""
    mark: int
    """The threshold that is reached, in percent: 0, 80 or 100."""
    words: str
    """The same in words: ``$12 of $25 for 2026-12``."""


@dataclass(frozen=True, slots=True)
class StatusView:
    """Whether the loop runs, what is paused, what is next, and what needs a person."""

    config: str
    """The config file."""
    database: str
    """The database, without its password."""
    has_run: bool
    """Whether a loop has ever run on it."""
    workers: tuple[WorkerView, ...]
    """The loops that have not stopped in good order: alive, killed or stale."""
    pauses: tuple[PauseView, ...]
    """All pauses in force."""
    rests: tuple[RestView, ...]
    """The accounts whose platform asked them to wait."""
    waiting: tuple[CallView, ...]
    """The calls that have waited for a platform for long."""
    scheduled: int
    """Posts that wait to be sent, on one account at least."""
    next: tuple[PostView, ...]
    """The first few of these."""
    needs_person: AttentionView
    """How much needs a person."""
    budgets: tuple[BudgetView, ...]
    """The accounts that have a budget."""


@dataclass(frozen=True, slots=True)
class UndecidedView:
    """A post on one account, whose outcome only a person can settle."""

    account: str
    number: int
    """The delivery's number."""
    on: str
    """What people call the place: its network, or its account if the post is on several there."""
    why: str
    """Why a person must decide."""
    part: int
    """Which part it is about, from 1 on."""
    text: str
    """What that part says."""
    page: str
    """The account's page, to look at; "" if the config does not have the account."""
    command: str
    """The command that settles it, to be followed by what was seen: ``--sent ID``, ``--not-sent``
    or ``--drop``."""
    attempts: tuple[AttemptView, ...]
    """What was tried, with the looks at the timeline that followed."""


@dataclass(frozen=True, slots=True)
class InboxItem:
    """A post that needs a person, on one account or several."""

    post: PostView
    """It, on all of its accounts."""
    undecided: tuple[UndecidedView, ...]
    """The accounts on which it needs a person."""


@dataclass(frozen=True, slots=True)
class SettledView:
    """What became of a post on one account, on a person's word."""

    name: str
    """The post's name."""
    number: int
    """The post's number."""
    account: str
    on: str
    """Its network, or its account if the post is on several there; "" if it is on no other."""
    state: State
    """The state that it is in now."""
    why: str
    """Why, in words."""


@dataclass(frozen=True, slots=True)
class HeldBackView:
    """What left the campaign files at once, and is not sent until a person decides."""

    since: datetime
    """When the last of it left, in UTC."""
    posts: int
    """Posts of which something is held back."""
    scheduled: int
    """Posts that are scheduled in all."""
    names: tuple[str, ...]
    """Their names; where not all of a post left, with the accounts on which it did."""


@dataclass(frozen=True, slots=True)
class InboxView:
    """What needs a person, what was not published in the past week, and what is paused."""

    needs_human: tuple[InboxItem, ...]
    """What only a person can settle, the next due first."""
    looking: int
    """Posts that are being looked for; nobody needs to act."""
    lost: tuple[PostView, ...]
    """What was not published in the past week, on one account at least, and will not be."""
    pauses: tuple[PauseView, ...]
    """All pauses in force."""
    needs_person: AttentionView
    """How much needs a person."""
    held_back: HeldBackView | None
    """What left the campaign files at once; null if nothing did."""
