"""What becomes of posts that were just written into the campaign files.

Whether they are queued at once, later or not at all, and what must happen before they are sent.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.cli import output
from bot.cli.output import with_config
from bot.clock import SystemClock
from bot.errors import StoreError
from bot.model import Moment, ScheduleKind
from bot.planning import diff, occurrences
from bot.planning.unplanned import posts_beyond_horizon
from bot.schedules import NextSlot
from bot.services.describe import format_due
from bot.services.plan import make_plan, missing_approval, read_approvers

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.authoring.checking import CheckResult
    from bot.config import Config
    from bot.model import Occurrence, Pause, Post
    from bot.planning.diff import Action
    from bot.planning.unplanned import LaterPost

MAX_SLOTS_LISTED = 3
"""Slots that are listed one by one."""


@dataclass(frozen=True, slots=True)
class Prospects:
    """What becomes of ``posts``.

    ``errors`` counts the mistakes in the files that keep everything from being queued, and
    ``queue_error`` is why the queue could not be read: with either, the rest is unknown. ``slots``
    are the occurrences that take a queue slot, ``without_slot`` the accounts that have none left
    within the horizon. ``missing_approvals`` are the approvals that posts wait for.
    """

    posts: tuple[Post, ...]
    errors: int
    queue_error: str = ""
    loop_runs: bool = False
    slots: tuple[Occurrence, ...] = ()
    without_slot: tuple[str, ...] = ()
    later: tuple[LaterPost, ...] = ()
    missing_approvals: tuple[str, ...] = ()
    pauses: tuple[Pause, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return them as plain values."""
        return {
            "errors": self.errors,
            "loop_runs": None if self.errors or self.queue_error else self.loop_runs,
            "slots": [{"account": slot.account, "due": slot.due} for slot in self.slots],
            "no_slot": list(self.without_slot),
            "queued_from": {later.name: later.queued_from for later in self.later},
            "approval": list(self.missing_approvals),
            "pauses": [str(pause) for pause in self.pauses],
        }

    def lines(self) -> Iterator[str]:
        """Yield them in words, a sentence a line."""
        it = "it" if len(self.posts) == 1 else "them"
        if self.errors:
            mistakes = output.pluralize(self.errors, "mistake")
            keep = "keeps" if self.errors == 1 else "keep"
            see = with_config("see groundswell check")
            yield f"But {mistakes} {keep} {it} from being queued: {see}."
            return
        yield from self._slot_lines()
        if self.missing_approvals and len(self.posts) == 1:
            yield f"It {with_config(self.missing_approvals[0])}."
        elif self.missing_approvals:
            they, wait = self._subject_and_verb(len(self.missing_approvals), "waits", "wait")
            yield with_config(f"{they} {wait} for approval: groundswell review.")
        if self.queue_error:
            yield f"Whether a groundswell runs is unknown: {self.queue_error}"
        elif not self.loop_runs:
            loop = with_config("groundswell run")
            yield f"No groundswell runs on this database: {loop} queues and sends {it}."
        elif len(self.later) < len(self.posts):
            yield f"The running groundswell queues {it} in a few seconds."
        for pause in self.pauses:
            lifts = with_config("groundswell resume ends the pause")
            yield f"Nothing of {it} is sent for now: {pause}. {lifts}."

    def _slot_lines(self) -> Iterator[str]:
        """Yield which slots are taken, and what is due too late to be queued yet."""
        for slot in self.slots if len(self.slots) <= MAX_SLOTS_LISTED else ():
            name = "It" if len(self.posts) == 1 else f"{slot.campaign}/{slot.post}"
            yield f"{name} takes the slot of {format_due(slot)} on {slot.account}."
        if len(self.slots) > MAX_SLOTS_LISTED:
            first, last = format_due(self.slots[0]), format_due(self.slots[-1])
            yield f"{len(self.slots)} slots are taken, from {first} to {last}."
        for account in self.without_slot:
            see = with_config("see groundswell plan")
            yield f"No slot of {account} is free within the horizon: {see}."
        if self.later:
            days = (self.later[0].due - self.later[0].queued_from).days
            they, are = self._subject_and_verb(len(self.later), "is", "are")
            when = f"from {self.later[0].queued_on} on"
            yield f"{they} {are} due beyond the horizon of {days} days, and queued {when}."

    def _subject_and_verb(self, count: int, singular: str, plural: str) -> tuple[str, str]:
        if len(self.posts) == 1:
            return "It", singular
        who = "All" if count == len(self.posts) else str(count)
        return who, singular if count == 1 else plural


def find_prospects(config: Config, checked: CheckResult, posts: Sequence[Post]) -> Prospects:
    """Return what becomes of posts, which are among those of ``checked``."""
    if checked.errors:
        return Prospects(tuple(posts), len(checked.errors))
    names = {(post.campaign, post.id) for post in posts}
    later = tuple(
        item
        for item in posts_beyond_horizon(checked.campaigns, SystemClock().now(), config.horizon)
        if (item.post.campaign, item.post.id) in names
    )
    try:
        return _from_queue(config, checked, tuple(posts), later)
    except StoreError as error:
        return Prospects(tuple(posts), 0, str(error), later=later)


def _from_queue(
    config: Config, checked: CheckResult, posts: tuple[Post, ...], later: tuple[LaterPost, ...]
) -> Prospects:
    actions = make_plan(config, checked).actions
    upcoming = [*_upcoming(actions, posts), *_first_occurrences(config, checked, later)]
    given = read_approvers(config, actions)
    lacking = {
        (due.campaign, due.post): why for due in upcoming if (why := missing_approval(due, given))
    }
    slots = tuple(due for due in upcoming if due.kind is ScheduleKind.SLOT)
    taken = {(slot.campaign, slot.post, slot.account) for slot in slots}
    without_slot = {
        account
        for post in posts
        if isinstance(post.when, NextSlot)
        for account in post.accounts
        if (post.campaign, post.id, account) not in taken
    }
    loop_runs, pauses = _loop_state(config)
    return Prospects(
        posts,
        errors=0,
        loop_runs=loop_runs,
        slots=slots,
        without_slot=tuple(sorted(without_slot)),
        later=later,
        missing_approvals=tuple(lacking.values()),
        pauses=tuple(pause for pause in pauses if any(map(pause.covers, upcoming))),
    )


def _upcoming(actions: Sequence[Action], posts: Sequence[Post]) -> Iterator[Occurrence]:
    """Yield the occurrences of the posts that would be queued, or updated in the queue."""
    names = {(post.campaign, post.id) for post in posts}
    for action in actions:
        if isinstance(action, diff.Add | diff.Change | diff.Revive):
            due = action.occurrence
            if (due.campaign, due.post) in names:
                yield due


def _first_occurrences(
    config: Config, checked: CheckResult, later: Sequence[LaterPost]
) -> Iterator[Occurrence]:
    """Yield the first occurrences of what is due beyond the horizon."""
    campaigns = {campaign.id: campaign for campaign in checked.campaigns}
    for item in later:
        post, moment = item.post, Moment("", item.due, item.timezone)
        for name in post.accounts:
            account = config.accounts[name]
            yield occurrences.build_occurrence(campaigns[post.campaign], post, account, moment)


def _loop_state(config: Config) -> tuple[bool, list[Pause]]:
    """Return whether a loop runs on the database, and what is paused."""
    if not config.has_database:
        return False, []
    from bot.database.workers import running_workers
    from bot.runtime.app import create_app

    with create_app(config, os.environ) as app:
        return bool(running_workers(app.database)), app.queue.pauses()
