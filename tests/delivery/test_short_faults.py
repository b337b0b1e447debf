"""After a short fault, late posts go out within their grace, and once."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from helpers.delivery import DUE
from helpers.networks import NETWORKS
from helpers.store import MINUTE, text_content

from bot.model import State
from bot.platforms.responses import outcome_without_answer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from helpers.delivery import AppHarness

SECOND = timedelta(seconds=1)
GRACE = 15 * MINUTE


def set_gap(loop: AppHarness, gap: timedelta) -> None:
    loop.account = replace(loop.account, gap=gap)
    loop.restart()


def break_every_fourth(loop: AppHarness, path: str, effect: str) -> None:
    """Let each fourth request of these meet a fault, without counting the broken ones."""
    for number in range(100):
        loop.world.faults.add("*", path, effect, skip=3 * (number + 1))


def never_twice_and_in_time(loop: AppHarness, keys: list[str], every: timedelta) -> None:
    assert all(count == 1 for count in Counter(loop.texts).values())
    for number in range(len(keys)):
        for post in (post for post in loop.posts if post.raw == f"post {number}"):
            assert timedelta(0) <= post.created - DUE - number * every <= GRACE


@pytest.mark.parametrize(
    ("back_after", "out_by"),
    [(7 * MINUTE + 23 * SECOND, 9 * MINUTE), (13.5 * MINUTE, GRACE), (14.5 * MINUTE, None)],
)
def test_a_server_that_is_back_within_the_grace_is_not_given_up(
    loop: AppHarness, back_after: timedelta, out_by: timedelta | None
) -> None:
    def refuse(send: Callable[[], Any]) -> Any:
        if loop.clock.now() < DUE + back_after:
            raise outcome_without_answer("Connection refused", opened=False)
        return send()

    key = loop.add()
    loop.intercept_publish(refuse)
    loop.drive(minutes=40)
    if out_by is None:
        assert loop.state(key) is State.MISSED
        assert "Connection refused" in loop.get(key).reason
    else:
        [post] = loop.posts
        assert back_after <= post.created - DUE <= out_by
        assert loop.state(key) is State.PUBLISHED


def test_nine_posts_that_met_a_full_disk_all_come_out(loop: AppHarness) -> None:
    """For 36 seconds the server answers 500. Each post is proved absent, and sent once more."""
    set_gap(loop, 4 * SECOND)
    keys = loop.add_posts(9, every=4 * SECOND)
    loop.fault({"status": 500}, count=9)
    loop.drive(minutes=60)
    assert Counter(map(loop.state, keys)) == {State.PUBLISHED: 9}
    assert all(loop.outcomes(key) == ["unknown", "published"] for key in keys)
    never_twice_and_in_time(loop, keys, 4 * SECOND)


@pytest.mark.parametrize("path", ["/2/tweets", "/2/"], ids=["sends", "everything"])
@pytest.mark.parametrize("effect", ["truncate", "drop_before"])
def test_forty_posts_on_a_timeline_that_lags_miss_none_though_each_fourth_answer_is_cut(
    loop: AppHarness, path: str, effect: str
) -> None:
    set_gap(loop, 5 * SECOND)
    loop.world.timeline_lag = 90 * SECOND
    loop.world.duplicate_window = -SECOND  # the platform refuses no double
    keys = loop.add_posts(40, every=15 * SECOND)
    break_every_fourth(loop, path, effect)
    loop.drive(hours=2)
    states = Counter(map(loop.state, keys))
    # A post that was lost twice, and is absent again, waits for a person.
    twice = [key for key in keys if loop.outcomes(key) == ["unknown", "unknown"]]
    held = [key for key in keys if loop.state(key) is State.NEEDS_HUMAN]
    assert states[State.PUBLISHED] + len(held) == 40
    assert set(held) <= set(twice)
    assert len(held) <= 4
    never_twice_and_in_time(loop, keys, 15 * SECOND)


# --- if the platform keeps the key of a send, a repetition is the same post -----------------------

KEPT = ["mastodon", "bluesky"]


@pytest.fixture
def asked(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[AppHarness]:
    """Return the app on a network that has been asked for its identity and software."""
    from helpers.delivery import AppHarness

    with ExitStack() as stack:
        loop = AppHarness(tmp_path, stack, NETWORKS[request.param])
        loop.checks_identity = True
        loop.restart()
        yield loop


@pytest.mark.parametrize(
    ("asked", "state"),
    [
        *((name, State.PUBLISHED) for name in KEPT),
        ("mastodon without keys", State.NEEDS_HUMAN),
        ("x", State.NEEDS_HUMAN),
    ],
    indirect=["asked"],
)
def test_what_is_lost_three_times_is_repeated_where_keys_are_kept(
    asked: AppHarness, state: State
) -> None:
    key = asked.add()
    asked.fault("drop_before", count=3)
    asked.drive(minutes=60)
    assert asked.state(key) is state
    assert len(asked.posts) == (state is State.PUBLISHED)
    never_twice_and_in_time(asked, [key], timedelta(0))


@pytest.mark.parametrize("asked", KEPT, indirect=True)
def test_what_shows_too_late_for_two_looks_is_one_post_all_the_same(asked: AppHarness) -> None:
    asked.world.timeline_lag = 10 * MINUTE
    key = asked.add()
    asked.fault("commit_then_drop", count=2)
    asked.drive(minutes=60)
    assert asked.texts == ["Take HART off AWS."]
    assert asked.state(key) is State.PUBLISHED


@pytest.mark.parametrize("asked", KEPT, indirect=True)
def test_what_arrives_after_its_repetition_is_one_post_all_the_same(asked: AppHarness) -> None:
    held: list[Callable[[], Any]] = []

    def hold_the_first(send: Callable[[], Any]) -> Any:
        held.append(send)
        if len(held) == 1:
            raise outcome_without_answer("reset", opened=True)
        return send()

    asked.add()
    asked.intercept_publish(hold_the_first)
    asked.drive(minutes=13)
    assert len(held) == 2
    assert len(asked.posts) == 1
    assert held[0]().remote_id == asked.app.metrics.publications()[0].remote_id
    assert len(asked.posts) == 1


@pytest.mark.parametrize("asked", KEPT, indirect=True)
def test_an_edit_in_between_waits_for_the_whole_proof(asked: AppHarness) -> None:
    key = asked.add()
    asked.fault("drop_before")
    asked.drive(minutes=11, seconds=17)
    assert "sent once more" in asked.get(key).reason
    asked.edit(key, content=text_content("Mended."))
    asked.drive(minutes=3, seconds=30)
    assert (asked.state(key), asked.posts) == (State.UNKNOWN, [])
    asked.drive(minutes=20)
    assert asked.texts == ["Mended."]
    assert asked.posts[0].created - DUE >= 5 * MINUTE
    assert len(asked.app.queue.probes(asked.attempts(key)[0].id)) == 3


@pytest.mark.parametrize("asked", ["mastodon"], indirect=True)
def test_a_repetition_that_waits_until_its_key_is_forgotten_is_looked_for_first(
    asked: AppHarness,
) -> None:
    asked.world.timeline_lag = 3 * MINUTE
    key = asked.add(grace=timedelta(hours=4))
    asked.fault("commit_then_drop")
    asked.drive(minutes=11, seconds=17)
    assert "sent once more" in asked.get(key).reason
    asked.pause("account", "mj")
    asked.drive(hours=2)
    asked.resume("account", "mj")
    asked.drive(minutes=20)
    assert asked.texts == ["Take HART off AWS."]
    assert asked.state(key) is State.PUBLISHED
