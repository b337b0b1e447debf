"""What should happen to a scheduled delivery now: send, wait, or give up. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bot.model import State
from bot.schedules import zone
from bot.schedules.hours import day_span, quiet_span

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.model import Account, Delivery, Pause, Rest, Twin

LATE = timedelta(minutes=5)
"""From here on a post counts as late, whatever held it: downtime, quiet hours, an approval."""

CATCH_UP_GAP = timedelta(minutes=5)
"""Least time between two posts of an account that are late: nothing is sent in a flood."""


@dataclass(frozen=True, slots=True)
class Send:
    """Send its next part now."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Not now. ``until`` is None where only a person or another delivery can end the waiting."""

    until: datetime | None
    why: str


@dataclass(frozen=True, slots=True)
class GiveUp:
    """It goes into ``state`` and is never sent by itself."""

    state: State
    why: str


def decide(
    delivery: Delivery,
    account: Account | None,
    *,
    now: datetime,
    pauses: Sequence[Pause] = (),
    last_sent: datetime | None = None,
    rest: Rest | None = None,
    said_before: Twin | None = None,
    lacking: str | None = None,
    today: int = 0,
    unpaid: tuple[datetime, str] | None = None,
    uploaded: bool = True,
) -> Send | Wait | GiveUp:
    """Say what to do with a delivery in state ``scheduled``.

    ``last_sent`` is when the account last sent anything of another delivery, ``rest`` until when
    the platform told it to wait, ``said_before`` another post with the same content, of its own or
    of another account.
    ``lacking`` says which approval is missing; ``today`` is how many other posts of the account
    are out, or may be, since its audience's midnight; ``unpaid`` until when, and why, a budget that
    stops posts holds it; ``uploaded`` is whether all that it shows is at the platform.
    """
    known = _Known(delivery, account, pauses, lacking, today, unpaid, uploaded)
    return (
        _clock_in_doubt(pauses)
        or _out_of_time(known, now, said_before)
        or known.held(now)
        or _resting(rest, now)
        or _echoes(delivery, said_before)
        or known.paced(now)
        or _spaced(delivery, account, now, last_sent)
        or known.uploading()
        or Send()
    )


@dataclass(frozen=True, slots=True)
class _Known:
    """A delivery and what may hold it back, at whatever instant is asked for."""

    delivery: Delivery
    account: Account | None
    pauses: Sequence[Pause]
    lacking: str | None
    today: int
    unpaid: tuple[datetime, str] | None = None
    uploaded: bool = True

    def held(self, now: datetime) -> Wait | None:
        """Give what a person has said, or must say, before any part of it may leave."""
        if self.account is None:
            return Wait(None, f"config.yaml has no account {self.delivery.account}")
        for pause in self.pauses:
            if pause.holds(self.delivery):
                return Wait(None, str(pause))
        return self.embargoed(now) or self.unsaid(now)

    def embargoed(self, now: datetime) -> Wait | None:
        """Give the embargo that is not over."""
        embargo = self.delivery.embargo
        if embargo is None or embargo <= now:
            return None
        return Wait(embargo, f"embargo until {_local(embargo, self.delivery.timezone)}")

    def unsaid(self, now: datetime) -> Wait | None:
        """Give what must be looked at by a person before it is said.

        A thread that has begun with a fact is told to its end: its first part is out.
        """
        stale = self.delivery.stale_from
        if stale and stale <= now and not self.delivery.next_part:
            since = _local(stale, self.delivery.timezone)
            return Wait(None, f"a fact that it stands on is due for review since {since}")
        return Wait(None, self.lacking) if self.lacking else None

    def paced(self, now: datetime) -> Wait | None:
        """Give what the audience is to be spared, or the budget does not pay for.

        The audience is spared too much in a day, and late posts in the night. A thread that is half
        out goes on.
        """
        account = self.account
        if account is None or self.delivery.next_part:
            return None
        if self.unpaid:
            return Wait(*self.unpaid)
        if account.daily_cap is not None and self.today >= account.daily_cap:
            _, midnight = day_span(account, now)
            return Wait(midnight, f"the account's {_posts(account.daily_cap)} of today are out")
        until = quiet_until(self.delivery, account, now)
        if until:
            return Wait(
                until, f"quiet hours until {until.astimezone(zone(account.timezone)):%H:%M}"
            )
        return None

    def uploading(self) -> Wait | None:
        """Give what is still to be uploaded."""
        return None if self.uploaded else Wait(None, "what it shows is still being uploaded")


def held(
    delivery: Delivery,
    account: Account | None,
    *,
    now: datetime,
    pauses: Sequence[Pause],
    lacking: str | None,
) -> Wait | None:
    """Say what a person has to end before anything of it may leave; see ``decide``."""
    return _Known(delivery, account, pauses, lacking, today=0).held(now)


