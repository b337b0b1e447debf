"""Posts that take the next free slot of each account, in the order of the files."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from helpers.planning import (
    FIRST_SLOT,
    NOW,
    OUR_ACCOUNT,
    campaign,
    filled_slots,
    planned_actions,
    replanned_queue,
    slot_post,
)
from helpers.schedules import at

from bot.errors import UserError
from bot.model import Delivery, Fact, Mark, ScheduleKind, Slot, State, Subject
from bot.planning.approval import Approver, Verdicts
from bot.planning.diff import Add, Cancel, Change, Revive, TooLate
from bot.schedules import At, every
from bot.schedules.account_times import slot_instants

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.model import Campaign, Post

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
THREE = [slot_post("a"), slot_post("b"), slot_post("c")]


def days(queue: Sequence[Delivery], account: str = "ours") -> dict[str, float]:
    """Return the number of days from the first slot to each post's slot."""
    return {
        delivery.post: (delivery.due - FIRST_SLOT) / DAY
        for delivery in queue
        if delivery.state is State.SCHEDULED and delivery.account == account
    }


def became(queue: Sequence[Delivery], name: str, state: State, **other: Any) -> list[Delivery]:
    return [
        replace(delivery, state=state, **other) if delivery.post == name else delivery
        for delivery in queue
    ]


# --- the order of the files -----------------------------------------------------------------------


def test_posts_take_the_slots_in_the_order_of_the_file_and_their_accounts_timezone() -> None:
    berlin = {"ours": replace(OUR_ACCOUNT, timezone="Europe/Berlin")}
    queue = replanned_queue(THREE, accounts=berlin)
    assert [delivery.due for delivery in queue] == [FIRST_SLOT - HOUR + n * DAY for n in range(3)]
    assert {(delivery.kind, delivery.label) for delivery in queue} == {(ScheduleKind.SLOT, "slot")}
    assert {delivery.timezone for delivery in queue} == {"Europe/Berlin"}
    assert queue[0].key == "people/a/ours/slot"


def test_each_account_has_slots_of_its_own() -> None:
    both = ("ours", "partner")
    queue = replanned_queue(
        [slot_post("a"), slot_post("b", accounts=both), slot_post("c", accounts=("partner",))]
    )
    assert days(queue) == {"a": 0, "b": 1}
    assert days(queue, "partner") == {"b": 0, "c": 1}


@pytest.mark.parametrize(
    ("posts", "expected"),
    [
        ([slot_post("new"), *THREE], {"new": 0, "a": 1, "b": 2, "c": 3}),
        ([THREE[0], slot_post("new"), *THREE[1:]], {"a": 0, "new": 1, "b": 2, "c": 3}),
        ([THREE[2], THREE[0], THREE[1]], {"c": 0, "a": 1, "b": 2}),
        ([THREE[0], THREE[2]], {"a": 0, "c": 1}),
    ],
)
def test_inserting_moving_and_removing_bring_the_rest_to_where_they_belong(
    posts: list[Post], expected: dict[str, float]
) -> None:
    assert days(replanned_queue(posts, replanned_queue(THREE))) == expected


@pytest.mark.parametrize("state", ["PUBLISHED", "SENDING", "UNKNOWN", "NEEDS_HUMAN"])
def test_what_is_out_or_on_its_way_keeps_its_slot_whatever_happens_to_the_file(state: str) -> None:
    queue = became(replanned_queue(THREE), "a", State[state])
    now = FIRST_SLOT + MINUTE
    after = replanned_queue([slot_post("new"), THREE[2], THREE[0], THREE[1]], queue, now)
    (first,) = (occurrence for occurrence in after if occurrence.post == "a")
    assert (first.state, first.due) == (State[state], FIRST_SLOT)
    assert days(after) == {"new": 1, "c": 2, "b": 3}


def test_what_a_person_is_asked_about_before_its_slot_keeps_it_and_what_is_out_does_not() -> None:
    """After a restore, the timeline leaves it open whether it is out, or shows that it is."""
    posts, queue = [slot_post("new"), *THREE], replanned_queue(THREE)
    asked = replanned_queue(posts, became(queue, "a", State.NEEDS_HUMAN))
    assert days(asked) == {"new": 1, "b": 2, "c": 3}
    found = replanned_queue(posts, became(queue, "a", State.PUBLISHED))
    assert days(found) == {"new": 0, "b": 1, "c": 2}


def test_an_edit_of_what_is_out_is_reported_and_the_others_stay() -> None:
    queue = became(replanned_queue(THREE), "a", State.PUBLISHED)
    edited = replace(THREE[0], wordings=THREE[1].wordings)
    (action,) = planned_actions([edited, *THREE[1:]], queue, FIRST_SLOT + MINUTE)
    assert isinstance(action, TooLate)
    assert action.delivery.post == "a"


