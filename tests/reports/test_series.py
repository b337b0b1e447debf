from __future__ import annotations

from datetime import timedelta

from helpers.reports import (
    NOW,
    ago,
    evidence,
    publication,
    report,
    sample_evidence,
    snapshot,
)
from hypothesis import given
from hypothesis import strategies as st

from bot.reports.catalogue import REPORTS
from bot.reports.evidence import TREND_SPANS, sample_times, trends

TWELVE = 12.0
"""Hours of a period whose trend goes by the hour."""


def test_a_trend_holds_each_posts_last_value_until_its_next_read() -> None:
    of = evidence(
        publication(1, published=ago(hours=TWELVE)),
        publication(2, published=ago(hours=TWELVE)),
        snapshots=[
            snapshot(1, ago(hours=9), impressions=10),
            snapshot(2, ago(hours=8), impressions=100),
            snapshot(1, ago(hours=7), impressions=30),
            snapshot(1, ago(hours=6)),
            snapshot(1, ago(), impressions=28),
        ],
    )
    found = trends(of, lambda post: post.demand or "", {"hart"})
    assert found == {"hart": (0, 0, 10, 100, 20, *[0] * 6, -2)}


def test_what_was_never_read_has_no_trend() -> None:
    of = evidence(publication(1), snapshots=[snapshot(1, ago(), profile_clicks=3)])
    assert trends(of, lambda _: "all", {"all"}) == {}
    assert trends(evidence(publication(1)), lambda _: "all", {"all"}) == {}


def test_where_an_account_has_no_impressions_all_trends_are_of_engagements() -> None:
    of = evidence(
        publication(1, published=ago(hours=12)),
        publication(2, published=ago(hours=12), account="masto", platform="mastodon"),
        snapshots=[
            snapshot(1, ago(hours=6), impressions=900, likes=4),
            *(snapshot(2, ago(hours=hours), likes=likes) for hours, likes in ((6, 2), (0, 7))),
        ],
    )
    assert trends(of, lambda post: post.account, {"mj", "masto"}) == {
        "mj": (*[0] * 5, 4, *[0] * 6),
        "masto": (*[0] * 5, 2, *[0] * 5, 5),
    }
    table = report("account", of)
    assert table.trend_of == "engagements"
    assert [column.key for column in table.columns if column.bar] == ["engagements"]


def test_a_trend_adds_up_to_the_tables_figure() -> None:
    of = sample_evidence()
    table = REPORTS["account"](of, NOW)
    assert [sum(trend) for trend in table.trends] == table.column("impressions")


@given(st.integers(1, 10**6))
def test_instants_begin_and_end_exactly(seconds: int) -> None:
    start = NOW - timedelta(seconds=seconds)
    found = sample_times([start], NOW)
    assert (found[0], found[-1], len(found)) == (start, NOW, TREND_SPANS + 1)
    assert found == sorted(found)
    assert sample_times([], NOW) == sample_times([start], None) == []