def quiet_until(delivery: Delivery, account: Account, now: datetime) -> datetime | None:
    """Give until when it must not disturb; None where it may go out.

    What is due in quiet hours was meant for them; what was due before them and is late was not.
    """
    span = None if delivery.next_part else quiet_span(account, now)
    return span[1] if span and delivery.due < span[0] else None


def _posts(count: int) -> str:
    return f"{count} posts" if count > 1 else "one post"


def _local(instant: datetime, timezone: str) -> str:
    return f"{instant.astimezone(zone(timezone)):%a %Y-%m-%d %H:%M %Z}"


def _clock_in_doubt(pauses: Sequence[Pause]) -> Wait | None:
    """Hold it before anything else: whether it is too late cannot be told either."""
    return next((Wait(None, str(pause)) for pause in pauses if pause.doubts_clock), None)


def _out_of_time(known: _Known, now: datetime, twin: Twin | None) -> Wait | GiveUp | None:
    delivery = known.delivery
    if now > delivery.deadline:
        return _too_late(known, now)
    if now < delivery.not_before:
        return Wait(delivery.not_before, _why_not_yet(known, twin))
    return None


def _resting(rest: Rest | None, now: datetime) -> Wait | None:
    return Wait(rest.until, f"the account waits: {rest.why}") if rest and now < rest.until else None


def _echoes(delivery: Delivery, twin: Twin | None) -> GiveUp | None:
    """A person must say first that it may be said again; a thread that is half out goes on."""
    if twin is None or delivery.allowed or delivery.next_part:
        return None
    return GiveUp(State.NEEDS_HUMAN, _echo(delivery, twin))


def _echo(delivery: Delivery, twin: Twin) -> str:
    where = twin.url or f"due {twin.due:%Y-%m-%d %H:%M} UTC, {twin.state}"
    if twin.account == delivery.account:
        return f"the account has said the same as {twin.post} ({where}); a renamed post?"
    return (
        f"{twin.account} has said the same words in {twin.post} ({where}); no two accounts of a "
        "platform may"
    )


def _why_not_yet(known: _Known, said_before: Twin | None) -> str:
    delivery = known.delivery
    then = delivery.not_before
    if waits := known.embargoed(then) or known.unsaid(then):
        return waits.why
    if delivery.next_part:
        return f"part {delivery.next_part + 1} of {len(delivery.content.parts)} comes next"
    if said_before and not delivery.allowed:
        return f"not due yet, and then a person is asked: {_echo(delivery, said_before)}"
    return delivery.reason or "not due yet"


def _too_late(known: _Known, now: datetime) -> GiveUp:
    """Say what held it back, too, as far as that held it to the end."""
    delivery = known.delivery
    held = known.held(delivery.deadline)
    if now - delivery.deadline < LATE:  # else the loop was down, whatever the hour was
        held = held or known.paced(delivery.deadline) or known.uploading()
    reason = delivery.reason or (held.why if held else "")
    late = in_words(now - delivery.due)
    if delivery.next_part:
        parts = len(delivery.content.parts)
        why = f"the thread stopped after part {delivery.next_part} of {parts}, now {late} late"
        return GiveUp(State.NEEDS_HUMAN, _because(why, reason))
    if delivery.expires and now > delivery.expires:
        return GiveUp(State.EXPIRED, _because("its end passed before it could go out", reason))
    why = f"{late} late, more than its grace of {in_words(delivery.grace)}"
    return GiveUp(State.MISSED, _because(why, reason))


def _because(why: str, reason: str) -> str:
    return f"{why} ({reason})" if reason else why


def in_words(span: timedelta) -> str:
    """Give a span as a person says it: ``1 h 5 min``."""
    minutes = int(span.total_seconds() // 60)
    if minutes < 1:
        return f"{int(span.total_seconds())} s"
    days, hours = minutes // 1440, minutes // 60 % 24
    parts = [f"{days} d"] * bool(days) + [f"{hours} h"] * bool(hours)
    return " ".join(parts + [f"{minutes % 60} min"] * bool(minutes % 60 or not parts))


def gap(delivery: Delivery, account: Account, now: datetime) -> timedelta:
    """Give the least time since the account's last post; none between the parts of a thread."""
    if delivery.next_part:
        return timedelta(0)
    return max(account.gap, CATCH_UP_GAP) if now - delivery.due > LATE else account.gap


def _spaced(
    delivery: Delivery,
    account: Account | None,
    now: datetime,
    last_sent: datetime | None,
) -> Wait | None:
    if account is None or delivery.next_part or last_sent is None:
        return None
    needed = gap(delivery, account, now)
    until = last_sent + needed
    if now < until:
        apart = f"late posts go out {in_words(CATCH_UP_GAP)} apart"
        return Wait(until, apart if needed > account.gap else "the account's gap between posts")
    return None
