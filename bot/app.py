"""The composition root: the only place where the parts are wired.

``opened`` gives an App; commands ask it, the loop runs its jobs. Nothing is read before that.
"""

from __future__ import annotations

import logging
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from bot.alerts.channels import Channels
from bot.alerts.deps import NotifierDeps
from bot.alerts.digesting import Digester
from bot.alerts.teller import Teller
from bot.checking import Files
from bot.clock import SystemClock
from bot.delivery.clients import Clients
from bot.delivery.clockguard import ClockGuard
from bot.delivery.desk import Desk
from bot.delivery.dispatcher import Dispatcher
from bot.delivery.identity import Identity
from bot.delivery.pauselog import PauseLog
from bot.delivery.reconciler import Reconciler
from bot.delivery.restored import Restored
from bot.delivery.situations import Situations
from bot.delivery.turns import Turns
from bot.delivery.uploads import Uploads
from bot.engagement.budget import Budgets
from bot.engagement.poller import Poller, ReadingRoom
from bot.engagement.spend import Spend
from bot.intake import Intake
from bot.platforms import kind
from bot.scheduler import Heartbeat, Job
from bot.secrets import Redactor
from bot.store.alerts import Alerts
from bot.store.approvals import Approvals
from bot.store.database import open_database
from bot.store.holder import held, left, new_owner
from bot.store.ledger import Ledger
from bot.store.mass_cancel import MassCancels
from bot.store.metrics import Metrics
from bot.store.queue import Queue
from bot.store.restoring import Restoring
from bot.store.seen_times import SeenTimes
from bot.store.sending import Sending
from bot.store.spill import Spill
from bot.store.stopfile import StopFile
from bot.store.turns import Planner, turn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from bot.clock import Clock
    from bot.config import Config
    from bot.store.database import Database
    from bot.store.holder import Presence

log = logging.getLogger("groundswell")

WATCH_SECONDS = 1.0
"""How often the campaign files, and what other commands did to the queue, are looked at."""

SETTLE_SECONDS = 0.2
"""After this they are looked at again where they have changed: they may be half saved."""

READERS = 4
"""Threads that read counters, for each platform."""


