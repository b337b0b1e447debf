from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from helpers.reports import (
    NOW,
    ago,
    evidence,
    evidence_of,
    publication,
    sample_evidence,
    snapshot,
)

from bot.model import ENGAGEMENTS
from bot.reports.charts import HOUR_COLUMNS, TONE_NAMES, build_heatmap, tone
from bot.reports.grouped import figure
from bot.reports.table import DAYS, NO_DATA, format_factor

if TYPE_CHECKING:
    from bot.model import Publication, Snapshot
    from bot.reports import Evidence
    from bot.reports.totals import Totals

MONDAY = datetime(2022, 5, 2, tzinfo=UTC)
NONE, LITTLE, FULL = 0, 1, 2


def mapped(of: Evidence) -> list[Totals]:
    """Return the hours in which posts went out."""
    days = build_heatmap(of, NOW)
    assert [(day, len(hours)) for day, hours in days] == [(day, 24) for day in DAYS]
    return [hour for _, hours in days for hour in hours.values() if hour]


def figures(hour: Totals) -> list[str]:
    return [figure(key, hour) for key in HOUR_COLUMNS]


def post(number: int, hour: int, rate: float, seen: int = 10_000) -> tuple[Publication, Snapshot]:
    """Return a post on a Monday at that hour, and its one reading."""
    published = MONDAY + timedelta(hours=hour)
    return (
        publication(number, published=published),
        snapshot(number, ago(hours=1), impressions=seen, likes=round(seen * rate)),
    )


def compared(posts: int, times: float, seen: int = 10_000) -> int:
    """Return the colour's strength for posts at noon whose rate is this multiple of the median."""
    usual = [post(n, 9, 0.02) for n in range(50)]
    some = [post(100 + n, 12, 0.02 * times, seen) for n in range(posts)]
    hours = mapped(evidence_of([*usual, *some]))
    assert [hour.posts for hour in hours] == [50, posts]
    assert tone(hours[0]) == TONE_NAMES.index("usual, or too little known")
    return tone(hours[1]) - tone(hours[0])


def test_the_map_has_the_figures_of_the_report_and_counts_a_thread_as_one_post() -> None:
    hours = mapped(sample_evidence())
    assert sum(hour.count("impressions") or 0 for hour in hours) == 45_920
    assert sum(hour.count(*ENGAGEMENTS) or 0 for hour in hours) == 1_992
    assert sum(hour.posts for hour in hours) == 9
    thread = dict(build_heatmap(sample_evidence(), NOW))["Tuesday"]["10:00"]
    assert thread
    factor = format_factor(Decimal("1.14"))
    assert figures(thread) == ["1", "14,867", "636", "4.28%", NO_DATA, factor]


def test_what_was_not_read_is_no_data_and_has_no_colour() -> None:
    (hour,) = mapped(evidence(publication(1)))
    assert figures(hour) == ["1", *[NO_DATA] * 5]
    assert TONE_NAMES[tone(hour)] == "usual, or too little known"


def test_nothing_published_has_no_map() -> None:
    assert build_heatmap(evidence(), NOW) == []


@pytest.mark.parametrize("times", [0.0, 0.01, 10.0, 40.0])
def test_a_single_post_never_has_a_colour_however_far_off_it_is(times: float) -> None:
    assert compared(1, times) == NONE


@pytest.mark.parametrize(
    ("posts", "times", "strength"),
    [
        (2, 1.3, NONE),
        (2, 2.0, LITTLE),
        (4, 40.0, LITTLE),
        (5, 1.2, NONE),
        (5, 1.5, LITTLE),
        (5, 2.0, FULL),
        (5, 0.5, -FULL),
        (5, 0.0, -FULL),
        (20, 1.6, FULL),
        (20, 0.7, -LITTLE),
        (20, 1.0, NONE),
    ],
)
def test_a_colour_is_weaker_if_posts_are_few(posts: int, times: float, strength: int) -> None:
    assert compared(posts, times) == strength


def test_a_colour_is_weaker_if_few_saw_the_posts() -> None:
    assert compared(10, 4.0, seen=50) == LITTLE
    assert compared(10, 4.0, seen=200) == FULL


def test_an_account_that_is_always_livelier_colours_no_hour() -> None:
    dull = [post(n, 9, 0.01) for n in range(20)]
    lively = [post(100 + n, 18, 0.05) for n in range(20)]
    theirs = [(publication(p.id, published=p.published, account="athena"), s) for p, s in lively]
    hours = mapped(evidence_of([*dull, *theirs]))
    assert {TONE_NAMES[tone(hour)] for hour in hours} == {"usual, or too little known"}


def noisy(dice: random.Random, number: int, *, impressions: bool) -> tuple[Publication, Snapshot]:
    """Return a post at any hour, which differs from the others as much as real ones do."""
    hour = dice.randrange(60)
    if impressions:
        return post(number, hour, min(0.02 * dice.lognormvariate(0, 0.5), 1))
    likes = round(40 * dice.lognormvariate(0, 0.8))
    published = MONDAY + timedelta(hours=hour)
    return publication(number, published=published), snapshot(number, ago(hours=1), likes=likes)


@pytest.mark.parametrize("impressions", [True, False])
def test_noise_alone_gives_full_colour_to_hardly_any_hour(*, impressions: bool) -> None:
    dice = random.Random(5)  # noqa: S311 - no secret
    hours: list[Totals] = []
    for _ in range(30):
        rows = [noisy(dice, n, impressions=impressions) for n in range(300)]
        hours += mapped(evidence_of(rows))
    full = [hour for hour in hours if tone(hour) in {0, len(TONE_NAMES) - 1}]
    assert len(hours) > 1_500
    assert len(full) / len(hours) < 0.02


def test_an_hour_of_posts_with_and_without_impressions_takes_as_many_as_those_without() -> None:
    rows = [post(n, 9, 0.02) for n in range(50)]
    for n in range(100, 160):
        noon = n < 103
        published = MONDAY + timedelta(hours=12 if noon else 9)
        toot = publication(n, published=published, account="masto", platform="mastodon")
        rows.append((toot, snapshot(n, ago(hours=1), likes=120 if noon else 40)))
    rows.append(post(200, 12, 0.02))
    hours = mapped(evidence_of(rows))
    assert hours[1].posts == 4
    assert {TONE_NAMES[tone(hour)] for hour in hours} == {"usual, or too little known"}


def test_an_hour_of_many_posts_with_twice_the_engagements_has_full_colour() -> None:
    rows = [
        (
            publication(n, published=MONDAY + timedelta(hours=12 if n < 20 else 9)),
            snapshot(n, ago(hours=1), likes=80 if n < 20 else 40),
        )
        for n in range(60)
    ]
    usual, lively = mapped(evidence_of(rows))
    assert TONE_NAMES[tone(usual)] == "usual, or too little known"
    assert TONE_NAMES[tone(lively)] == "well above usual"
    assert figures(lively) == [
        "20",
        NO_DATA,
        "1,600",
        NO_DATA,
        "80",
        format_factor(Decimal(2)),
    ]
