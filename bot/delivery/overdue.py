"""What was due before this process started is looked for before it is sent.

The loop was down, or the database was restored from a copy that does not know what has gone out
since. One look at the account's own timeline tells. So does it of a post in a queue slot, which a
new or restored database cannot know to be out.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.delivery import person
from bot.delivery.settle import settle
from bot.delivery.verdict import TOO_FAR_BACK, UNREADABLE_WAIT, estranged, strangers
from bot.model import SLOT, Settlement, State
from bot.platforms.base import Outcome, RateLimited

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from bot.delivery.desk import Desk
    from bot.model import Delivery, Published
    from bot.platforms.base import Search

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
        part = (delivery.id, delivery.next_part)
        since = None if part in self._absent else self._since(delivery)
        if since is None:
            return None
        if not delivery.content.parts[delivery.next_part].text.strip():
            why = f"{self._why(delivery)}, and without words it cannot be looked for"
            return Settlement(State.NEEDS_HUMAN, reason=why)
        try:
            search = self._search(delivery, reply_to, since)
        except Outcome as outcome:
            self._desk.book_reads(delivery.platform, delivery.account, outcome.charges)
            return self._unreadable(delivery, outcome)
        known = self._desk.sending.known_ids(delivery.account)
        if found := [match for match in search.matches if match.remote_id not in known]:
            return self._adopted(delivery, found)
        if doubt := self._doubt(delivery, search, known):
            return Settlement(State.NEEDS_HUMAN, reason=f"{self._why(delivery)}, and {doubt}")
        self._absent.add(part)
        return None

    def _doubt(self, delivery: Delivery, search: Search, known: frozenset[str]) -> str:
        """Say why it may be out although no post says the same; "" where it is not."""
        if not search.whole:
            return TOO_FAR_BACK
        if delivery.label == SLOT:  # of which nobody knows when it went out, if it did
            return ""
        unclaimed = strangers(search, known, delivery.due, delivery.due)
        return estranged(unclaimed) if unclaimed else ""

    def _since(self, delivery: Delivery) -> datetime | None:
        """Give from when on it may be out; None where it cannot be, or a person has looked."""
        if person.NOT_OUT in delivery.reason:
            return None
        doubt = self._desk.guards.slot_doubt() if delivery.label == SLOT else None
        if doubt and doubt.covers(delivery):
            return doubt.since
        return delivery.due - EARLIER if delivery.due < self._started else None

    def _why(self, delivery: Delivery) -> str:
        if delivery.due < self._started:
            return "it was due before this start"
        return "this database may not know that it is out"

    def _search(self, delivery: Delivery, reply_to: str | None, since: datetime) -> Search:
        desk = self._desk
        client = desk.client(delivery.account)
        # Words are enough to know it by; media would have to be uploaded first.
        payload = client.payload(delivery.content, delivery.next_part, [], reply_to)
        search = client.find(payload, since)
        desk.book_reads(delivery.platform, delivery.account, search.charges)
        return search

    def _adopted(self, delivery: Delivery, found: Sequence[Published]) -> Settlement:
        desk = self._desk
        if len(found) > 1:
            ids = ", ".join(match.remote_id for match in found)
            why = f"{self._why(delivery)}, and {len(found)} posts on the timeline match: {ids}"
            return Settlement(State.NEEDS_HUMAN, reason=why)
        log.warning("%s was out already: found on the timeline", delivery.key)
        account = desk.accounts[delivery.account]
        return settle(delivery, account, found[0], desk.clock.now())

    def _unreadable(self, delivery: Delivery, outcome: Outcome) -> Settlement:
        now = self._desk.clock.now()
        hold = outcome.hold(delivery.account, delivery.platform)
        # Who is paused waits for the pause and for no time: that is what the queue then says.
        again = now if hold else now + UNREADABLE_WAIT
        if isinstance(outcome, RateLimited) and outcome.until:
            again = max(again, outcome.until)
        words = f"{self._why(delivery)}; the timeline is not readable: {outcome.detail}"
        return Settlement(State.SCHEDULED, again, words, hold=hold)
