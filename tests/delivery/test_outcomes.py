"""The transitions after an answer and after looks at the timeline. Pure."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from helpers.store import HALF_PUBLISHED, MINUTE, NOW, delivery, text_content
from hypothesis import given
from hypothesis import strategies as st

from bot.delivery.decide import GiveUp, Send, Wait
from bot.delivery.transitions import (
    UNSENT_WAITS,
    judge_probes,
    transition_for,
)
from bot.model import Account, Backoff, Delivery, PauseCause, Probe, RemotePost, State
from bot.platforms.outcomes import (
    Outcome,
    OutOfCredit,
    RateLimited,
    Rejected,
    Unauthorized,
    Unfit,
    Unknown,
    Unsent,
)

if TYPE_CHECKING:
    from datetime import datetime

SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
ACCOUNT = Account("mj", "x", "@mj", "https://api.x.com")
OUT = RemotePost("101", "https://x.com/mj/status/101", NOW)
OTHER = RemotePost("102", "https://x.com/mj/status/102", NOW)


# --- settle ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "outcome", "state", "wait"),
    [
        (delivery(), OUT, State.PUBLISHED, None),
        (delivery(content=text_content("a", "b")), OUT, State.SCHEDULED, ACCOUNT.part_gap),
        (delivery(content=text_content("a", "b"), next_part=1), OUT, State.PUBLISHED, None),
        (delivery(), Rejected("no"), State.REJECTED, None),
        (delivery(**HALF_PUBLISHED), Rejected("no"), State.NEEDS_HUMAN, None),
        (delivery(), Unknown("?"), State.UNKNOWN, 15 * SECOND),
        (delivery(), Unknown("?", duplicate=True), State.UNKNOWN, 15 * SECOND),
        (delivery(), Outcome("one that nobody knows"), State.UNKNOWN, 15 * SECOND),
        (delivery(), Unauthorized("no"), State.SCHEDULED, timedelta(0)),
        (delivery(), OutOfCredit("no"), State.SCHEDULED, timedelta(0)),
        (delivery(), RateLimited("slow", until=NOW + HOUR), State.MISSED, None),
        (
            delivery(**HALF_PUBLISHED),
            RateLimited("slow", until=NOW + HOUR),
            State.NEEDS_HUMAN,
            None,
        ),
        (delivery(tries=4), Unsent("no"), State.SCHEDULED, 4 * MINUTE),
        (delivery(tries=99), Unsent("no"), State.SCHEDULED, 5 * MINUTE),
        # The last try is moved to a minute before the deadline.
        (delivery(tries=4, grace=4 * MINUTE), Unsent("no"), State.SCHEDULED, 3 * MINUTE),
        (delivery(tries=4, grace=MINUTE), Unsent("no"), State.MISSED, None),
        (delivery(tries=4, grace=MINUTE, **HALF_PUBLISHED), Unsent("no"), State.NEEDS_HUMAN, None),
        (delivery(tries=9), RateLimited("slow", until=None), State.SCHEDULED, 14 * MINUTE),
    ],
)
def test_what_an_answer_makes_of_a_delivery(
    one: Delivery, outcome: RemotePost | Outcome, state: State, wait: timedelta | None
) -> None:
    found = transition_for(one, ACCOUNT, outcome, NOW)
    assert found.state is state
    if wait is None:
        assert found.not_before is None
    else:
        assert found.not_before is not None
        assert timedelta(0) <= found.not_before - NOW - wait <= 2 * SECOND
    assert (found.published is OUT) is (outcome is OUT)


@pytest.mark.parametrize(
    ("outcome", "means"),
    [
        (Unauthorized("revoked"), ("account", "mj", PauseCause.REFUSED)),
        (OutOfCredit("empty"), ("platform", "x", PauseCause.CREDIT)),
        (Unfit("silent"), ("account", "mj", PauseCause.UNFIT)),
    ],
)
def test_what_concerns_more_than_one_post_is_paused(
    outcome: Outcome, means: tuple[str, str, PauseCause]
) -> None:
    hold = transition_for(delivery(), ACCOUNT, outcome, NOW).pause_request
    assert hold is not None
    assert (hold.scope, hold.name, hold.cause) == means
    assert outcome.detail in hold.why


def test_what_is_provably_unsent_waits_longer_each_time() -> None:
    untils = [
        transition_for(delivery(tries=n), ACCOUNT, Unsent("no"), NOW).not_before
        for n in range(len(UNSENT_WAITS))
    ]
    assert all(one and other and one < other for one, other in pairwise(untils))


@pytest.mark.parametrize(
    ("expires", "state"),
    [(NOW, State.EXPIRED), (NOW + 5 * SECOND, State.EXPIRED), (NOW + HOUR, State.MISSED)],
)
def test_what_has_an_end_before_the_next_try_is_expired_and_not_missed(
    expires: datetime, state: State
) -> None:
    """Also if the end came between the claim and the send, which is then unsent."""
    one = delivery(expires=expires, grace=8 * SECOND)
    assert transition_for(one, ACCOUNT, Unsent("its time ended"), NOW).state is state


def test_only_a_send_after_a_backoff_ends_it_and_what_is_found_later_does_not() -> None:
    backoff = Backoff(NOW, "rate limited", 1)
    assert transition_for(delivery(), ACCOUNT, OUT, NOW, backoff).ends_backoff
    assert not transition_for(delivery(), ACCOUNT, OUT, NOW).ends_backoff


def test_a_reset_in_the_past_is_no_reset() -> None:
    past = transition_for(delivery(), ACCOUNT, RateLimited("", until=NOW - HOUR), NOW)
    assert past.not_before is not None
    assert past.not_before > NOW + 10 * SECOND


@pytest.mark.parametrize("left", [0, 1, 1000, 1999])
def test_a_429_at_the_edge_of_the_grace_treats_all_posts_alike(left: int) -> None:
    """The spread of the tries makes none of them late. A post whose reset is too late always is."""
    edge = NOW + 15 * MINUTE - timedelta(milliseconds=left)
    for number in range(50):
        one = delivery(key=f"people/p{number}/mj/once", fence=number)
        found = transition_for(one, ACCOUNT, RateLimited("slow", until=edge), NOW)
        assert found.state is State.SCHEDULED
        assert found.not_before is not None
        assert edge <= found.not_before <= one.deadline - (one.deadline - edge) / 2
        assert found.backoff is not None
        assert found.backoff.until == found.not_before
        after = RateLimited("slow", until=one.deadline + timedelta(milliseconds=1))
        assert transition_for(one, ACCOUNT, after, NOW).state is State.MISSED


@given(
    st.sampled_from([Unsent("x"), RateLimited("x", until=None), RateLimited("x", until=NOW)]),
    st.integers(0, 9),
    st.timedeltas(timedelta(0), 20 * MINUTE),
)
def test_what_is_scheduled_again_is_still_in_time(
    outcome: Outcome, tries: int, late: timedelta
) -> None:
    one = delivery(tries=tries)
    found = transition_for(one, ACCOUNT, outcome, NOW + late)
    if found.state is State.SCHEDULED:
        assert found.not_before is not None
        assert NOW + late <= found.not_before <= one.deadline
    else:
        assert found.state is State.MISSED


# --- verdict --------------------------------------------------------------------------------------


def look(after: timedelta, *matches: RemotePost, readable: bool = True) -> Probe:
    return Probe(NOW + after, readable, matches, "evidence")


ABSENT = [look(15 * SECOND), look(75 * SECOND), look(5 * MINUTE)]
BLIND = look(MINUTE, readable=False)


@pytest.mark.parametrize(
    ("looks", "one", "duplicate", "expected"),
    [
        ([look(SECOND, OUT)], delivery(), False, OUT),
        ([*ABSENT[:2], look(5 * MINUTE, OUT)], delivery(), True, OUT),
        ([look(SECOND, OUT, OTHER)], delivery(), False, GiveUp(State.NEEDS_HUMAN, "")),
        (ABSENT[:1], delivery(), False, Wait(NOW + 75 * SECOND, "evidence")),
        (ABSENT[:2], delivery(), False, Wait(NOW + 5 * MINUTE, "evidence")),
        (ABSENT, delivery(), False, Send()),
        (ABSENT, delivery(), True, GiveUp(State.NEEDS_HUMAN, "")),
        (ABSENT, delivery(grace=4 * MINUTE), False, GiveUp(State.NEEDS_HUMAN, "")),
        (ABSENT, delivery(expires=NOW + 4 * MINUTE), False, GiveUp(State.NEEDS_HUMAN, "")),
        ([*ABSENT[:2], BLIND], delivery(), False, Wait(NOW + 6 * MINUTE, "evidence")),
        ([BLIND, *ABSENT[:2]], delivery(), False, Wait(NOW + 5 * MINUTE, "evidence")),
    ],
)
def test_what_the_looks_have_shown(
    looks: list[Probe], one: Delivery, duplicate: bool, expected: Any
) -> None:
    now = NOW + 5 * MINUTE if len(looks) == 3 and looks[0] is not BLIND else looks[-1].at
    found = judge_probes(one, looks, since=NOW, duplicate=duplicate, now=now)
    if isinstance(expected, GiveUp):
        assert isinstance(found, GiveUp)
        assert found.why
    else:
        assert found == expected


@pytest.mark.parametrize(
    ("looks", "again", "kept", "expected"),
    [
        (ABSENT, True, False, GiveUp),
        (ABSENT, True, True, Send),
        (ABSENT[:2], False, False, Wait),
        (ABSENT[:2], False, True, Send),
        (ABSENT[:2], True, True, Send),
        (ABSENT[:1], False, True, Wait),
        ([ABSENT[0], BLIND], False, True, Wait),
    ],
)
def test_a_repetition_under_a_key_that_is_kept_needs_less_proof_and_may_be_repeated(
    looks: list[Probe], again: bool, kept: bool, expected: type
) -> None:
    found = judge_probes(
        delivery(), looks, since=NOW, duplicate=False, now=looks[-1].at, again=again, kept=kept
    )
    assert isinstance(found, expected)


def test_a_timeline_that_stays_unreadable_for_an_hour_is_a_persons() -> None:
    again = judge_probes(delivery(), [BLIND], since=NOW, duplicate=False, now=NOW + HOUR)
    assert again == Wait(NOW + HOUR + MINUTE, "evidence")
    late = judge_probes(delivery(), [BLIND], since=NOW, duplicate=False, now=NOW + HOUR + SECOND)
    assert isinstance(late, GiveUp)


@given(
    st.lists(st.booleans(), min_size=1, max_size=8),
    st.lists(st.timedeltas(timedelta(0), HOUR), min_size=8, max_size=8),
    st.booleans(),
)
def test_nothing_is_sent_again_without_two_readable_looks_a_minute_apart(
    readable: list[bool], waits: list[timedelta], duplicate: bool
) -> None:
    at, looks = NOW, []
    for sees, wait in zip(readable, waits, strict=False):
        at += wait
        looks.append(look(at - NOW, readable=sees))
        found = judge_probes(
            delivery(grace=24 * HOUR), looks, since=NOW, duplicate=duplicate, now=at
        )
        if isinstance(found, Wait):
            assert found.until is not None
            assert found.until >= at
            at = found.until
            continue
        if isinstance(found, Send):
            seen = [probe.at for probe in looks if probe.readable]
            assert not duplicate
            assert len(seen) >= 3
            assert seen[-1] - seen[-2] >= MINUTE
        return
