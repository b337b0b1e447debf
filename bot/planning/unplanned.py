"""Posts that are not planned, because they are due beyond the horizon or in the past. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from bot.errors import Problem
from bot.model import State
from bot.planning.occurrences import LOOK_BACK, expiry_of
from bot.schedules import EventRelative, Every
from bot.schedules.local_time import format_duration, format_local

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from bot.model import Account, Campaign, Delivery, Post, Schedule


MAX_NAMED = 10
"""Past posts of a file that a message names if there are more than ``MAX_SEPARATE``."""

MAX_SEPARATE = 3
"""Up to this number, each past post of a file is reported at its own place."""

_FAR_AHEAD = datetime.max.replace(tzinfo=UTC) - timedelta(days=2)
_DAY, _MONTH, _YEAR = timedelta(days=1), timedelta(days=35), timedelta(days=366)
_EARLIEST = date(3, 1, 1)


# --- Beyond the horizon ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LaterPost:
    """A post that is due only after the horizon."""

    post: Post
    due: datetime
    """Its first time."""
    queued_from: datetime
    """The instant from which the horizon reaches ``due``."""
    timezone: str
    """The timezone of its audience."""

    @property
    def name(self) -> str:
        """The name that people type, ``campaign/post``."""
        return f"{self.post.campaign}/{self.post.id}"

    @property
    def local(self) -> datetime:
        """When it is due, in its audience's time."""
        return self.due.astimezone(ZoneInfo(self.timezone))

    @property
    def queued_on(self) -> str:
        """The day from which it is queued."""
        return f"{self.queued_from.astimezone(ZoneInfo(self.timezone)):%Y-%m-%d}"

    def __str__(self) -> str:
        """Return its name, when it is due, and when it will be queued."""
        due = format_local(self.due, self.timezone)
        return f"{self.name}, {due}: queued from {self.queued_on} on"


def posts_beyond_horizon(
    campaigns: Iterable[Campaign], now: datetime, horizon: timedelta
) -> list[LaterPost]:
    """Return the posts that are due only after ``now + horizon``, the next due first."""
    end = now + horizon
    found: dict[tuple[object, ...], LaterPost] = {}
    for post in (post for campaign in campaigns for post in campaign.posts):
        when, last = post.when, _FAR_AHEAD
        begin = end
        if isinstance(when, Every):
            if any(when.occurrences(now, end)):
                continue
            # A recurrence is followed for a year from its beginning. A rarer one is left out.
            if when.start:
                begin = max(end, datetime.combine(when.start, time(), UTC) - _DAY)
            last = begin + _YEAR
        if moment := next(when.occurrences(begin, last), None):
            # One entry, even if it has other texts on some platforms.
            key = post.campaign, post.id, moment.due
            found[key] = LaterPost(post, moment.due, moment.due - horizon, moment.timezone)
    return sorted(found.values(), key=lambda later: (later.due, later.name))


def moved_warnings(
    campaigns: Iterable[Campaign], now: datetime, horizon: timedelta, cancelled: Iterable[Delivery]
) -> Iterator[Problem]:
    """Yield a warning for each post that leaves the queue because it is due beyond the horizon."""
    gone = {(delivery.campaign, delivery.post, delivery.event) for delivery in cancelled}
    hint = "If the date is a slip, correct it."
    for item in posts_beyond_horizon(campaigns, now, horizon) if gone else ():
        if (item.post.campaign, item.post.id, item.post.event) in gone:
            message = f"It leaves the queue for now: {item}."
            yield Problem(*item.post.mark, "P112", message, hint, "warning")


# --- Past posts -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PastPost:
    """A post whose times are all in the past."""

    post: Post
    due: datetime
    """Its last time."""
    deadline: datetime
    """The instant after which it is not sent any more."""
    timezone: str
    """The timezone of its audience."""

    @property
    def post_key(self) -> tuple[str, str]:
        """The campaign and the id of the post."""
        return self.post.campaign, self.post.id

    def is_over(self, now: datetime) -> bool:
        """Return whether it was due before the planned span, and so is not listed as missed."""
        return self.due < now - LOOK_BACK


def past_posts(
    campaigns: Iterable[Campaign], accounts: Mapping[str, Account], now: datetime
) -> list[PastPost]:
    """Return the posts whose times all lie before ``now``; not those of cancelled events."""
    found: dict[tuple[str, str, str | None], PastPost] = {}
    for campaign in campaigns:
        for post in campaign.posts:
            due = _last_due(post.when, now)
            if due is None:
                continue
            # The last of its accounts may still send it within its grace.
            known = filter(None, map(accounts.get, post.accounts))
            deadline = due + max((account.grace for account in known), default=timedelta(0))
            if (expires := expiry_of(post, due)) is not None:
                deadline = min(deadline, expires)
            zone = getattr(post.when, "timezone", campaign.timezone)
            past = PastPost(post, due, deadline, zone)
            # One entry, even if it has other texts on some platforms.
            other = found.get((*past.post_key, post.event), past)
            found[*past.post_key, post.event] = max(past, other, key=lambda entry: entry.deadline)
    return [*found.values()]


