"""Safe start: a database that may be behind learns from the timelines what is out already.

Everything is paused meanwhile. What was due since the last send that the database knows of is
looked for on its account's timeline and adopted where it is there; the pause is lifted once every
account could be read. Until then it stays, and a person may decide.

Posts in queue slots have no date. Those that may be out unknown to the database are looked for as
soon as they are queued, whether or not everything is paused.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING

from bot.delivery.settle import settle
from bot.delivery.strangers import look
from bot.delivery.verdict import TOO_FAR_BACK
from bot.model import Settlement, State
from bot.platforms.base import Outcome
from bot.store.facts import parents

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from bot.delivery.desk import Desk
    from bot.model import Delivery, Published
    from bot.store.restoring import Restoring, SafeStart

AGAIN_SECONDS = 60.0
"""A timeline that could not be read is read again after this, in real seconds."""

AROUND = timedelta(minutes=5)
"""A post within so much of its time is its own; one further off may be another with those words."""

log = logging.getLogger("groundswell.delivery")


class Restored:
    """Sees a safe start through, from the doubt to the lifting of its pause."""

    def __init__(self, desk: Desk, restoring: Restoring) -> None:
        self._desk = desk
        self._restoring = restoring
        self._again: datetime | None = None
        self._told: set[str] = set()

    def begin(self, *, asked: bool = False) -> None:
        """Pause everything where the database may be behind what was sent, or a person says so."""
        self._restoring.fresh(self._desk.accounts, self._desk.clock.now())
        why = "a person asked for it" if asked else self._restoring.doubt()
        if why:
            self._restoring.begin(why, self._desk.clock.now())
        if pending := self._restoring.pending():
            log.error("safe start: %s. Nothing is sent before the timelines are read", pending.why)

    def run(self) -> None:
        """Read what is to be read, and lift the pause if that was all."""
        now = self._desk.clock.now()
        if self._again and now < self._again:
            return
        start = self._restoring.pending()
        unread = self._look_for_slots()
        found = 0
        if start:
            found, more = self._read(start, now)
            unread += more
        self._again = self._desk.clock.after(AGAIN_SECONDS) if unread else None
        if not start or unread:
            return
        if self._restoring.end(start, found, self._desk.clock.now()):
            log.warning("safe start over: %d posts were out already; going on", found)

    def next_wake(self) -> datetime | None:
        """Give when there is something to read."""
        waiting = {one.account for one in self._restoring.slots()[1]}
        wanted = self._restoring.pending() or waiting & self._desk.accounts.keys()
        return (self._again or self._desk.clock.now()) if wanted else None

    def _look_for_slots(self) -> list[str]:
        """Look for the posts in queue slots that may be out; give whose timeline cannot be read."""
        doubt, waiting = self._restoring.slots()
        unread: list[str] = []
        for account, deliveries in groupby(waiting, lambda one: one.account):
            if doubt and account in self._desk.accounts:
                found = self._guarded(account, partial(self._slots, list(deliveries), doubt.since))
                unread += [account] * (found is None)
        return unread

    def _slots(self, deliveries: Sequence[Delivery], since: datetime) -> int:
        """Adopt which are out. Raises Outcome; what was found out by then is kept."""
        found = 0
        for delivery in deliveries:
            found += self._adopt(delivery, since, near=False)
            self._restoring.dismiss([delivery.key])
        return found

    def _guarded(self, account: str, look: Callable[[], int]) -> int | None:
        """Give how many it found; None where the account cannot be read, which is told."""
        try:
            return look()
        except Outcome as outcome:
            self._tell(account, outcome.detail)
        except Exception as error:
            log.exception("a bug in the platform's client while looking for %s", account)
            self._tell(account, type(error).__name__)
        return None

    def _read(self, start: SafeStart, now: datetime) -> tuple[int, list[str]]:
        """Go through the accounts; give how many posts were found, and whom nobody could read."""
        found, unread = 0, []
        waiting = self._restoring.candidates(start, now)
        for account, deliveries in groupby(waiting, lambda one: one.account):
            some = self._guarded(account, partial(self._account, list(deliveries), start))
            found += some or 0
            unread += [account] * (some is None)
        return found, unread

    def _tell(self, account: str, why: str) -> None:
        if account not in self._told:
            self._told.add(account)
            log.error(
                "%s cannot be read, and something of it may be out: %s. See: groundswell inbox",
                account,
                why,
            )

    def _account(self, deliveries: Sequence[Delivery], start: SafeStart) -> int:
        """Adopt what is out of an account; give how many. Raises Outcome."""
        if deliveries[0].account not in self._desk.accounts:  # it cannot be sent from either
            return 0
        # First what is out at its own time, so that the same words at another time are left over.
        ours = [one for one in deliveries if self._adopt(one, start.since, near=True)]
        others = [one for one in deliveries if one not in ours]
        return len(ours) + sum(self._adopt(one, start.since, near=False) for one in others)

    def _adopt(self, delivery: Delivery, since: datetime, *, near: bool) -> bool:
        """Adopt its next part and all after it, as far as they are out; True where one was."""
        if not delivery.content.parts[delivery.next_part].text.strip():
            self._ask(delivery, "without words it cannot be looked for")
            return False
        matches, whole = self._matches(delivery, since)
        if not matches and not whole:
            self._ask(delivery, TOO_FAR_BACK)
        if near:
            matches = [one for one in matches if _at_its_time(delivery, one)]
        if not matches:
            return False
        settled = self._settled(delivery, min(matches, key=lambda one: one.at))
        if settled and settled.next_part < len(settled.content.parts):
            self._adopt(settled, since, near=False)
        return settled is not None

    def _matches(self, delivery: Delivery, since: datetime) -> tuple[list[Published], bool]:
        """Return the posts that match, and whether the timeline was shown as far back as that."""
        desk = self._desk
        client = desk.client(delivery.account)
        # Words are enough to know it by; media would have to be uploaded first.
        with desk.database.reading() as connection:
            parent = parents(connection, [delivery]).get(delivery.id)
        payload = client.payload(delivery.content, delivery.next_part, [], parent)
        search = look(desk, delivery, payload, since)
        known = desk.sending.known_ids(delivery.account)
        matches = [match for match in search.matches if match.remote_id not in known]
        return matches, search.whole

    def _settled(self, delivery: Delivery, published: Published) -> Delivery | None:
        desk, now = self._desk, self._desk.clock.now()
        settlement = settle(delivery, desk.accounts[delivery.account], published, now)
        settlement = replace(settlement, bill=desk.bill(delivery))
        if not self._restoring.settle(delivery, settlement, now):
            return None
        desk.booked(delivery.account)
        log.warning("%s was out already: %s", delivery.key, published.url)
        return desk.queue.get(delivery.key)

    def _ask(self, delivery: Delivery, why: str) -> None:
        """Leave it to a person, as nobody else can tell whether it is out."""
        if delivery.state is not State.SCHEDULED:
            return
        settlement = Settlement(State.NEEDS_HUMAN, reason=f"the database may be behind, and {why}")
        self._restoring.settle(delivery, settlement, self._desk.clock.now())


def _at_its_time(delivery: Delivery, published: Published) -> bool:
    return delivery.due - AROUND <= published.at <= delivery.deadline + AROUND
