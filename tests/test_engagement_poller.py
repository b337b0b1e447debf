"""Counters read from the sandbox over HTTP, kept as snapshots; what is gone, limited, or costs."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from delivery_support import DUE
from store_support import said

from bot.model import Cause, Counters, Hold, Snapshot

if TYPE_CHECKING:
    from datetime import datetime

    from delivery_support import Loop

    from bot.model import Publication

DAY = timedelta(days=1)
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
    out.app.queue.pause(Hold(scope, name, "a storm", Cause.PERSON), "Ana", out.clock.now())
    assert out.app.poller.run("mj") == reads


def test_reading_everything_does_not_wait_for_the_plan(out: Loop) -> None:
    assert out.app.poller.run("mj") == 3
    assert out.app.poller.run("mj", everything=True) == 3


# --- Who comes first ------------------------------------------------------------------------------


@pytest.fixture
def tight(loop: Loop) -> Loop:
    """A loop with three posts out, too far apart for one page, and a budget for one at a time."""
    for number in range(3):
        due = DUE + number * timedelta(minutes=5)
        loop.add(f"post {number}", due=due, content=said(f"post {number}"))
    loop.drive(minutes=25)
    loop.clock.turn(hours=30)
    loop.account = replace(loop.account, budget=loop.world.ledger.spent + Decimal("0.012"))
    loop.restart()
    return loop


def _read_next(loop: Loop) -> int:
    """Let one be read; give which."""
    loop.clock.turn(minutes=1)
    assert loop.app.poller.run("mj") == 1
    [newest] = loop.app.metrics.snapshots(since=loop.clock.now())
    return newest.publication


def test_a_small_budget_reads_what_is_unknown_and_then_what_has_waited_longest(
    tight: Loop,
) -> None:
    first, middle, last = tight.app.metrics.publications()
    now = tight.clock.now()
    before = [Snapshot(one.id, now - DAY, Counters(1)) for one in (first, last)]
    nexts = {first.id: now - timedelta(hours=1), last.id: now - timedelta(hours=3), middle.id: now}
    tight.app.metrics.record(before, nexts, [], now)
    assert [_read_next(tight) for _ in range(3)] == [middle.id, last.id, first.id]
    assert tight.account.budget is not None
    assert tight.world.ledger.spent <= tight.account.budget


def test_what_is_read_no_more_comes_last_where_all_are_wanted(tight: Loop) -> None:
    first, middle, last = tight.app.metrics.publications()
    now = tight.clock.now()
    before = [Snapshot(one.id, now - DAY, Counters(1)) for one in (first, middle, last)]
    nexts = {first.id: now + 2 * DAY, middle.id: now + DAY, last.id: None}
    tight.app.metrics.record(before, nexts, [], now)
    assert tight.app.poller.run("mj", everything=True) == 1
    assert [one.publication for one in tight.app.metrics.snapshots(since=now)] == [middle.id]


# --- What is read along ---------------------------------------------------------------------------


def _by_id(loop: Loop) -> dict[str, Publication]:
    return {one.remote_id: one for one in loop.app.metrics.publications()}


def _all_but_the_middle_one_are_due(loop: Loop, its_next: datetime | None) -> Publication:
    """Put the middle one off; its page is read for the sake of the two around it. Give it."""
    first, middle, last = loop.app.metrics.publications()
    now = loop.clock.now()
    nexts = {first.id: now, middle.id: its_next, last.id: now}
    loop.app.metrics.record([], nexts, [], now)
    return middle


def test_what_is_read_along_is_kept_and_planned_anew(out: Loop) -> None:
    out.clock.turn(minutes=30)
    middle = _all_but_the_middle_one_are_due(out, out.clock.now() + timedelta(hours=5))
    assert out.app.poller.run("mj") == 3
    [found] = out.app.metrics.snapshots([middle.id])
    served = out.world.posts[middle.remote_id].served
    assert served is not None
    assert (found.read, found.counters.impressions) == (served[0], served[1].impressions)
    assert found.counters.link_clicks == served[1].link_clicks
    again = _by_id(out)[middle.remote_id].next_read
    assert again == found.read + timedelta(minutes=20)


def test_each_post_and_day_that_was_paid_for_has_a_snapshot(out: Loop) -> None:
    _all_but_the_middle_one_are_due(out, out.clock.now() + timedelta(hours=60))
    drive(out, days=4)
    posts = {post.id: post.remote_id for post in out.app.metrics.publications()}
    days = {(posts[one.publication], one.read.date()) for one in out.app.metrics.snapshots()}
    paid = [one for one in out.world.ledger.entries if "read" in one.item]
    assert sum(one.quantity for one in paid) == len(days) >= 12
    assert sum(quantity for _, quantity in read_items(out)) == len(days)


def test_a_post_made_by_hand_is_paid_for_and_is_none_of_ours(out: Loop) -> None:
    author = out.world.by_handle("mediajustice")
    assert author is not None
    by_hand = out.world.add_post(author, "By hand, from a phone")
    out.add("next", due=out.clock.now(), content=said("next"))
    out.drive(minutes=2)
    known = _by_id(out).keys()
    assert out.app.poller.run("mj") == len(known) == 4
    assert by_hand.served is not None, "it was on the page"
    assert _by_id(out).keys() == known
    assert sum(quantity for _, quantity in read_items(out)) == 5


def test_what_is_noted_as_gone_stays_gone_whatever_a_page_shows(out: Loop) -> None:
    middle = _all_but_the_middle_one_are_due(out, None)
    noted = out.clock.now()
    out.app.metrics.record([], {}, [middle.id], noted)
    out.clock.turn(minutes=1)
    assert out.app.poller.run("mj") == 2
    assert out.world.posts[middle.remote_id].served is not None, "it was on the page"
    found = _by_id(out)[middle.remote_id]
    assert (found.gone, found.next_read) == (noted, None)
    assert out.app.metrics.snapshots([middle.id]) == []


def test_what_is_past_its_days_keeps_what_was_read_along_and_is_not_read_again(out: Loop) -> None:
    out.clock.turn(days=90)
    middle = _all_but_the_middle_one_are_due(out, None)
    assert out.app.poller.run("mj") == 3
    assert len(out.app.metrics.snapshots([middle.id])) == 1
    assert {one.next_read for one in _by_id(out).values()} == {None}


@pytest.mark.parametrize(("share", "read_again"), [(2, True), (1, False)], ids=["woken", "flat"])
def test_what_was_flat_is_read_again_only_if_it_is_seen_to_have_woken_up(
    out: Loop,
    share: int,
    *,
    read_again: bool,
) -> None:
    out.clock.turn(days=40)
    middle = _all_but_the_middle_one_are_due(out, None)
    now = out.clock.now()
    known = out.world.counters(out.world.posts[middle.remote_id]).impressions
    assert known > 200
    before = Counters(impressions=known // share)
    out.app.metrics.record([Snapshot(middle.id, now - timedelta(days=6), before)], {}, [], now)
    assert out.app.poller.run("mj") == 3
    again = _by_id(out)[middle.remote_id].next_read
    assert (again is not None and again > now) == read_again


def test_what_was_told_along_before_a_read_failed_is_kept_too(out: Loop) -> None:
    middle = _all_but_the_middle_one_are_due(out, out.clock.now() + timedelta(hours=5))
    first, _, last = out.app.metrics.publications()
    out.world.delete_post(out.world.posts[last.remote_id])
    out.world.faults.add("GET", "/2/tweets", {"status": 503}, count=9)
    assert out.app.poller.run("mj") == 2
    read = {one.publication for one in out.app.metrics.snapshots()}
    assert read == {first.id, middle.id}


def _wait(loop: Loop, wake: datetime | None) -> timedelta:
    assert wake is not None
    return wake - loop.clock.now()
