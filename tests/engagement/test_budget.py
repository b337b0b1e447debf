"""With a budget, reads end before posts do, and each threshold is logged once."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from helpers.delivery import DUE
from helpers.store import MINUTE, NOW, book, text_content
from hypothesis import given
from hypothesis import strategies as st

from bot.clock import utc_month
from bot.engagement.budget import threshold_message
from bot.model import BudgetStatus, Spending, State
from bot.platforms import load_platform
from bot.platforms.options import XOptions
from bot.platforms.x import prices

if TYPE_CHECKING:
    from collections.abc import Callable

    from helpers.delivery import AppHarness

BEGIN = datetime(2020, 1, 1, tzinfo=UTC)


def with_budget(loop: AppHarness, dollars: str, **more: Any) -> None:
    """Restart the loop with a budget for its account."""
    loop.account = replace(loop.account, budget=Decimal(dollars), **more)
    loop.restart()


def out(loop: AppHarness, posts: int = 3) -> None:
    """Publish posts, a minute apart."""
    loop.add_posts(posts, every=MINUTE)
    loop.drive(minutes=11 + posts)
    assert len(loop.posts) == posts


def spend(loop: AppHarness, dollars: str) -> None:
    """Book spending that was made elsewhere."""
    one = Spending(loop.clock.now(), "mj", None, "post", 1, Decimal(dollars))
    book(loop.app.ledger, [one])


def test_a_budget_that_stops_posts_holds_them_and_says_so(loop: AppHarness) -> None:
    with_budget(loop, "0.1", budget_stops_posts=True)
    cheap = loop.add("cheap", due=DUE, content=text_content("cheap"))
    dear = loop.add("dear", due=DUE, content=text_content("https://example.org"))
    loop.drive(minutes=12)
    assert loop.state(cheap) is State.PUBLISHED
    assert loop.state(dear) is State.SCHEDULED
    why = "it costs $0.200, and its account has spent $0.015 of $0.1 for 2026-03"
    assert loop.why(dear) == why
    loop.drive(hours=1)
    assert loop.state(dear) is State.MISSED
    assert why in loop.get(dear).reason
    assert loop.world.spent == Decimal("0.015")


def test_planned_posts_cost_the_prices_of_their_day(
    loop: AppHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_budget(loop, "1")
    for name, days in (("now", 1), ("then", 20)):
        loop.add(name, due=NOW + timedelta(days=days), content=text_content(name))
    dearer = [(date(2026, 3, 15), item, 2 * dollars) for _, item, dollars in prices.PRICES]
    before = loop.app.budgets.status("mj", planned=True)
    monkeypatch.setattr(prices, "PRICES", (*prices.PRICES, *dearer))
    after = loop.app.budgets.status("mj", planned=True)
    assert before
    assert after
    assert (before.planned, after.planned) == (Decimal("0.030"), Decimal("0.045"))


def test_a_budget_stops_no_post_unless_the_config_says_so(loop: AppHarness) -> None:
    with_budget(loop, "0.1")
    dear = loop.add("dear", due=DUE, content=text_content("https://example.org"))
    loop.drive(minutes=12)
    assert loop.state(dear) is State.PUBLISHED


def test_the_next_month_pays_for_posts_that_could_wait(loop: AppHarness) -> None:
    with_budget(loop, "0.3", budget_stops_posts=True)
    spend(loop, "0.2")
    eve = datetime(2026, 3, 31, 23, 50, tzinfo=UTC)
    key = loop.add(
        "dear", due=eve, content=text_content("https://example.org"), grace=timedelta(hours=1)
    )
    loop.clock.advance_to(eve - timedelta(minutes=5))
    loop.drive(minutes=20)
    assert loop.posts[0].created >= datetime(2026, 4, 1, tzinfo=UTC)
    assert loop.state(key) is State.PUBLISHED


def test_a_thread_that_has_begun_goes_on_past_the_budget(loop: AppHarness) -> None:
    with_budget(loop, "0.05", budget_stops_posts=True)
    key = loop.add("thread", due=DUE, content=text_content("one", "two", "three"))

    def publish(send: Callable[[], Any]) -> Any:
        spend(loop, "0.04")
        return send()

    loop.intercept_publish(publish)
    loop.drive(minutes=12)
    assert loop.state(key) is State.PUBLISHED
    assert len(loop.posts) == 3


def test_spending_between_the_decision_and_the_claim_counts(loop: AppHarness) -> None:
    with_budget(loop, "0.16", budget_stops_posts=True)
    key = loop.add("dear", due=DUE, content=text_content("dear"))
    loop.hook_claims(before=lambda: spend(loop, "0.15"))
    loop.clock.advance_to(DUE)
    loop.app.dispatcher.run()
    assert loop.posts == []
    assert loop.attempts(key) == []


@pytest.mark.parametrize(("dollars", "owns_app"), [("0.06", True), ("0.09", True), ("0.09", False)])
def test_a_month_of_reading_stays_within_the_budget(
    loop: AppHarness, dollars: str, *, owns_app: bool
) -> None:
    loop.author.owns_app = owns_app
    with_budget(loop, dollars, options=XOptions(owns_app=owns_app))
    out(loop)
    loop.read_as_planned(days=12)
    assert loop.booked("read") > 0
    assert loop.booked() <= Decimal(dollars)
    assert loop.world.spent <= Decimal(dollars)


def test_posts_of_others_on_the_timeline_do_not_break_the_budget(loop: AppHarness) -> None:
    with_budget(loop, "0.12")
    out(loop)
    for number in range(60):
        loop.world.add_post(loop.author, f"By hand {number}")
        loop.clock.advance(minutes=1)
    loop.read_as_planned(days=5)
    assert loop.booked("read") > 0
    assert loop.world.spent <= Decimal("0.12")


def test_reading_leaves_the_cost_of_the_months_planned_posts(loop: AppHarness) -> None:
    with_budget(loop, "0.275")
    out(loop)
    key = loop.add(
        "later", due=NOW + timedelta(days=6), content=text_content("https://example.org")
    )
    loop.read_as_planned(days=5, hours=22)
    assert loop.app.metrics.snapshots()
    assert loop.booked() + Decimal("0.200") <= Decimal("0.275")
    loop.drive(hours=3)
    assert loop.state(key) is State.PUBLISHED
    assert loop.booked() <= Decimal("0.275")


def test_the_reserve_for_posts_is_named_and_free_once_they_are_dropped(
    loop: AppHarness, caplog: pytest.LogCaptureFixture
) -> None:
    with_budget(loop, "0.25")
    out(loop)
    key = loop.add(
        "later", due=NOW + timedelta(days=20), content=text_content("https://example.org")
    )
    loop.read_as_planned(hours=5)
    assert loop.app.metrics.snapshots() == []
    assert caplog.text.count("is kept for posts still to go out") == 1
    loop.app.queue.drop(loop.get(key), "Ana", loop.clock.now())
    loop.read_as_planned(hours=2)
    assert loop.app.metrics.snapshots()


def test_a_spent_budget_stops_reading_but_not_posting(loop: AppHarness) -> None:
    with_budget(loop, "1")
    out(loop)
    spend(loop, "0.96")
    loop.read_as_planned(days=2)
    assert loop.app.metrics.snapshots() == []
    key = loop.add(
        "next", due=loop.clock.now() + timedelta(minutes=5), content=text_content("next")
    )
    loop.drive(minutes=10)
    assert loop.state(key) is State.PUBLISHED


@pytest.mark.parametrize("name", ["mastodon", "bluesky"])
def test_reads_that_cost_nothing_go_on_when_a_budget_is_spent(loop: AppHarness, name: str) -> None:
    account = replace(loop.account, platform=name, budget=Decimal(1))
    budgets = replace(loop.app.budgets, accounts={"mj": account}, get_platform=load_platform)
    spend(loop, "1")
    assert budgets.why_not_read("mj") is None
    assert not any(budgets.reading_cost("mj"))


@pytest.mark.parametrize("name", ["mastodon", "bluesky"])
def test_on_a_free_platform_no_budget_is_ever_spent(loop: AppHarness, name: str) -> None:
    account = replace(loop.account, platform=name, budget=Decimal(0))
    budgets = replace(loop.app.budgets, accounts={"mj": account}, get_platform=load_platform)
    assert [*budgets.statuses()] == []


def test_the_next_month_is_read_again(loop: AppHarness) -> None:
    with_budget(loop, "1")
    out(loop)
    spend(loop, "1")
    loop.read_as_planned(hours=2)
    loop.clock.advance(days=29)
    loop.read_as_planned(days=1)
    assert loop.clock.now().month == NOW.month + 1
    assert len({snapshot.publication for snapshot in loop.app.metrics.snapshots()}) == 3
    assert min(snapshot.read for snapshot in loop.app.metrics.snapshots()).day == 1


def test_each_threshold_is_logged_once_also_across_restarts(
    loop: AppHarness, caplog: pytest.LogCaptureFixture
) -> None:
    with_budget(loop, "1")
    for dollars, marks in (("0.79", 0), ("0.01", 1), ("0.1", 1), ("0.1", 2), ("0.5", 2)):
        spend(loop, dollars)
        for _ in range(2):
            loop.app.budgets.check("mj")
        loop.restart()
        loop.app.budgets.check("mj")
        assert caplog.text.count("of its budget") == marks, dollars
    spent = "has spent 80 % of its budget ($0.8 of $1 for 2026-03). Once all of it is spent"
    assert spent in caplog.text
    assert "are not read until 2026-04-01, and its posts still go out" in caplog.text


def test_a_post_that_goes_out_is_held_against_the_budget(
    loop: AppHarness, caplog: pytest.LogCaptureFixture
) -> None:
    with_budget(loop, "0.05")
    out(loop)
    assert "has spent 80 % of its budget ($0.045 of $0.05" in caplog.text


def test_an_account_without_a_budget_is_read_without_bound(loop: AppHarness) -> None:
    out(loop)
    spend(loop, "1000")
    loop.read_as_planned(days=1)
    assert loop.app.metrics.snapshots()
    assert list(loop.app.budgets.statuses()) == []


def test_how_an_account_stands_is_a_plain_value(loop: AppHarness) -> None:
    with_budget(loop, "25")
    loop.add(
        "later", due=NOW + timedelta(days=5), content=text_content("one", "https://example.org")
    )
    loop.add("next month", due=NOW + timedelta(days=40), content=text_content("two"))
    spend(loop, "20")
    standing = loop.app.budgets.status("mj", planned=True)
    assert standing is not None
    assert (standing.spent, standing.planned) == (Decimal(20), Decimal("0.215"))
    assert standing.left_for_reads == Decimal("4.785")
    assert standing.threshold == 80
    assert [status.account for status in loop.app.budgets.statuses()] == ["mj"]


def test_a_thresholds_consequence_is_that_of_the_config() -> None:
    standing = BudgetStatus("mj", *utc_month(NOW), Decimal(1), Decimal(1))
    assert threshold_message(standing, stops=False).endswith("its posts still go out")
    assert threshold_message(standing, stops=True).endswith("and its posts wait too")


@given(st.integers(0, 20 * 366 * 24).map(lambda hours: BEGIN + timedelta(hours=hours)))
def test_a_month_holds_its_instants_and_ends_as_the_next_begins(now: datetime) -> None:
    since, until = utc_month(now)
    assert since <= now < until
    assert (since.day, until.day) == (1, 1)
    assert utc_month(until)[0] == until


amounts = st.decimals(0, 1000, places=3)


@given(amounts, amounts, amounts)
def test_reads_never_get_more_than_is_left(budget: Decimal, paid: Decimal, due: Decimal) -> None:
    standing = BudgetStatus("mj", *utc_month(NOW), budget, paid, due)
    assert 0 <= standing.left_for_reads <= max(Decimal(0), budget - paid - due)
    if standing.threshold == 100:
        assert standing.left_for_reads == 0
