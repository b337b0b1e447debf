"""Occurrences and deliveries, and the attempts to send them.

Plain frozen values. Every ``datetime`` is aware and in UTC.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from bot.model.campaign import ONCE, ScheduleKind

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from bot.model.content import Content
    from bot.model.published import RemotePost


class Subject(NamedTuple):
    """A post on one account, whenever it is due. An approval applies to it."""

    campaign: str
    post: str
    account: str

    def __str__(self) -> str:
        """Return ``campaign/post/account``, the beginning of its deliveries' keys."""
        return "/".join(self)


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A post on an account at an instant, as planning wants it in the queue."""

    key: str
    """Its name in the database; see ``IDENTITY_FIELDS``."""
    campaign: str
    post: str
    demand: str | None
    event: str | None
    account: str
    platform: str
    label: str
    """The schedule's name for the moment; see ``Moment``."""
    due: datetime
    timezone: str
    """The timezone in which people see ``due``."""
    grace: timedelta
    """How late it may still be sent."""
    expires: datetime | None
    """The instant after which it is never sent, however long its grace."""
    content: Content
    wording: str = ""
    """The name of its wording; empty if the post has only one."""
    embargo: datetime | None = None
    """The instant before which it is not sent."""
    stale_from: datetime | None = None
    """The instant from which a fact that it relies on is due for review. It waits from then on."""
    approvals: int = 0
    """How many people must approve it."""
    author: str | None = None
    kind: ScheduleKind = ScheduleKind.AT
    frequency: str = ONCE
    """How often the post comes; see ``Schedule.frequency``."""

    @property
    def subject(self) -> Subject:
        """The post and account that an approval of it applies to."""
        return Subject(self.campaign, self.post, self.account)

    @property
    def approval_digest(self) -> str:
        """The sha256, in hex, of the content and frequency that people approve, without times."""
        return hashlib.sha256(f"{self.frequency}\n{self.content.digest}".encode()).hexdigest()

    @property
    def deadline(self) -> datetime:
        """The instant after which it may no longer be sent."""
        late = self.due + self.grace
        return min(late, self.expires) if self.expires else late


IDENTITY_FIELDS = ("key", "campaign", "post", "account", "label")
"""The key of an occurrence, and the fields that make it. They never change."""

PLANNED_FIELDS = tuple(f.name for f in fields(Occurrence) if f.name not in IDENTITY_FIELDS)
"""The other fields. An edit of the files may change them in a scheduled delivery."""


class State(StrEnum):
    """The state of a delivery.

    ``bot.delivery.decide`` decides the transition before a send, and ``bot.delivery.transitions``
    after one; ``bot.planning.diff`` cancels and revives.
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
    """The outcome cannot be determined automatically. A named person decides."""
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
    """An occurrence in the database, and its history."""

    id: int
    state: State
    not_before: datetime
    """The instant before which it is not sent. A failed try moves it on from ``due``."""
    next_part: int = 0
    """The index of the part to send next."""
    fence: int = 0
    """A number that rises with every claim. A result with an older one changes nothing."""
    tries: int = 0
    """How many of its last tries in a row certainly sent nothing."""
    resends: int = 0
    """How often it was sent again after an unknown outcome proved absent."""
    allowed: bool = False
    """Whether a person lets it repeat words that the account has published before."""
    absent: bool = False
    """Whether a person says that the next part is not on the platform. It holds until the state
    changes."""
    reason: str = ""
    """Why it is in its state."""
    words: str = ""
    """The fingerprint of its text (``bot.store.duplicates``)."""
    left_files: datetime | None = None
    """Since when it waits for a person's decision because it left the campaign files."""

    @property
    def waits_for_word(self) -> bool:
        """Whether it left the files and waits until a person decides."""
        return self.state is State.SCHEDULED and self.left_files is not None


@dataclass(frozen=True, slots=True)
class Approval:
    """A person's approval of exactly one content, this often, on one account."""

    subject: Subject
    digest: str
    """The ``approval_digest`` of the delivery that they read."""
    content: Content
    frequency: str
    who: str
    """The person's name."""
    at: datetime
    user: int | None = None
    """The user who had signed in; None if somebody only typed the name."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A person's refusal of exactly one content, this often, on one account. It holds the post."""

    subject: Subject
    digest: str
    """The ``approval_digest`` of the delivery that they read."""
    who: str
    """The person's name."""
    why: str
    """The reason, in the person's words."""
    at: datetime
    entry: int
    """The number of its record in the audit log."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """An intent to send one part. It is on disk before the request, and the answer closes it."""

    id: int
    delivery: int
    """The delivery's number."""
    part: int
    """The index of the part."""
    fence: int
    """The fence of the claim."""
    payload: str
    """The exact bytes of the request."""
    reply_to: str | None
    """The part before it, as the platform names it."""
    opened: datetime
    closed: datetime | None = None
    outcome: str | None = None
    """The name of the outcome, once there is one."""
    detail: str = ""
    """The platform's words for it."""
    status: int | None = None
    """The HTTP status of the answer."""


@dataclass(frozen=True, slots=True)
class Probe:
    """One look at the timeline for an unknown send."""

    at: datetime
    readable: bool
    """Whether the timeline could be read, far enough back."""
    matches: tuple[RemotePost, ...]
    """The posts there that the send may have made."""
    evidence: str
    """What the look showed, in words."""
