from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from operator import attrgetter
from typing import TYPE_CHECKING

import pytest
from helpers.reports import (
    CAMPAIGN,
    NOW,
    ago,
    evidence,
    publication,
    report,
    sample_evidence,
    sample_snapshots,
    snapshot,
)
from hypothesis import given
from hypothesis import strategies as st

from bot.model import ENGAGEMENTS, Counters, Publication, Snapshot, Spending, sum_known
from bot.reports import Names, tables
from bot.reports.cards import build_cards, most_seen
from bot.reports.totals import overall_totals, post_metrics

if TYPE_CHECKING:
    from bot.reports.totals import PostMetrics


def only(history: list[Snapshot], **changes: object) -> PostMetrics:
    return post_metrics(evidence(publication(1, **changes), snapshots=history), NOW)[0]


@pytest.mark.parametrize(
    ("values", "total"),
    [([], None), ([None], None), ([0], 0), ([None, 0], 0), ([None, 3, 4], 7)],
)
def test_unknown_and_zero_stay_apart_in_sums(values: list[int | None], total: int | None) -> None:
    assert sum_known(values) == total


def test_a_post_never_read_has_no_data_and_a_post_read_as_zero_has_zero() -> None:
    of = evidence(
        publication(1),
        publication(2),
        snapshots=[snapshot(2, ago(hours=1), impressions=0, likes=0)],
    )
    table = report("post", of)
    found = dict(zip(table.column("post_id"), table.column("impressions"), strict=True))
    assert found == {"post-1": None, "post-2": 0}
    assert table.column_total("impressions") == 0
    assert "1 post has not been read yet, and counts only as a post." in table.notes


def test_no_engagement_at_all_is_no_data_even_when_impressions_are_known() -> None:
    of = evidence(publication(1), snapshots=[snapshot(1, ago(hours=1), impressions=5)])
    table = report("post", of)
    assert table.column("engagements") == [None]
    assert table.column("engagement_rate") == [None]


def test_a_counter_that_fell_is_kept_as_last_read_and_marked() -> None:
    history = [
        snapshot(1, ago(hours=3), impressions=900, likes=10),
        snapshot(1, ago(hours=2), impressions=950, likes=7),
    ]
    table = report("post", evidence(publication(1), snapshots=history))
    assert table.column("likes") == [7]
    assert table.column("remark") == ["likes fell"]
    assert "1 post has a counter that fell; it is shown as last read." in table.notes
    assert only(history).fell == ("likes",)


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (("link_clicks", "likes"), "likes and link clicks fell"),
        (("replies", "impressions", "likes"), "impressions, likes and replies fell"),
    ],
)
def test_the_counters_that_fell_in_a_thread_are_named(names: tuple[str, ...], words: str) -> None:
    thread = [
        publication(number, delivery=1, post="thread", part=number) for number in range(len(names))
    ]
    history = [
        snapshot(number, ago(hours=hours), **{name: value})
        for number, name in enumerate(names)
        for hours, value in ((3, 5), (2, 4))
    ]
    of = evidence(*thread, snapshots=history)
    assert report("post", of).column("remark") == [words]
    [card] = build_cards(of, NOW, most_seen(of), 0).values()
    assert words in card.places[0].marks


def test_a_counter_that_fell_and_rose_again_is_still_marked() -> None:
    history = [snapshot(1, ago(hours=h), likes=n) for h, n in ((3, 5), (2, 4), (1, 9))]
    assert only(history).fell == ("likes",)


def test_a_deleted_post_keeps_its_figures_and_is_marked() -> None:
    gone = publication(1, gone=ago(hours=1))
    table = report("post", evidence(gone, snapshots=[snapshot(1, ago(hours=5), impressions=40)]))
    assert table.column("impressions") == [40]
    assert table.column("remark") == ["deleted"]
    assert "1 post has been deleted; its last figures stay." in table.notes


def test_part_of_a_thread_deleted_says_how_many() -> None:
    parts = [publication(n, post="thread", gone=ago() if n == 2 else None) for n in (1, 2, 3)]
    assert report("post", evidence(*parts)).column("remark") == ["1 of 3 parts deleted"]


def test_a_counter_that_is_no_longer_read_keeps_its_last_value() -> None:
    history = [
        snapshot(1, ago(hours=3), impressions=10, link_clicks=4),
        snapshot(1, ago(hours=2), impressions=12),
    ]
    assert only(history).latest == Counters(impressions=12, link_clicks=4)


