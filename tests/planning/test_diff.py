from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from helpers.planning import (
    ACCOUNTS,
    NOW,
    apply_actions,
    campaign,
    post,
    queued_delivery,
    text_content,
)

from bot.model import Content, Delivery, LinkCard, Media, Occurrence, Part, Post, State
from bot.planning.diff import (
    Action,
    Add,
    AddMissed,
    Cancel,
    Change,
    Revive,
    TooLate,
    action_subject,
    find_actions,
    missed_lines,
    summary,
    too_late_lines,
)
from bot.planning.occurrences import plan_occurrences, planning_window
from bot.schedules import every

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LATE = "2026-11-25 11:00"


def planned(*posts: Post) -> tuple[Occurrence, ...]:
    return plan_occurrences([campaign(*posts)], ACCOUNTS, *planning_window(NOW))


def one(*posts: Post) -> Occurrence:
    (occurrence,) = planned(*posts)
    return occurrence


def kinds(actions: tuple[Action, ...]) -> list[type]:
    return [type(action) for action in actions]


def test_what_is_new_is_added() -> None:
    occurrence = one(post())
    assert find_actions([occurrence], [], NOW) == (Add(occurrence),)


def test_what_is_queued_already_needs_nothing() -> None:
    occurrence = one(post())
    assert find_actions([occurrence], [queued_delivery(occurrence)], NOW) == ()


def test_what_was_due_before_anyone_queued_it_is_listed_as_missed_and_never_added() -> None:
    late = one(post(when=LATE))
    assert find_actions([late], [], NOW) == (AddMissed(late),)


def test_up_to_its_deadline_a_late_post_is_added() -> None:
    late = one(post(when=LATE))
    assert late.deadline == late.due + timedelta(minutes=15)
    assert find_actions([late], [], late.deadline) == (Add(late),)
    assert kinds(find_actions([late], [], late.deadline + timedelta(seconds=1))) == [AddMissed]


def test_a_new_recurrence_begins_now_and_lists_no_days_gone_by() -> None:
    daily = planned(post(when=every("day", ["09:00"], timezone="UTC")))
    assert set(kinds(find_actions(daily, [], NOW))) == {Add}


def test_what_a_long_downtime_kept_out_of_the_queue_is_listed_as_missed() -> None:
    daily = planned(post(when=every("day", ["09:00"], timezone="UTC")))
    actions = find_actions(daily, [queued_delivery(daily[0], state=State.PUBLISHED)], NOW)
    missed = [action.occurrence for action in actions if isinstance(action, AddMissed)]
    assert missed == [occurrence for occurrence in daily[1:] if occurrence.deadline < NOW]


def test_an_end_before_the_grace_is_the_deadline() -> None:
    brief = one(post(when="2026-11-25 11:55", expires=timedelta(minutes=2)))
    assert find_actions([brief], [], NOW) == (AddMissed(brief),)


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"when": "2026-11-26 10:00"}, ("due",)),
        ({"text": "Drop Project Nimbus"}, ("content",)),
        ({"expires": timedelta(days=2)}, ("expires",)),
        ({"when": "2026-11-26 10:00", "text": "Other words"}, ("due", "content")),
    ],
)
def test_a_waiting_delivery_follows_the_files(changes: dict[str, Any], what: tuple[str]) -> None:
    delivery, wanted = queued_delivery(one(post())), one(post(**changes))
    assert find_actions([wanted], [delivery], NOW) == (Change(delivery, wanted, what),)


OTHER_VALUES = {
    "grace": HOUR,
    "timezone": "Europe/Berlin",
    "platform": "x",
    "demand": "drop-nimbus",
    "event": "nyc",
}


@pytest.mark.parametrize(("field", "value"), OTHER_VALUES.items())
def test_every_field_that_a_delivery_takes_over_is_compared(field: str, value: object) -> None:
    occurrence = one(post())
    wanted = replace(occurrence, **{field: value})  # type: ignore[arg-type]
    delivery = queued_delivery(occurrence)
    assert find_actions([wanted], [delivery], NOW) == (Change(delivery, wanted, (field,)),)


