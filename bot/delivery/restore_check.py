"""Safe start after a restore: finds posts that are out although the database does not know it.

Everything is paused meanwhile. Deliveries that were due since the last known send are looked for on
their accounts' timelines, and adopted if they are there. The pause ends once every account could be
read, or when a person ends it.

A delivery that was due before this process started is looked for again right before it is sent. The
loop was down, or a person has ended that pause. So is one that was due before a safe start or
in it, to whatever time the files have moved it since.

Posts in queue slots have no date. Those that may be out without the database's knowledge are looked
for as soon as they are queued, whether or not everything is paused.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from itertools import groupby
from typing import TYPE_CHECKING

from bot.delivery.clients import bugs_as_unsent
from bot.delivery.probing import (
    adoption,
    search_for_next_part,
    unknown_nearby,
)
from bot.delivery.transitions import PROBE_DELAYS, postpone
from bot.model import ScheduleKind, State, Transition
from bot.platforms.outcomes import Outcome
from bot.store.restore import clear_unverified, read_unverified
from bot.store.situations import reply_targets

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from bot.delivery.deps import DeliveryDeps
    from bot.model import Delivery
    from bot.store.restore import RestoreStore, Unverified


log = logging.getLogger("groundswell.delivery")

TIMELINE_RETRY_SECONDS = 60.0
"""Real seconds until a timeline that could not be read is read again."""

OWN_TIME_MARGIN = timedelta(minutes=5)
"""A post this near to a delivery's time is that delivery. Others may only have the same words."""


class RestoreCheck:
    """Carries out a safe start, from the doubt until its pause is lifted."""

    def __init__(self, deps: DeliveryDeps, restore_store: RestoreStore) -> None:
        self._deps = deps
        self._restore_store = restore_store
        self._retry_at: datetime | None = None
        self._reported: set[str] = set()

    def begin(self, *, requested: bool = False) -> None:
        """Pause everything if the database may be behind, or if a person asks for it."""
        self._restore_store.mark_new_accounts(self._deps.accounts, self._deps.clock.now())
        mismatch = self._restore_store.fingerprint_file.mismatch
        why = "a person asked for it" if requested else mismatch()
        if why:
            begun = self._restore_store.begin(why, self._deps.clock.now())
            if begun.approvals:
                words = "safe start: %d approvals in this database may have been withdrawn since. "
                words += "Approve again: groundswell review"
                log.error(words, begun.approvals)
        if pending := self._restore_store.pending():
            log.error("safe start: %s. Nothing is sent before the timelines are read", pending.why)

    def run(self) -> None:
        """Read the remaining timelines, and end the pause if all could be read."""
        now = self._deps.clock.now()
        if self._retry_at and now < self._retry_at:
            return
        start = self._restore_store.pending()
        slots, waiting = self._restore_store.unverified_slots()
        adopted, unread = 0, list[str]()
        if slots:
            _, unread = self._check_accounts(waiting, slots.since, in_slots=True)
        if start:
            candidates = self._restore_store.candidates(start, now)
            adopted, more = self._check_accounts(candidates, start.since, in_slots=False)
            unread += more
        self._retry_at = self._deps.clock.after(TIMELINE_RETRY_SECONDS) if unread else None
        if start and not unread and self._restore_store.end(start, adopted, self._deps.clock.now()):
            log.warning("safe start over: %d posts were out already; going on", adopted)

    def next_wake(self) -> datetime | None:
        """Return when a timeline must be read, or None."""
        waiting = {delivery.account for delivery in self._restore_store.unverified_slots()[1]}
        needed = self._restore_store.pending() or waiting & self._deps.accounts.keys()
        return (self._retry_at or self._deps.clock.now()) if needed else None

    def _check_accounts(
        self, waiting: Iterable[Delivery], since: datetime, *, in_slots: bool
    ) -> tuple[int, list[str]]:
        """Return how many posts were adopted, and the accounts that could not be read.

        Each such account is logged once.
        """
        adopted, unread = 0, []
        for account, deliveries in groupby(waiting, lambda delivery: delivery.account):
            try:
                with bugs_as_unsent(f"looking for posts of {account}"):
                    adopted += self._adopt_account([*deliveries], since, in_slots=in_slots)
                continue
            except Outcome as outcome:
                why = outcome.detail
            unread.append(account)
            if account not in self._reported:
                self._reported.add(account)
                words = "%s cannot be read, and a post of it may be out: %s. See: groundswell inbox"
                log.error(words, account, why)
        return adopted, unread

    def _adopt_account(
        self, deliveries: Sequence[Delivery], since: datetime, *, in_slots: bool
    ) -> int:
        """Adopt the deliveries of one account that are out, and return how many. Raise Outcome."""
        if deliveries[0].account not in self._deps.accounts:  # nothing can be sent from it either
            return 0
        on_time = []
        if not in_slots:  # posts at their own time first, as others may have the same words
            on_time = [
                delivery
                for delivery in deliveries
                if self._adopt(delivery, since, on_time_only=True)
            ]
        adopted = len(on_time)
        for delivery in (delivery for delivery in deliveries if delivery not in on_time):
            adopted += self._adopt(delivery, since, on_time_only=False)
            settled = self._deps.queue.get(delivery.key)
            if in_slots and settled and settled.state is not State.NEEDS_HUMAN:
                clear_unverified(self._deps.database, delivery.key)
        return adopted

    def _adopt(self, delivery: Delivery, since: datetime, *, on_time_only: bool) -> bool:
        """Adopt the next part, and those after it, if they are out. Return whether one was."""
        deps = self._deps
        with deps.database.reading() as connection:
            parent = reply_targets(connection, [delivery]).get(delivery.id)
        search, why_unsure = search_for_next_part(deps, delivery, parent, since)
        matches = search.matches
        if on_time_only:
            first, last = delivery.due - OWN_TIME_MARGIN, delivery.deadline + OWN_TIME_MARGIN
            matches = tuple(post for post in matches if first <= post.at <= last)
        elif why_unsure and delivery.state is State.SCHEDULED:
            reason = f"the database may be behind, and {why_unsure}"
            transition = Transition(State.NEEDS_HUMAN, reason=reason)
            self._restore_store.apply_transition(delivery, transition, deps.clock.now())
        if not matches:
            return False
        published = min(matches, key=lambda post: post.at)
        transition, now = adoption(deps, delivery, published), deps.clock.now()
        if not self._restore_store.apply_transition(delivery, transition, now):
            return False
        deps.on_booked(delivery.account)
        log.warning("%s was out already: %s", delivery.key, published.url)
        settled = deps.queue.get(delivery.key)
        if settled and settled.next_part < len(settled.content.parts):
            self._adopt(settled, since, on_time_only=False)
        return settled is not None


