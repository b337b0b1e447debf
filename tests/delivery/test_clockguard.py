"""When the clock is in doubt, everything is paused until a person has checked it."""

from __future__ import annotations

import logging
import time
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import pytest
from helpers.clock import ManualClock
from helpers.delivery import DUE
from helpers.store import MINUTE, NOW, delivery, text_content

from bot.clock import Clock, DemoClock
from bot.database.opening import open_database
from bot.delivery.clockguard import ClockGuard
from bot.delivery.decide import Wait, decide
from bot.model import Account, Pause, PauseCause, Situation, State
from bot.store.queue import Queue
from bot.store.restore import RestoreStore

if TYPE_CHECKING:
    from helpers.databases import PostgresServer
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
    assert loop.state(key) is State.SCHEDULED  # nor missed, as the clock is in doubt
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


def test_a_clock_that_is_put_right_again_is_reported_again_and_the_post_is_in_time(
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


def test_a_step_under_another_pause_is_reported_when_that_is_lifted(loop: AppHarness) -> None:
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
    assert "behind the database's latest entry" in reason(loop)
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
    assert "Third." in loop.texts  # a person has accepted the new offset
    assert loop.app.queue.pauses() == []


def test_the_platforms_clock_a_little_off_is_no_matter(loop: AppHarness) -> None:
    world_now = loop.world.now
    loop.world.now = lambda: world_now() + timedelta(minutes=4)
    loop.add()
    loop.drive(minutes=15)
    assert loop.app.queue.pauses() == []


def is_ahead_of(loop: AppHarness, **units: float) -> None:
    """Set the sandbox's clock so that ours is ahead of it by this much."""
    loop.world.now = lambda: loop.clock.now() - timedelta(**units)


def start_asking(loop: AppHarness) -> None:
    loop.checks_identity = True
    loop.restart()


@pytest.mark.parametrize("minutes", [20, -20])
def test_a_wrong_clock_is_noticed_before_the_first_post_leaves(
    loop: AppHarness, minutes: int
) -> None:
    is_ahead_of(loop, minutes=minutes)
    start_asking(loop)
    key = loop.add()
    loop.drive(minutes=30)
    assert loop.posts == []
    assert loop.state(key) is State.SCHEDULED
    assert "it is 20 min" in reason(loop)


def test_nothing_is_given_up_by_a_clock_that_no_server_was_asked_about(loop: AppHarness) -> None:
    is_ahead_of(loop, minutes=20)
    start_asking(loop)
    key = loop.add(due=loop.clock.now() - 17 * MINUTE)  # in three minutes, by the right time
    loop.drive(minutes=1)
    assert loop.state(key) is State.SCHEDULED
    loop.clock.step(minutes=-20)
    assert loop.resume() == 1
    loop.drive(minutes=1)
    assert loop.resume() == 1  # of the step back
    loop.drive(minutes=5)
    assert loop.state(key) is State.PUBLISHED


def test_a_server_that_does_not_answer_keeps_nothing_from_being_missed(loop: AppHarness) -> None:
    start_asking(loop)
    loop.fault({"status": 503}, "/2/users/me", count=1000)
    key = loop.add(due=loop.clock.now() - 17 * MINUTE)
    loop.drive(minutes=1)
    assert loop.state(key) is State.MISSED


def test_after_hours_without_an_answer_the_server_is_asked_before_the_next_post(
    loop: AppHarness,
) -> None:
    start_asking(loop)
    loop.add("first")
    later = loop.add("later", due=DUE + 7 * HOUR, content=text_content("Later."))
    loop.drive(minutes=20)
    is_ahead_of(loop, minutes=20)  # as a clock that nothing sets has gone since
    loop.drive(hours=8)
    assert loop.texts == ["Take HART off AWS."]
    assert loop.state(later) is State.SCHEDULED
    assert "it is 20 min ahead of the platform's" in reason(loop)


def test_reading_counters_shows_the_servers_clock_too(loop: AppHarness) -> None:
    loop.add("first")
    loop.drive(minutes=20)
    is_ahead_of(loop, minutes=20)
    loop.read_as_planned(hours=2)
    assert "it is 20 min ahead of the platform's" in reason(loop)


# --- several servers ------------------------------------------------------------------------------

ACCOUNTS = {
    "x": Account("x", "x", "@mj", "https://api.x.com"),
    "m": Account("m", "mastodon", "@mj@social.example", "https://social.example"),
    "m2": Account("m2", "mastodon", "@press@social.example", "https://social.example"),
    "b": Account("b", "bluesky", "@mj.bsky.social", "https://bsky.social"),
}
ALL = [("all", "")]


@pytest.mark.parametrize("order", [*permutations("xmb")])
@pytest.mark.parametrize(
    ("wrong", "paused"),
    [
        ("", []),
        ("m", [("account", "m"), ("account", "m2")]),  # both are on that server
        ("b", [("account", "b")]),
        ("mb", ALL),
        ("xmb", ALL),
    ],
)
def test_of_three_servers_two_are_believed_in_whatever_order_they_answer(
    loop: AppHarness, order: tuple[str, ...], wrong: str, paused: list[tuple[str, str]]
) -> None:
    guard = ClockGuard(loop.app.queue, RestoreStore(loop.app.database), loop.clock, ACCOUNTS)
    for name in order * 2:
        there = loop.clock.now() - (20 * MINUTE if name in wrong else timedelta(0))
        guard.check_platform_time(name, there)
    pauses = [(pause.scope, pause.name) for pause in loop.app.queue.pauses()]
    assert (ALL[0] in pauses) if paused is ALL else (sorted(pauses) == paused)


def test_a_server_that_was_seen_long_ago_does_not_speak_for_our_clock(loop: AppHarness) -> None:
    guard = ClockGuard(loop.app.queue, RestoreStore(loop.app.database), loop.clock, ACCOUNTS)
    guard.check_platform_time("x", loop.clock.now())
    loop.clock.advance(hours=1)
    guard.check_platform_time("m", loop.clock.now() - 20 * MINUTE)
    assert "20 min ahead of" in reason(loop)


def test_an_account_whose_servers_clock_is_wrong_waits_and_is_missed_in_the_end() -> None:
    doubt = Pause(1, "account", "mj", "its server's", "groundswell", NOW, PauseCause.CLOCK)
    situation = Situation(Account("mj", "x", "@mj", "https://api.x.com"), pauses=[doubt])
    assert isinstance(decide(delivery(), situation, NOW), Wait)
    assert not isinstance(decide(delivery(), situation, NOW + HOUR), Wait)


def test_a_servers_clock_without_a_date_is_no_witness(loop: AppHarness) -> None:
    guard = ClockGuard(loop.app.queue, RestoreStore(loop.app.database), loop.clock, ACCOUNTS)
    guard.check_platform_time("x", None)
    guard.check_platform_time("m", loop.clock.now() - 20 * MINUTE)
    assert "20 min ahead of" in reason(loop)
    assert not guard.is_silent("x")


@pytest.mark.parametrize("clock", [Clock(), ManualClock()], ids=["right", "wrong"])
def test_the_clock_of_a_database_server_is_a_witness_at_the_start(
    postgresql: PostgresServer, clock: Clock
) -> None:
    with postgresql.database() as url, closing(open_database(url)) as database:
        queue = Queue(database)
        ClockGuard(queue, RestoreStore(database), clock, {}).begin("me")
        reasons = [pause.why for pause in queue.pauses()]
    assert len(reasons) == isinstance(clock, ManualClock)
    assert all("the database server's" in why for why in reasons)


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


def test_a_server_that_never_tells_the_time_again_is_asked_once_and_gets_its_posts(
    loop: AppHarness,
) -> None:
    loop.checks_identity = True
    loop.restart()
    loop.app._identify()
    loop.clock.advance(hours=7)
    key = loop.add(due=loop.clock.now() + MINUTE)
    kind = type(loop.app.clients("mj"))
    asked, whoami = [], kind.whoami

    def count(client: Any) -> Any:
        asked.append(loop.clock.now())
        assert len(asked) < 9, "it is asked again and again"
        return whoami(client)

    with patch.object(kind, "platform_time", None), patch.object(kind, "whoami", count):
        loop.drive(minutes=3)
    assert len(asked) == 1
    assert loop.state(key) is State.PUBLISHED
