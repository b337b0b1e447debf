"""What reports are based on: what the database keeps and seeks agrees with the whole history."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from helpers.store import (
    LATER,
    MINUTE,
    NOW,
    OnPostgreSQL,
    OnSQLite,
    Store,
    publish_post,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from bot.database import tables as t
from bot.model import COUNTER_NAMES, Counters, LatestCounters, Snapshot
from bot.store.metrics import Metrics, PublicationFilter

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

EVERYTHING = PublicationFilter()
VALUES = st.none() | st.integers(0, 9)
READINGS = st.lists(
    st.tuples(
        st.integers(0, 1),
        st.integers(0, 12),
        st.builds(Counters, **dict.fromkeys(COUNTER_NAMES, VALUES)),
    ),
    max_size=14,
)
"""Which of two posts, so many minutes after it was out, and what was counted; in any order."""
MOMENTS = st.lists(st.integers(-1, 14), min_size=1, max_size=5, unique=True)
SETTINGS = settings(
    max_examples=40,
    deadline=None,  # a database has its own pace
    database=None,  # what failed on one database would be tried on the other
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,  # emptied before each example
        HealthCheck.differing_executors,  # one for each database
    ],
)


class HistoryContract:
    @SETTINGS
    @given(readings=READINGS, minutes=MOMENTS)
    def test_latest_values_and_seeks_agree_with_the_whole_history(
        self, store: Store, readings: list[tuple[int, int, Counters]], minutes: list[int]
    ) -> None:
        ids = emptied(store)
        for place, minute, counters in readings:
            snapshot = Snapshot(ids[place], NOW + minute * MINUTE, counters)
            Metrics(store.database).record([snapshot], {}, [], NOW)
        histories = whole(store)
        latest = {
            publication: LatestCounters.from_snapshots(snapshots)
            for publication, snapshots in histories.items()
        }
        metrics = Metrics(store.database)
        assert metrics.latest(EVERYTHING) == latest
        moments = [NOW + minute * MINUTE for minute in minutes]
        assert metrics.counters_at(EVERYTHING, moments) == {
            moment: known_then(histories, moment) for moment in moments
        }

    def test_many_readings_at_once_are_summed_one_after_the_other(self, store: Store) -> None:
        publication = publish_post(store, "hart")
        reads = [
            Snapshot(publication, NOW + n * MINUTE, Counters(likes=likes, replies=replies))
            for n, likes, replies in ((2, 8, None), (0, 3, 1), (1, 9, None))
        ]
        Metrics(store.database).record(reads, {}, [], NOW)
        counters = Counters(likes=8, replies=1)
        known = LatestCounters(publication, NOW + 2 * MINUTE, counters, ("likes",))
        assert Metrics(store.database).latest(EVERYTHING) == {publication: known}

    def test_a_filter_chooses_alike_everywhere(self, store: Store) -> None:
        first, second = publish_post(store, "hart"), publish_post(store, "ring", at=LATER)
        reads = [
            Snapshot(publication, LATER + MINUTE * n, Counters(likes=n))
            for publication in (first, second)
            for n in (1, 9)
        ]
        Metrics(store.database).record(reads, {}, [], NOW)
        metrics = Metrics(store.database)
        moment = LATER + 5 * MINUTE
        for which, ids in (
            (EVERYTHING, {first, second}),
            (PublicationFilter(since=LATER), {second}),
            (PublicationFilter(until=LATER), {first}),
            (PublicationFilter(campaign="people"), {first, second}),
            (PublicationFilter(campaign="another"), set()),
        ):
            assert {publication.id for publication, _ in metrics.published(which)} == ids
            assert metrics.latest(which).keys() == ids
            assert metrics.counters_at(which, [moment])[moment].keys() == ids

    def test_what_is_out_comes_with_its_own_part(self, store: Store) -> None:
        publish_post(store, "hart")
        [(publication, part)] = Metrics(store.database).published(EVERYTHING)
        assert (publication.text, part.text) == ("hart", "hart")


def emptied(store: Store) -> list[int]:
    """Return two publications that have never been read."""
    with store.database.writing() as connection:
        connection.execute(delete(t.snapshots))
        connection.execute(delete(t.latest))
    publications = Metrics(store.database).publications()
    return [publication.id for publication in publications] or [
        publish_post(store, "hart"),
        publish_post(store, "ring"),
    ]


def whole(store: Store) -> Mapping[int, list[Snapshot]]:
    histories = defaultdict(list)
    for snapshot in Metrics(store.database).snapshots():
        histories[snapshot.publication].append(snapshot)
    return histories


def known_then(histories: Mapping[int, list[Snapshot]], moment: datetime) -> dict[int, Counters]:
    """Compute it the long way: from what was read by then, and has been read since."""
    known = {}
    for publication, history in histories.items():
        then = LatestCounters.from_snapshots(
            snapshot for snapshot in history if snapshot.read <= moment
        )
        if then and history[-1].read > moment:
            known[publication] = then.counters.public_only
    return known


class TestOnSQLite(OnSQLite, HistoryContract):
    pass


class TestOnPostgreSQL(OnPostgreSQL, HistoryContract):
    pass
