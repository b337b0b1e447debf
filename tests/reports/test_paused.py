"""The note on an account whose counters are not read because its budget is spent."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from helpers.reports import NOW, ago, evidence, publication, snapshot
from helpers.store import book

from bot.model import Spending
from bot.reports import tables
from bot.reports.evidence import Names
from bot.reports.groupings import GROUPINGS

if TYPE_CHECKING:
    from helpers.run import SandboxProject


pytest_plugins = ["helpers.run"]

WHY = "the budget is spent ($5 of $5 for 2026-11)"
SUMS = sorted(GROUPINGS.keys() - {"wording"})  # which is empty here, as no post has several


def notes(name: str, **changes: Any) -> tuple[str, ...]:
    names = Names(accounts={"mj": "@mediajustice"})
    posts = [publication(1, next_read=NOW), publication(2, next_read=NOW)]
    values: dict[str, Any] = {"paused_accounts": {"mj": WHY}, **changes}
    of = evidence(*posts, names=names, **values)
    [table] = tables(of, NOW, (name,))
    return table.notes


@pytest.mark.parametrize("name", SUMS)
def test_every_table_of_sums_says_whose_counters_are_not_read_since_when_and_why(name: str) -> None:
    read = [snapshot(1, ago(hours=3), likes=1), snapshot(2, ago(hours=2), likes=1)]
    note = f"@mediajustice has no new figures since {ago(hours=2):%Y-%m-%d %H:%M}, as {WHY}."
    assert note in notes(name, snapshots=read)


def test_what_was_never_read_is_not_read_yet() -> None:
    assert f"@mediajustice has no new figures yet, as {WHY}." in notes("account")


def test_nothing_is_said_if_nothing_is_paused() -> None:
    assert "has no new figures" not in " ".join(notes("account", paused_accounts={}))


def test_nothing_is_said_of_posts_that_would_not_be_read_any_more() -> None:
    done = evidence(publication(1, next_read=None), paused_accounts={"mj": WHY})
    [table] = tables(done, NOW, ("account",))
    assert "has no new figures" not in " ".join(table.notes)


def test_nothing_is_said_of_accounts_that_are_not_in_the_report() -> None:
    found = evidence(publication(1, next_read=NOW), paused_accounts={"other": WHY})
    [table] = tables(found, NOW, ("account",))
    assert "other" not in " ".join(table.notes)


# --- On the command line --------------------------------------------------------------------------


@pytest.fixture
def paused(ours: SandboxProject) -> SandboxProject:
    """A post was published and read once; then the budget was spent."""
    ours.configure("platform: x", "platform: x\n    budget: 5")
    ours.write_campaign(ours.post("one"))
    with ours.started_app() as app:
        app.run_once()
        app.poller.run("our-x", everything=True)
        last = app.metrics.snapshots()[-1]
        book(app.ledger, [Spending(app.clock.now(), "our-x", None, "post", 1, Decimal(5))])
    ours.outputs.append(f"{last.read:%Y-%m-%d %H:%M}")
    return ours


@pytest.mark.parametrize("form", ["table", "json", "markdown", "html"])
def test_a_report_says_that_the_budget_stops_reading(
    paused: SandboxProject,
    form: str,
) -> None:
    [read] = paused.outputs
    to = paused.folder / "report"
    paused.run_cli("report", "--by", "account", "--format", form, "--output", to)
    text = " ".join(to.read_text(encoding="utf-8").replace("\\", "").split())
    assert f"has no new figures since {read}, as the budget is spent ($5.0" in text
    assert "of $5 for 2" in text


def test_with_more_budget_nothing_is_said(paused: SandboxProject) -> None:
    paused.configure("budget: 5", "budget: 50")
    assert "has no new figures" not in paused.run_cli("report", "--by", "account").out


def test_of_an_account_that_left_the_config_the_report_says_so_and_what_to_do(
    ours: SandboxProject,
) -> None:
    ours.write_campaign(ours.post("one"))
    with ours.started_app() as app:
        app.run_once()
        app.poller.run("our-x", everything=True)
        last = f"{app.metrics.snapshots()[-1].read:%Y-%m-%d %H:%M}"
    ours.configure("  our-x:", "  our-z:")
    first, tables = (
        " ".join(ours.run_cli("report", *args).out.split()) for args in ([], ["--by", "account"])
    )
    gone = "config.yaml has no such account any more"
    back = "For your technician: give it its old name back in config.yaml"
    assert f"our-x has no new figures since {last}, as {gone}. {back}" in first
    assert "Is Groundswell running?" not in first
    assert f"our-x has no new figures since {last}, as {gone}." in tables


def test_the_budget_kept_for_posts_is_named_apart_from_what_is_too_little(
    paused: SandboxProject,
) -> None:
    with paused.app() as app:
        standing = app.budgets.status("our-x")
        assert standing is not None
        little = replace(standing, spent=Decimal("4.999"))
        assert little.why_not_read == (
            f"the budget is nearly spent ($4.999 of $5 for {standing.since:%Y-%m}), and the rest "
            "is too small for one read"
        )
        assert "is kept for posts still to go" in replace(little, planned=Decimal(1)).why_not_read
        assert app.budgets.why_not_read("our-x") is not None
        assert app.budgets.why_not_read("nobody") is None
