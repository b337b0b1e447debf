"""What is out, its counters and what it cost, on SQLite and on PostgreSQL."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from threading import Barrier

import pytest
from helpers.store import (
    LATER,
    MINUTE,
    NOW,
    PUBLISHED_POST,
    TO_NEXT_PART,
    TO_PUBLISHED,
    OnPostgreSQL,
    OnSQLite,
    Store,
    text_content,
)
from sqlalchemy.exc import IntegrityError, StatementError

from bot.model import Counters, Media, Publication, Snapshot, Spending
from bot.store.ledger import Ledger
from bot.store.metrics import Metrics

PICTURE = Media(Path("hart.png"), "A camera", "ab" * 32, "image/png", 10)


def billed(ledger: Ledger, account: str, day: str, resources: list[str]) -> list[str]:
    with ledger.booking() as booking:
        new = booking.newly_billed(account, [(day, resource) for resource in resources])
        return sorted(resource for _, resource in new)


class MetricsContract:
    def test_a_part_that_is_out_is_listed_with_its_own_words(self, store: Store) -> None:
        [post] = published(store, "first part", "second part")
        assert (post.part, post.text, post.remote_id) == (
            0,
            "first part",
            "101",
        )
        assert (post.url, post.published, post.next_read) == (
            PUBLISHED_POST.url,
            NOW,
            NOW,
        )
        assert (post.campaign, post.post, post.demand) == (
            "people",
            "hart",
            "take-hart-off-aws",
        )

    def test_a_part_is_out_once(self, store: Store) -> None:
        published(store, "first part", "second part")
        query = (
            "INSERT INTO publications (delivery, part, account, remote_id, url, published) "
            "SELECT delivery, part, account, '999', url, published FROM publications"
        )
        with pytest.raises(IntegrityError), store.database.writing() as connection:
            connection.exec_driver_sql(query)
        assert len(Metrics(store.database).publications()) == 1

    def test_counters_are_added_and_never_replaced(self, store: Store) -> None:
        metrics = Metrics(store.database)
        [post] = published(store)
        for likes in (1, 7):
            read = Snapshot(post.id, NOW + likes * MINUTE, Counters(impressions=0, likes=likes))
            metrics.record([read], {post.id: LATER}, [], NOW)
        assert [snapshot.counters.likes for snapshot in metrics.snapshots()] == [1, 7]
        last = metrics.snapshots([post.id])[-1]
        assert (last.counters.impressions, last.counters.replies) == (0, None)
        assert metrics.snapshots([post.id + 1]) == []

    def test_the_next_read_is_the_accounts_first(self, store: Store) -> None:
        metrics = Metrics(store.database)
        [post] = published(store)
        assert metrics.next_reads() == {"mj": NOW}
        metrics.record([], {post.id: LATER}, [], NOW)
        assert metrics.next_reads() == {"mj": LATER}
        assert metrics.publications(account="mj", read_by=LATER - MINUTE) == []
        assert len(metrics.publications(account="mj", read_by=LATER)) == 1

    def test_what_is_out_is_found_by_its_ids_on_the_platform(self, store: Store) -> None:
        metrics = Metrics(store.database)
        [post] = published(store)
        assert metrics.publications(account="mj", remote_ids={post.remote_id, "999"}) == [post]
        assert metrics.publications(account="athena", remote_ids={post.remote_id}) == []
        assert metrics.publications(remote_ids={"999"}) == metrics.publications(remote_ids=()) == []

    def test_what_was_read_once_is_known(self, store: Store) -> None:
        metrics = Metrics(store.database)
        [post] = published(store)
        assert metrics.already_read([post.id]) == frozenset()
        metrics.record([Snapshot(post.id, NOW, Counters())], {}, [], NOW)
        assert metrics.already_read([post.id, post.id + 1]) == {post.id}
        assert metrics.already_read([]) == frozenset()

    def test_what_is_gone_is_kept_and_not_read_again(self, store: Store) -> None:
        metrics = Metrics(store.database)
        [post] = published(store)
        metrics.record([], {}, [post.id], NOW)
        metrics.record([], {}, [post.id], LATER)
        [gone] = metrics.publications()
        assert (gone.gone, gone.next_read) == (NOW, None)
        assert metrics.next_reads() == {}
        assert metrics.publications(read_by=LATER) == []

    def test_all_of_a_reading_is_recorded_or_nothing(self, store: Store) -> None:
        metrics = Metrics(store.database)
        [post] = published(store)
        naive = datetime(2026, 3, 2)  # noqa: DTZ001 - naive on purpose
        with pytest.raises(StatementError):
            metrics.record([Snapshot(post.id, NOW, Counters())], {post.id: naive}, [], NOW)
        assert metrics.snapshots() == []

    def test_money_is_kept_exactly(self, store: Store) -> None:
        ledger = Ledger(store.database)
        costs = [Decimal("0.015"), Decimal("0.2"), Decimal("0.001"), Decimal("0.000001")]
        ledger.book(Spending(NOW, "mj", "people", "post", 1, cost) for cost in costs)
        ledger.book([Spending(LATER, "mj", None, "owned_read", 3, Decimal("0.003"))])
        assert [entry.dollars for entry in ledger.spending()][:4] == costs
        assert sum(entry.dollars for entry in ledger.spending()) == Decimal("0.219001")
        [read] = ledger.spending(since=LATER)
        assert (read.campaign, read.quantity) == (None, 3)

    def test_what_an_account_cost_in_a_span_is_summed_exactly(self, store: Store) -> None:
        ledger = Ledger(store.database)
        assert ledger.spent("mj", NOW, LATER) == 0
        for account, at in (("mj", NOW), ("mj", LATER - MINUTE), ("mj", LATER), ("athena", NOW)):
            ledger.book([Spending(at, account, None, "post", 1, Decimal("0.015"))])
        assert ledger.spent("mj", NOW, LATER) == Decimal("0.030")

    def test_what_is_to_be_paid_is_what_is_still_to_go_out(self, store: Store) -> None:
        ledger = Ledger(store.database)
        soon = store.add("soon", content=text_content("soon"), due=NOW)
        store.add("later", content=text_content("later"), due=LATER)
        published(store, "first part", "second part")
        unpublished = ledger.unpublished("mj", LATER)
        assert (NOW, soon.content.digest, 0) in {each[:3] for each in unpublished}
        assert text_content("later").digest not in {digest for _, digest, *_ in unpublished}

    def test_the_first_time_is_once(self, store: Store) -> None:
        ledger = Ledger(store.database)
        assert [ledger.first_time(key) for key in ("a", "a", "b")] == [True, False, True]

    def test_what_is_still_being_read_is_counted(self, store: Store) -> None:
        metrics = Metrics(store.database)
        [post] = published(store)
        assert (metrics.count_watched("mj"), metrics.count_watched("athena")) == (1, 0)
        metrics.record([], {post.id: None}, [], NOW)
        assert metrics.count_watched("mj") == 0

    def test_snapshots_are_given_from_an_instant_on(self, store: Store) -> None:
        metrics = Metrics(store.database)
        [post] = published(store)
        reads = [Snapshot(post.id, at, Counters(likes=1)) for at in (NOW, LATER)]
        metrics.record(reads, {}, [], NOW)
        assert [snapshot.read for snapshot in metrics.snapshots([post.id], since=LATER)] == [LATER]

    def test_a_resource_is_billed_once_a_day(self, store: Store) -> None:
        ledger = Ledger(store.database)
        assert billed(ledger, "mj", "2026-03-02", ["1", "2", "1"]) == ["1", "2"]
        assert billed(ledger, "mj", "2026-03-02", ["3", "2"]) == ["3"]
        assert billed(ledger, "mj", "2026-03-02", []) == []
        assert billed(ledger, "mj", "2026-03-03", ["2"]) == ["2"]
        assert billed(ledger, "athena", "2026-03-02", ["2"]) == ["2"]

    def test_what_could_not_be_booked_counts_as_billed_for_nobody(self, store: Store) -> None:
        ledger = Ledger(store.database)
        unknown = Spending(NOW, "mj", None, "post", 1, None)  # type: ignore[arg-type]
        with pytest.raises(StatementError), ledger.booking() as booking:
            booking.add([unknown] * len(booking.newly_billed("mj", [("2026-03-02", "1")])))
        assert billed(ledger, "mj", "2026-03-02", ["1"]) == ["1"]

    def test_two_that_read_at_once_bill_it_once(self, store: Store) -> None:
        ledger, ids, barrier = Ledger(store.database), [str(n) for n in range(300)], Barrier(4)

        def read(_: int) -> list[str]:
            barrier.wait(20)
            return billed(ledger, "mj", "2026-03-02", ids)

        with ThreadPoolExecutor(4) as pool:
            new = [resource for resources in pool.map(read, range(4)) for resource in resources]
        assert sorted(new) == sorted(ids)

    def test_an_upload_is_used_again_while_the_platform_keeps_it(self, store: Store) -> None:
        ledger = Ledger(store.database)
        assert ledger.find_upload("mj", PICTURE, NOW) is None
        ledger.record_upload("mj", PICTURE, "7", NOW + timedelta(hours=24))
        assert ledger.find_upload("mj", PICTURE, NOW) == "7"
        assert ledger.find_upload("mj", PICTURE, NOW + timedelta(hours=24)) is None
        assert ledger.find_upload("athena", PICTURE, NOW) is None
        other_words = Media(PICTURE.path, "Other words", PICTURE.sha256, "image/png", 10)
        assert ledger.find_upload("mj", other_words, NOW) is None
        ledger.record_upload("mj", PICTURE, "8", NOW + timedelta(hours=48))
        assert ledger.find_upload("mj", PICTURE, NOW) == "8"


def published(store: Store, *parts: str) -> list[Publication]:
    """Send the first part of a post, and return what is out then."""
    delivery = store.add(content=text_content(*(parts or ["Take HART off AWS."])))
    store.close(store.must_claim(delivery), TO_NEXT_PART if parts else TO_PUBLISHED)
    return Metrics(store.database).publications(account="mj")


class TestOnSQLite(OnSQLite, MetricsContract):
    pass


class TestOnPostgreSQL(OnPostgreSQL, MetricsContract):
    pass
