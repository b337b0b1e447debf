"""Which worker is killed where: every step, with every way in which an answer is lost."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from random import Random
from typing import TYPE_CHECKING, Any

from faults_stage import KINDS, LONG, USUAL, content, stage

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from faults_nursery import Nursery
    from faults_stage import Stage, Verdict

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

SEND = (
    "before claim",
    "commit of claim",
    "after claim",
    "before publish",
    "after publish",
    "commit of close",
    "after close",
)
UPLOAD = ("before upload", "upload on the wire", "after upload")
LOOK = (
    "before find",
    "after find",
    "commit of looked",
    "after looked",
    "before resolve",
    "commit of resolve",
    "after resolve",
)
RESCUE = ("before rescue", "commit of rescue", "after rescue")


@dataclass(frozen=True)
class Death:
    """Where a worker dies; ``nth`` of the times that it comes there."""

    step: str
    nth: int = 1


@dataclass(frozen=True)
class Plan:
    """One run: what is posted, how it is answered, and where one worker after the other dies.

    ``timeline`` is what the platform shows of it.
    """

    kind: str
    answer: str
    deaths: tuple[Death, ...]
    timeline: str = "shown"


def combinations() -> list[Plan]:
    """Give every step with every answer and every kind of post, once."""
    sends = product(KINDS, ANSWERS, SEND)
    found = [Plan(kind, answer, (Death(step),)) for kind, answer, step in sends]
    found += [Plan("media", answer, (Death(step),)) for answer, step in product(ANSWERS, UPLOAD)]
    found += [Plan(kind, "ok", (Death(step),)) for kind, step in product(KINDS, ON_THE_WIRE)]
    for kind, answer, step in product(KINDS, ANSWERS, LOOK):
        lost = () if answer != "ok" else (Death("after publish"),)
        found.append(Plan(kind, answer, (*lost, Death(step))))
    for kind, answer, step in product(KINDS, ANSWERS, RESCUE):
        found.append(Plan(kind, answer, (Death("after publish"), Death(step))))
    return found


def plans(count: int) -> list[Plan]:
    """Give so many runs, all combinations again and again, each time with other places to die."""
    random = Random(1)  # noqa: S311 - the same runs every time; this seed has all in a tenth
    found: list[Plan] = []
    while len(found) < count:
        more = [_varied(plan, random) for plan in combinations()]
        random.shuffle(more)
        found += more
    return found[:count]


def _varied(plan: Plan, random: Random) -> Plan:
    """Die at another part of a thread, and sometimes die once more."""
    deaths = plan.deaths
    if plan.kind == "thread" and deaths[0].step in SEND:
        deaths = (replace(deaths[0], nth=random.randint(1, 3)), *deaths[1:])
    if random.random() < 1 / 3:
        deaths = (*deaths, Death(random.choice((*SEND, *LOOK, *RESCUE))))
    return replace(plan, deaths=deaths)


def run(plan: Plan, folder: Path, nursery: Nursery, bug: str = "") -> tuple[Verdict, int]:
    """Make one run; give what came of it, and how many workers were killed."""
    with stage(folder, nursery) as one:
        one.queue(content(plan.kind, "post", one.folder))
        if ANSWERS[plan.answer]:
            one.fault(ANSWERS[plan.answer], skip=plan.deaths[0].nth - 1 if plan.deaths else 0)
        if TIMELINES[plan.timeline]:
            one.fault("errors_only", r"/2/users/\d+/tweets", count=TIMELINES[plan.timeline])
        patience = 0.3 if plan.answer == "stored, no answer" else 20
        kills = sum(_die(one, death, bug, patience) for death in plan.deaths)
        one.finish(LONG if TIMELINES[plan.timeline] else USUAL, bug=bug, read_timeout=patience)
        return one.verdict(), kills


def _die(one: Stage, death: Death, bug: str, patience: float) -> bool:
    """Let a worker live up to there; True where it came there and was killed."""
    if "on the wire" in death.step:
        return _die_on_the_wire(one, death, bug)
    worker = one.worker(step=death.step, nth=death.nth, bug=bug, read_timeout=patience)
    heard = worker.hear()
    assert heard, "the worker died by itself"
    assert "failed" not in heard, heard["failed"]
    worker.kill()
    return "at" in heard


def _die_on_the_wire(one: Stage, death: Death, bug: str) -> bool:
    """Let the platform hold the answer back, and kill the worker while it waits for it."""
    upload = death.step.startswith("upload")
    effect = {"stall": 30} if upload else ON_THE_WIRE[death.step]
    one.fault(effect, "/2/media/upload" if upload else "/2/tweets")
    worker = one.worker(bug=bug)
    one.wait(lambda: one.world.faults.hits)
    if not upload and effect.get("commit") != "late":
        one.wait(lambda: effect.get("commit") or one.world.visible())
    worker.kill()
    if effect.get("commit") == "late":
        one.wait(one.world.visible)
    return True


def steps(runs: Sequence[Plan]) -> set[str]:
    """Give all steps at which somebody dies."""
    return {death.step for plan in runs for death in plan.deaths}
