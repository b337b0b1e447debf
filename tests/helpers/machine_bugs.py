"""Bugs to seed: each is what a plausible program does, and each must be caught by the machine."""

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
    """What plants a bug: pytest's, or one of a process of its own."""

    def setattr(self, target: Any, name: str, value: Any) -> None:
        """Put the value in the place of what goes by this name."""


def naive_requeue(patch: Patcher) -> None:
    """What a dead worker left is queued again, as a job queue with leases does."""

    rescue = Unsettled.rescue

    def requeue(self: Unsettled, delivery: Delivery, attempt: Any, _: Any, now: datetime) -> bool:
        again = Transition(State.SCHEDULED, now, "its worker died")
        return rescue(self, delivery, attempt, again, now)

    patch.setattr(Unsettled, "rescue", requeue)
    # Nor does such a queue look at the timeline for what is overdue, which would mostly find it.
    patch.setattr(PreSendCheck, "since", lambda *_: None)


def blind_resend(patch: Patcher) -> None:
    """No answer is taken for a failure, and sent again."""
    settle = settling.transition_for

    def blind(one: Delivery, account: Account, outcome: RemotePost | Outcome, *rest: Any) -> Any:
        lost = isinstance(outcome, Unknown)
        return settle(one, account, Unsent("no answer") if lost else outcome, *rest)

    patch.setattr(sending, "transition_for", blind)


def no_launch_deadline(patch: Patcher) -> None:
    """A worker that stood still past its lease sends after all."""
    patch.setattr(sending, "LAUNCH_SECONDS", 1e9)


def no_grace(patch: Patcher) -> None:
    """What is late goes out late."""
    late = property(lambda one: one.due + timedelta(days=365))
    patch.setattr(Delivery, "deadline", late)


def no_pause_check_before_send(patch: Patcher) -> None:
    """A pause counts for what is not claimed yet, and no more."""
    patch.setattr(Queue, "pauses", lambda _self: [])


def no_pause_in_the_claim(patch: Patcher) -> None:
    """No pause counts at all."""
    no_pause_check_before_send(patch)
    patch.setattr(situations, "read_pauses", lambda _connection: [])


def fence_ignored(patch: Patcher) -> None:
    """Whoever comes late writes over what became of it meanwhile."""
    for module in (claims, outcomes):
        patch.setattr(module, "fence_unchanged", lambda delivery: t.deliveries.c.id == delivery.id)
    patch.setattr(claims, "_sending_fences", lambda _connection, ids: dict.fromkeys(ids, ANY))


def edit_ignored(patch: Patcher) -> None:
    """What was read first is sent, whatever was edited since."""
    ready, first = ClaimTransaction.ready, dict[int, Delivery]()

    def stale(self: ClaimTransaction, *asked: Any) -> list[Delivery]:
        found = ready(self, *asked)
        return [replace(one, content=first.setdefault(one.id, one).content) for one in found]

    patch.setattr(ClaimTransaction, "ready", stale)


def late_intent(patch: Patcher) -> None:
    """It is sent first and written down afterwards."""
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
    """Absent once is absent, and sent again at once."""
    patch.setattr(settling, "PROBE_DELAYS", (timedelta(0),))
    patch.setattr(probing, "RESEND_SECONDS", 0.0)


def slot_in_the_key(patch: Patcher) -> None:
    """A slot is a time as any other, and part of the key: what is out in one takes the next."""

    def at(wish: slots._SlotRequest, due: datetime) -> Occurrence:
        moment = Moment(f"slot {due:%Y-%m-%dT%H:%M}", due, wish.account.timezone)
        return occurrences.build_occurrence(wish.campaign, wish.post, wish.account, moment)

    patch.setattr(slots._SlotRequest, "occurrence_at", at)


def missed_slot_is_the_end(patch: Patcher) -> None:
    """What could not go out in its slot is missed, as a post with a time of its own is."""
    patch.setattr(QueueSync, "_find_missed_slots", lambda _self: frozenset())


def unverified_slots_ignored(patch: Patcher) -> None:
    """A database that was put back takes what has no date for what it was then: not sent yet."""
    patch.setattr(Unverified, "covers", lambda *_: False)


def attempted_counts_as_verified(patch: Patcher) -> None:
    """What was tried before the backup cannot be out without the database knowing."""
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