def test_snapshots_count_by_when_they_were_read_not_by_their_order() -> None:
    history = [snapshot(1, ago(hours=1), likes=9), snapshot(1, ago(hours=2), likes=5)]
    assert only(history).latest.likes == 9


@pytest.mark.parametrize(
    ("reads", "growth"),
    [
        ([(30, 100), (1, 160)], 60),
        ([(30, 100), (24, 130), (1, 160)], 30),
        ([(23.9, 100), (1, 160)], None),
        ([(30, 100)], None),
        ([(30, 100), (24, 100)], None),
        ([(30, 100), (1, 100)], 0),
        ([(30, 100), (1, 90)], -10),
        ([], None),
    ],
)
def test_growth_is_measured_from_the_last_read_a_day_old(
    reads: list[tuple[float, int]], growth: int | None
) -> None:
    history = [snapshot(1, ago(hours=hours), impressions=value) for hours, value in reads]
    assert only(history).growth("impressions") == growth


def test_a_post_younger_than_a_day_grew_from_zero() -> None:
    history = [snapshot(1, ago(hours=1), impressions=70)]
    assert only(history, published=ago(hours=5)).growth("impressions") == 70


def test_rates_compare_only_posts_for_which_both_sides_are_known() -> None:
    of = evidence(
        publication(1),
        publication(2, platform="mastodon", account="masto"),
        snapshots=[
            snapshot(1, ago(hours=1), impressions=1000, likes=20, reposts=5),
            snapshot(2, ago(hours=1), likes=500, reposts=400),
        ],
    )
    table = report("demand", of)
    assert table.column("engagements") == [925]
    assert table.column("engagement_rate") == [Decimal("0.025")]
    assert table.column("amplification") == [Decimal("0.005")]


def test_no_impressions_make_no_rate_instead_of_an_error() -> None:
    of = evidence(publication(1), snapshots=[snapshot(1, ago(), impressions=0, likes=0)])
    assert report("post", of).column("engagement_rate") == [None]


def spending(dollars: str, **changes: object) -> Spending:
    values = {"at": ago(), "account": "mj", "campaign": CAMPAIGN, "item": "post", "quantity": 1}
    return Spending(**{**values, "dollars": Decimal(dollars), **changes})  # type: ignore[arg-type]


def test_booked_money_goes_to_its_account_and_campaign() -> None:
    of = evidence(
        publication(1),
        publication(2, account="athena"),
        spending=[spending("0.20"), spending("0.015", campaign=None)],
    )
    accounts = report("account", of)
    assert accounts.column("account_id") == ["athena", "mj"]
    assert accounts.column("spend") == [0, Decimal("0.215")]
    campaigns = report("campaign", of)
    assert campaigns.column("spend") == [Decimal("0.20")]
    assert campaigns.column_total("spend") == Decimal("0.215")
    assert campaigns.notes[-1].startswith("$0.015 of the spend, such as reads")


def test_money_of_a_platform_is_what_its_accounts_were_charged_with_the_reads() -> None:
    of = evidence(
        publication(1),
        publication(2, platform="mastodon", account="masto"),
        spending=[spending("0.20"), spending("0.015", campaign=None, item="owned_read")],
    )
    platforms = report("platform", of)
    assert platforms.column("platform_id") == ["mastodon", "x"]
    assert platforms.column("spend") == [0, Decimal("0.215")]
    assert not any("no single row" in note for note in platforms.notes)


def test_spend_is_named_in_words_and_by_the_price_lists_own_item() -> None:
    table = report("spend", evidence(spending=[spending("0.20", item="post_with_link")]))
    assert table.column("what") == ["posts with a link"]
    assert table.column("item") == ["post_with_link"]


def test_spend_of_a_demand_is_what_publishing_cost_or_no_data() -> None:
    prices = {1: Decimal("0.015"), 2: Decimal("0.20")}
    known = evidence(publication(1), publication(2), prices=prices)
    assert report("demand", known).column("spend") == [Decimal("0.215")]
    half = evidence(publication(1), publication(2), prices={1: Decimal("0.015")})
    assert report("demand", half).column("spend") == [None]


