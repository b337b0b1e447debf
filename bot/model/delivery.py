"""From an occurrence to its end: what the database knows of it, and what may hold it back.

Plain frozen values. Every ``datetime`` is aware and in UTC.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from bot.model.campaign import ONCE, ScheduleKind

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta

    from bot.model.campaign import Account
    from bot.model.content import Content
    from bot.model.published import RemotePost, Spending


class Subject(NamedTuple):
    """What an approval applies to: a post on one account, whenever it is due."""

    campaign: str
    post: str
    account: str

    def __str__(self) -> str:
        """Return ``campaign/post/account``, as a key begins."""
        return "/".join(self)


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A post, an account and an instant: what planning wants in the queue.

    ``wording`` names the wording used, ``kind`` and ``frequency`` the schedule. It is held back
    before ``embargo``, from ``stale_from`` on (a fact it relies on is due for review), and until
    ``approvals`` people have approved it.
    """

    key: str
    campaign: str
    post: str
    demand: str | None
    event: str | None
    account: str
    platform: str
    label: str
    due: datetime
    timezone: str
    grace: timedelta
    expires: datetime | None
    content: Content
    wording: str = ""
    embargo: datetime | None = None
    stale_from: datetime | None = None
    approvals: int = 0
    author: str | None = None
    kind: ScheduleKind = ScheduleKind.AT
    frequency: str = ONCE

    @property
    def subject(self) -> Subject:
        """What an approval of it applies to."""
        return Subject(self.campaign, self.post, self.account)

    @property
    def approval_digest(self) -> str:
        """The sha256, in hex, of what is approved: content and frequency, not the times."""
        return hashlib.sha256(f"{self.frequency}\n{self.content.digest}".encode()).hexdigest()

    @property
    def deadline(self) -> datetime:
        """The instant after which it may no longer be sent."""
        late = self.due + self.grace
        return min(late, self.expires) if self.expires else late


IDENTITY_FIELDS = ("key", "campaign", "post", "account", "label")
"""The fields of an occurrence that its key is made of; they never change."""

PLANNED_FIELDS = tuple(f.name for f in fields(Occurrence) if f.name not in IDENTITY_FIELDS)
"""The other fields: what an edit of the files may change in a scheduled delivery."""


class State(StrEnum):
    """The state of a delivery.

    Before a send, ``bot.delivery.decide`` decides the transition, after one
    ``bot.delivery.transitions``; ``bot.planning.diff`` cancels and revives.
    """

    SCHEDULED = "scheduled"
    """Will be sent when due, if nothing holds it back."""
    SENDING = "sending"
    """A worker has claimed it; its intent is on disk."""
    PUBLISHED = "published"
    """Every part is out."""
    UNKNOWN = "unknown"
    """The request may have been sent, but no answer came; the timeline is being searched."""
    NEEDS_HUMAN = "needs_human"
    """The outcome cannot be determined automatically: a named person decides."""
    REJECTED = "rejected"
    """The platform refused it for good."""
    MISSED = "missed"
    """Its grace passed before it could be sent."""
    EXPIRED = "expired"
    """It expired before it could be sent."""
    CANCELLED = "cancelled"
    """It left the YAML, or its event was cancelled."""
    DROPPED = "dropped"
    """A person removed it from the queue; planning does not bring it back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery(Occurrence):
    """One occurrence in the database, and what happened to it.

    ``next_part`` is the index of the part to send next; ``fence`` rises with every claim;
    ``resends`` counts how often it was sent again after an unknown outcome proved absent.
    ``allowed`` is a person's permission to repeat what the account has published before, ``absent``
    their statement that the next part is not on the platform, valid until the state changes.
    ``reason`` says why it is in its state; ``words`` is the fingerprint of its text
    (``bot.store.duplicates``). ``left_files`` is since when it waits because it left the campaign
    files without a person's word that it is to go.
    """

    id: int
    state: State
    not_before: datetime
    next_part: int = 0
    fence: int = 0
    tries: int = 0
    resends: int = 0
    allowed: bool = False
    absent: bool = False
    reason: str = ""
    words: str = ""
    left_files: datetime | None = None

    @property
    def waits_for_word(self) -> bool:
        """Whether it waits for a person to say that it is to go, as it left the files."""
        return self.state is State.SCHEDULED and self.left_files is not None


@dataclass(frozen=True, slots=True)
class Approval:
    """A person's approval of exactly this ``content``, this often, on an account.

    ``digest`` is the ``approval_digest`` of what was shown to them.
    """

    subject: Subject
    digest: str
    content: Content
    frequency: str
    who: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Attempt:
    """One intent to send one part: on disk before the request is sent, closed by the answer."""

    id: int
    delivery: int
    part: int
    fence: int
    payload: str
    reply_to: str | None
    opened: datetime
    closed: datetime | None = None
    outcome: str | None = None
    detail: str = ""
    status: int | None = None


# --- What the loop decides, and what holds it back -----------------------------------------------


@dataclass(frozen=True, slots=True)
class Duplicate:
    """Another post with the same text: ``post`` is its campaign and id.

    It is of the same account, or of another one on the platform. ``url`` is its address, or empty
    where that is not known; ``what`` says what its account has done.
    """

    post: str
    account: str
    state: State
    due: datetime
    url: str = ""
    what: str = "said the same words"

    def may_be_allowed(self, delivery: Occurrence) -> bool:
        """Return whether a person may permit it: only an account's own words may be repeated."""
        return self.account == delivery.account


