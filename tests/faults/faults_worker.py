"""A worker: the real App on a given database, by the shared clock, that stops at a named step.

Nothing in ``bot`` knows of it: the steps are wrapped from outside around the store and the client.
It talks JSON lines over a socket: ``{"at": step}`` when it stands at its step and waits,
``{"done": …}`` when its job is over, ``{"failed": …}`` when it broke.
"""

from __future__ import annotations

import json
import logging
import os
import threading
import traceback
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from faults_bugs import plant
from faults_clock import SharedClock
from sqlalchemy import event

# All that the app imports lazily, once and before the fork.
import bot.intake
import bot.platforms.x.client
import bot.sandbox  # noqa: F401 - see above
from bot.app import App, opened
from bot.config import Config
from bot.errors import AlreadyRunning, StoreError
from bot.model import Account, State
from bot.scheduler import RETRY_SECONDS
from bot.store.holder import new_owner

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from bot.store.claiming import Answer, Claim, Claiming, Intent

TICK = timedelta(seconds=30)
"""Longest step of the clock; the real heartbeat beats twice as often."""

log = logging.getLogger("faults")

UNSETTLED = {State.SCHEDULED, State.SENDING, State.UNKNOWN}

STORE_STEPS = ("rescue", "looked", "resolve")
CLIENT_STEPS = ("upload", "publish", "find")


class Line:
    """The worker's side of the socket."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line
        self._words = line.makefile("r", encoding="utf-8")

    def say(self, **words: Any) -> None:
        self._line.sendall(json.dumps(words).encode() + b"\n")

    def hear(self) -> dict[str, Any]:
        """Wait for a word; a test that hung up ends this process."""
        said = self._words.readline()
        if not said:
            os._exit(1)
        heard: dict[str, Any] = json.loads(said)
        return heard


class Gate:
    """Stops the worker when it comes to its step for the ``nth`` time, until it is told to go."""

    def __init__(self, line: Line, step: str, nth: int) -> None:
        self._line, self._step, self._left = line, step, nth
        # By thread: sends go on while the dispatcher looks for more.
        self._of = threading.local()
        self._counting = threading.Lock()
        self.passed = False

    @property
    def within(self) -> str:
        """Within which steps this thread is; spaces between them."""
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
            self._line.say(at=step)
            self._line.hear()
            self.passed = True

    def around(self, thing: Any, name: str) -> Any:
        """Give the method with a step before it and one after it."""
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


class Stepped:
    """The client of an account, with steps around what it does on the network."""

    def __init__(self, client: Any, gate: Gate) -> None:
        self._client = client
        for name in CLIENT_STEPS:
            setattr(self, name, gate.around(client, name))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)


def main(job: Mapping[str, Any], talk: socket.socket) -> None:
    """Do a job, and tell how it went."""
    line = Line(talk)
    logging.basicConfig(filename=job["log"], level=logging.INFO, force=True)
    try:
        plant(job.get("bug", ""))
        with ExitStack() as stack:
            app = stack.enter_context(open_app(job))
            gate = Gate(line, job.get("step", ""), job.get("nth", 1))
            wire(app, gate)
            gate("opened")
            task = _TASKS[job.get("task", "drive")]
            line.say(done=task(app, {**job, "gate": gate}, line, stack))
    except AlreadyRunning as error:
        line.say(refused=str(error))
    except BaseException:  # noqa: BLE001 - whatever it is, the test must hear of it
        line.say(failed=traceback.format_exc())


def open_app(job: Mapping[str, Any]) -> Any:
    """Open the app on the job's database and sandbox."""
    clock = SharedClock(Path(job["clock"]))
    accounts = {
        name: Account(name, "x", f"@{name}", job["url"], gap=timedelta(0), part_gap=timedelta(0))
        for name in job["accounts"]
    }
    folder = Path(job["clock"]).parent
    config = Config(
        path=folder / "config.yaml",
        accounts=accounts,
        campaigns=folder,
        reports=folder,
        database=job["database"],
        horizon=timedelta(days=30),
        log_level="info",
        log_format="text",
    )
    options = {"read_timeout": job.get("read_timeout", 20), "wait": lambda _: None}
    return opened(config, job["environ"], clock=clock, options=options)


def wire(app: App, gate: Gate) -> None:
    """Put the steps around the store's methods, the clients', and the commits within them."""
    for name in STORE_STEPS:
        setattr(app.sending, name, gate.around(app.sending, name))
    vars(app.sending)["claiming"] = claiming(app.sending.claiming, gate)
    for name in app.config.accounts:
        client: Any = Stepped(app.clients(name), gate)
        app.clients._made[name] = client
    event.listen(app.database.engine, "commit", lambda _: committed(gate))


