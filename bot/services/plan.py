"""Check the campaign files, and compute what ``run`` would do to the queue without doing it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from bot.clock import SystemClock
from bot.errors import UserError
from bot.model import Subject
from bot.planning import approval, diff, occurrences

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from bot.authoring.checking import CheckResult
    from bot.config import Config
    from bot.model import Delivery, Occurrence
    from bot.planning.diff import Action
    from bot.planning.slots import GivenApprovals
    from bot.runtime.sync import QueuePlan


def check_or_raise(config: Config, on: datetime | None = None) -> CheckResult:
    """Return the checked campaign files. Raises UserError with every mistake in them."""
    from bot.authoring.checking import check

    checked = check(config, on or SystemClock().now())
    if checked.errors:
        raise UserError(checked.problems)
    return checked


def make_plan(
    config: Config,
    checked: CheckResult,
    on: datetime | None = None,
    *,
    forced_by: str | None = None,
) -> QueuePlan:
    """Return what would be done for these files, now or on another day.

    ``forced_by`` permits, in that person's name, the mass cancellation that would be held back.
    Another day is planned as if nothing had been queued yet, for nobody knows what will be by then.
    """
    if on or not config.has_database:
        return _plan_from_scratch(config, checked, on)
    from bot.runtime.app import create_app

    with create_app(config, os.environ) as app:
        plan = app.queue_sync.plan(checked)
        if forced_by and plan.held_back:
            app.mass_cancels.permit(plan.held_back.keys, forced_by, app.clock.now())
        return plan


def _plan_from_scratch(config: Config, checked: CheckResult, on: datetime | None) -> QueuePlan:
    from bot.planning import slots, unplanned
    from bot.runtime.sync import QueuePlan

    campaigns, accounts = checked.campaigns, config.accounts
    now = on or SystemClock().now()
    window = occurrences.planning_window(now, config.horizon)
    timed = occurrences.plan_occurrences(campaigns, accounts, *window)
    filled = slots.fill_slots(timed, campaigns, accounts, (), now, window)
    actions = diff.find_actions(filled.occurrences, (), now, window)
    # On another day, what is over by then will have gone out.
    unsent = () if on else unplanned.unsent_warnings(campaigns, accounts, now, lambda _: ())
    return QueuePlan(actions, None, filled.problems, unsent)


def action_subject(action: Action) -> Delivery | Occurrence:
    """Return what an action is about: what is queued already, or what would be."""
    if isinstance(action, diff.Cancel | diff.TooLate):
        return action.delivery
    return action.occurrence


def read_approvers(
    config: Config, actions: Sequence[Action], on: datetime | None = None
) -> GivenApprovals:
    """Return who has approved which words; empty where nothing can have been approved yet."""
    needed = any(action_subject(action).approvals for action in actions)
    if on or not config.has_database or not needed:
        return {}
    from bot.runtime.app import create_app

    with create_app(config, os.environ) as app:
        return app.approvals.approvers()


def missing_approval(occurrence: Occurrence, given: GivenApprovals) -> str | None:
    """Return which approval an occurrence lacks, in words; None where it has enough."""
    subject = Subject(occurrence.campaign, occurrence.post, occurrence.account)
    names = given.get((subject, occurrence.approval_digest), ())
    valid = approval.valid_approvers(names, occurrence.approvals, occurrence.author)
    return approval.missing_approval(valid, occurrence.approvals)