def test_a_file_in_another_place_is_no_other_content() -> None:
    def shown(path: str) -> Content:
        return Content((Part("Look", (Media(Path(path), "A map", "00", "image/png", 1),)),))

    occurrence = replace(one(post()), content=shown("/a/map.png"))
    wanted = replace(occurrence, content=shown("/b/map.png"))
    (action,) = find_actions([wanted], [queued_delivery(occurrence)], NOW)
    assert isinstance(action, Change)
    assert action.fields == ("files",)


def test_what_left_the_files_is_cancelled() -> None:
    delivery = queued_delivery(one(post()))
    (action,) = find_actions([], [delivery], NOW)
    assert isinstance(action, Cancel)
    assert action.delivery == delivery


def test_only_what_is_due_in_the_planned_span_is_cancelled() -> None:
    delivery = queued_delivery(one(post()))
    assert find_actions([], [replace(delivery, due=NOW + 31 * DAY)], NOW) == ()
    assert find_actions([], [replace(delivery, due=NOW - 8 * DAY)], NOW) == ()
    assert find_actions([], [delivery], NOW, within=(NOW, delivery.due)) == ()
    within = delivery.due, delivery.due + HOUR
    assert kinds(find_actions([], [delivery], NOW, within)) == [Cancel]


@pytest.mark.parametrize("state", [state for state in State if state is not State.SCHEDULED])
def test_nothing_but_a_waiting_delivery_is_cancelled(state: State) -> None:
    assert find_actions([], [queued_delivery(one(post()), state=state)], NOW) == ()


OUT_OF_REACH = (
    *(State.SENDING, State.UNKNOWN, State.NEEDS_HUMAN, State.PUBLISHED, State.REJECTED),
)


@pytest.mark.parametrize("state", OUT_OF_REACH)
@pytest.mark.parametrize("changes", [{"text": "Other words"}, {"when": "2026-11-27 09:00"}])
def test_what_is_or_may_be_out_is_never_touched_and_the_edit_is_reported(
    state: State, changes: dict[str, Any]
) -> None:
    delivery = queued_delivery(one(post()), state=state)
    (action,) = find_actions([one(post(**changes))], [delivery], NOW)
    assert isinstance(action, TooLate)
    assert action.delivery == delivery
    assert action.why.startswith("changed words" if "text" in changes else "changed time")


@pytest.mark.parametrize("state", [*OUT_OF_REACH, State.DROPPED])
def test_the_rest_of_it_changes_without_a_word(state: State) -> None:
    delivery = queued_delivery(one(post()), state=state)
    assert find_actions([one(post(expires=timedelta(days=3)))], [delivery], NOW) == ()


def test_editing_a_recurring_post_says_nothing_of_those_that_are_out() -> None:
    def daily(text: str) -> tuple[Occurrence, ...]:
        return planned(post("daily", every("day", "09:00", timezone="UTC"), text))

    before = [
        queued_delivery(occurrence, n, State.PUBLISHED if occurrence.due < NOW else State.SCHEDULED)
        for n, occurrence in enumerate(daily("Old words"))
    ]
    actions = find_actions(daily("New words"), before, NOW)
    assert set(kinds(actions)) == {Change}
    assert len(actions) == 30


def half_out(state: State = State.SCHEDULED) -> Delivery:
    thread = replace(one(post()), content=text_content("One", "Two", "Three"))
    return replace(queued_delivery(thread, state=state), next_part=2)


@pytest.mark.parametrize("state", [State.SCHEDULED, State.CANCELLED])
def test_a_thread_that_is_half_out_keeps_its_words_and_its_time(state: State) -> None:
    for wanted in (
        replace(one(post()), content=text_content("One", "Two", "Drei")),
        replace(one(post(when="2026-11-27 09:00")), content=text_content("One", "Two", "Three")),
    ):
        (action,) = find_actions([wanted], [half_out(state)], NOW)
        assert isinstance(action, TooLate)
        assert "2 of its 3 parts are out" in action.why


