"""Which worker is stopped where while another one takes over, and goes on when it is continued.

On PostgreSQL: there, several workers share a database. The first one gets a real SIGSTOP; then
some minutes pass on every clock, the leases' too, and a second worker goes on.
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
"""Longer than a lease of 90 s, and than a turn of 120 s."""

LOCKING_STEPS = ("commit of claim", "commit of close", "commit of resolve")
"""Where the first worker holds the delivery's row, or the turn of its platform."""

LOCK_WAIT_SECONDS = 3.0
"""A second worker that says nothing for so long waits for a lock that the first one holds."""

RESIDUAL_STEP = "before publish"
"""Between the comparison with the boot clock and the first byte there is nothing that could be
compared: what is documented as left over (reliability bar, residual). There, and only there, it is
counted on that the platform sees a repetition: X by its words, others by its key."""


@dataclass(frozen=True)
class Takeover:
    """One run: where the first worker stands still, and where the second when it is continued.

    ``second`` is empty where the second one comes to the end before. ``network`` is played.
    """

    kind: str
    first: str
    nth: int = 1
    second: str = ""
    network: str = "x"


def takeovers(count: int, network: str = "x") -> list[Takeover]:
    """Give so many runs; every step of the first worker comes up in any thirty of them."""
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
    """Make one run on an empty database, and give what came of it."""
    with fault_run(folder, pool, database, network=takeover.network) as one:
        one.queue(make_content(takeover.kind, "post", one.folder))
        if takeover.first == RESIDUAL_STEP:
            one.world.duplicate_window = timedelta(hours=12)
        first = _start_and_stop_first(one, takeover, bug)
        one.clock.advance(STANDSTILL)
        _age_leases(database)
        _run_second(one, takeover, first, bug)
        one.finish()
        return one.result()


def _start_and_stop_first(one: FaultRun, takeover: Takeover, bug: str) -> WorkerProcess:
    """Give the first worker, standing still; it may go on as soon as it is continued."""
    job: dict[str, Any] = {"bug": bug, "leaves": True}
    wire = ON_THE_WIRE.get(takeover.first)
    upload = takeover.first == "upload on the wire"
    if upload:
        wire = {"stall": 0.2}
        one.fault(wire, one.network.upload)
    elif wire:
        one.fault({**wire, "stall": 0.2})
    elif takeover.first in PROBE_STEPS:
        one.fault("commit_then_503" if takeover.nth % 2 else "drop_before")
    if wire:
        first = one.worker(**job, until=(START if upload else DUE).isoformat())
        one.wait(lambda: one.world.faults.hits)
        first.signal(signal.SIGSTOP)
        return first
    first = one.worker(step=takeover.first, nth=takeover.nth, **job)
    heard = first.receive()
    assert heard, "the first worker died"
    assert "failed" not in heard, heard["failed"]
    first.signal(signal.SIGSTOP)
    first.send(go=True)
    return first


def _run_second(one: FaultRun, takeover: Takeover, first: WorkerProcess, bug: str) -> None:
    """Let a second worker go on to a step, or the end; then both go on.

    Where the first one stands within a transaction, the second may have to wait for its locks; and
    where the second one does, it is not kept there, for the first may have to wait for its locks.
    """
    end = time.monotonic() + WAIT_SECONDS
    until = one.clock.now() + timedelta(minutes=8)  # looking takes five
    second = one.worker(step=takeover.second, bug=bug, until=until.isoformat())
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
    """Hear what a worker has to say; True where it was its last word."""
    heard = worker.receive()
    assert heard is not None, "a worker died by itself"
    assert "at" in heard or "done" in heard, heard.get("failed") or heard
    worker.stopped = "at" in heard
    return not worker.stopped


def _age_leases(database: str) -> None:
    """Let the leases grow older by as much, whoever's clock they end by."""
    engine = create_engine(database)
    with engine.begin() as connection:
        seconds = STANDSTILL.total_seconds()
        # What the first worker has locked, within a transaction, is about to be settled anyway.
        free = "SELECT id FROM deliveries FOR UPDATE SKIP LOCKED"
        older = f"lease_until - interval '{seconds} s'"
        late = f"UPDATE deliveries SET lease_until = {older} WHERE id IN ({free})"  # noqa: S608 - constants
        connection.execute(text(late))
    terminate_lock_holder(engine, "turn reconcile")  # as the server does after 120 s
    engine.dispose()
