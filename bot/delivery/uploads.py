"""Uploads what posts show, ahead of the posts and beside them: a slow film delays no other post.

Uploads have threads of their own. What is due is sent by ``dispatcher``, which lets a post wait
until all that it shows is there.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import replace
from datetime import timedelta
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING

from bot.delivery import telling
from bot.delivery.decide import held
from bot.delivery.identity import UNKNOWN
from bot.delivery.settle import put_off, settle_unposted
from bot.delivery.situations import UPLOAD_MARGIN
from bot.delivery.turns import Turns
from bot.errors import GroundswellError
from bot.platforms.base import Outcome, Rejected, Unsent
from bot.store import rests
from bot.store.claiming import due_accounts, next_due, ready

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from bot.delivery.desk import Desk
    from bot.model import Delivery, Settlement
    from bot.platforms.base import Client

PREPARE_AHEAD = timedelta(minutes=2)
"""Media are uploaded this long before the post is due: a slow upload must not make it late."""

UPLOADERS = 4
"""Threads that upload, for each platform."""

log = logging.getLogger("groundswell.delivery")


class Uploads:
    """Uploads for all accounts, each one file after the other."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._turns: Turns[None] = Turns("upload", UPLOADERS)
        self._one = threading.Lock()
        self._leaving = False

    def leave(self) -> None:
        """Begin no upload more; those that have begun are waited for."""
        self._leaving = True

    def run(self) -> None:
        """Upload what the posts show that are due soon, and can leave then as far as is known."""
        with self._one:
            done: set[int] = set()
            while True:
                soon = [] if self._leaving else self._soon()
                soon = [one for one in soon if one.id not in done]
                for account, some in groupby(soon, lambda one: one.account):
                    if account not in self._turns.busy:
                        theirs = list(some)
                        done |= {one.id for one in theirs}
                        act = partial(self._account, theirs)
                        self._turns.begin(account, theirs[0].platform, act)
                if not self._turns.busy:
                    return
                _, wrong = self._turns.back()
                if wrong:
                    raise wrong

    def next_wake(self) -> datetime | None:
        """Give when something more is to be uploaded; None where nothing is scheduled."""
        now = self._desk.clock.now()
        with self._desk.database.reading() as connection:
            upcoming = next_due(connection, now + PREPARE_AHEAD)
        waits = [upcoming - PREPARE_AHEAD] if upcoming else []
        # Those that a failure has put off until then.
        waits += [one.not_before for one in self._soon() if one.not_before > now]
        return min(waits, default=None)

    def _soon(self) -> list[Delivery]:
        """Give what is due soon, shows what is not uploaded yet, and is held by nobody."""
        desk = self._desk
        until = desk.clock.now() + PREPARE_AHEAD
        with desk.database.reading() as connection:
            due = ready(connection, due_accounts(connection, until), until)
            showing = [one for one in due if one.content.parts[one.next_part].media]
            if not showing:
                return []
            of = desk.situations.read(connection, showing, desk.clock.now()).of
        return [one for one in showing if not (of[one.id].uploaded or held(one, of[one.id], until))]

    def _account(self, deliveries: Sequence[Delivery]) -> None:
        desk = self._desk
        for delivery in deliveries:
            try:
                client = desk.client(delivery.account)
            except Outcome as outcome:
                now = desk.clock.now()
                if now >= delivery.not_before:
                    self._settle(delivery, put_off(delivery, outcome, UNKNOWN, now), now)
                continue
            self._upload(delivery, client)

    def _upload(self, delivery: Delivery, client: Client) -> None:
        desk = self._desk
        until = max(delivery.due, desk.clock.now()) + UPLOAD_MARGIN
        try:
            for media in delivery.content.parts[delivery.next_part].media:
                if not desk.ledger.upload(delivery.account, media, until):
                    desk.keep_upload(delivery, media, client.upload(media))
        except Outcome as outcome:
            self._failed(delivery, outcome)
        except GroundswellError:
            raise
        except Exception as error:
            # One file that trips the client must not keep the account's others from going out.
            log.exception("%s: a bug in the platform's client while uploading", delivery.key)
            self._failed(delivery, Unsent(f"the client failed: {type(error).__name__}"))

    def _failed(self, delivery: Delivery, outcome: Outcome) -> None:
        """Settle it once the post is due, or at once where the platform refuses it for good.

        A file that has changed may be on its way into the queue as an edit.
        """
        desk, now = self._desk, self._desk.clock.now()
        refused = isinstance(outcome, Rejected) and outcome.status is not None
        if now < delivery.not_before and not refused:
            log.warning("%s: media not uploaded yet: %s", delivery.key, outcome.detail)
            return
        account = desk.accounts[delivery.account]
        rest = rests.rest(desk.database, delivery.account)
        settlement = settle_unposted(delivery, account, outcome, now, rest)
        self._settle(delivery, replace(settlement, reason=f"media: {settlement.reason}"), now)

    def _settle(self, delivery: Delivery, settlement: Settlement, now: datetime) -> None:
        if self._desk.sending.give_up(delivery, settlement, now):
            telling.tell(delivery, settlement, now)