@pytest.mark.parametrize("state", [State.REJECTED, State.DROPPED])
def test_what_was_refused_or_dropped_by_a_person_takes_no_slot_again(state: State) -> None:
    queue = became(replanned_queue(THREE), "a", state)
    assert days(replanned_queue(THREE, queue, FIRST_SLOT + MINUTE)) == {"b": 1, "c": 2}


def test_a_thread_that_is_half_out_stays_where_it_is() -> None:
    queue = became(replanned_queue(THREE), "a", State.SCHEDULED, next_part=1)
    after = replanned_queue([slot_post("new"), *THREE], queue, FIRST_SLOT + MINUTE)
    assert days(after) == {"a": 0, "new": 1, "b": 2, "c": 3}


def test_a_thread_that_was_cancelled_half_out_comes_back_at_its_own_slot() -> None:
    queue = became(replanned_queue(THREE), "a", State.CANCELLED, next_part=1)
    after = replanned_queue(THREE, queue, FIRST_SLOT + timedelta(hours=5))
    assert days(after) == {"a": 0, "b": 1, "c": 2}
    assert [delivery.state for delivery in after if delivery.post == "a"] == [State.SCHEDULED]


def test_a_thread_that_is_half_out_counts_on_its_day_though_its_rest_comes_back_too_late() -> None:
    slots = tuple(Slot(day, time(hour)) for day in range(7) for hour in (9, 17))
    accounts = {"ours": replace(OUR_ACCOUNT, slots=slots, daily_cap=1, grace=timedelta(0))}
    posts = [slot_post("timed", At(FIRST_SLOT, "UTC")), slot_post("next")]
    queue = became(
        replanned_queue(posts[:1], accounts=accounts), "timed", State.CANCELLED, next_part=1
    )
    for _ in range(2):  # the plan that brings it back, and the one after
        queue = replanned_queue(posts, queue, FIRST_SLOT + HOUR, accounts)
        assert days(queue) == {"timed": 0, "next": 1}


# --- now ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("around", [-MINUTE, timedelta(0), MINUTE, 15 * MINUTE])
def test_what_is_about_to_go_keeps_its_slot(around: timedelta) -> None:
    after = replanned_queue([slot_post("new"), *THREE], replanned_queue(THREE), FIRST_SLOT + around)
    assert days(after) == {"a": 0, "new": 1, "b": 2, "c": 3}


def test_past_its_grace_it_takes_the_next_slot_again_and_the_rest_follow() -> None:
    late = FIRST_SLOT + 16 * MINUTE
    assert days(replanned_queue(THREE, replanned_queue(THREE), late)) == {"a": 1, "b": 2, "c": 3}
    for state in (State.MISSED, State.EXPIRED):
        queue = became(replanned_queue(THREE), "a", state)
        first, *_ = planned_actions(THREE, queue, late)
        assert isinstance(first, Revive)
        assert days(replanned_queue(THREE, queue, late)) == {"a": 1, "b": 2, "c": 3}


def test_what_left_the_file_and_comes_back_takes_its_place() -> None:
    queue = replanned_queue(THREE[1:], replanned_queue(THREE))
    assert [delivery.state for delivery in queue if delivery.post == "a"] == [State.CANCELLED]
    assert days(replanned_queue(THREE, queue)) == {"a": 0, "b": 1, "c": 2}


def test_beyond_the_horizon_nothing_is_queued_and_the_first_of_it_are_named() -> None:
    many = [slot_post(f"p{n:02}") for n in range(40)]
    queue = replanned_queue(many)
    assert list(days(queue)) == [f"p{n:02}" for n in range(30)]
    _, (problem,) = filled_slots([campaign(*many)])
    assert (problem.code, problem.level) == ("P111", "warning")
    assert problem.message == (
        "people/p30, people/p31, people/p32 and 7 more get no slot of ours: none is free within the"
        " planning horizon."
    )
    pushed = planned_actions([slot_post("new"), *many], queue)
    assert [action.delivery.post for action in pushed if isinstance(action, Cancel)] == ["p29"]
    after = replanned_queue([slot_post("new"), *many], queue)
    assert days(replanned_queue(many, after)) == days(queue)


def test_accounts_that_lack_slots_for_the_same_posts_are_reported_together() -> None:
    both = ("ours", "partner")
    many = [slot_post(f"p{n:02}", accounts=both) for n in range(40)]
    _, (problem,) = filled_slots([campaign(*many)])
    words = "people/p30, people/p31, people/p32 and 7 more get no slot of ours, partner: none is "
    assert problem.message == f"{words}free within the planning horizon."
    own = [slot_post("own"), *many]
    assert len(filled_slots([campaign(*own)])[1]) == 2


