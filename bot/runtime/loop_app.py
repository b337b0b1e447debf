"""The loop's app, with the parts that publish, read and alert.

Commands that only read or write the database do not need it, and start faster without it.
"""

from __future__ import annotations

import logging
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.alerts.channels import AppriseSender
from bot.alerts.notifier import Notifier
from bot.database.workers import lease, mark_stopped, worker_session
from bot.delivery.clients import VerifiedClients
from bot.delivery.clockguard import ClockGuard
from bot.delivery.deps import DeliveryDeps
from bot.delivery.dispatcher import Dispatcher
from bot.delivery.probing import Reconciler
from bot.delivery.restore_check import RestoreCheck
from bot.delivery.sending import Uploads
from bot.delivery.threads import do_at_once
from bot.engagement.poller import Poller
from bot.platforms.calls import long_calls
from bot.runtime.app import App
from bot.runtime.logs import PauseLog
from bot.runtime.scheduler import WATCH_SECONDS, Job, Leases
from bot.store.alerts import Alerts
from bot.store.claims import Claims
from bot.store.journal import OutcomeJournal
from bot.store.restore import RestoreStore
from bot.store.thinning import THIN_SECONDS, Thinning
from bot.store.waiting import WaitingCalls

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from bot.database.workers import WorkerLock

log = logging.getLogger("groundswell")

SETTLE_SECONDS = 0.2
"""Changed files are checked again after this, because they may be half saved."""


