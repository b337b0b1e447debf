from __future__ import annotations

from datetime import timedelta

from helpers.reports import NOW, ago, evidence, publication, sample_evidence, snapshot
from hypothesis import given
from hypothesis import strategies as st

from bot.reports.catalogue import REPORTS
from bot.reports.evidence import (
    FINE_PER_SPAN,
    TREND_SPANS,
    gains,
    sample_times,
    sample_times_between,
    sums_over_time,
)
from bot.reports.totals import ENGAGEMENTS

TWELVE = 12.0
"""Hours of a period whose trend goes by the hour."""


def test_sums_hold_each_posts_last_value_until_its_next_read() -> None:
    of = evidence(
        publication(1, published=ago(hours=TWELVE)),
        publication(2, published=ago(hours=TWELVE)),
        snapshots=[
            snapshot(1, ago(hours=9), impressions=10),
            snapshot(2, ago(hours=8), impressions=100),
            snapshot(1, ago(hours=7), impressions=30),
            snapshot(1, ago(), impressions=31),
        ],
    )
    found = sums_over_time(of, lambda post: post.demand, ["impressions"])
    assert found == {"hart": [None, None, None, 10, 110, 130, *[130] * 6, 131]}


def test_a_counter_missing_from_one_read_does_not_dent_the_sum() -> None:
    of = evidence(
        publication(1, published=ago(hours=TWELVE)),
        snapshots=[
            snapshot(1, ago(hours=3), likes=5, bookmarks=2),
            snapshot(1, ago(hours=2), likes=6),
            snapshot(1, ago(hours=1)),
            snapshot(1, ago()),
        ],
    )
    assert sums_over_time(of, lambda _: "all", ENGAGEMENTS)["all"][-4:] == [7, 8, 8, 8]


def test_before_the_first_read_there_is_no_data() -> None:
    of = evidence(
        publication(1, published=ago(hours=TWELVE)), snapshots=[snapshot(1, ago(), likes=0)]
    )
    assert sums_over_time(of, lambda _: "all", ["likes"])["all"] == [*[None] * TREND_SPANS, 0]


def test_what_was_never_read_has_no_line() -> None:
    of = evidence(publication(1), snapshots=[snapshot(1, ago(), likes=3)])
    assert sums_over_time(of, lambda _: "all", ["impressions"]) == {}


def test_a_period_without_reads_has_no_moments() -> None:
    assert sample_times(evidence()) == []
    assert sample_times(evidence(publication(1))) == []
    assert gains(evidence(publication(1)), lambda _: "all", ["likes"]) == {}


def test_gains_cover_the_whole_period() -> None:
    of = evidence(
        publication(1, published=ago(hours=TWELVE)),
        snapshots=[snapshot(1, ago(hours=h), likes=n) for h, n in ((6, 4), (3, 9), (0, 8))],
    )
    assert gains(of, lambda _: "all", ["likes"]) == {"all": (0, 0, 0, 0, 0, 4, 0, 0, 5, 0, 0, -1)}


def test_a_trend_and_a_chart_agree_wherever_they_meet() -> None:
    of = sample_evidence()
    coarse = sums_over_time(of, lambda post: post.account, ENGAGEMENTS)
    fine = sums_over_time(of, lambda post: post.account, ENGAGEMENTS, detailed=True)
    assert {name: values[::FINE_PER_SPAN] for name, values in fine.items()} == coarse


def test_the_last_point_is_the_tables_figure() -> None:
    of = sample_evidence()
    found = sums_over_time(of, lambda post: post.account, ENGAGEMENTS)
    table = REPORTS["account"](of, NOW)
    assert {name: values[-1] for name, values in found.items()} == dict(
        zip(table.column("account_id"), table.column("engagements"), strict=True)
    )


@given(st.integers(1, 10**6))
def test_instants_begin_and_end_exactly(seconds: int) -> None:
    start = NOW - timedelta(seconds=seconds)
    found = sample_times_between([start], NOW, detailed=True)
    assert (found[0], found[-1], len(found)) == (start, NOW, TREND_SPANS * FINE_PER_SPAN + 1)
    assert found == sorted(found)
