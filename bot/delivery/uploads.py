"""Uploads the media of posts before they are due, in threads of their own.

A slow film delays no other post. What is due is sent by ``dispatcher``, which lets a post wait
until all its media are uploaded.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import replace
from datetime import timedelta
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING

from bot.delivery.clients import IDENTITY_UNKNOWN
from bot.delivery.decide import wait_for_human
from bot.delivery.sending import AccountThreads, FinishedProbe, apply_probe
from bot.delivery.situations import UPLOAD_MARGIN
from bot.delivery.transitions import postpone, transition_unposted
from bot.errors import GroundswellError
from bot.platforms.base import Outcome, Rejected, Unsent
from bot.store.claims import due_accounts, next_due, ready
from bot.store.pauses import read_backoff

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from bot.delivery.situations import PublisherDeps
    from bot.model import Delivery
    from bot.platforms.base import Client

PREPARE_AHEAD = timedelta(minutes=2)
"""Media are uploaded this long before the post is due: a slow upload must not make it late."""

UPLOAD_THREADS = 4
"""Threads that upload, for each platform."""

log = logging.getLogger("groundswell.delivery")


class Uploads:
    """Uploads for all accounts, one file of an account after the other."""

    def __init__(self, deps: PublisherDeps) -> None:
        self._deps = deps
        self._threads: AccountThreads[None] = AccountThreads("upload", UPLOAD_THREADS)
        self._run_lock = threading.Lock()
        self._shutting_down = False

    def shutdown(self) -> None:
        """Start no more uploads; those that have begun are finished."""
        self._shutting_down = True

    def run(self) -> None:
        """Upload the media of posts that are due soon, and can go out then as far as is known."""
        with self._run_lock:
            done: set[int] = set()
            while True:
                soon = [] if self._shutting_down else self._due_soon()
                todo = [delivery for delivery in soon if delivery.id not in done]
                for account, group in groupby(todo, lambda delivery: delivery.account):
                    if account not in self._threads.busy:
                        deliveries = list(group)
                        done |= {delivery.id for delivery in deliveries}
                        work = partial(self._upload_for_account, deliveries)
                        self._threads.submit(account, deliveries[0].platform, work)
                if not self._threads.busy:
                    return
                _, error = self._threads.collect()
                if error:
                    raise error

    def next_wake(self) -> datetime | None:
        """Return when the next uploads can begin; None where nothing is scheduled."""
        now = self._deps.clock.now()
        with self._deps.database.reading() as connection:
            upcoming = next_due(connection, now + PREPARE_AHEAD)
        waits = [upcoming - PREPARE_AHEAD] if upcoming else []
        # Those that a failure has put off until then.
        retries = (delivery.not_before for delivery in self._due_soon())
        waits += [not_before for not_before in retries if not_before > now]
        return min(waits, default=None)

    def _due_soon(self) -> list[Delivery]:
        """Return what is due soon, lacks an upload, and does not wait for a person."""
        deps = self._deps
        until = deps.clock.now() + PREPARE_AHEAD
        with deps.database.reading() as connection:
            due = ready(connection, due_accounts(connection, until), until)
            with_media = [one for one in due if one.content.parts[one.next_part].media]
            if not with_media:
                return []
            batch = deps.situations.read(connection, with_media, deps.clock.now())
        return [
            delivery
            for delivery in with_media
            if not (situation := batch.by_delivery[delivery.id]).media_uploaded
            and not wait_for_human(delivery, situation, until)
        ]

    def _upload_for_account(self, deliveries: Sequence[Delivery]) -> None:
        for delivery in deliveries:
            try:
                client = self._deps.client(delivery.account)
            except Outcome as outcome:
                now = self._deps.clock.now()
                if now >= delivery.not_before:
                    transition = postpone(delivery, outcome, IDENTITY_UNKNOWN, now)
                    apply_probe(self._deps, FinishedProbe(delivery, transition))
            else:
                self._upload(delivery, client)

    def _upload(self, delivery: Delivery, client: Client) -> None:
        deps = self._deps
        until = max(delivery.due, deps.clock.now()) + UPLOAD_MARGIN
        try:
            for media in delivery.content.parts[delivery.next_part].media:
                if not deps.ledger.find_upload(delivery.account, media, until):
                    deps.record_upload(delivery, media, client.upload(media))
        except Outcome as outcome:
            self._handle_failure(delivery, outcome)
        except GroundswellError:
            raise
        except Exception as error:
            # One file that trips the client must not keep the account's others from going out.
            log.exception("%s: a bug in the platform's client while uploading", delivery.key)
            self._handle_failure(delivery, Unsent(f"the client failed: {type(error).__name__}"))

    def _handle_failure(self, delivery: Delivery, outcome: Outcome) -> None:
        """Settle it once the post is due, or at once where the platform refuses it for good.

        A file that has changed may be on its way into the queue as an edit.
        """
        deps, now = self._deps, self._deps.clock.now()
        refused = isinstance(outcome, Rejected) and outcome.status is not None
        if now < delivery.not_before and not refused:
            log.warning("%s: media not uploaded yet: %s", delivery.key, outcome.detail)
            return
        account = deps.accounts[delivery.account]
        backoff = read_backoff(deps.database, delivery.account)
        transition = transition_unposted(delivery, account, outcome, now, backoff)
        transition = replace(transition, reason=f"media: {transition.reason}")
        apply_probe(deps, FinishedProbe(delivery, transition))
