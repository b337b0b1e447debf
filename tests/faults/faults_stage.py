"""A sandbox, a database and a clock for one run of a harness, and the result of the run.

The sandbox shows the posts that the public would see. Results compare them with the database.
"""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections import Counter
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol

from faults_clock import START, SharedClock
from faults_process import WAIT_SECONDS, about
from helpers.databases import create_sqlite_file
from helpers.delivery import make_media
from helpers.networks import NETWORKS
from helpers.store import occurrence, own_words

from bot.config.secrets import environment_variable
from bot.database.opening import open_database
from bot.model import Content, Part, State
from bot.planning.diff import Add
from bot.sandbox import XWorld, serve
from bot.store.queue import Queue

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime
    from pathlib import Path

    import pytest
    from faults_process import WorkerPool, WorkerProcess
    from helpers.databases import PostgresServer

    from bot.model import Delivery

FINAL_STATES = frozenset(
    {
        State.PUBLISHED,
        State.REJECTED,
        State.MISSED,
        State.EXPIRED,
        State.CANCELLED,
        State.DROPPED,
    }
)
DUE = START + timedelta(minutes=1)
RUN_TIME = timedelta(minutes=40)
END = START + RUN_TIME
"""Time by which every delivery must be settled. Grace is 15 minutes, and a search takes five."""

LONG_RUN_TIME = timedelta(minutes=90)
"""Time enough to settle every delivery if the timeline cannot be read for an hour."""

POST_KINDS = ("single", "thread", "media")
NO_DUPLICATE_WINDOW = timedelta(seconds=-1)
"""Makes X accept every duplicate, because the platform must not prevent a double post."""


@dataclass
class RunResult:
    """The result of one run."""

    doubles: list[str] = field(default_factory=list)
    """Texts of the surplus copies."""
    lost: list[str] = field(default_factory=list)
    """Descriptions of deliveries whose state contradicts the platform or gives no reason."""
    unsaved: list[str] = field(default_factory=list)
    """Texts that the platform accepted before their intent was in the database."""
    states: Counter[str] = field(default_factory=Counter)
    """Number of deliveries in each state."""
    out: int = 0
    """Number of posts on the platform."""


class FaultRun:
    """The sandbox, database, clock and workers of one run."""

    def __init__(
        self, folder: Path, pool: WorkerPool, database: str, accounts: Sequence[str], network: str
    ) -> None:
        self.folder = folder
        self.database = database
        self.accounts = accounts
        self.clock = SharedClock(folder / "clock", START)
        self.network = NETWORKS[network]
        self.world: Any = self.network.world(now=self.clock.true, seed=3)
        if isinstance(self.world, XWorld):
            self.world.duplicate_window = NO_DUPLICATE_WINDOW
        self.secrets: dict[str, str] = {}
        for name in accounts:
            held = self.network.add_account(self.world, name).secrets
            self.secrets |= {
                environment_variable(name, secret): value for secret, value in held.items()
            }
        self.url = ""
        self.intents = IntentChecker(self)
        self._pool = pool

    def queue(self, *contents: Content, due: datetime = DUE, **other: Any) -> None:
        """Queue one post for each content, on the accounts in turn."""
        entries = []
        for number, content in enumerate(contents):
            account = self.accounts[number % len(self.accounts)]
            planned = {"platform": self.network.platform, "due": due, "content": content}
            one = occurrence(f"p{number}", account=account, **planned, **other)
            entries.append(Add(one))
        with self.store() as queue:
            queue.apply(entries, self.clock.now())

    @contextmanager
    def store(self) -> Iterator[Queue]:
        """Yield the queue on a connection of the test's own."""
        database = open_database(self.database)
        try:
            yield Queue(database)
        finally:
            database.close()

    def worker(self, **job: Any) -> WorkerProcess:
        """Start a worker that drives the loop to END unless the job says otherwise."""
        return self._pool.worker(
            {
                "database": self.database,
                "environ": self.secrets,
                "accounts": [about(self.network.account(name, self.url)) for name in self.accounts],
                "folder": str(self.folder),
                "clock": str(self.clock.path),
                "log": str(self.folder / "worker.log"),
                "until": END.isoformat(),
                **job,
            },
        )

    def fault(self, effect: Any, path: str = "", **more: Any) -> None:
        """Add an effect on requests of a path, by default on sends."""
        method, path = ("*", path) if path else ("POST", self.network.send)
        self.world.faults.add(method, path, effect, **more)

    def wait(self, holds: Callable[[], object]) -> None:
        """Wait until a condition holds on the platform."""
        end = time.monotonic() + WAIT_SECONDS
        while not holds():
            assert time.monotonic() < end, "waited in vain"
            time.sleep(0.001)

    # --- the result ---

    def finish(self, span: timedelta = RUN_TIME, **job: Any) -> None:
        """Run another worker until all is settled or the span has passed."""
        until = self.clock.now() + span
        heard = self.worker(**{"until": until.isoformat(), **job}).receive()
        assert heard is not None, "the last worker died"
        assert "done" in heard, heard.get("failed") or heard

    def result(self) -> RunResult:
        """Compare the posts that the public sees with the database."""
        seen = Counter(post.raw for post in self.world.visible())
        found = RunResult(unsaved=[*self.intents.unsaved], out=seen.total())
        found.doubles = [text for text, count in seen.items() for _ in range(count - 1)]
        with self.store() as queue:
            for delivery in queue.all():
                found.states[delivery.state] += 1
                found.lost += misplaced(delivery, seen)
        return found


