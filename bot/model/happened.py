"""What happened: from Delivery to Spending, as the database remembers it, and what holds it back.

Plain frozen values. Every ``datetime`` is aware and in UTC.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from bot.model.said import Occurrence

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal

    from bot.model.content import Content


class State(StrEnum):
    """Where a delivery stands. The arrows between them are in ``bot.delivery.decide``."""

    SCHEDULED = "scheduled"
    """Will be sent when due, if nothing holds it back."""
    SENDING = "sending"
    """A worker has claimed it; its intent is on disk."""
    PUBLISHED = "published"
    """Every part is out."""
    UNKNOWN = "unknown"
    """Bytes may have left and no answer told what came of them; being looked for."""
    NEEDS_HUMAN = "needs_human"
    """What became of it cannot be known from here: a named person decides."""
    REJECTED = "rejected"
    """The platform refused it for good."""
    MISSED = "missed"
    """Its grace passed before it could go out."""
    EXPIRED = "expired"
    """Its own end passed before it could go out."""
    CANCELLED = "cancelled"
    """It left the YAML, or its event was cancelled."""
    DROPPED = "dropped"
    """A person took it out of the queue; replanning does not bring it back."""


FINAL = frozenset(
    {
        State.PUBLISHED,
        State.REJECTED,
        State.MISSED,
        State.EXPIRED,
        State.CANCELLED,
        State.DROPPED,
    },
)


class Subject(NamedTuple):
    """What an approval is about: a post on one account, whenever it is due."""

    campaign: str
    post: str
    account: str

    def __str__(self) -> str:
        """Give ``campaign/post/account``, as a key begins."""
        return "/".join(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery(Occurrence):
    """One occurrence in the database, and what became of it.

    ``next_part`` is the index of the part to send next; ``fence`` rises with every claim;
    ``resends`` counts the times that it was sent again after an unknown outcome proved absent;
    ``allowed`` is a person's leave to say again what the account has said before, ``absent`` their
    word that the next part is not on the platform, until something else becomes of it.
    ``reason`` says in words why it stands where it stands, ``words`` is the fingerprint of what it
    says (``bot.store.twins``).
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

    @property
    def subject(self) -> Subject:
        """What an approval of it is about."""
        return Subject(self.campaign, self.post, self.account)


@dataclass(frozen=True, slots=True)
class Approval:
    """A person's word that a post may say ``content``, to the letter and so often, on an account.

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
    """One intent to send one part: on disk before the bytes leave, closed by the answer."""

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


@dataclass(frozen=True, slots=True)
class Publication:
    """A part that is out, under the platform's own id; ``gone`` is when it was found deleted.

    ``wording`` names the wording that it took, empty where its post has but one.
    """

    id: int
    delivery: int
    part: int
    campaign: str
    post: str
    demand: str | None
    event: str | None
    account: str
    platform: str
    remote_id: str
    url: str
    text: str
    due: datetime
    published: datetime
    gone: datetime | None = None
    next_read: datetime | None = None
    wording: str = ""


@dataclass(frozen=True, slots=True)
class Spending:
    """Money that a call cost: ``dollars`` in US dollars; ``item`` as ``bot.platforms`` names it."""

    at: datetime
    account: str
    campaign: str | None
    item: str
    quantity: int
    dollars: Decimal


# --- What the loop decides, and what holds it back -----------------------------------------------


@dataclass(frozen=True, slots=True)
class Twin:
    """Another post that has said the same: ``post`` is its campaign and id.

    It is of the same account, or of another one of the platform. ``url`` is where it can be seen,
    or empty where that is not known.
    """

    post: str
    account: str
    state: State
    due: datetime
    url: str = ""


@dataclass(frozen=True, slots=True)
class Rest:
    """An account may send nothing until then, because the platform said so ``times`` in a row."""

    until: datetime
    why: str
    times: int = 1


@dataclass(frozen=True, slots=True)
class Published:
    """A post that is visible: the platform's id and the address a person can open.

    ``reply`` is what a reply to it needs, which only its platform's client writes and reads: on
    Bluesky the root and the parent, each with its hash. Without it, its id.
    """

    remote_id: str
    url: str
    at: datetime
    reply: str = ""

    def __post_init__(self) -> None:
        """Let its id stand for ``reply`` where there is nothing else."""
        object.__setattr__(self, "reply", self.reply or self.remote_id)


class Cause(StrEnum):
    """What a pause was set for. What a person reads of it is its ``why``."""

    PERSON = "person"
    """Somebody wanted it, by a command or by the file."""
    CLOCK = "clock"
    """Nobody can tell what time it is."""
    UNFIT = "unfit"
    """An account's keys are another's, or its profile does not say that it is automated."""
    REFUSED = "refused"
    """The platform lets the account do nothing."""
    CREDIT = "credit"
    """The platform has been paid for nothing more."""
    RESTORED = "restored"
    """The database may not know what is out."""


@dataclass(frozen=True, slots=True)
class Pause:
    """Something that was stopped; ``scope`` is all, platform, account or campaign."""

    id: int
    scope: str
    name: str
    why: str
    who: str
    since: datetime
    cause: Cause

    @property
    def by_itself(self) -> bool:
        """Whether Groundswell set it by itself: what a person stopped, they know."""
        return self.cause is not Cause.PERSON

    def holds(self, delivery: Occurrence) -> bool:
        """Tell whether it stops this delivery, or what will be one."""
        named = {
            "all": "",
            "platform": delivery.platform,
            "account": delivery.account,
            "campaign": delivery.campaign,
        }
        return named.get(self.scope) == self.name

    def __str__(self) -> str:
        """Give what is paused, by whom and why."""
        what = f"{self.scope} {self.name}".strip()
        return f"paused ({what}) by {self.who}: {self.why}"


@dataclass(frozen=True, slots=True)
class Hold:
    """A pause to set: ``scope`` as a pause has it, ``account`` or ``platform`` of an outcome."""

    scope: str
    name: str
    why: str
    cause: Cause


@dataclass(frozen=True, slots=True)
class Settlement:
    """The state a delivery goes into, from when on it may be touched again, and why.

    ``tried`` counts a try that provably sent nothing; ``absent`` is a person's word that the next
    part is not on the platform; ``rest`` concerns the whole account. ``bill`` is what the platform
    asks for what was published: it is booked with it, or not at all.
    """

    state: State
    not_before: datetime | None = None
    reason: str = ""
    published: Published | None = None
    tried: bool = False
    absent: bool = False
    hold: Hold | None = None
    rest: Rest | None = None
    bill: tuple[Spending, ...] = ()


@dataclass(frozen=True, slots=True)
class Look:
    """One look at the timeline for an unknown send; ``readable`` is False where it failed."""

    at: datetime
    readable: bool
    matches: tuple[Published, ...]
    evidence: str