def committed(gate: Gate) -> None:
    """Come to the commit of all that the transaction does: the claim closes what was sent, too."""
    for step in gate.within.split():
        gate(f"commit of {step}")


def claiming(
    transaction: Callable[[], AbstractContextManager[Claiming]], gate: Gate
) -> Callable[[], AbstractContextManager[Claiming]]:
    """Give the transaction that claims with steps around what it closes and claims."""

    @contextmanager
    def stepped() -> Iterator[Claiming]:
        try:
            with transaction() as one:
                claim, close = one.claim, one.close

                def closed(answers: Sequence[Answer], now: datetime) -> list[bool]:
                    if answers:
                        gate("before close")
                        gate.within = "close"
                    return close(answers, now)

                def claimed(intents: Sequence[Intent], *times: datetime) -> list[Claim]:
                    if intents:
                        gate("before claim")
                        gate.within = f"{gate.within} claim"
                    return claim(intents, *times)

                vars(one).update(claim=claimed, close=closed)
                yield one
        finally:
            gate.within = ""
        if one.closed:
            gate("after close")
        if one.claimed:
            gate("after claim")

    return stepped


# --- tasks ----------------------------------------------------------------------------------------


def drive(app: App, job: Mapping[str, Any], line: Line, stack: ExitStack) -> Any:
    """Run the loop until all is settled, or to ``until``; turn the clock to its next wake."""
    del line
    stack.enter_context(app.held())
    app.on_guard()
    if job.get("identified"):  # else the first post of each account waits until it is
        app._identify()
    clock: Any = app.clock
    until = datetime.fromisoformat(job["until"])
    while True:
        failed = beat(app)
        wake = min([*wakes(app, failed=failed), clock.now() + TICK])
        # Who has been overtaken turns the clock no more: only one process at a time may.
        if clock.now() >= until or settled(app) or (job.get("leaves") and job["gate"].passed):
            return True
        clock.to(min(wake, until))


def beat(app: App) -> bool:
    """Do what the heartbeat's jobs do, but for the files; what fails is told and tried again.

    True where something failed.
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


def wakes(app: App, *, failed: bool = False) -> list[datetime]:
    """Give when the jobs want to run; none of those that cannot tell. What ``failed`` waits."""
    found = []
    asks: list[Callable[[], datetime | None]] = [app._next_look]
    asks += [app.dispatcher.next_wake, app.uploads.next_wake]
    for ask in asks:
        with suppress(StoreError):
            found.append(ask())
    soon = app.clock.now() + timedelta(seconds=RETRY_SECONDS if failed else 0.1)
    return [max(wake, soon) for wake in found if wake]


def settled(app: App) -> bool:
    """Tell whether nothing is left to be done; not where the database cannot tell."""
    with suppress(StoreError):
        return not UNSETTLED & app.queue.counts().keys()
    return False


def race(app: App, job: Mapping[str, Any], line: Line, stack: ExitStack) -> Any:
    """Publish what is due each time it is told to; with ``held``, as the database's holder."""
    del stack
    count = 0
    while line.hear().get("go"):
        try:
            if job.get("held"):
                # Each time as if started anew: a worker signs in under a name of its own.
                app.owner = app.sending.owner = new_owner(app.clock.now())
                with app.held():
                    publish(app)
            else:
                publish(app)
            line.say(raced=True)
        except AlreadyRunning:
            line.say(raced=False)
        count += 1
    return count


def publish(app: App) -> None:
    """Publish what is due on every account."""
    app.uploads.run()
    app.dispatcher.run()


STILL = 200
"""So many passes without any change of the queue, by whomever, and nothing more will come."""


def flood(app: App, job: Mapping[str, Any], line: Line, stack: ExitStack) -> Any:
    """Publish until nothing is left to be published, beside others that do the same.

    A seeded bug may leave something on the wire for ever: where nothing moves any more, it ends.
    """
    del job, stack
    line.say(ready=True)
    line.hear()
    passes, still, before = 0, 0, app.queue.counts()
    while before.keys() & {State.SCHEDULED, State.SENDING} and still < STILL:
        publish(app)
        passes, now = passes + 1, app.queue.counts()
        still, before = still + 1 if now == before else 0, now
    return passes


_TASKS = {"drive": drive, "race": race, "flood": flood}
