"""Publications and their counters over time, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import TYPE_CHECKING

import pytest
from helpers.extras import examples
from helpers.store import (
    LATER,
    MINUTE,
    NOW,
    PUBLISHED_POST,
    TO_NEXT_PART,
    TO_PUBLISHED,
    Store,
    publish_post,
    text_content,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError, StatementError

from bot.database import tables as t
from bot.model import (
    COUNTER_NAMES,
    FIRST_READ_AGE,
    PUBLIC_COUNTERS,
    Content,
    Counters,
    Part,
    Poll,
    PollVotes,
    Publication,
    Snapshot,
)
from bot.store.metrics import Metrics, PublicationFilter

if TYPE_CHECKING:
    from collections.abc import Mapping

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
"""One of two posts, minutes after its publication, and its counters; in any order."""
MOMENTS = st.lists(st.integers(-1, 14), min_size=1, max_size=5, unique=True)
SETTINGS = settings(
    max_examples=examples(40),
    deadline=None,  # a database has its own pace
    database=None,  # an example that failed on one database would be tried on the other
    suppress_health_check=[HealthCheck.function_scoped_fixture],  # emptied before each example
)


@pytest.fixture
def metrics(store: Store) -> Metrics:
    return Metrics(store.database)


class TestMetrics:
    def test_a_part_that_is_out_is_listed_with_its_own_words(self, store: Store) -> None:
        [post] = published(store, "first part", "second part")
        assert (post.part, post.text, post.remote_id) == (0, "first part", "101")
        assert (post.url, post.published, post.next_read) == (
            PUBLISHED_POST.url,
            NOW,
            NOW + FIRST_READ_AGE,
        )
        assert (post.campaign, post.post, post.demand) == ("people", "hart", "take-hart-off-aws")

    def test_a_part_is_out_once(self, store: Store) -> None:
        published(store, "first part", "second part")
        query = (
            "INSERT INTO publications (delivery, part, account, remote_id, url, published) "
            "SELECT delivery, part, account, '999', url, published FROM publications"
        )
        with pytest.raises(IntegrityError), store.database.writing() as connection:
            connection.exec_driver_sql(query)
        assert len(Metrics(store.database).publications()) == 1

    def test_counters_are_added_and_never_replaced(self, store: Store, metrics: Metrics) -> None:
        [post] = published(store)
        for likes in (1, 7):
            read = Snapshot(post.id, NOW + likes * MINUTE, Counters(impressions=0, likes=likes))
            metrics.record([read], {post.id: LATER}, [], NOW)
        assert [snapshot.counters.likes for snapshot in metrics.snapshots()] == [1, 7]
        last = metrics.snapshots([post.id])[-1]
        assert (last.counters.impressions, last.counters.replies) == (0, None)
        assert metrics.snapshots([post.id + 1]) == []

    def test_the_next_read_is_the_accounts_first(self, store: Store, metrics: Metrics) -> None:
        [post] = published(store)
        assert metrics.next_reads() == {"mj": NOW + FIRST_READ_AGE}
        metrics.record([], {post.id: LATER}, [], NOW)
        assert metrics.next_reads() == {"mj": LATER}
        assert metrics.publications(account="mj", read_by=LATER - MINUTE) == []
        assert len(metrics.publications(account="mj", read_by=LATER)) == 1

    def test_publications_are_found_by_the_platforms_ids(
        self, store: Store, metrics: Metrics
    ) -> None:
        [post] = published(store)
        assert metrics.publications(account="mj", remote_ids={post.remote_id, "999"}) == [post]
        assert metrics.publications(account="athena", remote_ids={post.remote_id}) == []
        assert metrics.publications(remote_ids={"999"}) == metrics.publications(remote_ids=()) == []

    def test_counters_read_once_are_known(self, store: Store, metrics: Metrics) -> None:
        [post] = published(store)
        assert metrics.known([post.id]) == {}
        metrics.record([Snapshot(post.id, NOW, Counters())], {}, [], NOW)
        assert metrics.known([post.id, post.id + 1]).keys() == {post.id}
        assert metrics.known([]) == {}

    def test_a_publication_that_is_gone_is_kept_and_not_read_again(
        self, store: Store, metrics: Metrics
    ) -> None:
        [post] = published(store)
        metrics.record([], {}, [post.id], NOW)
        metrics.record([], {}, [post.id], LATER)
        [gone] = metrics.publications()
        assert (gone.gone, gone.next_read) == (NOW, None)
        assert metrics.next_reads() == {}
        assert metrics.publications(read_by=LATER) == []

    def test_all_of_a_reading_is_recorded_or_nothing(self, store: Store, metrics: Metrics) -> None:
        [post] = published(store)
        naive = datetime(2026, 3, 2)  # noqa: DTZ001 - naive on purpose
        with pytest.raises(StatementError):
            metrics.record([Snapshot(post.id, NOW, Counters())], {post.id: naive}, [], NOW)
        assert metrics.snapshots() == []

    def test_publications_still_being_read_are_counted(
        self, store: Store, metrics: Metrics
    ) -> None:
        [post] = published(store)
        assert (metrics.count_watched("mj"), metrics.count_watched("athena")) == (1, 0)
        metrics.record([], {post.id: None}, [], NOW)
        assert metrics.count_watched("mj") == 0

    def test_snapshots_are_read_from_an_instant_on(self, store: Store, metrics: Metrics) -> None:
        [post] = published(store)
        reads = [Snapshot(post.id, at, Counters(likes=1)) for at in (NOW, LATER)]
        metrics.record(reads, {}, [], NOW)
        assert [snapshot.read for snapshot in metrics.snapshots([post.id], since=LATER)] == [LATER]

    # --- polls ---

    def test_a_publication_has_its_poll(self, store: Store) -> None:
        publish_post(store, "hart")
        polled(store)
        assert {post.poll for post in Metrics(store.database).publications()} == {None, POLL}

    def test_the_last_known_votes_of_each_option_are_kept(self, store: Store) -> None:
        metrics, post = Metrics(store.database), polled(store)
        assert metrics.votes(EVERYTHING) == {}
        votes = PollVotes((1, 2, 0), NOW, closed=False)
        metrics.record([Snapshot(post.id, NOW, Counters())], {}, [], NOW, {post.id: votes})
        assert metrics.votes(EVERYTHING) == {post.id: votes}
        votes = PollVotes((4, None, 3), LATER, closed=True)
        metrics.record([Snapshot(post.id, LATER, Counters())], {}, [], LATER, {post.id: votes})
        partly = PollVotes((4, 2, 3), LATER, closed=False)
        assert metrics.votes(EVERYTHING) == {post.id: partly}, "one is not of the poll's end"
        votes = PollVotes((4, 6, 3), LATER, closed=True)
        metrics.record([], {}, [], LATER, {post.id: votes})
        assert metrics.votes(EVERYTHING) == {post.id: votes}
        assert metrics.votes(PublicationFilter(campaign="another")) == {}

    def test_votes_that_were_read_earlier_do_not_replace_later_ones(self, store: Store) -> None:
        metrics, post = Metrics(store.database), polled(store)
        last = PollVotes((5, 6, 7), LATER, closed=True)
        for votes in (last, PollVotes((1, 1, 1), NOW, closed=False)):
            metrics.record([], {}, [], NOW, {post.id: votes})
        assert metrics.votes(EVERYTHING) == {post.id: last}

    def test_votes_that_nobody_knows_are_no_data(self, store: Store) -> None:
        metrics, post = Metrics(store.database), polled(store)
        nothing = PollVotes((None, None, None), NOW, closed=False)
        metrics.record([], {}, [], NOW, {post.id: nothing})
        assert metrics.votes(EVERYTHING) == {}
        metrics.record([], {}, [], NOW, {post.id: PollVotes((None, 0), NOW, closed=False)})
        assert metrics.votes(EVERYTHING)[post.id].counts == (None, 0)

    def test_votes_are_recorded_with_the_counters_or_not_at_all(self, store: Store) -> None:
        metrics, post = Metrics(store.database), polled(store)
        votes = PollVotes((1, 2, 3), datetime(2026, 3, 2), closed=False)  # noqa: DTZ001 - naive
        with pytest.raises(StatementError):
            metrics.record([Snapshot(post.id, NOW, Counters())], {}, [], NOW, {post.id: votes})
        assert metrics.snapshots() == []

    # --- for reports ---

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
            publication: Snapshot.summed(snapshots) for publication, snapshots in histories.items()
        }
        metrics = Metrics(store.database)
        assert metrics.latest(EVERYTHING) == latest
        moments = [NOW + minute * MINUTE for minute in minutes]
        assert metrics.known_at(EVERYTHING, moments) == {
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
        known = Snapshot(publication, NOW + 2 * MINUTE, counters, ("likes",))
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
            assert metrics.known_at(which, [moment])[moment].keys() == ids

    def test_a_publication_comes_with_its_own_part(self, store: Store) -> None:
        publish_post(store, "hart")
        [(publication, part)] = Metrics(store.database).published(EVERYTHING)
        assert (publication.text, part.text) == ("hart", "hart")


def published(store: Store, *parts: str) -> list[Publication]:
    """Send the first part of a post, and return its publication."""
    delivery = store.add(content=text_content(*(parts or ["Take HART off AWS."])))
    store.close(store.must_claim(delivery), TO_NEXT_PART if parts else TO_PUBLISHED)
    return Metrics(store.database).publications(account="mj")


POLL = Poll(("Yes", "No", "Not yet"), 60)


def polled(store: Store) -> Publication:
    """Send a post with a poll, and return its publication."""
    delivery = store.add("asked", content=Content((Part("Well?", poll=POLL),)))
    store.close(store.must_claim(delivery), TO_PUBLISHED)
    return Metrics(store.database).publications(account="mj")[-1]


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


def known_then(histories: Mapping[int, list[Snapshot]], moment: datetime) -> dict[int, Snapshot]:
    """Return the known counters of publications that were read since, from all snapshots."""
    known = {}
    for publication, history in histories.items():
        then = Snapshot.summed(snapshot for snapshot in history if snapshot.read <= moment)
        if then and history[-1].read > moment:
            public = [getattr(then.counters, name) for name in PUBLIC_COUNTERS]
            known[publication] = Snapshot(publication, then.read, Counters(*public))
    return known
