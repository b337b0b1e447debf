"""The cost of a month: posts with and without links, threads by part, reads by the plan."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from helpers.cli import CONFIG, run_cli, write_file
from helpers.delivery import content_of, make_media
from helpers.store import book, text_content

from bot.clock import Clock, utc_month
from bot.config import load
from bot.engagement.reading import (
    LAST_READ_AGE,
    READS,
    Forecast,
    forecast_month,
    last_clicks_age,
    typical_read_ages,
)
from bot.model import FIRST_READ_AGE, Account, Content, Part, Spending
from bot.platforms import load_platform
from bot.platforms.options import XOptions
from bot.runtime.app import create_app

if TYPE_CHECKING:
    from pathlib import Path


NOW = datetime(2026, 11, 10, 12, tzinfo=UTC)
DAY = timedelta(days=1)
THIS = utc_month(NOW)
NEXT = utc_month(THIS[1])


def foreseen(
    *coming: tuple[datetime, Content],
    span: tuple[datetime, datetime] = THIS,
    out: tuple[datetime, ...] = (),
    budget: str | None = None,
    spent: str = "0",
    owns_app: bool = True,
) -> Forecast:
    bound = Decimal(budget) if budget else None
    api = "https://api.x.com"
    account = Account("our-x", "x", "ours", api, budget=bound, options=XOptions(owns_app=owns_app))
    return forecast_month(account, load_platform("x"), span, NOW, coming, out, Decimal(spent))


def items(found: Forecast) -> dict[str, tuple[int, Decimal]]:
    return {item: cost for item, cost in found.items.items() if item != READS}


def test_posts_with_and_without_links_threads_and_alt_texts_cost_their_own(tmp_path: Path) -> None:
    shown = content_of(Part("A picture", (make_media(tmp_path),)))
    thread = text_content("one", "two", "https://example.org/three")
    found = foreseen(
        (NOW + DAY, text_content("plain")),
        (NOW + DAY, shown),
        (NOW + DAY, thread),
    )
    assert items(found) == {
        "post": (4, Decimal("0.060")),
        "post_with_link": (1, Decimal("0.200")),
        "media_metadata": (1, Decimal("0.005")),
    }
    assert found.posts == 3
    assert found.posting_cost == Decimal("0.265")


def test_each_month_has_its_own_posts() -> None:
    coming = [(NOW + days * DAY, text_content(f"{days}")) for days in (-1, 1, 20, 21, 52)]
    assert [foreseen(*coming, span=span).posts for span in (THIS, NEXT)] == [2, 1]


def test_reads_are_foreseen_from_the_day_of_the_post_on_and_into_the_next_month() -> None:
    one = (datetime(2026, 11, 28, tzinfo=UTC), text_content("late"))
    this, following = foreseen(one), foreseen(one, span=NEXT)
    assert this.reading_cost == 3 * Decimal("0.001")
    assert Decimal("0.005") <= following.reading_cost <= Decimal("0.012")
    whole = foreseen((NOW, text_content("early")))
    assert Decimal("0.007") <= whole.reading_cost <= Decimal("0.012")


def test_reads_of_publications_are_forecast_from_tomorrow_on() -> None:
    found = foreseen(out=(NOW - timedelta(hours=1),))
    assert found.posts == 0
    fresh = foreseen((NOW, text_content("now")))
    assert fresh.reading_cost - found.reading_cost == Decimal("0.001")
    assert foreseen(out=(NOW - LAST_READ_AGE,)).reading_cost == 0


def test_reads_of_an_account_that_does_not_own_its_app_are_foreseen_at_the_usual_price() -> None:
    one = (NOW, text_content("early"))
    assert foreseen(one, owns_app=False).reading_cost == 5 * foreseen(one).reading_cost


@pytest.mark.parametrize("name", ["mastodon", "bluesky"])
def test_on_a_free_platform_the_forecast_is_free_and_has_the_reads(name: str) -> None:
    account = Account("ours", name, "ours", "https://ours.example", budget=Decimal(1))
    coming = [(NOW + DAY, text_content("https://example.org"))]
    found = forecast_month(account, load_platform(name), THIS, NOW, coming, (), Decimal(0))
    assert not found.total
    assert (found.posts, found.notes) == (1, [])
    assert found.items[READS][0] > 5


def test_a_typical_life_has_a_last_look_at_clicks_and_an_end() -> None:
    assert typical_read_ages(load_platform("x"))[0] == FIRST_READ_AGE
    assert last_clicks_age(load_platform("x")) in typical_read_ages(load_platform("x"))
    assert typical_read_ages(load_platform("x"))[-1] <= LAST_READ_AGE


@pytest.mark.parametrize(
    ("budget", "note"),
    [
        (None, []),
        ("1.00", []),
        ("0.52", ["counters are read for $0.003 less than this, to keep its budget"]),
        ("0.50", ["its posts alone cost $0.015 more than its budget"]),
    ],
)
def test_a_budget_that_is_too_small_is_noted(budget: str | None, note: list[str]) -> None:
    found = foreseen((THIS[1] - 8 * DAY, text_content("x")), budget=budget, spent="0.50")
    assert found.reading_cost == Decimal("0.008")
    assert found.total == Decimal("0.523")
    assert found.notes == note


# --- On the command line --------------------------------------------------------------------------

HEAD = """\
campaign: ours
title: Ours
timezone: UTC
accounts: [our-x]
posts:
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    write_file(tmp_path / "config.yaml", f"{CONFIG}    budget: 1\n")
    texts = ["Something to say.", "More at https://example.org/report"]
    say(tmp_path, *texts)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GROUNDSWELL_CONFIG", raising=False)
    return tmp_path


