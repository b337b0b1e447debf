"""Counters read from the sandbox over HTTP, with deleted posts, limits and costs."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from helpers.delivery import AppHarness
from helpers.networks import NETWORKS
from helpers.store import MINUTE, spending, text_content

from bot.model import (
    FIRST_READ_AGE,
    Content,
    Counters,
    Part,
    Poll,
    PollVotes,
    Snapshot,
    State,
)
from bot.platforms.outcomes import RateLimited
from bot.reports import Names
from bot.reports.notes import general_notes
from bot.sandbox.audience import simulate_counters
from bot.store.metrics import PublicationFilter

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from bot.model import Publication

DAY = timedelta(days=1)
READS = r"/2/(users/\d+/)?tweets"


@pytest.fixture
def out(loop: AppHarness) -> AppHarness:
    """A loop whose account has three posts out."""
    loop.add_posts(3, every=MINUTE)
    loop.drive(minutes=20)
    assert len(loop.posts) == 3
    return loop


def read_items(loop: AppHarness) -> list[tuple[str, int]]:
    found = spending(loop.app.database)
    return [(entry.item, entry.quantity) for entry in found if "read" in entry.item]


def test_counters_are_those_of_the_platform_and_grow(out: AppHarness) -> None:
    out.read_as_planned(hours=6)
    snapshots = out.app.metrics.snapshots()
    posts = {post.remote_id: post.id for post in out.app.metrics.publications()}
    for post in out.posts:
        mine = [
            snapshot.counters for snapshot in snapshots if snapshot.publication == posts[post.id]
        ]
        seen = [counters.impressions or 0 for counters in mine]
        assert len(seen) > 8
        assert seen == sorted(seen)
        assert seen[-1] > seen[0]
        assert post.last_read is not None
        assert mine[-1].likes == post.last_read[1].likes
        assert mine[-1].impressions == post.last_read[1].impressions


def test_posts_that_are_due_soon_are_read_in_one_call(out: AppHarness) -> None:
    assert out.app.poller.run("mj") == 3
    assert out.app.poller.run("mj") == 0


def test_a_new_post_is_not_read_early_together_with_another(loop: AppHarness) -> None:
    loop.add_posts(2, every=5 * MINUTE)
    loop.drive(minutes=16)
    loop.read_as_planned(hours=1)
    publications = loop.app.metrics.publications()
    first_reads: dict[int, datetime] = {}
    for snapshot in loop.app.metrics.snapshots():
        first_reads.setdefault(snapshot.publication, snapshot.read)
    assert len(publications) == len(first_reads) == 2
    for post in publications:
        assert first_reads[post.id] - post.published >= FIRST_READ_AGE


def test_a_refusal_until_a_moment_in_the_past_is_not_asked_again_at_once(
    out: AppHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> Any:
        raise RateLimited("slow down", until=out.clock.now() - MINUTE)

    monkeypatch.setattr("bot.platforms.x.timeline.parse_counters", refuse)
    assert out.app.poller.run("mj") == 0
    assert out.app.poller.wakes()["mj"] - out.clock.now() >= timedelta(minutes=15)


def test_a_deleted_post_is_noted_once_and_not_asked_for_again(
    out: AppHarness, caplog: pytest.LogCaptureFixture
) -> None:
    gone = out.posts[1]
    out.world.delete_post(gone)
    out.read_as_planned(hours=6)
    [publication] = [post for post in out.app.metrics.publications() if post.gone]
    assert publication.remote_id == gone.id
    assert publication.next_read is None
    assert caplog.text.count("was deleted on the platform") == 1
    assert {snapshot.publication for snapshot in out.app.metrics.snapshots()} == {
        post.id for post in out.app.metrics.publications() if not post.gone
    }


def test_a_day_of_reading_is_paid_once_a_post(out: AppHarness) -> None:
    out.read_as_planned(hours=9)  # until nine in the evening, UTC
    assert sum(quantity for _, quantity in read_items(out)) == 3
    out.read_as_planned(hours=12)
    assert sum(quantity for _, quantity in read_items(out)) == 6
    spent = [entry for entry in spending(out.app.database) if "read" in entry.item]
    assert sum(entry.dollars for entry in spent) == 6 * Decimal("0.001")
    assert len({entry.at.date() for entry in spent}) == 2


def test_votes_are_those_of_the_platform_and_stand_once_the_poll_is_over(loop: AppHarness) -> None:
    poll = Poll(("Yes", "No", "Not yet"), 120)
    loop.add("asked", content=Content((Part("Well?", poll=poll),)))
    loop.add("plain", content=text_content("No question"))
    loop.drive(minutes=15)
    [asked] = [post for post in loop.posts if post.poll]
    [publication] = [post for post in loop.app.metrics.publications() if post.poll]

    def known() -> PollVotes:
        return loop.app.metrics.votes(PublicationFilter())[publication.id]

    loop.read_as_planned(hours=1)
    early = known()
    assert (early.counts, early.closed) == (loop.world.votes(asked, early.read), False)
    assert all(early.counts)
    loop.read_as_planned(hours=2)
    final = known()
    assert (final.counts, final.closed) == (loop.world.votes(asked), True)
    assert final.counts != early.counts
    loop.read_as_planned(hours=30)
    assert known().counts == final.counts
    assert loop.app.metrics.votes(PublicationFilter()).keys() == {publication.id}


def test_a_poll_is_read_for_its_result_as_soon_as_it_is_over(loop: AppHarness) -> None:
    poll = Poll(("Yes", "No"), 6 * 24 * 60)
    loop.add("asked", content=Content((Part("Well?", poll=poll),)))
    loop.drive(minutes=15)
    [publication] = loop.app.metrics.publications()
    loop.read_as_planned(days=6)
    [votes] = loop.app.metrics.votes(PublicationFilter()).values()
    assert votes.closed
    assert votes.read - publication.published < timedelta(days=6, minutes=2)
    loop.read_as_planned(days=90)
    assert len(loop.app.metrics.votes(PublicationFilter())) == 1


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
    out: AppHarness, effect: dict[str, Any] | str, wait: timedelta
) -> None:
    before = out.clock.now()
    out.fault(effect, READS, count=2)
    assert out.app.poller.run("mj") == 0
    assert wait <= out.app.poller.wakes()["mj"] - before <= wait + timedelta(seconds=3)
    out.world.faults.pending.clear()
    assert out.read_as_planned(hours=1) >= 3


def test_a_bug_in_reading_does_not_ask_again_at_once(
    out: AppHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stumble(*_: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr("bot.platforms.x.timeline.parse_counters", stumble)
    assert out.app.poller.run("mj") == 0
    assert out.app.poller.wakes()["mj"] - out.clock.now() >= timedelta(minutes=15)


def test_a_revoked_token_pauses_the_account(out: AppHarness) -> None:
    out.fault({"status": 401}, READS, count=2)
    out.app.poller.run("mj")
    [pause] = out.app.queue.pauses()
    assert (pause.scope, pause.name) == ("account", "mj")
    assert out.app.poller.wakes().get("mj") is None


@pytest.mark.parametrize(
    ("scope", "name", "reads"),
    [("all", "", 0), ("account", "mj", 0), ("platform", "x", 0), ("campaign", "people", 3)],
)
def test_pauses_of_posting_stop_reading_except_a_campaigns(
    out: AppHarness, scope: str, name: str, reads: int
) -> None:
    out.pause(scope, name)
    assert out.app.poller.run("mj") == reads


def test_reading_everything_does_not_wait_for_the_plan(out: AppHarness) -> None:
    assert out.app.poller.run("mj") == 3
    assert out.app.poller.run("mj", everything=True) == 3


# --- Who comes first ------------------------------------------------------------------------------


@pytest.fixture
def tight(loop: AppHarness) -> AppHarness:
    """A loop with three posts out, too far apart for one page, and a budget for one at a time."""
    loop.add_posts(3, every=5 * MINUTE)
    loop.drive(minutes=25)
    loop.clock.advance(hours=30)
    loop.account = replace(loop.account, budget=loop.world.spent + Decimal("0.012"))
    loop.restart()
    return loop


def _read_next(loop: AppHarness) -> int:
    """Read one post; return its id."""
    loop.clock.advance(minutes=1)
    assert loop.app.poller.run("mj") == 1
    [newest] = loop.app.metrics.snapshots(since=loop.clock.now())
    return newest.publication


def test_a_small_budget_reads_unread_posts_and_then_the_longest_due(
    tight: AppHarness,
) -> None:
    first, middle, last = tight.app.metrics.publications()
    now = tight.clock.now()
    before = [Snapshot(post.id, now - DAY, Counters(1)) for post in (first, last)]
    nexts = {first.id: now - timedelta(hours=1), last.id: now - timedelta(hours=3), middle.id: now}
    tight.app.metrics.record(before, nexts, [], now)
    assert [_read_next(tight) for _ in range(3)] == [middle.id, last.id, first.id]
    assert tight.account.budget is not None
    assert tight.world.spent <= tight.account.budget


def test_posts_past_their_reads_come_last_if_all_are_wanted(tight: AppHarness) -> None:
    first, middle, last = tight.app.metrics.publications()
    now = tight.clock.now()
    before = [Snapshot(post.id, now - DAY, Counters(1)) for post in (first, middle, last)]
    nexts = {first.id: now + 2 * DAY, middle.id: now + DAY, last.id: None}
    tight.app.metrics.record(before, nexts, [], now)
    assert tight.app.poller.run("mj", everything=True) == 1
    assert [snapshot.publication for snapshot in tight.app.metrics.snapshots(since=now)] == [
        middle.id
    ]


# --- Extra counters -------------------------------------------------------------------------------


def _by_id(loop: AppHarness) -> dict[str, Publication]:
    return {publication.remote_id: publication for publication in loop.app.metrics.publications()}


def _all_but_the_middle_one_are_due(loop: AppHarness, its_next: datetime | None) -> Publication:
    """Put off the middle post, whose page is read for the two around it; return it."""
    first, middle, last = loop.app.metrics.publications()
    now = loop.clock.now()
    nexts = {first.id: now, middle.id: its_next, last.id: now}
    loop.app.metrics.record([], nexts, [], now)
    return middle


def test_extra_counters_are_kept_and_the_posts_planned_anew(out: AppHarness) -> None:
    out.clock.advance(minutes=30)
    middle = _all_but_the_middle_one_are_due(out, out.clock.now() + timedelta(hours=5))
    assert out.app.poller.run("mj") == 3
    [found] = out.app.metrics.snapshots([middle.id])
    served = out.world.posts[middle.remote_id].last_read
    assert served is not None
    assert (found.read, found.counters.impressions) == (served[0], served[1].impressions)
    assert found.counters.link_clicks == served[1].link_clicks
    again = _by_id(out)[middle.remote_id].next_read
    assert again == found.read + timedelta(minutes=20)


def test_each_post_and_day_that_was_paid_for_has_a_snapshot(out: AppHarness) -> None:
    _all_but_the_middle_one_are_due(out, out.clock.now() + timedelta(hours=60))
    out.read_as_planned(days=4)
    posts = {post.id: post.remote_id for post in out.app.metrics.publications()}
    days = {
        (posts[snapshot.publication], snapshot.read.date())
        for snapshot in out.app.metrics.snapshots()
    }
    paid = [entry for entry in out.world.entries if "read" in entry.item]
    assert sum(entry.quantity for entry in paid) == len(days) >= 12
    assert sum(quantity for _, quantity in read_items(out)) == len(days)


def test_a_post_made_by_hand_is_paid_for_and_is_none_of_ours(out: AppHarness) -> None:
    by_hand = out.world.add_post(out.author, "By hand, from a phone")
    out.add("next", due=out.clock.now(), content=text_content("next"))
    out.drive(minutes=10)
    known = _by_id(out).keys()
    assert out.app.poller.run("mj") == len(known) == 4
    assert by_hand.last_read is not None, "it was on the page"
    assert _by_id(out).keys() == known
    assert sum(quantity for _, quantity in read_items(out)) == 5


def test_a_post_noted_as_gone_stays_gone_whatever_a_page_shows(out: AppHarness) -> None:
    middle = _all_but_the_middle_one_are_due(out, None)
    noted = out.clock.now()
    out.app.metrics.record([], {}, [middle.id], noted)
    out.clock.advance(minutes=1)
    assert out.app.poller.run("mj") == 2
    assert out.world.posts[middle.remote_id].last_read is not None, "it was on the page"
    found = _by_id(out)[middle.remote_id]
    assert (found.gone, found.next_read) == (noted, None)
    assert out.app.metrics.snapshots([middle.id]) == []


def test_a_post_past_its_days_keeps_extra_counters_and_is_not_read_again(
    out: AppHarness,
) -> None:
    out.clock.advance(days=90)
    middle = _all_but_the_middle_one_are_due(out, None)
    assert out.app.poller.run("mj") == 3
    assert len(out.app.metrics.snapshots([middle.id])) == 1
    assert {post.next_read for post in _by_id(out).values()} == {None}


@pytest.mark.parametrize(("share", "read_again"), [(2, True), (1, False)], ids=["woken", "flat"])
def test_a_flat_post_is_read_again_only_if_extra_counters_show_growth(
    out: AppHarness, share: int, *, read_again: bool
) -> None:
    out.clock.advance(days=40)
    middle = _all_but_the_middle_one_are_due(out, None)
    now = out.clock.now()
    known = out.world.counters(out.world.posts[middle.remote_id]).impressions
    assert known > 200
    before = Counters(impressions=known // share)
    out.app.metrics.record([Snapshot(middle.id, now - timedelta(days=6), before)], {}, [], now)
    assert out.app.poller.run("mj") == 3
    again = _by_id(out)[middle.remote_id].next_read
    assert (again is not None and again > now) == read_again


def test_extra_counters_before_a_failure_are_kept_too(out: AppHarness) -> None:
    middle = _all_but_the_middle_one_are_due(out, out.clock.now() + timedelta(hours=5))
    first, _, last = out.app.metrics.publications()
    out.world.delete_post(out.world.posts[last.remote_id])
    out.world.faults.add("GET", "/2/tweets", {"status": 503}, count=9)
    assert out.app.poller.run("mj") == 2
    read = {snapshot.publication for snapshot in out.app.metrics.snapshots()}
    assert read == {first.id, middle.id}


# --- threads --------------------------------------------------------------------------------------


@pytest.mark.parametrize("network", NETWORKS)
def test_the_parts_of_a_thread_are_not_replies_of_people(tmp_path: Path, network: str) -> None:
    """Every platform counts the next part, which is not somebody else's reply."""
    with ExitStack() as stack:
        loop = AppHarness(tmp_path, stack, NETWORKS[network])
        parts = tuple(Part(f"Part {number}") for number in range(5))
        key = loop.add("thread", content=Content(parts))
        loop.drive(minutes=20)
        assert loop.state(key) is State.PUBLISHED
        loop.read_as_planned(hours=8)
        posts = {post.remote_id: post.id for post in loop.app.metrics.publications()}
        latest = loop.app.metrics.latest(PublicationFilter())
        for number, post in enumerate(loop.posts):
            assert post.last_read
            shown = post.last_read[1].replies
            alone = simulate_counters(loop.world._audience, post, post.last_read[0] - post.created)
            assert shown == alone.replies + (number < 4), "the platform counts the next part"
            assert latest[posts[post.id]].counters.replies == alone.replies


