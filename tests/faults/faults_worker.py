"""A worker process, which runs the real LoopApp on a shared clock and stops at a named step.

The steps are wrapped around the store's and the client's methods from outside. The worker sends
JSON lines over a socket, ``{"at": step}`` when it stands at its step and waits, ``{"done": …}``
when its job is over, and ``{"failed": …}`` with a traceback.
"""

from __future__ import annotations

import json
import logging
import os
import socket
import threading
import time
import traceback
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pytest
from faults_bugs import install_bug
from faults_clock import SharedClock
from faults_process import WorkerPool
from faults_stage import fault_run, make_content
from helpers.databases import compile_once, make_config
from helpers.networks import NETWORKS
from sqlalchemy import event

import bot.platforms.bluesky.client
import bot.platforms.mastodon.client
import bot.platforms.mastodon.transport
import bot.platforms.x.client
import bot.platforms.x.transport
import bot.runtime.sync  # noqa: F401 - see below
from bot.clock import Clock
from bot.database import worker_locks, workers
from bot.errors import AlreadyRunning, StoreError
from bot.model import Account, State

# The app imports clients, sync and psycopg when it needs them; here once, before the fork.
from bot.platforms.calls import Limits
from bot.runtime.loop_app import LoopApp, create_loop_app
from bot.runtime.scheduler import RETRY_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from bot.store.claims import ClaimTransaction
    from bot.store.sends import Claim, Intent, SendResult

with suppress(ImportError):  # psycopg needs a library of the system on some machines
    import psycopg  # noqa: F401 - see above

MANY = 1_000_000
"""Daily cap of posts, far more than any test sends."""

MAX_STEP = timedelta(seconds=30)
"""Longest step of the clock. The real heartbeat is twice as frequent."""

log = logging.getLogger("faults")

UNSETTLED = {State.SCHEDULED, State.SENDING, State.UNKNOWN}

STORE_STEPS = ("rescue", "record_probe", "resolve")
CLIENT_STEPS = ("upload", "publish", "find")


class JsonChannel:
    """The worker's side of the socket."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line
        self._words = line.makefile("r", encoding="utf-8")

    def send(self, **words: Any) -> None:
        self._line.sendall(json.dumps(words).encode() + b"\n")

    def receive(self) -> dict[str, Any]:
        """Return the test's next message; end this process if the test has closed the socket."""
        said = self._words.readline()
        if not said:
            os._exit(1)
        heard: dict[str, Any] = json.loads(said)
        return heard


class Breakpoint:
    """Holds the worker at its step, the ``nth`` time, until the test continues it."""

    def __init__(self, line: JsonChannel, step: str, nth: int) -> None:
        self._line, self._step, self._left = line, step, nth
        # Per thread, because sends go on while the dispatcher looks for more posts.
        self._of = threading.local()
        self._counting = threading.Lock()
        self.passed = False

    @property
    def within(self) -> str:
        """The steps that this thread is in, with spaces between them."""
        return getattr(self._of, "step", "")

    @within.setter
    def within(self, step: str) -> None:
        self._of.step = step

    def __call__(self, step: str) -> None:
        if step != self._step:
            return
        with self._counting:
            self._left -= 1
            mine = not self._left
        if mine:
            self._line.send(at=step)
            self._line.receive()
            self.passed = True

    def wrap(self, thing: Any, name: str) -> Any:
        """Return a method with a step before it and one after it."""
        method = getattr(thing, name)

        def stepped(*args: Any, **kwargs: Any) -> Any:
            self(f"before {name}")
            self.within = name
            try:
                return method(*args, **kwargs)
            finally:
                self.within = ""
                self(f"after {name}")

        return stepped


class SteppedClient:
    """The client of an account, with steps around its requests."""

    def __init__(self, client: Any, gate: Breakpoint) -> None:
        self._client = client
        for name in CLIENT_STEPS:
            setattr(self, name, gate.wrap(client, name))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)


class _SameProcess(WorkerPool):
    """Runs workers' jobs in this process."""

    def __init__(self) -> None:
        """Need no server."""

    def worker(self, job: Mapping[str, Any]) -> Any:
        """Do the job, whose messages nobody reads."""
        mine, theirs = socket.socketpair()
        with mine, theirs, ExitStack() as stack:
            app = stack.enter_context(open_app(job))
            install_steps(app, Breakpoint(JsonChannel(theirs), "", 1))
            drive(app, job, JsonChannel(theirs), stack)

    def clear(self) -> None:
        """There is nothing to end."""


