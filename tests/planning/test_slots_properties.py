"""With any files and any history, no slot is taken twice, and no sent post moves."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from helpers.extras import examples
from helpers.planning import (
    NOW,
    OUR_ACCOUNT,
    SLOT_ACCOUNTS,
    apply_actions,
    campaign,
    filled_slots,
    slot_post,
)
from helpers.zones import ZONES, changing_zones
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.model import Delivery, Post, Slot, State
from bot.planning.diff import TooLate, find_actions
from bot.planning.occurrences import planning_window
from bot.schedules import At, NextSlot, every
from bot.schedules.account_times import local_day, slot_instants
from bot.schedules.local_time import zone

if TYPE_CHECKING:
    from bot.model import Account

HOUR = timedelta(hours=1)
NAMES = "abcdefgh"
OUT = (State.PUBLISHED, State.SENDING, State.UNKNOWN, State.NEEDS_HUMAN)

SLOTS = st.lists(
    st.builds(Slot, st.integers(0, 6), st.builds(time, st.integers(0, 23))),
    min_size=1,
    max_size=8,
    unique=True,
)
PACES = st.builds(
    lambda slots, zone, gap, cap, quiet, grace: replace(
        OUR_ACCOUNT,
        slots=tuple(sorted(slots)),
        timezone=zone,
        gap=gap * HOUR,
        daily_cap=cap,
        quiet=quiet,
        grace=grace * HOUR,
    ),
    SLOTS,
    st.sampled_from(["UTC", "Europe/Berlin", "America/New_York"]),
    st.sampled_from([0, 1, 5, 24]),
    st.sampled_from([None, None, 1, 2]),
    st.sampled_from([None, (time(22), time(7)), (time(12), time(14))]),
    st.sampled_from([0, 1, 30]),
)
WHENS = st.one_of(
    st.just(NextSlot()),
    st.just(NextSlot()),
    st.integers(-48, 24 * 20).map(lambda hours: At(NOW + hours * HOUR, "UTC")),
    st.just(every("day", "10:00", timezone="UTC")),
)
ENDS = st.one_of(st.none(), st.none(), st.integers(-48, 240).map(lambda n: NOW + n * HOUR))
POSTS = st.lists(
    st.builds(
        lambda name, when, both, ends: slot_post(
            name, when, accounts=("ours", "partner") if both else ("ours",), expires=ends
        ),
        st.sampled_from(NAMES),
        WHENS,
        st.booleans(),
        ENDS,
    ),
    max_size=8,
    unique_by=lambda made: made.id,
)
FATES = st.lists(st.tuples(st.sampled_from(State), st.integers(0, 1)), min_size=6, max_size=6)
LATER = st.sampled_from([timedelta(0), HOUR / 2, HOUR, 20 * HOUR, 100 * HOUR])


def planned(
    posts: list[Post], queue: list[Delivery], account: Account, now: datetime
) -> list[Delivery]:
    accounts = {**SLOT_ACCOUNTS, "ours": account}
    found, _ = filled_slots([campaign(*posts)], queue, now, accounts)
    actions = find_actions(found, queue, now, planning_window(now))
    after = apply_actions(queue, actions)
    again, _ = filled_slots([campaign(*posts)], after, now, accounts)
    assert again == found
    second = find_actions(again, after, now, planning_window(now))
    assert all(isinstance(action, TooLate) for action in second)
    return after


def happened(
    queue: list[Delivery], fates: list[tuple[State, int]], now: datetime
) -> list[Delivery]:
    """Let anything have happened to the posts that were due by now."""
    result = []
    for number, delivery in enumerate(queue):
        state, part = fates[number % len(fates)]
        due = delivery.due <= now and delivery.state is State.SCHEDULED
        result.append(replace(delivery, state=state, next_part=part) if due else delivery)
    return result


@settings(deadline=None, max_examples=examples(150))
@given(POSTS, POSTS, PACES, FATES, LATER)
def test_whatever_is_edited_nothing_sent_moves_and_no_slot_is_taken_twice(
    before: list[Post],
    after: list[Post],
    account: Account,
    fates: list[tuple[State, int]],
    later: timedelta,
) -> None:
    now = NOW + later
    first = happened(planned(before, [], account, NOW), fates, now)
    queue = planned(after, first, account, now)
    stood = {delivery.key: delivery for delivery in first}
    for delivery in queue:
        old = stood.get(delivery.key)
        if old and (old.state in OUT or old.next_part):
            assert delivery.due == old.due
    _no_slot_twice(queue)
    _within_its_pace(queue, account, now)


def _no_slot_twice(queue: list[Delivery]) -> None:
    for name in ("ours", "partner"):
        dues = [
            delivery.due
            for delivery in queue
            if (delivery.account, delivery.label) == (name, "slot")
            and (delivery.state in OUT or delivery.state is State.SCHEDULED)
        ]
        assert len(set(dues)) == len(dues)
    assert len({delivery.key for delivery in queue}) == len(queue)


def _within_its_pace(queue: list[Delivery], account: Account, now: datetime) -> None:
    """Assert that newly assigned slots keep the account's pace with all its other posts."""
    ours = [delivery for delivery in queue if delivery.account == "ours"]
    live = [item for item in ours if item.state is State.SCHEDULED and now <= item.deadline]
    for delivery in live:
        if delivery.label != "slot" or delivery.due <= now + timedelta(minutes=1):
            continue
        wall = delivery.due.astimezone(zone(account.timezone))
        assert Slot(wall.weekday(), wall.time()) in account.slots
        assert not delivery.expires or delivery.due < delivery.expires
        others = [other for other in live if other is not delivery]
        assert all(abs(delivery.due - other.due) >= account.gap for other in others)
        today = local_day(account, delivery.due)
        day = [other for other in live if local_day(account, other.due) == today]
        fixed = [other for other in day if other.label != "slot"]
        if account.daily_cap is not None:
            assert len(day) <= max(account.daily_cap, len(fixed))


