"""Accounts without impressions, compared by engagements per post once these are settled."""

from __future__ import annotations

import random
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING

import pytest
from helpers.reports import (
    NOW,
    ago,
    evidence,
    evidence_of,
    publication,
    render_page,
    report,
    sample_answer,
    snapshot,
)

from bot.alerts.digest import write_digest
from bot.engagement.reading import next_read
from bot.model import Counters
from bot.platforms import load_platform
from bot.reports import render
from bot.reports.advice import advise
from bot.reports.cards import build_cards, most_seen
from bot.reports.charts import day_charts
from bot.reports.comparing import Verdict, verdicts
from bot.reports.medians import Sureness, compare_per_post, describe_multiple
from bot.reports.per_post import SETTLED, posterior_per_post, settled_engagements

if TYPE_CHECKING:
    from bot.model import Publication, Snapshot
    from bot.reports import Evidence
    from bot.reports.table import Cell, Table

    Toot = tuple[Publication, Snapshot]

HOUR = timedelta(hours=1)


def drawn(chance: random.Random, count: int, median: float = 40, spread: float = 0.8) -> list[int]:
    """Draw the engagements of ordinary posts, which are log-normal."""
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
    said = describe_multiple(found[99])
    assert said == "3.00\N{MULTIPLICATION SIGN} your median, surely more"


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


# --- Tables ---------------------------------------------------------------------------------------


def two_platforms(count: int = 12) -> Evidence:
    """Return posts of two demands on X and on Mastodon. "ring" moves three times as many."""
    posts: list[Publication] = []
    reads: list[Snapshot] = []
    for number in range(count):
        ring = number % 2
        common = {"published": ago(20 + number), "demand": ("hart", "ring")[ring]}
        likes = (30 + number) * (1 + 2 * ring)
        posts.append(publication(number, text="https://x.example/ a" if ring else "a", **common))
        reads.append(snapshot(number, ago(days=1), impressions=2_000, likes=likes))
        toot = {"account": "masto", "platform": "mastodon", "text": "a"}
        posts.append(publication(100 + number, **common, **toot))
        reads.append(snapshot(100 + number, ago(days=1), likes=likes, replies=0))
    return evidence(*posts, snapshots=reads)


MASTODON_ONLY = evidence(
    *(post for post in two_platforms().publications if post.platform == "mastodon"),
    snapshots=two_platforms().latest.values(),
)


def row(table: Table, **named: str) -> dict[str, Cell]:
    """Return the row with these cells."""
    keys = [column.key for column in table.columns]
    rows = (dict(zip(keys, cells, strict=True)) for cells in table.rows)
    return next(cells for cells in rows if named.items() <= cells.items())


def test_platforms_stand_side_by_side_each_with_what_it_has() -> None:
    of = two_platforms()
    table = report("platform", of)
    x, mastodon = row(table, platform="X"), row(table, platform="Mastodon")
    assert (x["impressions"], mastodon["impressions"]) == (24_000, None)
    assert x["engagements"] == mastodon["engagements"] == 858
    assert (x["engagement_rate"], mastodon["engagement_rate"]) == (Decimal("0.03575"), None)
    assert (x["engagements_per_post"], mastodon["engagements_per_post"]) == (None, Decimal("66.5"))
    assert mastodon["against_usual"] == x["against_usual"] == 1
    assert table.column_total("engagements") == 1_716
    assert table.column_total("impressions") == 24_000
    assert table.column_total("engagement_rate") == Decimal("0.03575")
    assert table.notes[0] == (
        "Engagements are those of Mastodon and X together; a post on several of them counts once."
    )
    (none,) = [note for note in table.notes if "gives no" in note]
    assert none == (
        "Mastodon gives no impressions. Impressions, and rates per impression, are those of X (12 "
        "of 24 posts). Rankings go by engagements."
    )


def test_demands_are_compared_on_each_account_by_what_it_has() -> None:
    table = report("demand", two_platforms())
    assert row(table, demand_id="ring")["verdict"] == "better per post on masto, better on mj"
    assert row(table, demand_id="hart")["verdict"] == "worse per post on masto, worse on mj"
    assert table.method.startswith("Compared by engagements per impression.")
    assert "“per post”" in table.method