def _last_due(when: Schedule, now: datetime) -> datetime | None:
    """Return the last time of a schedule, or None if more are to come.

    A recurrence ends by ``until`` or by a count. A rare one does not end.
    """
    if when.due:
        cancelled = isinstance(when, EventRelative) and when.event.cancelled
        return when.due if when.due < now and not cancelled else None
    if not isinstance(when, Every):
        return None
    end = when.until or when.start
    if not (when.until or "COUNT" in when.rule) or end is None or end > now.date():
        return None
    if any(when.occurrences(now, now + _YEAR)):
        return None
    ended = datetime.combine(max(end, _EARLIEST), time(), UTC)
    stop = min(now, ended + timedelta(days=3)) if when.until else now
    # If it had no time shortly before its end, the day on which it ended is good enough.
    back = _MONTH if when.until else _YEAR
    last = [moment.due for moment in when.occurrences(stop - back, stop)]
    return last[-1] if last else ended


def never_queued(
    found: Iterable[PastPost], of_posts: Callable[[set[tuple[str, str]]], Iterable[Delivery]]
) -> list[PastPost]:
    """Return the posts that were neither sent nor missed, and are not queued.

    ``of_posts`` reads the deliveries of posts from the queue. A post that still waits for a later
    time, which its file no longer has, is returned as well.
    """
    unknown = {(*past.post_key, past.post.event): past for past in found}
    for delivery in of_posts({past.post_key for past in unknown.values()}):
        key = delivery.campaign, delivery.post, delivery.event
        waits = delivery.state is State.SCHEDULED and not delivery.next_part
        moved = waits and key in unknown and unknown[key].due < delivery.due
        if delivery.state is not State.CANCELLED and not moved:
            unknown.pop(key, None)
    return [*unknown.values()]


def past_post_warnings(found: Iterable[PastPost], now: datetime) -> tuple[Problem, ...]:
    """Return a warning for each post, but only one for all if many of a file are over."""
    over_by_file: dict[str, list[PastPost]] = {}
    warnings = []
    for past in found:
        if past.is_over(now):
            over_by_file.setdefault(past.post.mark.file, []).append(past)
            continue
        due = format_local(past.due, past.timezone)
        message = f"It was due {due}, {format_duration(now - past.due)} ago"
        if now <= past.deadline:
            deadline = format_local(past.deadline, past.timezone)
            message += f", and is still sent until {deadline}, within its grace."
            hint = "Move it if that is too late."
        else:
            message += ": too late to be sent."
            hint = "Give it a time to come, or take it out."
        warnings.append(Problem(*past.post.mark, "P109", message, hint, "warning"))
    for over in over_by_file.values():
        if len(over) <= MAX_SEPARATE:
            for past in over:
                due = format_local(past.due, past.timezone)
                message = f"It was due {due}, over {LOOK_BACK.days} days ago, and is never sent."
                hint = "If the date is a slip, correct it."
                warnings.append(Problem(*past.post.mark, "P110", message, hint, "warning"))
            continue
        # First those whose day of the year comes next, which most likely have a wrong year.
        over.sort(key=lambda past: (past.due.timetuple().tm_yday - now.timetuple().tm_yday) % 366)
        names = [
            f"{past.post.id} ({past.due.astimezone(ZoneInfo(past.timezone)):%Y-%m-%d})"
            for past in over[:MAX_NAMED]
        ]
        if len(over) > MAX_NAMED:
            names.append(f"and {len(over) - MAX_NAMED} more")
        message = f"{len(over)} posts were due over {LOOK_BACK.days} days ago, and are never sent: "
        message += f"{', '.join(names)}."
        hint = "If a date is a slip, correct it."
        warnings.append(Problem(*over[0].post.mark, "P110", message, hint, "warning"))
    return tuple(sorted(warnings))


# --- Both -----------------------------------------------------------------------------------------


def why_not_queued(
    typed: str,
    campaigns: Sequence[Campaign],
    accounts: Mapping[str, Account],
    now: datetime,
    horizon: timedelta,
) -> str | None:
    """Return why a post, named by the first parts of its key, is not in the queue, or None."""
    for past in past_posts(campaigns, accounts, now):
        if f"{typed}/".startswith(f"{'/'.join(past.post_key)}/"):
            [problem] = past_post_warnings([past], now)
            return f"{problem.message} {problem.hint}"
    for later in posts_beyond_horizon(campaigns, now, horizon):
        if f"{typed}/".startswith(f"{later.name}/"):
            reach = f"Its time is beyond the horizon of {horizon.days} days"
            return f"{reach}, and it is queued from {later.queued_on} on."
    return None