def unproved_until(
    deps: DeliveryDeps, delivery: Delivery, payload: str, now: datetime
) -> datetime | None:
    """Return when to look again before a payload may be sent, or None if it may be sent now.

    Two looks only prove a delivery absent enough for a repetition under the same key. Other words
    have another key, and after a long wait the platform does not keep the key any more.
    """
    if not delivery.resends or delivery.absent:
        return None
    tried = [one for one in deps.queue.attempts(delivery.id) if one.part == delivery.next_part]
    unknown = [attempt for attempt in tried if attempt.outcome == "unknown"]
    kept_since = now - deps.client(delivery.account).keys_last
    first = next((attempt for attempt in unknown if attempt.payload == payload), None)
    if not unknown or (first and first.opened > kept_since):
        return None
    looks = deps.queue.probes(unknown[-1].id)
    if sum(look.readable for look in looks) >= len(PROBE_DELAYS):
        return None
    return max(now, (unknown[-1].closed or unknown[-1].opened) + PROBE_DELAYS[-1])


PROBE_MARGIN = timedelta(seconds=60)
"""A post is looked for from this long before it was due, because clocks differ."""


class PreSendCheck:
    """Looks once for each part that may be out without the database's knowledge."""

    def __init__(self, deps: DeliveryDeps) -> None:
        self._deps = deps
        self._started = deps.clock.now()
        self._absent: set[tuple[int, int]] = set()

    def since(self, delivery: Delivery, unverified: Unverified | None) -> datetime | None:
        """Return since when the next part may be out, or None if it need not be looked for."""
        if (delivery.id, delivery.next_part) in self._absent:
            return None
        if delivery.absent:
            return None
        if unverified and unverified.covers(delivery):
            return unverified.since
        return delivery.due - PROBE_MARGIN if delivery.due < self._started else None

    def transition(self, delivery: Delivery, reply_to: str | None) -> Transition | None:
        """Look for the next part, and return its transition, or None if it may be sent.

        Raise Outcome.
        """
        deps, due = self._deps, delivery.due
        with deps.database.reading() as connection:
            unverified = read_unverified(connection)
        since = self.since(delivery, unverified)
        if since is None:
            return None
        is_unverified = unverified is not None and unverified.covers(delivery)
        doubt = (
            "it was due before this start"
            if due < self._started
            else "this database may not know that it is out"
        )
        try:
            search, why_unsure = search_for_next_part(deps, delivery, reply_to, since)
            matches = search.matches
            # Nobody knows at what time a post in a queue slot, or a moved one, may have left.
            undated = is_unverified or delivery.kind is ScheduleKind.SLOT
            if not (matches or why_unsure or undated):
                why_unsure = unknown_nearby(deps, delivery, search, due, due)
        except Outcome as outcome:
            why = f"{doubt}; the timeline is not readable"
            return postpone(delivery, outcome, why, deps.clock.now())
        if len(matches) == 1:
            log.warning("%s was out already: found on the timeline", delivery.key)
            return adoption(deps, delivery, matches[0])
        if matches:
            ids = ", ".join(match.remote_id for match in matches)
            why_unsure = f"{len(matches)} posts on the timeline match: {ids}"
        if why_unsure:  # a post in a slot stays unverified, as a person decides on this part only
            return Transition(State.NEEDS_HUMAN, reason=f"{doubt}, and {why_unsure}")
        self._absent.add((delivery.id, delivery.next_part))
        if is_unverified:
            clear_unverified(deps.database, delivery.key)
        return None
