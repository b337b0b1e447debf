"""What is out, its counters and what it cost, on SQLite and on PostgreSQL."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from threading import Barrier

import pytest
from sqlalchemy.exc import IntegrityError, StatementError
from store_support import (
    GONE_OUT,
    LATER,
    MINUTE,
    NOW,
    OUT,
    PART_OUT,
    OnPostgreSQL,
    OnSQLite,
    Store,
    said,
)

from bot.model import Counters, Media, Publication, Snapshot, Spending
from bot.store.ledger import Ledger
from bot.store.metrics import Metrics

PICTURE = Media(Path("hart.png"), "A camera", "ab" * 32, "image/png", 10)


def billed(ledger: Ledger, account: str, day: str, resources: list[str]) -> list[str]:
    with ledger.booking() as booking:
        new = booking.newly_billed(account, [(day, one) for one in resources])
        return sorted(one for _, one in new)


class MetricsContract:
    def test_a_part_that_is_out_is_listed_with_its_own_words(self, store: Store) -> None:
        [one] = published(store, "first part", "second part")
        assert (one.part, one.text, one.remote_id) == (0, "first part", "101")
        assert (one.url, one.published, one.next_read) == (OUT.url, NOW, NOW)
        assert (one.campaign, one.post, one.demand) == ("people", "hart", "take-hart-off-aws")

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
        [one] = published(store)
        for likes in (1, 7):
            read = Snapshot(one.id, NOW + likes * MINUTE, Counters(impressions=0, likes=likes))
            metrics.record([read], {one.id: LATER}, [], NOW)
        assert [found.counters.likes for found in metrics.snapshots()] == [1, 7]
        last = metrics.snapshots([one.id])[-1]
        assert (last.counters.impressions, last.counters.replies) == (0, None)
        assert metrics.snapshots([one.id + 1]) == []

    def test_the_next_read_is_the_accounts_first(self, store: Store) -> None:
        metrics = Metrics(store.database)
        [one] = published(store)
        assert metrics.next_read("mj") == NOW
        metrics.record([], {one.id: LATER}, [], NOW)
        assert metrics.next_read("mj") == LATER
        assert metrics.next_read("athena") is None
        assert metrics.publications(account="mj", read_by=LATER - MINUTE) == []
        assert len(metrics.publications(account="mj", read_by=LATER)) == 1

    def test_what_is_out_is_found_by_its_ids_on_the_platform(self, store: Store) -> None:
        metrics = Metrics(store.database)
        [one] = published(store)
        assert metrics.publications(account="mj", remote_ids={one.remote_id, "999"}) == [one]
        assert metrics.publications(account="athena", remote_ids={one.remote_id}) == []
        assert metrics.publications(remote_ids={"999"}) == metrics.publications(remote_ids=()) == []

    def test_what_was_read_once_is_known(self, store: Store) -> None:
        metrics = Metrics(store.database)
        [one] = published(store)
        assert metrics.known([one.id]) == frozenset()
        metrics.record([Snapshot(one.id, NOW, Counters())], {}, [], NOW)
        assert metrics.known([one.id, one.id + 1]) == {one.id}
        assert metrics.known([]) == frozenset()

    def test_what_is_gone_is_kept_and_not_read_again(self, store: Store) -> None:
        metrics = Metrics(store.database)
        [one] = published(store)
        metrics.record([], {}, [one.id], NOW)
        metrics.record([], {}, [one.id], LATER)
        [found] = metrics.publications()
        assert (found.gone, found.next_read) == (NOW, None)
        assert metrics.next_read("mj") is None
        assert metrics.publications(read_by=LATER) == []

    def test_all_of_a_reading_is_recorded_or_nothing(self, store: Store) -> None:
        metrics = Metrics(store.database)
        [one] = published(store)
        naive = datetime(2026, 3, 2)  # noqa: DTZ001 - naive on purpose
        with pytest.raises(StatementError):
            metrics.record([Snapshot(one.id, NOW, Counters())], {one.id: naive}, [], NOW)
        assert metrics.snapshots() == []

    def test_money_is_kept_exactly(self, store: Store) -> None:
        ledger = Ledger(store.database)
        costs = [Decimal("0.015"), Decimal("0.2"), Decimal("0.001"), Decimal("0.000001")]
        ledger.book(Spending(NOW, "mj", "people", "post", 1, cost) for cost in costs)
        ledger.book([Spending(LATER, "mj", None, "owned_read", 3, Decimal("0.003"))])
        assert [one.dollars for one in ledger.spending()][:4] == costs
        assert sum(one.dollars for one in ledger.spending()) == Decimal("0.219001")
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
        one = store.add("soon", content=said("soon"), due=NOW)
        store.add("later", content=said("later"), due=LATER)
        published(store, "first part", "second part")
        found = {(due, digest, parts) for due, digest, parts, _ in ledger.to_publish("mj", LATER)}
        assert (NOW, one.content.digest, 0) in found
        assert said("later").digest not in {digest for _, digest, _ in found}

    def test_what_was_told_is_told_the_first_time_only(self, store: Store) -> None:
        ledger = Ledger(store.database)
        assert [ledger.first_time(key) for key in ("a", "a", "b")] == [True, False, True]

    def test_what_is_still_being_read_is_counted(self, store: Store) -> None:
        metrics = Metrics(store.database)
        [one] = published(store)
        assert (metrics.watched("mj"), metrics.watched("athena")) == (1, 0)
        metrics.record([], {one.id: None}, [], NOW)
        assert metrics.watched("mj") == 0

    def test_snapshots_are_given_from_an_instant_on(self, store: Store) -> None:
        metrics = Metrics(store.database)
        [one] = published(store)
        reads = [Snapshot(one.id, at, Counters(likes=1)) for at in (NOW, LATER)]
        metrics.record(reads, {}, [], NOW)
        assert [found.read for found in metrics.snapshots([one.id], since=LATER)] == [LATER]

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
            told = [one for new in pool.map(read, range(4)) for one in new]
        assert sorted(told) == sorted(ids)

    def test_an_upload_is_used_again_while_the_platform_keeps_it(self, store: Store) -> None:
        ledger = Ledger(store.database)
        assert ledger.upload("mj", PICTURE, NOW) is None
        ledger.uploaded("mj", PICTURE, "7", NOW + timedelta(hours=24))
        assert ledger.upload("mj", PICTURE, NOW) == "7"
        assert ledger.upload("mj", PICTURE, NOW + timedelta(hours=24)) is None
        assert ledger.upload("athena", PICTURE, NOW) is None
        other_words = Media(PICTURE.path, "Other words", PICTURE.sha256, "image/png", 10)
        assert ledger.upload("mj", other_words, NOW) is None
        ledger.uploaded("mj", PICTURE, "8", NOW + timedelta(hours=48))
        assert ledger.upload("mj", PICTURE, NOW) == "8"


def published(store: Store, *parts: str) -> list[Publication]:
    """Send the first part of a post, and give what is out then."""
    delivery = store.add(content=said(*(parts or ["Take HART off AWS."])))
    store.close(store.claimed(delivery), PART_OUT if parts else GONE_OUT)
    return Metrics(store.database).publications(account="mj")


class TestOnSQLite(OnSQLite, MetricsContract):
    pass


class TestOnPostgreSQL(OnPostgreSQL, MetricsContract):
    pass
