"""Old readings that say nothing new are deleted, and no report can tell."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from helpers.clock import ManualClock
from helpers.store import NOW, Store, publish_post
from hypothesis import given
from hypothesis import strategies as st

from bot.model import COUNTER_NAMES, Counters, Snapshot
from bot.reports.per_post import SETTLED
from bot.store.metrics import Metrics, PublicationFilter
from bot.store.thinning import KEPT_WHOLE, SPAN, Thinning, redundant_snapshots

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.database.connections import Database

HOUR = timedelta(hours=1)
READS = st.lists(
    st.tuples(
        st.integers(1, 72),
        st.builds(Counters, **dict.fromkeys(COUNTER_NAMES, st.none() | st.integers(0, 1))),
    ),
    max_size=20,
    unique_by=lambda read: read[0],
)
"""Ages in hours, and the counters that were read at each."""

QUIET = Counters(likes=1)


def history(reads: Sequence[tuple[int, Counters]]) -> list[tuple[int, Snapshot]]:
    return [(age, Snapshot(1, NOW + age * HOUR, counters)) for age, counters in sorted(reads)]


def thinned(whole: Sequence[tuple[int, Snapshot]]) -> list[tuple[int, Snapshot]]:
    redundant = {*redundant_snapshots(NOW, whole)}
    return [(id_, snapshot) for id_, snapshot in whole if id_ not in redundant]


@given(READS, st.integers(0, 80))
def test_a_report_of_any_time_is_the_same(reads: list[tuple[int, Counters]], hours: int) -> None:
    moment, whole = NOW + hours * HOUR, history(reads)
    before, after = (
        Snapshot.summed(snapshot for _, snapshot in readings if snapshot.read <= moment)
        for readings in (whole, thinned(whole))
    )
    if before is None or after is None:
        assert before is after
        return
    assert (after.counters, after.fell) == (before.counters, before.fell)
    assert (after.read - NOW >= SETTLED) == (before.read - NOW >= SETTLED)
    for start in (moment - SPAN, moment - 2 * SPAN):  # of a period that ends then
        assert (after.read > start) == (before.read > start)


@given(READS)
def test_thinning_twice_is_thinning_once(reads: list[tuple[int, Counters]]) -> None:
    left = thinned(history(reads))
    assert thinned(left) == left


@pytest.mark.parametrize(
    ("ages", "kept"),
    [
        ([1, 2, 3, 4, 5], [1, 5]),
        ([1, 2], [1, 2]),
        ([10, 11, 12, 13], [10, 11, 12, 13]),  # two in each span
        ([20, 40, 60], [20, 40, 60]),
    ],
)
def test_of_equal_readings_the_first_and_the_last_of_half_a_day_stay(
    ages: list[int], kept: list[int]
) -> None:
    assert [id_ for id_, _ in thinned(history([(age, QUIET) for age in ages]))] == kept


class TestThinning:
    @staticmethod
    def publish(store: Store, name: str, age: timedelta) -> int:
        """Publish a post that was read six times with equal counters; return its publication."""
        published = NOW - age
        post = publish_post(store, name, at=published)
        reads = [Snapshot(post, published + hour * HOUR, QUIET) for hour in range(1, 7)]
        Metrics(store.database).record(reads, {}, [], NOW)
        return post

    @staticmethod
    def count_readings(database: Database, post: int) -> int:
        return len(Metrics(database).snapshots([post]))

    def test_old_posts_are_thinned_and_young_ones_keep_all(self, store: Store) -> None:
        young = self.publish(store, "young", KEPT_WHOLE - HOUR)
        old = [self.publish(store, f"{'a' * n}", KEPT_WHOLE + n * HOUR) for n in range(1, 54)]
        metrics, known = Metrics(store.database), PublicationFilter()
        moments = [NOW - KEPT_WHOLE + n * HOUR for n in range(-60, 8)]
        before = metrics.latest(known), metrics.known_at(known, moments)
        assert Thinning(store.database, ManualClock(NOW)).run() == 4 * len(old)
        assert {self.count_readings(store.database, post) for post in old} == {2}
        assert self.count_readings(store.database, young) == 6
        latest, known_at = metrics.latest(known), metrics.known_at(known, moments)
        assert latest == before[0]
        for moment in moments:
            counters = {post: of.counters for post, of in known_at[moment].items()}
            assert counters == {post: of.counters for post, of in before[1][moment].items()}

    def test_each_post_is_thinned_once_it_is_old_enough(self, store: Store) -> None:
        self.publish(store, "old", KEPT_WHOLE + HOUR)
        young = self.publish(store, "young", KEPT_WHOLE - HOUR)
        clock = ManualClock(NOW)
        thinning = Thinning(store.database, clock)
        assert [thinning.run(), thinning.run()] == [4, 0]
        clock.advance(hours=2)
        assert [thinning.run(), thinning.run()] == [4, 0]
        assert self.count_readings(store.database, young) == 2
