"""What an audience sees, where it is out, what that cost, and what its platform counted.

Plain frozen values. Every ``datetime`` is aware and in UTC. None means "no data", which is not 0.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field, fields
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime


class Mark(NamedTuple):
    """A place in a file; line and column count from 1."""

    file: str
    line: int
    column: int


NOWHERE = Mark("", 0, 0)


@dataclass(frozen=True, slots=True)
class Media:
    """A file to show, already found, read and measured; ``path`` is absolute, ``sha256`` in hex.

    ``focus`` is the point that stays in sight where a platform crops a picture: how far it is to
    the right of the middle, and above it, from -1.0 to 1.0. None leaves that to the platform.
    """

    path: Path
    alt: str
    sha256: str
    mime: str
    size: int
    width: int = 0
    height: int = 0
    focus: tuple[float, float] | None = None
    mark: Mark = field(default=NOWHERE, compare=False)

    @property
    def focal_point(self) -> str:
        """The ``focus`` as it is written, ``0.2, -0.5``; "" where there is none."""
        return ", ".join(map(str, self.focus or ()))

    @property
    def uploaded_with(self) -> str:
        """What an upload of the file says of it: with anything else, it is another upload."""
        return self.alt if self.focus is None else f"{self.alt}\n({self.focal_point})"


@dataclass(frozen=True, slots=True)
class Poll:
    """Two to four options that people can choose from for so many minutes."""

    options: tuple[str, ...]
    minutes: int


@dataclass(frozen=True, slots=True)
class Part:
    """One post on the platform: a thread has several parts, other posts have one."""

    text: str
    media: tuple[Media, ...] = ()
    poll: Poll | None = None
    mark: Mark = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Content:
    """All that an audience will see of a post, after templates, and who may reply.

    ``reply_settings`` is None (everyone), ``following``, ``mentionedUsers``, ``subscribers`` or
    ``verified``, as X names them. ``warning`` is shown first where a platform has content warnings:
    the text and the media are behind it. ``language`` is the BCP 47 tag of the texts, such as
    ``pt-BR``.
    """

    parts: tuple[Part, ...]
    reply_settings: str | None = None
    warning: str | None = None
    language: str | None = None

    @property
    def text(self) -> str:
        """The text of all parts, separated by blank lines."""
        return "\n\n".join(part.text for part in self.parts)

    def to_json(self) -> str:
        """Return the canonical JSON: same content, same bytes. Marks are left out."""
        return json.dumps(self._to_plain(), ensure_ascii=False, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Content:
        """Read back what ``to_json`` wrote."""
        data = json.loads(text)
        parts = tuple(_part_from(part) for part in data["parts"])
        return cls(parts, data["reply_settings"], data.get("warning"), data.get("language"))

    @staticmethod
    def part_from_json(text: str, place: int) -> Part:
        """Read back a single part, as for one publication of a thread. Raise IndexError."""
        return _part_from(json.loads(text)["parts"][place])

    @property
    def digest(self) -> str:
        """The sha256 of the content, in hex: file paths do not count, file contents do."""
        data = self._to_plain()
        for part in data["parts"]:
            for media in part["media"]:
                del media["path"]
        return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()

    def _to_plain(self) -> dict[str, Any]:
        """Return plain values; what it lacks of later additions is no part of them."""
        data: dict[str, Any] = _to_plain(asdict(self))
        return data


_ADDED = {"warning", "language", "focus"}
"""Fields of a content and its media that older ones in a database lack: these keep their
digests."""


def _to_plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: _to_plain(item)
            for key, item in value.items()
            if key != "mark" and not (item is None and key in _ADDED)
        }
    if isinstance(value, list | tuple):
        return [_to_plain(item) for item in value]
    return str(value) if isinstance(value, Path) else value


def _media_from(data: Mapping[str, Any]) -> Media:
    focus = data.get("focus")
    read = {"path": Path(data["path"]), "focus": (focus[0], focus[1]) if focus else None}
    return Media(**{**data, **read})


def _part_from(data: Mapping[str, Any]) -> Part:
    media = tuple(_media_from(item) for item in data["media"])
    poll = data["poll"] and Poll(tuple(data["poll"]["options"]), data["poll"]["minutes"])
    return Part(data["text"], media, poll)


# --- Once it is out -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RemotePost:
    """A visible post: the platform's id and the address a person can open.

    ``reply`` is what a reply to it needs; only its platform's client writes and reads it: on
    Bluesky the root and the parent, each with its hash. By default it is the id.
    """

    remote_id: str
    url: str
    at: datetime
    reply: str = ""

    def __post_init__(self) -> None:
        """Use the id for ``reply`` where there is nothing else."""
        object.__setattr__(self, "reply", self.reply or self.remote_id)


@dataclass(frozen=True, slots=True)
class Publication:
    """A published part, by the platform's own id; ``gone`` is when it was found deleted.

    ``wording`` names the wording used; it is empty where the post has only one. ``poll`` is the
    poll that it asks.
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
    poll: Poll | None = None


