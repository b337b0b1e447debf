"""From campaigns to occurrences, and from occurrences to what must change in the queue. Pure.

``plan`` says what should be queued, ``diff`` what to do about it, as a list that can be printed or
applied. The key of an occurrence is its campaign, post, account and the schedule's label, so that
planning again is harmless: with the queue as the actions leave it, ``diff`` has no more to do (a
``Frozen`` only tells something, and tells it again).

A renamed post is another post here: its key is new. So is another time of day in a recurrence.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bot.errors import Problem, UserError
from bot.facts import stale_from
from bot.model import PLANNED, Delivery, Occurrence, ScheduleKind, State
from bot.wordings import chosen

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from bot.model import Account, Campaign, Mark, Moment, Post

BEHIND = timedelta(days=7)
"""A post that was due in the past week and is in no queue (the loop was down, or the post was
added late) is listed as missed; further back, nobody waits for it any more."""

AHEAD = timedelta(days=30)
"""Far enough to read the coming month in ``queue``, near enough that a recurrence stays a list."""

# Once a part is out, these can no longer become true of it.
_SETTLED_BY_SENDING = ("due", "content")

_OUT_OF_REACH = {
    State.SENDING: "it is being sent",
    State.UNKNOWN: "it may be out already, which is being found out",
    State.NEEDS_HUMAN: "a person has to settle it in the inbox first",
    State.PUBLISHED: "it is out, and an edit does not reach the platform",
    State.REJECTED: "the platform refused it: give the post a new id to try other words",
}
_OVER = (State.PUBLISHED, State.REJECTED)


@dataclass(frozen=True, slots=True)
class Add:
    """Queue it."""

    occurrence: Occurrence


@dataclass(frozen=True, slots=True)
class AddMissed:
    """Its time had passed before it ever was in the queue: list it as missed, never send it."""

    occurrence: Occurrence


@dataclass(frozen=True, slots=True)
class Change:
    """Bring a delivery that waits to what the files say now; ``what`` names what differs.

    ``files`` means the same media, in another place on the disk.
    """

    delivery: Delivery
    occurrence: Occurrence
    what: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Revive:
    """Queue again what was cancelled, or what was missed or expired and is due later now."""

    delivery: Delivery
    occurrence: Occurrence


@dataclass(frozen=True, slots=True)
class Cancel:
    """Take it out of the queue: the files do not name it any more."""

    delivery: Delivery
    why: str


@dataclass(frozen=True, slots=True)
class Frozen:
    """Nothing is done: the files changed after it was too late for this delivery, and why."""

    delivery: Delivery
    why: str


Action = Add | AddMissed | Change | Revive | Cancel | Frozen


def window(now: datetime, horizon: timedelta = AHEAD) -> tuple[datetime, datetime]:
    """Return the span to plan: the start is in it, the end is not."""
    return now - BEHIND, now + horizon


# --- What should be queued ------------------------------------------------------------------------


def plan(
    campaigns: Sequence[Campaign],
    accounts: Mapping[str, Account],
    start: datetime,
    end: datetime,
) -> tuple[Occurrence, ...]:
    """Give all that is due in [start, end): by due instant, then campaign, post and account.

    Posts that take the next slot are dealt with in ``bot.slots``. Raises UserError for posts of
    accounts that there are not, and for two posts of one name.
    """
    _check([post for campaign in campaigns for post in campaign.posts], accounts)
    found = [
        occurrence(campaign, post, accounts[name], moment)
        for campaign in campaigns
        for post in campaign.posts
        for moment in post.when.occurrences(start, end)
        for name in post.accounts
    ]
    return tuple(sorted(found, key=lambda one: one.due))


def _check(posts: Iterable[Post], accounts: Mapping[str, Account]) -> None:
    names = [(post, name) for post in posts for name in post.accounts]
    times = Counter((post.campaign, post.id, name, post.event) for post, name in names)
    problems = {
        *(_unknown(post.mark, name) for post, name in names if name not in accounts),
        *(
            _twice(post, name)
            for post, name in names
            if times[post.campaign, post.id, name, post.event] > 1
        ),
    }
    if problems:
        raise UserError(problems)


def _unknown(mark: Mark, name: str) -> Problem:
    message = f"There is no account {name!r} in the configuration."
    return Problem(mark.file, mark.line, mark.column, "P101", message, "Add it, or mend the name.")


def _twice(post: Post, name: str) -> Problem:
    message = f"Two posts would be {post.campaign}/{post.id} on {name}."
    hint = "Give each post an id of its own, and name each account once."
    return Problem(post.mark.file, post.mark.line, post.mark.column, "P102", message, hint)


def key(post: Post, account: str, label: str) -> str:
    """Give the key of a delivery: the same for the same post, account and moment, for ever."""
    return f"{post.campaign}/{post.id}/{account}/{label}"


def occurrence(campaign: Campaign, post: Post, account: Account, moment: Moment) -> Occurrence:
    """Give what an account is to say at a moment."""
    lasts = post.expires
    wording = chosen(post, account.name, moment.label, campaign.partners)
    return Occurrence(
        key=key(post, account.name, moment.label),
        campaign=post.campaign,
        post=post.id,
        demand=post.demand,
        event=post.event,
        account=account.name,
        platform=account.platform,
        label=moment.label,
        due=moment.due,
        timezone=moment.timezone,
        grace=account.grace,
        expires=moment.due + lasts if isinstance(lasts, timedelta) else lasts,
        content=wording.content,
        wording=wording.name,
        embargo=campaign.embargo,
        stale_from=stale_from(campaign, post),
        approvals=max(campaign.require_approval, account.require_approval),
        author=post.author,
        kind=post.when.kind,
        frequency=post.when.frequency,
    )


# --- What to do about it --------------------------------------------------------------------------


def diff(
    planned: Sequence[Occurrence],
    queued: Sequence[Delivery],
    now: datetime,
    within: tuple[datetime, datetime] | None = None,
) -> tuple[Action, ...]:
    """Give what brings the queue to the plan: first in the plan's order, then what is cancelled.

    ``within`` is the span that was planned, ``window(now)`` where it is not given: only what is due
    in it can be cancelled for not being planned. ``queued`` must hold every delivery due in that
    span and every one whose key is planned, wherever it was due: one that was missed last month and
    is planned anew has its old key.
    """
    start, end = within or window(now)
    by_key = {delivery.key: delivery for delivery in queued}
    news = _News(queued)
    wanted = [
        _bring(occurrence, by_key.get(occurrence.key), now)
        for occurrence in planned
        if occurrence.key in by_key or now <= occurrence.deadline or news.missed(occurrence)
    ]
    keys = {occurrence.key for occurrence in planned}
    gone = [
        _cancel(delivery)
        for delivery in sorted(queued, key=lambda one: (one.due, one.id))
        if delivery.key not in keys and _waits(delivery) and start <= delivery.due < end
    ]
    return (*_worth_saying(wanted, planned), *gone)


class _News:
    """Tells which occurrences that are in no queue were missed, and which never were to be.

    A recurring post that is new, or has a new time of day, begins now: that it had fallen on days
    gone by is no news. One that was queued before and not since (the loop was down for long) was
    missed from then on.
    """

    def __init__(self, queued: Iterable[Delivery]) -> None:
        self._last: dict[tuple[str, str, str], datetime] = {}
        for one in queued:
            post = (one.campaign, one.post, one.account)
            self._last[post] = max(one.due, self._last.get(post, one.due))

    def missed(self, occurrence: Occurrence) -> bool:
        """Tell whether it is to be listed as missed."""
        if occurrence.kind is not ScheduleKind.EVERY:
            return True
        last = self._last.get((occurrence.campaign, occurrence.post, occurrence.account))
        return last is not None and last < occurrence.due


def differences(delivery: Delivery, occurrence: Occurrence) -> tuple[str, ...]:
    """Name what a delivery would take over from its occurrence; see ``Change.what``."""
    names = [name for name in PLANNED if getattr(delivery, name) != getattr(occurrence, name)]
    if "content" in names and delivery.content.digest == occurrence.content.digest:
        names[names.index("content")] = "files"
    return tuple(names)


def _waits(delivery: Delivery) -> bool:
    return delivery.state is State.SCHEDULED


def _bring(occurrence: Occurrence, delivery: Delivery | None, now: datetime) -> Action | None:
    if delivery is None:
        in_time = now <= occurrence.deadline
        return Add(occurrence) if in_time else AddMissed(occurrence)
    if delivery.state is State.DROPPED:
        return None
    what = differences(delivery, occurrence)
    frozen = _frozen(delivery, what)
    if frozen or delivery.state in _OUT_OF_REACH:
        return frozen
    if _waits(delivery):
        return Change(delivery, occurrence, what) if what else None
    return Revive(delivery, occurrence) if _comes_back(delivery, occurrence, now) else None


def _frozen(delivery: Delivery, what: Sequence[str]) -> Frozen | None:
    why = _OUT_OF_REACH.get(delivery.state)
    if why is None and delivery.next_part:
        why = f"{delivery.next_part} of its {len(delivery.content.parts)} parts are out"
    late = [name for name in _SETTLED_BY_SENDING if name in what]
    return Frozen(delivery, f"changed {' and '.join(late)}, but {why}") if why and late else None


def _comes_back(delivery: Delivery, occurrence: Occurrence, now: datetime) -> bool:
    """Tell whether a cancelled, missed or expired delivery is to be sent after all.

    What was missed comes back only by being due later: a longer grace does not send old news. A
    thread that is half out comes back however late it is: a person is asked then how it is to end.
    """
    if delivery.next_part:
        return True
    postponed = now < occurrence.due
    return now <= occurrence.deadline and (delivery.state is State.CANCELLED or postponed)


def _cancel(delivery: Delivery) -> Cancel:
    why = "the campaign files no longer have it, at this time"
    if delivery.next_part:
        parts = len(delivery.content.parts)
        why += f"; {delivery.next_part} of its {parts} parts are out"
    return Cancel(delivery, why)


def _worth_saying(
    wanted: Iterable[Action | None],
    planned: Iterable[Occurrence],
) -> Iterator[Action]:
    """Leave out that an edit of a recurring post does not reach those of it that are over."""
    times = Counter((one.campaign, one.post, one.account) for one in planned)
    for action in wanted:
        if isinstance(action, Frozen) and action.delivery.state in _OVER:
            over = action.delivery
            again = times[over.campaign, over.post, over.account] > 1
            if again and over.kind is ScheduleKind.EVERY:
                continue
        if action:
            yield action


def coming(actions: Iterable[Action]) -> list[Occurrence]:
    """Return what waits in the queue once this is done, of what it does to the queue."""
    return [one.occurrence for one in actions if isinstance(one, Add | Revive | Change)]


def summary(actions: Sequence[Action]) -> str:
    """Return in one line what changes: ``plan: 3 queued, 1 changed``."""
    words = {
        Add: "queued",
        AddMissed: "missed",
        Change: "changed",
        Revive: "queued again",
        Cancel: "cancelled",
        Frozen: "too late to change",
    }
    counts = {word: sum(type(a) is kind for a in actions) for kind, word in words.items()}
    told = ", ".join(f"{count} {word}" for word, count in counts.items() if count)
    return f"plan: {told or 'nothing to change'}"
