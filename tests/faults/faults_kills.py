"""Runs in which a worker is killed, at every step and with every way to lose an answer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import cycle, product
from random import Random
from typing import TYPE_CHECKING, Any

from faults_stage import LONG_RUN_TIME, POST_KINDS, RUN_TIME, fault_run, make_content
from helpers.networks import NETWORKS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from faults_process import WorkerPool
    from faults_stage import FaultRun, RunResult

ANSWERS: dict[str, Any] = {
    "ok": None,
    "stored, connection dropped": "commit_then_drop",
    "dropped, not stored": "drop_before",
    "stored, 503": "commit_then_503",
    "stored, no answer": {"stall": 0.6},
}
"""Effects on the answer to the send, if the worker lives long enough to receive it."""

ON_THE_WIRE: dict[str, Any] = {
    "on the wire, stored": {"stall": 30},
    "on the wire, not stored": {"stall": 30, "commit": "never"},
    "on the wire, stored after the death": {"stall": 0.3, "commit": "late"},
}

TIMELINES: dict[str, int] = {"shown": 0, "of errors only, for a while": 4, "of errors only": 10_000}
"""Number of searches of the timeline that are answered with errors and no posts."""

SEND_STEPS = (
    "before claim",
    "commit of claim",
    "after claim",
    "before publish",
    "after publish",
    "commit of close",
    "after close",
)
UPLOAD_STEPS = ("before upload", "upload on the wire", "after upload")
PROBE_STEPS = (
    "before find",
    "after find",
    "commit of record_probe",
    "after record_probe",
    "before resolve",
    "commit of resolve",
    "after resolve",
)
RESCUE_STEPS = ("before rescue", "commit of rescue", "after rescue")


@dataclass(frozen=True)
class KillPoint:
    """The step at which a worker dies."""

    step: str
    nth: int = 1
    """The worker dies when it reaches the step for this time."""


@dataclass(frozen=True)
class KillRun:
    """The plan of one run."""

    kind: str
    """Kind of post, of ``POST_KINDS``."""
    answer: str
    """Answer to the send, of ``ANSWERS``."""
    deaths: tuple[KillPoint, ...]
    """Step at which each worker dies, one worker after the other."""
    timeline: str = "shown"
    """State of the platform's timeline, of ``TIMELINES``."""
    network: str = "x"
    """Simulated network, of ``NETWORKS``."""


def combinations() -> list[KillRun]:
    """Return every step with every answer and every kind of post, once."""
    sends = product(POST_KINDS, ANSWERS, SEND_STEPS)
    found = [KillRun(kind, answer, (KillPoint(step),)) for kind, answer, step in sends]
    found += [
        KillRun("media", answer, (KillPoint(step),))
        for answer, step in product(ANSWERS, UPLOAD_STEPS)
    ]
    found += [
        KillRun(kind, "ok", (KillPoint(step),)) for kind, step in product(POST_KINDS, ON_THE_WIRE)
    ]
    for kind, answer, step in product(POST_KINDS, ANSWERS, PROBE_STEPS):
        lost = () if answer != "ok" else (KillPoint("after publish"),)
        found.append(KillRun(kind, answer, (*lost, KillPoint(step))))
    for kind, answer, step in product(POST_KINDS, ANSWERS, RESCUE_STEPS):
        found.append(KillRun(kind, answer, (KillPoint("after publish"), KillPoint(step))))
    return found


def kill_runs(count: int, seed: int = 1) -> list[KillRun]:
    """Return so many runs, repeating all combinations with other steps to die at."""
    random = Random(seed)  # noqa: S311 - the same every time; with seed 1 a tenth has all
    found: list[KillRun] = []
    while len(found) < count:
        more = [_varied(plan, random) for plan in combinations()]
        random.shuffle(more)
        found += more
    return found[:count]


def network_runs(network: str, count: int) -> list[KillRun]:
    """Return so many runs on a network, every fifth with a timeline that cannot be read."""
    plans = kill_runs(count, 1 + [*NETWORKS].index(network))
    timelines = cycle(("shown",) * 4 + tuple(name for name, looks in TIMELINES.items() if looks))
    return [
        replace(plan, network=network, timeline=timeline)
        for plan, timeline in zip(plans, timelines, strict=False)
    ]


def _varied(plan: KillRun, random: Random) -> KillRun:
    """Move the death to another part of a thread, and sometimes add a second death."""
    deaths = plan.deaths
    if plan.kind == "thread" and deaths[0].step in SEND_STEPS:
        deaths = (replace(deaths[0], nth=random.randint(1, 3)), *deaths[1:])
    if random.random() < 1 / 3:
        deaths = (*deaths, KillPoint(random.choice((*SEND_STEPS, *PROBE_STEPS, *RESCUE_STEPS))))
    return replace(plan, deaths=deaths)


def execute(plan: KillRun, folder: Path, pool: WorkerPool, bug: str = "") -> tuple[RunResult, int]:
    """Make one run, and return its result and the number of workers that were killed."""
    with fault_run(folder, pool, network=plan.network) as run:
        run.queue(make_content(plan.kind, "post", run.folder))
        if ANSWERS[plan.answer]:
            run.fault(ANSWERS[plan.answer], skip=plan.deaths[0].nth - 1 if plan.deaths else 0)
        if TIMELINES[plan.timeline]:
            run.fault("errors_only", run.network.timeline, count=TIMELINES[plan.timeline])
        patience = 0.3 if plan.answer == "stored, no answer" else 20
        kills = sum(_kill_at(run, death, bug, patience) for death in plan.deaths)
        run.finish(
            LONG_RUN_TIME if TIMELINES[plan.timeline] else RUN_TIME, bug=bug, read_timeout=patience
        )
        return run.result(), kills


def _kill_at(run: FaultRun, death: KillPoint, bug: str, patience: float) -> bool:
    """Run a worker up to a step and kill it; return whether it reached the step."""
    if "on the wire" in death.step:
        return _kill_on_the_wire(run, death, bug)
    worker = run.worker(step=death.step, nth=death.nth, bug=bug, read_timeout=patience)
    heard = worker.receive()
    assert heard, "the worker died by itself"
    assert "failed" not in heard, heard["failed"]
    worker.kill()
    return "at" in heard


def _kill_on_the_wire(run: FaultRun, death: KillPoint, bug: str) -> bool:
    """Let the platform hold back the answer, and kill the worker that waits for it."""
    upload = death.step.startswith("upload")
    effect = {"stall": 30} if upload else ON_THE_WIRE[death.step]
    run.fault(effect, run.network.upload if upload else "")
    worker = run.worker(bug=bug)
    run.wait(lambda: run.world.faults.hits)
    if not upload and effect.get("commit") != "late":
        run.wait(lambda: effect.get("commit") or run.world.visible())
    worker.kill()
    if effect.get("commit") == "late":
        run.wait(run.world.visible)
    return True


def kill_steps(runs: Sequence[KillRun]) -> set[str]:
    """Return all steps at which a worker dies."""
    return {death.step for plan in runs for death in plan.deaths}
