"""Times in words, as ``queue add --at`` takes them, read as everybody would, or refused."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.schedules.local_time import ScheduleError, to_utc
from bot.schedules.phrases import describe_reading, means_next_slot, parse_phrase
from bot.schedules.recurrence import WEEKDAY_NAMES
from bot.schedules.written_dates import MONTHS, campaign_file_forms, numeric_dates

NEW_YORK = "America/New_York"
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def at(local: str) -> datetime:
    """Return the instant at which the clocks of New York show this."""
    return datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(NEW_YORK)).astimezone(UTC)


def read(phrase: str, now: str) -> str:
    """Return the meaning of a phrase when the clocks of New York show ``now``."""
    return f"{parse_phrase(phrase, NEW_YORK, at(now)):%Y-%m-%d %H:%M}"


def refused(phrase: str, now: str) -> str:
    with pytest.raises(ScheduleError) as caught:
        read(phrase, now)
    assert caught.value.message.startswith(f'"{phrase[:30]}')
    return str(caught.value)


def test_date_of_today_means_today_while_it_is_ahead() -> None:
    assert read("25 nov 13:00", "2026-11-25 07:00") == "2026-11-25 13:00"


def test_date_without_a_year_that_has_passed_is_refused_with_both_readings() -> None:
    for phrase, now in (
        ("25 nov 6:00", "2026-11-25 07:00"),
        ("november 25 6am", "2026-12-24 07:00"),
    ):
        words = refused(phrase, now)
        assert "Wed 2026-11-25 06:00 (passed) or Thu 2027-11-25 06:00" in words
        assert 'Write "2027-11-25 06:00"' in words


def test_date_without_a_year_is_next_year_where_this_years_is_long_past() -> None:
    assert read("3 january 9:00", "2026-12-28 07:00") == "2027-01-03 09:00"


def test_february_29th_is_not_moved_by_years() -> None:
    words = "names 29 February, which does not exist in 2026"
    assert words in refused("29 feb 9:00", "2026-01-10 07:00")
    assert read("29 feb 2028 9:00", "2026-01-10 07:00") == "2028-02-29 09:00"
    assert read("29 feb 9:00", "2028-01-10 07:00") == "2028-02-29 09:00"


def test_readings_that_have_all_passed_are_refused() -> None:
    assert "(passed) or " in refused("2026-11-24 midnight", "2026-11-26 07:00")


@pytest.mark.parametrize(
    ("now", "first", "second"),
    [
        ("2026-11-23 07:00", "Fri 2026-11-27 10:00", "Fri 2026-12-04 10:00"),  # a Monday
        ("2026-11-26 07:00", "Fri 2026-11-27 10:00", "Fri 2026-12-04 10:00"),  # the day before
        ("2026-11-29 07:00", "Fri 2026-12-04 10:00", "Fri 2026-12-11 10:00"),  # a Sunday
    ],
)
def test_next_friday_is_refused_where_two_people_differ(now: str, first: str, second: str) -> None:
    words = refused("next friday 10:00", now)
    assert f"can mean {first} or {second}." in words
    assert f'Write "{first[4:]}" or "{second[4:]}"; it is {datetime.fromisoformat(now):%a}' in words


@pytest.mark.parametrize(
    ("phrase", "now", "meant"),
    [
        ("next friday 10:00", "2026-11-27 07:00", "2026-12-04 10:00"),  # on a Friday
        ("next friday 10:00", "2026-11-28 07:00", "2026-12-04 10:00"),  # on a Saturday
        ("next monday 10:00", "2026-11-25 07:00", "2026-11-30 10:00"),
        ("friday 10:00", "2026-11-26 07:00", "2026-11-27 10:00"),
        ("this friday 10:00", "2026-11-26 07:00", "2026-11-27 10:00"),
        ("this friday 10:00", "2026-11-27 07:00", "2026-11-27 10:00"),
        ("this sunday 10:00", "2026-11-26 07:00", "2026-11-29 10:00"),
    ],
)
def test_weekday_that_all_read_alike_is_taken(phrase: str, now: str, meant: str) -> None:
    assert read(phrase, now) == meant


def test_weekday_that_is_today_is_refused_with_both_readings() -> None:
    words = refused("wednesday 9:00", "2026-11-25 07:00")
    assert "Wed 2026-11-25 09:00 or Wed 2026-12-02 09:00" in words
    words = refused("on wed at 6:00", "2026-11-25 07:00")
    assert "Wed 2026-11-25 06:00 (passed) or Wed 2026-12-02 06:00" in words


def test_tomorrow_is_refused_for_who_is_still_up_after_midnight() -> None:
    words = refused("tomorrow 9:00", "2026-11-25 00:30")
    assert "Wed 2026-11-25 09:00 or Thu 2026-11-26 09:00" in words
    assert read("tomorrow 9:00", "2026-11-25 04:00") == "2026-11-26 09:00"
    assert read("tomorrow 9:00", "2026-11-25 23:59") == "2026-11-26 09:00"


@pytest.mark.parametrize("clock", ["12am", "12:00 am", "midnight", "12pm"])
def test_twelve_that_is_noon_or_either_midnight_is_refused(clock: str) -> None:
    assert "or Fri 2026-11-27 00:00" in refused(f"26 november {clock}", "2026-11-25 07:00")
    assert read("26 november noon", "2026-11-25 07:00") == "2026-11-26 12:00"
    assert read("26 november 12:30pm", "2026-11-25 07:00") == "2026-11-26 12:30"


def test_in_two_minutes_is_never_sooner() -> None:
    assert read("in 2 minutes", "2026-11-25 07:00:40") == "2026-11-25 07:03"
    assert read("in 2 minutes", "2026-11-25 07:00:00") == "2026-11-25 07:02"
    assert read("now", "2026-11-25 07:00:40") == "2026-11-25 07:01"
    assert read("now", "2026-11-25 07:00:00") == "2026-11-25 07:01"
    assert read("in an hour", "2026-11-25 07:00:00") == "2026-11-25 08:00"


def test_days_from_now_over_a_change_of_clocks_are_refused_with_both_readings() -> None:
    words = refused("in 3 days", "2026-10-30 19:00")
    assert "Mon 2026-11-02 18:00 or Mon 2026-11-02 19:00" in words
    assert read("in 3 days", "2026-11-25 19:00") == "2026-11-28 19:00"
    assert read("in 72 hours", "2026-10-30 19:00") == "2026-11-02 18:00"


def test_what_is_missing_is_named() -> None:
    assert "does not name the time of day" in refused("tomorrow", "2026-11-25 07:00")
    assert "does not name the time of day" in refused("2026-12-01", "2026-11-25 07:00")
    assert "does not name the day" in refused("9:00", "2026-11-25 07:00")
    assert "does not name the day" in refused("noon", "2026-11-25 07:00")


def test_date_in_digits_is_refused_with_the_days_that_it_can_mean() -> None:
    words = refused("12/01/2026 9:00", "2026-11-25 07:00")
    assert "can mean 2026-01-12 or 2026-12-01" in words
    words = refused("9:00 31.12.26", "2026-11-25 07:00")
    assert "2026-12-31" in words
    assert "can mean" not in words


def test_dates_in_digits_have_every_reading() -> None:
    days = {
        "12/01/2026": (date(2026, 1, 12), date(2026, 12, 1)),
        "31/12/2026": (date(2026, 12, 31),),
        "12/31/26": (date(2026, 12, 31),),
        "5.5.2026": (date(2026, 5, 5),),
        "2026/12/01": (date(2026, 12, 1),),
        "31/31/2026": (),
        "31-02-2026": (),
        "1/2": (),
    }
    assert {text: numeric_dates(text) for text in days} == days


def test_date_and_time_are_rewritten_as_files_have_them() -> None:
    forms = {
        "2026-12-31 9am": ("2026-12-31 09:00",),
        "31.12.2026, 9:30 PM": ("2026-12-31 21:30",),
        "12/1/2026 9:00": ("2026-01-12 09:00", "2026-12-01 09:00"),
        "2026-12-31": ("2026-12-31",),
        "2026-7-1": ("2026-07-01",),
        "31 December 2026 at 12am": ("2026-12-31 00:00", "2027-01-01 00:00"),
        "Dec 31st, 2026": ("2026-12-31",),
        "9pm": ("21:00",),
        "noon": ("12:00",),
        "31/12/20267": (),
        "2026-12-31 09:00 EST": (),
        "31 December": (),
        "2026-02-30 9am": (),
        "soon": (),
        "": (),
    }
    assert {text: campaign_file_forms(text) for text in forms} == forms


READ = {  # on Wednesday, 2026-11-25, at 7:00
    "tonight 8pm": "Wed 2026-11-25 20:00",
    "8pm tonight": "Wed 2026-11-25 20:00",
    "tonight at 20:00": "Wed 2026-11-25 20:00",
    "tonight 8": "Wed 2026-11-25 20:00",
    "tonight 8:30": "Wed 2026-11-25 20:30",
    "tonight midnight": "Thu 2026-11-26 00:00",
    "tonight 1am": "Thu 2026-11-26 01:00",
    "this evening at 7": "Wed 2026-11-25 19:00",
    "friday afternoon 3": "Fri 2026-11-27 15:00",
    "tomorrow morning 9": "Thu 2026-11-26 09:00",
    "tomorrow noon": "Thu 2026-11-26 12:00",
    "midday tomorrow": "Thu 2026-11-26 12:00",
    "monday 9": "Mon 2026-11-30 09:00",
    "monday at 9": "Mon 2026-11-30 09:00",
    "9 on monday": "Mon 2026-11-30 09:00",
    "next monday 9": "Mon 2026-11-30 09:00",
    "tomorrow 13": "Thu 2026-11-26 13:00",
    "fri 18:30": "Fri 2026-11-27 18:30",
    "fri 18.30": "Fri 2026-11-27 18:30",
    "fri 9.00": "Fri 2026-11-27 09:00",
    "sunday 2026-11-29 9:00": "Sun 2026-11-29 09:00",
    "Sun 29 Nov at 9": "Sun 2026-11-29 09:00",
    "2026-12-01 9am": "Tue 2026-12-01 09:00",
    "2026-12-01 9": "Tue 2026-12-01 09:00",
    "dec 1 at 9": "Tue 2026-12-01 09:00",
    "in five minutes": "Wed 2026-11-25 07:05",
    "in half an hour": "Wed 2026-11-25 07:30",
    "in 2h": "Wed 2026-11-25 09:00",
    "in an hour and a half": "Wed 2026-11-25 08:30",
    "2 hours from now": "Wed 2026-11-25 09:00",
}


@pytest.mark.parametrize("phrase", READ)
def test_what_means_one_thing_is_read_and_said_back(phrase: str) -> None:
    local = parse_phrase(phrase, NEW_YORK, at("2026-11-25 07:00"))
    assert f"{local:%a %Y-%m-%d %H:%M}" == READ[phrase]
    said = describe_reading(phrase, local, NEW_YORK)
    assert said == f'"{phrase}" is read as {READ[phrase]} (America/New_York).'


NOT_READ = {
    "monday 5": 'Write "2026-11-30 05:00" or "2026-11-30 17:00"',
    "today 5": 'Write "2026-11-25 17:00"',
    "wednesday 9": 'Write "2026-11-25 09:00" or "2026-12-02 09:00"',
    "monday 25": "names a time of day that does not exist",
    "tonight 9am": "names a time of day that does not exist",
    "tonight": "does not name the time of day",
    "next monday": "does not name the time of day",
    "tomorrow morning": "does not name the time of day",
    "12/1": "can mean 2026-12-01 or 2027-01-12. Write 2026-12-01 or 2027-01-12 and a time",
    "1.12.": "can mean 2026-12-01 or 2027-01-12. Write 2026-12-01 or 2027-01-12 and a time",
    "12/1 9am": 'Write "2026-12-01 09:00" or "2027-01-12 09:00"',
    "1.12. 9:00": 'Write "2026-12-01 09:00" or "2027-01-12 09:00"',
    "fri 1.12": "can mean 2026-12-01 or 2027-01-12",
    "31/12 9:00": 'has its date in another form. Write "2026-12-31 09:00"',
    "12/1/2026 9:00": 'Write "2026-01-12 09:00" or "2026-12-01 09:00"',
    "9 dec 1": "does not say exactly when",
    "monday 2026-12-01 9:00": "another weekday. Write Tue 2026-12-01",
    "next week": "does not say exactly when",
    "asap": "does not say exactly when",
    "in 1.5 days": "does not say exactly when",
    "2026-12-01 09:00 PST": "names a timezone. Times are those of America/New_York. Write the time",
    "2026-12-01T09:00Z": "names a timezone",
    "2026-12-01T09:00:00+01:00": "names a timezone",
    "2026-12-01 9am UTC": "names a timezone",
    "tomorrow 9:00 CET": "names a timezone",
    "dec 1 at 9 europe/paris": "names a timezone",
}


@pytest.mark.parametrize("phrase", NOT_READ)
def test_what_can_mean_two_things_or_none_is_refused_with_what_to_type(phrase: str) -> None:
    words = refused(phrase, "2026-11-25 07:00")
    assert NOT_READ[phrase] in words
    assert "Write " in words


def test_tonight_said_after_midnight_is_the_night_that_is_ahead() -> None:
    assert read("tonight 8pm", "2026-11-26 00:30") == "2026-11-26 20:00"
    assert 'Write "2026-11-26 01:00" or "2026-11-27 01:00"' in refused(
        "tonight 1am", "2026-11-26 00:30"
    )


def test_a_time_written_in_full_is_not_said_back_unless_the_clocks_show_it_twice() -> None:
    assert not describe_reading("2026-11-26 09:00", datetime(2026, 11, 26, 9), NEW_YORK)  # noqa: DTZ001 - local
    said = describe_reading("2026-11-01 01:30", datetime(2026, 11, 1, 1, 30), NEW_YORK)  # noqa: DTZ001 - local
    assert said.endswith("(America/New_York), the first time that the clocks show it.")


@pytest.mark.parametrize("phrase", ["next slot", "next free slot", "Next  free queue slot", "slot"])
def test_the_next_slot_can_be_asked_for_in_words(phrase: str) -> None:
    assert means_next_slot(phrase)
    assert not means_next_slot("next monday")


def test_more_than_ten_years_is_refused() -> None:
    assert "longer than ten years" in refused("in 9999 weeks", "2026-11-25 07:00")


# --- Whatever the day and the zone ----------------------------------------------------------------

ZONES = st.sampled_from(sorted(available_timezones() - {"localtime", "Factory"}))
FIRST = datetime(2026, 1, 1, tzinfo=UTC)
MOMENTS = st.integers(0, 4 * 365 * 86_400).map(lambda seconds: FIRST + timedelta(seconds=seconds))
CLOCKS = st.times().map(lambda clock: clock.replace(second=0, microsecond=0))


def outcome(phrase: str, zone: str, now: datetime) -> datetime | None:
    try:
        return parse_phrase(phrase, zone, now)
    except ScheduleError:
        return None


def first_from(today: date, weekday: int, start: int) -> date:
    """Return the first such weekday at least ``start`` days from today, found by walking."""
    day = today + start * DAY
    while day.weekday() != weekday:
        day += DAY
    return day


def in_the_week_after(today: date, weekday: int, first: int) -> date:
    """Return the weekday in the week after this one, if weeks begin on the weekday ``first``."""
    day = today + DAY
    while day.weekday() != first:
        day += DAY
    while day.weekday() != weekday:
        day += DAY
    return day


@given(ZONES, MOMENTS, st.sampled_from(range(7)), CLOCKS)
def test_next_weekday_is_taken_only_where_all_agree(
    zone: str, now: datetime, weekday: int, clock: time
) -> None:
    today = now.astimezone(ZoneInfo(zone)).date()
    readings = {
        first_from(today, weekday, 1),
        in_the_week_after(today, weekday, first=0),
        in_the_week_after(today, weekday, first=6),
    }
    found = outcome(f"next {WEEKDAY_NAMES[weekday]} {clock:%H:%M}", zone, now)
    assert found == (datetime.combine(readings.pop(), clock) if len(readings) == 1 else None)


@given(ZONES, MOMENTS, st.sampled_from(range(7)), CLOCKS)
def test_bare_weekday_is_within_six_days_and_never_today(
    zone: str, now: datetime, weekday: int, clock: time
) -> None:
    today = now.astimezone(ZoneInfo(zone)).date()
    found = outcome(f"{WEEKDAY_NAMES[weekday][:3]} {clock:%H:%M}", zone, now)
    if today.weekday() == weekday:
        assert found is None
    else:
        assert found == datetime.combine(first_from(today, weekday, 0), clock)


@given(ZONES, MOMENTS, st.sampled_from(range(12)), st.integers(1, 28), CLOCKS)
def test_date_without_a_year_lies_ahead_and_within_a_year(
    zone: str, now: datetime, month: int, day: int, clock: time
) -> None:
    here = now.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    found = outcome(f"{day} {MONTHS[month]} {clock:%H:%M}", zone, now)
    this_year = datetime.combine(date(here.year, month + 1, day), clock)
    if this_year > here + DAY:
        assert found == this_year
    elif this_year > here - 180 * DAY and this_year < here - DAY:
        assert found is None
    elif found:
        assert (found.month, found.day, found.time()) == (month + 1, day, clock)
        assert here - DAY < found < here + 366 * DAY


@given(ZONES, MOMENTS, st.integers(0, 5000))
def test_minutes_from_now_are_never_sooner_and_less_than_one_later(
    zone: str, now: datetime, minutes: int
) -> None:
    found = outcome(f"in {minutes} minutes", zone, now)
    if found is None:  # the second of two equal times, which a file cannot name
        due = (now + minutes * MINUTE + MINUTE).astimezone(ZoneInfo(zone))
        assert due.fold or (due - MINUTE).fold
    else:
        late = to_utc(found, zone, one_off=True) - now - minutes * MINUTE
        assert timedelta(0) <= late <= MINUTE


PHRASES = st.one_of(
    st.builds("{} {:%H:%M}".format, st.sampled_from(["today", "tomorrow", "this sun"]), CLOCKS),
    st.builds("{:%Y-%m-%d} {:%H:%M}".format, st.dates(date(2026, 1, 1), date(2029, 1, 1)), CLOCKS),
    st.builds("in {} {}".format, st.integers(0, 400), st.sampled_from(["h", "days", "weeks"])),
)


@given(ZONES, MOMENTS, PHRASES)
def test_what_is_read_lies_ahead(zone: str, now: datetime, phrase: str) -> None:
    found = outcome(phrase, zone, now)
    assert found is None or to_utc(found, zone, one_off=False) > now


@given(ZONES, MOMENTS, st.text(max_size=30))
def test_any_words_are_read_or_refused(zone: str, now: datetime, words: str) -> None:
    outcome(words, zone, now)
    campaign_file_forms(words)
