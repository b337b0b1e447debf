"""X's prices by day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from bot.model import Account
from bot.platforms.base import Charge
from bot.platforms.x import prices
from bot.platforms.x.options import XOptions
from bot.platforms.x.prices import price, reading

NOW = datetime(2026, 11, 24, tzinfo=UTC)
PUBLISHED = [
    ("post", "0.015"),
    ("post_with_link", "0.20"),
    ("summoned_reply", "0.010"),
    ("owned_read", "0.001"),
    ("post_read", "0.005"),
    ("user_read", "0.010"),
    ("media_metadata", "0.005"),
]


@pytest.mark.parametrize(("item", "dollars"), PUBLISHED)
def test_the_published_prices(item: str, dollars: str) -> None:
    assert price(Charge(item, 3), NOW) == 3 * Decimal(dollars)


def test_an_unknown_item_has_no_price() -> None:
    with pytest.raises(KeyError):
        price(Charge("like", 1), NOW)


@pytest.mark.parametrize(
    ("owns_app", "usual", "most"),
    [(True, "0.001", "0.010"), (False, "0.005", "0.005")],
)
def test_reading_is_cheap_for_who_owns_the_app(usual: str, most: str, *, owns_app: bool) -> None:
    account = Account("mj", "x", "mediajustice", "", options=XOptions(owns_app=owns_app))
    assert reading(account, NOW) == (Decimal(usual), Decimal(most))


def test_a_new_price_holds_from_its_utc_day_on(monkeypatch: pytest.MonkeyPatch) -> None:
    dearer = (date(2027, 1, 1), {"post": Decimal(1)})
    monkeypatch.setattr(prices, "PRICES", (*prices.PRICES, dearer))
    eve = datetime(2026, 12, 31, 23, 59, tzinfo=UTC)
    assert price(Charge("post", 1), eve) == Decimal("0.015")
    assert price(Charge("post", 1), eve + timedelta(minutes=1)) == 1
    new_york = timezone(timedelta(hours=-5))
    assert price(Charge("post", 1), datetime(2026, 12, 31, 20, tzinfo=new_york)) == 1


def test_before_the_first_row_the_first_row_holds() -> None:
    assert price(Charge("post", 1), datetime(2022, 7, 12, tzinfo=UTC)) == Decimal("0.015")


def test_rows_are_in_order_and_price_the_same_items(price_lists: tuple[Any, ...]) -> None:
    days = [start for start, _ in price_lists]
    assert days == sorted(days)
    assert len({frozenset(table) for _, table in price_lists}) == 1
