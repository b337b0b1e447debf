"""Uploads what posts show, ahead of the posts and beside them: a slow film delays no other post.

Each account's uploads have a job of their own; its posts are sent by ``publisher``, which lets a
post wait until all that it shows is there.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.delivery import telling
from bot.delivery.decide import held
from bot.delivery.identity import UNKNOWN
from bot.delivery.settle import put_off, settle_unposted
from bot.errors import GroundswellError
from bot.platforms.base import Outcome, Rejected, Unsent

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from bot.delivery.desk import Desk
    from bot.model import Delivery, Media, Settlement
    from bot.platforms.base import Client

PREPARE_AHEAD = timedelta(minutes=2)
"""Media are uploaded this long before the post is due: a slow upload must not make it late."""

UPLOAD_MARGIN = timedelta(minutes=10)
"""An upload that expires sooner than this after the post is due is made anew."""

log = logging.getLogger("groundswell.delivery")


class Uploads:
    """Uploads for one account at a time, and knows what is there."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def ids(self, delivery: Delivery) -> list[str] | None:
        """Give the platform's ids of what the next part shows; None until all of it is there."""
        found = [self._known(delivery, one) for one in _shown(delivery)]
        there = [one for one in found if one]
        return there if len(there) == len(found) else None

    def run(self, account: str) -> None:
        """Upload what the posts show that are due soon, and can leave then as far as is known."""
        for delivery in self._soon(account):
            try:
                client = self._desk.client(account)
            except Outcome as outcome:
                now = self._desk.clock.now()
                if now >= delivery.not_before:
                    self._settle(delivery, put_off(delivery, outcome, UNKNOWN, now), now)
                continue
            self._upload(delivery, client)

    def next_wake(self, account: str) -> datetime | None:
        """Give when something more is to be uploaded; None where nothing is scheduled."""
        now = self._desk.clock.now()
        upcoming = self._desk.queue.next_wake(account, now + PREPARE_AHEAD)
        waits = [upcoming - PREPARE_AHEAD] if upcoming else []
        # Those that a failure has put off until then.
        waits += [one.not_before for one in self._soon(account) if one.not_before > now]
        return min(waits, default=None)

    def _soon(self, account: str) -> Iterator[Delivery]:
        desk = self._desk
        until = desk.clock.now() + PREPARE_AHEAD
        ready = desk.queue.ready(account, until)
        showing = [one for one in ready if _shown(one) and self.ids(one) is None]
        lacking = desk.guards.lacking(showing)
        for one in showing:
            why = lacking.get(one.id)
            known = desk.accounts.get(account)
            if not held(one, known, now=until, pauses=desk.queue.pauses(), lacking=why):
                yield one

    def _upload(self, delivery: Delivery, client: Client) -> None:
        try:
            for media in _shown(delivery):
                if not self._known(delivery, media):
                    self._desk.keep_upload(delivery, media, client.upload(media))
        except Outcome as outcome:
            self._failed(delivery, outcome)
        except GroundswellError:
            raise
        except Exception as error:
            # One file that trips the client must not keep the account's others from going out.
            log.exception("%s: a bug in the platform's client while uploading", delivery.key)
            self._failed(delivery, Unsent(f"the client failed: {type(error).__name__}"))

    def _known(self, delivery: Delivery, media: Media) -> str | None:
        until = max(delivery.due, self._desk.clock.now()) + UPLOAD_MARGIN
        return self._desk.ledger.upload(delivery.account, media, until)

    def _failed(self, delivery: Delivery, outcome: Outcome) -> None:
        """Settle it once the post is due, or at once where the platform refuses it for good.

        A file that has changed may be on its way into the queue as an edit.
        """
        desk, now = self._desk, self._desk.clock.now()
        refused = isinstance(outcome, Rejected) and outcome.status is not None
        if now < delivery.not_before and not refused:
            log.warning("%s: media not uploaded yet: %s", delivery.key, outcome.detail)
            return
        account, rest = desk.accounts[delivery.account], desk.guards.rest(delivery.account)
        settlement = settle_unposted(delivery, account, outcome, now, rest)
        self._settle(delivery, replace(settlement, reason=f"media: {settlement.reason}"), now)

    def _settle(self, delivery: Delivery, settlement: Settlement, now: datetime) -> None:
        if self._desk.sending.give_up(delivery, settlement, now):
            telling.tell(delivery, settlement, now)


def _shown(delivery: Delivery) -> tuple[Media, ...]:
    return delivery.content.parts[delivery.next_part].media
