"""Processes on one database, a platform in memory, a person, and every accident in between."""

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

from delivery_support import Crash, TurnedClock
from machine_plan import START, Files
from machine_platform import ModelClient, Platform
from machine_witness import Witness

from bot import logs, planning
from bot.app import App, opened
from bot.config import Config
from bot.errors import GroundswellError, StoreError
from bot.model import Account, Slot
from bot.planning import window
from bot.secrets import Redactor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from sqlalchemy import Connection

    from bot.errors import Problem
    from bot.store.claiming import Claiming
    from bot.store.database import Database

SECRET = "canary-3f9c1b77e5d24a08"
MINUTE = timedelta(minutes=1)


def _every(minutes: int) -> tuple[Slot, ...]:
    times = [time(*divmod(minute, 60)) for minute in range(0, 24 * 60, minutes)]
    return tuple(Slot(day, at) for day in range(7) for at in times)


MJ = Account("mj", "x", "@mj", "http://127.0.0.1:1", slots=_every(20))
ATH = replace(MJ, name="ath", handle="@ath", grace=7 * MINUTE, gap=timedelta(0), slots=_every(30))
ACCOUNTS = {"mj": MJ, "ath": ATH}
ENDLESS = 600


class Disk:
    """The database as one process has it: a write may fail, or be the last thing it does."""

    def __init__(self, database: Database) -> None:
        self.dead = False
        self.armed: tuple[int, str] | None = None
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
        if self.armed is None:
            return ""
        count, fault = self.armed
        self.armed = (count - 1, fault) if count else None
        return "" if count else fault

    def _fail(self, fault: str, when: str) -> None:
        if fault == f"crash {when}":
            self.dead = True
            raise Crash
        if fault == f"fail {when}":
            raise StoreError("the disk is full")


class Process:
    """One running Groundswell; ``sole`` holds the database as ``run`` does on SQLite."""

    def __init__(self, house: House, *, sole: bool) -> None:
        self._house = house
        self._stack = ExitStack()
        config, clock = house.config, house.clock
        self.app: App = self._stack.enter_context(
            opened(config, {}, clock=clock, redactor=house.redactor)
        )
        names = config.accounts
        self.app.clients._made |= {name: ModelClient(house.platform, name) for name in names}
        vars(self.app.intake)["_files"] = house.files
        self.disk = Disk(self.app.database)
        if sole:
            self._stack.enter_context(self.app.held())
            self.app.on_guard()
        self._refresh = self.app.intake.refresh
        vars(self.app.intake)["refresh"] = self._refreshed
        self._claiming = self.app.sending.claiming
        vars(self.app.sending)["claiming"] = self._claimed

    def _refreshed(self) -> list[Problem]:
        errors = self._refresh()
        self._house.taken = None if errors else self._house.clock.now()
        return errors

    @contextmanager
    def _claimed(self) -> Iterator[Claiming]:
        self._house.platform.reached("claiming")
        with self._claiming() as claiming:
            yield claiming
        if claiming.claimed:
            self._house.platform.reached("claimed")

    def end(self, *, killed: bool = False) -> None:
        self.disk.dead = self.disk.dead or killed
        self.disk.armed = None
        with suppress(Crash):
            self._stack.close()


class AtOnce:
    """In place of threads: one thing after the other, so that what was found can be repeated."""

    def __init__(self, *_: object) -> None:
        pass

    def submit(self, act: Callable[[], object]) -> Future[object]:
        done: Future[object] = Future()
        try:
            done.set_result(act())
        except BaseException as error:  # noqa: BLE001 - as the real one does
            done.set_exception(error)
        return done