def test_on_a_platform_without_impressions_alone_their_columns_are_named_and_not_shown() -> None:
    table = report("demand", MASTODON_ONLY)
    assert table.column("demand_id") == ["ring", "hart"]  # most engagements first
    assert row(table, demand_id="ring")["verdict"] == "better per post"
    assert table.method.startswith("Compared by engagements per post, of posts that were read 48 ")
    assert "impression" not in table.method
    assert "Mastodon gives no impressions. Rankings go by" in table.notes[0]
    for form in ("terminal", "markdown"):
        text = render(form, MASTODON_ONLY, [table], NOW, width=300)
        (named,) = [line for line in text.splitlines() if line.startswith("Without data")]
        assert "Impressions" in named
        assert "Engagement rate" in named
        assert "108" in text  # engagements per post
    assert [column.key for column in table.columns if column.bar] == ["engagements"]


def test_where_all_have_impressions_people_see_no_figures_per_post() -> None:
    of = evidence(publication(1), snapshots=[snapshot(1, ago(), impressions=900, likes=9)])
    for form in ("terminal", "markdown"):
        text = render(form, of, [report("demand", of)], NOW, width=300)
        assert "per post" not in text.lower()


def test_advice_on_posts_without_impressions_says_what_it_counts() -> None:
    claims, _ = advise(two_platforms())
    (on_mastodon,) = [claim for claim in claims["demand"] if "masto" in claim]
    assert "on masto: typically 107.5 engagements per post, 34.8 otherwise" in on_mastodon
    assert "(surely; 6 and 6 posts)" in on_mastodon
    assert [claim for claim in claims["demand"] if "of those who see them" in claim]


# --- The first screen -----------------------------------------------------------------------------


def test_the_first_screen_says_that_a_post_is_compared_per_post() -> None:
    rows = [toot(number, 20 + number, 40) for number in range(6)]
    rows += [toot(7, 3, 400), toot(8, 1, 90)]
    of = evidence_of(rows)
    best = [line.text for line in sample_answer(of).section("best").lines]
    assert "10.00\N{MULTIPLICATION SIGN} your median, surely more" in best[0]
    assert "in engagements per post" in sample_answer(of).section("best").detail
    assert "too early to say" in best[1]


def fresh(*platforms: str) -> Evidence:
    """Return a post of each platform from the past week, all with 30 engagements."""
    posts, reads = [], []
    for number, platform in enumerate(platforms):
        account = "mj" if platform == "x" else platform
        posts.append(publication(number, account=account, platform=platform, published=ago(days=3)))
        shown = {"impressions": 1_200} if platform == "x" else {}
        reads += [
            snapshot(number, ago(days=days), likes=likes, reposts=0, **shown)
            for days, likes in ((2, 10), (1, 30))
        ]
    return evidence(*posts, snapshots=reads)


def totals(of: Evidence) -> dict[str, tuple[str, str, str]]:
    rows = [row for row in sample_answer(of).totals if not row.network]
    return {row.name: (row.now, row.before, row.change) for row in rows}


def test_sums_over_platforms_name_them_and_impressions_say_of_how_many_posts() -> None:
    of = fresh("x", "mastodon", "bluesky")
    found = sample_answer(of)
    assert found.lead.startswith("90 engagements on Bluesky, Mastodon and X in the past 7 days, ")
    rows = totals(of)
    assert rows["Engagements"][0] == "90"
    assert rows["Impressions on X"][0] == "1,200"
    assert rows["Posts with impressions"] == ("1 of 3", "0 of 0", "")
    assert rows["Engagements per impression on X"][0] == "2.50%"
    networks = [(row.name, row.now) for row in found.totals if row.network]
    assert networks[:3] == [("on Bluesky", "30"), ("on Mastodon", "30"), ("on X", "30")]
    note = found.section("best").detail
    assert "in engagements per impression" in note
    assert "On Bluesky and Mastodon, without impressions" in note
    assert [line.text.split(" · ")[-2] for line in found.section("best").lines] == [
        "X",
        "Mastodon",
        "Bluesky",
    ]
    charts = [chart.words.title for chart in day_charts(found)]
    assert charts == [
        "Impressions gained on X, by day",
        "Engagements gained on Bluesky, Mastodon and X, by day",
    ]


