"""An answer that does not show the whole of the own timeline proves nothing absent."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from helpers.delivery import DUE
from helpers.store import MINUTE, text_content

from bot.model import State

if TYPE_CHECKING:
    from helpers.delivery import AppHarness

TIMELINE = r"/2/users/\d+/tweets"
NOWHERE: list[Any] = [
    "errors_only",
    {"status": 200, "body": {}},
    {"status": 200, "body": {"meta": {}}},
    {"status": 200, "body": {"data": None}},
    {"status": 200, "body": {"meta": {"result_count": 0}, "errors": [{"message": "Oops"}]}},
    {"status": 200, "body": {"meta": {"result_count": 2}}},
    {"status": 200, "body": {"data": [None], "meta": {"result_count": 1}}},
]


@pytest.fixture(autouse=True)
def unprotected(loop: AppHarness) -> None:
    """The platform refuses no duplicate: it is for us not to send one."""
    loop.world.api.duplicate_window = timedelta(seconds=-1)


@pytest.mark.parametrize("effect", NOWHERE, ids=str)
def test_what_is_out_is_not_sent_again_where_the_timeline_is_not_told(
    loop: AppHarness, effect: Any
) -> None:
    key = loop.add()
    loop.fault("commit_then_drop")
    loop.fault(effect, TIMELINE, count=5)
    loop.drive(minutes=30)
    assert loop.texts == ["Take HART off AWS."]
    assert loop.state(key) is State.PUBLISHED


def test_a_timeline_of_errors_only_goes_to_a_person_with_the_platforms_words(
    loop: AppHarness,
) -> None:
    key = loop.add()
    loop.fault("commit_then_drop")
    loop.fault("errors_only", TIMELINE, count=1000)
    loop.drive(minutes=80)
    assert len(loop.posts) == 1
    assert loop.state(key) is State.NEEDS_HUMAN
    assert "Could not find user" in loop.get(key).reason


def test_a_second_page_of_errors_only_is_no_end_of_the_timeline(loop: AppHarness) -> None:
    """What is out may be on the page that is not shown."""
    author = next(iter(loop.world.accounts.values()))
    key = loop.add()
    loop.fault("commit_then_drop")
    loop.drive(minutes=10)
    for number in range(120):
        loop.world.add_post(author, f"By hand {number}")
    loop.fault("errors_only", TIMELINE, count=3, skip=1)
    loop.drive(minutes=30)
    assert loop.texts.count("Take HART off AWS.") == 1
    assert loop.state(key) is State.PUBLISHED


def test_a_new_database_waits_for_a_timeline_of_errors_only(loop: AppHarness) -> None:
    loop.add()
    loop.drive(minutes=11)
    loop.lose_database()
    key = loop.add()
    loop.fault("errors_only", TIMELINE, count=2)
    loop.drive(minutes=1)
    assert "the timeline is not readable" in loop.get(key).reason
    loop.drive(minutes=10)
    assert loop.texts == ["Take HART off AWS."]
    assert loop.state(key) is State.PUBLISHED


def test_a_safe_start_is_not_over_while_the_timeline_is_errors_only(loop: AppHarness) -> None:
    loop.add()
    loop.app.restore_check.begin(requested=True)
    loop.clock.advance_to(DUE + MINUTE)
    loop.fault("errors_only", TIMELINE)
    loop.app.restore_check.run()
    assert [pause.scope for pause in loop.app.queue.pauses()] == ["all"]
    loop.clock.advance(minutes=1)
    loop.app.restore_check.run()
    assert loop.app.queue.pauses() == []


def test_a_post_is_found_where_our_clock_is_minutes_ahead(loop: AppHarness) -> None:
    """Five minutes count as no wrong clock, so that far back a post may have its time."""
    loop.world.now = lambda: loop.clock.now() - timedelta(minutes=4, seconds=50)
    key = loop.add()
    loop.fault("commit_then_drop")
    loop.drive(minutes=30)
    assert len(loop.posts) == 1
    assert loop.state(key) is State.PUBLISHED


def test_an_error_about_an_expanded_part_hides_nothing(loop: AppHarness) -> None:
    """A reply's own parent may be deleted; its poll may not be told."""
    from bot.sandbox.x import problems

    key = loop.add(content=text_content("one", "two"))
    loop.fault("drop_before", skip=1)
    loop.drive(minutes=10, seconds=20)
    head = loop.posts[0]
    user = next(iter(loop.world.accounts))
    shown: dict[str, Any] = {"id": head.id, "text": head.raw}
    shown["referenced_tweets"] = [{"type": "quoted", "id": "77"}]
    missing = problems.missing_error("tweet", "77", "referenced_tweets.id")
    body = {"data": [shown], "meta": {"result_count": 1}, "errors": [missing]}
    loop.fault({"status": 200, "body": body}, rf"/2/users/{user}/tweets", count=3)
    loop.drive(minutes=15)
    assert loop.texts == ["one", "two"]
    assert loop.state(key) is State.PUBLISHED