def prepare() -> None:
    """Do once, before the fork, everything that a process does only once.

    Most of that is compiling SQL. A thread and a picture meet errors on each network, so that they
    are also searched for.
    """
    compile_once(pytest.MonkeyPatch())  # for good
    logging.disable()
    with TemporaryDirectory() as folder:
        for network in NETWORKS:
            with fault_run(Path(folder, network), _SameProcess(), network=network) as run:
                kinds = ("media", "thread")
                run.queue(*(make_content(kind, kind, run.folder) for kind in kinds))
                run.fault("commit_then_503")
                run.worker()
    logging.disable(logging.NOTSET)


def run_job(job: Mapping[str, Any], fds: Sequence[int]) -> None:
    """Do a job and send its result over the socket."""
    line = JsonChannel(socket.socket(fileno=fds[0]))
    logging.basicConfig(filename=job["log"], level=logging.INFO, force=True)
    try:
        install_bug(job.get("bug", ""))
        with ExitStack() as stack:
            app = stack.enter_context(open_app(job))
            gate = Breakpoint(line, job.get("step", ""), job.get("nth", 1))
            install_steps(app, gate)
            gate("opened")
            task = _TASKS[job.get("task", "drive")]
            line.send(done=task(app, {**job, "gate": gate}, line, stack))
    except AlreadyRunning as error:
        line.send(refused=str(error))
    except BaseException:  # noqa: BLE001 - the test must hear of every exception
        line.send(failed=traceback.format_exc())
    os._exit(0)  # at once, because a thread may still wait for an answer


def open_app(job: Mapping[str, Any]) -> Any:
    """Open the app on the job's database, accounts and clock, or the machine's clock."""
    clock = SharedClock(Path(job["clock"])) if "clock" in job else Clock()
    # No real account may send thousands of posts on a day.
    at_once: dict[str, Any] = {"gap": timedelta(0), "part_gap": timedelta(0)}
    at_once |= {"daily_cap": MANY, "daily_parts": MANY}
    accounts = {fields["name"]: Account(**fields, **at_once) for fields in job["accounts"]}
    config = make_config(Path(job["folder"]), accounts, job["database"])
    options = {"limits": Limits(silence=job.get("read_timeout", 20))}
    return create_loop_app(config, job["environ"], clock=clock, options=options)


def install_steps(app: LoopApp, gate: Breakpoint) -> None:
    """Put steps around methods of the store and the clients, and around commits."""
    for name in STORE_STEPS:
        setattr(app.unsettled, name, gate.wrap(app.unsettled, name))
    vars(app.claims)["claiming"] = stepped_claiming(app.claims.claiming, gate)
    for name in app.config.accounts:
        client: Any = SteppedClient(app.clients(name), gate)
        app.clients._connected[name] = client
    event.listen(app.database.engine, "commit", lambda _: reach_commits(gate))


def reach_commits(gate: Breakpoint) -> None:
    """Reach the commit of every step in the transaction, which may both close and claim."""
    for step in gate.within.split():
        gate(f"commit of {step}")


def stepped_claiming(
    transaction: Callable[[], AbstractContextManager[ClaimTransaction]], gate: Breakpoint
) -> Callable[[], AbstractContextManager[ClaimTransaction]]:
    """Return the claiming transaction with steps around its closing and its claiming."""

    @contextmanager
    def stepped() -> Iterator[ClaimTransaction]:
        try:
            with transaction() as one:
                claim, close = one.claim, one.record_results

                def closed(answers: Sequence[SendResult], now: datetime) -> list[bool]:
                    if answers:
                        gate("before close")
                        gate.within = "close"
                    return close(answers, now)

                def claimed(intents: Sequence[Intent], *times: datetime) -> list[Claim]:
                    if intents:
                        gate("before claim")
                        gate.within = f"{gate.within} claim"
                    return claim(intents, *times)

                vars(one).update(claim=claimed, record_results=closed)
                yield one
        finally:
            gate.within = ""
        if one.closed:
            gate("after close")
        if one.claimed:
            gate("after claim")

    return stepped


