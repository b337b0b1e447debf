"""What a platform counted: the counters of a post, read again and again.

Plain frozen values. Every ``datetime`` is aware and in UTC. None is "no data", which is not 0.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Counters:
    """What a platform counts; None is «no data», which is not 0."""

    impressions: int | None = None
    likes: int | None = None
    reposts: int | None = None
    quotes: int | None = None
    replies: int | None = None
    bookmarks: int | None = None
    link_clicks: int | None = None
    profile_clicks: int | None = None

    def after(self, earlier: Counters) -> Counters:
        """Give these, and for each that was not told now what was known of it before."""
        return Counters(*map(_either, _values(self), _values(earlier)))

    @property
    def public(self) -> Counters:
        """Give those that anyone can see, without the others."""
        return Counters(*_values(self)[: len(PUBLIC)])

    def below(self, earlier: Counters) -> tuple[str, ...]:
        """Name those that are lower than they were."""
        pairs = zip(COUNTERS, _values(self), _values(earlier), strict=True)
        return tuple(name for name, now, was in pairs if _fell(now, was))


COUNTERS = tuple(each.name for each in fields(Counters))

PUBLIC = COUNTERS[:6]
"""What anyone can see on the platform, for as long as the post is there."""


def _values(counters: Counters) -> tuple[int | None, ...]:
    return tuple(getattr(counters, name) for name in COUNTERS)


def _fell(now: int | None, before: int | None) -> bool:
    return now is not None and before is not None and now < before


def _either(now: int | None, before: int | None) -> int | None:
    return before if now is None else now


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The counters of one publication at one instant; append-only."""

    publication: int
    read: datetime
    counters: Counters


@dataclass(frozen=True, slots=True)
class Latest:
    """All that is known of a publication's counters now.

    ``counters`` holds the last value of each that was told at all, ``read`` is when any was last
    read, ``fell`` names those that were lower at some reading than at the one before.
    """

    publication: int
    read: datetime
    counters: Counters
    fell: tuple[str, ...] = ()

    def after(self, snapshot: Snapshot) -> Latest:
        """Give what is known after one more reading, no older than the last."""
        fell = {*self.fell, *snapshot.counters.below(self.counters)}
        return Latest(
            self.publication,
            snapshot.read,
            snapshot.counters.after(self.counters),
            tuple(name for name in COUNTERS if name in fell),
        )

    @classmethod
    def of(cls, history: Iterable[Snapshot]) -> Latest | None:
        """Sum up a publication's readings, oldest first; None where there are none."""
        known: Latest | None = None
        for each in history:
            known = known.after(each) if known else cls(each.publication, each.read, each.counters)
        return known
