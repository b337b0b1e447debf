"""Everything that makes a post wait: embargo, review, approval, daily cap, quiet hours."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from helpers.delivery import DUE, content_of, make_media
from helpers.store import HALF_PUBLISHED, MINUTE, NOW, delivery, text_content
from hypothesis import given
from hypothesis import strategies as st

from bot.database.audit import read_entries
from bot.delivery.decide import GiveUp, Send, Wait, decide
from bot.model import Account, Part, Situation, State
from bot.schedules.account_times import day_span, quiet_span

if TYPE_CHECKING:
    from helpers.delivery import AppHarness
    from helpers.run import SandboxProject

pytest_plugins = ["helpers.run"]

SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
NIGHT = (time(22), time(7))
ACCOUNT = Account(
    "mj", "x", "@mj", "https://api.x.com", timezone="America/New_York", quiet=NIGHT, daily_cap=4
)
THREE_PARTS = {**HALF_PUBLISHED, "next_part": 0}
UNAPPROVED = "waits for approval (0 of 1): groundswell review"


def ago(clock: str) -> datetime:
    """Return an instant of the day of NOW in New York, five hours behind UTC."""
    return datetime.fromisoformat(f"2026-03-02T{clock}-05:00").astimezone(UTC)


# --- decide ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "asked", "until", "why"),
    [
        ({"embargo": NOW + MINUTE}, {}, MINUTE, "embargo until Mon 2026-03-02 07:01 EST"),
        ({"embargo": NOW + MINUTE, **HALF_PUBLISHED}, {}, MINUTE, "embargo until Mon"),
        ({"embargo": NOW}, {}, None, None),
        ({"stale_from": NOW}, {}, None, "is due for review since Mon 2026-03-02 07:00 EST"),
        ({"stale_from": NOW + SECOND}, {}, None, None),
        ({"stale_from": NOW, **HALF_PUBLISHED}, {}, None, None),
        ({}, {"approval_hold": UNAPPROVED}, None, UNAPPROVED),
        (HALF_PUBLISHED, {"approval_hold": UNAPPROVED}, None, UNAPPROVED),
        ({}, {"posts_today": 3}, None, None),
        ({}, {"posts_today": 4}, 17 * HOUR, "the account's 4 posts of today are out"),
        (HALF_PUBLISHED, {"posts_today": 4}, None, None),
        ({}, {"parts_today": 199}, None, None),
        ({}, {"parts_today": 200}, 17 * HOUR, "and this has one more; its daily_parts is 200"),
        (THREE_PARTS, {"parts_today": 197}, None, None),
        (THREE_PARTS, {"parts_today": 198}, 17 * HOUR, "198 parts of the account's posts of today"),
        (HALF_PUBLISHED, {"parts_today": 200}, None, None),
    ],
)
def test_what_holds_back(
    one: dict[str, Any], asked: dict[str, Any], until: timedelta | None, why: str | None
) -> None:
    found = decide(delivery(**one), Situation(ACCOUNT, **asked), NOW)
    if why is None:
        assert found == Send()
    else:
        assert isinstance(found, Wait)
        assert why in found.why
        assert found.until == (None if until is None else NOW + until)


@pytest.mark.parametrize(
    ("due", "now", "waits"),
    [
        ("21:59", "22:00", True),
        ("21:59", "21:59", False),
        ("22:00", "22:00", False),
        ("23:00", "23:10", False),
        ("06:50", "06:59", False),
    ],
)
def test_quiet_hours_hold_what_was_due_before_them(due: str, now: str, waits: bool) -> None:
    one = delivery(due=ago(due), grace=24 * HOUR)
    morning = Wait(ago("07:00") + 24 * HOUR, "quiet hours until 07:00")
    assert decide(one, Situation(ACCOUNT), ago(now)) == (morning if waits else Send())


def test_quiet_hours_do_not_cut_a_thread() -> None:
    one = delivery(due=ago("21:59"), grace=24 * HOUR, **HALF_PUBLISHED)
    assert decide(replace(one, next_part=0), Situation(ACCOUNT), ago("22:00")) != Send()
    assert decide(one, Situation(ACCOUNT), ago("22:00")) == Send()


@pytest.mark.parametrize(
    ("one", "asked", "why"),
    [
        ({"embargo": NOW + HOUR}, {}, "embargo until Mon 2026-03-02 08:00 EST"),
        ({"embargo": NOW - HOUR}, {}, "not due yet"),
        ({"stale_from": NOW}, {}, "is due for review since"),
        ({"stale_from": NOW + MINUTE}, {}, "not due yet"),
        ({}, {"approval_hold": UNAPPROVED}, UNAPPROVED),
        ({}, {"holds_secret": True}, "it contains a secret of your environment"),
    ],
)
def test_what_will_hold_it_back_is_said_before_it_is_due(
    one: dict[str, Any], asked: dict[str, Any], why: str
) -> None:
    found = decide(delivery(**one), Situation(ACCOUNT, **asked), NOW - HOUR)
    assert isinstance(found, Wait)
    assert found.until == NOW
    assert why in found.why


@pytest.mark.parametrize(
    ("one", "asked", "why"),
    [
        ({"embargo": NOW + HOUR}, {}, "embargo until"),
        ({"stale_from": NOW}, {}, "due for review"),
        ({}, {"approval_hold": UNAPPROVED}, "waits for approval"),
        ({}, {"posts_today": 4}, "4 posts of today"),
    ],
)
def test_what_was_held_to_the_end_is_missed_and_says_why(
    one: dict[str, Any], asked: dict[str, Any], why: str
) -> None:
    found = decide(delivery(**one), Situation(ACCOUNT, **asked), NOW + 16 * MINUTE)
    assert isinstance(found, GiveUp)
    assert found.state is State.MISSED
    assert found.why.startswith("16 min late, more than its grace of 15 min (")
    assert why in found.why


def test_a_loop_that_was_down_all_night_does_not_blame_the_night() -> None:
    one = delivery(due=ago("21:58"))
    soon = decide(one, Situation(ACCOUNT), ago("22:14"))
    assert isinstance(soon, GiveUp)
    assert "quiet hours until 07:00" in soon.why
    later = decide(one, Situation(ACCOUNT), ago("23:14"))
    assert isinstance(later, GiveUp)
    assert "quiet" not in later.why


# --- the audience's day and night -----------------------------------------------------------------

ZONES = st.sampled_from(
    ["America/New_York", "Europe/Berlin", "Pacific/Apia", "Australia/Lord_Howe", "UTC"]
)
CLOCKS = st.builds(time, st.integers(0, 23), st.sampled_from([0, 30]))
INSTANTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis wants naive


@given(ZONES, st.tuples(CLOCKS, CLOCKS).filter(lambda pair: pair[0] != pair[1]), INSTANTS)
def test_an_instant_is_in_its_own_day_and_the_quiet_hours_that_are_given_for_it(
    zone: str, quiet: tuple[time, time], instant: datetime
) -> None:
    account = replace(ACCOUNT, timezone=zone, quiet=quiet)
    begin, end = day_span(account, instant)
    assert begin <= instant < end
    assert day_span(account, end)[0] == end
    if span := quiet_span(account.quiet, account.timezone, instant):
        assert span[0] <= instant < span[1] <= span[0] + 25 * HOUR
        for inside in (span[0], span[1] - SECOND):
            assert quiet_span(account.quiet, account.timezone, inside) == span


def test_quiet_hours_follow_the_clocks() -> None:
    hours, zone = (time(22), time(2, 30)), "Europe/Berlin"
    spring, autumn = datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 10, 25, 0, tzinfo=UTC)
    # 02:30 is 03:30 in spring, and the first 02:30 in autumn.
    assert quiet_span(hours, zone, spring) == (spring - 4 * HOUR, spring + HOUR / 2)
    assert quiet_span(hours, zone, autumn) == (autumn - 4 * HOUR, autumn + HOUR / 2)


# --- the loop -------------------------------------------------------------------------------------


def paced(loop: AppHarness, **pace: Any) -> None:
    """Change the account's limits, as an edit of the config and a restart do."""
    loop.account = replace(loop.account, **pace)
    loop.restart()


