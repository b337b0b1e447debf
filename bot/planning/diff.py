"""Compare the plan with the queue, and find the changes that the queue needs. Pure.

Planning again is harmless. Once the actions are applied, ``find_actions`` finds only those of kind
``TooLate``, which change nothing.

A renamed post is another post here, because its key is new. A table in ``docs/architecture.md``
shows the effect of another ``when`` on keys.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bot.link_marks import differ_in_marks_alone
from bot.model import PLANNED_FIELDS, PostKey, ScheduleKind, State, Subject
from bot.planning.occurrences import planning_window
from bot.text import join_first

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from bot.model import Delivery, Occurrence

    PlannedDelivery = tuple[Occurrence | Delivery, str]
    """A delivery that is planned, queued or over, and its state."""

_FIXED_BY_SENDING = {"due": "time", "content": "words or media"}
"""The fields of which an edit no longer reaches a published part, each in words."""

_TOO_LATE_REASONS = {
    State.SENDING: "it is being sent",
    State.UNKNOWN: "it may be out already; Groundswell is checking",
    State.NEEDS_HUMAN: "a person has to settle it in the inbox first",
    State.PUBLISHED: "it is out, and no edit reaches the platform; a new post takes a new id",
    State.REJECTED: "the platform refused it: give the post a new id to try other words",
    State.DROPPED: "it was dropped for good: give the post a new id to send it after all",
}
_FINISHED = (State.PUBLISHED, State.REJECTED, State.DROPPED)


@dataclass(frozen=True, slots=True)
class Add:
    """Queue an occurrence."""

    occurrence: Occurrence


@dataclass(frozen=True, slots=True)
class AddMissed:
    """List an occurrence as missed, because its time passed before it was ever queued."""

    occurrence: Occurrence


@dataclass(frozen=True, slots=True)
class Change:
    """Update a scheduled delivery."""

    delivery: Delivery
    occurrence: Occurrence
    """The same post as the files have it now."""
    fields: tuple[str, ...]
    """The names of the fields that differ. ``files`` means the same media at another path."""


@dataclass(frozen=True, slots=True)
class Revive:
    """Queue a delivery again that was cancelled, or was missed or expired and is now due later."""

    delivery: Delivery
    occurrence: Occurrence


@dataclass(frozen=True, slots=True)
class Cancel:
    """Remove a delivery from the queue that is no longer in the files."""

    delivery: Delivery
    why: str


@dataclass(frozen=True, slots=True)
class Hold:
    """Hold a delivery until a person decides, because many posts left the files with it."""

    delivery: Delivery
    why: str


@dataclass(frozen=True, slots=True)
class Release:
    """Release a held delivery that is in the files again."""

    delivery: Delivery


@dataclass(frozen=True, slots=True)
class TooLate:
    """Report that the files changed too late for this delivery, and why."""

    delivery: Delivery
    why: str


Action = Add | AddMissed | Change | Revive | Cancel | Hold | Release | TooLate


def action_subject(action: Action) -> Delivery | Occurrence:
    """Return the delivery of an action, or the occurrence that it queues."""
    if isinstance(action, Cancel | Hold | Release | TooLate):
        return action.delivery
    return action.occurrence


def find_actions(
    planned: Sequence[Occurrence],
    queued: Sequence[Delivery],
    now: datetime,
    within: tuple[datetime, datetime] | None = None,
) -> tuple[Action, ...]:
    """Return the actions that bring the queue to the plan, in the plan's order, then cancellations.

    ``within`` is the span that was planned, by default ``planning_window(now)``. Only deliveries
    due in it are cancelled if they are not planned. ``queued`` must have every delivery due in that
    span, and every one with a planned key. One that was missed last month, and is planned again,
    has its old key.
    """
    start, end = within or planning_window(now)
    by_key = {delivery.key: delivery for delivery in queued}
    last_due: dict[Subject, datetime] = {}
    for delivery in queued:
        last_due[delivery.subject] = max(delivery.due, last_due.get(delivery.subject, delivery.due))
    times = Counter(occurrence.subject for occurrence in planned)
    actions = [
        _reconcile(occurrence, by_key.get(occurrence.key), now, times[occurrence.subject])
        for occurrence in planned
        if occurrence.key in by_key
        or now <= occurrence.deadline
        # A post that was due before anyone queued it was missed. But a recurrence that is new, or
        # has a new time of day, begins now. One that was queued before, and not since (the loop was
        # down for long), was missed from then on.
        or occurrence.kind is not ScheduleKind.EVERY
        or last_due.get(occurrence.subject, occurrence.due) < occurrence.due
    ]
    keys = {occurrence.key for occurrence in planned}
    why = "the campaign files no longer have it at this time"
    cancelled = [
        Cancel(delivery, "; ".join(filter(None, (why, _parts_out(delivery)))))
        for delivery in sorted(queued, key=lambda delivery: (delivery.due, delivery.id))
        if delivery.key not in keys
        and delivery.state is State.SCHEDULED
        and start <= delivery.due < end
    ]
    return (*(action for action in actions if action), *cancelled)


def _reconcile(
    occurrence: Occurrence, delivery: Delivery | None, now: datetime, times: int
) -> Action | None:
    """Return the action for an occurrence, given its delivery, or None.

    ``times`` is how many occurrences its post has on the account.
    """
    if delivery is None:
        return Add(occurrence) if now <= occurrence.deadline else AddMissed(occurrence)
    if occurrence.approvals < delivery.approvals:  # only a person lowers it: see ``floors``
        occurrence = replace(occurrence, approvals=delivery.approvals)
    why = too_late_reason(delivery)
    if why and differ_in_marks_alone(delivery.content, occurrence.content):
        # Nobody edited its words. It keeps the marks that it has, or that its other parts have.
        occurrence = replace(occurrence, content=delivery.content)
    changed = [
        name for name in PLANNED_FIELDS if getattr(delivery, name) != getattr(occurrence, name)
    ]
    if "content" in changed and delivery.content.digest == occurrence.content.digest:
        changed[changed.index("content")] = "files"
    fixed = [words for name, words in _FIXED_BY_SENDING.items() if name in changed]
    if delivery.waits_for_word and (not changed or (why and fixed)):
        return Release(delivery)  # if it was also edited too late, the next plan says so
    if why and fixed:
        # Nobody expects that an edit of a recurring post reaches the times that are over.
        recurs = times > 1 and delivery.kind is ScheduleKind.EVERY
        too_late = TooLate(delivery, f"changed {' and '.join(fixed)}, but {why}")
        return None if recurs and delivery.state in _FINISHED else too_late
    if delivery.state in _TOO_LATE_REASONS:
        return None
    if delivery.state is State.SCHEDULED:
        if delivery.waits_for_word:
            changed.append("left_files")
        return Change(delivery, occurrence, tuple(changed)) if changed else None
    # It was cancelled, missed or expired. A missed post comes back only if it is due later, because
    # a longer grace must not send old news. A partly published thread comes back however late it
    # is, and then a person is asked how to end it.
    wanted = delivery.state is State.CANCELLED or now < occurrence.due
    revived = delivery.next_part or (wanted and now <= occurrence.deadline)
    return Revive(delivery, occurrence) if revived else None


def too_late_reason(delivery: Delivery) -> str:
    """Return why no edit of its words or its time reaches a delivery; "" if one does."""
    return _TOO_LATE_REASONS.get(delivery.state) or _parts_out(delivery)


def _parts_out(delivery: Delivery) -> str:
    """Return how many parts of a thread are published, in words; "" if none is."""
    if not delivery.next_part:
        return ""
    return f"{delivery.next_part} of its {len(delivery.content.parts)} parts are out"


PLANNED = "planned"
"""The state of a delivery that ``run`` would queue."""

_STATES: dict[type, str] = {
    Add: PLANNED,
    AddMissed: "missed",
    Change: "scheduled",
    Revive: "scheduled",
    Cancel: "cancelled",
}
"""The states of deliveries after an action. The other kinds leave them in the queue as they are."""


def planned_deliveries(
    actions: Iterable[Action], deliveries: Iterable[Delivery]
) -> list[PlannedDelivery]:
    """Return each delivery as it will be after the actions, with those that they add, by time."""
    posts: dict[str, PlannedDelivery] = {item.key: (item, item.state.value) for item in deliveries}
    for action in actions:
        if state := _STATES.get(type(action)):
            of = action_subject(action)
            posts[of.key] = of, state
    return sorted(posts.values(), key=lambda post: (post[0].due, post[0].key))


def missed_lines(actions: Iterable[Action]) -> list[str]:
    """Return a line for each post whose time passed before it was ever queued."""
    missed = [action.occurrence for action in actions if isinstance(action, AddMissed)]
    return _lines_by_post((of, f"missed, was due {of.due:%Y-%m-%d %H:%MZ}") for of in missed)


def too_late_lines(actions: Iterable[Action]) -> list[str]:
    """Return a line for each post that changed in the files when it was too late, and why."""
    late = [action for action in actions if isinstance(action, TooLate)]
    return _lines_by_post((action.delivery, action.why) for action in late)


def _lines_by_post(said: Iterable[tuple[Occurrence, str]]) -> list[str]:
    """Return a line for each post and sentence, with the accounts of which it is said."""
    accounts: dict[tuple[PostKey, str], list[str]] = {}
    for of, words in said:
        accounts.setdefault((PostKey.of(of), words), []).append(of.account)
    return [
        f"{key.campaign}/{key.post} on {join_first(names)}: {words}"
        for (key, words), names in accounts.items()
    ]


def summary(actions: Sequence[Action]) -> str:
    """Return the numbers of changed posts on one line, such as ``plan: 3 posts queued``.

    A post counts once for each change, however many accounts it is on.
    """
    words = {
        Add: "queued",
        AddMissed: "missed",
        Change: "changed",
        Revive: "queued again",
        Cancel: "cancelled",
        Hold: "waiting for a person, as they left the files",
        Release: "back in the files",
        TooLate: "too late to change",
    }
    changed = {(type(action), PostKey.of(action_subject(action))) for action in actions}
    counts = Counter(words[kind] for kind, _ in changed)
    changes = [
        f"{count} {'post' if count == 1 else 'posts'} {word}"
        for word in words.values()
        if (count := counts[word])
    ]
    return f"plan: {', '.join(changes) or 'nothing to change'}"
