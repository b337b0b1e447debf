"""Processes on one database, a platform in memory, a person, and every possible fault."""

from __future__ import annotations

import io
import logging
import shutil
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from datetime import time, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from bot.config.secrets import Redactor
from bot.errors import GroundswellError, StoreError
from bot.model import Account, Slot
from bot.planning import occurrences
from bot.planning.occurrences import planning_window
from bot.runtime import logs
from bot.runtime.loop_app import LoopApp, create_loop_app
from helpers.clock import ManualClock
from helpers.databases import make_config
from helpers.delivery import Crash
from helpers.machine_plan import START, ModelFiles
from helpers.machine_platform import ModelClient, ModelPlatform
from helpers.machine_witness import InvariantChecker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from sqlalchemy import Connection

    from bot.config import Config
    from bot.database.connections import Database
    from bot.errors import Problem
    from bot.store.claims import ClaimTransaction

SECRET = "canary-3f9c1b77e5d24a08"
MINUTE = timedelta(minutes=1)


def slots_every(minutes: int) -> tuple[Slot, ...]:
    times = [time(*divmod(minute, 60)) for minute in range(0, 24 * 60, minutes)]
    return tuple(Slot(day, at) for day in range(7) for at in times)


MJ = Account("mj", "x", "@mj", "http://127.0.0.1:1", slots=slots_every(20))
ATH = replace(
    MJ, name="ath", handle="@ath", grace=7 * MINUTE, gap=timedelta(0), slots=slots_every(30)
)
ACCOUNTS = {"mj": MJ, "ath": ATH}
MAX_BEATS = 600


class FaultyDatabase:
    """A process's database, in which a write may fail or end the process."""

    def __init__(self, database: Database) -> None:
        self.dead = False
        self.next_fault: tuple[int, str] | None = None
        self._writing, self._reading = database.writing, database.reading
        vars(database).update(writing=self.writing, reading=self.reading)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        if self.dead:
            raise Crash
        with self._reading() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        if self.dead:
            raise Crash
        fault = self._fault()
        with self._writing() as connection:
            yield connection
            self._fail(fault, "before")
        self._fail(fault, "after")

    def _fault(self) -> str:
        if self.next_fault is None:
            return ""
        count, fault = self.next_fault
        self.next_fault = (count - 1, fault) if count else None
        return "" if count else fault

    def _fail(self, fault: str, when: str) -> None:
        if fault == f"crash {when}":
            self.dead = True
            raise Crash
        if fault == f"fail {when}":
            raise StoreError("the disk is full")


class AppProcess:
    """A running Groundswell; ``sole`` locks the database as ``run`` does on SQLite."""

    def __init__(self, house: Simulation, *, sole: bool) -> None:
        self._simulation = house
        self._stack = ExitStack()
        config, clock = house.config, house.clock
        self.app: LoopApp = self._stack.enter_context(
            create_loop_app(config, {}, clock=clock, redactor=house.redactor)
        )
        names = config.accounts
        self.app.clients._connected |= {name: ModelClient(house.platform, name) for name in names}
        self.app.queue_sync.files = house.files  # type: ignore[assignment]  # files in memory
        self.disk = FaultyDatabase(self.app.database)
        if sole:
            self._stack.enter_context(self.app.registered())
            self.app.prepare()
        self._refresh = self.app.queue_sync.refresh
        vars(self.app.queue_sync)["refresh"] = self._refreshed
        self._claiming = self.app.claims.claiming
        vars(self.app.claims)["claiming"] = self._claimed

    def _refreshed(self) -> list[Problem]:
        try:
            errors = self._refresh()
        except Crash:  # the plan may be on disk, and the next process may send before it plans
            self._simulation.checker.note_contents()
            raise
        self._simulation.planned_at = None if errors else self._simulation.clock.now()
        return errors

    @contextmanager
    def _claimed(self) -> Iterator[ClaimTransaction]:
        self._simulation.platform.run_hook("claiming")
        with self._claiming() as claiming:
            yield claiming
        if claiming.claimed:
            self._simulation.platform.run_hook("claimed")

    def end(self, *, killed: bool = False) -> None:
        self.disk.dead = self.disk.dead or killed
        self.disk.next_fault = None
        with suppress(Crash):
            self._stack.close()


