from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st
from reports_support import NOW, at, evidence, played, publication, snapshot

from bot.reports.catalogue import REPORTS
from bot.reports.numbers import ENGAGEMENTS
from bot.reports.series import at as values_at
from bot.reports.series import gains, instants, period, steps


def test_sums_hold_each_posts_last_value_until_its_next_read() -> None:
    of = evidence(
        publication(1),
        publication(2),
        snapshots=[
            snapshot(1, at(hours=9), impressions=10),
            snapshot(2, at(hours=8), impressions=100),
            snapshot(1, at(hours=7), impressions=30),
        ],
    )
    found = steps(of, lambda each: each.demand, ["impressions"])
    assert found == {"hart": [(at(hours=9), 10), (at(hours=8), 110), (at(hours=7), 130)]}


def test_reads_at_one_instant_make_one_step() -> None:
    of = evidence(
        publication(1),
        publication(2),
        snapshots=[snapshot(n, at(hours=2), likes=5) for n in (1, 2)],
    )
    assert steps(of, lambda _: "all", ["likes"]) == {"all": [(at(hours=2), 10)]}


def test_a_counter_missing_from_one_read_does_not_dent_the_sum() -> None:
    of = evidence(
        publication(1),
        snapshots=[
            snapshot(1, at(hours=3), likes=5, bookmarks=2),
            snapshot(1, at(hours=2), likes=6),
            snapshot(1, at(hours=1)),
        ],
    )
    assert steps(of, lambda _: "all", ENGAGEMENTS)["all"] == [(at(hours=3), 7), (at(hours=2), 8)]


def test_before_the_first_read_there_is_no_data() -> None:
    series = [(at(hours=2), 5)]
    assert values_at(series, [at(hours=3), at(hours=2), at(hours=1)]) == [None, 5, 5]


def test_a_period_without_reads_is_none() -> None:
    assert period(evidence()) is None
    assert period(evidence(publication(1))) is None
    assert gains(evidence(publication(1)), lambda _: "all", ["likes"], 4) == {}


def test_gains_cover_the_whole_period() -> None:
    of = evidence(
        publication(1, published=at(hours=8)),
        snapshots=[snapshot(1, at(hours=h), likes=n) for h, n in ((6, 4), (3, 9), (0, 8))],
    )
    assert gains(of, lambda _: "all", ["likes"], 4) == {"all": (4, 0, 5, -1)}


def test_the_last_step_is_the_tables_figure() -> None:
    of = played()
    found = steps(of, lambda each: each.account, ENGAGEMENTS)
    table = REPORTS["account"](of, NOW)
    assert {name: series[-1][1] for name, series in found.items()} == dict(
        zip(table.column("account_id"), table.column("engagements"), strict=True)
    )


@given(st.integers(1, 10**6), st.integers(2, 300))
def test_instants_begin_and_end_exactly(seconds: int, count: int) -> None:
    start = NOW - timedelta(seconds=seconds)
    found = instants(start, NOW, count)
    assert (found[0], found[-1], len(found)) == (start, NOW, count)
    assert found == sorted(found)
