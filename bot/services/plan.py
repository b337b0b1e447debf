"""Check the campaign files, and compute what ``run`` would do to the queue without doing it.

That answers what becomes of new posts and what the coming months cost, too.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from bot.clock import Clock
from bot.errors import StoreError, UserError
from bot.model import Content, Delivery, Moment, ScheduleKind, State
from bot.planning import diff, occurrences, slots, unplanned
from bot.planning.approval import missing_approval
from bot.platforms import load_platform
from bot.schedules import NextSlot
from bot.services.posts import posts_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from bot.authoring.adding import PostRequest
    from bot.authoring.checking import CheckResult
    from bot.config import Config
    from bot.engagement.reading import Forecast
    from bot.errors import Problem
    from bot.model import Campaign, Occurrence, Pause, Post
    from bot.planning.approval import GivenApprovals
    from bot.planning.unplanned import LaterPost
    from bot.runtime.app import App
    from bot.runtime.sync import QueuePlan


def check_or_raise(config: Config, now: datetime) -> CheckResult:
    """Return the checked campaign files. Raises UserError with every mistake in them."""
    from bot.authoring.checking import check

    checked = check(config, now)
    if checked.errors:
        raise UserError(checked.problems)
    return checked


def planned_occurrences(
    config: Config, campaigns: Sequence[Campaign], *, everything: bool = False
) -> tuple[list[Occurrence], tuple[Problem, ...]]:
    """Return what is due from now to the horizon, and what finds no queue slot until then.

    With ``everything``, it is all that the files give a date. Raise StoreError.
    """
    from bot.planning.occurrences import widen_to_dates
    from bot.runtime.app import create_app

    now = Clock().now()
    window = occurrences.planning_window(now, config.horizon)
    if everything:
        window = widen_to_dates(campaigns, *window)
    timed = occurrences.plan_occurrences(campaigns, config.accounts, *window)
    queued: Sequence[Delivery] = ()
    given: GivenApprovals = {}
    keys = [*slots.slot_keys(campaigns)]
    if keys and config.has_database:  # what is queued may have its slot already
        with create_app(config, os.environ) as app:
            queued = app.queue.between(*window, keys)
            given = app.approvals.approvers()
    planned, unplaced = slots.fill_slots(
        timed, campaigns, config.accounts, queued, now, window, given
    )
    return [occurrence for occurrence in planned if everything or now <= occurrence.due], unplaced


def permit_cancelling(app: App, plan: QueuePlan, who: str) -> QueuePlan:
    """Let the loop cancel the posts that left the files; return the plan that does it.

    The audit log names the posts, and the accounts of those that go on on others.
    """
    held = [action.delivery for action in plan.actions if isinstance(action, diff.Hold)]
    names = []
    for post in posts_of(app, held):
        waiting = [of for of in post.deliveries if of.state is State.SCHEDULED]
        gone = [of.account for of in waiting if of in held]
        names.append(post.name + (f" on {' and '.join(gone)}" if len(gone) < len(waiting) else ""))
    app.mass_cancels.permit({delivery.key for delivery in held}, names, who, app.clock.now())
    return plan.with_permit()


# --- New posts ------------------------------------------------------------------------------------


@dataclass(slots=True)
class Prospects:
    """What becomes of ``posts`` that were just written into the campaign files.

    ``errors`` counts the mistakes in the files that keep everything from being queued, and
    ``queue_error`` is why the queue could not be read: with either, the rest is unknown. ``slots``
    are the occurrences that take a queue slot, ``without_slot`` the accounts that have none left
    within the horizon. ``missing_approvals`` are the approvals that posts wait for. ``too_late`` is
    never sent, as its id was queued before. ``pauses`` say whether they stop all that is due.
    """

    posts: list[Post]
    errors: int
    queue_error: str = ""
    loop_runs: bool = False
    slots: Sequence[Occurrence] = ()
    without_slot: Sequence[str] = ()
    later: Sequence[LaterPost] = ()
    missing_approvals: Sequence[str] = ()
    too_late: Sequence[Delivery] = ()
    pauses: Mapping[Pause, bool] = field(default_factory=dict)

    @property
    def names(self) -> set[tuple[str, str]]:
        """The campaign and the id of each post."""
        return {(post.campaign, post.id) for post in self.posts}

    def as_json(self) -> dict[str, Any]:
        """Return them as plain values."""
        return {
            "errors": self.errors,
            "loop_runs": None if self.errors or self.queue_error else self.loop_runs,
            "slots": [{"account": slot.account, "due": slot.due} for slot in self.slots],
            "no_slot": list(self.without_slot),
            "queued_from": {later.name: later.queued_from for later in self.later},
            "approval": list(self.missing_approvals),
            "never_sent": {old.key: diff.too_late_reason(old) for old in self.too_late},
            "pauses": [str(pause) for pause in self.pauses],
        }


def add_to_queue(
    config: Config, request: PostRequest, say: Callable[[str], object]
) -> tuple[dict[str, Any], list[Problem], Prospects]:
    """Add a post to ``queue.yaml``; return a summary, warnings, and what becomes of it.

    Only the plan knows which slot it takes, and so the day by whose prices it is billed. ``say`` is
    told how the time was read, before anything is written. Raises UserError.
    """
    from bot.authoring.adding import add_post, summarize_post

    posts, checked, warnings = add_post(config, request, Clock().now(), say)
    prospects = find_prospects(config, checked, posts)
    due = {slot.account: slot.due for slot in prospects.slots}
    return summarize_post(config, posts, checked, due), warnings, prospects


def find_prospects(config: Config, checked: CheckResult, added: Iterable[Post]) -> Prospects:
    """Return what becomes of posts, which are among those of ``checked``."""
    from bot.runtime.app import create_app

    found = Prospects([*added], len(checked.errors))
    if found.errors:
        return found
    later = unplanned.posts_beyond_horizon(checked.campaigns, Clock().now(), config.horizon)
    names = found.names
    found.later = [item for item in later if (item.post.campaign, item.post.id) in names]
    try:
        with create_app(config, os.environ, missing_ok=True) as app:
            _ask_queue(app, checked, found)
    except StoreError as error:
        found.queue_error = str(error)
    return found


def _ask_queue(app: App, checked: CheckResult, found: Prospects) -> None:
    """Add what only the queue, and the plan for it, can tell."""
    from bot.database.workers import running_workers

    actions = [
        action
        for action in app.queue_sync.plan(checked).actions
        if (diff.action_subject(action).campaign, diff.action_subject(action).post) in found.names
    ]
    upcoming = [
        action.occurrence
        for action in actions
        if isinstance(action, diff.Add | diff.Change | diff.Revive)
    ]
    upcoming += _later_occurrences(app.config, checked, found.later)
    coming = {due.subject for due in upcoming}
    earlier = app.queue.of_posts(found.names)
    found.too_late = [
        old for old in _with_used_key(earlier, found.posts) if old.subject not in coming
    ]
    given = app.approvals.approvers()
    lacking = {
        (due.campaign, due.post): why for due in upcoming if (why := missing_approval(due, given))
    }
    found.slots = [due for due in upcoming if due.kind is ScheduleKind.SLOT]
    taken = coming | {old.subject for old in found.too_late}
    taken |= {old.subject for old in earlier if old.state is State.SCHEDULED}  # by a quick loop
    without_slot = {
        account
        for post in found.posts
        if isinstance(post.when, NextSlot)
        for account in post.accounts
        if (post.campaign, post.id, account) not in taken
    }
    found.without_slot = sorted(without_slot)
    found.missing_approvals = [*lacking.values()]
    found.loop_runs = bool(running_workers(app.database))
    stopped = {pause: [*map(pause.covers, upcoming)] for pause in app.queue.pauses()}
    found.pauses = {pause: all(covered) for pause, covered in stopped.items() if any(covered)}


def _with_used_key(earlier: Iterable[Delivery], posts: Iterable[Post]) -> Iterator[Delivery]:
    """Yield the earlier deliveries whose keys the posts would have, and which no edit reaches."""
    kinds = {(post.campaign, post.id): post.when.kind for post in posts}
    for old in earlier:
        same = old.kind is kinds[old.campaign, old.post] and old.kind is not ScheduleKind.EVERY
        if same and diff.too_late_reason(old):
            yield old


def _later_occurrences(
    config: Config, checked: CheckResult, later: Iterable[LaterPost]
) -> Iterator[Occurrence]:
    """Yield what of posts beyond the horizon is due first."""
    campaigns = {campaign.id: campaign for campaign in checked.campaigns}
    for item in later:
        post, moment = item.post, Moment("", item.due, item.timezone)
        for name in post.accounts:
            account = config.accounts[name]
            yield occurrences.build_occurrence(campaigns[post.campaign], post, account, moment)


# --- Costs ----------------------------------------------------------------------------------------


def forecast_costs(config: Config, on: datetime | None) -> list[Forecast]:
    """Return what each account will cost this month and the next, by the plan for both.

    Raises UserError with every mistake in the files.
    """
    from bot.authoring.exporting import planned_deliveries
    from bot.clock import utc_month
    from bot.engagement.reading import forecast_month
    from bot.runtime.app import create_app

    now = on or Clock().now()
    this_month = utc_month(now)
    next_month = utc_month(this_month[1])
    until_then = replace(config, horizon=next_month[1] - now)
    checked = check_or_raise(until_then, now)
    forecasts = []
    with create_app(until_then, os.environ, missing_ok=True, on=on) as app:
        plan = app.queue_sync.plan(checked)
        live = app.queue.in_states((State.SCHEDULED, State.SENDING, State.UNKNOWN))
        upcoming: dict[str, list[tuple[datetime, Content]]] = {name: [] for name in config.accounts}
        for post, state in planned_deliveries(plan.actions, live):
            if state not in {State.MISSED, State.CANCELLED}:
                done = post.next_part if isinstance(post, Delivery) else 0
                left = Content(post.content.parts[done:])
                upcoming.setdefault(post.account, []).append((post.due, left))
        publications = app.metrics.publications()
        for month in (this_month, next_month):
            for name, account in config.accounts.items():
                out = [
                    publication.published
                    for publication in publications
                    if publication.account == name and publication.next_read
                ]
                spent = app.ledger.spent(name, *month)
                platform = load_platform(account.platform)
                forecasts.append(
                    forecast_month(account, platform, month, now, upcoming[name], out, spent)
                )
    return forecasts
