"""The demo's clock: fast, never past an armed job, and the machine's own for real time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from helpers.clock import ManualClock

from bot.clock import Clock, DemoClock

START = datetime(2022, 7, 11, 12, tzinfo=UTC)
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)


@pytest.fixture
def system() -> ManualClock:
    return ManualClock()


@pytest.fixture
def demo(system: ManualClock) -> DemoClock:
    return DemoClock(START, 3600, system=system)


def test_the_machines_clock_is_aware_and_goes_forward() -> None:
    clock = Clock()
    first, boot = clock.now(), clock.uptime()
    assert first.tzinfo is UTC
    assert abs(clock.after(60) - clock.now() - 60 * SECOND) < SECOND
    assert clock.arm("any", START) == START
    assert clock.uptime() >= boot


def test_time_stands_still_until_a_job_is_armed_and_runs_by_the_factor_then(
    demo: DemoClock, system: ManualClock
) -> None:
    system.advance(seconds=30)
    assert demo.now() == START
    demo.arm("publish", START + 10 * HOUR)
    system.advance(seconds=2)
    assert demo.now() == START + 2 * HOUR


def test_a_job_wakes_when_it_is_its_instant(demo: DemoClock, system: ManualClock) -> None:
    wake = demo.arm("publish", START + HOUR)
    assert wake - system.now() == SECOND
    system.advance_to(wake)
    assert demo.now() == START + HOUR


def test_time_stands_still_while_a_job_is_due(demo: DemoClock, system: ManualClock) -> None:
    demo.arm("publish", START + HOUR)
    demo.arm("read", START + 5 * HOUR)
    system.advance(seconds=60)
    assert demo.now() == START + HOUR
    demo.arm("publish", START + 2 * HOUR)
    assert demo.now() == START + HOUR  # the wait is made up for by nobody
    system.advance(seconds=1)
    assert demo.now() == START + 2 * HOUR


def test_an_instant_in_the_past_is_now(demo: DemoClock, system: ManualClock) -> None:
    assert demo.arm("publish", START - HOUR) == system.now()
    system.advance(seconds=5)
    assert demo.now() == START


def test_time_never_goes_back(demo: DemoClock, system: ManualClock) -> None:
    seen = [demo.now()]
    for step, ahead in enumerate((3, -2, 5, 0, 1, 9)):
        demo.arm(f"job {step % 2}", demo.now() + ahead * HOUR)
        system.advance(seconds=0.7)
        seen.append(demo.now())
    assert seen == sorted(seen)


def test_time_stops_at_its_end(system: ManualClock) -> None:
    demo = DemoClock(START, 3600, end=START + HOUR, system=system)
    demo.arm("publish", START + 9 * HOUR)
    system.advance(seconds=60)
    assert demo.now() == START + HOUR


def test_a_day_at_any_speed_is_an_instant(system: ManualClock) -> None:
    """The loop arms a job that runs once a day, of real time, at the speed of the demo."""
    assert DemoClock(START, 1e9, system=system).after(86_400) > START


def test_real_seconds_are_the_factor_times_as_long(demo: DemoClock, system: ManualClock) -> None:
    assert demo.after(2) == START + 2 * HOUR
    before = demo.uptime()
    system.advance(seconds=2)
    assert demo.uptime() - before == 2


def test_the_start_may_be_given_in_any_zone(system: ManualClock) -> None:
    local = START.astimezone(ZoneInfo("America/New_York"))
    assert DemoClock(local, 60, system=system).now().tzinfo is UTC
