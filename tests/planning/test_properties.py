"""With any files and any queue, planning again changes nothing, and no post doubles."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from helpers.planning import ACCOUNTS, NOW, apply_actions, campaign, post, queued_delivery
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.model import Delivery, Occurrence, Post, ScheduleKind, State
from bot.planning.diff import Add, AddMissed, Cancel, Change, Revive, TooLate, find_actions
from bot.planning.occurrences import plan_occurrences, planning_window
from bot.schedules import At, Every, every

NAMES = ("a", "b", "c", "d")
TIMES = st.integers(-9 * 24, 32 * 24).map(
    lambda hours: At(NOW + timedelta(hours=hours, minutes=-10), "UTC")
)
DAILY: st.SearchStrategy[Every] = st.builds(
    lambda days, clock: every(days, clock, timezone="Europe/Berlin"),
    st.sampled_from(["weekend", "wed", "day"]),
    st.sampled_from(["09:00", "12:00", "12:55"]),
)
ENDS = st.one_of(
    st.none(),
    st.integers(1, 90).map(lambda minutes: timedelta(minutes=minutes)),
    st.integers(-48, 48).map(lambda hours: NOW + timedelta(hours=hours)),
)
ACCOUNT_NAMES = st.lists(st.sampled_from(sorted(ACCOUNTS)), min_size=1, max_size=2, unique=True)
PLANS = st.lists(
    st.builds(
        lambda name, when, text, accounts, ends: post(
            name, when, text, accounts=accounts, expires=ends
        ),
        st.sampled_from(NAMES),
        st.one_of(TIMES, DAILY),
        st.sampled_from(["One", "Two"]),
        ACCOUNT_NAMES,
        ENDS,
    ),
    max_size=4,
    unique_by=lambda made: made.id,
)
STANDINGS = st.lists(st.tuples(st.sampled_from(State), st.integers(0, 1)), min_size=8, max_size=8)


def occurrences(posts: list[Post]) -> tuple[Occurrence, ...]:
    return plan_occurrences([campaign(*posts)], ACCOUNTS, *planning_window(NOW))


def queue(posts: list[Post], standings: list[tuple[State, int]]) -> list[Delivery]:
    """Return a queue in which anything may have happened to posts that were once planned."""
    made = []
    for number, occurrence in enumerate(occurrences(posts)):
        state, part = standings[number % len(standings)]
        made.append(replace(queued_delivery(occurrence, number, state), next_part=part))
    return made


@settings(deadline=None)
@given(PLANS, PLANS, STANDINGS)
def test_planning_twice_is_planning_once(
    before: list[Post], after: list[Post], standings: list[tuple[State, int]]
) -> None:
    wanted, held = occurrences(after), queue(before, standings)
    first = find_actions(wanted, held, NOW)
    second = find_actions(wanted, apply_actions(held, first), NOW)
    assert all(isinstance(action, TooLate) for action in second)
    assert second == tuple(action for action in first if isinstance(action, TooLate))


@settings(deadline=None)
@given(PLANS, PLANS, STANDINGS)
def test_each_key_is_acted_on_once_and_only_what_waits_or_was_given_up_is_touched(
    before: list[Post], after: list[Post], standings: list[tuple[State, int]]
) -> None:
    touched: list[str] = []
    for action in find_actions(occurrences(after), queue(before, standings), NOW):
        match action:
            case Add(occurrence):
                assert occurrence.deadline >= NOW
                touched.append(occurrence.key)
            case AddMissed(occurrence):
                assert occurrence.deadline < NOW
                touched.append(occurrence.key)
            case Change(delivery, _, what):
                assert delivery.state is State.SCHEDULED
                assert not (delivery.next_part and {"due", "content"} & set(what))
                touched.append(delivery.key)
            case Revive(delivery, occurrence):
                assert delivery.state in (State.CANCELLED, State.MISSED, State.EXPIRED)
                # A partly published thread comes back however late, and a person is asked about it.
                assert occurrence.deadline >= NOW or delivery.next_part
                touched.append(delivery.key)
            case Cancel(delivery):
                assert delivery.state is State.SCHEDULED
                touched.append(delivery.key)
            case TooLate():
                pass
    assert len(set(touched)) == len(touched)


@settings(deadline=None)
@given(PLANS)
def test_all_that_is_planned_and_in_time_waits_in_the_queue_afterwards(posts: list[Post]) -> None:
    wanted = occurrences(posts)
    stands = {held.key: held.state for held in apply_actions([], find_actions(wanted, [], NOW))}
    assert stands == {
        occurrence.key: State.SCHEDULED if occurrence.deadline >= NOW else State.MISSED
        for occurrence in wanted
        if occurrence.deadline >= NOW
        or occurrence.kind is not ScheduleKind.EVERY  # a new recurrence begins now
    }
    dues = [occurrence.due for occurrence in wanted]
    assert dues == sorted(dues)
