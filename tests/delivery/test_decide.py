"""When a delivery is sent, waits, or is given up, and a person's answer. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from helpers.store import HALF_PUBLISHED, MINUTE, NOW, delivery
from hypothesis import given
from hypothesis import strategies as st

from bot.delivery import transitions
from bot.delivery.decide import CATCH_UP_GAP, GiveUp, Send, Wait, catch_up_gap, decide
from bot.model import Account, Delivery, Pause, PauseCause, RemotePost, Situation, State

SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
ACCOUNT = Account("mj", "x", "@mj", "https://api.x.com")
OUT = RemotePost("101", "https://x.com/mj/status/101", NOW)
OTHER = RemotePost("102", "https://x.com/mj/status/102", NOW)


def pause(scope: str, name: str) -> Pause:
    return Pause(1, scope, name, "a storm", "Ana", NOW, PauseCause.PERSON)


# --- decide ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "after", "expected"),
    [
        (delivery(), -SECOND, Wait(NOW, "not due yet")),
        (delivery(), timedelta(0), Send()),
        (delivery(), 15 * MINUTE, Send()),
        (delivery(), 15 * MINUTE + SECOND, GiveUp(State.MISSED, "")),
        (delivery(grace=timedelta(0)), timedelta(0), Send()),
        (delivery(grace=timedelta(0)), SECOND, GiveUp(State.MISSED, "")),
        (delivery(grace=HOUR), 59 * MINUTE, Send()),
        (delivery(expires=NOW + MINUTE), MINUTE, Send()),
        (delivery(expires=NOW + MINUTE), MINUTE + SECOND, GiveUp(State.EXPIRED, "")),
        (delivery(expires=NOW - MINUTE), timedelta(0), GiveUp(State.EXPIRED, "")),
        (delivery(expires=NOW + HOUR), 16 * MINUTE, GiveUp(State.MISSED, "")),
        (delivery(not_before=NOW + MINUTE, reason="rate limited"), SECOND, Wait(NOW + MINUTE, "")),
        (delivery(not_before=NOW + HOUR), 16 * MINUTE, GiveUp(State.MISSED, "")),
        (delivery(**HALF_PUBLISHED), timedelta(0), Send()),
        (delivery(**HALF_PUBLISHED), HOUR, GiveUp(State.NEEDS_HUMAN, "")),
        (delivery(**HALF_PUBLISHED, expires=NOW), HOUR, GiveUp(State.NEEDS_HUMAN, "")),
    ],
)
def test_sent_from_due_until_grace_or_end(
    one: Delivery, after: timedelta, expected: Send | Wait | GiveUp
) -> None:
    found = decide(one, Situation(ACCOUNT), NOW + after)
    assert type(found) is type(expected)
    if isinstance(expected, GiveUp) and isinstance(found, GiveUp):
        assert found.state is expected.state
        assert found.why
    if isinstance(expected, Wait) and isinstance(found, Wait):
        assert found.until == expected.until


@pytest.mark.parametrize(
    ("scope", "name", "holds"),
    [
        ("all", "", True),
        ("platform", "x", True),
        ("account", "mj", True),
        ("campaign", "people", True),
        ("platform", "bluesky", False),
        ("account", "athena", False),
        ("campaign", "other", False),
    ],
)
def test_a_pause_holds_what_it_names(scope: str, name: str, holds: bool) -> None:
    found = decide(delivery(), Situation(ACCOUNT, pauses=[pause(scope, name)]), NOW)
    assert isinstance(found, Wait if holds else Send)
    if isinstance(found, Wait):
        what = "everything" if scope == "all" else f"its {scope}"
        assert found == Wait(None, f"{what} is paused by Ana: a storm")


def test_too_late_is_reported_even_while_paused() -> None:
    found = decide(delivery(), Situation(ACCOUNT, pauses=[pause("all", "")]), NOW + HOUR)
    assert isinstance(found, GiveUp)


def test_an_account_that_is_not_configured_waits_and_says_so() -> None:
    found = decide(delivery(), Situation(None), NOW)
    assert found == Wait(None, "config.yaml has no account mj")


@pytest.mark.parametrize(
    ("late", "since", "waits"),
    [
        (timedelta(0), 29 * SECOND, SECOND),
        (timedelta(0), 30 * SECOND, None),
        (timedelta(0), None, None),
        (5 * MINUTE, 30 * SECOND, None),
        (6 * MINUTE, 30 * SECOND, 5 * MINUTE - 30 * SECOND),
        (6 * MINUTE, 5 * MINUTE, None),
    ],
)
def test_spacing(late: timedelta, since: timedelta | None, waits: timedelta | None) -> None:
    now = NOW + late
    last = None if since is None else now - since
    found = decide(delivery(), Situation(ACCOUNT, last_sent=last), now)
    expected = None if waits is None else now + waits
    assert (found.until if isinstance(found, Wait) else None) == expected


GAP = ACCOUNT.gap


@pytest.mark.parametrize(
    ("left", "expected"),
    [
        ([], 5 * MINUTE),
        ([9 * HOUR] * 30, 5 * MINUTE),  # no flood after a long downtime
        ([10 * MINUTE] * 2, 4.5 * MINUTE),  # the last of them a minute before its deadline
        ([10 * MINUTE] * 9, MINUTE),
        ([10 * MINUTE, 3 * HOUR, 3 * HOUR], 5 * MINUTE),
        ([n * MINUTE for n in range(2, 12)], MINUTE),
        ([10 * MINUTE] * 99, GAP),  # only twenty can go at all, at the account's own gap
        ([20 * SECOND, 10 * MINUTE], 5 * MINUTE),  # the first is too late anyway
        ([40 * SECOND, 10 * MINUTE], GAP),  # the first is in time
    ],
)
def test_late_posts_are_spread_over_what_is_left_to_them(
    left: list[timedelta], expected: timedelta
) -> None:
    assert catch_up_gap(GAP, NOW, [NOW + one for one in left]) == expected


@given(st.lists(st.timedeltas(-HOUR, 2 * HOUR), max_size=40), st.timedeltas(SECOND, HOUR))
def test_late_posts_are_never_closer_than_the_accounts_gap(
    left: list[timedelta], least: timedelta
) -> None:
    found = catch_up_gap(least, NOW, [NOW + one for one in left])
    assert least <= found <= max(least, CATCH_UP_GAP)


@pytest.mark.parametrize(
    ("late", "gap", "why"),
    [
        (timedelta(0), 30 * SECOND, "the account's gap between posts"),
        (6 * MINUTE, 30 * SECOND, "late posts go out 5 min apart"),
        (6 * MINUTE, 10 * MINUTE, "the account's gap between posts"),
    ],
)
def test_why_it_waits_names_the_gap_and_claims_no_downtime(
    late: timedelta, gap: timedelta, why: str
) -> None:
    account = replace(ACCOUNT, gap=gap)
    found = decide(delivery(), Situation(account, last_sent=NOW + late), NOW + late)
    assert isinstance(found, Wait)
    assert found.why == why


def test_a_thread_that_is_half_out_waits_for_no_gap() -> None:
    assert decide(delivery(**HALF_PUBLISHED), Situation(ACCOUNT, last_sent=NOW), NOW) == Send()


@given(
    st.timedeltas(timedelta(0), 2 * HOUR),
    st.timedeltas(-HOUR, 3 * HOUR),
    st.none() | st.timedeltas(-HOUR, 3 * HOUR),
    st.timedeltas(-HOUR, 3 * HOUR),
    st.none() | st.timedeltas(-HOUR, HOUR),
)
def test_never_sent_outside_its_time_and_never_waiting_for_the_past(
    grace: timedelta,
    not_before: timedelta,
    expires: timedelta | None,
    after: timedelta,
    last: timedelta | None,
) -> None:
    end = None if expires is None else NOW + expires
    one = delivery(grace=grace, not_before=NOW + not_before, expires=end)
    now = NOW + after
    found = decide(one, Situation(ACCOUNT, last_sent=None if last is None else now + last), now)
    if isinstance(found, Send):
        assert one.not_before <= now <= one.deadline
    elif isinstance(found, Wait):
        assert found.until is not None
        assert found.until > now


# --- what a person says ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "after", "state"),
    [
        (delivery(), MINUTE, State.SCHEDULED),
        (delivery(), HOUR, State.MISSED),
        (delivery(**HALF_PUBLISHED), HOUR, State.DROPPED),
    ],
)
def test_not_sent_goes_back_only_in_time(one: Delivery, after: timedelta, state: State) -> None:
    assert transitions.confirmed_unsent(one, "Ana", NOW + after).state is state
