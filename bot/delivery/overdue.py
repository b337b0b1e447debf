"""What was due before this process started is looked for before it is sent.

The loop was down, or the database was restored from a copy that does not know what has gone out
since. One look at the account's own timeline tells. So does it of a post in a queue slot, which a
new or restored database cannot know to be out.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.delivery.settle import put_off, settle
from bot.delivery.strangers import look, named, strangers
from bot.delivery.verdict import TOO_FAR_BACK
from bot.model import ScheduleKind, Settlement, State
from bot.platforms.base import Outcome
from bot.store import doubts

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from bot.delivery.desk import Desk
    from bot.model import Delivery, Published
    from bot.store.doubts import SlotDoubt

EARLIER = timedelta(seconds=60)
"""It is looked for from so long before it was due: clocks differ."""

log = logging.getLogger("groundswell.delivery")


class Overdue:
    """Looks once for each part that was due before it was made."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._started = desk.clock.now()
        self._absent: set[tuple[int, int]] = set()

    def settlement(self, delivery: Delivery, reply_to: str | None) -> Settlement | None:
        """Look for the next part; None where it may be sent. Raises Outcome."""
        in_slot = delivery.kind is ScheduleKind.SLOT
        doubt = self._slot_doubt() if in_slot else None
        since = self._since(delivery, doubt)
        if since is None:
            return None
        settlement = self._looked(delivery, reply_to, since)
        told = settlement is None or settlement.state is State.NEEDS_HUMAN
        if told and doubt and doubt.covers(delivery):
            with self._desk.database.writing() as connection:
                doubts.dismiss(connection, [delivery.key])
        return settlement

    def _looked(
        self, delivery: Delivery, reply_to: str | None, since: datetime
    ) -> Settlement | None:
        if not delivery.content.parts[delivery.next_part].text.strip():
            why = f"{self._why(delivery)}, and without words it cannot be looked for"
            return Settlement(State.NEEDS_HUMAN, reason=why)
        try:
            found, beside = self._seen(delivery, reply_to, since)
        except Outcome as outcome:
            why = f"{self._why(delivery)}; the timeline is not readable"
            return put_off(delivery, outcome, why, self._desk.clock.now())
        if found:
            return self._adopted(delivery, found)
        if beside:
            return Settlement(State.NEEDS_HUMAN, reason=f"{self._why(delivery)}, and {beside}")
        self._absent.add((delivery.id, delivery.next_part))
        return None

    def _slot_doubt(self) -> SlotDoubt | None:
        with self._desk.database.reading() as connection:
            return doubts.read(connection)

    def unlooked(self, delivery: Delivery, doubt: SlotDoubt | None) -> bool:
        """Tell whether it must be looked for before its next part is sent."""
        return self._since(delivery, doubt) is not None

    def _since(self, delivery: Delivery, doubt: SlotDoubt | None) -> datetime | None:
        """Give from when on it may be out; None where it cannot be, or somebody has looked."""
        if (delivery.id, delivery.next_part) in self._absent:
            return None
        if doubt and doubt.covers(delivery):  # a person's word may be older than the doubt
            return doubt.since
        if delivery.absent:
            return None
        return delivery.due - EARLIER if delivery.due < self._started else None

    def _why(self, delivery: Delivery) -> str:
        if delivery.due < self._started:
            return "it was due before this start"
        return "this database may not know that it is out"

    def _seen(
        self, delivery: Delivery, reply_to: str | None, since: datetime
    ) -> tuple[list[Published], str]:
        """Return the posts that match, and why it may be out if none does. Raise Outcome."""
        desk = self._desk
        # Words are enough to know it by; media would have to be uploaded first.
        client = desk.client(delivery.account)
        payload = client.payload(delivery.content, delivery.next_part, [], reply_to)
        search = look(desk, delivery, payload, since)
        known = desk.sending.known_ids(delivery.account)
        found = [match for match in search.matches if match.remote_id not in known]
        if found or not search.whole:
            return found, TOO_FAR_BACK
        if delivery.kind is ScheduleKind.SLOT:  # of which nobody knows when it went out, if it did
            return [], ""
        beside = strangers(desk, delivery, search, delivery.due, delivery.due)
        return [], named(beside) if beside else ""

    def _adopted(self, delivery: Delivery, found: Sequence[Published]) -> Settlement:
        desk = self._desk
        if len(found) > 1:
            ids = ", ".join(match.remote_id for match in found)
            why = f"{self._why(delivery)}, and {len(found)} posts on the timeline match: {ids}"
            return Settlement(State.NEEDS_HUMAN, reason=why)
        log.warning("%s was out already: found on the timeline", delivery.key)
        account = desk.accounts[delivery.account]
        settlement = settle(delivery, account, found[0], desk.clock.now())
        return replace(settlement, bill=desk.bill(delivery))