# --- tasks ----------------------------------------------------------------------------------------


def drive(app: LoopApp, job: Mapping[str, Any], line: JsonChannel, stack: ExitStack) -> Any:
    """Run the loop until all is settled or ``until``, advancing the clock to each next wake."""
    del line
    stack.enter_context(app.registered())
    # The database server's clock is not advanced with the others.
    vars(app.clockguard._restore_store)["database_time"] = lambda: None
    app.prepare()
    if job.get("identified"):  # else the first post of each account waits for it
        app._identify()
    clock: Any = app.clock
    until = datetime.fromisoformat(job["until"])
    while True:
        failed = run_jobs(app)
        wake = min([*next_wakes(app, failed=failed), clock.now() + MAX_STEP])
        # Only one process may advance the clock, so a worker that was overtaken leaves.
        if clock.now() >= until or all_settled(app) or (job.get("leaves") and job["gate"].passed):
            return True
        clock.advance_to(min(wake, until))


def run_jobs(app: LoopApp) -> bool:
    """Run the heartbeat's jobs except those for files, and return whether any failed.

    A failed job is logged and runs again in the next round.
    """
    failed = False
    jobs: list[Callable[[], object]] = [app.clockguard.check, partial(publish, app), app._reconcile]
    for one in jobs:
        try:
            one()
        except StoreError:
            log.exception("a job failed; it is tried again")
            failed = True
    return failed


def next_wakes(app: LoopApp, *, failed: bool = False) -> list[datetime]:
    """Return the times at which the jobs want to run; later if a job has ``failed``."""
    found = []
    asks: list[Callable[[], datetime | None]] = [app._next_reconcile]
    asks += [app.dispatcher.next_wake, app.uploads.next_wake]
    for ask in asks:
        with suppress(StoreError):
            found.append(ask())
    soon = app.clock.now() + timedelta(seconds=RETRY_SECONDS if failed else 0.1)
    return [max(wake, soon) for wake in found if wake]


def all_settled(app: LoopApp) -> bool:
    """Return whether all deliveries are settled; False if the database cannot be read."""
    with suppress(StoreError):
        return not UNSETTLED & app.queue.count_by_state().keys()
    return False


def race(app: LoopApp, job: Mapping[str, Any], line: JsonChannel, stack: ExitStack) -> Any:
    """Publish the due posts at each message; with ``held``, as a registered worker."""
    del stack
    worker_locks.LOCK_WAIT_SECONDS = 0  # else a worker waits for a quick publish and is not refused
    count = 0
    while line.receive().get("go"):
        try:
            if job.get("held"):
                # A new owner each time, because every started worker registers a new name.
                owner = workers.new_owner(app.clock.now())
                app.owner = app.claims._owner = app.unsettled._owner = owner
                with app.registered():
                    publish(app)
            else:
                publish(app)
            line.send(raced=True)
        except AlreadyRunning:
            line.send(raced=False)
        count += 1
    return count


def work(app: LoopApp, job: Mapping[str, Any], line: JsonChannel, stack: ExitStack) -> None:
    """Run the loop's jobs by the machine's clock until this process is killed."""
    del job
    stack.enter_context(app.registered())
    line.send(ready=True)
    while True:
        run_jobs(app)
        time.sleep(0.005)


def publish(app: LoopApp) -> None:
    """Publish the posts that are due on every account."""
    app.uploads.run()
    app.dispatcher.run()


MAX_IDLE_PASSES = 200
"""After so many passes without any change of the queue, no more posts will leave."""


def publish_all(app: LoopApp, job: Mapping[str, Any], line: JsonChannel, stack: ExitStack) -> Any:
    """Publish until no posts are left, beside other workers that do the same.

    A seeded bug may leave a delivery in ``sending`` for ever, so it also ends if nothing changes.
    """
    del job, stack
    line.send(ready=True)
    line.receive()
    passes, still, before = 0, 0, app.queue.count_by_state()
    while before.keys() & {State.SCHEDULED, State.SENDING} and still < MAX_IDLE_PASSES:
        publish(app)
        passes, now = passes + 1, app.queue.count_by_state()
        still, before = still + 1 if now == before else 0, now
    return passes


_TASKS: dict[str, Callable[..., Any]] = {
    "drive": drive,
    "race": race,
    "flood": publish_all,
    "work": work,
}
