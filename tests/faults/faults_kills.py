"""Which worker is killed where: every step, with every way in which an answer is lost."""

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
"""How the send is answered, where the worker lives to see it."""

ON_THE_WIRE: dict[str, Any] = {
    "on the wire, stored": {"stall": 30},
    "on the wire, not stored": {"stall": 30, "commit": "never"},
    "on the wire, stored after the death": {"stall": 0.3, "commit": "late"},
}

TIMELINES: dict[str, int] = {"shown": 0, "of errors only, for a while": 4, "of errors only": 10_000}
"""How many looks at the timeline are answered by errors only."""

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
    """Where a worker dies; ``nth`` of the times that it comes there."""

    step: str
    nth: int = 1


@dataclass(frozen=True)
class KillRun:
    """One run: what is posted, how it is answered, and where one worker after the other dies.

    ``timeline`` is what the platform shows of it, ``network`` which one is played.
    """

    kind: str
    answer: str
    deaths: tuple[KillPoint, ...]
    timeline: str = "shown"
    network: str = "x"


def combinations() -> list[KillRun]:
    """Give every step with every answer and every kind of post, once."""
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
    """Give so many runs, all combinations again and again, each time with other places to die."""
    random = Random(seed)  # noqa: S311 - the same runs every time; seed 1 has all in a tenth
    found: list[KillRun] = []
    while len(found) < count:
        more = [_varied(plan, random) for plan in combinations()]
        random.shuffle(more)
        found += more
    return found[:count]


def network_runs(network: str, count: int) -> list[KillRun]:
    """Give so many runs on a network, every fifth of them with a timeline that is not shown."""
    plans = kill_runs(count, 1 + [*NETWORKS].index(network))
    timelines = cycle(("shown",) * 4 + tuple(name for name, looks in TIMELINES.items() if looks))
    return [
        replace(plan, network=network, timeline=timeline)
        for plan, timeline in zip(plans, timelines, strict=False)
    ]


def _varied(plan: KillRun, random: Random) -> KillRun:
    """Die at another part of a thread, and sometimes die once more."""
    deaths = plan.deaths
    if plan.kind == "thread" and deaths[0].step in SEND_STEPS:
        deaths = (replace(deaths[0], nth=random.randint(1, 3)), *deaths[1:])
    if random.random() < 1 / 3:
        deaths = (*deaths, KillPoint(random.choice((*SEND_STEPS, *PROBE_STEPS, *RESCUE_STEPS))))
    return replace(plan, deaths=deaths)


def execute(plan: KillRun, folder: Path, pool: WorkerPool, bug: str = "") -> tuple[RunResult, int]:
    """Make one run; give what came of it, and how many workers were killed."""
    with fault_run(folder, pool, network=plan.network) as one:
        one.queue(make_content(plan.kind, "post", one.folder))
        if ANSWERS[plan.answer]:
            one.fault(ANSWERS[plan.answer], skip=plan.deaths[0].nth - 1 if plan.deaths else 0)
        if TIMELINES[plan.timeline]:
            one.fault("errors_only", one.network.timeline, count=TIMELINES[plan.timeline])
        patience = 0.3 if plan.answer == "stored, no answer" else 20
        kills = sum(_kill_at(one, death, bug, patience) for death in plan.deaths)
        one.finish(
            LONG_RUN_TIME if TIMELINES[plan.timeline] else RUN_TIME, bug=bug, read_timeout=patience
        )
        return one.result(), kills


def _kill_at(one: FaultRun, death: KillPoint, bug: str, patience: float) -> bool:
    """Let a worker live up to there; True where it came there and was killed."""
    if "on the wire" in death.step:
        return _kill_on_the_wire(one, death, bug)
    worker = one.worker(step=death.step, nth=death.nth, bug=bug, read_timeout=patience)
    heard = worker.receive()
    assert heard, "the worker died by itself"
    assert "failed" not in heard, heard["failed"]
    worker.kill()
    return "at" in heard


def _kill_on_the_wire(one: FaultRun, death: KillPoint, bug: str) -> bool:
    """Let the platform hold the answer back, and kill the worker while it waits for it."""
    upload = death.step.startswith("upload")
    effect = {"stall": 30} if upload else ON_THE_WIRE[death.step]
    one.fault(effect, one.network.upload if upload else "")
    worker = one.worker(bug=bug)
    one.wait(lambda: one.world.faults.hits)
    if not upload and effect.get("commit") != "late":
        one.wait(lambda: effect.get("commit") or one.world.visible())
    worker.kill()
    if effect.get("commit") == "late":
        one.wait(one.world.visible)
    return True


def kill_steps(runs: Sequence[KillRun]) -> set[str]:
    """Give all steps at which somebody dies."""
    return {death.step for plan in runs for death in plan.deaths}
