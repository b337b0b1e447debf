"""Posts that take the next free slot of each account, in the order of the files."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from planning_support import NOW, campaign
from slots_support import FIRST, OURS, actions, brought, dealt, waits

from bot.errors import UserError
from bot.model import Delivery, Fact, Mark, ScheduleKind, Slot, State, Subject
from bot.planning import Add, Cancel, Change, Frozen, Revive
from bot.schedules import at, every
from bot.schedules.slots import instants

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.model import Post

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
THREE = [waits("a"), waits("b"), waits("c")]


def days(queue: Sequence[Delivery], account: str = "ours") -> dict[str, float]:
    """Give how many days after the first slot each post waits for its own."""
    return {
        one.post: (one.due - FIRST) / DAY
        for one in queue
        if one.state is State.SCHEDULED and one.account == account
    }


def became(queue: Sequence[Delivery], name: str, state: State, **other: Any) -> list[Delivery]:
    return [replace(one, state=state, **other) if one.post == name else one for one in queue]


# --- the order of the files -----------------------------------------------------------------------


def test_posts_take_the_slots_in_the_order_of_the_file_and_their_accounts_timezone() -> None:
    berlin = {"ours": replace(OURS, timezone="Europe/Berlin")}
    queue = brought(THREE, accounts=berlin)
    assert [one.due for one in queue] == [FIRST - HOUR + n * DAY for n in range(3)]
    assert {(one.kind, one.label) for one in queue} == {(ScheduleKind.SLOT, "slot")}
    assert {one.timezone for one in queue} == {"Europe/Berlin"}
    assert queue[0].key == "people/a/ours/slot"


def test_each_account_has_slots_of_its_own() -> None:
    both = ("ours", "partner")
    queue = brought([waits("a"), waits("b", accounts=both), waits("c", accounts=("partner",))])
    assert days(queue) == {"a": 0, "b": 1}
    assert days(queue, "partner") == {"b": 0, "c": 1}


@pytest.mark.parametrize(
    ("posts", "expected"),
    [
        ([waits("new"), *THREE], {"new": 0, "a": 1, "b": 2, "c": 3}),
        ([THREE[0], waits("new"), *THREE[1:]], {"a": 0, "new": 1, "b": 2, "c": 3}),
        ([THREE[2], THREE[0], THREE[1]], {"c": 0, "a": 1, "b": 2}),
        ([THREE[0], THREE[2]], {"a": 0, "c": 1}),
    ],
)
def test_inserting_moving_and_removing_bring_the_rest_to_where_they_belong(
    posts: list[Post], expected: dict[str, float]
) -> None:
    assert days(brought(posts, brought(THREE))) == expected


@pytest.mark.parametrize(
    "state", [State.PUBLISHED, State.SENDING, State.UNKNOWN, State.NEEDS_HUMAN]
)
def test_what_is_out_or_on_its_way_keeps_its_slot_whatever_happens_to_the_file(
    state: State,
) -> None:
    queue = became(brought(THREE), "a", state)
    now = FIRST + MINUTE
    after = brought([waits("new"), THREE[2], THREE[0], THREE[1]], queue, now)
    (first,) = (one for one in after if one.post == "a")
    assert (first.state, first.due) == (state, FIRST)
    assert days(after) == {"new": 1, "c": 2, "b": 3}


def test_an_edit_of_what_is_out_is_told_and_the_others_stay() -> None:
    queue = became(brought(THREE), "a", State.PUBLISHED)
    edited = replace(THREE[0], wordings=THREE[1].wordings)
    (told,) = actions([edited, *THREE[1:]], queue, FIRST + MINUTE)
    assert isinstance(told, Frozen)
    assert told.delivery.post == "a"


@pytest.mark.parametrize("state", [State.REJECTED, State.DROPPED])
def test_what_was_refused_or_dropped_by_a_person_takes_no_slot_again(state: State) -> None:
    queue = became(brought(THREE), "a", state)
    assert days(brought(THREE, queue, FIRST + MINUTE)) == {"b": 1, "c": 2}


def test_a_thread_that_is_half_out_stays_where_it_is() -> None:
    queue = became(brought(THREE), "a", State.SCHEDULED, next_part=1)
    after = brought([waits("new"), *THREE], queue, FIRST + MINUTE)
    assert days(after) == {"a": 0, "new": 1, "b": 2, "c": 3}


def test_a_thread_that_was_cancelled_half_out_comes_back_at_its_own_slot() -> None:
    queue = became(brought(THREE), "a", State.CANCELLED, next_part=1)
    after = brought(THREE, queue, FIRST + timedelta(hours=5))
    assert days(after) == {"a": 0, "b": 1, "c": 2}
    assert [one.state for one in after if one.post == "a"] == [State.SCHEDULED]


# --- now ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("around", [-MINUTE, timedelta(0), MINUTE, 15 * MINUTE])
def test_what_is_about_to_go_keeps_its_slot(around: timedelta) -> None:
    after = brought([waits("new"), *THREE], brought(THREE), FIRST + around)
    assert days(after) == {"a": 0, "new": 1, "b": 2, "c": 3}


def test_past_its_grace_it_takes_the_next_slot_again_and_the_rest_follow() -> None:
    late = FIRST + 16 * MINUTE
    assert days(brought(THREE, brought(THREE), late)) == {"a": 1, "b": 2, "c": 3}
    for state in (State.MISSED, State.EXPIRED):
        queue = became(brought(THREE), "a", state)
        first, *_ = actions(THREE, queue, late)
        assert isinstance(first, Revive)
        assert days(brought(THREE, queue, late)) == {"a": 1, "b": 2, "c": 3}


def test_what_left_the_file_and_comes_back_takes_its_place() -> None:
    queue = brought(THREE[1:], brought(THREE))
    assert [one.state for one in queue if one.post == "a"] == [State.CANCELLED]
    assert days(brought(THREE, queue)) == {"a": 0, "b": 1, "c": 2}


def test_beyond_the_horizon_nothing_is_queued_and_the_first_of_it_are_named() -> None:
    many = [waits(f"p{n:02}") for n in range(40)]
    queue = brought(many)
    assert list(days(queue)) == [f"p{n:02}" for n in range(30)]
    (problem,) = dealt([campaign(*many)]).problems
    assert (problem.code, problem.level) == ("P105", "warning")
    assert problem.message == (
        "people/p30, people/p31, people/p32 and 7 more get no slot of ours: none is free within the"
        " planning horizon."
    )
    pushed = actions([waits("new"), *many], queue)
    assert [one.delivery.post for one in pushed if isinstance(one, Cancel)] == ["p29"]
    assert days(brought(many, brought([waits("new"), *many], queue))) == days(queue)


# --- approval ---------------------------------------------------------------------------------


def test_what_nobody_has_approved_comes_after_what_can_go_out() -> None:
    asking = replace(campaign(*THREE), require_approval=1)
    order = [one.post for one in dealt([asking]).occurrences]
    assert order == ["a", "b", "c"]
    (text,) = {one.approval_digest for one in dealt([asking]).occurrences if one.post == "b"}
    given = {(Subject("people", "b", "ours"), text): ["Ana"]}
    assert [one.post for one in dealt([asking], given=given).occurrences] == ["b", "a", "c"]
    two = replace(asking, require_approval=2)
    assert [one.post for one in dealt([two], given=given).occurrences] == ["a", "b", "c"]
    plain = campaign(waits("d", campaign="other"), name="other")
    found = dealt([asking, plain], given=given).occurrences
    assert [one.post for one in found] == ["b", "d", "a", "c"]


# --- what a slot must suit ------------------------------------------------------------------------


def test_no_slot_before_the_embargo_and_others_may_have_those() -> None:
    held = replace(campaign(waits("held")), embargo=FIRST + DAY)
    other = campaign(waits("free", campaign="other"), name="other")
    found = dealt([held, other]).occurrences
    assert [(one.post, one.due) for one in found] == [("free", FIRST), ("held", FIRST + DAY)]


@pytest.mark.parametrize(("later", "taken"), [(timedelta(0), False), (MINUTE, True)])
def test_no_slot_at_or_after_its_end_which_is_told(later: timedelta, taken: bool) -> None:
    posts = [waits("a"), waits("brief", expires=FIRST + DAY + later), waits("c")]
    found = dealt([campaign(*posts)])
    dues = {one.post: one.due for one in found.occurrences}
    assert ("brief" in dues) is taken
    assert dues["c"] == FIRST + (2 if taken else 1) * DAY
    assert [problem.code for problem in found.problems] == ([] if taken else ["P104"])
    assert all(problem.level == "warning" for problem in found.problems)


def test_what_ends_after_the_horizon_may_still_get_a_slot_and_is_told_to_wait() -> None:
    many = [waits(f"p{n:02}") for n in range(30)]
    late = waits("late", expires=NOW + 31 * DAY)
    (problem,) = dealt([campaign(*many, late)]).problems
    assert problem.message.startswith("people/late gets no slot of ours: ")
    assert (problem.code, "as the horizon moves on" in problem.hint) == ("P105", True)


def test_no_slot_once_a_fact_is_due_for_review() -> None:
    review = Fact("hart", "it", None, "https://a.example", "2026-07", NOW.date() + DAY)
    stale = replace(waits("stale"), facts=("hart",), mark=Mark("posts/a.yaml", 7, 3))
    one = replace(campaign(waits("a"), stale), facts={"hart": review})
    found = dealt([one])
    assert [each.post for each in found.occurrences] == ["a"]
    (problem,) = found.problems
    assert str(problem).startswith("posts/a.yaml:7:3: P104 people/stale gets no slot of ours")
    assert "due for review, 2026-11-27 00:00 UTC" in problem.message


def test_an_account_without_slots_is_an_error_at_the_post() -> None:
    marked = [replace(waits("a"), mark=Mark("posts/a.yaml", 3, 5)), waits("b", accounts=("none",))]
    accounts = {"ours": OURS, "none": replace(OURS, name="none", slots=())}
    with pytest.raises(UserError) as caught:
        dealt([campaign(*marked)], accounts=accounts)
    (problem,) = caught.value.problems
    assert problem.code == "P103"
    assert 'slots: ["mon-fri 09:00"] under none' in problem.hint


@pytest.mark.parametrize(
    ("minutes", "free"), [(-30, True), (-29, False), (0, False), (29, False), (30, True)]
)
def test_slots_keep_the_gap_to_what_has_a_time_of_its_own(minutes: int, free: bool) -> None:
    accounts = {"ours": replace(OURS, gap=30 * MINUTE)}
    fixed = waits("fixed", at(f"{FIRST + minutes * MINUTE:%Y-%m-%d %H:%M}", "UTC"))
    queue = brought([waits("a"), fixed], accounts=accounts)
    assert days(queue)["a"] == (0 if free else 1)


def test_slots_keep_the_gap_to_each_other() -> None:
    hourly = tuple(Slot(day, time(hour)) for day in range(7) for hour in range(9, 13))
    accounts = {"ours": replace(OURS, slots=hourly, gap=2 * HOUR)}
    dues = [one.due for one in brought(THREE, accounts=accounts)]
    assert dues == [FIRST, FIRST + 2 * HOUR, FIRST + DAY]


def test_the_days_cap_counts_what_has_a_time_of_its_own_and_what_is_out_today() -> None:
    twice = (*OURS.slots, *(Slot(day, time(17)) for day in range(7)))
    accounts = {"ours": replace(OURS, slots=twice, daily_cap=2)}
    fixed = waits("fixed", every("fri", "12:00", timezone="UTC"))
    queue = brought([fixed, *THREE], accounts=accounts)
    slotted = [one for one in queue if one.label == "slot"]
    # NOW is Wednesday noon: its 17:00, then Thursday's two; Friday has room for one only.
    assert [one.due for one in slotted] == [NOW + 5 * HOUR, FIRST, FIRST + 8 * HOUR]
    more = brought([fixed, *THREE, waits("d"), waits("e")], queue, accounts=accounts)
    dues = {one.post: one.due for one in more if one.label == "slot"}
    assert (dues["d"], dues["e"]) == (FIRST + DAY, FIRST + 2 * DAY)
    out = became(became(queue, "a", State.PUBLISHED), "b", State.PUBLISHED, due=NOW + 6 * HOUR)
    after = brought([fixed, *THREE, waits("d")], out, NOW + 7 * HOUR, accounts)
    assert {one.post: one.due for one in after}["c"] == FIRST


def test_slots_in_quiet_hours_are_never_taken() -> None:
    nightly = (*OURS.slots, *(Slot(day, time(3)) for day in range(7)))
    accounts = {"ours": replace(OURS, slots=nightly, quiet=(time(22), time(7)))}
    assert days(brought(THREE, accounts=accounts)) == {"a": 0, "b": 1, "c": 2}


def test_what_was_missed_refused_or_dropped_keeps_no_slot_busy() -> None:
    fixed = waits("fixed", at(f"{FIRST:%Y-%m-%d %H:%M}", "UTC"))
    queue = brought([fixed])
    assert days(brought([fixed, waits("a")], queue))["a"] == 1
    for state in (State.DROPPED, State.REJECTED):
        assert days(brought([fixed, waits("a")], became(queue, "fixed", state)))["a"] == 0


def test_of_four_thousand_posts_as_many_get_a_slot_as_the_days_allow() -> None:
    hourly = tuple(
        Slot(day, time(hour, half)) for day in range(7) for hour in range(24) for half in (0, 30)
    )
    accounts = {"ours": replace(OURS, slots=hourly, gap=29 * MINUTE, daily_cap=40)}
    held = replace(campaign(*(waits(f"p{n}") for n in range(4000))), embargo=NOW + 15 * DAY)
    found = dealt([held], accounts=accounts).occurrences
    assert len(found) == 24 + 14 * 40 + 24  # from noon on, and until noon
    assert len({one.due for one in found}) == len(found)


# --- clocks ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "day", "expected"),
    [
        ("Europe/Berlin", "2026-03-29", "2026-03-29 01:30"),  # 02:30 is skipped: it is 03:30
        ("Europe/Berlin", "2026-10-25", "2026-10-25 00:30"),  # 02:30 is there twice: the first
    ],
)
def test_a_slot_at_a_time_that_is_not_there_or_twice(zone: str, day: str, expected: str) -> None:
    start = datetime.fromisoformat(f"{day}T00:00+00:00") - HOUR
    found = instants([Slot(6, time(2, 30))], zone, start, start + DAY)
    assert [f"{one:%Y-%m-%d %H:%M}" for one in found] == [expected]


def test_a_skipped_slot_and_the_one_it_falls_on_are_one() -> None:
    start = datetime(2026, 3, 29, tzinfo=UTC)
    slots = [Slot(6, time(2, 30)), Slot(6, time(3, 30))]
    assert len(instants(slots, "Europe/Berlin", start, start + DAY)) == 1


def test_changes_that_only_move_say_so() -> None:
    found = actions([waits("new"), *THREE], brought(THREE))
    assert [(type(one), getattr(one, "what", ())) for one in found] == [
        (Add, ()),
        *[(Change, ("due",))] * 3,
    ]