def say(project: Path, *texts: str) -> None:
    posts = [
        f"  - id: p{i}\n    when: {_noon(i)}\n    text: {one}\n" for i, one in enumerate(texts)
    ]
    write_file(project / "posts" / "ours.yaml", HEAD + "".join(posts))


def _noon(days: int) -> str:
    """Return a time in the middle of next month, which is ahead whatever day it is today."""
    return f"{utc_month(utc_month(Clock().now())[1])[0] + (9 + days) * DAY:%Y-%m-%d} 12:00"


def forecast(*args: str) -> Any:
    ran = run_cli("plan", "--cost", "--json", *args)
    assert ran.code == 0, ran.err
    return json.loads(ran.out)


def test_the_forecast_is_beyond_the_horizon_and_needs_no_queue(project: Path) -> None:
    found = forecast()
    assert found["prices_since"] == {"x": "2026-04-01"}
    this, following = found["months"]
    assert (this["posts"], following["posts"]) == (0, 2)
    assert {item["item"]: item["quantity"] for item in following["items"]}["post_with_link"] == 1
    assert following["posting"] == "0.215"
    assert not (project / "groundswell.db").exists()


def test_queued_posts_count_once_beside_the_spending(project: Path) -> None:
    before = forecast()["months"][1]
    with create_app(load(project / "config.yaml", {}), {}) as app:
        app.queue_sync.refresh()
        book(app.ledger, [Spending(app.clock.now(), "our-x", None, "post", 1, Decimal("0.9"))])
    this, following = forecast()["months"]
    assert following == before
    assert this["spent"] == "0.9"
    say(project, "Only.")
    assert forecast()["months"][1]["posting"] == "0.015"


def test_who_owns_the_app_is_read_from_the_config(project: Path) -> None:
    owned = Decimal(forecast()["months"][1]["reading"])
    write_file(project / "config.yaml", f"{CONFIG}    x: {{owns_app: false}}\n")
    assert Decimal(forecast()["months"][1]["reading"]) == 5 * owned > 0


def test_a_person_reads_months_accounts_items_and_the_date_of_the_prices(project: Path) -> None:
    out = run_cli("plan", "--cost").out
    assert "posts with a link" in out
    assert "reads of counters" in out
    assert "in all (budget 1.00)" in out
    assert "Prices: x since 2026-04-01." in out


def test_cost_and_force_do_not_go_together(project: Path) -> None:
    assert run_cli("plan", "--cost", "--force").code == 2
