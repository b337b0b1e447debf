"""What looking for an unknown send has shown so far, and what to do about it. Pure.

A post that is found is adopted. One that is absent from the own timeline three times over five
minutes is sent again once at most, and only inside its grace; everything else goes to a person. A
timeline that cannot be read for an hour goes to a person too, and so does one that shows a post of
that time which is not known here: the platform may have changed its words. X documents no read lag,
so the spacing is ours (15 s, 75 s, 5 min), wider than the one minute that the bar asks for.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.model import Delivery, Look, Published

LOOKS = (timedelta(seconds=15), timedelta(seconds=75), timedelta(minutes=5))
UNREADABLE_WAIT = timedelta(minutes=1)
UNREADABLE_LIMIT = timedelta(hours=1)


TOO_FAR_BACK = "the platform does not show the account's posts so far back"


@dataclass(frozen=True, slots=True)
class Adopt:
    """It is out: take over the platform's id."""

    published: Published


@dataclass(frozen=True, slots=True)
class LookAgain:
    """Not enough is known; look again then."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Resend:
    """It is absent for certain enough, and in time."""


@dataclass(frozen=True, slots=True)
class AskHuman:
    """Only a person can tell."""

    why: str


Verdict = Adopt | LookAgain | Resend | AskHuman


def verdict(
    delivery: Delivery,
    looks: Sequence[Look],
    *,
    since: datetime,
    duplicate: bool,
    now: datetime,
    beside: str = "",
) -> Verdict:
    """Judge the looks, newest last. ``since`` is when the send became unknown.

    ``beside`` says which posts of that time are not known here, if there are any.
    """
    newest = looks[-1]
    if len(newest.matches) == 1:
        return Adopt(newest.matches[0])
    if newest.matches:
        ids = ", ".join(match.remote_id for match in newest.matches)
        return AskHuman(f"{len(newest.matches)} posts on the timeline match: {ids}")
    if not newest.readable:
        return _unreadable(newest, since, now)
    absent = _absent(delivery, looks, since=since, duplicate=duplicate, now=now)
    return AskHuman(beside) if beside and isinstance(absent, Resend) else absent


def _unreadable(newest: Look, since: datetime, now: datetime) -> Verdict:
    if now - since > UNREADABLE_LIMIT:
        return AskHuman(f"the timeline could not be read for an hour: {newest.evidence}")
    return LookAgain(now + UNREADABLE_WAIT)


def _absent(
    delivery: Delivery,
    looks: Sequence[Look],
    *,
    since: datetime,
    duplicate: bool,
    now: datetime,
) -> Verdict:
    absences = sum(look.readable for look in looks)
    if absences < len(LOOKS):
        minimum = timedelta(seconds=60) if absences > 1 else timedelta(0)
        return LookAgain(max(since + LOOKS[absences], now + minimum))
    if duplicate:
        return AskHuman("the platform calls it a duplicate, but it is not on the timeline")
    if delivery.resends:
        return AskHuman("absent from the timeline, and it was sent again once already")
    if now > delivery.deadline:
        return AskHuman("absent from the timeline, and too late to send it again unasked")
    return Resend()