@settings(deadline=None, max_examples=examples(60))
@given(st.permutations(NAMES[:6]), PACES.map(lambda account: replace(account, quiet=None)), FATES)
def test_every_post_goes_out_once_whatever_is_moved_on_the_way(
    order: list[str], account: Account, fates: list[tuple[State, int]]
) -> None:
    """Day by day, due posts leave, or are missed now and then and take the next slot."""
    sent: list[str] = []
    queue: list[Delivery] = []
    now, posts = NOW, [slot_post(name) for name in NAMES[:6]]
    for step in range(60):
        posts = [*posts[1:], posts[0]] if fates[step % 6][1] else posts
        posts = [slot_post(name) for name in order] if step == 3 else posts
        queue = planned(posts, queue, account, now)
        waiting = [delivery.due for delivery in queue if delivery.state is State.SCHEDULED]
        if not waiting:
            break
        now = max(now, min(waiting))
        for number, delivery in enumerate(queue):
            if delivery.state is State.SCHEDULED and delivery.due <= now:
                misses = step % 3 == 0 and fates[step % 6][0] is State.MISSED
                state = State.MISSED if misses else State.PUBLISHED
                queue[number] = replace(delivery, state=state)
                sent += [delivery.post] * (not misses)
        now += timedelta(minutes=2)
    assert sorted(sent) == list(NAMES[:6])


# --- clocks ---------------------------------------------------------------------------------------

HALVES = tuple(
    Slot(day, time(hour, minute)) for day in range(7) for hour in range(24) for minute in (0, 30)
)


def test_around_every_change_of_clocks_slots_come_in_order_and_none_twice() -> None:
    for name, changes in changing_zones().items():
        home = zone(name)
        for change in changes:
            start, end = change - 2 * HOUR, change + 2 * HOUR
            found = slot_instants(HALVES, name, start, end)
            assert all(slot < later for slot, later in pairwise(found))
            walls = [slot.astimezone(home) for slot in found]
            assert all(not wall.fold for wall in walls), "an ambiguous time is the first"
            count = (end - start) // timedelta(minutes=1)
            shown = [(start + timedelta(minutes=n)).astimezone(home) for n in range(count)]
            halves = [at for at in shown if not at.fold and at.minute % 30 == 0]
            there = {f"{instant:%d%H%M}" for instant in halves}
            assert there <= {f"{wall:%d%H%M}" for wall in walls}, name
            before = [slot for slot in found if slot < change]
            assert slot_instants(HALVES, name, start, change) == before
    assert sum(map(len, changing_zones().values())) > 100


@given(st.sampled_from(ZONES), SLOTS, st.lists(st.integers(0, 40 * 24 * 60), max_size=4))
def test_spans_that_join_give_the_slots_of_the_whole(
    name: str, slots: list[Slot], cuts: list[int]
) -> None:
    begin = datetime(2026, 3, 1, tzinfo=UTC)
    edges = [begin + timedelta(minutes=cut) for cut in sorted({0, *cuts, 40 * 24 * 60})]
    parts = [found for span in pairwise(edges) for found in slot_instants(slots, name, *span)]
    assert parts == slot_instants(slots, name, edges[0], edges[-1])
