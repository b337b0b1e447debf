"""The verdict of ``status``: a table of situations, and a loop that hangs."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from helpers.store import NOW

from bot.model import PauseCause, PauseRequest
from bot.services.health import judge, read_lateness
from bot.services.status import read_status
from bot.services.views_health import LateView, Trouble, Verdict
from bot.services.views_running import PauseView, WorkerView
from bot.services.views_status import AttentionView, BudgetView

if TYPE_CHECKING:
    from helpers.run import SandboxProject

    from bot.runtime.app import App

pytest_plugins = ["helpers.run"]

NOTHING = AttentionView(0, 0, None, 0, 0, 0, 0, (), (), ())
ON_TIME = LateView(0, None, "", loop_acts=True)
LATE = LateView(2, NOW, "Mon 2026-03-02 07:00 EST", loop_acts=True)
IDLE = LateView(2, NOW, "Mon 2026-03-02 07:00 EST", loop_acts=False)


def worker(state: str = "alive") -> WorkerView:
    return WorkerView("a/1/x", "a", 1, NOW, NOW, None, state)


def pause(cause: PauseCause) -> PauseView:
    by_itself = cause is not PauseCause.PERSON
    what = "paused (all) by Kim: a funeral"
    return PauseView(
        "all", "", "a funeral", "Kim", NOW, cause, by_itself, what, "groundswell resume"
    )


def budget(mark: int) -> BudgetView:
    return BudgetView(
        "mj", NOW, NOW, Decimal(25), Decimal(20), Decimal(0), mark, "$20 of $25 for 2026-03"
    )


def verdict(
    workers: tuple[WorkerView, ...] = (worker(),),
    late: LateView = ON_TIME,
    pauses: tuple[PauseView, ...] = (),
    needs: AttentionView = NOTHING,
    budgets: tuple[BudgetView, ...] = (),
) -> tuple[Verdict, list[Trouble]]:
    found = judge(workers, late, pauses, needs, budgets)
    assert all(reason.words for reason in found.reasons)
    return found.verdict, [reason.code for reason in found.reasons]


def test_all_well() -> None:
    assert verdict() == (Verdict.OK, [])
    assert verdict(budgets=(budget(0),)) == (Verdict.OK, [])
    assert verdict((worker("stale"), worker())) == (Verdict.OK, [])


@pytest.mark.parametrize("states", [(), ("killed",), ("stale",), ("killed", "stopped")])
def test_without_a_living_loop_it_is_down(states: tuple[str, ...]) -> None:
    workers = tuple(map(worker, states))
    assert verdict(workers) == (Verdict.DOWN, [Trouble.NO_LOOP])
    # Everything else is named all the same.
    assert verdict(workers, IDLE) == (Verdict.DOWN, [Trouble.NO_LOOP, Trouble.LATE])


def test_loop_that_does_nothing_is_down() -> None:
    assert verdict(late=IDLE) == (Verdict.DOWN, [Trouble.STUCK, Trouble.LATE])


def test_late_posts_that_wait_for_a_reason_only_need_a_person() -> None:
    assert verdict(late=LATE) == (Verdict.ATTENTION, [Trouble.LATE])


@pytest.mark.parametrize("cause", PauseCause)
def test_a_pause_is_no_reason_to_restart(cause: PauseCause) -> None:
    stopped = () if cause is PauseCause.PERSON else ("groundswell resume",)
    needs = AttentionView(0, 0, None, 0, 0, 0, 0, (), stopped, ())
    code = Trouble.STOPPED if stopped else Trouble.PAUSED
    assert verdict(pauses=(pause(cause),), needs=needs) == (Verdict.ATTENTION, [code])


@pytest.mark.parametrize(
    ("needs", "code"),
    [
        (AttentionView(1, 0, None, 0, 0, 0, 0, (), (), ()), Trouble.INBOX),
        (AttentionView(0, 1, "Mon", 0, 0, 0, 0, (), (), ()), Trouble.APPROVALS),
        (AttentionView(0, 0, None, 1, 0, 0, 0, (), (), ()), Trouble.REFUSED),
        (AttentionView(0, 0, None, 0, 1, 0, 0, (), (), ()), Trouble.LEFT_FILES),
        (AttentionView(0, 0, None, 0, 0, 1, 0, (), (), ()), Trouble.STALE_FACTS),
        (AttentionView(0, 0, None, 0, 0, 0, 1, (), (), ()), Trouble.LOST),
        (AttentionView(0, 0, None, 0, 0, 0, 0, ("ours",), (), ()), Trouble.FLOORS),
        (AttentionView(0, 0, None, 0, 0, 0, 0, (), (), ("a.yaml:1:1: …",)), Trouble.MISTAKES),
    ],
    ids=lambda value: value.value if isinstance(value, Trouble) else "",
)
def test_each_need_has_a_code_of_its_own(needs: AttentionView, code: Trouble) -> None:
    assert verdict(needs=needs) == (Verdict.ATTENTION, [code])


def test_files_that_are_too_large_to_be_checked_are_no_trouble() -> None:
    assert verdict(needs=AttentionView(0, 0, None, 0, 0, 0, 0, (), (), None)) == (Verdict.OK, [])


@pytest.mark.parametrize("mark", [80, 100])
def test_budget_that_is_nearly_spent_needs_a_person(mark: int) -> None:
    assert verdict(budgets=(budget(mark),)) == (Verdict.ATTENTION, [Trouble.BUDGET])


# --- A loop that hangs ----------------------------------------------------------------------------


def codes(app: App) -> list[Trouble]:
    return [reason.code for reason in read_status(app).health.reasons]


def test_loop_that_hangs_is_noticed_although_its_process_lives(ours: SandboxProject) -> None:
    ours.write_campaign(ours.post("due", minutes=30), ours.post("later", minutes=300))
    with ours.started_app() as app:
        ours.clock.advance(minutes=33)
        assert codes(app) == []  # it is not late yet
        ours.clock.advance(minutes=3)
        assert codes(app) == [Trouble.STUCK, Trouble.LATE]
        # It acts again.
        app.run_once()
        assert codes(app) == []
    assert ours.states() == {"due": "published", "later": "scheduled"}


def test_loop_that_was_just_started_has_time(ours: SandboxProject) -> None:
    ours.take_in(ours.post("due", minutes=30))
    ours.clock.advance(minutes=60)
    with ours.app() as app:
        assert codes(app) == [Trouble.NO_LOOP, Trouble.LATE]
        with app.registered():
            assert codes(app) == [Trouble.LATE]
            ours.clock.advance(minutes=6)
            assert codes(app) == [Trouble.STUCK, Trouble.LATE]


def test_posts_that_are_held_are_late_and_the_loop_is_not_stuck(
    ours: SandboxProject,
) -> None:
    ours.write_campaign(ours.post("due", minutes=30))
    with ours.started_app() as app:
        request = PauseRequest("all", "", "a funeral", PauseCause.PERSON)
        app.queue.pause(request, "Kim", app.clock.now())
        ours.clock.advance(minutes=37)
        assert codes(app) == [Trouble.LATE, Trouble.PAUSED]
        # The loop has its time after the pause has ended.
        app.queue.resume("all", "", "Kim", app.clock.now())
        assert codes(app) == [Trouble.LATE]
        ours.clock.advance(minutes=6)
        assert codes(app) == [Trouble.STUCK, Trouble.LATE]


def test_platform_that_is_away_is_not_a_loop_that_hangs(ours: SandboxProject) -> None:
    """A restart of the container would not help."""
    ours.configure("gap: 0s", "gap: 0s\n    grace: 9h")
    ours.world.faults.add("POST", "/2/tweets", {"status": 503}, count=10_000)
    ours.write_campaign(ours.post("due", minutes=2), ours.post("next", minutes=3))
    with ours.started_app() as app:
        seen = set()
        for _ in range(60):
            ours.drive(app, minutes=1, step=15)
            seen |= {*codes(app)}
    assert Trouble.STUCK not in seen
    assert Trouble.LATE in seen


def test_lateness_names_the_first_post_in_its_own_time(ours: SandboxProject) -> None:
    ours.take_in(ours.post("first", minutes=30), ours.post("second", minutes=31))
    due = ours.deliveries()["first"].due
    ours.clock.advance(minutes=60)
    with ours.app() as app:
        late = read_lateness(app, [], app.clock.now())
    assert (late.posts, late.since) == (2, due)
    assert late.local == f"{due:%a %Y-%m-%d %H:%M} UTC"


def test_thread_that_is_half_out_is_late(ours: SandboxProject) -> None:
    ours.configure("gap: 0s", "gap: 0s\n    grace: 9h")
    more = "thread:\n  - One.\n  - Two."
    ours.world.faults.add("POST", "/2/tweets", {"status": 429, "reset": 3000}, skip=1)
    ours.write_campaign(ours.post("thread", more=more))
    with ours.started_app() as app:
        ours.drive(app, minutes=7)
        assert codes(app) == [Trouble.LATE]
        assert read_lateness(app, [], app.clock.now()).posts == 1
