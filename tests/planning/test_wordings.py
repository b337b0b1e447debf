"""Which account gets which wording, and which wordings stay when others are added."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from helpers.planning import ACCOUNTS, NOW, apply_actions, campaign, post, text_content
from helpers.schedules import event_relative
from hypothesis import given
from hypothesis import strategies as st

from bot.model import Event, Schedule, ScheduleKind, State, Wording
from bot.planning.diff import TooLate, find_actions
from bot.planning.occurrences import (
    choose_wording,
    partner_wordings,
    plan_occurrences,
    planning_window,
)
from bot.schedules import every
from bot.voice.words import canonical_words

if TYPE_CHECKING:
    from bot.model import Post

NAMES = st.lists(
    st.from_regex(r"[a-z]{1,8}", fullmatch=True),
    min_size=1,
    max_size=9,
    unique_by=lambda name: tuple(canonical_words(name)),  # "This is i." says the same as with l
).map(tuple)
WEEKLY = every("thu", "09:00", timezone="UTC")
DAILY = every("day", ["09:00", "17:30"], timezone="America/New_York")
SUMMIT = event_relative(Event("nyc", "Summit", "NYC", "UTC", NOW, NOW + timedelta(hours=8)))
MOMENTS = st.sampled_from(
    [
        (post().when, "once"),
        (SUMMIT, "nyc"),
        (WEEKLY, "2026-11-26T09:00"),
        (WEEKLY, "2026-12-03T09:00"),
    ]
)


def post_saying(
    names: tuple[str, ...], accounts: tuple[str, ...] = ("ours",), when: Schedule | None = None
) -> Post:
    wordings = tuple(Wording(name, text_content(f"This is {name}.")) for name in names)
    one = post(accounts=accounts)
    return replace(one, wordings=wordings, when=when or one.when)


def labels(when: Schedule, start: datetime, days: int) -> list[str]:
    return [moment.label for moment in when.occurrences(start, start + timedelta(days=days))]


def taken(one: Post, label: str, partners: tuple[str, ...] = ()) -> dict[str, str | None]:
    """Return the wording's name by account and partner, None for a partner without one."""
    theirs = partner_wordings(one, label, partners)
    return {name: choose_wording(one, name, label).name for name in one.accounts} | {
        name: wording.name if wording else None for name, wording in theirs.items()
    }


def accounts(number: int) -> tuple[str, ...]:
    return tuple(f"account-{index}" for index in range(number))


def partners(number: int) -> tuple[str, ...]:
    return tuple(f"partner-{index}" for index in range(number))


RULES = st.sampled_from(
    [
        WEEKLY,
        DAILY,
        every("FREQ=MONTHLY;BYDAY=1TU", "09:00", timezone="UTC"),
        every("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO", "9:00", timezone="UTC", start=date(2026, 1, 5)),
        every("FREQ=DAILY;COUNT=90", "09:00", timezone="UTC", start=date(2026, 10, 1)),
        every("FREQ=HOURLY;INTERVAL=4", timezone="Europe/Berlin"),
    ]
)


@given(NAMES, RULES, st.integers(1, 4), st.integers(0, 3))
def test_no_account_says_the_same_wording_twice_running(
    names: tuple[str, ...], when: Schedule, ours: int, theirs: int
) -> None:
    one = post_saying(names, accounts(ours), when)
    found = [taken(one, label, partners(theirs)) for label in labels(when, NOW, 120)]
    for number in range(ours):
        name = f"account-{number}"
        own = {counts[name] for counts in found}
        if len(own) > 1:
            assert all(before[name] != after[name] for before, after in pairwise(found))
        else:
            assert len(names) < 2 * ours


@given(st.integers(1, 9), st.integers(1, 4))
def test_each_account_goes_through_all_its_wordings_in_turn(count: int, ours: int) -> None:
    names = tuple("abcdefghi"[:count])
    one = post_saying(names, accounts(ours), DAILY)
    for name in one.accounts:
        found = [choose_wording(one, name, label).name for label in labels(DAILY, NOW, 60)]
        often = Counter(found)
        assert max(often.values()) - min(often.values()) <= 2


def test_wordings_move_along_with_the_days_of_the_week() -> None:
    """With three wordings and three days a week, each could have a day of its own."""
    when = every("mon,wed,fri", "09:00", timezone="UTC")
    one = post_saying(("a", "b", "c"), when=when)
    mondays = labels(when, NOW, 200)[::3]
    assert {choose_wording(one, "ours", label).name for label in mondays} == {"a", "b", "c"}


@given(NAMES, RULES, st.integers(1, 6))
def test_no_account_ever_says_anothers_wording_while_there_are_enough(
    names: tuple[str, ...], when: Schedule, ours: int
) -> None:
    one = post_saying(names, accounts(ours), when)
    by = {
        name: {choose_wording(one, name, label).name for label in labels(when, NOW, 60)}
        for name in one.accounts
    }
    if ours <= len(names):
        assert len(set().union(*by.values())) == sum(map(len, by.values()))


def test_planning_on_changes_no_wording_of_what_was_planned_before() -> None:
    one = post_saying(("a", "b", "c", "d"), ("ours", "partner"), DAILY)
    day = timedelta(days=1)
    early = plan_occurrences([campaign(one)], ACCOUNTS, NOW, NOW + 10 * day)
    late = plan_occurrences([campaign(one)], ACCOUNTS, NOW - 3 * day, NOW + 40 * day)
    assert early
    assert {item.key: item.wording for item in early}.items() <= {
        item.key: item.wording for item in late
    }.items()
    assert not find_actions(late, apply_actions([], find_actions(late, (), NOW)), NOW)


