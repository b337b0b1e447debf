"""Of old snapshots the last reading of each day is kept, and no figure of a report changes."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from helpers.store import NOW, Store, publish_post
from hypothesis import given
from hypothesis import strategies as st

from bot.engagement.poller import THIN_BATCH, redundant_snapshots, thin
from bot.model import COUNTER_NAMES, Counters, Snapshot
from bot.store.metrics import Metrics, PublicationFilter
from bot.store.thinning import OldSnapshots

if TYPE_CHECKING:
    from collections.abc import Sequence

HOUR = timedelta(hours=1)
READS = st.lists(
    st.tuples(
        st.integers(0, 72),
        st.builds(Counters, **dict.fromkeys(COUNTER_NAMES, st.none() | st.integers(0, 9))),
    ),
    max_size=12,
    unique_by=lambda read: read[0],
)
"""Hours after an instant, and what was counted then."""


def history(reads: Sequence[tuple[int, Counters]]) -> list[tuple[int, Snapshot]]:
    ordered = sorted(reads, key=lambda read: read[0])
    return [(n, Snapshot(1, NOW + hour * HOUR, was)) for n, (hour, was) in enumerate(ordered)]


def thinned(whole: Sequence[tuple[int, Snapshot]]) -> list[Snapshot]:
    gone = {*redundant_snapshots(whole)}
    return [snapshot for id_, snapshot in whole if id_ not in gone]


def ends(snapshots: Sequence[Snapshot]) -> dict[date, Counters | None]:
    """Return what is known at the end of each day on which something was read."""
    found: dict[date, Counters | None] = {}
    for snapshot in snapshots:
        day = snapshot.read.astimezone(UTC).date()
        then = [snapshot for snapshot in snapshots if snapshot.read.astimezone(UTC).date() <= day]
        known = Snapshot.summed(then)
        found[day] = known.counters if known else None
    return found


@given(READS)
def test_what_is_known_at_the_end_of_each_day_stays(reads: list[tuple[int, Counters]]) -> None:
    whole = history(reads)
    assert ends(thinned(whole)) == ends([snapshot for _, snapshot in whole])


@given(READS)
def test_thinning_twice_is_thinning_once(reads: list[tuple[int, Counters]]) -> None:
    left = [*enumerate(thinned(history(reads)))]
    assert [*redundant_snapshots(left)] == []


@given(st.integers(1, 24))
def test_a_day_with_whole_readings_keeps_one(many: int) -> None:
    counters = Counters(*range(8))
    midnight = datetime(2026, 1, 1, tzinfo=UTC)
    whole = [(n, Snapshot(1, midnight + n * HOUR, counters)) for n in range(many)]
    assert thinned(whole) == [whole[-1][1]]


class TestThinning:
    def test_no_figure_changes_and_young_snapshots_stay(self, store: Store) -> None:
        before = NOW - timedelta(days=90)
        one = publish_post(store, "hart", at=before - timedelta(days=2))
        reads = [
            Snapshot(one, before - n * HOUR, Counters(likes=n % 5, replies=n if n > 30 else None))
            for n in range(-3, 40)
        ]
        metrics = Metrics(store.database)
        metrics.record(reads, {}, [], NOW)
        latest = metrics.latest(PublicationFilter())
        old = OldSnapshots(store.database, before)
        assert thin(old, dry_run=True) == thin(old) > 30
        assert metrics.latest(PublicationFilter()) == latest
        assert latest[one].fell == ("likes", "replies")
        left = metrics.snapshots()
        reads.sort(key=lambda snapshot: snapshot.read)
        young = [snapshot for snapshot in reads if snapshot.read >= before]
        assert [snapshot for snapshot in left if snapshot.read >= before] == young
        assert ends(left) == ends(reads)
        assert thin(old) == 0

    def test_it_goes_through_all_posts_and_tells_how_far_it_is(self, store: Store) -> None:
        ids = [
            publish_post(store, f"{'a' * n}", at=NOW - timedelta(days=99))
            for n in range(1, THIN_BATCH + 3)
        ]
        noon = (NOW - timedelta(days=95)).replace(hour=12)
        reads = [
            Snapshot(post_id, noon + n * HOUR, Counters(likes=n)) for post_id in ids for n in (0, 1)
        ]
        Metrics(store.database).record(reads, {}, [], NOW)
        told: list[float] = []
        old = OldSnapshots(store.database, NOW - timedelta(days=90))
        assert thin(old, on_progress=told.append) == len(ids)
        assert told[-1] >= 1
        assert len(told) == 2
        by_post = defaultdict(list)
        for snapshot in Metrics(store.database).snapshots():
            by_post[snapshot.publication].append(snapshot.counters.likes)
        assert dict(by_post) == {post_id: [1] for post_id in ids}
