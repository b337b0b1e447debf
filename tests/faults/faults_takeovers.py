"""Runs in which a worker is stopped, another takes over, and the first one is continued.

The runs use PostgreSQL, on which several workers share a database. The first worker gets a real
SIGSTOP. Then some minutes pass on every clock, leases included, and a second worker takes over.
"""

from __future__ import annotations

import signal
import time
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING, Any

from faults_clock import START
from faults_kills import ON_THE_WIRE, PROBE_STEPS, SEND_STEPS, UPLOAD_STEPS
from faults_process import WAIT_SECONDS
from faults_stage import DUE, POST_KINDS, fault_run, make_content
from helpers.databases import terminate_lock_holder
from helpers.networks import NETWORKS
from sqlalchemy import create_engine, text

if TYPE_CHECKING:
    from pathlib import Path

    from faults_process import WorkerPool, WorkerProcess
    from faults_stage import FaultRun, RunResult

STANDSTILL = timedelta(seconds=150)
"""Longer than a lease (90 s) and than a turn (120 s)."""

LOCKING_STEPS = ("commit of claim", "commit of close", "commit of resolve")
"""Steps at which the first worker has locked the delivery's row or its platform's turn."""

LOCK_WAIT_SECONDS = 3.0
"""A second worker that is silent for so long waits for a lock of the first."""

RESIDUAL_STEP = "before publish"
"""The one step at which a standstill can still lead to a second send.

No check is possible between the last look at the boot clock and the first byte of the request. Only
here the platform must recognise a repetition, by the text on X and by the key on other networks."""


@dataclass(frozen=True)
class Takeover:
    """The plan of one run."""

    kind: str
    """Kind of post, of ``POST_KINDS``."""
    first: str
    """Step at which the first worker is stopped."""
    nth: int = 1
    """The first worker stops when it reaches its step for this time."""
    second: str = ""
    """Step of the second worker when the first is continued; empty if it has finished by then."""
    network: str = "x"
    """Simulated network, of ``NETWORKS``."""


def takeovers(count: int, network: str = "x") -> list[Takeover]:
    """Return so many runs, of which any thirty contain every step of the first worker."""
    random = Random(7 + [*NETWORKS].index(network))  # noqa: S311 - the same runs every time
    steps = [*SEND_STEPS, *PROBE_STEPS, *ON_THE_WIRE, *UPLOAD_STEPS]
    if network != "x":
        steps.remove(RESIDUAL_STEP)
    found: list[Takeover] = []
    while len(found) < count:
        random.shuffle(steps)
        for first in steps:
            kind = "media" if first in UPLOAD_STEPS else random.choice(POST_KINDS)
            nth = random.randint(1, 3) if kind == "thread" and first in SEND_STEPS else 1
            second = random.choice(("", *SEND_STEPS, *PROBE_STEPS))
            found.append(Takeover(kind, first, nth, second, network))
    return found[:count]


def execute_takeover(
    takeover: Takeover, folder: Path, pool: WorkerPool, database: str, bug: str = ""
) -> RunResult:
    """Make one run on an empty database and return its result."""
    with fault_run(folder, pool, database, network=takeover.network) as run:
        run.queue(make_content(takeover.kind, "post", run.folder))
        if takeover.first == RESIDUAL_STEP:
            run.world.duplicate_window = timedelta(hours=12)
        first = _start_and_stop_first(run, takeover, bug)
        run.clock.advance(STANDSTILL)
        _age_leases(database)
        _run_second(run, takeover, first, bug)
        run.finish()
        return run.result()


def _start_and_stop_first(run: FaultRun, takeover: Takeover, bug: str) -> WorkerProcess:
    """Return the first worker, which is stopped.

    A signal arrives a moment after it was sent. So the worker also stays at its step until it is
    continued; else it could run on, and stop within a transaction instead.
    """
    job: dict[str, Any] = {"bug": bug, "leaves": True}
    wire = ON_THE_WIRE.get(takeover.first)
    upload = takeover.first == "upload on the wire"
    if upload:
        wire = {"stall": 0.2}
        run.fault(wire, run.network.upload)
    elif wire:
        run.fault({**wire, "stall": 0.2})
    elif takeover.first in PROBE_STEPS:
        run.fault("commit_then_503" if takeover.nth % 2 else "drop_before")
    if wire:
        first = run.worker(**job, until=(START if upload else DUE).isoformat())
        run.wait(lambda: run.world.faults.hits)
        first.signal(signal.SIGSTOP)
        return first
    first = run.worker(step=takeover.first, nth=takeover.nth, **job)
    heard = first.receive()
    assert heard, "the first worker died"
    assert "failed" not in heard, heard["failed"]
    first.signal(signal.SIGSTOP)
    first.stopped = True
    return first


def _run_second(run: FaultRun, takeover: Takeover, first: WorkerProcess, bug: str) -> None:
    """Run a second worker to its step or its end, then continue both.

    If the first worker has stopped within a transaction, the second may have to wait for its locks.
    A second worker within a transaction is not kept there, because the first may wait for it.
    """
    end = time.monotonic() + WAIT_SECONDS
    until = run.clock.now() + timedelta(minutes=8)  # the search takes five
    second = run.worker(step=takeover.second, bug=bug, until=until.isoformat())
    second.has_message(LOCK_WAIT_SECONDS if takeover.first in LOCKING_STEPS else WAIT_SECONDS)
    first.signal(signal.SIGCONT)
    running = {first, second}
    while running:
        assert time.monotonic() < end, f"{len(running)} workers wait for each other"
        free = first not in running or takeover.second.startswith("commit")
        for worker in [*running]:
            if worker.stopped and (worker is first or free):
                worker.send(go=True)
                worker.stopped = False
            elif worker.has_message(0.02) and _is_finished(worker):
                running.remove(worker)


def _is_finished(worker: WorkerProcess) -> bool:
    """Read a worker's message, and return whether it was its last."""
    heard = worker.receive()
    assert heard is not None, "a worker died by itself"
    assert "at" in heard or "done" in heard, heard.get("failed") or heard
    worker.stopped = "at" in heard
    return not worker.stopped


def _age_leases(database: str) -> None:
    """Move the ends of all leases back by the time of the standstill."""
    engine = create_engine(database)
    with engine.begin() as connection:
        seconds = STANDSTILL.total_seconds()
        # Rows that the first worker has locked in a transaction are about to be settled anyway.
        free = "SELECT id FROM deliveries FOR UPDATE SKIP LOCKED"
        older = f"lease_until - interval '{seconds} s'"
        late = f"UPDATE deliveries SET lease_until = {older} WHERE id IN ({free})"  # noqa: S608 - constants
        connection.execute(text(late))
    terminate_lock_holder(engine, "turn reconcile")  # as the server does after 120 s
    engine.dispose()
