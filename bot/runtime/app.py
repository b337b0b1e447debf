"""The composition root: ``create_app`` and ``create_loop_app`` alone wire the parts.

Commands and the control room use an ``App``. The loop uses a ``LoopApp``, which adds the parts that
act.
"""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Self

from bot.clock import Clock, DemoClock
from bot.config.secrets import Redactor, secrets_in_environment
from bot.database.opening import create_empty, open_database
from bot.database.workers import new_owner
from bot.delivery.clients import Clients
from bot.delivery.situations import SituationReader
from bot.engagement.budget import Budgets
from bot.platforms import load_platform
from bot.store.accounts import Disclosures, Identities
from bot.store.approvals import Approvals
from bot.store.file_checks import FileChecks
from bot.store.ledger import Ledger
from bot.store.metrics import Metrics
from bot.store.outcomes import Unsettled
from bot.store.pauses import MassCancelStore, StopFile
from bot.store.people import People
from bot.store.queue import Queue
from bot.store.refusals import Refusals
from bot.store.restore import RestoreStore
from bot.store.safeguards import Floors
from bot.store.sign_ins import SignIns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from bot.config import Config
    from bot.database.connections import Database
    from bot.evidence import EvidenceReader
    from bot.runtime.calendar_times import CalendarReader
    from bot.runtime.checked_files import CheckedFiles
    from bot.runtime.sync import QueueSync


class App:
    """All parts but those of the loop, wired; leaving ``create_app`` closes them."""

    def __init__(
        self,
        config: Config,
        clock: Clock,
        redactor: Redactor,
        clients: Clients,
        database: Database,
        environ: Mapping[str, str],
        hint: Callable[[str], str],
    ) -> None:
        self.config = config
        self.clock = clock
        self.redactor = redactor
        self.clients = clients
        self.database = database
        self.environ = environ
        self.hint = hint
        self.owner = new_owner(clock.now())
        self.queue = Queue(database, StopFile.beside(config.path))
        self.unsettled = Unsettled(database, self.owner)
        self.disclosures = Disclosures(database)
        self.approvals = Approvals(database, config.accounts)
        self.refusals = Refusals(database, self.approvals)
        self.people, self.sign_ins = People(database), SignIns(database, clock)
        self.mass_cancels = MassCancelStore(database)
        self.floors, self.file_checks = Floors(database), FileChecks(database, config)
        self.identities = Identities(database)
        self.metrics, self.ledger = Metrics(database), Ledger(database)
        self.budgets = Budgets(self.ledger, config.accounts, load_platform, clock)
        self.situations = SituationReader(
            config.accounts,
            self.approvals,
            self.budgets.budget_wait,
            self.queue.stop_file,
            config.secrets,
        )

    # --- parts that few commands need, which are imported late ---

    @cached_property
    def files(self) -> CheckedFiles:
        """The campaign files as last checked, for the control room."""
        from bot.runtime.checked_files import CheckedFiles

        return CheckedFiles(self.config, self.clock)

    @cached_property
    def queue_sync(self) -> QueueSync:
        """The plan of the campaign files, compared with the queue."""
        from bot.runtime.sync import QueueSync

        return QueueSync(
            config=self.config,
            queue=self.queue,
            approvals=self.approvals,
            mass_cancels=self.mass_cancels,
            restore_store=RestoreStore(self.database),
            database=self.database,
            owner=self.owner,
            clock=self.clock,
            floors=self.floors,
            file_checks=self.file_checks,
        )

    @cached_property
    def evidence(self) -> EvidenceReader:
        """The reader of reports."""
        from bot.evidence import EvidenceReader

        return EvidenceReader(
            config=self.config,
            database=self.database,
            queue=self.queue,
            approvals=self.approvals,
            mass_cancels=self.mass_cancels,
            metrics=self.metrics,
            ledger=self.ledger,
            budgets=self.budgets,
            hint=self.hint,
        )

    @cached_property
    def calendar(self) -> CalendarReader:
        """The reader of the calendar, for the control room."""
        from bot.runtime.calendar_times import CalendarReader

        return CalendarReader(self.files, self.config, self.database, self.owner)

    # --- opening ---

    @classmethod
    @contextmanager
    def create(
        cls,
        config: Config,
        environ: Mapping[str, str],
        *,
        clock: Clock | None = None,
        redactor: Redactor | None = None,
        options: Mapping[str, Any] | None = None,
        missing_ok: bool = False,
        on: datetime | None = None,
        hint: Callable[[str], str] = str,
    ) -> Iterator[Self]:
        """Open the database and wire an App. Raise StoreError.

        ``options`` go to the platforms' clients (timeouts), beside the clock. With ``missing_ok``,
        a database that does not exist is not created, and the App sees an empty one. ``on`` also
        uses an empty database. ``hint`` completes the commands that reports and alerts name.
        """
        # A clock for ``on`` stands still, because nothing arms it.
        clock = clock or (DemoClock(on, 1) if on else Clock())
        redactor = redactor or Redactor()
        redactor.add(secrets_in_environment(environ))
        config = replace(config, secrets=redactor)  # including secrets that clients load later
        clients = Clients(config.accounts, environ, redactor, {"clock": clock, **(options or {})})
        with ExitStack() as stack:
            if on or (missing_ok and not config.has_database):
                database = create_empty(Path(stack.enter_context(TemporaryDirectory())))
            else:
                database = open_database(config.database)
            stack.callback(database.close)
            yield cls(config, clock, redactor, clients, database, environ, hint)


create_app = App.create
