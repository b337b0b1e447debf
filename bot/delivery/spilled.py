"""Tells the database what it could not be told: posts that are out, from the spill file."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from bot.delivery.settle import settle
from bot.model import Published, State
from bot.store.claiming import Answer, Claim

if TYPE_CHECKING:
    from bot.delivery.desk import Desk
    from bot.model import Delivery, Settlement
    from bot.store.spill import Spill, Spilled

log = logging.getLogger("groundswell.delivery")


class SpilledPosts:
    """Settles what the spill file holds."""

    def __init__(self, desk: Desk, spill: Spill) -> None:
        self._desk = desk
        self._spill = spill
        self._told: set[str] = set()

    def settle(self) -> None:
        """Settle what can be settled now, and empty the file once everything is."""
        found, unreadable = self._spill.read()
        if not found and not unreadable:
            return
        for line in unreadable:
            self._tell(f"a line of {self._spill.path.name} cannot be read: {line}")
        done = [self._settled(one) for one in found]
        if all(done):
            self._spill.clear(len(found) + len(unreadable))

    def _settled(self, one: Spilled) -> bool:
        """Settle one; False where it has to be looked at again."""
        delivery = self._desk.queue.get(one.key)
        if delivery is None or delivery.id != one.delivery:
            self._tell(f"{one.key} is out as {one.url}, but the database has no such delivery")
            return True
        if one.remote_id in self._desk.sending.known_ids(delivery.account):
            return True
        if delivery.next_part != one.part:
            self._tell(f"{one.key} is out as {one.url}, and again as another post: look at it")
            return True
        return self._adopt(delivery, one)

    def _adopt(self, delivery: Delivery, one: Spilled) -> bool:
        desk = self._desk
        published = Published(one.remote_id, one.url, one.at, one.reply)
        now = desk.clock.now()
        settlement = settle(delivery, desk.accounts.get(delivery.account), published, now)
        settlement = replace(settlement, bill=desk.bill(delivery))
        if not self._write(delivery, one, settlement):
            over = delivery.state not in _OPEN
            if over:
                self._tell(f"{one.key} is {delivery.state}, but it is out as {one.url}")
            return over
        desk.booked(delivery.account)
        log.warning("%s is out as %s; the database has it now", one.key, one.url)
        return True

    def _write(self, delivery: Delivery, one: Spilled, settlement: Settlement) -> bool:
        sending, now = self._desk.sending, self._desk.clock.now()
        match delivery.state:
            case State.SENDING:
                claim = Claim(delivery, one.attempt, one.fence, one.payload)
                [closed] = sending.close([Answer(claim, settlement, "published", one.url)], now)
                return closed
            case State.UNKNOWN | State.NEEDS_HUMAN:
                return sending.resolve(delivery, settlement, now)
            case State.SCHEDULED:
                return sending.give_up(delivery, settlement, now)
            case _:
                return False

    def _tell(self, words: str) -> None:
        if words not in self._told:
            self._told.add(words)
            log.error("%s", words)


_OPEN = {State.SENDING, State.UNKNOWN, State.NEEDS_HUMAN, State.SCHEDULED}