def test_a_thread_that_is_half_out_can_be_given_an_end_or_be_cancelled() -> None:
    ends = replace(one(post(expires=HOUR)), content=text_content("One", "Two", "Three"))
    assert kinds(find_actions([ends], [half_out()], NOW)) == [Change]
    (action,) = find_actions([], [half_out()], NOW)
    assert isinstance(action, Cancel)
    assert "2 of its 3 parts are out" in action.why


LINK, MARKS = "https://example.org/a", "utm_source=x&utm_medium=post&utm_campaign=people"


def linked(*texts: str, card: str | None = None) -> Content:
    last = len(texts) - 1
    return Content(
        tuple(
            Part(text, card=LinkCard(card, "A title", "") if card and n == last else None)
            for n, text in enumerate(texts)
        )
    )


def marked(link: str, content: str = "hart") -> str:
    return f"{link}{'&' if '?' in link else '?'}{MARKS}&utm_content={content}"


MARKS_ALONE = {
    "marks that are new": (linked(f"Go {LINK}."), linked(f"Go {marked(LINK)}.")),
    "marks of another kind": (linked(marked(LINK)), linked(marked(LINK, "ours"))),
    "marks of a link with parameters": (linked(f"{LINK}?b=1"), linked(marked(f"{LINK}?b=1"))),
    "marks in a thread": (linked("One", LINK), linked("One", marked(LINK))),
    "marks in a card": (linked(LINK, card=LINK), linked(marked(LINK), card=marked(LINK))),
}
WORDS_TOO = {
    "other words": (linked(f"Go {LINK}"), linked(f"See {marked(LINK)}")),
    "another link": (linked(LINK), linked(marked(f"{LINK}b"))),
    "marks typed by hand": (linked(f"{LINK}?utm_source=a"), linked(f"{LINK}?utm_source=b")),
    "another part": (linked("One", LINK), linked("One", "Two", marked(LINK))),
    "another setting": (linked(LINK), replace(linked(marked(LINK)), language="en")),
}


@pytest.mark.parametrize("what", [*MARKS_ALONE, *WORDS_TOO])
@pytest.mark.parametrize("state", [*OUT_OF_REACH, State.DROPPED])
@pytest.mark.parametrize("turned", [False, True])
def test_marks_alone_change_too_late_without_a_word(
    what: str, state: State, *, turned: bool
) -> None:
    before, after = {**MARKS_ALONE, **WORDS_TOO}[what][:: -1 if turned else 1]
    delivery = queued_delivery(replace(one(post()), content=before), state=state)
    actions = find_actions([replace(one(post()), content=after)], [delivery], NOW)
    assert kinds(actions) == [TooLate] * (what in WORDS_TOO)


def test_a_waiting_delivery_gets_its_marks() -> None:
    delivery = queued_delivery(replace(one(post()), content=linked(LINK)))
    wanted = replace(one(post()), content=linked(marked(LINK)))
    assert find_actions([wanted], [delivery], NOW) == (Change(delivery, wanted, ("content",)),)


@pytest.mark.parametrize("expires", [None, HOUR])
def test_a_thread_that_is_half_out_keeps_its_marks(expires: timedelta | None) -> None:
    thread = replace(one(post()), content=linked("One", LINK))
    delivery = replace(queued_delivery(thread), next_part=1)
    wanted = replace(one(post(expires=expires)), content=linked("One", marked(LINK)))
    actions = find_actions([wanted], [delivery], NOW)
    assert actions == (
        (Change(delivery, replace(wanted, content=thread.content), ("expires",)),)
        if expires
        else ()
    )


SOON, PAST, ODD = one(post()), one(post(when=LATE)), one(post(expires=NOW - HOUR))
THREAD = replace(PAST, content=text_content("One", "Two", "Three"))
EDITED = one(post(text="Other words"))
BACK = {
    "what was cancelled, with the files": (SOON, State.CANCELLED, 0, EDITED),
    "a thread that was cancelled half out, however late": (THREAD, State.CANCELLED, 2, THREAD),
    "what was missed and is moved into the future": (PAST, State.MISSED, 0, SOON),
    "what expired and is moved into the future": (PAST, State.EXPIRED, 0, SOON),
}
NOT_BACK = {
    "what was cancelled, too late": (PAST, State.CANCELLED, 0, PAST),
    "what was missed, by a longer grace": (PAST, State.MISSED, 0, replace(PAST, grace=6 * HOUR)),
    "what ended before it was due, on every planning": (ODD, State.EXPIRED, 0, ODD),
    "what a person dropped": (SOON, State.DROPPED, 0, SOON),
    "what a person dropped half out": (SOON, State.DROPPED, 1, SOON),
}