@pytest.mark.parametrize("start", [date(2026, 1, 1), date(2026, 11, 20)])
def test_another_first_or_last_day_changes_no_wording_between(start: date) -> None:
    rule = every("thu", "09:00", timezone="UTC", start=start, until=date(2027, 1, 1))
    whole, part = (post_saying(("a", "b", "c"), when=when) for when in (WEEKLY, rule))
    for label in labels(part.when, NOW, 60):
        assert choose_wording(part, "ours", label) == choose_wording(whole, "ours", label)


def test_a_recurrence_of_long_ago_is_numbered_without_gaps() -> None:
    start = datetime(2019, 11, 1, tzinfo=UTC)
    numbers = [DAILY.sequence_number(label) for label in labels(DAILY, start, 500)]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


@given(NAMES, MOMENTS, st.integers(1, 6), st.integers(0, 6))
def test_partner_gets_what_nobody_else_says_or_nothing(
    names: tuple[str, ...], moment: tuple[Schedule, str], ours: int, theirs: int
) -> None:
    when, label = moment
    one = post_saying(names, accounts(ours), when)
    given = taken(one, label, partners(theirs))
    own = [given[name] for name in one.accounts]
    if ours <= len(names):
        assert len({*own}) == ours
    else:  # with too few wordings, all are used about equally often
        assert {*own} == {*names}
        assert max(Counter(own).values()) == -(-ours // len(names))
    others = [given[name] for name in partners(theirs) if given[name] is not None]
    assert len({*others}) == len(others)
    recurs = one.when.kind is ScheduleKind.EVERY
    assert not {*others} & ({*names} if recurs else {*own})
    if not recurs:
        assert len(others) == min(theirs, max(len(names) - ours, 0))


@given(NAMES, st.integers(1, 6), st.integers(0, 6))
def test_one_more_account_or_partner_at_the_end_changes_nobody_elses(
    names: tuple[str, ...], ours: int, theirs: int
) -> None:
    before = taken(post_saying(names, accounts(ours)), "once", partners(theirs))
    after = taken(post_saying(names, accounts(ours + 1)), "once", partners(theirs + 1))
    assert all(after[name] in {before[name], None} for name in before)
    assert all(after[name] == before[name] for name in accounts(ours))


@given(NAMES, MOMENTS)
def test_order_of_the_wordings_in_the_file_does_not_count(
    names: tuple[str, ...], moment: tuple[Schedule, str]
) -> None:
    when, label = moment
    backwards = post_saying(tuple(reversed(names)), accounts(3), when)
    assert taken(post_saying(names, accounts(3), when), label) == taken(backwards, label)


def test_planned_with_its_wordings_name_and_words() -> None:
    one = post_saying(("a", "b"), ("ours", "partner"))
    found = plan_occurrences([campaign(one)], ACCOUNTS, *planning_window(NOW))
    assert {occurrence.wording for occurrence in found} == {"a", "b"}
    assert all(occurrence.content.text == f"This is {occurrence.wording}." for occurrence in found)


def test_wordings_that_are_added_reach_only_what_is_not_out() -> None:
    weekly = replace(post_saying(("a", "b", "c")), when=every("day", "09:00", timezone="UTC"))
    window = planning_window(NOW)
    wanted = plan_occurrences([campaign(weekly)], ACCOUNTS, *window)
    queue = apply_actions([], find_actions(wanted, (), NOW))
    out = [replace(delivery, state=State.PUBLISHED) for delivery in queue[:10]]
    more = replace(weekly, wordings=post_saying(("a", "b", "c", "d", "e", "f")).wordings)
    wanted = plan_occurrences([campaign(more)], ACCOUNTS, *window)
    actions = find_actions(wanted, [*out, *queue[10:]], NOW)
    after = {delivery.key: delivery for delivery in apply_actions([*out, *queue[10:]], actions)}
    assert [after[occurrence.key] for occurrence in out] == out
    waiting = [after[delivery.key] for delivery in queue[10:]]
    assert {delivery.wording for delivery in waiting} & {"d", "e", "f"}
    assert not [action for action in actions if isinstance(action, TooLate)]


@pytest.mark.parametrize("number", [1, 2])
def test_one_wording_is_our_accounts_and_no_partners(number: int) -> None:
    one = post_saying(("",), accounts(number))
    given = taken(one, "once", partners(number))
    assert {given[name] for name in one.accounts} == {""}
    assert {given[name] for name in partners(number)} == {None}


def test_partner_gets_no_wording_that_says_almost_the_same() -> None:
    texts = ("Come to the hearing at the county hall on Monday.", "Why is it held in secret?")
    alike = (*texts, "COME to the hearing at the county hall on Tuesday!")
    one = post_saying(("a", "b", "c"))
    wordings = [
        replace(wording, content=text_content(text))
        for wording, text in zip(one.wordings, alike, strict=True)
    ]
    given = partner_wordings(replace(one, wordings=tuple(wordings)), "once", partners(2))
    said = choose_wording(replace(one, wordings=tuple(wordings)), "ours", "once").content.text
    theirs = [wording.content.text for wording in given.values() if wording]
    assert len([text for text in (said, *theirs) if text in {alike[0], alike[2]}]) <= 1


def test_account_that_is_not_in_the_post_has_no_wording() -> None:
    with pytest.raises(ValueError, match="not in tuple"):
        choose_wording(post_saying(("a", "b")), "nobody", "once")
