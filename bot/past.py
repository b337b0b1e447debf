"""Posts whose last time has passed: what may still go out of them, and what is never sent. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from bot.delivery.decide import in_words
from bot.errors import Problem
from bot.model import State
from bot.planning import BEHIND
from bot.schedules import At, EventRelative, Every

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from bot.model import Account, Campaign, Delivery, Mark, Post, Schedule

MOST = 10
"""Posts of a file that are named when it has more than ``APART`` that are over."""

APART = 3
"""Up to so many posts of a file that are over are each reported at their own place."""

CODES = {
    "P109": "A post that is written down after its time goes out late, or not at all.",
    "P110": "With a wrong year a post is over before it begins, and nobody waits for it any more.",
}
"""What can be wrong with a post whose time has passed, and why it matters."""

_MONTH, _YEAR = timedelta(days=35), timedelta(days=366)
_EARLIEST = date(3, 1, 1)


@dataclass(frozen=True, slots=True)
class Past:
    """A post with nothing to come: ``due`` was its last time, ``deadline`` ends its grace."""

    post: Post
    due: datetime
    deadline: datetime
    timezone: str

    @property
    def name(self) -> tuple[str, str]:
        """The campaign and the id of the post."""
        return self.post.campaign, self.post.id

    def is_over(self, now: datetime) -> bool:
        """Return whether it lies further back than planning looks: nobody lists it as missed."""
        return self.due < now - BEHIND


def past(
    campaigns: Iterable[Campaign], accounts: Mapping[str, Account], now: datetime
) -> list[Past]:
    """Return the posts whose every time lies before ``now``; not those of cancelled events."""
    found: dict[tuple[str, str, str | None], Past] = {}
    for campaign in campaigns:
        for post in campaign.posts:
            due = _last(post.when, now)
            if due is not None:
                zone = getattr(post.when, "timezone", campaign.timezone)
                one = Past(post, due, _deadline(post, due, accounts), zone)
                # Once, whatever it says on which platform.
                same = found.get((*one.name, post.event), one)
                found[*one.name, post.event] = max(one, same, key=lambda each: each.deadline)
    return [*found.values()]


def _last(when: Schedule, now: datetime) -> datetime | None:
    """Return the last time of a schedule, if it has passed; None while more is to come."""
    if isinstance(when, At):
        return when.due if when.due < now else None
    if isinstance(when, EventRelative):
        return when.due if when.due < now and not when.event.cancelled else None
    return _last_of(when, now) if isinstance(when, Every) else None


def _last_of(when: Every, now: datetime) -> datetime | None:
    """Return it of a recurrence that ends by ``until`` or by a count; a rare one is not over."""
    end = when.until or when.start
    if not (when.until or "COUNT" in when.rule) or end is None or end > now.date():
        return None
    if any(when.occurrences(now, now + _YEAR)):
        return None
    ended = datetime.combine(max(end, _EARLIEST), time(), UTC)
    stop = min(now, ended + timedelta(days=3)) if when.until else now
    # Where it had no time shortly before its end, the day on which it ended says enough.
    back = _MONTH if when.until else _YEAR
    last = [moment.due for moment in when.occurrences(stop - back, stop)]
    return last[-1] if last else ended


def _deadline(post: Post, due: datetime, accounts: Mapping[str, Account]) -> datetime:
    """Return until when the last of its accounts may still send it."""
    known = filter(None, map(accounts.get, post.accounts))
    late = due + max((account.grace for account in known), default=timedelta(0))
    if post.expires is None:
        return late
    return min(late, due + post.expires if isinstance(post.expires, timedelta) else post.expires)


def unsent(
    campaigns: Iterable[Campaign],
    accounts: Mapping[str, Account],
    now: datetime,
    of_posts: Callable[[set[tuple[str, str]]], Iterable[Delivery]],
) -> tuple[Problem, ...]:
    """Return a warning for what is over and was never queued; ``of_posts`` asks the queue."""
    over = [one for one in past(campaigns, accounts, now) if one.is_over(now)]
    return problems(never_queued(over, of_posts({one.name for one in over})), now) if over else ()


def never_queued(found: Iterable[Past], queued: Iterable[Delivery]) -> list[Past]:
    """Return those that the queue does not know: neither sent, nor missed, nor waiting."""
    known = {
        (delivery.campaign, delivery.post, delivery.event)
        for delivery in queued
        if delivery.state is not State.CANCELLED
    }
    return [one for one in found if (*one.name, one.post.event) not in known]


def problems(found: Iterable[Past], now: datetime) -> tuple[Problem, ...]:
    """Return a warning for each; where many of a file are over, one for all of these."""
    files: dict[str, list[Past]] = {}
    warnings = []
    for one in found:
        if one.is_over(now):
            files.setdefault(one.post.mark.file, []).append(one)
        else:
            warnings.append(_recent(one, now))
    for over in files.values():
        warnings += map(_over, over) if len(over) <= APART else [_many(over, now)]
    return tuple(sorted(warnings))


def _recent(one: Past, now: datetime) -> Problem:
    ago = in_words(now - one.due)
    if now <= one.deadline:
        message = f"It was due {_local(one, one.due)}, {ago} ago, and is still sent until "
        message += f"{_local(one, one.deadline)}, within its grace."
        return _warning(one.post.mark, "P109", message, "Move it if that is too late.")
    message = f"It was due {_local(one, one.due)}, {ago} ago: too late to be sent."
    return _warning(one.post.mark, "P109", message, "Give it a time to come, or take it out.")


def _over(one: Past) -> Problem:
    message = f"It was due {_local(one, one.due)}, over {BEHIND.days} days ago: it is never sent."
    return _warning(one.post.mark, "P110", message, "If the date is a slip, correct it.")


def _many(over: list[Past], now: datetime) -> Problem:
    """Name those first whose day of the year comes next: a wrong year is most likely theirs."""
    today = now.timetuple().tm_yday
    ordered = sorted(over, key=lambda one: (one.due.timetuple().tm_yday - today) % 366)
    names = [f"{one.post.id} ({one.due:%Y-%m-%d})" for one in ordered[:MOST]]
    names += [f"and {len(over) - MOST} more"] * (len(over) > MOST)
    message = f"{len(over)} posts were due over {BEHIND.days} days ago, and are never sent: "
    message += f"{', '.join(names)}."
    return _warning(ordered[0].post.mark, "P110", message, "If a date is a slip, correct it.")


def _warning(mark: Mark, code: str, message: str, hint: str) -> Problem:
    return Problem(mark.file, mark.line, mark.column, code, message, hint, level="warning")


def _local(one: Past, instant: datetime) -> str:
    return f"{instant.astimezone(ZoneInfo(one.timezone)):%a %Y-%m-%d %H:%M %Z}"
