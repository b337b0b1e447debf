"""Reasons for which a delivery may wait, and the transition after a decision or an outcome.

Plain frozen values. Every ``datetime`` is aware and in UTC.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from bot.model.campaign import Account
    from bot.model.delivery import Occurrence, State
    from bot.model.people import Scope
    from bot.model.published import RemotePost, Spending


@dataclass(frozen=True, slots=True)
class Duplicate:
    """Another post that says the same, of this account or of another one on the platform."""

    post: str
    """Its campaign and id."""
    account: str
    state: State
    due: datetime
    url: str = ""
    """Its address, or "" if that is not known."""
    what: str = "said the same words"
    """A phrase for what its account has done."""

    def may_be_allowed(self, delivery: Occurrence) -> bool:
        """Return whether a person may permit it. Only an account's own words may be repeated."""
        return self.account == delivery.account


@dataclass(frozen=True, slots=True)
class Backoff:
    """A time in which an account may send nothing, as its platform asked."""

    until: datetime
    why: str
    times: int = 1
    """How often in a row the platform has asked."""


class PauseCause(StrEnum):
    """Why a pause was set, for the code; a person reads its ``why``."""

    PERSON = "person"
    """Somebody asked for it, by a command or by the stop file."""
    CLOCK = "clock"
    """The time of day cannot be relied on."""
    UNFIT = "unfit"
    """An account's keys belong to another, or its profile does not say that it is automated."""
    REFUSED = "refused"
    """The platform blocks the account."""
    CREDIT = "credit"
    """The credit at the platform is used up."""
    RESTORED = "restored"
    """The database may not know everything that was published."""


@dataclass(frozen=True, slots=True)
class Pause:
    """A pause of everything, or of one platform, account or campaign."""

    id: int
    scope: str
    """``all``, ``platform``, ``account`` or ``campaign``."""
    name: str
    """The name of that platform, account or campaign; "" for everything."""
    why: str
    who: str
    since: datetime
    cause: PauseCause

    @property
    def is_automatic(self) -> bool:
        """Whether Groundswell set it by itself, unlike what a person stopped."""
        return self.cause is not PauseCause.PERSON

    @property
    def resume_command(self) -> str:
        """The command that ends it, and no other pause."""
        return "groundswell resume" + (f" --{self.scope} {self.name}" if self.name else "")

    def covers(self, delivery: Occurrence) -> bool:
        """Return whether it stops this delivery, or this occurrence that will be one."""
        return self.scope == "all" or getattr(delivery, self.scope) == self.name

    def is_seen(self, scope: Scope) -> bool:
        """Return whether a person with this scope sees it. All see a pause of everything."""
        names = {"account": scope.accounts, "campaign": scope.campaigns}.get(self.scope)
        return names is None or self.name in names

    def stops_account(self, account: Account) -> bool:
        """Return whether it stops everything that an account does, and not only a campaign."""
        named = {"all": "", "platform": account.platform, "account": account.name}
        return named.get(self.scope) == self.name

    def __str__(self) -> str:
        """Return the pause in words: its scope, who set it, and why."""
        what = f"{self.scope} {self.name}".strip()
        return f"paused ({what}) by {self.who}: {self.why}"


@dataclass(frozen=True, slots=True)
class PauseRequest:
    """A pause to set; see ``Pause``. An outcome asks for one of an account or a platform."""

    scope: str
    name: str
    why: str
    cause: PauseCause


class DayCount(NamedTuple):
    """The posts that an account has begun to publish on a day."""

    posts: int
    """Their number. A thread is one."""
    parts: int
    """The parts of all of them, published or still to come."""


@dataclass(frozen=True, slots=True)
class Situation:
    """All that ``bot.delivery.decide`` considers, besides the delivery and the time."""

    account: Account | None
    """The delivery's account; None if the config does not have it."""
    pauses: Sequence[Pause] = ()
    """All pauses in force, also those of others."""
    last_sent: datetime | None = None
    """When the account last sent anything of another delivery."""
    account_busy: bool = False
    """Whether the account is sending now."""
    backoff: Backoff | None = None
    duplicate: Duplicate | None = None
    approval_hold: str | None = None
    """Who has refused it, or which approval is missing, in words."""
    posts_today: int = 0
    """How many other posts of the account were begun since its audience's midnight, and are
    published or may be."""
    parts_today: int = 0
    """How many parts these have."""
    budget_wait: tuple[datetime, str] | None = None
    """Until when a budget that stops posts holds it, and why."""
    media_uploaded: bool = True
    """Whether the platform has all media of the next part."""
    late_deadlines: Sequence[datetime] = ()
    """The deadlines of all posts of the account that were due and may yet be sent. They are only
    read if the delivery is late itself."""
    holds_secret: bool = False
    """Whether people would see a secret of one of the accounts in it."""


@dataclass(frozen=True, slots=True)
class Transition:
    """A change of a delivery's state, with all that follows for its account and its money."""

    state: State
    """The new state."""
    not_before: datetime | None = None
    """When it may be handled again."""
    reason: str = ""
    published: RemotePost | None = None
    """The part that is out, if this is about one."""
    counts_as_try: bool = False
    """Whether it was a try that sent nothing for certain."""
    absent: bool = False
    """Whether a person says that the next part is not on the platform."""
    pause_request: PauseRequest | None = None
    backoff: Backoff | None = None
    """A time in which the whole account waits."""
    ends_backoff: bool = False
    """Whether the account's last backoff is over, because the platform takes its posts again."""
    bill: tuple[Spending, ...] = ()
    """The platform's charges for the part, which are booked in the same transaction."""
