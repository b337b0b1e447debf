from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from helpers.schedules import at, event_relative, utc

from bot.model import Event, Moment
from bot.schedules import At, EventRelative, Every, NextSlot
from bot.schedules.local_time import ScheduleError

NEW_YORK = "America/New_York"
ALWAYS = (datetime(2000, 1, 1, tzinfo=UTC), datetime(2090, 1, 1, tzinfo=UTC))


def event(starts: str, ends: str) -> Event:
    instants = at(starts, NEW_YORK).due, at(ends, NEW_YORK).due
    return Event("nyc", "AWS Summit", "Javits Center", NEW_YORK, *instants)


SUMMIT = event("2022-07-12 09:00", "2022-07-12 18:00")


def test_a_one_off_is_due_at_its_local_time() -> None:
    moments = list(at("2022-07-12 09:00", NEW_YORK).occurrences(*ALWAYS))
    assert moments == [Moment("once", utc("2022-07-12 13:00"), NEW_YORK)]


def test_a_typed_offset_outweighs_the_zone() -> None:
    (moment,) = at("2022-07-12 09:00+02:00", NEW_YORK).occurrences(*ALWAYS)
    assert moment == Moment("once", utc("2022-07-12 07:00"), NEW_YORK)


def test_the_start_of_a_span_is_in_it_and_the_end_is_not() -> None:
    post, due = at("2022-07-12 09:00", NEW_YORK), utc("2022-07-12 13:00")
    assert list(post.occurrences(due, due + timedelta(seconds=1)))
    assert not list(post.occurrences(due - timedelta(hours=1), due))


def test_a_one_off_that_the_clocks_skip_is_refused() -> None:
    with pytest.raises(ScheduleError, match="07:30 UTC"):
        at("2026-03-08 02:30", NEW_YORK)


def test_a_one_off_that_comes_twice_is_the_first() -> None:
    assert at("2026-10-25 02:30", "Europe/Berlin").due == utc("2026-10-25 00:30")


def test_a_one_off_in_an_unknown_zone_is_refused_also_with_an_offset() -> None:
    with pytest.raises(ScheduleError, match="no timezone"):
        at("2026-10-25 02:30Z", "Europe/Berln")


def test_one_offs_of_one_time_are_equal_and_can_be_put_in_a_set() -> None:
    assert len({at("2022-07-12 09:00", NEW_YORK), at("2022-07-12T09:00", NEW_YORK)}) == 1


@pytest.mark.parametrize(
    ("offset", "clock", "anchor", "due"),
    [
        ("0d", None, "start", "2022-07-12 13:00"),
        ("-1d", "09:00", "start", "2022-07-11 13:00"),
        ("+2h", None, "start", "2022-07-12 15:00"),
        ("+30m", None, "end", "2022-07-12 22:30"),
        ("+1d", "08:00", "end", "2022-07-13 12:00"),
        ("0d", "23:30", "start", "2022-07-13 03:30"),
    ],
)
def test_event_offsets(offset: str, clock: str | None, anchor: str, due: str) -> None:
    schedule = event_relative(SUMMIT, offset, clock, "end" if anchor == "end" else "start")
    assert list(schedule.occurrences(*ALWAYS)) == [Moment("nyc", utc(due), NEW_YORK)]


def test_a_moved_event_moves_its_posts_under_the_same_label() -> None:
    later = replace(SUMMIT, starts=SUMMIT.starts + timedelta(days=3, hours=1))
    (before,) = event_relative(SUMMIT, "-1d", "09:00").occurrences(*ALWAYS)
    (after,) = event_relative(later, "-1d", "09:00").occurrences(*ALWAYS)
    assert after.label == before.label
    assert after.due - before.due == timedelta(days=3)


def test_a_cancelled_event_has_no_posts() -> None:
    schedule = event_relative(replace(SUMMIT, cancelled=True), "-1d")
    assert list(schedule.occurrences(*ALWAYS)) == []


def test_days_with_a_time_count_by_the_calendar_across_a_change_of_clocks() -> None:
    # The clocks go forward on 8 March. The day before is 23 hours away, and 09:00 stays 09:00.
    summit = event("2026-03-08 09:00", "2026-03-08 18:00")
    assert event_relative(summit, "-1d", "09:00").due == utc("2026-03-07 14:00")
    assert event_relative(summit, "-1d").due == utc("2026-03-07 13:00")


def test_the_events_local_date_counts_not_the_utc_date() -> None:
    evening = event("2022-07-12 21:00", "2022-07-12 23:00")
    assert evening.starts.day == 13
    assert event_relative(evening, "0d", "09:00").due == utc("2022-07-12 13:00")


def test_an_event_time_that_the_clocks_skip_is_refused() -> None:
    summit = event("2026-03-09 09:00", "2026-03-09 18:00")
    with pytest.raises(ScheduleError, match="does not exist"):
        event_relative(summit, "-1d", "02:30")


def test_with_a_time_an_offset_is_whole_days() -> None:
    with pytest.raises(ScheduleError, match="whole days"):
        event_relative(SUMMIT, "-1d2h", "09:00")


def test_the_kinds_are_named_as_in_the_campaign_file() -> None:
    known = {"at": At, "event": EventRelative, "every": Every, "slot": NextSlot}
    assert {kind.kind: kind for kind in (At, EventRelative, Every, NextSlot)} == known