# --- approval ---------------------------------------------------------------------------------


def test_what_nobody_has_approved_comes_after_what_can_go_out() -> None:
    asking = replace(campaign(*THREE), require_approval=1)
    before, _ = filled_slots([asking])
    given = {(Subject("people", "b", "ours"), before[1].approval_digest): [Approver("Ana")]}
    verdicts = Verdicts(given)

    def order(*campaigns: Campaign) -> str:
        return "".join(
            occurrence.post for occurrence in filled_slots(campaigns, verdicts=verdicts)[0]
        )

    assert [occurrence.post for occurrence in before] == ["a", "b", "c"]
    assert order(asking) == "bac"
    assert order(replace(asking, require_approval=2)) == "abc"
    assert order(asking, campaign(slot_post("d", campaign="other"), name="other")) == "bdac"


# --- what a slot must suit ------------------------------------------------------------------------


def test_no_slot_before_the_embargo_and_others_may_have_those() -> None:
    held = replace(campaign(slot_post("held")), embargo=FIRST_SLOT + DAY)
    other = campaign(slot_post("free", campaign="other"), name="other")
    found, _ = filled_slots([held, other])
    assert [(occurrence.post, occurrence.due) for occurrence in found] == [
        ("free", FIRST_SLOT),
        ("held", FIRST_SLOT + DAY),
    ]


@pytest.mark.parametrize(("later", "taken"), [(timedelta(0), False), (MINUTE, True)])
def test_no_slot_at_or_after_its_end_which_is_reported(later: timedelta, taken: bool) -> None:
    posts = [slot_post("a"), slot_post("brief", expires=FIRST_SLOT + DAY + later), slot_post("c")]
    found, problems = filled_slots([campaign(*posts)])
    dues = {occurrence.post: occurrence.due for occurrence in found}
    assert ("brief" in dues) is taken
    assert dues["c"] == FIRST_SLOT + (2 if taken else 1) * DAY
    expected = [] if taken else [("P104", "warning")]
    assert [(problem.code, problem.level) for problem in problems] == expected


def test_what_ends_after_the_horizon_may_still_get_a_slot_and_is_asked_to_wait() -> None:
    many = [slot_post(f"p{n:02}") for n in range(30)]
    late = slot_post("late", expires=NOW + 31 * DAY)
    _, (problem,) = filled_slots([campaign(*many, late)])
    assert problem.message.startswith("people/late gets no slot of ours: ")
    assert (problem.code, "Wait for the horizon" in problem.hint) == ("P111", True)


def test_no_slot_once_a_fact_is_due_for_review() -> None:
    review = Fact("hart", "it", None, "https://a.example", "2026-07", NOW.date() + DAY)
    stale = replace(slot_post("stale"), facts=("hart",), mark=Mark("posts/a.yaml", 7, 3))
    found, (problem,) = filled_slots(
        [replace(campaign(slot_post("a"), stale), facts={"hart": review})]
    )
    assert [occurrence.post for occurrence in found] == ["a"]
    assert str(problem).startswith("posts/a.yaml:7:3: P104 people/stale gets no slot of ours")
    assert "due for review, 2026-11-27 00:00 UTC" in problem.message


def test_an_account_without_slots_is_an_error_at_the_post() -> None:
    marked = [
        replace(slot_post("a"), mark=Mark("posts/a.yaml", 3, 5)),
        slot_post("b", accounts=("none",)),
    ]
    accounts = {"ours": OUR_ACCOUNT, "none": replace(OUR_ACCOUNT, name="none", slots=())}
    with pytest.raises(UserError) as caught:
        filled_slots([campaign(*marked)], accounts=accounts)
    (problem,) = caught.value.problems
    assert problem.code == "P103"
    assert 'slots: ["mon-fri 09:00"] under none' in problem.hint


@pytest.mark.parametrize(
    ("minutes", "free"), [(-30, True), (-29, False), (0, False), (29, False), (30, True)]
)
def test_slots_keep_the_gap_to_what_has_a_time_of_its_own(minutes: int, free: bool) -> None:
    accounts = {"ours": replace(OUR_ACCOUNT, gap=30 * MINUTE)}
    fixed = slot_post("fixed", at(f"{FIRST_SLOT + minutes * MINUTE:%Y-%m-%d %H:%M}", "UTC"))
    queue = replanned_queue([slot_post("a"), fixed], accounts=accounts)
    assert days(queue)["a"] == (0 if free else 1)


def test_slots_keep_the_gap_to_each_other() -> None:
    hourly = tuple(Slot(day, time(hour)) for day in range(7) for hour in range(9, 13))
    accounts = {"ours": replace(OUR_ACCOUNT, slots=hourly, gap=2 * HOUR)}
    dues = [delivery.due for delivery in replanned_queue(THREE, accounts=accounts)]
    assert dues == [FIRST_SLOT, FIRST_SLOT + 2 * HOUR, FIRST_SLOT + DAY]