def test_cost_per_hundred_engagements_needs_both_and_some() -> None:
    prices = {1: Decimal("0.20")}
    reads = [snapshot(1, ago(), likes=3, replies=1)]
    paid = evidence(publication(1), prices=prices, snapshots=reads)
    assert report("post", paid).column("cost_per_hundred") == [Decimal(5)]
    quiet = evidence(publication(1), prices=prices, snapshots=[snapshot(1, ago(), likes=0)])
    assert report("post", quiet).column("cost_per_hundred") == [None]
    free = evidence(publication(1), snapshots=reads)
    assert report("post", free).column("cost_per_hundred") == [None]


def test_nothing_published_gives_empty_tables_that_say_so() -> None:
    for table in tables(evidence(), NOW):
        assert table.rows == ()
        assert table.total is None
        assert table.notes


def test_snapshots_of_unlisted_publications_are_left_out() -> None:
    of = evidence(publication(1), snapshots=[snapshot(7, ago(), likes=5)])
    assert report("post", of).column("likes") == [None]


def test_the_hour_of_publication_is_the_audiences_own() -> None:
    late = publication(1, published=datetime(2022, 7, 13, 3, 30, tzinfo=UTC))
    winter = publication(2, published=datetime(2022, 1, 13, 3, 30, tzinfo=UTC))
    of = evidence(late, winter, timezone="America/New_York")
    assert report("hour", of).column("hour") == ["22:00", "23:00"]


# --- Whatever it is summed by, the sum is the same -----------------------------------------------

counter = st.none() | st.integers(0, 10**7)
counters = st.builds(Counters, *[counter] * 8)
publications = st.lists(
    st.fixed_dictionaries(
        {
            "demand": st.sampled_from([None, "hart", "ring"]),
            "account": st.sampled_from(["mj", "athena"]),
            "event": st.sampled_from([None, "nyc"]),
            "post": st.sampled_from(["a", "b", "c"]),
        }
    ),
    max_size=8,
)


@given(
    publications,
    st.lists(st.tuples(st.integers(1, 8), st.integers(0, 96), counters), max_size=20),
)
def test_totals_are_the_same_whatever_they_are_summed_by(
    made: list[dict[str, object]], reads: list[tuple[int, int, Counters]]
) -> None:
    every: list[Publication] = [publication(n, **post) for n, post in enumerate(made, 1)]
    history = [Snapshot(number, ago(hours=hours), found) for number, hours, found in reads]
    of = evidence(*every, snapshots=history)
    whole = overall_totals(of, NOW)
    for name in ("campaign", "demand", "event", "account", "post", "hour"):
        table = report(name, of)
        for key in ("impressions", "impressions_growth", "engagements", *ENGAGEMENTS):
            values = [value for value in table.column(key) if isinstance(value, int)]
            assert (sum(values) if values else None) == table.column_total(key)
        assert sum(int(str(value)) for value in table.column("parts")) == len(every)
        assert (table.column_total("posts") or 0) == len({post.post for post in every})
    assert whole.count("impressions") == sum_known(
        metrics.latest.impressions for metrics in whole.metrics
    )


def test_the_played_campaign_adds_up_to_the_platforms_own_figures() -> None:
    of = sample_evidence()
    own: dict[int, Counters] = {}
    for reading in sorted(sample_snapshots(of.publications), key=attrgetter("read")):
        own[reading.publication] = reading.counters
    for table in tables(of, NOW, ["campaign", "demand", "event", "account", "post", "hour"]):
        for name in ("impressions", "reposts"):
            known = [getattr(counters, name) or 0 for counters in own.values()]
            assert table.column_total(name) == sum(known)
        assert table.column_total("spend") == sum(booking.dollars for booking in of.spending or ())


def test_figures_of_the_sandbox_are_marked_beside_those_of_a_live_account() -> None:
    both = (publication(1), publication(2, account="athena"))
    names = Names(accounts={"athena": "@AthenaCoalition"})
    mixed = evidence(*both, sandbox_accounts=["athena", "idle"], names=names)
    note = "@AthenaCoalition is on a simulated platform. Its figures come from the sandbox."
    assert [line for line in report("account", mixed).notes if "simulated" in line] == [note]
    whole = evidence(*both, sandbox_accounts=["mj", "athena"], simulated=True)
    assert not any("simulated" in line for line in report("account", whole).notes)
