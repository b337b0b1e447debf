"""After a 429, the whole account waits, in order, and longer each time."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from helpers.delivery import DUE
from helpers.store import MINUTE, NOW, delivery, text_content

from bot.delivery.decide import GiveUp, Send, Wait, decide
from bot.delivery.transitions import transition_for
from bot.model import Account, Backoff, Situation, State
from bot.platforms.outcomes import RateLimited
from bot.store.pauses import read_backoff

if TYPE_CHECKING:
    from helpers.delivery import AppHarness

SECOND = timedelta(seconds=1)
ACCOUNT = Account("mj", "x", "@mj", "https://api.x.com")
REST = Backoff(NOW + 2 * MINUTE, "rate limited: slow down", 2)


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (timedelta(0), Wait(REST.until, "the account waits: rate limited: slow down")),
        (2 * MINUTE, Send()),
        (16 * MINUTE, GiveUp(State.MISSED, "16 min late, more than its grace of 15 min")),
    ],
)
def test_all_of_an_account_honour_its_rest(
    after: timedelta, expected: Send | Wait | GiveUp
) -> None:
    assert decide(delivery(), Situation(ACCOUNT, backoff=REST), NOW + after) == expected


@pytest.mark.parametrize("counted_by", ["the account", "the post"])
@pytest.mark.parametrize(("times", "minutes"), [(0, 1), (1, 2), (2, 4), (3, 8), (4, 15), (9, 15)])
def test_without_a_reset_the_rest_doubles_up_to_a_quarter_of_an_hour(
    times: int, minutes: int, counted_by: str
) -> None:
    of_account = counted_by == "the account"
    before = Backoff(NOW, "rate limited", times) if times and of_account else None
    one = delivery(grace=timedelta(days=1), tries=0 if of_account else times)
    outcome = RateLimited("slow down", until=None)
    found = transition_for(one, ACCOUNT, outcome, NOW, before)
    assert found.counts_as_try
    assert found.backoff is not None
    assert found.backoff.times == times + 1
    assert found.backoff.until == found.not_before
    assert timedelta(0) <= found.backoff.until - NOW - minutes * MINUTE <= 2 * SECOND


def test_what_is_missed_by_it_still_makes_the_others_wait() -> None:
    outcome = RateLimited("slow down", until=NOW + timedelta(hours=1))
    found = transition_for(delivery(), ACCOUNT, outcome, NOW)
    assert found.state is State.MISSED
    assert found.backoff is not None
    assert found.backoff.until >= NOW + timedelta(hours=1)


@pytest.mark.parametrize("effect", [{"status": 429}, {"status": 429, "reset": 60}])
def test_one_refusal_is_enough_for_all_and_the_order_is_kept(
    loop: AppHarness, effect: dict[str, object]
) -> None:
    loop.add_posts(3)
    loop.fault(effect, count=1)
    loop.drive(minutes=14)
    assert len(loop.world.faults.hits) == 1
    assert loop.texts == [f"post {number}" for number in range(3)]
    assert MINUTE <= loop.posts[0].created - DUE <= MINUTE + 2 * SECOND


def test_tries_are_as_few_as_the_waits_however_many_are_due(loop: AppHarness) -> None:
    loop.add_posts(6)
    loop.fault({"status": 429}, count=100)
    loop.drive(minutes=23)
    assert len(loop.world.faults.hits) == 4
    loop.drive(minutes=10)  # and once more right before they are missed
    assert len(loop.world.faults.hits) == 5


def test_queue_list_says_why_the_others_wait(loop: AppHarness) -> None:
    loop.add("first", content=text_content("first"))
    second = loop.add("second", content=text_content("second"))
    loop.fault({"status": 429}, count=1)
    loop.drive(minutes=10, seconds=10)
    why = loop.why(second)
    assert why.startswith("the account waits: rate limited")


def test_a_send_that_works_ends_the_counting(loop: AppHarness) -> None:
    loop.add()
    loop.fault({"status": 429}, count=2)
    loop.drive(minutes=15)
    assert len(loop.posts) == 1
    assert read_backoff(loop.app.database, "mj") is None


def test_a_restart_keeps_the_rest(loop: AppHarness) -> None:
    loop.add("first", content=text_content("first"))
    loop.fault({"status": 429, "reset": 120}, count=1)
    loop.clock.advance_to(DUE)
    loop.beat()
    loop.restart()
    loop.drive(seconds=60)
    assert loop.posts == []
    loop.drive(minutes=3)
    assert loop.texts == ["first"]