class SynchronousExecutor:
    """Runs calls one after the other instead of in threads, which makes failures repeatable."""

    def __init__(self, *_: object) -> None:
        pass

    def submit(self, act: Callable[..., object], *args: object) -> Future[object]:
        done: Future[object] = Future()
        try:
            done.set_result(act(*args))
        except BaseException as error:  # noqa: BLE001 - as the real one does
            done.set_exception(error)
        return done


class Simulation:
    """The processes, the platform, the files and the person."""

    def __init__(self, empty: Path, *, refuses_repeats: bool, lag: timedelta) -> None:
        self._stack = ExitStack()
        self._stack.enter_context(
            patch("bot.delivery.threads.ThreadPoolExecutor", SynchronousExecutor)
        )
        self.folder = Path(self._stack.enter_context(TemporaryDirectory(dir=memory_folder())))
        shutil.copytree(empty, self.folder, dirs_exist_ok=True)
        self.clock = ManualClock(START)
        self.platform = ModelPlatform(self.clock, SECRET, refuses_repeats, lag)
        self.redactor = Redactor([SECRET])
        self.log = io.StringIO()
        self._log()
        self.files = ModelFiles()
        self.hooks = self.platform.hooks
        self.config = config(self.folder)
        self._backup = self.folder / "backup"
        self.checker = InvariantChecker(self.folder / "groundswell.db", self.platform, ACCOUNTS)
        self._stack.callback(self.checker.close)
        self.platform.on_send = self.checker.on_send
        self.person = AppProcess(self, sole=False)
        self.other: AppProcess | None = None
        self._other_is_at_it = False
        self.planned_at: datetime | None = None
        self.main = AppProcess(self, sole=True)
        self.app = self.main.app

    def _log(self) -> None:
        root = logging.getLogger()
        before, level = root.handlers[:], root.level
        handler = logging.StreamHandler(self.log)
        now = self.clock.now
        logs.configure_logging(
            log_format="text", level="info", redactor=self.redactor, now=now, handler=handler
        )
        self._stack.callback(root.setLevel, level)
        self._stack.callback(setattr, root, "handlers", before)

    def close(self) -> None:
        self._end()
        self._stack.close()

    def _end(self) -> None:
        for process in filter(None, (self.main, self.other, self.person)):
            process.end()
        self.other = None

    # --- what the loop does ---

    def run_guarded(self, act: Callable[[], Any]) -> None:
        """Run a job as the heartbeat does, and start a new process after a crash."""
        try:
            act()
        except Crash:
            self.restart(killed=True)
        except StoreError:
            pass

    def restart(self, *, killed: bool) -> None:
        self.main.end(killed=killed)
        self.clock.advance(seconds=1)
        self.main = AppProcess(self, sole=True)
        self.app = self.main.app

    def publish(self) -> None:
        self.run_guarded(self.app.uploads.run)
        self.run_guarded(self.app.dispatcher.run)

    def reconcile(self) -> None:
        self.run_guarded(self.app._reconcile)

    def watch(self) -> None:
        """Check the files twice, as the loop does within four seconds."""
        self.run_guarded(self._watch)

    def _watch(self) -> None:
        self.app.queue_sync.watch()
        self.app.queue_sync.watch()
        self.check_plan()

    def refresh(self) -> None:
        self.app.queue_sync.refresh()
        self.check_plan()

    def check_plan(self) -> None:
        applied, now = self.app.queue_sync._applied_digest, self.clock.now()
        if self.planned_at is None or applied != self.files.fingerprint():
            return
        self.checker.in_slots(self.files.in_slots(), now, planned=self.planned_at == now)
        if self.planned_at == now:
            within = planning_window(now, self.config.horizon)
            planned = occurrences.plan_occurrences(
                self.files.campaigns(), self.config.accounts, *within
            )
            held = self.app.mass_cancels.held_back()
            self.checker.planned(planned, within, held.keys if held else frozenset())

    def beat(self) -> None:
        self.watch()
        self.publish()
        self.reconcile()

    def next_wake(self) -> datetime | None:
        wakes = [self.app.dispatcher.next_wake(), self.app.uploads.next_wake()]
        return min(filter(None, [*wakes, self.app._next_reconcile()]), default=None)

    def wake(self) -> None:
        wake = self.next_wake()
        if wake:
            self.clock.advance_to(max(wake, self.clock.now()))
        self.beat()

    def drive(self, span: timedelta) -> None:
        """Let the loop run for so long, waking only when it asks to."""
        end = self.clock.now() + span
        for _ in range(MAX_BEATS):
            self.beat()
            wake = self.next_wake()
            if wake is None or wake > end:
                break
            self.clock.advance_to(max(wake, self.clock.now()))
        else:
            self.checker.violations.append(f"I2: the loop spins at {self.clock.now()}")
        self.clock.advance_to(max(end, self.clock.now()))

    # --- another worker, as on PostgreSQL ---

    def takeover(self, waits: tuple[float, ...], fault: str) -> None:
        """Stand still for so long while another worker goes on, whose next send meets ``fault``.

        Nothing happens within the other worker's own send. It runs on this thread and would wait
        for itself.
        """
        if self._other_is_at_it:
            return
        self.platform.sends.clear()
        self.platform.sends.extend([fault] if fault else [])
        self._other_is_at_it = True
        for wait in waits:
            self.clock.advance(seconds=wait)
            self.other = self.other or AppProcess(self, sole=False)
            try:
                self._other_beat(self.other.app)
            except Crash:
                self.other.end(killed=True)
                self.other = None
            except StoreError:
                pass
        self._other_is_at_it = False

    @staticmethod
    def _other_beat(app: LoopApp) -> None:
        app.reconciler.rescue(sole=False)
        app.reconciler.run()
        app.uploads.run()
        app.dispatcher.run()

    # --- a backup ---

    def back_up(self) -> None:
        self.checker.copy(self._backup)

    def restore_backup(self, later: timedelta) -> None:
        """Stop all processes, restore the last backup, and start as ``run`` does.

        By then the timelines show all posts that were sent.
        """
        if not self._backup.exists():
            return
        self._end()
        self.clock.advance(seconds=(self.platform.lag + later).total_seconds())
        for ending in ("", "-wal", "-shm"):
            Path(f"{self.checker.path}{ending}").unlink(missing_ok=True)
        shutil.copy(self._backup, self.checker.path)
        self.checker.restore_backup()
        self.person = AppProcess(self, sole=False)
        self.planned_at = None
        self.main = AppProcess(self, sole=True)
        self.app = self.main.app
        self.run_guarded(self.refresh)

    def calm(self) -> None:
        """Cancel the faults that have not happened yet."""
        self.main.disk.next_fault = None
        self.platform.sends.clear()
        self.platform.reads.clear()
        for waiting in self.hooks.values():
            waiting.clear()

    # --- the end ---

    def finish(self) -> None:
        """Run the loop until all posts are settled, then check the end state."""
        self.calm()
        for _ in range(MAX_BEATS):
            self.publish()
            self.reconcile()
            wake = self.next_wake()
            if wake is None:
                if not self.app.unsettled.orphans(self.clock.now() + MINUTE * 9, sole=False):
                    break
                wake = self.clock.now() + MINUTE
            self.clock.advance_to(max(wake, self.clock.now()))
        self.checker.check_end(self.log.getvalue(), SECRET)


def accepted(act: Callable[[], Any]) -> bool:
    """Return whether a person's action succeeded; False if it was refused with a message."""
    try:
        act()
    except GroundswellError:
        return False
    return True


def memory_folder() -> str | None:
    """Return a folder in memory if there is one, in which every commit is still a commit."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - a temporary folder is made in it


def config(folder: Path) -> Config:
    return make_config(
        folder, ACCOUNTS, f"sqlite:///{folder / 'groundswell.db'}", horizon=timedelta(days=2)
    )


def migrated_folder(folder: Path) -> Path:
    """Make a migrated database to copy, because migrating takes most of a second."""
    with create_loop_app(config(folder), {}, clock=ManualClock(START)):
        pass
    return folder
