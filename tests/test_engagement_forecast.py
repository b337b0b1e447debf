"""What a month will cost: posts with and without links, threads by part, reads by the plan."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from cli_support import CONFIG, here, write
from delivery_support import content_of, picture
from store_support import said

from bot.app import opened
from bot.clock import SystemClock
from bot.config import load
from bot.engagement.budget import month
from bot.engagement.forecast import READS, Coming, Outlook, outlook, typical
from bot.engagement.reading import END, last_clicks
from bot.model import Account, Part, Spending
from bot.platforms import kind
from bot.platforms.x.options import XOptions

if TYPE_CHECKING:
    from pathlib import Path

    Capture = pytest.CaptureFixture[str]

NOW = datetime(2026, 11, 10, 12, tzinfo=UTC)
DAY = timedelta(days=1)
THIS = month(NOW)
NEXT = month(THIS[1])


def foreseen(
    *coming: Coming,
    span: tuple[datetime, datetime] = THIS,
    out: tuple[datetime, ...] = (),
    budget: str | None = None,
    spent: str = "0",
    owns_app: bool = True,
) -> Outlook:
    bound = Decimal(budget) if budget else None
    api = "https://api.x.com"
    account = Account("our-x", "x", "ours", api, budget=bound, options=XOptions(owns_app=owns_app))
    return outlook(account, kind("x"), span, NOW, coming, out, Decimal(spent))


def items(found: Outlook) -> dict[str, tuple[int, Decimal]]:
    return {one.item: (one.quantity, one.dollars) for one in found.items if one.item != READS}


def test_posts_with_and_without_links_threads_and_alt_texts_are_told_apart(tmp_path: Path) -> None:
    shown = content_of(Part("A picture", (picture(tmp_path),)))
    thread = said("one", "two", "https://example.org/three")
    found = foreseen(
        Coming(NOW + DAY, said("plain")), Coming(NOW + DAY, shown), Coming(NOW + DAY, thread)
    )
    assert items(found) == {
        "post": (4, Decimal("0.060")),
        "post_with_link": (1, Decimal("0.200")),
        "media_metadata": (1, Decimal("0.005")),
    }
    assert found.posts == 3
    assert found.posting == Decimal("0.265")


def test_each_month_has_its_own_posts() -> None:
    coming = [Coming(NOW + days * DAY, said(f"{days}")) for days in (-1, 1, 20, 21, 52)]
    assert [foreseen(*coming, span=span).posts for span in (THIS, NEXT)] == [2, 1]


def test_reads_are_foreseen_from_the_day_of_the_post_on_and_into_the_next_month() -> None:
    one = Coming(datetime(2026, 11, 28, tzinfo=UTC), said("late"))
    this, following = foreseen(one), foreseen(one, span=NEXT)
    assert this.reading == 3 * Decimal("0.001")
    assert Decimal("0.005") <= following.reading <= Decimal("0.012")
    whole = foreseen(Coming(NOW, said("early")))
    assert Decimal("0.007") <= whole.reading <= Decimal("0.012")


def test_what_is_out_is_foreseen_from_tomorrow_on() -> None:
    found = foreseen(out=(NOW - timedelta(hours=1),))
    assert found.posts == 0
    fresh = foreseen(Coming(NOW, said("now")))
    assert fresh.reading - found.reading == Decimal("0.001")
    assert foreseen(out=(NOW - END,)).reading == 0


def test_reads_of_an_account_that_does_not_own_its_app_are_foreseen_at_the_usual_price() -> None:
    one = Coming(NOW, said("early"))
    assert foreseen(one, owns_app=False).reading == 5 * foreseen(one).reading


def test_a_typical_life_has_a_last_look_at_clicks_and_an_end() -> None:
    assert typical(kind("x"))[0] == timedelta(0)
    assert last_clicks(kind("x")) in typical(kind("x"))
    assert typical(kind("x"))[-1] <= END


@pytest.mark.parametrize(
    ("budget", "note"),
    [
        (None, []),
        ("1.00", []),
        ("0.52", ["counters are read for $0.003 less than this, to keep its budget"]),
        ("0.50", ["its posts alone cost $0.015 more than its budget"]),
    ],
)
def test_where_the_budget_does_not_reach_is_said(budget: str | None, note: list[str]) -> None:
    found = foreseen(Coming(THIS[1] - 8 * DAY, said("x")), budget=budget, spent="0.50")
    assert found.reading == Decimal("0.008")
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
    write(tmp_path / "config.yaml", f"{CONFIG}    budget: 1\n")
    texts = ["Something to say.", "More at https://example.org/report"]
    say(tmp_path, *texts)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GROUNDSWELL_CONFIG", raising=False)
    return tmp_path


def say(project: Path, *texts: str) -> None:
    posts = [
        f"  - id: p{i}\n    when: {_noon(i)}\n    text: {one}\n" for i, one in enumerate(texts)
    ]
    write(project / "posts" / "ours.yaml", HEAD + "".join(posts))


def _noon(days: int) -> str:
    """Give a time in the middle of next month: it is to come whatever day it is today."""
    return f"{month(month(SystemClock().now())[1])[0] + (9 + days) * DAY:%Y-%m-%d} 12:00"


def told(capsys: Capture, *args: str) -> Any:
    ran = here(capsys, "plan", "--cost", "--json", *args)
    assert ran.code == 0, ran.err
    return json.loads(ran.out)


def test_the_forecast_is_beyond_the_horizon_and_needs_no_queue(
    project: Path,
    capsys: Capture,
) -> None:
    found = told(capsys)
    assert found["prices_since"] == {"x": "2026-04-01"}
    this, following = found["months"]
    assert (this["posts"], following["posts"]) == (0, 2)
    assert {one["item"]: one["quantity"] for one in following["items"]}["post_with_link"] == 1
    assert following["posting"] == "0.215"
    assert not (project / "groundswell.db").exists()


def test_what_is_queued_counts_once_and_what_was_spent_is_told(
    project: Path,
    capsys: Capture,
) -> None:
    before = told(capsys)["months"][1]
    with opened(load(project / "config.yaml", {}), {}) as app:
        app.intake.refresh()
        app.ledger.book([Spending(app.clock.now(), "our-x", None, "post", 1, Decimal("0.9"))])
    this, following = told(capsys)["months"]
    assert following == before
    assert this["spent"] == "0.9"
    say(project, "Only.")
    assert told(capsys)["months"][1]["posting"] == "0.015"


def test_who_owns_the_app_is_read_from_the_config(project: Path, capsys: Capture) -> None:
    owned = Decimal(told(capsys)["months"][1]["reading"])
    write(project / "config.yaml", f"{CONFIG}    x: {{owns_app: false}}\n")
    assert Decimal(told(capsys)["months"][1]["reading"]) == 5 * owned > 0


def test_a_person_reads_months_accounts_items_and_the_date_of_the_prices(
    project: Path,
    capsys: Capture,
) -> None:
    out = here(capsys, "plan", "--cost").out
    assert "posts with a link" in out
    assert "reads of counters" in out
    assert "in all (budget 1.00)" in out
    assert "Prices: x since 2026-04-01." in out


def test_cost_and_force_do_not_go_together(project: Path, capsys: Capture) -> None:
    assert here(capsys, "plan", "--cost", "--force").code == 2