def test_without_any_impressions_nothing_stands_where_they_would() -> None:
    of = fresh("mastodon")
    found = sample_answer(of)
    assert totals(of)["Impressions"] == ("not given by Mastodon", "", "")
    assert "Engagements per impression" not in totals(of)
    assert "per impression" not in found.section("best").detail
    assert [chart.words.id for chart in day_charts(found)] == ["engagements"]
    text = render("terminal", of, [], NOW, answer=found)
    assert "\nEngagements gained, by day\n" in text
    assert "| Day | Engagements gained |" in render("markdown", of, [], NOW, answer=found)
    assert "- Impressions: not given by Mastodon\n" in write_digest(found)


def test_the_days_bars_are_of_what_all_platforms_count() -> None:
    of = fresh("x", "mastodon")
    text = render("terminal", of, [], NOW, answer=sample_answer(of))
    assert "Impressions and engagements gained, by day; bars are engagements" in text


def test_of_one_platform_with_impressions_the_first_screen_is_as_ever() -> None:
    of = fresh("x")
    assert sample_answer(of).lead.startswith("30 engagements in the past 7 days, ")
    assert "per post" not in sample_answer(of).section("best").detail
    assert "Posts with impressions" not in totals(of)


def test_a_card_without_impressions_shows_the_engagements_instead() -> None:
    of = fresh("x", "mastodon")
    cards = build_cards(of, NOW, [*of.posts], 0)
    assert [place.figures[0] for card in cards.values() for place in card.places] == [
        ("Impressions", "1,200"),
        ("Engagements", "30"),
    ]
    [*_, on_mastodon] = [place for card in cards.values() for place in card.places]
    assert "Rate" not in dict(on_mastodon.figures)
    assert most_seen(two_platforms(4))[0].post == "post-0"


def test_the_page_shows_both_platforms_and_what_each_has() -> None:
    page = render_page(two_platforms())
    assert "Engagements per post" in page
    assert "“per post”" in page
    assert "These have no data, or are left to CSV and JSON" in page
    lonely = render_page(MASTODON_ONLY)
    assert "Mastodon gives no impressions." in lonely
    assert "Impressions gained" not in lonely


def test_posts_of_two_platforms_without_impressions_have_no_common_figure_per_post() -> None:
    table = report("platform", fresh("mastodon", "bluesky"))
    assert table.column("engagements_per_post") == [30, 30]
    assert table.column_total("engagements_per_post") is None
    assert table.column_total("engagements") == 60


# --- A played month -------------------------------------------------------------------------------


def played_month() -> Evidence:
    """Return four weeks on three platforms, read as the plan has it."""
    chance, posts, reads = random.Random(8), [], []  # noqa: S311 - repeatable, no secret
    for number, platform in enumerate(("x", "mastodon", "bluesky") * 28):
        published = ago(days=28 - number // 3, hours=number % 5)
        demand = ("hart", "ring")[number // 3 % 2]
        posts.append(
            publication(
                number, account=f"our-{platform}", platform=platform, published=published,
                demand=demand, remote_id=f"{platform}-{number}",
            )
        )  # fmt: skip
        size = 60 * chance.lognormvariate(0.0, 0.6)
        plan = partial(next_read, load_platform(platform), published, [])
        at = plan(published)
        while at and at <= NOW:
            engaged = size * (1 - 2 ** -((at - published) / (6 * HOUR)))
            counted = {"likes": round(engaged * 0.7), "reposts": round(engaged * 0.2), "quotes": 0}
            counted["replies"] = round(engaged * 0.1)
            if platform != "mastodon":
                counted["bookmarks"] = round(engaged * 0.05)
            if platform == "x":
                counted |= {"impressions": round(engaged * 40), "link_clicks": round(engaged / 3)}
            reads.append(snapshot(number, at, **counted))
            at = plan(at)
    return evidence(*posts, snapshots=reads)


def test_a_played_month_of_equal_demands_claims_nothing_and_gains_add_up() -> None:
    of = played_month()
    assert {*report("demand", of).column("verdict")} == {Verdict.TOO_EARLY}
    review = sample_answer(of).review
    gained = review.gained[0].engagements
    assert sum(day.engagements or 0 for day in review.days.values()) == gained
    assert sum(demand.gained.engagements or 0 for demand in review.demands) == gained