@pytest.mark.parametrize("what", [*BACK, *NOT_BACK])
def test_what_was_given_up_comes_back_or_not(what: str) -> None:
    before, state, next_part, wanted = {**BACK, **NOT_BACK}[what]
    delivery = replace(queued_delivery(before, state=state), next_part=next_part)
    expected = (Revive(delivery, wanted),) if what in BACK else ()
    assert find_actions([wanted], [delivery], NOW) == expected


def test_an_edit_of_what_a_person_dropped_says_that_it_stays_dropped() -> None:
    dropped = queued_delivery(SOON, state=State.DROPPED)
    [action] = find_actions([EDITED], [dropped], NOW)
    assert isinstance(action, TooLate)
    assert action.why.startswith(
        "changed words or media, but it was dropped for good: give the post a"
    )


def test_another_time_of_day_of_a_recurrence_is_another_post() -> None:
    def daily(clock: str) -> tuple[Occurrence, ...]:
        return planned(post("daily", every("thu", clock, timezone="UTC")))

    before = [queued_delivery(item, n) for n, item in enumerate(daily("09:00")) if item.due > NOW]
    actions = find_actions([item for item in daily("10:00") if item.due > NOW], before, NOW)
    assert kinds(actions) == [Add] * 5 + [Cancel] * 5


def test_actions_come_in_the_order_of_the_plan_and_cancels_last() -> None:
    gone = [queued_delivery(one(post(name)), n) for n, name in ((2, "y"), (1, "x"))]
    actions = find_actions(planned(post("b"), post("a")), gone, NOW)
    assert [action_subject(action).post for action in actions] == ["b", "a", "x", "y"]


def test_an_old_delivery_of_a_planned_key_is_found_wherever_it_was_due() -> None:
    delivery = replace(queued_delivery(one(post()), state=State.MISSED), due=NOW - 60 * DAY)
    assert kinds(find_actions(planned(post()), [delivery], NOW)) == [Revive]


def test_planning_twice_is_planning_once() -> None:
    wanted = planned(post("a"), post("b", LATE), post("c", every("day", "9:00", timezone="UTC")))
    gone = [queued_delivery(one(post("gone")))]
    queue = apply_actions(gone, find_actions(wanted, gone, NOW))
    assert find_actions(wanted, queue, NOW) == ()


def test_the_summary_counts_a_post_once_however_many_accounts_it_is_on() -> None:
    new = planned(post("new", accounts=("ours", "partner")))
    days = planned(post("days", when=every("day", ["09:00"], timezone="UTC")))[:2]
    moved = queued_delivery(one(post("moved")))
    actions: list[Action] = [Add(occurrence) for occurrence in (*new, *days)]
    actions.append(Change(moved, moved, ("due",)))
    assert len(actions) == 5
    assert summary(actions) == "plan: 3 posts queued, 1 post changed"
    assert summary(()) == "plan: nothing to change"


def test_the_log_says_once_of_a_post_that_it_was_missed_with_its_accounts() -> None:
    late = planned(post(when=LATE, accounts=("ours", "partner")))
    assert len(late) == 2
    assert missed_lines(map(AddMissed, late)) == [
        "people/hart on ours, partner: missed, was due 2026-11-25 11:00Z"
    ]


def test_the_log_says_once_of_a_post_that_an_edit_came_too_late() -> None:
    out = [queued_delivery(of) for of in planned(post(accounts=("ours", "partner")))]
    assert too_late_lines([TooLate(delivery, "it is out") for delivery in out]) == [
        "people/hart on ours, partner: it is out"
    ]
    apart = [TooLate(delivery, f"why {n}") for n, delivery in enumerate(out)]
    assert len(too_late_lines(apart)) == 2