class House:
    """All of it; every way to act on it is a method."""

    def __init__(self, empty: Path, *, refuses_repeats: bool, lag: timedelta) -> None:
        self._stack = ExitStack()
        self._stack.enter_context(patch("bot.delivery.turns.ThreadPoolExecutor", AtOnce))
        self.folder = Path(self._stack.enter_context(TemporaryDirectory(dir=ram())))
        shutil.copytree(empty, self.folder, dirs_exist_ok=True)
        self.clock = TurnedClock(START)
        self.platform = Platform(self.clock, SECRET, refuses_repeats, lag)
        self.redactor = Redactor([SECRET])
        self.log = io.StringIO()
        self._log()
        self.files = Files()
        self.hooks = self.platform.hooks
        self.config = config(self.folder)
        self._backup = self.folder / "backup"
        self.witness = Witness(self.folder / "groundswell.db", self.platform, ACCOUNTS)
        self._stack.callback(self.witness.close)
        self.platform.before = self.witness.before
        self.person = Process(self, sole=False)
        self.other: Process | None = None
        self.taken: datetime | None = None
        self.main = Process(self, sole=True)
        self.app = self.main.app

    def _log(self) -> None:
        root = logging.getLogger()
        before, level = root.handlers[:], root.level
        handler = logging.StreamHandler(self.log)
        now = self.clock.now
        logs.set_up(form="text", level="info", redactor=self.redactor, now=now, handler=handler)
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

    def guarded(self, act: Callable[[], Any]) -> None:
        """Do it as the heartbeat does: a database that fails is told, a crash is a new process."""
        try:
            act()
        except Crash:
            self.restart(killed=True)
        except StoreError:
            pass

    def restart(self, *, killed: bool) -> None:
        self.main.end(killed=killed)
        self.clock.turn(seconds=1)
        self.main = Process(self, sole=True)
        self.app = self.main.app

    def publish(self) -> None:
        self.guarded(self.app.uploads.run)
        self.guarded(self.app.dispatcher.run)

    def reconcile(self) -> None:
        self.guarded(self.app._reconcile)

    def watch(self) -> None:
        """Look at the files twice, as the loop does within four seconds."""
        self.guarded(self._watch)

    def _watch(self) -> None:
        self.app.intake.watch()
        self.app.intake.watch()
        self.take_note()

    def refresh(self) -> None:
        self.app.intake.refresh()
        self.take_note()

    def take_note(self) -> None:
        applied, now = self.app.intake._taken.applied, self.clock.now()
        if self.taken is None or applied != self.files.digest():
            return
        self.witness.in_slots(self.files.in_slots(), now, planned=self.taken == now)
        if self.taken == now:
            within = window(now, self.config.horizon)
            planned = planning.plan(self.files.campaigns(), self.config.accounts, *within)
            held = self.app.mass_cancels.held_back()
            self.witness.planned(planned, within, held.keys if held else frozenset())

    def beat(self) -> None:
        self.watch()
        self.publish()
        self.reconcile()

    def next_wake(self) -> datetime | None:
        wakes = [self.app.dispatcher.next_wake(), self.app.uploads.next_wake()]
        return min(filter(None, [*wakes, self.app._next_look()]), default=None)

    def wake(self) -> None:
        wake = self.next_wake()
        if wake:
            self.clock.to(max(wake, self.clock.now()))
        self.beat()

    def drive(self, span: timedelta) -> None:
        """Let the loop run for so long, waking only when it asks to."""
        end = self.clock.now() + span
        for _ in range(ENDLESS):
            self.beat()
            wake = self.next_wake()
            if wake is None or wake > end:
                break
            self.clock.to(max(wake, self.clock.now()))
        else:
            self.witness.broken.append(f"I2: the loop spins at {self.clock.now()}")
        self.clock.to(max(end, self.clock.now()))

    # --- another worker, as on PostgreSQL ---

    def takeover(self, waits: tuple[float, ...], fault: str) -> None:
        """Stand still for so long; another worker goes on, whose next send meets ``fault``."""
        self.platform.sends.clear()
        self.platform.sends.extend([fault] if fault else [])
        for wait in waits:
            self.clock.turn(seconds=wait)
            self.other = self.other or Process(self, sole=False)
            try:
                self._other_beat(self.other.app)
            except Crash:
                self.other.end(killed=True)
                self.other = None
            except StoreError:
                pass

    @staticmethod
    def _other_beat(app: App) -> None:
        app.reconciler.rescue(sole=False)
        app.reconciler.run()
        app.uploads.run()
        app.dispatcher.run()

    # --- a backup ---

    def back_up(self) -> None:
        self.witness.copy(self._backup)

    def put_back(self, later: timedelta) -> None:
        """Stop everything, put the last backup in the database's place, and start as `run` does.

        By then the timelines show what has been sent.
        """
        if not self._backup.exists():
            return
        self._end()
        self.clock.turn(seconds=(self.platform.lag + later).total_seconds())
        for ending in ("", "-wal", "-shm"):
            Path(f"{self.witness.path}{ending}").unlink(missing_ok=True)
        shutil.copy(self._backup, self.witness.path)
        self.witness.put_back()
        self.person = Process(self, sole=False)
        self.taken = None
        self.main = Process(self, sole=True)
        self.app = self.main.app
        self.guarded(self.refresh)

    def calm(self) -> None:
        """Forget the accidents that were still to come."""
        self.main.disk.armed = None
        self.platform.sends.clear()
        self.platform.reads.clear()
        for waiting in self.hooks.values():
            waiting.clear()

    # --- the end ---

    def finish(self) -> None:
        """Drive time on until nothing is left to do, without new posts; then judge."""
        self.calm()
        for _ in range(ENDLESS):
            self.publish()
            self.reconcile()
            wake = self.next_wake()
            if wake is None:
                if not self.app.sending.orphans(self.clock.now() + MINUTE * 9, sole=False):
                    break
                wake = self.clock.now() + MINUTE
            self.clock.to(max(wake, self.clock.now()))
        self.witness.at_the_end(self.log.getvalue(), SECRET)


def said(act: Callable[[], Any]) -> bool:
    """Let a person try it; False where it was refused in words."""
    try:
        act()
    except GroundswellError:
        return False
    return True


def ram() -> str | None:
    """Give a folder in memory where there is one: every commit is still a commit."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - a temporary folder is made in it


def config(folder: Path) -> Config:
    return Config(
        path=folder / "config.yaml",
        accounts=ACCOUNTS,
        campaigns=folder,
        reports=folder,
        database=f"sqlite:///{folder / 'groundswell.db'}",
        horizon=timedelta(days=2),
        log_level="info",
        log_format="text",
    )


def empty_database(folder: Path) -> Path:
    """Make a migrated database once, to copy: migrating takes most of a second."""
    with opened(config(folder), {}, clock=TurnedClock(START)):
        pass
    return folder