class LoopApp(App):
    """An App with all parts of the loop."""

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        database, clock, accounts = self.database, self.clock, self.config.accounts
        self.claims = Claims(database, self.owner)
        restore_store = RestoreStore(database)
        self.clockguard = ClockGuard(self.queue, restore_store, clock, accounts)
        self._pause_log = PauseLog()
        file = database.path or self.config.path.with_name("groundswell")
        self.journal = OutcomeJournal(Path(f"{file}.spill"))
        self._leases = Leases(database, clock)
        steps = (Thinning(database, clock).run, self.sign_ins.delete_ended)
        self._thin = partial(self._leases.run, "thin", *steps)
        self._last_seen: object = None
        self._presence: WorkerLock | None = None
        self._waiting = WaitingCalls(database, self.owner)
        self._wire_delivery()
        self._wire_reading_and_alerts()

    def _wire_delivery(self) -> None:
        accounts, book = self.config.accounts, self.budgets.book
        self.verified_clients = VerifiedClients(
            accounts,
            self.clients,
            self.queue,
            book,
            self.disclosures.is_read,
            self.clock,
            self.clockguard,
            self.identities,
        )
        deps = DeliveryDeps(
            database=self.database,
            queue=self.queue,
            claims=self.claims,
            unsettled=self.unsettled,
            ledger=self.ledger,
            accounts=accounts,
            client=self.verified_clients,
            bill=self.budgets.bill,
            on_booked=self.budgets.check,
            record_upload=self.budgets.record_upload,
            book_reads=book,
            clock=self.clock,
            clockguard=self.clockguard,
            journal=self.journal,
            situations=self.situations,
        )
        self.uploads = Uploads(deps)
        self.dispatcher = Dispatcher(deps)
        self.reconciler = Reconciler(deps)
        self.restore_check = RestoreCheck(deps, RestoreStore(self.database))

    def _wire_reading_and_alerts(self) -> None:
        self.poller = Poller(
            metrics=self.metrics,
            queue=self.queue,
            accounts=self.config.accounts,
            client=self.verified_clients,
            check_time=self.clockguard.check_platform_time,
            clock=self.clock,
            budgets=self.budgets,
        )
        self.notifier = Notifier(
            alerts=Alerts(self.database),
            queue=self.queue,
            approvals=self.approvals,
            mass_cancels=self.mass_cancels,
            metrics=self.metrics,
            accounts=self.config.accounts,
            settings=self.config.alerts,
            campaigns=lambda: self.queue_sync.files.campaigns,
            file_errors=lambda: self.queue_sync.file_errors,
            budgets=self.budgets.statuses,
            answer=lambda *asked: self.evidence.answer(*asked),  # noqa: PLW0108 - imported late
            send=AppriseSender(self.environ, self.redactor, self.config),
            clock=self.clock,
            redact=self.redactor,
            hint=self.hint,
            web_origin=self.config.web_origin,
        )

    @contextmanager
    def registered(self, *, safe_start: bool = False) -> Iterator[None]:
        """Register as a worker, on SQLite as the only one, and settle the sends of a dead worker.

        With ``safe_start``, or in doubt, nothing is sent before the timelines have been read.
        Raise AlreadyRunning.
        """
        with worker_session(self.database, self.owner, self.clock.now()) as self._presence:
            self.restore_check.begin(requested=safe_start)
            self.reconciler.rescue(sole=self.database.path is not None)
            try:
                yield
            finally:
                mark_stopped(self.database, self.owner, self.clock.now())

    # --- the loop ---

    def prepare(self) -> None:
        """Compare the clock with earlier runs, and reserve room in the journal for a full disk."""
        self.clockguard.begin(self.owner)
        self._pause_log.follow(self.queue.pauses())
        self.notifier.begin()
        try:
            self.journal.reserve()
        except OSError as error:
            log.warning("no space for the ids of posts that the database fails to store: %s", error)

    def run_once(self) -> None:
        """Publish due posts, probe unknown ones, read counters and send alerts, once."""
        self.restore_check.run()
        self._identify()
        self.uploads.run()
        self.dispatcher.run()
        self.reconciler.run()
        self.uploads.names.run()
        for account in self.config.accounts:
            self._read(account)
        self._leases.run("alerts", self.notifier.run)
        self._thin()

    def jobs(self) -> list[Job]:
        """Return the jobs of the loop."""
        alert = partial(self._leases.run, "alerts", self.notifier.run)
        upload = partial(self._leases.run, "upload", self.uploads.run)
        names = partial(self._leases.run, "names", self.uploads.names.run)
        wake = self.uploads.next_wake
        due = ("publish", "upload", "read", "reconcile")
        jobs = [
            Job("watch", self._watch, self._next_watch, every=WATCH_SECONDS, wakes=due),
            Job("identify", self._identify, lambda: None, wakes=("publish",)),
            Job("reconcile", self._reconcile, self._next_reconcile, wakes=due[:-1]),
            Job("publish", self.dispatcher.run, self.dispatcher.next_wake, wakes=due[1:]),
            Job("upload", upload, lambda: self._leases.defer("upload", wake())),
            Job("names", names, lambda: None),
            Job("read", self._read_due, self._next_read),
            Job("thin", self._thin, lambda: None, every=THIN_SECONDS),
        ]
        if self.config.alerts.channels:
            jobs.append(Job("alerts", alert, lambda: None))
        return jobs

    def _identify(self) -> None:
        """Ask the platform for the owner of each account's keys, until it is known."""
        clients = self.verified_clients
        do_at_once("identify", self.config.accounts, clients.unknown(), clients.verify)

    def _read_due(self) -> None:
        """Read the counters that are due, of several accounts at once."""
        now = self.clock.now()
        due = [name for name, wake in self.poller.wakes().items() if wake <= now]
        do_at_once("read", self.config.accounts, due, self._read)

    def _next_read(self) -> datetime | None:
        wakes = self.poller.wakes().items()
        deferred = (self._leases.defer(f"read:{name}", wake) for name, wake in wakes)
        return min(filter(None, deferred), default=None)

    def _read(self, account: str) -> None:
        self._leases.run(f"read:{account}", partial(self.poller.run, account))

    def _watch(self) -> bool:
        """Check the files; return whether they or other commands may have changed the queue."""
        if self._presence:
            self._presence.ensure_held(self.clock.now())
        self.clockguard.check()
        self._pause_log.follow(self.queue.pauses())
        self._waiting.note(long_calls(), self.clock.now())
        with lease(self.database, "plan") as mine:
            if mine:
                self.queue_sync.watch()
        version = self.database.data_version()
        before, self._last_seen = self._last_seen, (version, self.queue.pauses())
        return version is None or self._last_seen != before

    def _next_watch(self) -> datetime | None:
        return self.clock.after(SETTLE_SECONDS) if self.queue_sync.settling else None

    def _reconcile(self) -> None:
        """Settle sends of dead workers, posts that a restored database may miss, and unknowns."""
        rescue = partial(self.reconciler.rescue, sole=False)
        self._leases.run("reconcile", rescue, self.restore_check.run, self.reconciler.run)

    def _next_reconcile(self) -> datetime | None:
        wakes = (self.restore_check.next_wake(), self.reconciler.next_wake())
        return self._leases.defer("reconcile", min(filter(None, wakes), default=None))


create_loop_app = LoopApp.create
