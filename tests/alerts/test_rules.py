"""Posts that take off, the time of the digest, and the secrets of a URL. Pure."""

from __future__ import annotations

import random
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

import pytest
from helpers.store import NOW
from hypothesis import given
from hypothesis import strategies as st

from bot.alerts import digest
from bot.alerts.notices import add_address, budget_thresholds, compose_message
from bot.alerts.takeoff import MIN_MULTIPLE, MIN_POSTS, count_at_age, takeoff_notice
from bot.config.secrets import (
    REDACTED,
    Redactor,
    secrets_in_environment,
    secrets_in_url,
    url_pieces,
)
from bot.model import BudgetStatus, Counters, Publication, Slot, Snapshot

HOUR = timedelta(hours=1)
BERLIN = "Europe/Berlin"


def post(number: int, age: timedelta) -> Publication:
    text = ("people", f"post-{number}", None, None, "mj", "x", str(number), "https://x.com/1", "")
    return Publication(number, number, 0, *text, due=NOW - age, published=NOW - age)


def reads(one: Publication, *found: tuple[float, int | None]) -> list[Snapshot]:
    return [
        Snapshot(one.id, one.published + hours * HOUR, Counters(impressions=seen))
        for hours, seen in found
    ]


def grown(*seen: int) -> list[tuple[Publication, list[Snapshot]]]:
    """Return old posts with so many impressions each after two hours."""
    posts = [(post(100 + number, timedelta(days=5 + number)), n) for number, n in enumerate(seen)]
    return [(one, reads(one, (2, n), (48, 2 * n))) for one, n in posts]


def usual(count: int, seen: int = 400) -> list[tuple[Publication, list[Snapshot]]]:
    """Return so many old posts with the same impressions."""
    return grown(*[seen] * count)


def drawn(chance: random.Random, spread: float) -> int:
    """Draw an ordinary post's impressions after two hours, log-normal around 4,000."""
    return round(4000 * chance.lognormvariate(0.0, spread))


NEW = post(1, 2 * HOUR)


@pytest.mark.parametrize(
    ("seen", "others", "alerted"),
    [
        (MIN_MULTIPLE * 400, MIN_POSTS, True),
        (MIN_MULTIPLE * 400 - 1, MIN_POSTS, False),
        (MIN_MULTIPLE * 4000, MIN_POSTS - 1, False),
    ],
)
def test_a_post_takes_off_at_a_multiple_of_the_median_of_enough_posts(
    seen: int, others: int, alerted: bool
) -> None:
    assert bool(takeoff_notice(NEW, reads(NEW, (2, seen)), usual(others), NOW)) is alerted


def test_small_numbers_of_a_small_account_are_no_alert() -> None:
    assert takeoff_notice(NEW, reads(NEW, (2, 499)), usual(20, 10), NOW) is None
    assert takeoff_notice(NEW, reads(NEW, (2, 500)), usual(20, 10), NOW)


def test_posts_too_young_too_old_or_unread_are_no_alert() -> None:
    assert takeoff_notice(NEW, reads(NEW, (0.9, 9000)), usual(20), NOW) is None
    assert takeoff_notice(NEW, [], usual(20), NOW) is None
    assert takeoff_notice(NEW, reads(NEW, (2, None)), usual(20), NOW) is None
    old = post(2, 49 * HOUR)
    assert takeoff_notice(old, reads(old, (40, 90_000)), usual(20), NOW) is None


def test_one_great_post_does_not_move_the_usual() -> None:
    others = [
        *usual(10),
        (great := post(9, timedelta(days=4)), reads(great, (2, 10**6), (48, 10**7))),
    ]
    assert takeoff_notice(NEW, reads(NEW, (2, 1300)), others, NOW)


WIDE = (100, 200, 400, 800, 1600)
"""Their median is 400; by a factor of two they differ from it (the median of the distances)."""


@pytest.mark.parametrize(("often", "rare"), [(2, 17_750), (4, 7_640), (12, 4_370)])
def test_where_posts_differ_widely_more_than_the_multiple_is_asked_and_of_few_still_more(
    often: int, rare: int
) -> None:
    others = grown(*WIDE * often)
    alerted = [seen for seen in (1200, rare - 100, rare + 100) if taken_off(seen, others)]
    assert alerted == [rare + 100]