def wait(loop: AppHarness, **units: float) -> None:
    """Run the loop for a while, awake only when it asked for it."""
    end = loop.clock.now() + timedelta(**units)
    for _ in range(40):
        loop.beat()
        wake = loop.app.dispatcher.next_wake()
        if wake is None or wake > end:
            loop.clock.advance_to(end)
            return
        loop.clock.advance_to(max(wake, loop.clock.now()))
    raise AssertionError("the loop spins")


def test_without_a_cap_of_its_own_an_account_sends_fifty_on_a_day_whatever_the_files_say(
    loop: AppHarness,
) -> None:
    paced(loop, gap=timedelta(0))
    for number in range(45):
        loop.add(f"old{number}", content=text_content(f"Old {number}."))
    wait(loop, minutes=11)
    assert len(loop.posts) == 45
    new = [
        loop.add(f"new{number}", loop.clock.now(), content=text_content(f"New {number}."))
        for number in range(45)
    ]
    wait(loop, minutes=1)
    assert len(loop.posts) == 50
    waits = "the account's 50 posts of today are out; daily_cap in config.yaml can allow it more"
    assert loop.why(new[-1]) == waits
    assert loop.app.dispatcher.next_wake() is not None


def test_threads_count_by_their_parts_also_by_those_to_come(loop: AppHarness) -> None:
    paced(loop, gap=timedelta(0), part_gap=timedelta(hours=2), daily_parts=50)
    parts = [f"{number}." for number in range(20)]
    for post in ("a", "b", "c"):
        content = text_content(*(f"{post}{part}" for part in parts))
        loop.add(post, content=content, grace=timedelta(days=1))
    short = loop.add("short", content=text_content("Short."))
    wait(loop, minutes=12)
    # The third would be more than fifty; a single post still fits.
    assert loop.texts == ["a0.", "b0.", "Short."]
    assert loop.state(short) is State.PUBLISHED
    wait(loop, hours=5)
    assert "a2." in loop.texts


