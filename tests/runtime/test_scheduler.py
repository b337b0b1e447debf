"""The job scheduler, with the real APScheduler, runs jobs in time and none too often."""

from __future__ import annotations

import threading
import time
from collections import deque
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from bot.clock import Clock, DemoClock
from bot.errors import DatabaseReplacedError, StoreError
from bot.runtime import scheduler
from bot.runtime.scheduler import Job, JobScheduler

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

START = datetime(2022, 7, 11, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
PATIENCE = 60.0


class Probe:
    """A job that notes when it ran, and can be waited for."""

    def __init__(self, now: Callable[[], datetime], wakes: Iterator[datetime | None]) -> None:
        self._now, self._wakes = now, wakes
        self._changed = threading.Condition()
        self.runs: list[datetime] = []

    def run(self) -> None:
        with self._changed:
            self.runs.append(self._now())
            self._changed.notify_all()

    def next_wake(self) -> datetime | None:
        return next(self._wakes, None)

    def ran(self, times: int) -> list[datetime]:
        """Wait until it has run so many times."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.runs) >= times, PATIENCE), self.runs
            return self.runs[:times]


@contextmanager
def beating(heartbeat: JobScheduler) -> Iterator[None]:
    heartbeat.start()
    try:
        yield
    finally:
        heartbeat.stop()


def test_a_job_runs_at_the_very_instant_it_is_armed_for() -> None:
    clock = DemoClock(START, 6000)
    due = [START + n * 7 * MINUTE for n in range(1, 6)]
    probe = Probe(clock.now, iter(due))
    with beating(JobScheduler([Job("publish", probe.run, probe.next_wake)], clock)):
        assert probe.ran(6) == [START, *due]


def test_a_real_instant_is_met_and_not_the_next_tick() -> None:
    clock = Clock()
    wakes: deque[datetime] = deque()
    probe = Probe(clock.now, iter(wakes.popleft, None))
    wakes.extend(clock.now() + timedelta(milliseconds=n * 60) for n in range(1, 5))
    due = list(wakes)
    with beating(JobScheduler([Job("publish", probe.run, probe.next_wake)], clock)):
        late = [ran - at for ran, at in zip(probe.ran(5)[1:], due, strict=True)]
    tick = timedelta(seconds=scheduler.TICK_SECONDS)
    assert all(timedelta(0) <= delay < tick / 2 for delay in late), late


def test_a_job_with_nothing_to_do_runs_at_its_longest_interval() -> None:
    probe = Probe(Clock().now, iter(()))
    job = Job("watch", probe.run, probe.next_wake, every=0.05)
    with beating(JobScheduler([job], Clock())):
        first, *_, last = probe.ran(4)
    assert last - first >= timedelta(seconds=0.15)


@pytest.mark.parametrize("error", [StoreError("the disk is full"), ZeroDivisionError()])
def test_a_job_that_fails_is_tried_again_but_does_not_spin(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    monkeypatch.setattr(scheduler, "RETRY_SECONDS", 0.1)
    probe = Probe(Clock().now, iter(lambda: START, None))  # due all the time

    def fails() -> None:
        probe.run()
        raise error

    with beating(JobScheduler([Job("publish", fails, probe.next_wake)], Clock())):
        runs = probe.ran(3)
    gaps = [later - one for one, later in pairwise(runs)]
    assert all(gap >= timedelta(seconds=0.09) for gap in gaps), gaps
    assert "publish" in caplog.text


def test_a_database_that_was_replaced_ends_the_loop_and_is_logged_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail() -> None:
        raise DatabaseReplacedError("groundswell.db")

    heartbeat = JobScheduler([Job(name, fail, lambda: None) for name in ("watch", "read")], Clock())
    with beating(heartbeat), pytest.raises(DatabaseReplacedError, match="was moved away"):
        loop_until(heartbeat.check)
    assert caplog.text == ""


def test_two_that_fail_do_not_wake_each_other_at_full_speed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(scheduler, "RETRY_SECONDS", 0.1)
    probes = [Probe(Clock().now, iter(lambda: START, None)) for _ in range(2)]

    def fails(probe: Probe) -> None:
        probe.run()
        raise StoreError("the disk is full")

    jobs = [
        Job("one", lambda: fails(probes[0]), probes[0].next_wake, wakes=("other",)),
        Job("other", lambda: fails(probes[1]), probes[1].next_wake, wakes=("one",)),
    ]
    with beating(JobScheduler(jobs, Clock())):
        runs = probes[0].ran(4)
    assert runs[-1] - runs[0] >= timedelta(seconds=0.2)


def test_an_error_in_asking_does_not_stop_the_job(caplog: pytest.LogCaptureFixture) -> None:
    probe = Probe(Clock().now, iter(()))

    def asks() -> datetime | None:
        raise ZeroDivisionError

    with beating(JobScheduler([Job("publish", probe.run, asks, every=0.05)], Clock())):
        probe.ran(3)
    assert "publish does not know when to run next" in caplog.text


def test_a_nudge_wakes_a_job_earlier_and_never_later() -> None:
    clock = Clock()
    probe = Probe(clock.now, iter(()))
    heartbeat = JobScheduler([Job("publish", probe.run, probe.next_wake)], clock)
    with beating(heartbeat):
        [first] = probe.ran(1)
        _until_armed(heartbeat)
        heartbeat.nudge("publish", clock.now() + timedelta(seconds=0.05))
        heartbeat.nudge("publish", clock.now() + timedelta(seconds=60))
        _, second = probe.ran(2)
    assert second - first < timedelta(seconds=scheduler.TICK_SECONDS / 2)


def test_a_job_wakes_those_for_which_it_made_something_due() -> None:
    clock = Clock()
    due: deque[datetime] = deque()
    probe = Probe(clock.now, iter(lambda: due.popleft() if due else None, 1))
    writer = Probe(clock.now, iter(()))

    def writes() -> None:
        writer.run()
        due.append(clock.now())

    jobs = [
        Job("publish", probe.run, probe.next_wake),
        Job("watch", writes, writer.next_wake, every=0.1, wakes=("publish",)),
    ]
    with beating(JobScheduler(jobs, clock)):
        runs = probe.ran(3)
    assert runs[-1] - runs[0] < timedelta(seconds=scheduler.TICK_SECONDS / 2)


@pytest.mark.parametrize("found", [False, None])
def test_a_run_that_found_nothing_new_wakes_nobody(found: bool | None) -> None:
    clock = Clock()
    watcher, asked = Probe(clock.now, iter(())), Probe(clock.now, iter(()))

    def looks() -> bool | None:
        watcher.run()
        return found

    jobs = [
        Job("watch", looks, watcher.next_wake, every=0.05, wakes=("publish",)),
        Job("publish", lambda: None, asked.run),
    ]
    with beating(JobScheduler(jobs, clock)):
        watcher.ran(5)
    # Its own beat asks once; so does each of the watcher's that may have found something.
    assert len(asked.runs) == 1 if found is False else len(asked.runs) > 3


@pytest.mark.timeout(20)
def test_stop_waits_for_running_jobs_and_nothing_runs_after_it() -> None:
    started, ended = threading.Event(), threading.Event()

    def slow() -> None:
        started.set()
        time.sleep(0.2)
        ended.set()

    heartbeat = JobScheduler([Job("publish", slow, lambda: START)], Clock())
    heartbeat.start()
    assert started.wait(PATIENCE)
    heartbeat.stop()
    assert ended.is_set()
    ended.clear()
    time.sleep(0.1)
    assert not ended.is_set()


def test_a_job_that_runs_long_is_not_run_beside_itself() -> None:
    probe = Probe(Clock().now, iter(lambda: START, None))
    at_once = threading.Semaphore(1)
    beside = threading.Event()

    def slow() -> None:
        if not at_once.acquire(blocking=False):
            beside.set()
        probe.run()
        time.sleep(0.05)
        at_once.release()

    job = Job("publish", slow, probe.next_wake, every=0.01)
    with beating(JobScheduler([job], Clock())):
        probe.ran(4)
    assert not beside.is_set()


def test_a_wall_clock_set_back_leaves_no_job_asleep() -> None:
    """For APScheduler, the instant of the next run is suddenly an hour away."""
    clock = SetBack()
    probe = Probe(clock.now, iter(()))
    heartbeat = JobScheduler([Job("publish", probe.run, probe.next_wake, every=0.05)], clock)
    with beating(heartbeat):
        probe.ran(1)
        _until_armed(heartbeat)
        before = len(probe.runs)
        heartbeat._arm("publish", clock.now() + timedelta(hours=1))
        clock.ahead = scheduler.SLACK_SECONDS + 1
        heartbeat.check()
        probe.ran(before + 1)


def test_a_nudge_while_a_job_runs_is_not_lost() -> None:
    """Something became due after the job had looked, and before it was armed anew."""
    clock = Clock()
    probe = Probe(clock.now, iter(()))
    looked, nudged = threading.Event(), threading.Event()

    def run() -> None:
        probe.run()
        looked.set()
        assert nudged.wait(PATIENCE)

    heartbeat = JobScheduler([Job("publish", run, probe.next_wake)], clock)
    with beating(heartbeat):
        assert looked.wait(PATIENCE)
        heartbeat.nudge("publish", clock.now())
        nudged.set()
        [first, second] = probe.ran(2)
    assert second - first < timedelta(seconds=scheduler.TICK_SECONDS / 2)


def test_time_stands_still_in_the_demo_until_a_job_that_was_nudged_has_run() -> None:
    clock = DemoClock(START, factor=100_000)
    moved: list[timedelta] = []
    done = threading.Event()

    def publish() -> None:
        before = clock.now()
        time.sleep(0.01)
        moved.append(clock.now() - before)
        if len(moved) == 30:
            done.set()

    jobs = [
        Job("publish", publish, lambda: clock.after(0.002)),
        Job("upload", lambda: None, lambda: clock.after(0.001), wakes=("publish",)),
    ]
    with beating(JobScheduler(jobs, clock)):
        assert done.wait(PATIENCE)
    assert {*moved} == {timedelta(0)}


class SetBack(Clock):
    """The machine's clock, whose boot clock the test can move on."""

    ahead = 0.0

    def uptime(self) -> float:
        return super().uptime() + self.ahead

    def boot_time(self) -> float:
        return 0.0


def loop_until(fails: Callable[[], None]) -> None:
    """Call it until it raises."""
    for _ in range(1000):
        fails()
        time.sleep(0.005)


def _until_armed(heartbeat: JobScheduler) -> None:
    """Wait until every job has run and is armed for later."""
    now = Clock().now()
    for _ in range(1000):
        if all(instant > now for instant in heartbeat._armed.values()):
            return
        time.sleep(0.005)
    pytest.fail("the jobs were not armed anew")
