"""The account's order and gap hold in the claim itself, on SQLite and on PostgreSQL."""

from __future__ import annotations

import time
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from helpers.store import (
    MINUTE,
    NOW,
    ON_POSTGRESQL,
    TO_NEXT_PART,
    TO_PUBLISHED,
    TO_UNKNOWN,
    Store,
    account_without_gap,
    at_once,
    book,
    text_content,
)
from sqlalchemy import text

from bot.database import opening
from bot.errors import StoreError
from bot.model import Delivery, Spending, State, Transition
from bot.store.claims import ClaimTransaction
from bot.store.ledger import Ledger

if TYPE_CHECKING:
    from bot.store.sends import Claim

SECOND = timedelta(seconds=1)


def add(store: Store, post: str, account: str = "mj") -> Delivery:
    """Queue a post with words of its own."""
    return store.add(post, account=account, content=text_content(f"About {post}."))


def claim(
    store: Store, delivery: Delivery, *, now: object = NOW, gap: timedelta = MINUTE
) -> Claim | None:
    assert isinstance(now, type(NOW))
    current = store.now(delivery)
    return store.claim(current, now, account=account_without_gap(current.account, gap=gap))


class TestSpacing:
    def test_while_the_account_is_sending_no_other_post_is_claimed(self, store: Store) -> None:
        first, second = add(store, "first"), add(store, "second")
        elsewhere = add(store, "third", account="athena")
        store.must_claim(first)
        assert claim(store, second, gap=timedelta(0)) is None
        assert claim(store, elsewhere) is not None

    def test_it_is_free_again_as_soon_as_the_answer_is_there(self, store: Store) -> None:
        first, second = add(store, "first"), add(store, "second")
        store.close(store.must_claim(first), TO_PUBLISHED)
        assert claim(store, second, gap=timedelta(0)) is not None

    @pytest.mark.parametrize(
        ("transition", "outcome"),
        [(TO_PUBLISHED, "published"), (TO_UNKNOWN, "unknown"), (TO_UNKNOWN, "duplicate")],
    )
    def test_the_gap_is_kept_to_the_second(
        self, store: Store, transition: Transition, outcome: str
    ) -> None:
        first, second = add(store, "first"), add(store, "second")
        store.close(store.must_claim(first), transition, outcome)
        assert claim(store, second, now=NOW + MINUTE - SECOND) is None
        assert claim(store, second, now=NOW + MINUTE) is not None

    @pytest.mark.parametrize("outcome", ["unsent", "rejected", "rate_limited"])
    def test_a_post_that_nobody_can_see_makes_nobody_wait(self, store: Store, outcome: str) -> None:
        first, second = add(store, "first"), add(store, "second")
        store.close(store.must_claim(first), Transition(State.REJECTED, reason="no"), outcome)
        assert claim(store, second, now=NOW + SECOND) is not None

    @pytest.mark.parametrize(("most", "goes"), [("0.014999", False), ("0.015", True)])
    def test_a_post_beyond_the_budget_is_not_claimed(
        self, store: Store, most: str, *, goes: bool
    ) -> None:
        book(Ledger(store.database), [Spending(NOW, "mj", None, "post", 1, Decimal("0.015"))])
        claim = store.claim(add(store, "first"), budget=Decimal(most))
        assert (claim is not None) is goes

    def test_the_parts_of_a_thread_do_not_wait_for_each_other(self, store: Store) -> None:
        thread = store.add(content=text_content("one", "two"))
        store.close(store.must_claim(thread), TO_NEXT_PART)
        assert claim(store, thread, now=NOW + SECOND) is not None

    def test_of_eight_workers_on_one_account_one_sends_one(self, store: Store) -> None:
        deliveries = [add(store, f"post {number}") for number in range(8)]

        def race(worker: int) -> bool:
            account = account_without_gap("mj", gap=MINUTE)
            won = store.claim(deliveries[worker], account=account, owner=f"here/{worker}/racer")
            return won is not None

        assert sum(at_once(8, race)) == 1
        assert store.scalar("SELECT count(*) FROM attempts") == 1


