"""Check the campaign files, and show the changes that ``run`` would make to the queue."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from dataclasses import fields
from decimal import Decimal
from typing import TYPE_CHECKING, get_args

from bot.clock import Clock
from bot.errors import UserError
from bot.model import State, group_posts
from bot.model.post_words import count_networks, join_places, place_names
from bot.planning import diff, occurrences, slots
from bot.planning.approval import Verdicts, approval_hold
from bot.planning.left_files import left_files_reason
from bot.planning.unplanned import posts_beyond_horizon
from bot.schedules.local_time import format_local
from bot.services.post_words import difference_notes
from bot.services.posts import held_names, planned_view
from bot.services.queue import format_due
from bot.services.views_plan import ActionName, DeliveryChange, LaterView, PlanView, PostChange

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from bot.checking import CheckResult
    from bot.config import Config
    from bot.errors import Problem
    from bot.model import Campaign, Delivery, Occurrence, PlannedPost
    from bot.planning.diff import Action
    from bot.planning.unplanned import LaterPost
    from bot.runtime.app import App
    from bot.runtime.sync import QueuePlan


_ACTIONS: dict[type[Action], ActionName] = {
    diff.Add: "queue",
    diff.Revive: "queue again",
    diff.Change: "change",
    diff.Cancel: "cancel",
    diff.Hold: "wait",
    diff.Release: "go on",
    diff.AddMissed: "too late",
    diff.TooLate: "leave",
}

_STATES_AFTER = {
    diff.Cancel: State.CANCELLED,
    diff.AddMissed: State.MISSED,
}
"""The state of a delivery after some actions; after any other it is scheduled."""

_FIELD_NAMES = {
    "due": "time",
    "content": "words or media",
    "files": "place of the media files",
    "stale_from": "when a fact is due for review",
    "kind": "how it is timed",
    "frequency": "how often it comes",
    "approvals": "how many must approve it",
    "left_files": "back in the files",
}


def check_or_raise(config: Config, now: datetime) -> CheckResult:
    """Return the checked campaign files. Raise UserError with every mistake in them."""
    from bot.checking import check

    checked = check(config, now)
    if checked.errors:
        raise UserError(checked.problems)
    return checked


def planned_occurrences(
    config: Config, campaigns: Sequence[Campaign], *, everything: bool = False
) -> tuple[list[Occurrence], tuple[Problem, ...]]:
    """Return the occurrences up to the horizon, and a problem for each post without a queue slot.

    With ``everything``, all occurrences for which the files have a date. Raise StoreError.
    """
    from bot.planning.occurrences import widen_to_dates
    from bot.runtime.app import create_app

    now = Clock().now()
    window = occurrences.planning_window(now, config.horizon)
    if everything:
        window = widen_to_dates(campaigns, *window)
    timed = occurrences.plan_occurrences(campaigns, config.accounts, *window)
    queued: Sequence[Delivery] = ()
    verdicts = Verdicts()
    keys = [*slots.slot_keys(campaigns)]
    if keys and config.has_database:  # queued posts may have a slot already
        with create_app(config, os.environ) as app:
            queued = app.queue.between(*window, keys)
            verdicts = app.approvals.verdicts()
    planned, unplaced = slots.fill_slots(
        timed, campaigns, config.accounts, queued, now, window, verdicts
    )
    return [occurrence for occurrence in planned if everything or now <= occurrence.due], unplaced


# --- The plan -------------------------------------------------------------------------------------


def plan_changes(app: App, checked: CheckResult, now: datetime, *, elsewhen: bool) -> PlanView:
    """Return the changes that ``run`` would make at ``now``; ``elsewhen`` if that is not today.

    Raise UserError for unknown accounts, and for two posts of one name.
    """
    plan = app.queue_sync.plan(checked)
    # By another day, the posts that are due before it will have gone out.
    warnings = (*plan.unplaced, *(() if elsewhen else plan.unsent))
    return _plan_view(app, plan, checked, now, warnings)


def permit_cancelling(app: App, checked: CheckResult, who: str, now: datetime) -> PlanView:
    """Let the loop cancel the posts that left the files, and return the plan for it.

    The audit log names the posts, with their accounts if they are still sent on others. Raise
    UserError as ``plan_changes``.
    """
    plan = app.queue_sync.plan(checked)
    held = [action.delivery for action in plan.actions if isinstance(action, diff.Hold)]
    names = held_names(app, held)
    if plan.held_back:
        app.mass_cancels.permit(plan.held_back.keys, names, who, now)
    permitted = plan.held_back.posts if plan.held_back else 0
    warnings = (*plan.unplaced, *plan.unsent)
    return _plan_view(app, plan.with_permit(), checked, now, warnings, permitted)


def _plan_view(
    app: App,
    plan: QueuePlan,
    checked: CheckResult,
    now: datetime,
    warnings: tuple[Problem, ...],
    permitted: int = 0,
) -> PlanView:
    posts = _post_changes(app, plan.actions, now)
    counts = Counter(
        action for post in posts for action in {change.action for change in post.deliveries}
    )
    changes = [change for post in posts for change in post.deliveries]
    new = [change.price for change in changes if change.action in ("queue", "queue again")]
    return PlanView(
        posts=tuple(posts),
        counts={action: counts[action] for action in get_args(ActionName) if counts[action]},
        price=sum(new, Decimal(0)),
        left_files=plan.held_back,
        permitted=permitted,
        warnings=warnings,
        notes=tuple(checked.notes) if posts else (),
        later=later_views(posts_beyond_horizon(checked.campaigns, now, app.config.horizon)),
    )


def later_views(later: Iterable[LaterPost]) -> tuple[LaterView, ...]:
    """Return the views of posts that are due beyond the horizon."""
    return tuple(
        LaterView(
            name=item.name,
            due=item.due,
            local=f"{item.local:%Y-%m-%d}",
            queued_from=item.queued_from,
            queued_on=item.queued_on,
            words=str(item),
        )
        for item in later
    )


def _post_changes(app: App, actions: Sequence[Action], now: datetime) -> list[PostChange]:
    """Return the changes by post, the next due first."""
    verdicts = app.approvals.verdicts()
    subjects = [*map(diff.action_subject, actions)]
    changes = {
        subject.key: _delivery_change(app, action, verdicts, now)
        for subject, action in zip(subjects, actions, strict=True)
    }
    names = {(subject.campaign, subject.post) for subject in subjects}
    return [
        _post_change(post, [changes[of.key] for of in post.deliveries])
        for post in group_posts(subjects, app.queue.of_posts(names))
    ]


def _post_change(post: PlannedPost[Occurrence], changes: Sequence[DeliveryChange]) -> PostChange:
    subject, first = post.deliveries[0], min(changes, key=lambda change: change.due)
    kinds = {change.action for change in changes}
    notes, waits = ({getattr(change, name) for change in changes} for name in ("note", "waits"))
    return PostChange(
        name=post.name,
        action=kinds.pop() if len(kinds) == 1 else "mixed",
        campaign=post.key.campaign,
        post=post.key.post,
        demand=subject.demand,
        event=subject.event,
        due=first.due,
        local=first.local,
        networks=tuple(dict.fromkeys(change.network for change in changes)),
        on=count_networks(changes),
        text=first.text,
        note=notes.pop() if len(notes) == 1 else "",
        waits=waits.pop() if len(waits) == 1 else "",
        notes=tuple(_change_notes(changes, first)),
        price=sum((change.price for change in changes), Decimal(0)),
        deliveries=tuple(changes),
    )


def _change_notes(changes: Sequence[DeliveryChange], first: DeliveryChange) -> Iterator[str]:
    """Yield differences between the accounts of a post, and the number of its parts."""
    names = ("action", "note", "waits")
    differ = [name for name in names if len({getattr(change, name) for change in changes}) > 1]
    groups: dict[str, list[DeliveryChange]] = defaultdict(list)
    for change in changes:
        words = [getattr(change, name) for name in differ]
        if said := ": ".join(filter(None, words)):
            groups[said].append(change)
        if change.wording:
            groups[f"in the wording {change.wording}"].append(change)
    places = place_names(changes)
    if len(first.parts) > 1:
        same = [change for change in changes if len(change.parts) == len(first.parts)]
        groups[f"in {len(first.parts)} parts"] = same
    for note, group in groups.items():
        yield note if len(group) == len(changes) else f"{join_places(group, places)}: {note}"
    yield from difference_notes(changes, first)


def _delivery_change(app: App, action: Action, verdicts: Verdicts, now: datetime) -> DeliveryChange:
    subject = diff.action_subject(action)
    planned = planned_view(subject, _state_after(action), app.config.accounts.get(subject.account))
    return DeliveryChange(
        **{field.name: getattr(planned, field.name) for field in fields(planned)},
        action=_ACTIONS[type(action)],
        note=_action_note(action, now),
        waits="; ".join(_waits(action, verdicts)),
    )


def _waits(action: Action, verdicts: Verdicts) -> Iterator[str]:
    if isinstance(action, diff.Add | diff.Revive | diff.Change):
        planned = action.occurrence
        if planned.embargo and planned.due < planned.embargo:
            yield f"embargo until {format_local(planned.embargo, planned.timezone)}"
        if held := approval_hold(planned, verdicts):
            yield held


def _state_after(action: Action) -> State:
    if isinstance(action, diff.TooLate):
        return action.delivery.state
    return _STATES_AFTER.get(type(action), State.SCHEDULED)


def _action_note(action: Action, now: datetime) -> str:
    match action:
        case diff.Cancel(_, why) | diff.TooLate(_, why):
            note = why
        case diff.Hold(delivery):
            note = left_files_reason(delivery)
        case diff.Release():
            note = "it is back in the files"
        case diff.AddMissed():
            note = "its time has passed; it is listed as missed and not sent"
        case diff.Change(delivery, occurrence, fields):
            names = ", ".join(_FIELD_NAMES.get(name, name) for name in fields)
            if "due" in fields:
                names += f" (was {format_due(delivery)})"
            late = now > occurrence.deadline and not delivery.next_part
            note = f"{names}; its time has passed, and it is not sent" if late else names
        case diff.Revive(delivery):
            note = f"was {delivery.state.value}"
        case _:
            note = ""
    return note
