"""All timezones, around every change of their clocks in two years."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from helpers.zones import ZONES, changing_zones
from hypothesis import given
from hypothesis import strategies as st

from bot.schedules import At, Every
from bot.schedules.local_time import ScheduleError, to_utc

if TYPE_CHECKING:
    from bot.model import Moment

DAILY = "FREQ=DAILY"
QUARTERS = tuple(time(hour, minute) for hour in range(24) for minute in (0, 15, 30, 45))
TWO_HOURS = timedelta(hours=2)


def check(moments: list[Moment], zone: ZoneInfo) -> None:
    """Assert the properties of every recurrence, whatever the clocks do."""
    assert all(one.due < other.due for one, other in pairwise(moments))
    assert len({moment.label for moment in moments}) == len(moments)
    for moment in moments:
        label = datetime.fromisoformat(moment.label)
        wall = moment.due.astimezone(zone)
        if wall.replace(tzinfo=None) == label:
            assert wall.fold == 0, "an ambiguous time is the first"
        else:
            before, after = (label.replace(tzinfo=zone, fold=fold).utcoffset() for fold in (0, 1))
            assert before is not None
            assert after is not None
            assert wall.replace(tzinfo=None) - label == after - before > timedelta(0)


def walls(start: datetime, end: datetime, zone: ZoneInfo) -> set[str]:
    """Return the quarters of an hour that the zone's clock shows in [start, end), by minutes."""
    count = (end - start) // timedelta(minutes=1)
    shown = ((start + timedelta(minutes=n)).astimezone(zone) for n in range(count))
    return {f"{wall:%Y-%m-%dT%H:%M}" for wall in shown if not wall.fold and wall.minute % 15 == 0}


def test_around_every_change_of_clocks_each_wall_clock_time_comes_once() -> None:
    for name, changes in changing_zones().items():
        zone, schedule = ZoneInfo(name), Every(DAILY, QUARTERS, None, None, name)
        for change in changes:
            start, end = change - TWO_HOURS, change + TWO_HOURS
            moments = list(schedule.occurrences(start, end))
            check(moments, zone)
            # Times that were moved gave way to real ones, so that only shown quarters remain.
            assert {moment.label for moment in moments} == walls(start, end, zone), name
            halves = [*schedule.occurrences(start, change), *schedule.occurrences(change, end)]
            assert halves == moments, name
    assert sum(map(len, changing_zones().values())) > 100


@given(
    st.sampled_from(ZONES),
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 1)),  # noqa: DTZ001 - hypothesis wants naive
    st.lists(st.times(), min_size=1, max_size=5),
    st.lists(st.integers(0, 40 * 24 * 60), max_size=4),
)
def test_spans_that_join_give_what_the_whole_gives(
    name: str, begin: datetime, clocks: list[time], cuts: list[int]
) -> None:
    at = tuple(sorted({clock.replace(second=0, microsecond=0) for clock in clocks}))
    schedule = Every(DAILY, at, None, None, name)
    start = begin.replace(tzinfo=UTC)
    edges = [start + timedelta(minutes=cut) for cut in sorted({0, *cuts, 40 * 24 * 60})]
    whole = list(schedule.occurrences(edges[0], edges[-1]))
    pieces = [moment for span in pairwise(edges) for moment in schedule.occurrences(*span)]
    assert pieces == whole
    check(whole, ZoneInfo(name))


@given(
    st.sampled_from(ZONES),
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)),  # noqa: DTZ001 - a wall-clock label
)
def test_a_one_off_is_due_at_the_very_time_it_says_or_refused(name: str, local: datetime) -> None:
    zone = ZoneInfo(name)
    moved = to_utc(local, name, one_off=False).astimezone(zone).replace(tzinfo=None)
    try:
        due = At(local, name).due
    except ScheduleError:
        assert moved > local
    else:
        assert due.astimezone(zone).replace(tzinfo=None) == local == moved