def taken_off(seen: int, others: list[tuple[Publication, list[Snapshot]]]) -> bool:
    return takeoff_notice(NEW, reads(NEW, (2, seen)), others, NOW) is not None


def test_a_few_great_posts_before_do_not_hide_the_next() -> None:
    others = grown(*(380, 390, 400, 410, 420) * 4, *[40_000] * 4)
    assert taken_off(1300, others)


def test_posts_that_nobody_saw_are_no_bar_and_no_error() -> None:
    assert taken_off(500, usual(10, 0))


def engaged(one: Publication, *found: tuple[float, int]) -> list[Snapshot]:
    """Return readings on a platform without impressions."""
    return [
        Snapshot(one.id, one.published + hours * HOUR, Counters(likes=likes, replies=0))
        for hours, likes in found
    ]


def test_without_impressions_engagements_take_off_and_the_alert_says_so() -> None:
    posts = [post(100 + number, timedelta(days=5 + number)) for number in range(MIN_POSTS)]
    others = [(one, engaged(one, (2, 10), (48, 20))) for one in posts]
    found = takeoff_notice(NEW, engaged(NEW, (1, 8), (2, 34)), others, NOW)
    assert found is not None
    assert "has 34 engagements after 2 h; the account's posts usually have 10 by then" in found.text
    assert takeoff_notice(NEW, engaged(NEW, (2, 29)), others, NOW) is None
    few = [(one, engaged(one, (2, 2), (48, 4))) for one in posts]
    alerted = [bool(takeoff_notice(NEW, engaged(NEW, (2, count)), few, NOW)) for count in (19, 20)]
    assert alerted == [False, True]


def test_engagements_never_stand_in_for_impressions_that_were_not_read() -> None:
    assert takeoff_notice(NEW, engaged(NEW, (2, 5_000)), usual(20), NOW) is None


def test_few_ordinary_posts_raise_an_alert_though_many_have_three_times_the_median() -> None:
    chance, alerted, thrice, posts = random.Random(7), 0, 0, 0  # noqa: S311 - repeatable, no secret
    for spread in (0.5, 0.8, 1.1) * 20:
        others = grown(*(drawn(chance, spread) for _ in range(30)))
        for _ in range(20):
            seen = drawn(chance, spread)
            posts, thrice = posts + 1, thrice + (seen >= MIN_MULTIPLE * 4000)
            alerted += taken_off(seen, others)
    assert thrice / posts > 0.06
    assert alerted / posts < 0.03


def test_in_a_steady_account_ten_times_the_median_raises_an_alert() -> None:
    chance = random.Random(7)  # noqa: S311 - repeatable, no secret
    others = [grown(*(drawn(chance, 0.5) for _ in range(30))) for _ in range(50)]
    assert sum(taken_off(40_000, each) for each in others) >= 48


def test_between_two_readings_the_value_is_on_the_line_and_after_the_last_there_is_none() -> None:
    one = post(3, timedelta(days=5))
    history = reads(one, (1, 100), (3, 300), (4, None), (5, 500))
    assert [count_at_age(one, history, age * HOUR, "impressions") for age in (0, 0.5, 2, 4, 5)] == [
        0,
        50,
        200,
        400,
        500,
    ]
    assert count_at_age(one, history, 5.1 * HOUR, "impressions") is None


# --- the digest's hour ----------------------------------------------------------------------------


def ends(slot: Slot, timezone: str, start: datetime, days: int) -> list[datetime]:
    """Ask every quarter of an hour, and return the ends that are seen."""
    asked = (start + timedelta(minutes=15 * step) for step in range(days * 96))
    return sorted({digest.last_due(slot, timezone, now)[1] for now in asked})


