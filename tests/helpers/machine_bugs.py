"""Bugs that a plausible program has, each of which the state machine must catch."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol
from unittest.mock import ANY

from bot.database import tables as t
from bot.delivery import probing, sending
from bot.delivery import transitions as settling
from bot.delivery.dispatcher import Dispatcher
from bot.delivery.restore_check import PreSendCheck
from bot.model import Delivery, Moment, State, Transition
from bot.planning import occurrences, slots
from bot.platforms.outcomes import Outcome, Unknown, Unsent
from bot.runtime.sync import QueueSync
from bot.store import claims, outcomes, situations
from bot.store.claims import ClaimTransaction
from bot.store.outcomes import Unsettled
from bot.store.queue import Queue
from bot.store.restore import RestoreStore, Unverified
from bot.store.sends import Claim

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from bot.model import Account, Occurrence, RemotePost
    from bot.store.sends import Intent


class Patcher(Protocol):
    """Plants a bug, either pytest's ``monkeypatch`` or a worker's own."""

    def setattr(self, target: Any, name: str, value: Any) -> None:
        """Replace an attribute."""


def naive_requeue(patch: Patcher) -> None:
    """Deliveries of a dead worker are queued again, as a job queue with leases does."""

    rescue = Unsettled.rescue

    def requeue(self: Unsettled, delivery: Delivery, attempt: Any, _: Any, now: datetime) -> bool:
        again = Transition(State.SCHEDULED, now, "its worker died")
        return rescue(self, delivery, attempt, again, now)

    patch.setattr(Unsettled, "rescue", requeue)
    # Such a queue does not search the timeline for overdue posts either, which would find most.
    patch.setattr(PreSendCheck, "since", lambda *_: None)


def blind_resend(patch: Patcher) -> None:
    """A missing answer counts as a failure, and the post is sent again."""
    settle = settling.transition_for

    def blind(one: Delivery, account: Account, outcome: RemotePost | Outcome, *rest: Any) -> Any:
        lost = isinstance(outcome, Unknown)
        return settle(one, account, Unsent("no answer") if lost else outcome, *rest)

    patch.setattr(sending, "transition_for", blind)


def no_launch_deadline(patch: Patcher) -> None:
    """A worker that stood still for longer than its lease sends all the same."""
    patch.setattr(sending, "LAUNCH_SECONDS", 1e9)


def no_grace(patch: Patcher) -> None:
    """Posts past their grace are sent."""
    late = property(lambda one: one.due + timedelta(days=365))
    patch.setattr(Delivery, "deadline", late)


def no_pause_check_before_send(patch: Patcher) -> None:
    """A pause does not stop deliveries that are already claimed."""
    patch.setattr(Queue, "pauses", lambda _self: [])


def no_pause_in_the_claim(patch: Patcher) -> None:
    """A pause stops nothing."""
    no_pause_check_before_send(patch)
    patch.setattr(situations, "read_pauses", lambda _connection: [])


def fence_ignored(patch: Patcher) -> None:
    """A late worker overwrites the outcome of a newer one."""
    for module in (claims, outcomes):
        patch.setattr(module, "fence_unchanged", lambda delivery: t.deliveries.c.id == delivery.id)
    patch.setattr(claims, "_sending_fences", lambda _connection, ids: dict.fromkeys(ids, ANY))


def edit_ignored(patch: Patcher) -> None:
    """The text that was read first is sent, even if it was edited since."""
    claimable, first = ClaimTransaction.claimable, dict[int, Delivery]()

    def stale(self: ClaimTransaction, *asked: Any) -> list[Delivery]:
        found = claimable(self, *asked)
        return [replace(one, content=first.setdefault(one.id, one).content) for one in found]

    patch.setattr(ClaimTransaction, "claimable", stale)


def late_intent(patch: Patcher) -> None:
    """The intent is written after the send."""
    launch, intent = sending.launch, Dispatcher._build_intent
    early: dict[int, Any] = {}

    def send_first(self: Dispatcher, delivery: Delivery, *seen: Any) -> Intent | None:
        found = intent(self, delivery, *seen)
        if found:
            client = self._deps.client(delivery.account)
            try:
                claim = Claim(
                    delivery, 0, delivery.fence + 1, found.payload, self._deps.clock.now()
                )
                early[delivery.id] = client.publish(found.payload, claim.send_key)
            except Outcome as outcome:
                early[delivery.id] = outcome
        return found

    def launching(deps: Any, claim: Claim, launch_by: float) -> Any:
        return early.pop(claim.delivery.id, None) or launch(deps, claim, launch_by)

    patch.setattr(Dispatcher, "_build_intent", send_first)
    patch.setattr(sending, "launch", launching)


def single_probe(patch: Patcher) -> None:
    """A post that one search does not find is sent again at once."""
    patch.setattr(settling, "PROBE_DELAYS", (timedelta(0),))
    patch.setattr(probing, "RESEND_SECONDS", 0.0)


def slot_in_the_key(patch: Patcher) -> None:
    """The slot's time is part of the key, so a post that is out takes the next slot too."""

    def at(wish: slots._SlotRequest, due: datetime) -> Occurrence:
        moment = Moment(f"slot {due:%Y-%m-%dT%H:%M}", due, wish.account.timezone)
        return occurrences.build_occurrence(wish.campaign, wish.post, wish.account, moment)

    patch.setattr(slots._SlotRequest, "occurrence_at", at)


def missed_slot_is_the_end(patch: Patcher) -> None:
    """A post that could not leave in its slot is missed, like a post with its own time."""
    patch.setattr(QueueSync, "_find_missed_slots", lambda _self: frozenset())


def unverified_slots_ignored(patch: Patcher) -> None:
    """A restored database counts posts in slots as unsent, as they were at the backup."""
    patch.setattr(Unverified, "covers", lambda *_: False)


def attempted_counts_as_verified(patch: Patcher) -> None:
    """Posts tried before the backup count as known to the restored database."""
    covers, candidates = Unverified.covers, RestoreStore.candidates
    patch.setattr(Unverified, "covers", lambda doubt, one: not one.fence and covers(doubt, one))

    def untried(self: RestoreStore, *asked: Any) -> list[Delivery]:
        return [one for one in candidates(self, *asked) if not one.fence]

    patch.setattr(RestoreStore, "candidates", untried)


BUGS: Mapping[str, Callable[[Patcher], None]] = {
    "naive requeue": naive_requeue,
    "blind resend": blind_resend,
    "no launch deadline": no_launch_deadline,
    "no grace": no_grace,
    "no last look at the pauses": no_pause_check_before_send,
    "no pause in the claim": no_pause_in_the_claim,
    "fence ignored": fence_ignored,
    "edit ignored": edit_ignored,
    "late intent": late_intent,
    "one look is enough": single_probe,
    "slot in the key": slot_in_the_key,
    "missed slot is the end": missed_slot_is_the_end,
    "slot doubt ignored": unverified_slots_ignored,
    "tried is known": attempted_counts_as_verified,
}