def test_an_embargo_is_kept_to_the_second_and_then_it_goes_out(loop: AppHarness) -> None:
    end = DUE + 7 * MINUTE
    key = loop.add(embargo=end)
    assert loop.why(key) == "embargo until Mon 2026-03-02 07:17 EST"
    wait(loop, minutes=30)
    assert [post.created for post in loop.posts] == [end]


def test_past_its_grace_an_embargoed_post_is_missed_and_said_so_once(
    loop: AppHarness, caplog: pytest.LogCaptureFixture
) -> None:
    key = loop.add(embargo=DUE + HOUR)
    wait(loop, minutes=90)
    assert loop.texts == []
    assert loop.state(key) is State.MISSED
    assert "embargo until" in loop.get(key).reason
    assert caplog.text.count(f"{key} missed") == 1
    changes = [entry for entry in read_entries(loop.app.database) if entry.subject == key]
    assert [entry.what for entry in changes].count("missed") == 1


def test_a_fact_due_for_review_holds_its_post_until_somebody_has_looked(loop: AppHarness) -> None:
    key = loop.add(stale_from=DUE - HOUR)
    wait(loop, minutes=12)
    assert loop.texts == []
    assert "due for review" in loop.why(key)
    loop.edit(key, stale_from=DUE + 1000 * HOUR)
    wait(loop, minutes=1)
    assert len(loop.texts) == 1


def test_the_cap_counts_a_thread_once_and_ends_at_the_audiences_midnight(loop: AppHarness) -> None:
    paced(loop, timezone="America/New_York", daily_cap=2)
    loop.add("thread", content=text_content("One.", "Two.", "Three."))
    loop.add("second", due=DUE + MINUTE, content=text_content("The second."))
    third = loop.add(
        "third", due=DUE + 2 * MINUTE, content=text_content("The third."), grace=24 * HOUR
    )
    wait(loop, minutes=20)
    assert len(loop.texts) == 4
    assert loop.why(third) == "the account's 2 posts of today are out"
    wait(loop, hours=17)
    assert loop.texts[4:] == ["The third."]
    assert loop.posts[4].created == datetime(2026, 3, 3, 5, tzinfo=UTC)


