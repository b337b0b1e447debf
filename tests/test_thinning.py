"""Old snapshots are thinned to the last word of each day, and no figure of a report changes."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st
from store_support import NOW, OnPostgreSQL, OnSQLite, Store
from test_store_history import published

from bot.engagement.thinning import POSTS_AT_ONCE, superfluous, thin
from bot.model import COUNTERS, Counters, Latest, Snapshot
from bot.store.history import History, Which
from bot.store.metrics import Metrics
from bot.store.thinning import OldSnapshots

if TYPE_CHECKING:
    from collections.abc import Sequence

HOUR = timedelta(hours=1)
READS = st.lists(
    st.tuples(
        st.integers(0, 72),
        st.builds(Counters, **dict.fromkeys(COUNTERS, st.none() | st.integers(0, 9))),
    ),
    max_size=12,
    unique_by=lambda each: each[0],
)
"""Hours after an instant, and what was counted then."""


def history(reads: Sequence[tuple[int, Counters]]) -> list[tuple[int, Snapshot]]:
    ordered = sorted(reads, key=lambda each: each[0])
    return [(n, Snapshot(1, NOW + hour * HOUR, each)) for n, (hour, each) in enumerate(ordered)]


def thinned(whole: Sequence[tuple[int, Snapshot]]) -> list[Snapshot]:
    gone = {*superfluous(whole)}
    return [each for one, each in whole if one not in gone]


def ends(snapshots: Sequence[Snapshot]) -> dict[date, Counters | None]:
    """Give what is known at the end of each day on which something was read."""
    found: dict[date, Counters | None] = {}
    for each in snapshots:
        day = each.read.astimezone(UTC).date()
        then = [one for one in snapshots if one.read.astimezone(UTC).date() <= day]
        known = Latest.of(then)
        found[day] = known.counters if known else None
    return found


@given(READS)
def test_what_is_known_at_the_end_of_each_day_stays(reads: list[tuple[int, Counters]]) -> None:
    whole = history(reads)
    assert ends(thinned(whole)) == ends([each for _, each in whole])


@given(READS)
def test_thinning_twice_is_thinning_once(reads: list[tuple[int, Counters]]) -> None:
    left = [*enumerate(thinned(history(reads)))]
    assert [*superfluous(left)] == []


@given(st.integers(1, 24))
def test_a_day_with_whole_readings_keeps_one(many: int) -> None:
    counters = Counters(*range(8))
    midnight = datetime(2026, 1, 1, tzinfo=UTC)
    whole = [(n, Snapshot(1, midnight + n * HOUR, counters)) for n in range(many)]
    assert thinned(whole) == [whole[-1][1]]


class ThinningContract:
    def test_no_figure_changes_and_young_snapshots_stay(self, store: Store) -> None:
        before = NOW - timedelta(days=90)
        one = published(store, "hart", at=before - timedelta(days=2))
        reads = [
            Snapshot(one, before - n * HOUR, Counters(likes=n % 5, replies=n if n > 30 else None))
            for n in range(-3, 40)
        ]
        metrics, history = Metrics(store.database), History(store.database)
        metrics.record(reads, {}, [], NOW)
        latest = history.latest(Which())
        old = OldSnapshots(store.database, before)
        assert thin(old, dry=True) == thin(old) > 30
        assert history.latest(Which()) == latest
        assert latest[one].fell == ("likes", "replies")
        left = metrics.snapshots()
        assert [each for each in left if each.read >= before] == [
            each for each in sorted(reads, key=lambda each: each.read) if each.read >= before
        ]
        assert ends(left) == ends(sorted(reads, key=lambda each: each.read))
        assert thin(old) == 0

    def test_it_goes_through_all_posts_and_tells_how_far_it_is(self, store: Store) -> None:
        ids = [
            published(store, f"{'a' * n}", at=NOW - timedelta(days=99))
            for n in range(1, POSTS_AT_ONCE + 3)
        ]
        noon = (NOW - timedelta(days=95)).replace(hour=12)
        reads = [Snapshot(one, noon + n * HOUR, Counters(likes=n)) for one in ids for n in (0, 1)]
        Metrics(store.database).record(reads, {}, [], NOW)
        told: list[float] = []
        old = OldSnapshots(store.database, NOW - timedelta(days=90))
        assert thin(old, told=told.append) == len(ids)
        assert told[-1] >= 1
        assert len(told) == 2
        by_post = defaultdict(list)
        for each in Metrics(store.database).snapshots():
            by_post[each.publication].append(each.counters.likes)
        assert dict(by_post) == {one: [1] for one in ids}


class TestOnSQLite(OnSQLite, ThinningContract):
    pass


class TestOnPostgreSQL(OnPostgreSQL, ThinningContract):
    pass
