"""What holds a delivery back is asked in the claim itself, on SQLite and on PostgreSQL."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import insert, text
from sqlalchemy.exc import OperationalError
from store_support import (
    GONE_OUT,
    MINUTE,
    NOW,
    PART_OUT,
    UNSURE,
    OnPostgreSQL,
    OnSQLite,
    Store,
    occurrence,
    plain_account,
    said,
)

from bot.model import Delivery, Published, Settlement, State
from bot.store import tables as t
from bot.store.approvals import Approvals
from bot.store.audit import record
from bot.store.queue import Entry

HOUR = timedelta(hours=1)
MIDNIGHT = NOW - 7 * HOUR
CAPPED = plain_account("mj", daily_cap=2)


def send(store: Store, post: str, settlement: Settlement, outcome: str) -> Delivery:
    """Send one that says something of its own, and let this become of it."""
    delivery = store.add(post, content=said(f"About {post}."))
    published = settlement.published and replace(settlement.published, remote_id=post)
    store.close(store.claimed(delivery), replace(settlement, published=published), outcome)
    return store.now(delivery)


def approve(store: Store, delivery: Delivery, *names: str) -> None:
    for name in names:
        store_of = Approvals(store.database)
        store_of.approve(delivery.subject, delivery.approval_digest, name, NOW)


class HeldContract:
    @pytest.mark.parametrize(
        ("fields", "goes"),
        [
            ({"embargo": NOW}, True),
            ({"embargo": NOW + MINUTE}, False),
            ({"stale_from": NOW + MINUTE}, True),
            ({"stale_from": NOW}, False),
        ],
    )
    def test_embargo_and_review_hold(
        self, store: Store, fields: dict[str, Any], goes: bool
    ) -> None:
        assert (store.claim(store.add(**fields)) is not None) is goes

    def test_an_accounts_floor_holds_whatever_the_plan_says(self, store: Store) -> None:
        delivery = store.add()
        floor = plain_account("mj", require_approval=1)
        assert store.claim(delivery, account=floor) is None
        approvals = Approvals(store.database, {"mj": floor})
        approvals.approve(delivery.subject, delivery.approval_digest, "Ana", NOW)
        assert store.claim(delivery, account=floor) is not None

    def test_quiet_hours_hold(self, store: Store) -> None:
        delivery = store.add(due=NOW - MINUTE)
        quiet = plain_account("mj", quiet=(NOW.time(), (NOW + HOUR).time()))
        assert store.claim(delivery, account=quiet) is None
        assert store.claim(delivery) is not None

    @pytest.mark.parametrize(
        ("changed", "goes"),
        [
            ({"embargo": NOW}, True),
            ({"embargo": NOW + MINUTE}, False),
            ({"stale_from": NOW + HOUR}, True),
            ({"stale_from": NOW}, False),
            ({"approvals": 1}, False),
        ],
    )
    def test_what_was_changed_since_it_was_read_is_decided_anew(
        self, store: Store, changed: dict[str, Any], *, goes: bool
    ) -> None:
        old = store.add()
        edited = Entry(occurrence(**changed), State.SCHEDULED, "", old)
        store.queue.apply([edited], [], NOW)
        assert (store.claim(old) is not None) is goes

    # --- approvals ---

    @pytest.mark.parametrize(
        ("needed", "names", "goes"),
        [
            (1, (), False),
            (1, ("Ana",), True),
            (1, ("Bo",), True),
            (2, ("Bo",), False),
            (2, ("Bo", "Cleo"), True),
        ],
    )
    def test_so_many_people_must_have_approved(
        self, store: Store, needed: int, names: tuple[str, ...], goes: bool
    ) -> None:
        delivery = store.add(approvals=needed, author="Ana")
        approve(store, delivery, *names)
        assert (store.claim(delivery) is not None) is goes

    @pytest.mark.parametrize("other", ["ana", "Bo ", "bo"])
    def test_neither_the_author_nor_one_person_under_two_spellings_makes_two(
        self, store: Store, other: str
    ) -> None:
        delivery = store.add(approvals=2, author="Ana")
        approve(store, delivery, "Bo")
        values = {**delivery.subject._asdict(), "digest": delivery.approval_digest, "at": NOW}
        with store.database.writing() as connection:  # past the review, but in the log
            content = delivery.content.to_json()
            said = {"digest": delivery.approval_digest, "frequency": "once"}
            entry = record(connection, other, "approve", str(delivery.subject), said, NOW)
            row = {**values, "content": content, "who": other, "entry": entry}
            connection.execute(insert(t.approvals).values(row))
        assert len(Approvals(store.database).all()) == 2
        assert store.claim(delivery) is None

    def test_approval_of_other_words_or_of_another_account_is_none(self, store: Store) -> None:
        delivery = store.add(approvals=1)
        approve(store, delivery, "Bo")
        store.queue.apply(
            [
                Entry(
                    occurrence(approvals=1, content=said("Else.")), State.SCHEDULED, "", delivery
                ),
            ],
            [],
            NOW,
        )
        assert store.claim(store.now(delivery)) is None
        assert store.claim(store.add(account="athena", approvals=1)) is None

    # --- the daily cap ---

    @pytest.mark.parametrize(
        ("settlement", "outcome", "counts"),
        [
            (GONE_OUT, "published", True),
            (UNSURE, "unknown", True),
            (Settlement(State.NEEDS_HUMAN, reason="who knows"), "duplicate", True),
            (Settlement(State.REJECTED, reason="no"), "rejected", False),
            (Settlement(State.SCHEDULED, NOW + HOUR, "later", tried=True), "unsent", False),
        ],
    )
    def test_what_is_out_or_may_be_counts(
        self, store: Store, settlement: Settlement, outcome: str, counts: bool
    ) -> None:
        for post in ("a", "b"):
            send(store, post, settlement, outcome)
        assert store.out_since("mj", MIDNIGHT) == 2 * counts
        assert (store.claim(store.add(), account=CAPPED) is None) is counts

    def test_what_proved_absent_or_is_of_yesterday_or_elsewhere_counts_no_more(
        self, store: Store
    ) -> None:
        absent = send(store, "a", UNSURE, "unknown")
        gone = Settlement(State.MISSED, reason="it is not there")
        assert store.sending.resolve(absent, gone, NOW)
        send(store, "b", GONE_OUT, "published")
        assert store.out_since("mj", MIDNIGHT) == 1
        assert store.out_since("mj", NOW + MINUTE) == 0
        assert store.out_since("athena", MIDNIGHT) == 0
        assert store.claim(store.add(), account=CAPPED) is not None

    def test_a_thread_counts_once_and_goes_on(self, store: Store) -> None:
        send(store, "first", GONE_OUT, "published")
        thread = store.add("thread", content=said("one", "two", "three"))
        for number in range(2):
            found = store.claim(store.now(thread), account=CAPPED)
            assert found is not None
            out = replace(PART_OUT, published=Published(f"t{number}", "", NOW))
            store.close(found, out)
        assert store.out_since("mj", MIDNIGHT) == 2
        assert store.claim(store.add(), account=CAPPED) is None
        assert store.claim(store.now(thread), account=CAPPED) is not None

    def test_what_was_found_on_the_timeline_counts(self, store: Store) -> None:
        delivery = store.add("found", content=said("Found."))
        settled = Settlement(State.PUBLISHED, published=Published("1", "", NOW))
        assert store.sending.give_up(delivery, settled, NOW)  # without an attempt of ours
        assert store.out_since("mj", MIDNIGHT) == 1

    def test_of_six_workers_no_more_send_than_the_cap_allows(self, store: Store) -> None:
        deliveries = [store.add(f"p{n}", content=said(f"{n}")) for n in range(6)]
        barrier = Barrier(6)

        def race(number: int) -> bool:
            barrier.wait(20)
            worker = f"here/{number}/racer"
            one = plain_account("mj", daily_cap=1)
            won = store.claim(deliveries[number], account=one, owner=worker)
            if won:
                out = Settlement(State.PUBLISHED, published=Published(f"{number}", "", NOW))
                store.close(won, out)
            return won is not None

        with ThreadPoolExecutor(6) as pool:
            assert sum(pool.map(race, range(6))) == 1


class TestOnSQLite(OnSQLite, HeldContract):
    pass


class TestOnPostgreSQL(OnPostgreSQL, HeldContract):
    def test_an_approval_that_a_claim_stands_on_cannot_be_taken_back_meanwhile(
        self, store: Store
    ) -> None:
        delivery = store.add(approvals=1)
        approve(store, delivery, "Bo")
        with store.database.writing() as claiming:
            lacking = Approvals(store.database).lacking(claiming, [delivery], lock=True)
            assert lacking == {}
            with store.database.engine.connect() as other:
                other.execute(text("SET lock_timeout = '200ms'"))
                with pytest.raises(OperationalError):
                    other.execute(text("DELETE FROM approvals"))
