"""The reading plan: when a publication's counters are read next. Pure.

X bills a post that is read once a UTC day, however often (its page "Post cap"). So what costs is a
day on which a post is read at all: within it, further reads are free, and what must be weighed is
whether the next day is worth it. In its first three days a post always is. After that, the faster
its count grew, the sooner it is read again; once it has been flat for days it is read a last time
just before its platform stops telling clicks, where it tells them, and no more unless it has woken
up. After 90 days it is done.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from bot.model import Counters
    from bot.platforms.base import Kind

DENSE = (
    (timedelta(hours=3), timedelta(minutes=20)),
    (timedelta(hours=12), timedelta(hours=1)),
    (timedelta(days=1), timedelta(hours=3)),
    (timedelta(days=3), timedelta(hours=8)),
)
"""(up to this age, read this often), youngest first; beyond, growth decides."""

YOUNG = DENSE[-1][0]
"""Younger posts are read however little is left, as long as anything is."""

END = timedelta(days=90)
"""Older posts are read no more."""

BEFORE_CLICKS_END = timedelta(hours=12)
"""The last look at link and profile clicks is so long before they are told no more."""

SOONEST, LATEST = timedelta(days=1), timedelta(days=7)
"""The least and the most between two reads of a post that is not young any more."""

NEWS = 0.02
"""Growth by this share is worth a paid read."""

FLAT, FLAT_FOR = 0.01, timedelta(days=5)
"""A count that changed by less than this share in that time is flat."""

FEW = 100
"""Counts below this are taken for as many: that three become four is no growth of a third."""

_A_DAY_AGO = timedelta(hours=20)

TOGETHER = timedelta(minutes=10)
"""Reads due within this are made at once: one call can carry a hundred posts."""

FAILED_WAIT = timedelta(minutes=15)
"""Wait after a read that failed without saying when to come back."""


@dataclass(frozen=True, slots=True)
class Read:
    """An earlier read: when, and a count that grows as the post does (impressions, if told)."""

    at: datetime
    count: int


@dataclass(frozen=True, slots=True)
class Means:
    """What the account can still pay for this month: ``days`` on which a post is read.

    They are for ``posts`` that are still being read, until the budget is ``renewed``.
    """

    days: int
    posts: int
    renewed: datetime


def next_read(
    kind: Kind,
    published: datetime,
    reads: Sequence[Read],
    now: datetime,
    means: Means | None = None,
) -> datetime | None:
    """Give the next read after one at ``now``; None where there is none any more.

    ``kind`` is the platform that it is on, ``reads`` are those made, oldest first. Without
    ``means``, money is no matter.
    """
    end = published + END
    wanted = None if now >= end - TOGETHER else _wanted(kind, published, reads, now)
    if wanted is None:
        return None
    wanted = min(wanted, end)
    if means and not is_paid(kind, reads, wanted):
        wanted = _afforded(published, wanted, now, means)
    return wanted if wanted <= end else None


def size(counters: Counters) -> int | None:
    """Give the count that growth is told by: impressions, or else all that was told together."""
    if counters.impressions is not None:
        return counters.impressions
    told = [value for value in astuple(counters) if value is not None]
    return sum(told) if told else None


def is_paid(kind: Kind, reads: Sequence[Read], instant: datetime) -> bool:
    """Tell whether a read at this instant is on a day that is paid already."""
    return bool(reads) and kind.billed_on(reads[-1].at) == kind.billed_on(instant)


def last_clicks(kind: Kind) -> timedelta:
    """Give the age at which a post is last asked for its clicks; 0 where none are told."""
    return kind.CLICKS_LAST - BEFORE_CLICKS_END if kind.CLICKS_LAST else timedelta(0)


def _wanted(
    kind: Kind, published: datetime, reads: Sequence[Read], now: datetime
) -> datetime | None:
    """Give when the post itself asks to be read."""
    for until, every in DENSE:
        if now - published < until:
            return now + every
    last = published + last_clicks(kind)
    # What was read together with others, a little early, need not be read again at once.
    clicks_to_come = now < last - TOGETHER
    if is_flat(reads):
        return last if clicks_to_come else None
    found = now + _patience(reads)
    return min(found, last) if clicks_to_come else found


def is_flat(reads: Sequence[Read]) -> bool:
    """Tell whether the count has stood still for days."""
    base = _before(reads, FLAT_FOR)
    return base is not None and _change(base, reads[-1]) < FLAT


def _patience(reads: Sequence[Read]) -> timedelta:
    """Give how long it takes until there is news, if it grows on as it last did."""
    base = _before(reads, _A_DAY_AGO)
    if base is None:
        return SOONEST
    change = _change(base, reads[-1])
    days = (reads[-1].at - base.at) / timedelta(days=1)
    most = LATEST.days if change * LATEST.days <= NEWS * days else int(NEWS * days / change)
    return max(SOONEST, timedelta(days=most))


def _before(reads: Sequence[Read], span: timedelta) -> Read | None:
    """Give the newest read at least so long before the last one."""
    last = reads[-1].at if reads else None
    return next((one for one in reversed(reads) if last and last - one.at >= span), None)


def _change(base: Read, last: Read) -> float:
    """Give by which share it changed; a count that falls is news as well."""
    return abs(last.count - base.count) / max(base.count, FEW)


def _afforded(published: datetime, wanted: datetime, now: datetime, means: Means) -> datetime:
    """Put a paid read off so far that what is left lasts until the budget is renewed."""
    # Each at its own hour: at the turn of the month not everything is read at once.
    renewed = means.renewed + (now - now.replace(hour=0, minute=0, second=0, microsecond=0))
    if means.days < 1:
        return max(wanted, renewed)
    if now - published < YOUNG:
        return wanted
    apart = (means.renewed - now) * max(1, means.posts) / means.days
    return max(wanted, min(now + apart, renewed))
