"""Accounts whose platform gives no impressions: compared by engagements per post, once settled."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from helpers.reports import NOW, ago, evidence, publication, sample_answer, snapshot

from bot.model import Counters
from bot.reports.comparing import Verdict, verdicts
from bot.reports.medians import Sureness, compare_per_post, describe_multiple
from bot.reports.per_post import SETTLED, posterior_per_post, settled_engagements

if TYPE_CHECKING:
    from bot.model import Publication, Snapshot

    Toot = tuple[Publication, Snapshot]

HOUR = timedelta(hours=1)


def drawn(chance: random.Random, count: int, median: float = 40, spread: float = 0.8) -> list[int]:
    """Draw the engagements of ordinary posts: log-normal."""
    return [round(median * chance.lognormvariate(0.0, spread)) for _ in range(count)]


def toot(number: int, days: float, engaged: int, read_at: float | None = None) -> Toot:
    """Return a post so many days old, read so many hours after it went out, by default now."""
    post = publication(number, account="masto", platform="mastodon", published=ago(days))
    read = NOW if read_at is None else post.published + read_at * HOUR
    return post, snapshot(number, read, likes=engaged, reposts=0, replies=0, quotes=0)


def test_engagements_are_those_known_and_no_data_where_none_is() -> None:
    assert Counters(likes=3, reposts=0, bookmarks=None).engagements == 3
    assert Counters(likes=0).engagements == 0
    assert Counters(impressions=100, link_clicks=4).engagements is None


def test_an_account_goes_by_posts_only_if_no_post_has_impressions() -> None:
    both = [publication(1), publication(2), publication(3, account="masto")]
    unread = publication(4, account="new")
    reads = [snapshot(1, ago(), impressions=0, likes=0)]
    reads += [snapshot(number, ago(), likes=1) for number in (2, 3)]
    of = evidence(*both, unread, snapshots=reads)
    assert of.without_impressions == {"masto"}


def test_only_posts_that_were_read_late_enough_are_settled_and_a_thread_is_one() -> None:
    rows = [toot(1, 9, 50), toot(2, 1, 50), toot(3, 9, 50, read_at=47), toot(4, 9, 50, read_at=48)]
    thread = [
        publication(number, delivery=9, part=part, account="masto", published=ago(9))
        for part, number in enumerate((5, 6))
    ]
    first = snapshot(5, NOW, likes=2, replies=1)
    posts = [*(post for post, _ in rows), *thread]
    half = evidence(*posts, snapshots=[*(read for _, read in rows), first])
    accounts = half.without_impressions
    assert SETTLED == 48 * HOUR
    assert settled_engagements(half.parts, half.latest, accounts) == {1: 50, 4: 50}
    whole = evidence(*posts, snapshots=[first, snapshot(6, NOW, likes=4)])
    assert settled_engagements(whole.parts, whole.latest, accounts) == {9: 7}
    assert settled_engagements(whole.parts, whole.latest, set()) == {}


def test_an_ordinary_post_is_seldom_called_different_however_posts_spread() -> None:
    chance, found = random.Random(3), list[Sureness]()  # noqa: S311 - repeatable, no secret
    for spread in (0.3, 0.8, 1.1) * 30:
        counts = dict(enumerate(drawn(chance, 30, spread=spread)))
        found += [multiple.sureness for multiple in compare_per_post(counts).values()]
    assert found.count(Sureness.SURE) / len(found) < 0.02
    assert found.count(Sureness.LIKELY) / len(found) < 0.12


def test_a_post_far_beyond_what_posts_differ_by_is_found() -> None:
    steady = dict(enumerate([36, 38, 40, 42, 44] * 4))
    found = compare_per_post({**steady, 99: 120, 98: 14})
    assert [found[post].sureness for post in (99, 98, 0)] == [
        Sureness.SURE,
        Sureness.SURE,
        Sureness.USUAL,
    ]
    assert found[99].value == 3
    assert (found[99].direction, found[98].direction) == ("more", "less")
    assert describe_multiple(found[99]) == (
        "3.00\N{MULTIPLICATION SIGN} your median, surely more (engagements per post)"
    )


@pytest.mark.parametrize(
    ("counts", "sureness"),
    [
        ([40, 40, 40, 40], Sureness.NO_MEDIAN),
        ([0, 0, 0, 0, 90], Sureness.NO_MEDIAN),
        ([4, 4, 4, 4, 12], Sureness.TOO_EARLY),
        ([40, 40, 40, 40, 45], Sureness.USUAL),  # alike, but no more than by chance
    ],
)
def test_few_posts_and_few_engagements_say_nothing(counts: list[int], sureness: Sureness) -> None:
    assert compare_per_post(dict(enumerate(counts)))[len(counts) - 1].sureness is sureness


def test_equal_wordings_are_seldom_called_better_and_twice_as_many_engagements_are() -> None:
    chance = random.Random(4)  # noqa: S311 - repeatable, no secret
    false = found = 0
    for _ in range(100):
        rows = {n: posterior_per_post(drawn(chance, 50)) for n in (0, 1)}
        false += not {Verdict.BETTER, Verdict.WORSE}.isdisjoint(verdicts([rows]).values())
        rows[1] = posterior_per_post(drawn(chance, 50, median=80))
        found += verdicts([rows])[1] is Verdict.BETTER
    assert false <= 5
    assert found >= 90


def test_four_posts_are_too_few_and_posts_that_are_all_alike_prove_no_more_than_chance() -> None:
    assert posterior_per_post([40] * 4) is None
    alike = {n: posterior_per_post([count] * 5) for n, count in enumerate((40, 43))}
    assert {*verdicts([alike]).values()} == {Verdict.TOO_EARLY}


def test_the_first_screen_says_that_a_post_is_compared_per_post() -> None:
    rows = [toot(number, 20 + number, 40) for number in range(6)]
    rows += [toot(7, 3, 400), toot(8, 1, 90)]
    of = evidence(*(post for post, _ in rows), snapshots=[read for _, read in rows])
    best = [line.text for line in sample_answer(of).section("best").lines]
    assert "10.00\N{MULTIPLICATION SIGN} your median, surely more (engagements per post)" in best[0]
    assert "too early to say" in best[1]