def misplaced(delivery: Delivery, seen: Counter[str]) -> list[str]:
    """Describe the error in a delivery's state of which nobody would learn."""
    texts = [part.text for part in delivery.content.parts]
    out = [text for text in texts if seen[text]]
    if delivery.state == State.PUBLISHED:
        return [] if out == texts else [f"{delivery.key} counts as published: {out} of {texts}"]
    if delivery.state == State.NEEDS_HUMAN:
        return [] if delivery.reason else [f"{delivery.key} needs a person without a reason"]
    if delivery.state not in FINAL_STATES:
        return [f"{delivery.key} stands still as {delivery.state}"]
    if out:
        return [f"{delivery.key} counts as {delivery.state}, but is out"]
    return [] if delivery.reason else [f"{delivery.key} is {delivery.state} without a reason"]


class Stage(Protocol):
    """A sandbox's world, and the URL of the database."""

    world: Any
    database: str


class IntentChecker:
    """Checks that a post's intent is on disk when the platform accepts the post."""

    def __init__(self, stage: Stage) -> None:
        self.unsaved: list[str] = []
        self._stage = stage
        self._add = stage.world.add_post
        vars(stage.world)["add_post"] = self._accept

    def _accept(self, author: Any, raw: str, **more: Any) -> Any:
        if not self._is_saved(raw):
            self.unsaved.append(raw)
        return self._add(author, raw, **more)

    def _is_saved(self, raw: str) -> bool:
        path = self._stage.database.removeprefix("sqlite:///")
        if path == self._stage.database:
            return True  # the code is the same on PostgreSQL, but connections are too dear there
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None) as connection:
            query = "SELECT count(*) FROM attempts WHERE instr(payload, ?)"
            [count] = connection.execute(query, (raw,)).fetchone()
        connection.close()
        return bool(count)


# --- making a run ---------------------------------------------------------------------------------


@contextmanager
def fault_run(
    folder: Path,
    pool: WorkerPool,
    database: str = "",
    accounts: Sequence[str] = ("mj",),
    network: str = "x",
) -> Iterator[FaultRun]:
    """Yield a run in a new folder, on SQLite unless a database is given."""
    folder.mkdir(parents=True)
    if not database:
        database = create_sqlite_file(folder / "groundswell.db")
    made = FaultRun(folder, pool, database, accounts, network)
    with serve(made.world) as made.url:
        try:
            yield made
        finally:
            pool.clear()
    shutil.rmtree(folder)


def make_content(kind: str, name: str, folder: Path) -> Content:
    """Return a content of this kind with unique words, because no two accounts may say the same."""
    if kind == "thread":
        return Content(tuple(Part(f"{own_words(f'{name} {n}')} & more {n}") for n in (1, 2, 3)))
    media = (replace(make_media(folder), alt=own_words(f"{name} alt")),) if kind == "media" else ()
    return Content((Part(f"{name}: {own_words(name)} <now>", media),))


def database_url(name: str, request: pytest.FixtureRequest) -> AbstractContextManager[str]:
    """Yield the URL of a new PostgreSQL database, or an empty text for the run's SQLite file."""
    if name == "SQLite":
        return nullcontext("")
    postgresql: PostgresServer = request.getfixturevalue("postgresql")
    return postgresql.database()
