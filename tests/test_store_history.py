"""What reports draw on: the sums and seeks of the database say what the whole history says."""

from __future__ import annotations

from collections import defaultdict
from importlib import import_module
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete
from store_support import (
    LATER,
    MINUTE,
    NOW,
    OnPostgreSQL,
    OnSQLite,
    Store,
    said,
)

from bot.model import COUNTERS, Counters, Latest, Published, Settlement, Snapshot, State
from bot.store import tables as t
from bot.store.history import History, Which
from bot.store.metrics import Metrics

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

EVERYTHING = Which()
VALUES = st.none() | st.integers(0, 9)
READINGS = st.lists(
    st.tuples(
        st.integers(0, 1),
        st.integers(0, 12),
        st.builds(Counters, **dict.fromkeys(COUNTERS, VALUES)),
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
    def test_sums_and_seeks_say_what_the_whole_history_says(
        self, store: Store, readings: list[tuple[int, int, Counters]], minutes: list[int]
    ) -> None:
        ids = emptied(store)
        for place, minute, counters in readings:
            one = Snapshot(ids[place], NOW + minute * MINUTE, counters)
            Metrics(store.database).record([one], {}, [], NOW)
        histories = whole(store)
        history = History(store.database)
        latest = {one: Latest.of(each) for one, each in histories.items()}
        assert history.latest(EVERYTHING) == latest
        moments = [NOW + minute * MINUTE for minute in minutes]
        assert history.known(EVERYTHING, moments) == {
            moment: known_then(histories, moment) for moment in moments
        }

    def test_many_readings_at_once_are_summed_one_after_the_other(self, store: Store) -> None:
        [one] = [published(store, "hart")]
        reads = [
            Snapshot(one, NOW + n * MINUTE, Counters(likes=likes, replies=replies))
            for n, likes, replies in ((2, 8, None), (0, 3, 1), (1, 9, None))
        ]
        Metrics(store.database).record(reads, {}, [], NOW)
        known = Latest(one, NOW + 2 * MINUTE, Counters(likes=8, replies=1), ("likes",))
        assert History(store.database).latest(EVERYTHING) == {one: known}

    def test_what_is_chosen_is_chosen_alike_everywhere(self, store: Store) -> None:
        first, second = published(store, "hart"), published(store, "ring", at=LATER)
        reads = [
            Snapshot(one, LATER + MINUTE * n, Counters(likes=n))
            for one in (first, second)
            for n in (1, 9)
        ]
        Metrics(store.database).record(reads, {}, [], NOW)
        history = History(store.database)
        moment = LATER + 5 * MINUTE
        for which, ids in (
            (EVERYTHING, {first, second}),
            (Which(since=LATER), {second}),
            (Which(until=LATER), {first}),
            (Which(campaign="people"), {first, second}),
            (Which(campaign="another"), set()),
        ):
            assert {one.id for one, _ in history.published(which)} == ids
            assert history.latest(which).keys() == ids
            assert history.known(which, [moment])[moment].keys() == ids

    @settings(SETTINGS, max_examples=10)
    @given(readings=READINGS)
    def test_a_database_of_before_is_summed_up(
        self, store: Store, readings: list[tuple[int, int, Counters]]
    ) -> None:
        ids = emptied(store)
        for place, minute, counters in readings:
            one = Snapshot(ids[place], NOW + minute * MINUTE, counters)
            Metrics(store.database).record([one], {}, [], NOW)
        known = History(store.database).latest(EVERYTHING)
        migration = import_module("bot.store.migrations.versions.0005_latest")
        with store.database.writing() as connection:
            connection.execute(delete(t.latest))
            migration._fill(connection, t.latest)
        assert History(store.database).latest(EVERYTHING) == known

    def test_what_is_out_comes_with_its_own_part(self, store: Store) -> None:
        published(store, "hart")
        [(publication, part)] = History(store.database).published(EVERYTHING)
        assert (publication.text, part.text) == ("hart", "hart")


def published(store: Store, text: str, at: datetime = NOW) -> int:
    """Publish a post of one part; give its publication."""
    delivery = store.add(text, content=said(text))
    place = Published(text, f"https://x.example/{text}", at)
    store.close(store.claimed(delivery), Settlement(State.PUBLISHED, published=place))
    found = Metrics(store.database).publications()
    return next(one.id for one in found if one.text == text)


def emptied(store: Store) -> list[int]:
    """Give two publications that have never been read."""
    with store.database.writing() as connection:
        connection.execute(delete(t.snapshots))
        connection.execute(delete(t.latest))
    found = Metrics(store.database).publications()
    return [one.id for one in found] or [published(store, "hart"), published(store, "ring")]


def whole(store: Store) -> Mapping[int, list[Snapshot]]:
    found = defaultdict(list)
    for one in Metrics(store.database).snapshots():
        found[one.publication].append(one)
    return found


def known_then(histories: Mapping[int, list[Snapshot]], moment: datetime) -> dict[int, Counters]:
    """Say it the long way: of what was read by then, and has been read since."""
    found = {}
    for publication, history in histories.items():
        then = Latest.of(each for each in history if each.read <= moment)
        if then and history[-1].read > moment:
            found[publication] = then.counters.public
    return found


class TestOnSQLite(OnSQLite, HistoryContract):
    pass


class TestOnPostgreSQL(OnPostgreSQL, HistoryContract):
    pass
