"""What becomes of posts that were just written into the campaign files, told truthfully.

Whether they are queued at once, later or not at all, and what must happen before they leave.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot import planning
from bot.cli import output
from bot.cli.hints import with_config
from bot.cli.plan import given_for, instant, lack, local, plan_of
from bot.errors import StoreError
from bot.horizon import beyond
from bot.model import Moment, ScheduleKind
from bot.schedules import NextSlot

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from bot.checking import Checked
    from bot.config import Config
    from bot.horizon import Later
    from bot.model import Occurrence, Pause, Post
    from bot.planning import Action

MOST_SLOTS = 3
"""Slots that are told one by one."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """What becomes of ``posts``.

    ``errors`` counts the mistakes in the files that keep everything from being queued, and
    ``unknown`` says why the queue could not be read: of the rest, nothing is known then. ``slots``
    are what takes a queue slot, ``crowded`` the accounts that have none left within the horizon.
    ``lacking`` says by post what approval it waits for.
    """

    posts: tuple[Post, ...]
    errors: int
    unknown: str = ""
    runs: bool = False
    slots: tuple[Occurrence, ...] = ()
    crowded: tuple[str, ...] = ()
    later: tuple[Later, ...] = ()
    lacking: tuple[str, ...] = ()
    pauses: tuple[Pause, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {
            "errors": self.errors,
            "loop_runs": None if self.errors or self.unknown else self.runs,
            "slots": [{"account": slot.account, "due": slot.due} for slot in self.slots],
            "no_slot": list(self.crowded),
            "queued_from": {later.name: later.queued for later in self.later},
            "approval": list(self.lacking),
            "pauses": [str(pause) for pause in self.pauses],
        }

    def lines(self) -> Iterator[str]:
        """Say it, a sentence a line."""
        it = "it" if len(self.posts) == 1 else "them"
        if self.errors:
            mistakes = output.count(self.errors, "mistake")
            keep = "keeps" if self.errors == 1 else "keep"
            see = with_config("see groundswell check")
            yield f"But {mistakes} {keep} {it} from being queued: {see}."
            return
        yield from self._when()
        if self.lacking:
            yield self._approval()
        if self.unknown:
            yield f"Whether a groundswell runs could not be found out: {self.unknown}"
        elif not self.runs:
            loop = with_config("groundswell run")
            yield f"No groundswell runs on this database: {loop} queues and sends {it}."
        elif len(self.later) < len(self.posts):
            yield f"The running groundswell queues {it} in a few seconds."
        for pause in self.pauses:
            lifts = with_config("groundswell resume lifts that")
            yield f"Nothing of {it} leaves for now: {pause}. {lifts}."

    def _when(self) -> Iterator[str]:
        """Say which slots are taken, and what is due too late to be queued yet."""
        for slot in self.slots if len(self.slots) <= MOST_SLOTS else ():
            name = "It" if len(self.posts) == 1 else f"{slot.campaign}/{slot.post}"
            yield f"{name} takes the slot of {local(slot)} on {slot.account}."
        if len(self.slots) > MOST_SLOTS:
            first, last = local(self.slots[0]), local(self.slots[-1])
            yield f"{len(self.slots)} slots are taken, from {first} to {last}."
        for account in self.crowded:
            see = with_config("see groundswell plan")
            yield f"No slot of {account} is free within the horizon: {see}."
        if self.later:
            days = (self.later[0].due - self.later[0].queued).days
            who, is_ = self._of(len(self.later), "is", "are")
            when = f"from {self.later[0].queued_on} on"
            yield f"{who} {is_} due beyond the horizon of {days} days, and queued {when}."

    def _approval(self) -> str:
        if len(self.posts) == 1:
            return f"It {with_config(self.lacking[0])}."
        who, wait = self._of(len(self.lacking), "waits", "wait")
        return with_config(f"{who} {wait} for approval: groundswell review.")

    def _of(self, count: int, one: str, many: str) -> tuple[str, str]:
        if len(self.posts) == 1:
            return "It", one
        return ("All" if count == len(self.posts) else str(count)), one if count == 1 else many


def outlook(config: Config, checked: Checked, posts: Sequence[Post]) -> Outlook:
    """Find out what becomes of posts that ``checked`` holds."""
    errors = sum(problem.level == "error" for problem in checked.problems)
    if errors:
        return Outlook(tuple(posts), errors)
    names = {(post.campaign, post.id) for post in posts}
    later = tuple(
        coming
        for coming in beyond(checked.campaigns, instant(None), config.horizon)
        if (coming.post.campaign, coming.post.id) in names
    )
    try:
        return _by_queue(config, checked, tuple(posts), later)
    except StoreError as error:
        return Outlook(tuple(posts), 0, str(error), later=later)


def _by_queue(
    config: Config, checked: Checked, posts: tuple[Post, ...], later: tuple[Later, ...]
) -> Outlook:
    actions = plan_of(config, checked, None).actions
    coming = [*_coming(actions, posts), *_first_of(config, checked, later)]
    given = given_for(config, actions, None)
    lacking = {(due.campaign, due.post): why for due in coming if (why := lack(due, given))}
    slots = tuple(due for due in coming if due.kind is ScheduleKind.SLOT)
    wanted = [(post, name) for post in posts for name in _slotted(post)]
    have = {(slot.campaign, slot.post, slot.account) for slot in slots}
    crowded = {name for post, name in wanted if (post.campaign, post.id, name) not in have}
    runs, pauses = _loop(config)
    held = tuple(pause for pause in pauses if any(map(pause.holds, coming)))
    return Outlook(
        posts, 0, "", runs, slots, tuple(sorted(crowded)), later, tuple(lacking.values()), held
    )


def _slotted(post: Post) -> Collection[str]:
    return post.accounts if isinstance(post.when, NextSlot) else ()


def _coming(actions: Sequence[Action], posts: Sequence[Post]) -> list[Occurrence]:
    """Return what would be queued of the posts, or brought up to date in the queue."""
    names = {(post.campaign, post.id) for post in posts}
    found = [
        action.occurrence
        for action in actions
        if isinstance(action, planning.Add | planning.Change | planning.Revive)
    ]
    return [due for due in found if (due.campaign, due.post) in names]


def _first_of(config: Config, checked: Checked, later: Sequence[Later]) -> Iterator[Occurrence]:
    """Yield the first times of what is due beyond the horizon."""
    campaigns = {campaign.id: campaign for campaign in checked.campaigns}
    for coming in later:
        post, moment = coming.post, Moment("", coming.due, coming.timezone)
        for name in post.accounts:
            yield planning.occurrence(campaigns[post.campaign], post, config.accounts[name], moment)


def _loop(config: Config) -> tuple[bool, list[Pause]]:
    """Return whether a loop runs on the database, and what is paused."""
    if not config.has_database:
        return False, []
    from bot.app import opened
    from bot.store.holder import running

    with opened(config, os.environ) as app:
        return bool(running(app.database)), app.queue.pauses()
