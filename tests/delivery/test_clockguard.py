"""When the clock is in doubt, everything is paused until a person has checked it."""

from __future__ import annotations

import logging
import time
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from helpers.delivery import DUE
from helpers.store import MINUTE, NOW, delivery, text_content

from bot.clock import Clock, DemoClock
from bot.delivery.decide import Wait, decide
from bot.model import Account, Pause, PauseCause, Situation, State

if TYPE_CHECKING:
    from helpers.delivery import AppHarness

HOUR = timedelta(hours=1)


def reason(loop: AppHarness) -> str:
    [pause] = loop.app.queue.pauses()
    assert (pause.scope, pause.who, pause.cause) == ("all", "groundswell", PauseCause.CLOCK)
    return pause.why


@pytest.mark.parametrize("minutes", [-180, -3, 3, 180])
def test_a_step_holds_every_send_and_loses_none(
    loop: AppHarness, caplog: pytest.LogCaptureFixture, minutes: int
) -> None:
    key = loop.add()
    loop.drive(minutes=5)
    loop.clock.step(minutes=minutes)
    loop.drive(minutes=30)
    assert loop.posts == []
    assert loop.state(key) is State.SCHEDULED  # not missed either: who knows what time it is
    assert ("ahead" if minutes > 0 else "back") in reason(loop)
    assert "check the machine's time, then: groundswell resume" in reason(loop)
    errors = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert len(errors) == 1


def test_after_resume_the_new_time_counts(loop: AppHarness) -> None:
    loop.clock.step(minutes=-30)
    loop.beat()
    assert loop.resume() == 1
    loop.add(due=loop.clock.now() + 5 * MINUTE)
    loop.drive(minutes=10)
    assert loop.texts == ["Take HART off AWS."]
    assert loop.app.queue.pauses() == []


def test_a_clock_that_is_put_right_again_is_told_again_and_the_post_is_in_time(
    loop: AppHarness,
) -> None:
    key = loop.add()
    loop.clock.step(hours=5)
    loop.drive(minutes=1)
    resume_at = loop.clock.now()
    loop.clock.step(hours=-5)
    loop.drive(minutes=1)
    assert resume_at > loop.clock.now()
    assert loop.resume() == 1
    loop.beat()
    assert loop.resume() == 1
    loop.drive(minutes=12)
    assert loop.state(key) is State.PUBLISHED


@pytest.mark.parametrize("seconds", [-119, 119])
def test_a_small_step_is_no_matter(loop: AppHarness, seconds: int) -> None:
    loop.clock.step(seconds=seconds)
    loop.add()
    loop.drive(minutes=15)
    assert len(loop.posts) == 1


def test_sleep_is_no_step(loop: AppHarness) -> None:
    loop.drive(minutes=1)
    loop.clock.advance(hours=6)
    loop.drive(minutes=1)
    assert loop.app.queue.pauses() == []


def test_a_step_between_the_claim_and_the_send_stops_the_send(loop: AppHarness) -> None:
    loop.hook_claims(after=lambda: loop.clock.step(hours=1))
    key = loop.add()
    loop.drive(minutes=11)
    assert loop.posts == []
    assert loop.outcomes(key) == ["unsent"]
    assert "jumped 1 h ahead" in reason(loop)


def test_a_step_under_another_pause_is_told_when_that_is_lifted(loop: AppHarness) -> None:
    loop.pause()
    loop.clock.step(minutes=30)
    loop.drive(minutes=1)
    assert [pause.why for pause in loop.app.queue.pauses()] == ["a storm"]
    assert loop.resume() == 1
    loop.beat()
    assert reason(loop).startswith("the clock is in doubt")


# --- at the start ---------------------------------------------------------------------------------


def test_a_start_behind_what_the_database_has_seen_is_held_once(loop: AppHarness) -> None:
    loop.add("first")
    loop.drive(minutes=11)
    key = loop.add("second", due=DUE + 3 * MINUTE, content=text_content("Second."))
    loop.clock.step(minutes=-8)
    loop.restart()
    loop.app.prepare()
    assert "behind what the database has seen" in reason(loop)
    loop.drive(minutes=1)
    assert loop.resume() == 1
    loop.restart()
    loop.app.prepare()
    assert loop.app.queue.pauses() == []
    loop.drive(minutes=15)
    assert loop.state(key) is State.PUBLISHED


def test_a_usual_restart_is_not_held(loop: AppHarness) -> None:
    loop.add()
    loop.drive(minutes=11)
    loop.restart()
    loop.app.prepare()
    assert loop.app.queue.pauses() == []


# --- the platform's clock -------------------------------------------------------------------------


@pytest.mark.parametrize(("minutes", "words"), [(6, "behind"), (-6, "ahead of")])
def test_the_platforms_clock_far_off_holds_what_comes_next(
    loop: AppHarness, minutes: int, words: str
) -> None:
    world_now = loop.world.now
    loop.world.now = lambda: world_now() + timedelta(minutes=minutes)
    loop.add("first")
    loop.add("second", due=DUE + MINUTE, content=text_content("Second."))
    loop.drive(minutes=20)
    assert loop.texts == ["Take HART off AWS."]
    assert f"it is 6 min {words} the platform's" in reason(loop)
    assert loop.resume() == 1
    loop.add("third", due=loop.clock.now() + MINUTE, content=text_content("Third."))
    loop.drive(minutes=5)
    assert "Third." in loop.texts  # a person has seen it: the new offset is the measure
    assert loop.app.queue.pauses() == []


def test_the_platforms_clock_a_little_off_is_no_matter(loop: AppHarness) -> None:
    world_now = loop.world.now
    loop.world.now = lambda: world_now() + timedelta(minutes=4)
    loop.add()
    loop.drive(minutes=15)
    assert loop.app.queue.pauses() == []


# --- pure -----------------------------------------------------------------------------------------


def test_what_is_overdue_by_a_clock_in_doubt_waits() -> None:
    doubt = Pause(
        1, "all", "", "the clock is in doubt: it jumped", "groundswell", NOW, PauseCause.CLOCK
    )
    account = Account("mj", "x", "@mj", "https://api.x.com")
    assert isinstance(decide(delivery(), Situation(account, pauses=[doubt]), NOW + HOUR), Wait)
    typed = replace(doubt, cause=PauseCause.PERSON)
    assert not isinstance(decide(delivery(), Situation(account, pauses=[typed]), NOW + HOUR), Wait)


def test_the_machines_drift_stands_still_and_the_demos_is_none() -> None:
    clock = Clock()
    assert abs(clock.boot_time() - (time.time() - clock.uptime())) < 1
    assert DemoClock(NOW, 100).boot_time() == 0