def test_a_part_that_is_deleted_is_taken_off_once(loop: AppHarness) -> None:
    """The platform no longer counts it. Somebody else's reply stays."""
    key = loop.add("thread", content=Content((Part("One"), Part("Two"), Part("Three"))))
    loop.drive(minutes=15)
    assert loop.state(key) is State.PUBLISHED
    first, second, _ = loop.posts
    other = loop.network.add_account(loop.world, "somebody")
    loop.world.add_post(other, "Right!", parent=first)
    loop.clock.advance(minutes=10)
    publications = {post.remote_id: post.id for post in loop.app.metrics.publications()}

    def replies() -> int | None:
        loop.app.poller.run("mj", everything=True)
        assert first.last_read
        own = simulate_counters(
            loop.world._audience, first, first.last_read[0] - first.created
        ).replies
        known = loop.app.metrics.latest(PublicationFilter())[publications[first.id]].counters
        return known.replies - own if known.replies is not None else None

    assert replies() == 1
    loop.world.delete_post(second)
    loop.clock.advance(minutes=10)
    assert replies() == 1
    loop.clock.advance(minutes=10)
    assert replies() == 1


def test_replies_are_never_fewer_than_none() -> None:
    """An index may know the part before it counts it."""
    counters = Counters(replies=0, likes=2)
    assert counters.without_own_replies(1) == counters
    assert Counters(likes=2).without_own_replies(1).replies is None
    assert Counters(replies=3).without_own_replies(1).replies == 2


def test_a_platform_without_counters_is_reported_once(
    out: AppHarness, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    out.read_as_planned(hours=1)
    monkeypatch.setattr("bot.platforms.x.timeline.parse_counters", lambda _: Counters())
    out.read_as_planned(hours=4)
    assert caplog.text.count("answers without a counter of any post") == 1
    assert [*out.app.metrics.blank_reads.since()] == ["mj"]
    everything = PublicationFilter()
    evidence = out.app.evidence.read(Names(), ZoneInfo("UTC"), everything, now=out.clock.now())
    notes = general_notes(evidence, out.clock.now())
    assert any("has given no counters since" in note for note in notes)
    monkeypatch.undo()
    out.read_as_planned(hours=12)
    assert out.app.metrics.blank_reads.since() == {}
