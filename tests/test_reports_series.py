from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st
from reports_support import NOW, at, evidence, played, publication, snapshot

from bot.reports.catalogue import REPORTS
from bot.reports.numbers import ENGAGEMENTS
from bot.reports.series import BUCKETS, FINER, gains, instants, moments, over_time

TWELVE = 12.0
"""Hours of a period whose trend goes by the hour."""


def test_sums_hold_each_posts_last_value_until_its_next_read() -> None:
    of = evidence(
        publication(1, published=at(hours=TWELVE)),
        publication(2, published=at(hours=TWELVE)),
        snapshots=[
            snapshot(1, at(hours=9), impressions=10),
            snapshot(2, at(hours=8), impressions=100),
            snapshot(1, at(hours=7), impressions=30),
            snapshot(1, at(), impressions=31),
        ],
    )
    found = over_time(of, lambda each: each.demand, ["impressions"])
    assert found == {"hart": [None, None, None, 10, 110, 130, *[130] * 6, 131]}


def test_a_counter_missing_from_one_read_does_not_dent_the_sum() -> None:
    of = evidence(
        publication(1, published=at(hours=TWELVE)),
        snapshots=[
            snapshot(1, at(hours=3), likes=5, bookmarks=2),
            snapshot(1, at(hours=2), likes=6),
            snapshot(1, at(hours=1)),
            snapshot(1, at()),
        ],
    )
    assert over_time(of, lambda _: "all", ENGAGEMENTS)["all"][-4:] == [7, 8, 8, 8]


def test_before_the_first_read_there_is_no_data() -> None:
    of = evidence(
        publication(1, published=at(hours=TWELVE)), snapshots=[snapshot(1, at(), likes=0)]
    )
    assert over_time(of, lambda _: "all", ["likes"])["all"] == [*[None] * BUCKETS, 0]


def test_what_was_never_told_has_no_line() -> None:
    of = evidence(publication(1), snapshots=[snapshot(1, at(), likes=3)])
    assert over_time(of, lambda _: "all", ["impressions"]) == {}


def test_a_period_without_reads_has_no_moments() -> None:
    assert moments(evidence()) == []
    assert moments(evidence(publication(1))) == []
    assert gains(evidence(publication(1)), lambda _: "all", ["likes"]) == {}


def test_gains_cover_the_whole_period() -> None:
    of = evidence(
        publication(1, published=at(hours=TWELVE)),
        snapshots=[snapshot(1, at(hours=h), likes=n) for h, n in ((6, 4), (3, 9), (0, 8))],
    )
    assert gains(of, lambda _: "all", ["likes"]) == {"all": (0, 0, 0, 0, 0, 4, 0, 0, 5, 0, 0, -1)}


def test_a_trend_and_a_chart_agree_wherever_they_meet() -> None:
    of = played()
    coarse = over_time(of, lambda each: each.account, ENGAGEMENTS)
    fine = over_time(of, lambda each: each.account, ENGAGEMENTS, fine=True)
    assert {name: values[::FINER] for name, values in fine.items()} == coarse


def test_the_last_point_is_the_tables_figure() -> None:
    of = played()
    found = over_time(of, lambda each: each.account, ENGAGEMENTS)
    table = REPORTS["account"](of, NOW)
    assert {name: values[-1] for name, values in found.items()} == dict(
        zip(table.column("account_id"), table.column("engagements"), strict=True)
    )


@given(st.integers(1, 10**6), st.integers(2, 300))
def test_instants_begin_and_end_exactly(seconds: int, count: int) -> None:
    start = NOW - timedelta(seconds=seconds)
    found = instants(start, NOW, count)
    assert (found[0], found[-1], len(found)) == (start, NOW, count)
    assert found == sorted(found)