def test_an_hour_that_the_clock_shows_twice_has_one_digest_and_a_skipped_one_too() -> None:
    sunday = Slot(6, time(2, 30))
    autumn = ends(sunday, BERLIN, datetime(2026, 10, 25, tzinfo=UTC), 2)
    assert autumn[1:] == [datetime(2026, 10, 25, 0, 30, tzinfo=UTC)]
    spring = ends(sunday, BERLIN, datetime(2026, 3, 29, tzinfo=UTC), 2)
    assert spring[1:] == [datetime(2026, 3, 29, 1, 30, tzinfo=UTC)]


@given(st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)), st.integers(0, 6), st.times())  # noqa: DTZ001 - made aware below
def test_the_last_digest_is_never_ahead_and_never_more_than_a_week_and_an_hour_back(
    now: datetime, day: int, at: time
) -> None:
    instant = now.replace(tzinfo=UTC)
    _, end = digest.last_due(Slot(day, at.replace(second=0, microsecond=0)), BERLIN, instant)
    assert timedelta(0) <= instant - end <= timedelta(days=7, hours=1)


# --- the rest -------------------------------------------------------------------------------------


def test_of_two_thresholds_of_a_budget_the_higher_is_the_alert() -> None:
    month = datetime(2026, 3, 1, tzinfo=UTC)
    found = [BudgetStatus("mj", month, month, Decimal(10), Decimal(spent)) for spent in (7, 8, 10)]
    assert [key for notice in budget_thresholds(found) for key in notice.keys] == [
        "budget:mj:2026-03:80",
        "budget:mj:2026-03:100",
    ]
    assert "$8 of $10" in budget_thresholds(found)[0].text


def test_one_thing_and_many_have_titles_of_their_own() -> None:
    assert compose_message(["x"]) == ("Groundswell", "- x")
    assert compose_message(["x\ny", "z" * 999])[0] == "Groundswell: 2 things"
    assert [len(line) for line in compose_message(["x\ny", "z" * 999])[1].splitlines()] == [5, 402]


def test_a_long_notice_is_shortened_and_its_address_is_not() -> None:
    address = "https://control.example.org/posts/people/hart?at=2026-12-04T09%3A00"
    [line] = compose_message([add_address("z" * 999, address)])[1].splitlines()
    assert line == f"- {'z' * 399}… {address}"
    assert compose_message(["refused\nhttps://evil.example/ and more"])[1] == (
        "- refused https://evil.example/ and more"
    )
    assert add_address("x", "") == "x"


def test_notices_that_are_only_counted_have_the_address_of_the_first_page() -> None:
    body = compose_message(["x"] * 21, today="https://control.example.org/")[1]
    assert body.endswith("see groundswell inbox, groundswell log https://control.example.org/")


@pytest.mark.parametrize(
    ("url", "secrets"),
    [
        (
            "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#general",
            "TIiajkdnlazkcOXrIdevi7FQ",
        ),
        ("mailto://team:hunter%40two@example.org", "hunter@two"),
        ("tgram://123456789:AABBccdd/12315544/", "AABBccdd"),
        ("json://example.org/?+X-Token=abcdefgh", "abcdefgh"),
    ],
)
def test_an_address_and_its_pieces_are_hidden(url: str, secrets: str) -> None:
    environ = {"GROUNDSWELL_ALERTS_TEAM_URL": url}
    hide = Redactor(secrets_in_environment(environ))
    assert hide(f"could not reach {url}") == f"could not reach {REDACTED}"
    assert secrets not in hide(f"refused: {secrets}")


def test_what_is_no_secret_of_an_address_is_not_hidden_anywhere_else() -> None:
    url = (
        "slack://our-bot@T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/?channel=campaign&footer=true"
    )
    found = secrets_in_url(url)
    assert found == [url, "A1BRTD4JD", "T1JJ3T3L2", "TIiajkdnlazkcOXrIdevi7FQ"]
    assert Redactor(found)('{"campaign": true}') == '{"campaign": true}'
    assert {"our-bot", "campaign", "true"} <= {*url_pieces(url)}


def test_the_logs_own_words_stay_readable() -> None:
    hide = Redactor(secrets_in_url("json://groundswell@127.0.0.1:8765/services/abcdef"))
    assert hide("groundswell resume at http://127.0.0.1:8765") == (
        "groundswell resume at http://127.0.0.1:8765"
    )