def test_a_thread_that_began_before_midnight_is_no_post_of_the_new_day(loop: AppHarness) -> None:
    paced(loop, timezone="America/New_York", daily_cap=1, part_gap=MINUTE)
    midnight = datetime(2026, 3, 3, 5, tzinfo=UTC)
    loop.add("thread", due=midnight - MINUTE, content=text_content("One.", "Two.", "Three."))
    loop.add("next", due=midnight + 5 * MINUTE, content=text_content("Of the new day."))
    loop.clock.advance_to(midnight - 2 * MINUTE)
    wait(loop, minutes=10)
    assert loop.texts == ["One.", "Two.", "Three.", "Of the new day."]


def test_what_was_late_in_quiet_hours_goes_out_after_them_and_no_flood(loop: AppHarness) -> None:
    paced(loop, timezone="America/New_York", quiet=NIGHT)
    loop.clock.advance_to(ago("21:58"))
    for number in range(3):
        loop.add(
            f"p{number}", due=ago("21:59"), content=text_content(f"{number}."), grace=10 * HOUR
        )
    late = loop.add("own", due=ago("23:30"), content=text_content("Meant for the night."))
    loop.pause()
    loop.clock.advance_to(ago("22:30"))
    loop.resume()
    wait(loop, minutes=30)
    assert loop.texts == []
    wait(loop, hours=9)
    assert loop.state(late) is State.PUBLISHED
    assert [f"{post.created:%H:%M}" for post in loop.posts] == ["04:30", "12:00", "12:05", "12:10"]


# --- secrets --------------------------------------------------------------------------------------


def test_a_post_that_holds_a_token_waits_until_it_is_taken_out(loop: AppHarness) -> None:
    """Also one that was queued before its token was known, in whatever form it is written."""
    token = next(iter(loop.credentials.values()))
    texts = (f"Ours: {token}", f"Ours: {token[:9]} {token[9:]}", token.swapcase())
    keys = [
        loop.add(f"leak-{number}", content=text_content(text)) for number, text in enumerate(texts)
    ]
    alt = loop.add("leak-alt", content=content_of(Part("Look", (make_media(loop.folder, token),))))
    sound = loop.add("sound", content=text_content("Take HART off AWS"))
    assert {loop.why(key) for key in (*keys, alt)} == {
        "it contains a secret of your environment: take that out of the file"
    }
    loop.drive(minutes=11)
    assert loop.state(sound) is State.PUBLISHED
    assert loop.texts == ["Take HART off AWS"]
    assert {loop.state(key) for key in (*keys, alt)} == {State.SCHEDULED}
    assert not loop.world.uploads
    loop.edit(keys[0], content=text_content("Ours is ours"))
    loop.drive(minutes=5)
    assert loop.state(keys[0]) is State.PUBLISHED
    assert loop.state(keys[1]) is State.SCHEDULED


def test_check_and_plan_say_ahead_what_a_day_does_not_take_any_more(ours: SandboxProject) -> None:
    zones = ("Pacific/Honolulu", "America/New_York", "UTC", "Asia/Kolkata", "Pacific/Auckland")
    # Far from midnight, so that none comes in between.
    noon = min(zones, key=lambda name: abs(ours.clock().astimezone(ZoneInfo(name)).hour - 12))
    ours.configure("gap: 0s", f"gap: 0s\n    daily_cap: 2\n    timezone: {noon}")
    ours.write_campaign(ours.post("one"), ours.post("two"))
    with ours.started_app() as app:
        app.dispatcher.run()
    assert len(ours.texts()) == 2
    ours.write_campaign(ours.post("one"), ours.post("two"), ours.post("three", minutes=2))
    warning = "our-x has begun 2 posts today, of 2 parts; 1 of the 1 that are still due wait"
    assert warning in ours.run_cli("check").out
    assert warning in ours.run_cli("plan").err