@dataclass(frozen=True, slots=True)
class Backoff:
    """An account may send nothing until then; the platform asked for it ``times`` in a row."""

    until: datetime
    why: str
    times: int = 1


class PauseCause(StrEnum):
    """Why a pause was set, for the code; a person reads its ``why``."""

    PERSON = "person"
    """Somebody asked for it, by a command or by the file."""
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
    """A stop; ``scope`` is all, platform, account or campaign."""

    id: int
    scope: str
    name: str
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

    def stops_account(self, account: Account) -> bool:
        """Return whether it stops everything that an account does, and not only a campaign."""
        named = {"all": "", "platform": account.platform, "account": account.name}
        return named.get(self.scope) == self.name

    def __str__(self) -> str:
        """Return what is paused, by whom and why."""
        what = f"{self.scope} {self.name}".strip()
        return f"paused ({what}) by {self.who}: {self.why}"


@dataclass(frozen=True, slots=True)
class PauseRequest:
    """A pause to set; an outcome asks for ``scope`` ``account`` or ``platform``."""

    scope: str
    name: str
    why: str
    cause: PauseCause


@dataclass(frozen=True, slots=True)
class Transition:
    """The state a delivery changes to, when it may be handled again, and why.

    ``counts_as_try`` counts a try that provably sent nothing; ``absent`` is a person's statement
    that the next part is not on the platform; ``backoff`` concerns the whole account, and
    ``ends_backoff`` says that its last one is over: the platform takes its posts again. ``bill``
    is what the platform charges for what was published: it is booked in the same transaction.
    """

    state: State
    not_before: datetime | None = None
    reason: str = ""
    published: RemotePost | None = None
    counts_as_try: bool = False
    absent: bool = False
    pause_request: PauseRequest | None = None
    backoff: Backoff | None = None
    ends_backoff: bool = False
    bill: tuple[Spending, ...] = ()


@dataclass(frozen=True, slots=True)
class Probe:
    """One look at the timeline for an unknown send; ``readable`` is False where it failed."""

    at: datetime
    readable: bool
    matches: tuple[RemotePost, ...]
    evidence: str


class DayCount(NamedTuple):
    """What an account has begun to publish on a day."""

    posts: int
    """Each thread is one."""
    parts: int
    """Those of its threads, begun or still to come, and its single posts."""


@dataclass(frozen=True, slots=True)
class Situation:
    """What ``bot.delivery.decide`` decides by, beside the delivery and the time.

    ``account`` is None where the config does not have it. ``last_sent`` is when the account last
    sent anything of another delivery, ``account_busy`` whether it is sending now. ``backoff`` is
    until when it waits because the platform asked for it. ``duplicate`` is another post with the
    same content, of its own or of another account; ``missing_approval`` says which approval is
    missing; ``posts_today`` is how many other posts of the account were begun since its audience's
    midnight, and are published or may be, and ``parts_today`` how many parts these have.
    ``budget_wait`` is until when, and why, a budget that stops posts holds it; ``media_uploaded``
    is whether the platform has all of its media. ``late_deadlines`` are those of all posts of the
    account that were due and may yet be sent; they are known where it is late itself.
    """

    account: Account | None
    pauses: Sequence[Pause] = ()
    last_sent: datetime | None = None
    account_busy: bool = False
    backoff: Backoff | None = None
    duplicate: Duplicate | None = None
    missing_approval: str | None = None
    posts_today: int = 0
    parts_today: int = 0
    budget_wait: tuple[datetime, str] | None = None
    media_uploaded: bool = True
    late_deadlines: Sequence[datetime] = ()
    holds_secret: bool = False
    """Whether a secret of one of the accounts stands in what people would see."""