def test_the_days_cap_counts_what_has_a_time_of_its_own_and_what_is_out_today() -> None:
    twice = (*OUR_ACCOUNT.slots, *(Slot(day, time(17)) for day in range(7)))
    accounts = {"ours": replace(OUR_ACCOUNT, slots=twice, daily_cap=2)}
    fixed = slot_post("fixed", every("fri", "12:00", timezone="UTC"))
    queue = replanned_queue([fixed, *THREE], accounts=accounts)
    slotted = [delivery for delivery in queue if delivery.label == "slot"]
    # NOW is Wednesday noon. Its 17:00 comes first, then Thursday's two; Friday has room for one.
    dues = [occurrence.due for occurrence in slotted]
    assert dues == [NOW + 5 * HOUR, FIRST_SLOT, FIRST_SLOT + 8 * HOUR]
    five = [*THREE, slot_post("d"), slot_post("e")]
    more = replanned_queue([fixed, *five], queue, accounts=accounts)
    taken = {occurrence.post: occurrence.due for occurrence in more}
    assert (taken["d"], taken["e"]) == (FIRST_SLOT + DAY, FIRST_SLOT + 2 * DAY)
    out = became(became(queue, "a", State.PUBLISHED), "b", State.PUBLISHED, due=NOW + 6 * HOUR)
    after = replanned_queue([fixed, *THREE, slot_post("d")], out, NOW + 7 * HOUR, accounts)
    assert {occurrence.post: occurrence.due for occurrence in after}["c"] == FIRST_SLOT


def test_slots_in_quiet_hours_are_never_taken() -> None:
    nightly = (*OUR_ACCOUNT.slots, *(Slot(day, time(3)) for day in range(7)))
    accounts = {"ours": replace(OUR_ACCOUNT, slots=nightly, quiet=(time(22), time(7)))}
    assert days(replanned_queue(THREE, accounts=accounts)) == {"a": 0, "b": 1, "c": 2}


def test_what_was_missed_refused_or_dropped_keeps_no_slot_busy() -> None:
    fixed = slot_post("fixed", at(f"{FIRST_SLOT:%Y-%m-%d %H:%M}", "UTC"))
    queue = replanned_queue([fixed])
    assert days(replanned_queue([fixed, slot_post("a")], queue))["a"] == 1
    for state in (State.DROPPED, State.REJECTED):
        after = replanned_queue([fixed, slot_post("a")], became(queue, "fixed", state))
        assert days(after)["a"] == 0


def test_of_four_thousand_posts_as_many_get_a_slot_as_the_days_allow() -> None:
    hourly = tuple(
        Slot(day, time(hour, half)) for day in range(7) for hour in range(24) for half in (0, 30)
    )
    accounts = {"ours": replace(OUR_ACCOUNT, slots=hourly, gap=29 * MINUTE, daily_cap=40)}
    held = replace(campaign(*(slot_post(f"p{n}") for n in range(4000))), embargo=NOW + 15 * DAY)
    found, _ = filled_slots([held], accounts=accounts)
    assert len(found) == 24 + 14 * 40 + 24  # from noon on, and until noon
    assert len({occurrence.due for occurrence in found}) == len(found)


# --- clocks ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "day", "expected"),
    [
        ("Europe/Berlin", "2026-03-29", "2026-03-29 01:30"),  # 02:30 is skipped, and becomes 03:30
        (
            "Europe/Berlin",
            "2026-10-25",
            "2026-10-25 00:30",
        ),  # 02:30 comes twice, and the first counts
    ],
)
def test_a_slot_at_a_time_that_is_not_there_or_twice(zone: str, day: str, expected: str) -> None:
    start = datetime.fromisoformat(f"{day}T00:00+00:00") - HOUR
    found = slot_instants([Slot(6, time(2, 30))], zone, start, start + DAY)
    assert [f"{slot:%Y-%m-%d %H:%M}" for slot in found] == [expected]


def test_a_skipped_slot_and_the_one_it_falls_on_are_one() -> None:
    start = datetime(2026, 3, 29, tzinfo=UTC)
    slots = [Slot(6, time(2, 30)), Slot(6, time(3, 30))]
    assert len(slot_instants(slots, "Europe/Berlin", start, start + DAY)) == 1


def test_changes_that_only_move_say_so() -> None:
    found = planned_actions([slot_post("new"), *THREE], replanned_queue(THREE))
    changes = [(type(action), getattr(action, "fields", ())) for action in found]
    assert changes == [(Add, ()), *[(Change, ("due",))] * 3]
