"""X's prices by day."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from helpers.pages import README

from bot.model import Account
from bot.platforms.base import Charge
from bot.platforms.options import XOptions
from bot.platforms.x import prices
from bot.platforms.x.prices import price, read_price
from bot.sandbox.x.prices import PRICES

NOW = datetime(2026, 11, 24, tzinfo=UTC)
ALL_ROWS, SANDBOX_ROWS = prices.PRICES, PRICES
"""As they are before ``price_lists`` leaves only the first prices in force."""

SANDBOX_NAMES = {"post_with_url": "post_with_link"}

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


def test_the_sandbox_charges_what_is_reckoned_with() -> None:
    charged = {(day, SANDBOX_NAMES.get(item, item), usd) for day, item, usd in SANDBOX_ROWS}
    # Groundswell deletes nothing.
    assert {row for row in charged if row[1] != "delete"} == {*ALL_ROWS}


README_ITEMS = {
    "a post, or a part of a thread": "post",
    "the same with a link in it": "post_with_link",
    "alt text for a picture": "media_metadata",
    "one day's reading of a post's figures, if the account owns the app": "owned_read",
    "the same, if it does not": "post_read",
    "`accounts check`, and each start of the loop": "user_read",
}


def test_the_readmes_table_is_that_of_the_month_that_it_names() -> None:
    text = README.read_text(encoding="utf-8").partition("\n## What it costs\n")[2]
    month = datetime.strptime(text.partition(" as of ")[2].partition(";")[0], "%B %Y")  # noqa: DTZ007
    end = month.replace(day=monthrange(month.year, month.month)[1]).date()
    in_force = {item: dollars for start, item, dollars in ALL_ROWS if start <= end}
    table = dict(re.findall(r"^\| (.+) \| ([\d.]+) \|$", text.partition("\n## ")[0], re.MULTILINE))
    assert table.keys() == README_ITEMS.keys()
    assert {item: Decimal(table[what]) for what, item in README_ITEMS.items()} == {
        item: in_force[item] for item in README_ITEMS.values()
    }


def test_an_unknown_item_has_no_price() -> None:
    with pytest.raises(KeyError):
        price(Charge("like", 1), NOW)


@pytest.mark.parametrize(
    ("owns_app", "usual", "most"),
    [(True, "0.001", "0.010"), (False, "0.005", "0.005")],
)
def test_reading_is_cheap_for_who_owns_the_app(usual: str, most: str, *, owns_app: bool) -> None:
    account = Account("mj", "x", "mediajustice", "", options=XOptions(owns_app=owns_app))
    assert read_price(account, NOW) == (Decimal(usual), Decimal(most))


def test_a_new_price_holds_from_its_utc_day_on(monkeypatch: pytest.MonkeyPatch) -> None:
    dearer = (date(2027, 1, 1), "post", Decimal(1))
    monkeypatch.setattr(prices, "PRICES", (*prices.PRICES, dearer))
    eve = datetime(2026, 12, 31, 23, 59, tzinfo=UTC)
    assert price(Charge("post", 1), eve) == Decimal("0.015")
    assert price(Charge("post", 1), eve + timedelta(minutes=1)) == 1
    new_york = timezone(timedelta(hours=-5))
    assert price(Charge("post", 1), datetime(2026, 12, 31, 20, tzinfo=new_york)) == 1
    assert price(Charge("post_read", 1), eve + timedelta(minutes=1)) == Decimal("0.005")


def test_before_the_first_row_the_first_row_holds() -> None:
    assert price(Charge("post", 1), datetime(2022, 7, 12, tzinfo=UTC)) == Decimal("0.015")


def test_rows_are_in_order_and_a_later_one_prices_a_known_item(
    price_lists: tuple[Any, ...],
) -> None:
    days = [start for start, _, _ in price_lists]
    assert days == sorted(days)
    first = {item for start, item, _ in price_lists if start == days[0]}
    assert {item for _, item, _ in price_lists} == first
    assert len({(start, item) for start, item, _ in price_lists}) == len(price_lists)