@ON_POSTGRESQL
class TestPostgreSQL:
    def test_a_claim_that_another_has_begun_keeps_the_account(self, store: Store) -> None:
        delivery = add(store, "first")
        elsewhere = store.add("second", account="athena", platform="mastodon")
        with store.database.writing() as other:
            assert ClaimTransaction(other, "b", voices_filled=True).claimable(["mj"], NOW, 1)
            assert store.claim(delivery) is None
            assert store.claim(elsewhere) is not None
        assert store.claim(delivery) is not None

    @pytest.mark.parametrize("words", ["Take HART off AWS.", "Take HART off Azure, and now."])
    def test_a_claim_that_another_has_begun_keeps_its_words(self, store: Store, words: str) -> None:
        store.add("first", content=text_content("Take HART off AWS, and now."))
        same = store.add("first", account="athena", content=text_content(words))
        with store.database.writing() as other:
            assert ClaimTransaction(other, "b", voices_filled=True).claimable(["mj"], NOW, None)
            assert store.claim(same) is None
        assert store.claim(same) is not None  # the other one has sent nothing

    def test_a_lease_ends_by_the_databases_clock(self, store: Store) -> None:
        delivery = store.add()
        store.must_claim(delivery)  # by a worker whose clock is far off
        left = "SELECT extract(epoch FROM lease_until - clock_timestamp()) FROM deliveries"
        assert 50 < store.scalar(left) <= 60
        with store.database.writing() as connection:
            connection.execute(text("UPDATE deliveries SET lease_until = clock_timestamp()"))
        [(orphan, _)] = store.unsettled.orphans(NOW, sole=False)
        assert orphan.id == delivery.id

    def test_a_worker_that_is_stopped_in_its_claim_loses_it(
        self, store: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        delivery = add(store, "first")
        monkeypatch.setattr(opening, "IDLE_SECONDS", 1)
        stopped = Store(store.url, owner="here/2/stopped")
        with pytest.raises(StoreError, match="idle-in-transaction"):
            _claim_and_wait(stopped, delivery, 1.5)
        assert store.claim(delivery) is not None
        stopped.database.close()

    def test_a_worker_that_is_stopped_between_two_rows_of_a_statement_loses_them(
        self, store: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """In a pipeline it would count as busy, and keep its locks until it goes on."""
        first, second = add(store, "first"), add(store, "second")
        monkeypatch.setattr(opening, "IDLE_SECONDS", 1)
        stopped = Store(store.url, owner="here/2/stopped")
        rows = [{"id": first.id, "why": "one"}, {"id": second.id, "why": _Standstill("two")}]
        with pytest.raises(StoreError, match="idle-in-transaction"):
            _write_rows(stopped, rows)
        assert store.claim(first) is not None
        stopped.database.close()


class _Standstill(str):
    """A text that stops its worker for a while when the driver sends it."""

    __slots__ = ()


def _write_rows(store: Store, rows: list[dict[str, object]]) -> None:
    from psycopg.types.string import StrDumper

    class StandstillDumper(StrDumper):
        def dump(self, obj: str) -> Any:
            time.sleep(1.5)
            return super().dump(obj)

    with store.database.writing() as connection:
        driver: Any = connection.connection.driver_connection
        driver.adapters.register_dumper(_Standstill, StandstillDumper)
        connection.execute(text("UPDATE deliveries SET reason = :why WHERE id = :id"), rows)


def _claim_and_wait(store: Store, delivery: Delivery, seconds: float) -> None:
    with store.database.writing() as connection:
        assert ClaimTransaction(connection, "b", voices_filled=True).claimable(
            [delivery.account], NOW, None
        )
        time.sleep(seconds)  # as under SIGSTOP, while the server's clock goes on
        connection.execute(text("SELECT 1"))
