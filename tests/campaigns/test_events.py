"""Posts on several events, their ends, and a queue that follows every change of the events."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from helpers.campaigns import load_rows
from helpers.planning import ACCOUNTS, NOW, apply_actions, post
from helpers.planning import campaign as made
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.model import Campaign, Delivery, Event, State
from bot.planning.diff import Action, Cancel, Change, Revive, TooLate, find_actions
from bot.planning.occurrences import plan_occurrences, planning_window
from bot.schedules import EventRelative

if TYPE_CHECKING:
    from pathlib import Path

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
BOTH = "when: { events: [nyc, chicago], offset: -1d, at: 09:00 }"


def ends(tmp_path: Path, when: str, expires: str) -> list[datetime | timedelta | None]:
    found = load_rows(tmp_path, when, "text: Hi", f"expires: {expires}")
    assert found.problems == ()
    return [post.expires for post in found.campaigns[0].posts]


# --- expires --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expires", "hours"),
    [("{ from: end }", 0), ("{ offset: 2d, from: end }", 48), ("{ offset: 30m }", None)],
)
def test_a_post_on_several_events_ends_by_each_ones_own(
    tmp_path: Path, expires: str, hours: int | None
) -> None:
    nyc, chicago = datetime(2022, 7, 12, 22, tzinfo=UTC), datetime(2022, 8, 9, 22, tzinfo=UTC)
    wanted: list[datetime | timedelta | None] = [nyc, chicago]
    if hours is None:  # 09:00 in New York is 13:00 UTC, in Chicago 14:00
        wanted = [nyc - 8.5 * HOUR, chicago - 7.5 * HOUR]
    else:
        wanted = [nyc + hours * HOUR, chicago + hours * HOUR]
    assert ends(tmp_path, BOTH, expires) == wanted


@pytest.mark.parametrize(
    "when", ["when: { event: nyc, offset: -1d }", "when: 2022-07-10 09:00\n    event: nyc"]
)
def test_the_event_that_a_post_is_about_need_not_be_named_again(tmp_path: Path, when: str) -> None:
    assert ends(tmp_path, when, "{ from: end }") == [datetime(2022, 7, 12, 22, tzinfo=UTC)]
    assert ends(tmp_path, when, "{ event: chicago }") == [datetime(2022, 8, 9, 14, tzinfo=UTC)]


def test_posts_on_several_events_can_end_at_a_time_or_after_a_while(tmp_path: Path) -> None:
    assert ends(tmp_path, BOTH, "2d") == [2 * DAY, 2 * DAY]
    until = datetime(2022, 9, 1, 4, tzinfo=UTC)
    assert ends(tmp_path, BOTH, "2022-09-01 00:00") == [until, until]


def test_a_post_in_a_slot_can_end_by_an_event(tmp_path: Path) -> None:
    (end,) = ends(tmp_path, "when: { slot: next }", "{ event: nyc }")
    assert end == datetime(2022, 7, 12, 13, tzinfo=UTC)


def test_without_an_event_there_is_nothing_to_count_from(tmp_path: Path) -> None:
    found = load_rows(tmp_path, "when: 2022-07-10 09:00", "text: Hi", "expires: { offset: 2d }")
    (problem,) = found.problems
    assert problem.code == "C203"
    assert "the post has none" in problem.message


def test_an_end_before_the_post_is_due_is_reported(tmp_path: Path) -> None:
    found = load_rows(tmp_path, BOTH, "text: Hi", "expires: { offset: -2d }")
    assert {problem.code for problem in found.problems} == {"S606"}


# --- A queue that follows its events --------------------------------------------------------------

NAMES = ("nyc", "chicago", "berlin")
START = NOW + 10 * DAY


def event(name: str, starts: datetime) -> Event:
    return Event(name, name.title(), "A hall", "UTC", starts, starts + 8 * HOUR)


def tour(events: dict[str, Event]) -> Campaign:
    """Return a campaign with two posts on each event, and one at a time of its own."""
    posts = [
        replace(
            post(
                name,
                EventRelative(event, offset),
                f"{name} {event.id}",
                accounts=("ours", "partner"),
            ),
            event=event.id,
        )
        for event in events.values()
        for name, offset in (("call", -DAY), ("now", timedelta(0)))
    ]
    return replace(made(*posts, post("fixed")), events=events)


def actions(one: Campaign, queue: list[Delivery]) -> tuple[Action, ...]:
    return find_actions(plan_occurrences([one], ACCOUNTS, *planning_window(NOW)), queue, NOW)


EVENTS = {name: event(name, START + 3 * number * DAY) for number, name in enumerate(NAMES)}
QUEUED = apply_actions([], actions(tour(EVENTS), []))
MOVES = st.lists(  # hours from now, all within the planning window
    st.tuples(st.sampled_from(NAMES), st.integers(2 * 24, 29 * 24)), min_size=1, max_size=5
)
FATES = st.lists(st.sampled_from(State), min_size=4, max_size=4)
_STUCK = (
    *(State.SENDING, State.UNKNOWN, State.NEEDS_HUMAN, State.PUBLISHED),
    *(State.REJECTED, State.DROPPED),
)


@settings(deadline=None)
@given(MOVES, FATES)
def test_moving_an_event_moves_each_unsent_post_of_it_exactly_once(
    moves: list[tuple[str, int]], fates: list[State]
) -> None:
    events = dict(EVENTS)
    queue = [replace(one, state=fates[n % len(fates)]) for n, one in enumerate(QUEUED)]
    queue = apply_actions(queue, actions(tour(events), queue))  # given-up deliveries come back
    for name, hours in moves:
        stays = events[name].starts == NOW + hours * HOUR
        events[name] = event(name, NOW + hours * HOUR)
        found = actions(tour(events), queue)
        mine = [delivery for delivery in queue if delivery.event == name]
        moved = [action.delivery.key for action in found if isinstance(action, Change)]
        late = {action.delivery.key for action in found if isinstance(action, TooLate)}
        assert len(moved) + len(late) == len(found)
        if not stays:
            assert sorted(moved) == sorted(
                delivery.key for delivery in mine if delivery.state not in _STUCK
            )
            if events[name].starts != EVENTS[name].starts:  # it moved away from its first time
                assert {delivery.key for delivery in mine if delivery.state in _REPORTED} <= late
        queue = apply_actions(queue, found)
        assert len({delivery.key for delivery in queue}) == len(queue) == len(QUEUED)
        _assert_due_by_their_events(queue, events)
        assert all(isinstance(action, TooLate) for action in actions(tour(events), queue))


_REPORTED = (State.SENDING, State.UNKNOWN, State.NEEDS_HUMAN, State.PUBLISHED, State.REJECTED)


def _assert_due_by_their_events(queue: list[Delivery], events: dict[str, Event]) -> None:
    for delivery in queue:
        if delivery.event and delivery.state is State.SCHEDULED:
            lead = DAY if delivery.post == "call" else timedelta(0)
            assert delivery.due == events[delivery.event].starts - lead


@pytest.mark.parametrize("name", NAMES)
def test_a_cancelled_event_drops_only_its_posts_until_it_is_restored(name: str) -> None:
    gone = {**EVENTS, name: replace(EVENTS[name], cancelled=True)}
    found = actions(tour(gone), QUEUED)
    assert {type(action) for action in found} == {Cancel}
    assert {action.delivery.event for action in found if isinstance(action, Cancel)} == {name}
    queue = apply_actions(QUEUED, found)
    back = actions(tour(EVENTS), queue)
    assert {type(action) for action in back} == {Revive}
    assert len(back) == len(found) == 4
    assert apply_actions(queue, back) == QUEUED


def test_a_published_post_keeps_its_time_and_that_is_reported() -> None:
    queue = [
        replace(delivery, state=State.PUBLISHED) if delivery.post == "call" else delivery
        for delivery in QUEUED
    ]
    moved = {**EVENTS, "nyc": event("nyc", START + DAY)}
    found = actions(tour(moved), queue)
    kinds = [(type(action), action.delivery.post) for action in found]  # type: ignore[union-attr]
    assert [kind for kind, name in kinds if name == "call"] == [TooLate, TooLate]
    assert [kind for kind, name in kinds if name == "now"] == [Change, Change]


def test_an_event_moved_beyond_the_horizon_takes_its_posts_along_and_brings_them_back() -> None:
    far = {**EVENTS, "berlin": event("berlin", NOW + 60 * DAY)}
    queue = apply_actions(QUEUED, actions(tour(far), QUEUED))
    assert {delivery.event for delivery in queue if delivery.state is State.CANCELLED} == {"berlin"}
    assert apply_actions(queue, actions(tour(EVENTS), queue)) == QUEUED
