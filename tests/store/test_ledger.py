"""The cost of calls, and uploads that can be used again, on SQLite and on PostgreSQL."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from helpers.store import (
    LATER,
    MINUTE,
    NOW,
    TO_NEXT_PART,
    Store,
    at_once,
    book,
    spending,
    text_content,
)
from sqlalchemy.exc import StatementError

from bot.model import Media, Spending
from bot.store.ledger import Ledger, newly_billed
from bot.store.ledger import book as book_within

PICTURE = Media(Path("hart.png"), "A camera", "ab" * 32, "image/png", 10)


def billed(ledger: Ledger, account: str, day: str, resources: list[str]) -> list[str]:
    with ledger.booking() as connection:
        new = newly_billed(connection, account, [(day, resource) for resource in resources])
        return sorted(resource for _, resource in new)


@pytest.fixture
def ledger(store: Store) -> Ledger:
    return Ledger(store.database)


class TestLedger:
    def test_money_is_kept_exactly(self, store: Store, ledger: Ledger) -> None:
        costs = [Decimal("0.015"), Decimal("0.2"), Decimal("0.001"), Decimal("0.000001")]
        book(ledger, [Spending(NOW, "mj", "people", "post", 1, cost) for cost in costs])
        book(ledger, [Spending(LATER, "mj", None, "owned_read", 3, Decimal("0.003"))])
        assert [entry.dollars for entry in spending(store.database)[:4]] == costs
        [posts] = ledger.totals(campaign="people")
        assert (posts.at, posts.quantity, posts.dollars) == (NOW, 4, Decimal("0.216001"))
        [read] = ledger.totals(since=LATER)
        assert (read.campaign, read.quantity, read.dollars) == (None, 3, Decimal("0.003"))

    def test_the_cost_of_an_account_in_a_span_is_exact(self, ledger: Ledger) -> None:
        assert ledger.spent("mj", NOW, LATER) == 0
        for account, at in (("mj", NOW), ("mj", LATER - MINUTE), ("mj", LATER), ("athena", NOW)):
            book(ledger, [Spending(at, account, None, "post", 1, Decimal("0.015"))])
        assert ledger.spent("mj", NOW, LATER) == Decimal("0.030")

    def test_posts_still_to_go_out_are_still_to_be_paid(self, store: Store, ledger: Ledger) -> None:
        soon = store.add("soon", content=text_content("soon"), due=NOW)
        store.add("later", content=text_content("later"), due=LATER)
        thread = store.add(content=text_content("first part", "second part"))
        store.close(store.must_claim(thread), TO_NEXT_PART)
        unpublished = ledger.unpublished("mj", LATER)
        assert (NOW, soon.content.digest, 0) in {entry[:3] for entry in unpublished}
        assert text_content("later").digest not in {digest for _, digest, *_ in unpublished}

    def test_the_first_time_is_once(self, ledger: Ledger) -> None:
        assert [ledger.first_time(key) for key in ("a", "a", "b")] == [True, False, True]

    def test_a_resource_is_billed_once_a_day(self, ledger: Ledger) -> None:
        assert billed(ledger, "mj", "2026-03-02", ["1", "2", "1"]) == ["1", "2"]
        assert billed(ledger, "mj", "2026-03-02", ["3", "2"]) == ["3"]
        assert billed(ledger, "mj", "2026-03-02", []) == []
        assert billed(ledger, "mj", "2026-03-03", ["2"]) == ["2"]
        assert billed(ledger, "athena", "2026-03-02", ["2"]) == ["2"]

    def test_a_failed_booking_counts_as_billed_for_nobody(self, ledger: Ledger) -> None:
        unknown = Spending(NOW, "mj", None, "post", 1, None)  # type: ignore[arg-type]
        with pytest.raises(StatementError), ledger.booking() as connection:
            book_within(
                connection, [unknown] * len(newly_billed(connection, "mj", [("2026-03-02", "1")]))
            )
        assert billed(ledger, "mj", "2026-03-02", ["1"]) == ["1"]

    def test_two_that_read_at_once_bill_it_once(self, store: Store) -> None:
        ledger, ids = Ledger(store.database), [str(n) for n in range(300)]

        def read(_: int) -> list[str]:
            return billed(ledger, "mj", "2026-03-02", ids)

        new = [resource for resources in at_once(4, read) for resource in resources]
        assert sorted(new) == sorted(ids)

    def test_an_upload_is_used_again_while_the_platform_keeps_it(self, ledger: Ledger) -> None:
        assert ledger.find_upload("mj", PICTURE, NOW) is None
        ledger.record_upload("mj", PICTURE, "7", NOW + timedelta(hours=24))
        assert ledger.find_upload("mj", PICTURE, NOW) == "7"
        assert ledger.find_upload("mj", PICTURE, NOW + timedelta(hours=24)) is None
        assert ledger.find_upload("athena", PICTURE, NOW) is None
        other_words = Media(PICTURE.path, "Other words", PICTURE.sha256, "image/png", 10)
        assert ledger.find_upload("mj", other_words, NOW) is None
        assert ledger.find_upload("mj", replace(PICTURE, focus=(0.0, 0.5)), NOW) is None
        ledger.record_upload("mj", PICTURE, "8", NOW + timedelta(hours=48))
        assert ledger.find_upload("mj", PICTURE, NOW) == "8"
