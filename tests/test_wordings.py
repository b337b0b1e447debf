"""Which wording goes where: what stays as it is when accounts, partners and wordings are added."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from planning_support import ACCOUNTS, NOW, apply, campaign, content, post

from bot.model import State, Wording
from bot.planning import Frozen, diff, plan, window
from bot.schedules import every
from bot.wordings import chosen

if TYPE_CHECKING:
    from bot.model import Post

NAMES = st.lists(
    st.from_regex(r"[a-z]{1,8}", fullmatch=True), min_size=1, max_size=9, unique=True
).map(tuple)
LABELS = st.sampled_from(["once", "nyc", "2026-11-26T09:00", "2026-12-03T09:00"])


def said(names: tuple[str, ...], accounts: tuple[str, ...] = ("ours",)) -> Post:
    wordings = tuple(Wording(name, content(f"This is {name}.")) for name in names)
    return replace(post(accounts=accounts), wordings=wordings)


def taken(one: Post, label: str, partners: tuple[str, ...] = ()) -> dict[str, str]:
    """Give the wording's name by account and partner."""
    names = (*one.accounts, *partners)
    return {name: chosen(one, name, label, partners).name for name in names}


def accounts(number: int) -> tuple[str, ...]:
    return tuple(f"account-{index}" for index in range(number))


def partners(number: int) -> tuple[str, ...]:
    return tuple(f"partner-{index}" for index in range(number))


@given(NAMES, LABELS, st.integers(1, 6), st.integers(0, 6))
def test_nobody_says_the_same_while_there_are_enough(
    names: tuple[str, ...], label: str, ours: int, theirs: int
) -> None:
    said_by = Counter(taken(said(names, accounts(ours)), label, partners(theirs)).values())
    everyone = ours + theirs
    if everyone <= len(names):
        assert set(said_by.values()) == {1}
    else:  # and where there are too few, none is worn out while another one is spared
        assert set(said_by) == set(names)
        assert max(said_by.values()) == -(-everyone // len(names))


@given(NAMES, LABELS, st.integers(1, 6), st.integers(0, 6))
def test_one_more_account_or_partner_at_the_end_changes_nobody_elses(
    names: tuple[str, ...], label: str, ours: int, theirs: int
) -> None:
    before = taken(said(names, accounts(ours)), label, partners(theirs))
    after = taken(said(names, accounts(ours + 1)), label, partners(theirs + 1))
    assert {name: after[name] for name in before} == before


@given(NAMES, LABELS)
def test_order_of_the_wordings_in_the_file_does_not_count(
    names: tuple[str, ...], label: str
) -> None:
    backwards = said(tuple(reversed(names)), accounts(3))
    assert taken(said(names, accounts(3)), label) == taken(backwards, label)


def test_recurrence_uses_all_its_wordings() -> None:
    one = said(("a", "b", "c"))
    labels = [f"2026-11-{day:02}T09:00" for day in range(1, 29)]
    assert {chosen(one, "ours", label).name for label in labels} == {"a", "b", "c"}


def test_planned_with_its_wordings_name_and_words() -> None:
    one = said(("a", "b"), ("ours", "partner"))
    found = plan([campaign(one)], ACCOUNTS, *window(NOW))
    assert {each.wording for each in found} == {"a", "b"}
    assert all(each.content.text == f"This is {each.wording}." for each in found)


def test_wordings_that_are_added_reach_only_what_is_not_out() -> None:
    weekly = replace(said(("a", "b", "c")), when=every("day", "09:00", timezone="UTC"))
    queue = apply([], diff(plan([campaign(weekly)], ACCOUNTS, *window(NOW)), (), NOW))
    out = [replace(one, state=State.PUBLISHED) for one in queue[:10]]
    more = replace(weekly, wordings=said(("a", "b", "c", "d", "e", "f")).wordings)
    actions = diff(plan([campaign(more)], ACCOUNTS, *window(NOW)), [*out, *queue[10:]], NOW)
    after = {one.key: one for one in apply([*out, *queue[10:]], actions)}
    assert [after[one.key] for one in out] == out
    changed = [one for one in queue[10:] if after[one.key].wording != one.wording]
    assert changed
    assert {after[one.key].wording for one in changed} & {"d", "e", "f"}
    assert not [one for one in actions if isinstance(one, Frozen)]


@pytest.mark.parametrize("number", [1, 2])
def test_one_wording_is_everyones(number: int) -> None:
    one = said(("",), accounts(number))
    assert set(taken(one, "once", partners(number)).values()) == {""}


def test_account_that_is_not_in_the_post_has_no_wording() -> None:
    with pytest.raises(ValueError, match="not in tuple"):
        chosen(said(("a", "b")), "nobody", "once", ("athena",))