@dataclass(slots=True)
class App:
    """Everything wired; close it by leaving ``opened``."""

    config: Config
    clock: Clock
    redactor: Redactor
    clients: Clients
    database: Database
    owner: str
    environ: Mapping[str, str] = field(repr=False)
    queue: Queue = field(init=False)
    sending: Sending = field(init=False)
    approvals: Approvals = field(init=False)
    mass_cancels: MassCancels = field(init=False)
    clockguard: ClockGuard = field(init=False)
    pauselog: PauseLog = field(init=False)
    spill: Spill = field(init=False)
    metrics: Metrics = field(init=False)
    ledger: Ledger = field(init=False)
    budgets: Budgets = field(init=False)
    spend: Spend = field(init=False)
    identity: Identity = field(init=False)
    intake: Intake = field(init=False)
    uploads: Uploads = field(init=False)
    dispatcher: Dispatcher = field(init=False)
    situations: Situations = field(init=False)
    reconciler: Reconciler = field(init=False)
    poller: Poller = field(init=False)
    restored: Restored = field(init=False)
    teller: Teller = field(init=False)
    _others: frozenset[str] = field(init=False, default=frozenset())
    _seen: object = field(init=False, default=None)
    _presence: Presence | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        """Wire the parts."""
        self.queue = Queue(self.database, StopFile.beside(self.config.path))
        self.sending = Sending(self.database, self.owner)
        self.approvals = Approvals(self.database, self.config.accounts)
        self.mass_cancels = MassCancels(self.database)
        self.clockguard = ClockGuard(self.queue, SeenTimes(self.database), self.clock)
        self.pauselog = PauseLog(self.queue.pauses)
        file = self.database.path or self.config.path.with_name("groundswell")
        self.spill = Spill(Path(f"{file}.spill"))
        self.metrics = Metrics(self.database)
        self.ledger = Ledger(self.database)
        self.budgets = Budgets(self.ledger, self.config.accounts, kind, self.clock)
        self.spend = Spend(self.ledger, kind, self.clock, self.budgets.check)
        accounts, book = self.config.accounts, self.spend.book
        self.identity = Identity(accounts, self.clients, self.queue, book, self.clock)
        self.situations = Situations(accounts, self.approvals, self.budgets, self.queue.stop)
        desk = self._desk()
        self.uploads = Uploads(desk)
        self.dispatcher = Dispatcher(desk)
        self.reconciler = Reconciler(desk)
        self.restored = Restored(desk, Restoring(self.database))
        self.poller = Poller(self._reading_room())
        self.intake = self._intake()
        self.teller = self._teller()

    def _intake(self) -> Intake:
        return Intake(
            config=self.config,
            queue=self.queue,
            approvals=self.approvals,
            mass_cancels=self.mass_cancels,
            restoring=Restoring(self.database),
            planner=Planner(self.database, self.owner),
            files=Files(self.config),
            clock=self.clock,
        )

    def _desk(self) -> Desk:
        return Desk(
            database=self.database,
            queue=self.queue,
            sending=self.sending,
            ledger=self.ledger,
            accounts=self.config.accounts,
            client=self.identity,
            bill=self.spend.bill,
            booked=self.budgets.check,
            keep_upload=self.spend.uploaded,
            book_reads=self.spend.book,
            clock=self.clock,
            clockguard=self.clockguard,
            spill=self.spill,
            situations=self.situations,
        )

    def _teller(self) -> Teller:
        deps = NotifierDeps(
            alerts=Alerts(self.database),
            queue=self.queue,
            approvals=self.approvals,
            mass_cancels=self.mass_cancels,
            metrics=self.metrics,
            ledger=self.ledger,
            accounts=self.config.accounts,
            wanted=self.config.alerts,
            files=self.intake,
            budgets=self.budgets,
            send=Channels(self.environ, self.redactor),
            clock=self.clock,
            hide=self.redactor,
        )
        return Teller(deps, Digester(deps))

    def _reading_room(self) -> ReadingRoom:
        return ReadingRoom(
            metrics=self.metrics,
            queue=self.queue,
            accounts=self.config.accounts,
            client=self.identity,
            kind=kind,
            book=self.spend.book,
            clock=self.clock,
            budgets=self.budgets,
        )

    @contextmanager
    def held(self, *, safe_start: bool = False) -> Iterator[None]:
        """Sign in, on SQLite as the only one, and settle what a dead worker left.

        With ``safe_start``, or in doubt, nothing is sent before the timelines have been read.
        Raises AlreadyRunning.
        """
        with held(self.database, self.owner, self.clock.now()) as self._presence:
            self.restored.begin(asked=safe_start)
            self.reconciler.rescue(sole=self.database.path is not None)
            try:
                yield
            finally:
                left(self.database, self.owner, self.clock.now())

    # --- the loop ---

    def on_guard(self) -> None:
        """Compare the clock with what other runs have seen, and set room aside for a full disk."""
        self.clockguard.begin(self.owner)
        self.pauselog.look()
        self.teller.begin()
        try:
            self.spill.reserve()
        except OSError as error:
            log.warning("no room for the ids of posts that the database cannot take: %s", error)

    def once(self) -> None:
        """Do one pass: publish what is due, look for the unknown, read what is to be read."""
        self.restored.run()
        self._identify()
        self.uploads.run()
        self.dispatcher.run()
        self.reconciler.run()
        for account in self.config.accounts:
            self._read(account)
        self._in_turn("alerts", self.teller.run)

    def heartbeat(self) -> Heartbeat:
        """Give the loop's heartbeat, not started yet."""
        tell = partial(self._in_turn, "alerts", self.teller.run)
        upload = partial(self._in_turn, "upload", self.uploads.run)
        due = ("publish", "upload", "read", "reconcile")
        return Heartbeat(
            [
                Job("watch", self._watch, self._next_watch, every=WATCH_SECONDS, wakes=due),
                Job("identify", self._identify, lambda: None, wakes=("publish",)),
                Job("reconcile", self._reconcile, self._next_look, wakes=due[:-1]),
                Job("publish", self.dispatcher.run, self.dispatcher.next_wake, wakes=due[1:]),
                Job("upload", upload, partial(self._later, "upload", self.uploads.next_wake)),
                Job("read", self._read_due, self._next_read),
                *[Job("alerts", tell, lambda: None)] * bool(self.config.alerts.channels),
            ],
            self.clock,
        )

    def _identify(self) -> None:
        """Ask of each account whose its keys are, until that is known."""
        for account in self.config.accounts:
            self.identity.ask(account)

    def _read_due(self) -> None:
        """Read the counters that are due, of several accounts at once."""
        turns: Turns[None] = Turns("read", READERS)
        for name, wake in self.poller.wakes().items():
            if wake <= self.clock.now():
                platform = self.config.accounts[name].platform
                turns.begin(name, platform, partial(self._read, name))
        while turns.busy:
            _, wrong = turns.back()
            if wrong:
                raise wrong

    def _next_read(self) -> datetime | None:
        """Give when counters are due; not at once again what another worker is at."""
        soon = self.clock.after(WATCH_SECONDS)
        wakes = self.poller.wakes().items()
        mine = (max(at, soon) if f"read:{name}" in self._others else at for name, at in wakes)
        return min(mine, default=None)

    def _read(self, account: str) -> None:
        self._in_turn(f"read:{account}", partial(self.poller.run, account))

    def _in_turn(self, job: str, run: Callable[[], object]) -> None:
        with self._turn(job) as mine:
            if mine:
                run()

    @contextmanager
    def _turn(self, job: str) -> Iterator[bool]:
        """Take the turn at something that several workers should not do at once."""
        with turn(self.database, job) as mine:
            self._others = self._others - {job} if mine else self._others | {job}
            yield mine

    def _later(self, job: str, ask: Callable[[], datetime | None]) -> datetime | None:
        """Ask when a job wants to run, but not at once again while another worker is at it."""
        wake = ask()
        soon = self.clock.after(WATCH_SECONDS)
        return max(wake, soon) if wake and job in self._others else wake

    def _watch(self) -> bool:
        """Look at the files; tell whether they, or other commands, may have changed the queue."""
        if self._presence:
            self._presence.confirm(self.clock.now())
        self.clockguard.check()
        self.pauselog.look()
        with turn(self.database, "plan") as mine:
            if mine:
                self.intake.watch()
        version = self.database.version()
        before, self._seen = self._seen, (version, self.queue.pauses())
        return version is None or self._seen != before

    def _next_watch(self) -> datetime | None:
        return self.clock.after(SETTLE_SECONDS) if self.intake.settling else None

    def _reconcile(self) -> None:
        with self._turn("reconcile") as mine:
            if mine:
                self.reconciler.rescue(sole=False)
                self.restored.run()
                self.reconciler.run()

    def _next_look(self) -> datetime | None:
        asked = (self.restored.next_wake(), self.reconciler.next_wake())
        return self._later("reconcile", lambda: min(filter(None, asked), default=None))


@contextmanager
def opened(
    config: Config,
    environ: Mapping[str, str],
    *,
    clock: Clock | None = None,
    redactor: Redactor | None = None,
    options: Mapping[str, Any] | None = None,
    looking: bool = False,
) -> Iterator[App]:
    """Open the database and wire an App. Raises StoreError.

    ``options`` go to the platforms' clients (timeouts), beside the clock. Where there is no
    database yet, ``looking`` makes none: it sees an empty one.
    """
    clock = clock or SystemClock()
    redactor = redactor or Redactor()
    clients = Clients(config.accounts, environ, redactor, {"clock": clock, **(options or {})})
    with ExitStack() as stack:
        url, file = config.database, config.database_file
        if looking and file and not file.exists() and file.parent.is_dir():
            url = f"sqlite:///{stack.enter_context(TemporaryDirectory())}/empty.db"
        database = open_database(url)
        stack.callback(database.close)
        yield App(config, clock, redactor, clients, database, new_owner(clock.now()), environ)