@dataclass(frozen=True, slots=True)
class Spending:
    """What a call cost, in US dollars; ``item`` is named as in ``bot.platforms``."""

    at: datetime
    account: str
    campaign: str | None
    item: str
    quantity: int
    dollars: Decimal


@dataclass(frozen=True, slots=True)
class Counters:
    """What a platform counts; None means "no data", which is not 0.

    So is what a platform never gives, as Mastodon and Bluesky give no impressions and no clicks.
    """

    impressions: int | None = None
    likes: int | None = None
    reposts: int | None = None
    quotes: int | None = None
    replies: int | None = None
    bookmarks: int | None = None
    link_clicks: int | None = None
    profile_clicks: int | None = None

    @property
    def engagements(self) -> int | None:
        """How many of ``ENGAGEMENTS`` are known together; None where none is."""
        acts = (self.likes, self.reposts, self.quotes, self.replies, self.bookmarks)
        known = [count for count in acts if count is not None]
        return sum(known) if known else None


COUNTER_NAMES = tuple(counter.name for counter in fields(Counters))

PUBLIC_COUNTERS = COUNTER_NAMES[:6]
"""What anyone can see on the platform, for as long as the post is there."""

ENGAGEMENTS = ("likes", "reposts", "quotes", "replies", "bookmarks")
"""What counts as an engagement: each is one act of one person that the platform reports."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The counters of one publication at one instant: as read then, or all that was known.

    Of all that was known, ``counters`` holds the last value of each, ``read`` is when any was last
    read, and ``fell`` names those that were lower at some reading than at the one before.
    """

    publication: int
    read: datetime
    counters: Counters
    fell: tuple[str, ...] = ()

    @classmethod
    def summed(cls, history: Iterable[Snapshot]) -> Snapshot | None:
        """Return what is known after these readings, oldest first; None where there are none."""
        known: Snapshot | None = None
        for snapshot in history:
            known = snapshot.after(known) if known else snapshot
        return known

    def after(self, known: Snapshot) -> Snapshot:
        """Return what is known after this reading, no older than the last, and before it."""
        values: list[int | None] = []
        fell = []
        for name in COUNTER_NAMES:
            before, now = getattr(known.counters, name), getattr(self.counters, name)
            values.append(before if now is None else now)
            fell_now = now is not None and before is not None and now < before
            if fell_now or name in known.fell:
                fell.append(name)
        return Snapshot(self.publication, self.read, Counters(*values), tuple(fell))


@dataclass(frozen=True, slots=True)
class PollVotes:
    """How many people chose each option of a poll, in its order; never who.

    ``closed`` is whether nobody could vote any more when it was read: then they are the result.
    """

    counts: tuple[int | None, ...]
    read: datetime
    closed: bool


WARN_AT, STOP_AT = 80, 100
"""Percent of a budget at which a warning is logged; at the second, counters are no longer read."""


@dataclass(frozen=True, slots=True)
class BudgetStatus:
    """An account's budget in the month from ``since`` to ``until``, in US dollars.

    ``planned`` is what the posts that are queued for the rest of the month will cost.
    """

    account: str
    since: datetime
    until: datetime
    budget: Decimal
    spent: Decimal
    planned: Decimal = Decimal(0)

    @property
    def threshold(self) -> int:
        """The threshold that is reached: 0, ``WARN_AT`` or ``STOP_AT`` percent."""
        reached = (at for at in (STOP_AT, WARN_AT) if self.spent * 100 >= self.budget * at)
        return next(reached, 0)

    @property
    def left_for_reads(self) -> Decimal:
        """What may be spent on reading: what is left, except for what the planned posts need."""
        return max(Decimal(0), self.budget - self.spent - self.planned)

    @property
    def why_not_read(self) -> str:
        """Why nothing is read, where ``left_for_reads`` does not pay for it."""
        if self.threshold == STOP_AT:
            return f"the budget is spent ({self})"
        if not self.planned:
            return f"the budget is nearly spent ({self}), and the rest is too small for one read"
        return (
            f"the budget is nearly spent ({self}), and the rest is kept for posts still to go out"
        )

    def __str__(self) -> str:
        """Return what was spent of how much in which month."""
        return f"${self.spent.normalize():f} of ${self.budget:f} for {self.since:%Y-%m}"
