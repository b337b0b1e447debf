"""The period of a report, the gains of posts in it, and how each compares."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from helpers.reports import NOW, ago, evidence, publication, snapshot

from bot.reports.medians import Sureness, compare, poisson_limit
from bot.reports.moved import review_period
from bot.reports.period import Period, gains, moments

if TYPE_CHECKING:
    from bot.model import Publication, Snapshot
    from bot.reports import Evidence
    from bot.reports.moved import PeriodReview

NEW_YORK = ZoneInfo("America/New_York")
WEEK = Period.last_days(7, NOW, NEW_YORK)


def gathered(*posts: Publication, snapshots: list[Snapshot], **rest: object) -> Evidence:
    zone = ZoneInfo(str(rest.get("timezone", "UTC")))
    return evidence(*posts, snapshots=snapshots, moments=moments(WEEK, zone), **rest)


def reviewed(*posts: Publication, snapshots: list[Snapshot], **rest: object) -> PeriodReview:
    return review_period(gathered(*posts, snapshots=snapshots, **rest), WEEK)


def usual_posts(
    count: int, *, likes: int = 100, first: int = 100
) -> tuple[list[Publication], list[Snapshot]]:
    """Return posts of the past month, each with 2,000 impressions and so many likes."""
    posts = [publication(first + n, published=ago(days=20 + n)) for n in range(count)]
    reads = [snapshot(post.id, ago(days=15), impressions=2_000, likes=likes) for post in posts]
    return posts, reads


def test_a_week_is_as_long_by_the_clock_where_the_clocks_change() -> None:
    now = datetime(2026, 11, 3, 14, tzinfo=UTC)  # the clocks went back on the 1st
    week = Period.last_days(7, now, NEW_YORK)
    assert week.start == datetime(2026, 10, 27, 13, tzinfo=UTC)
    assert week.before(NEW_YORK) == Period(datetime(2026, 10, 20, 13, tzinfo=UTC), week.start)


def test_days_begin_at_midnight_there_and_the_outer_ones_may_be_parts() -> None:
    days = WEEK.days(NEW_YORK, 1)
    assert [days[0].start, days[-1].end] == [WEEK.start, WEEK.end]
    assert {f"{day.start.astimezone(NEW_YORK):%H:%M}" for day in days[1:]} == {"00:00"}
    assert len(days) == 8
    assert all(first.end == second.start for first, second in pairwise(days))


def test_a_post_gained_what_the_readings_within_the_period_added() -> None:
    old = publication(1, published=ago(days=30))
    reads = [
        snapshot(1, ago(days=8), impressions=500, likes=10),
        snapshot(1, ago(days=2), impressions=800, likes=16, reposts=1),
    ]
    gained = gains(gathered(old, snapshots=reads), WEEK, [old])
    assert (gained.impressions, gained.engagements) == (300, 6)


def test_a_post_of_the_period_began_at_nothing() -> None:
    new = publication(1, published=ago(days=3))
    gained = gains(gathered(new, snapshots=[snapshot(1, ago(1), likes=4)]), WEEK, [new])
    assert gained.engagements == 4


def test_a_post_that_was_not_read_within_the_period_has_no_data() -> None:
    old = publication(1, published=ago(days=30), next_read=ago(hours=1))
    gained = gains(gathered(old, snapshots=[snapshot(1, ago(days=9), likes=4)]), WEEK, [old])
    assert (gained.engagements, gained.posts, gained.unread) == (None, 1, 1)


def test_a_gap_in_the_readings_is_no_standstill() -> None:
    """A week without a reading has no data, and is not taken for 0."""
    old = publication(1, published=ago(days=30), next_read=ago())
    reads = [snapshot(1, ago(days=20), likes=4), snapshot(1, ago(days=1), likes=90)]
    found = gathered(old, snapshots=reads)
    assert gains(found, WEEK.before(UTC), [old]).engagements is None


def test_a_post_that_is_read_no_more_is_not_missing() -> None:
    old = publication(1, published=ago(days=200), next_read=None)
    gained = gains(gathered(old, snapshots=[snapshot(1, ago(days=110), likes=4)]), WEEK, [old])
    assert (gained.posts, gained.unread) == (0, 0)


def test_counters_that_stood_still_gained_nothing() -> None:
    old = publication(1, published=ago(days=30))
    reads = [snapshot(1, ago(days=days), impressions=500, likes=10) for days in (8, 2)]
    gained = gains(gathered(old, snapshots=reads), WEEK, [old])
    assert (gained.impressions, gained.engagements) == (0, 0)


@pytest.mark.parametrize(
    ("count", "low", "high"),
    [(0, 0.0, 3.69), (1, 0.03, 5.57), (10, 4.80, 18.39), (100, 81.4, 121.6)],
)
def test_limits_are_those_of_a_poisson_mean(count: int, low: float, high: float) -> None:
    """Against the exact limits with 95 % (Garwood 1936)."""
    assert poisson_limit(count, -1.959964) == pytest.approx(low, abs=0.05)
    assert poisson_limit(count, 1.959964) == pytest.approx(high, rel=0.03)


@pytest.mark.parametrize(
    ("engagements", "expected", "sureness"),
    [
        (10, 5, Sureness.TOO_EARLY),
        (100, 50, Sureness.SURE),
        (62, 50, Sureness.USUAL),
        (65, 50, Sureness.LIKELY),
        (10, 50, Sureness.SURE),
    ],
)
def test_how_sure_a_multiple_is_follows_from_how_many_engaged(
    engagements: int, expected: int, sureness: Sureness
) -> None:
    multiple = compare(engagements, Decimal(expected) / 1_000, 1_000)
    assert multiple.sureness is sureness
    assert multiple.value == Decimal(engagements) / expected


def test_a_post_is_held_against_its_accounts_median() -> None:
    posts, reads = usual_posts(5)
    new = publication(1, published=ago(days=2))
    found = reviewed(
        *posts, new, snapshots=[*reads, snapshot(1, ago(1), impressions=1_000, likes=150)]
    )
    (best,) = found.best
    assert best.first.id == 1
    [on] = best.on
    assert on.multiple.value == 3
    assert on.multiple.sureness is Sureness.SURE


def test_without_enough_posts_there_is_no_median() -> None:
    new = publication(1, published=ago(days=2))
    found = reviewed(new, snapshots=[snapshot(1, ago(1), impressions=1_000, likes=150)])
    assert found.best[0].on[0].multiple.sureness is Sureness.NO_MEDIAN
    assert found.too_early == found.best


def test_the_best_gained_most_however_old_they_are() -> None:
    posts = [publication(1, published=ago(days=30))]
    posts += [publication(id_, published=ago(days=1)) for id_ in (2, 3, 4)]
    reads = [snapshot(1, ago(days=8), likes=1_000), snapshot(1, ago(1), likes=1_050)]
    reads += [snapshot(id_, ago(hours=1), likes=likes) for id_, likes in ((2, 60), (3, 2), (4, 1))]
    found = reviewed(*posts, snapshots=reads)
    assert [post.first.id for post in found.best] == [2, 1, 3, 4]


def test_a_new_post_that_moved_fewer_people_is_named() -> None:
    posts, reads = usual_posts(6)
    poor, young = publication(1, published=ago(days=3)), publication(2, published=ago(hours=5))
    reads += [snapshot(1, ago(hours=1), impressions=2_000, likes=30)]
    reads += [snapshot(2, ago(hours=1), impressions=2_000, likes=40)]
    found = reviewed(*posts, poor, young, snapshots=reads)
    assert [post.first.id for post in found.worse] == [1]  # the other is too young to be blamed


def test_an_old_post_that_did_badly_is_no_news() -> None:
    posts, reads = usual_posts(6)
    poor = publication(1, published=ago(days=12))
    reads.append(snapshot(1, ago(days=1), impressions=2_000, likes=30))
    assert reviewed(*posts, poor, snapshots=reads).worse == ()


def test_without_impressions_engagements_are_compared_once_settled() -> None:
    posts = [publication(100 + n, published=ago(days=20 + n)) for n in range(6)]
    reads = [snapshot(post.id, ago(days=15), likes=40) for post in posts]
    settled = publication(1, published=ago(days=3))
    young = [publication(id_, published=ago(hours=30)) for id_ in (2, 3, 4)]
    likes = {1: 90, 2: 90, 3: 1, 4: 1}
    reads += [snapshot(id_, ago(hours=1), likes=count) for id_, count in likes.items()]
    review = reviewed(*posts, settled, *young, snapshots=reads)
    found = {post.first.id: post.on[0].multiple for post in review.best}
    assert found[1].value == Decimal(90) / 40
    assert found[1].impressions is None
    assert found[2].sureness is Sureness.TOO_EARLY


def test_a_thread_is_one_post() -> None:
    parts = [publication(n, delivery=7, part=n, published=ago(days=2)) for n in (0, 1)]
    reads = [snapshot(n, ago(1), impressions=100, likes=5) for n in (0, 1)]
    (post,) = reviewed(*parts, snapshots=reads).best
    assert post.gained.engagements == 10


def test_demands_are_summed_and_the_one_that_gained_most_is_first() -> None:
    posts = [
        publication(1, demand="hart", published=ago(days=2)),
        publication(2, demand="ring", published=ago(days=2)),
        publication(3, demand=None, published=ago(days=2)),
        publication(4, demand="old", published=ago(days=40)),
    ]
    reads = [snapshot(id_, ago(1), likes=likes) for id_, likes in ((1, 5), (2, 9), (3, 99))]
    found = reviewed(*posts, snapshots=reads).demands
    assert [(demand.demand, demand.gained.engagements, demand.new) for demand in found] == [
        ("ring", 9, 1),
        ("hart", 5, 1),
    ]


def test_days_add_up_to_the_period() -> None:
    new = publication(1, published=ago(days=6))
    reads = [snapshot(1, ago(hours=hours), impressions=1_000 - hours) for hours in range(1, 140, 3)]
    found = reviewed(new, snapshots=reads)
    by_day = [gained.impressions or 0 for gained in found.days.values()]
    assert sum(by_day) == found.gained[0].impressions == 999
    assert sum(value > 0 for value in by_day) >= 6


def test_what_was_out_in_each_period_is_counted() -> None:
    posts = [publication(n, published=ago(days=days)) for n, days in enumerate((1, 2, 9, 40))]
    assert reviewed(*posts, snapshots=[]).out == (2, 1)
