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
from faults_kills import LOOK, ON_THE_WIRE, SEND, UPLOAD
from faults_nursery import PATIENCE
from faults_stage import DUE, KINDS, content, stage
from sqlalchemy import create_engine, text
from store_support import end_connection

if TYPE_CHECKING:
    from pathlib import Path

    from faults_nursery import Nursery, Worker
    from faults_stage import Stage, Verdict

STANDSTILL = timedelta(seconds=150)
"""Longer than a lease of 60 s, and than a turn of 120 s."""

LOCKS = ("commit of close", "commit of resolve")
"""Where the first worker holds the delivery's row."""

BLOCKED_SECONDS = 3.0
"""A second worker that says nothing for so long waits for a lock that the first one holds."""

RESIDUAL = "before publish"
"""Between the comparison with the boot clock and the first byte there is nothing that could be
compared: what is documented as left over (reliability bar, residual). There, and only there, the
platform's own refusal of a repeated text is counted on."""


@dataclass(frozen=True)
class Takeover:
    """One run: where the first worker stands still, and where the second when it is continued.

    ``second`` is empty where the second one comes to the end before.
    """

    kind: str
    first: str
    nth: int = 1
    second: str = ""


def takeovers(count: int) -> list[Takeover]:
    """Give so many runs; every step of the first worker comes up in any thirty of them."""
    random = Random(7)  # noqa: S311 - the same runs every time
    steps = [*SEND, *LOOK, *ON_THE_WIRE, *UPLOAD]
    found: list[Takeover] = []
    while len(found) < count:
        random.shuffle(steps)
        for first in steps:
            kind = "media" if first in UPLOAD else random.choice(KINDS)
            nth = random.randint(1, 3) if kind == "thread" and first in SEND else 1
            found.append(Takeover(kind, first, nth, random.choice(("", *SEND, *LOOK))))
    return found[:count]


def run(
    takeover: Takeover, folder: Path, nursery: Nursery, database: str, bug: str = ""
) -> Verdict:
    """Make one run on an empty database, and give what came of it."""
    with stage(folder, nursery, database) as one:
        one.queue(content(takeover.kind, "post", one.folder))
        if takeover.first == RESIDUAL:
            one.world.duplicate_window = timedelta(hours=12)
        first = _stopped(one, takeover, bug)
        one.clock.turn(STANDSTILL)
        _age(database)
        _second(one, takeover, first, bug)
        one.finish()
        return one.verdict()


def _stopped(one: Stage, takeover: Takeover, bug: str) -> Worker:
    """Give the first worker, standing still; it may go on as soon as it is continued."""
    job: dict[str, Any] = {"bug": bug, "leaves": True}
    wire = ON_THE_WIRE.get(takeover.first)
    upload = takeover.first == "upload on the wire"
    if upload:
        wire = {"stall": 0.2}
        one.fault(wire, "/2/media/upload")
    elif wire:
        one.fault({**wire, "stall": 0.2})
    elif takeover.first in LOOK:
        one.fault("commit_then_503" if takeover.nth % 2 else "drop_before")
    if wire:
        first = one.worker(**job, until=(START if upload else DUE).isoformat())
        one.wait(lambda: one.world.faults.hits)
        first.signal(signal.SIGSTOP)
        return first
    first = one.worker(step=takeover.first, nth=takeover.nth, **job)
    heard = first.hear()
    assert heard, "the first worker died"
    assert "failed" not in heard, heard["failed"]
    first.signal(signal.SIGSTOP)
    first.tell(go=True)
    return first


def _second(one: Stage, takeover: Takeover, first: Worker, bug: str) -> None:
    """Let a second worker go on to a step, or the end; then both go on.

    Where the first one stands within a transaction, the second may have to wait for its locks; and
    where the second one does, it is not kept there, for the first may have to wait for its locks.
    """
    end = time.monotonic() + PATIENCE
    until = one.clock.now() + timedelta(minutes=8)  # looking takes five
    second = one.worker(step=takeover.second, bug=bug, until=until.isoformat())
    second.speaks(BLOCKED_SECONDS if takeover.first in LOCKS else PATIENCE)
    first.signal(signal.SIGCONT)
    running = {first, second}
    while running:
        assert time.monotonic() < end, f"{len(running)} workers wait for each other"
        free = first not in running or takeover.second.startswith("commit")
        for worker in [*running]:
            if worker.stands and (worker is first or free):
                worker.tell(go=True)
                worker.stands = False
            elif worker.speaks(0.02) and _over(worker):
                running.remove(worker)


def _over(worker: Worker) -> bool:
    """Hear what a worker has to say; True where it was its last word."""
    heard = worker.hear()
    assert heard is not None, "a worker died by itself"
    assert "at" in heard or "done" in heard, heard.get("failed") or heard
    worker.stands = "at" in heard
    return not worker.stands


def _age(database: str) -> None:
    """Let the leases grow older by as much, whoever's clock they end by."""
    engine = create_engine(database)
    with engine.begin() as connection:
        seconds = STANDSTILL.total_seconds()
        # What the first worker has locked, within a transaction, is about to be settled anyway.
        free = "SELECT id FROM deliveries FOR UPDATE SKIP LOCKED"
        older = f"lease_until - interval '{seconds} s'"
        late = f"UPDATE deliveries SET lease_until = {older} WHERE id IN ({free})"  # noqa: S608 - constants
        connection.execute(text(late))
    end_connection(engine, "turn reconcile")  # as the server does after 120 s
    engine.dispose()
