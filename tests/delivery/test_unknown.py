"""Sends whose outcome nobody knows are looked for on the timeline, and never repeated blindly."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from helpers.delivery import DUE, Crash, content_of, make_media
from helpers.store import MINUTE, spending, text_content

from bot.cli.inbox import inbox_lines
from bot.delivery.dispatcher import LEASE_SECONDS
from bot.model import Part, State
from bot.services.inbox import read_inbox

if TYPE_CHECKING:
    from collections.abc import Callable

    from helpers.delivery import AppHarness


@pytest.mark.parametrize("effect", ["commit_then_503", "commit_then_drop", "garbage", "truncate"])
def test_what_was_stored_without_an_answer_is_found_and_adopted(
    loop: AppHarness, effect: str
) -> None:
    key = loop.add()
    loop.fault(effect)
    loop.drive(minutes=10)
    assert loop.state(key) is State.UNKNOWN
    loop.drive(minutes=20)
    assert loop.state(key) is State.PUBLISHED
    [post] = loop.posts
    [published] = loop.app.metrics.publications()
    assert (published.remote_id, published.published) == (post.id, post.created)
    assert loop.outcomes(key) == ["unknown"]
    [look] = loop.app.queue.probes(loop.attempts(key)[0].id)
    assert [match.remote_id for match in look.matches] == [post.id]


def test_what_was_never_stored_is_looked_for_three_times_and_sent_once_more(
    loop: AppHarness,
) -> None:
    key = loop.add()
    loop.fault("drop_before")
    loop.drive(minutes=30)
    [post] = loop.posts
    assert 5 * MINUTE <= post.created - DUE <= 6 * MINUTE
    assert loop.outcomes(key) == ["unknown", "published"]
    looks = loop.app.queue.probes(loop.attempts(key)[0].id)
    assert len(looks) == 3
    assert all(later.at - one.at >= MINUTE for one, later in pairwise(looks))


@pytest.mark.parametrize(
    ("effect", "grace", "why", "outcomes"),
    [
        ("drop_before", 15, "already sent a second time", ["unknown", "unknown"]),
        ("drop_before", 3, "too late to send it again without asking", ["unknown"]),
        ({"status": 403, "problem": "duplicate"}, 15, "duplicate", ["duplicate"]),
    ],
)
def test_what_may_not_be_sent_again_unasked_goes_to_a_person(
    loop: AppHarness, effect: Any, grace: int, why: str, outcomes: list[str]
) -> None:
    key = loop.add(grace=grace * MINUTE)
    loop.fault(effect, count=5)
    loop.drive(hours=2)
    assert loop.state(key) is State.NEEDS_HUMAN
    assert why in loop.get(key).reason
    assert loop.outcomes(key) == outcomes
    assert loop.posts == []


def test_a_post_that_shows_late_is_still_found(loop: AppHarness) -> None:
    loop.world.timeline_lag = 2 * MINUTE
    key = loop.add()
    loop.fault("commit_then_drop")
    loop.drive(minutes=30)
    assert loop.state(key) is State.PUBLISHED
    assert len(loop.posts) == 1


def test_a_timeline_that_cannot_be_read_for_an_hour_goes_to_a_person_with_the_evidence(
    loop: AppHarness,
) -> None:
    key = loop.add()
    loop.fault("commit_then_drop")
    loop.fault({"status": 503}, r"/2/users/\d+/tweets", count=1000)
    loop.drive(minutes=60)
    assert loop.state(key) is State.UNKNOWN
    loop.drive(minutes=20)
    assert loop.state(key) is State.NEEDS_HUMAN
    assert "could not be read for an hour" in loop.get(key).reason
    [item] = read_inbox(loop.app).needs_human
    looks = item.undecided[0].attempts[0].looks
    assert len(looks) >= 50
    assert {look.readable for look in looks} == {False}
    assert all("503" in look.evidence for look in looks)


def test_a_look_costs_money_and_is_booked(loop: AppHarness) -> None:
    loop.add()
    loop.fault("commit_then_drop")
    loop.drive(minutes=30)
    items = [entry.item for entry in spending(loop.app.database)]
    assert "post" in items
    assert len(items) == 2


def test_another_posts_copy_is_not_taken_for_this_one(loop: AppHarness) -> None:
    first = loop.add("first")
    loop.drive(minutes=10)
    # The same words, so soon that one search finds both. X refuses the second.
    second = loop.add("second", due=loop.clock.now() + MINUTE / 2)
    loop.drive(hours=1)
    assert loop.state(first) is State.PUBLISHED
    assert loop.state(second) is State.NEEDS_HUMAN
    assert len(loop.app.metrics.publications()) == 1


def test_a_thread_stops_at_an_unknown_part_and_goes_on_when_it_is_found(loop: AppHarness) -> None:
    key = loop.add(content=text_content("one", "two", "three"))
    loop.fault("commit_then_drop", skip=1)
    loop.drive(minutes=10, seconds=8)
    assert loop.texts == ["one", "two"]
    assert loop.state(key) is State.UNKNOWN
    loop.drive(minutes=10)
    assert loop.texts == ["one", "two", "three"]
    assert [post.parent for post in loop.posts] == [None, *(p.id for p in loop.posts[:-1])]
    assert loop.state(key) is State.PUBLISHED


# --- crashes --------------------------------------------------------------------------------------


def _before(_: Callable[[], Any]) -> Any:
    raise Crash


def _after(send: Callable[[], Any]) -> Any:
    send()
    raise Crash


@pytest.mark.parametrize(
    ("dies", "outcomes", "wait"),
    [(_before, ["unknown", "published"], 6), (_after, ["unknown"], 1)],
)
def test_a_crash_while_sending_leaves_one_post_in_the_end(
    loop: AppHarness, dies: Callable[[Callable[[], Any]], Any], outcomes: list[str], wait: int
) -> None:
    key = loop.add()
    loop.intercept_publish(dies)
    loop.clock.advance_to(DUE)
    loop.crash()
    assert loop.state(key) is State.SENDING
    assert loop.outcomes(key) == [None]
    loop.restart()
    assert loop.state(key) is State.UNKNOWN
    loop.drive(minutes=wait)
    assert loop.texts == ["Take HART off AWS."]
    assert loop.outcomes(key) == outcomes
    assert loop.state(key) is State.PUBLISHED


def test_a_crash_after_the_first_part_goes_on_with_the_second(loop: AppHarness) -> None:
    key = loop.add(content=text_content("one", "two"))
    loop.intercept_publish(_after)
    loop.clock.advance_to(DUE)
    loop.crash()
    loop.restart()
    loop.drive(minutes=2)
    assert loop.texts == ["one", "two"]
    assert loop.posts[1].parent == loop.posts[0].id
    assert loop.state(key) is State.PUBLISHED


def test_a_restart_long_after_a_crash_asks_a_person(loop: AppHarness) -> None:
    key = loop.add()
    loop.intercept_publish(_before)
    loop.clock.advance_to(DUE)
    loop.crash()
    loop.clock.advance(hours=5)
    loop.restart()
    loop.drive(minutes=30)
    assert loop.state(key) is State.NEEDS_HUMAN
    assert loop.posts == []


# --- between the claim and the send ---------------------------------------------------------------


def test_a_pause_between_claim_and_send_is_kept(loop: AppHarness) -> None:
    key = loop.add()
    loop.hook_claims(after=lambda: loop.pause("campaign", "people"))
    loop.drive(minutes=12)
    assert loop.posts == []
    assert loop.outcomes(key) == ["unsent"]
    loop.resume("campaign", "people")
    loop.drive(minutes=2)
    assert loop.texts == ["Take HART off AWS."]


@pytest.mark.parametrize("seconds", [31, 90, 6 * 3600])
def test_a_machine_that_stood_still_after_the_claim_does_not_send(
    loop: AppHarness, seconds: int
) -> None:
    key = loop.add()
    loop.hook_claims(after=lambda: loop.clock.advance(seconds=seconds))
    loop.clock.advance_to(DUE)
    loop.app.dispatcher.run()
    assert loop.posts == []
    assert loop.outcomes(key) == ["unsent"]


def test_a_machine_that_stood_still_while_another_took_over_writes_nothing(
    loop: AppHarness,
) -> None:
    key = loop.add()

    def stand_still() -> None:
        loop.clock.advance(seconds=LEASE_SECONDS + 1)
        loop.app.reconciler.rescue(sole=False)

    loop.hook_claims(after=stand_still)
    loop.clock.advance_to(DUE)
    loop.app.dispatcher.run()
    assert loop.state(key) is State.UNKNOWN
    loop.drive(minutes=10)
    assert loop.texts == ["Take HART off AWS."]
    assert loop.state(key) is State.PUBLISHED


def test_an_edit_between_reading_and_claiming_is_what_goes_out(loop: AppHarness) -> None:
    key = loop.add()
    loop.hook_claims(before=lambda: loop.edit(key, content=text_content("mended")))
    loop.drive(minutes=11)
    assert loop.texts == ["mended"]
    [post] = loop.posts
    assert post.created - DUE <= timedelta(seconds=2)
    assert len(loop.attempts(key)) == 1


# --- what a person sees of it, and that X's changes hide nothing ---


LINK = "https://mediajustice.org/stop?a=1&b=2"
ODD = [
    "Fish & chips <b>not</b> \u201cHART\u201d & more.",
    f"Read this: {LINK} \u2014 and act.",
    "\U0001f469\U0001f3fd\u200d\U0001f4bb against \U0001f4f7 & \U0001f441\ufe0f",
    "cafe\u0301 and caf\u00e9",
    "Two  spaces,\n\n\na gap, and a tail  ",
    f"Ends with a link {LINK}",
    "&amp; written out, &lt;so&gt;",
]


@pytest.mark.parametrize("text", ODD)
def test_what_x_changes_on_its_way_is_found_all_the_same(loop: AppHarness, text: str) -> None:
    key = loop.add(content=text_content(text))
    loop.fault("commit_then_drop")
    loop.drive(minutes=16)
    assert loop.state(key) is State.PUBLISHED
    assert loop.outcomes(key) == ["unknown"]
    assert len(loop.posts) == 1


def test_with_a_picture_a_link_and_signs_it_is_found(loop: AppHarness) -> None:
    part = Part(f"A & B < C > D \U0001f4f7 {LINK}", (make_media(loop.folder),))
    key = loop.add(content=content_of(part))
    loop.fault("commit_then_503")
    loop.drive(minutes=16)
    assert loop.state(key) is State.PUBLISHED
    assert len(loop.posts) == 1


def test_the_person_sees_what_was_sent_when_and_what_was_looked_for(loop: AppHarness) -> None:
    text = f"A & B {LINK}"
    loop.add(content=text_content(text))
    loop.fault({"status": 403, "problem": "duplicate"})
    loop.drive(minutes=40)
    value = read_inbox(loop.app)
    [row] = value.needs_human[0].undecided
    [attempt] = row.attempts
    assert attempt.sent == f'{{"text":"{text}"}}'
    assert attempt.opened == DUE
    assert (attempt.outcome, attempt.status) == ("duplicate", 403)
    assert len(attempt.looks) == 3
    for look in attempt.looks:
        assert look.readable
        assert look.evidence.startswith("Looked at @mediajustice's timeline from ")
        assert look.evidence.endswith("none with this content.")
    assert row.page.endswith("/mediajustice")
    shown = "\n".join(inbox_lines(value))
    assert row.page in shown
    assert f"| {text}" in shown
    assert shown.count("Looked at @mediajustice's timeline") == 3
    assert f"{DUE:%Y-%m-%d %H:%M:%SZ}" in shown
