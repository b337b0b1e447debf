"""Views of ``status`` and ``inbox``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from bot.model import State
from bot.services.views import PostView
from bot.services.views_health import HealthView, LateView, Trouble
from bot.services.views_queue import AttemptView
from bot.services.views_running import PauseView, WorkerView


@dataclass(frozen=True, slots=True)
class AttentionView:
    """How many posts need a person, by kind; each post counts once."""

    inbox: int
    """Posts whose outcome only a person can settle."""
    approvals: int
    """Posts that wait for an approval."""
    first_approval: str | None
    """When the first of these is due, in words; null if there is none."""
    refused: int
    """Posts that somebody refused, and that wait for an edit or for the end of the refusal."""
    left_files: int
    """Posts that left the campaign files in large numbers, and wait for a person."""
    stale_facts: int
    """Posts that are held back because a fact is due for review."""
    lost: int
    """Posts of the past week that were not sent, on one account at least, and will not be."""
    floors: tuple[str, ...]
    """The campaigns whose files ask for fewer approvals than before."""
    stopped: tuple[str, ...]
    """The commands that end the pauses that Groundswell set by itself."""
    mistakes: tuple[str, ...] | None
    """The mistakes that keep the campaign files from being followed; null if the files are too
    large to be checked here, and the loop has not checked them."""


@dataclass(frozen=True, slots=True)
class Need:
    """One line about posts or files that need a person, and the ways to act on it."""

    code: Trouble | None
    """The reason, for programs; None if it is no trouble."""
    words: str
    """The posts or files, and what they need."""
    command: str
    """The command that helps."""
    path: str
    """The page of the control room that helps; "" if only the command does."""


@dataclass(frozen=True, slots=True)
class RestView:
    """An account whose platform asked it to wait."""

    account: str
    until: datetime
    """The end of the wait, in UTC."""
    local: str
    """The end of the wait, in the timezone of its audience."""
    why: str
    """The platform's answer."""


@dataclass(frozen=True, slots=True)
class CallView:
    """A call of the loop that has waited long for its platform."""

    account: str
    platform: str
    since: datetime
    """When it began, in UTC."""
    limit: float
    """Seconds after which the call is given up."""
    words: str
    """The wait in words: ``our-x: waiting for X for 25 s``."""


@dataclass(frozen=True, slots=True)
class BudgetView:
    """An account's budget of this month, in US dollars."""

    account: str
    since: datetime
    """When the month began, in UTC."""
    until: datetime
    """When it ends, in UTC."""
    budget: Decimal
    """The most that may be spent."""
    spent: Decimal
    """The amount spent so far."""
    planned: Decimal
    """The cost of the posts that are queued for the rest of the month."""
    mark: int
    """The threshold that is reached, in percent: 0, 80 or 100."""
    words: str
    """The spending in words: ``$12 of $25 for 2026-12``."""


@dataclass(frozen=True, slots=True)
class StatusView:
    """The loop, the pauses, the next posts, and the number of posts that need a person."""

    health: HealthView
    """Whether the loop works, and whether a person is needed."""
    config: str
    """The config file."""
    database: str
    """The address of the database, without its password."""
    has_run: bool
    """Whether a loop has ever run on this database."""
    workers: tuple[WorkerView, ...]
    """The loops that have not stopped in an orderly way: alive, killed or stale."""
    late: LateView
    """The posts that should be out by now."""
    pauses: tuple[PauseView, ...]
    """All pauses in force."""
    rests: tuple[RestView, ...]
    """The accounts whose platform asked them to wait."""
    waiting: tuple[CallView, ...]
    """The calls that have waited long for a platform."""
    scheduled: int
    """Posts that wait to be sent, on one account at least."""
    next: tuple[PostView, ...]
    """The next few of these posts."""
    needs_person: AttentionView
    """How many posts need a person, by kind."""
    budgets: tuple[BudgetView, ...]
    """The budgets of the accounts that have one."""


@dataclass(frozen=True, slots=True)
class UndecidedView:
    """A post on one account whose outcome only a person can settle."""

    account: str
    number: int
    """The delivery's number."""
    on: str
    """The account's network, or its name if the post is on several accounts there."""
    why: str
    """Why a person must decide."""
    part: int
    """The number of the part, from 1 on."""
    text: str
    """The text of that part."""
    page: str
    """The account's page, for a person to look at; "" if the config lacks the account."""
    command: str
    """The command that settles it; append ``--sent ID``, ``--not-sent`` or ``--drop``."""
    attempts: tuple[AttemptView, ...]
    """The attempts to send it, with the looks at the timeline that followed."""
    shown: str
    """When the last attempt began. It tells this situation from a later one."""
    sent_again: bool
    """Whether it is sent again if a person says that it was not published."""
    if_not_sent: str
    """What happens now if a person says that it was not published."""


@dataclass(frozen=True, slots=True)
class InboxItem:
    """A post that needs a person, on one account or several."""

    post: PostView
    """The post, on all of its accounts."""
    undecided: tuple[UndecidedView, ...]
    """The accounts on which it needs a person."""


@dataclass(frozen=True, slots=True)
class SettledView:
    """The result of settling a post on one account."""

    name: str
    """The post's name."""
    number: int
    """The post's number."""
    account: str
    on: str
    """The network, or the account if the post is on several there; "" if it is on no other."""
    state: State
    """Its state now."""
    why: str
    """The reason, in words."""


@dataclass(frozen=True, slots=True)
class HeldBackView:
    """Posts that left the campaign files in large numbers, and wait for a person's decision."""

    since: datetime
    """When the last of them left, in UTC."""
    posts: int
    """Posts that are held back, on one account at least."""
    scheduled: int
    """All scheduled posts, for comparison."""
    names: tuple[str, ...]
    """Their names, with the accounts if a post left only some."""
    digest: str
    """A digest of what is held back. It tells these posts from others that leave later."""


@dataclass(frozen=True, slots=True)
class InboxView:
    """The posts that need a person, the lost posts of the past week, and the pauses."""

    needs_human: tuple[InboxItem, ...]
    """The posts that only a person can settle, the next due first."""
    looking: int
    """Posts that Groundswell is checking; nobody needs to act."""
    lost: tuple[PostView, ...]
    """Posts of the past week that were not sent, on one account at least, and will not be."""
    pauses: tuple[PauseView, ...]
    """All pauses in force."""
    needs_person: AttentionView
    """How many posts need a person, by kind."""
    held_back: HeldBackView | None
    """The posts that left the campaign files in large numbers; null if none did."""
