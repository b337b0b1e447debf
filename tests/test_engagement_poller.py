"""Counters read from the sandbox over HTTP, kept as snapshots; what is gone, limited, or costs."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from delivery_support import DUE
from store_support import said

from bot.model import Hold

if TYPE_CHECKING:
    from datetime import datetime

    from delivery_support import Loop

READS = r"/2/(users/\d+/)?tweets"


@pytest.fixture
def out(loop: Loop) -> Loop:
    """A loop whose account has three posts out."""
    for number in range(3):
        due = DUE + number * timedelta(minutes=1)
        loop.add(f"post {number}", due=due, content=said(f"post {number}"))
    loop.drive(minutes=15)
    assert len(loop.posts) == 3
    return loop


def drive(loop: Loop, **units: float) -> int:
    """Read whenever the plan says so; give how many snapshots that made."""
    end, made = loop.clock.now() + timedelta(**units), 0
    for _ in range(2000):
        made += loop.app.poller.run("mj")
        wake = loop.app.poller.next_wake("mj")
        if wake is None or wake > end:
            loop.clock.to(end)
            return made
        loop.clock.to(max(wake, loop.clock.now()))
    raise AssertionError("the poller spins")


def read_items(loop: Loop) -> list[tuple[str, int]]:
    spending = loop.app.ledger.spending()
    return [(one.item, one.quantity) for one in spending if "read" in one.item]


def test_counters_are_those_of_the_platform_and_grow(out: Loop) -> None:
    drive(out, hours=6)
    snapshots = out.app.metrics.snapshots()
    posts = {post.remote_id: post.id for post in out.app.metrics.publications()}
    for post in out.posts:
        mine = [one.counters for one in snapshots if one.publication == posts[post.id]]
        seen = [one.impressions or 0 for one in mine]
        assert len(seen) > 8
        assert seen == sorted(seen)
        assert seen[-1] > seen[0]
        assert post.served is not None
        assert mine[-1].likes == post.served[1].likes
        assert mine[-1].impressions == post.served[1].impressions


def test_posts_that_are_due_soon_are_read_in_one_call(out: Loop) -> None:
    assert out.app.poller.run("mj") == 3
    assert out.app.poller.run("mj") == 0


def test_a_deleted_post_is_noted_once_and_not_asked_for_again(
    out: Loop,
    caplog: pytest.LogCaptureFixture,
) -> None:
    gone = out.posts[1]
    out.world.delete_post(gone)
    drive(out, hours=6)
    [publication] = [one for one in out.app.metrics.publications() if one.gone]
    assert publication.remote_id == gone.id
    assert publication.next_read is None
    assert caplog.text.count("was deleted on the platform") == 1
    assert {one.publication for one in out.app.metrics.snapshots()} == {
        one.id for one in out.app.metrics.publications() if not one.gone
    }


def test_a_day_of_reading_is_paid_once_a_post(out: Loop) -> None:
    drive(out, hours=9)  # until nine in the evening, UTC
    assert sum(quantity for _, quantity in read_items(out)) == 3
    drive(out, hours=12)
    assert sum(quantity for _, quantity in read_items(out)) == 6
    spent = [one for one in out.app.ledger.spending() if "read" in one.item]
    assert sum(one.dollars for one in spent) == 6 * Decimal("0.001")
    assert len({one.at.date() for one in spent}) == 2


@pytest.mark.parametrize(
    ("effect", "wait"),
    [
        ({"status": 429, "reset": 1200}, timedelta(minutes=20)),
        ({"status": 429}, timedelta(minutes=15)),
        ({"status": 503}, timedelta(minutes=15)),
        ("drop_before", timedelta(minutes=15)),
        ("garbage", timedelta(minutes=15)),
    ],
)
def test_a_read_that_fails_waits_and_is_made_up_for(
    out: Loop,
    effect: dict[str, Any] | str,
    wait: timedelta,
) -> None:
    before = out.clock.now()
    out.fault(effect, READS, count=2)
    assert out.app.poller.run("mj") == 0
    again = out.app.poller.next_wake("mj")
    assert again is not None
    assert wait <= again - before <= wait + timedelta(seconds=3)
    out.world.faults.clear()
    assert drive(out, hours=1) >= 3


def test_a_bug_in_reading_does_not_ask_again_at_once(
    out: Loop,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def stumble(*_: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr("bot.platforms.x.metrics.counters", stumble)
    assert out.app.poller.run("mj") == 0
    assert _wait(out, out.app.poller.next_wake("mj")) >= timedelta(minutes=15)


def test_a_revoked_token_pauses_the_account(out: Loop) -> None:
    out.fault({"status": 401}, READS, count=2)
    out.app.poller.run("mj")
    [pause] = out.app.queue.pauses()
    assert (pause.scope, pause.name) == ("account", "mj")
    assert out.app.poller.next_wake("mj") is None


@pytest.mark.parametrize(
    ("scope", "name", "reads"),
    [("all", "", 0), ("account", "mj", 0), ("platform", "x", 0), ("campaign", "people", 3)],
)
def test_what_stops_posting_stops_reading_but_for_a_campaigns_pause(
    out: Loop,
    scope: str,
    name: str,
    reads: int,
) -> None:
    out.app.queue.pause(Hold(scope, name, "a storm"), "Ana", out.clock.now())
    assert out.app.poller.run("mj") == reads


def test_reading_everything_does_not_wait_for_the_plan(out: Loop) -> None:
    assert out.app.poller.run("mj") == 3
    assert out.app.poller.run("mj", everything=True) == 3


def _wait(loop: Loop, wake: datetime | None) -> timedelta:
    assert wake is not None
    return wake - loop.clock.now()
