"""A report for a person who sees only some accounts or campaigns says nothing about the others."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from helpers.delivery import DUE
from helpers.store import text_content

from bot.errors import UserError
from bot.model import EVERYTHING, PauseCause, PauseRequest, Scope, State
from bot.reports.period import DayRange
from bot.services.reporting import write_report

if TYPE_CHECKING:
    from collections.abc import Mapping

    from helpers.delivery import AppHarness

ONLY_MJ = Scope(frozenset({"mj"}), None)
ONLY_PEOPLE = Scope(None, frozenset({"people"}))
FORMS = ("html", "json", "csv", "markdown")


@pytest.fixture
def busy(loop: AppHarness) -> AppHarness:
    """Return a harness with posts of two accounts and two campaigns, out, lost and waiting."""
    loop.join("partner")
    loop.restart()
    texts = {
        ("people", "mj"): "Shown to everybody",
        ("people", "partner"): "Zebra of the partner",
        ("walrus", "mj"): "Walrus of another campaign",
    }
    for number, ((campaign, account), text) in enumerate(texts.items()):
        for post, due, more in (
            ("out", DUE, {}),
            ("lost", DUE - timedelta(days=1), {}),
            ("soon", DUE + timedelta(days=1), {"approvals": 1}),
        ):
            loop.add(
                post,
                due=due + timedelta(minutes=number),
                campaign=campaign,
                account=account,
                key=f"{campaign}/{post}/{account}/once",
                content=text_content(f"{text}, {post}"),
                **more,
            )
    loop.clock.advance_to(DUE)
    loop.drive(minutes=20)
    for account in ("mj", "partner"):
        loop.app.poller.run(account)
    for scope, name in (("account", "partner"), ("campaign", "walrus")):
        why = f"stopped {name}"
        loop.app.queue.pause(
            PauseRequest(scope, name, why, PauseCause.REFUSED), "groundswell", loop.clock.now()
        )
    assert loop.state("people/out/partner/once") is State.PUBLISHED
    assert loop.state("walrus/lost/mj/once") is State.MISSED
    return loop


def report(loop: AppHarness, form: str, scope: Scope, **asked: Any) -> str:
    return write_report(loop.app, form, scope=scope, **asked)


def posts(loop: AppHarness, scope: Scope, **asked: Any) -> Mapping[str, Any]:
    document = json.loads(report(loop, "json", scope, **asked))
    return {table["id"]: table for table in document["reports"]}


@pytest.mark.parametrize("by", [None, "account"])
@pytest.mark.parametrize("form", FORMS)
def test_posts_of_other_accounts_are_nowhere(busy: AppHarness, form: str, by: str | None) -> None:
    if form != "csv" or by:
        assert "partner" in report(busy, form, EVERYTHING, by=by).lower()
    text = report(busy, form, ONLY_MJ, by=by).lower()
    assert "partner" not in text
    assert "zebra" not in text
    assert ("shown to everybody" in text) == (by is None or form == "html")


@pytest.mark.parametrize("form", FORMS)
def test_posts_of_other_campaigns_are_nowhere(busy: AppHarness, form: str) -> None:
    assert "walrus" in report(busy, form, EVERYTHING).lower()
    text = report(busy, form, ONLY_PEOPLE).lower()
    assert "walrus" not in text
    assert "shown to everybody" in text


def test_figures_are_those_of_the_posts_that_are_seen(busy: AppHarness) -> None:
    rows = {row["account_id"]: row for row in posts(busy, EVERYTHING)["account"]["rows"]}
    assert rows.keys() == {"mj", "partner"}
    [mine] = posts(busy, ONLY_MJ)["account"]["rows"]
    assert mine == rows["mj"]
    both, alone = (
        next(row for row in posts(busy, scope)["post"]["rows"] if row["name"] == "people/out")
        for scope in (EVERYTHING, ONLY_MJ)
    )
    assert both["impressions"] > alone["impressions"] > 0
    assert both["parts"] == 2 * alone["parts"]


def test_money_of_others_and_of_no_campaign_is_left_out(busy: AppHarness) -> None:
    booked = {(of.account, of.campaign) for of in busy.app.ledger.totals()}
    assert {("mj", None), ("mj", "people"), ("mj", "walrus"), ("partner", "people")} <= booked
    mine = {(of.account, of.campaign) for of in busy.app.ledger.totals(scope=ONLY_MJ)}
    assert mine == {("mj", None), ("mj", "people"), ("mj", "walrus")}
    people = {(of.account, of.campaign) for of in busy.app.ledger.totals(scope=ONLY_PEOPLE)}
    assert people == {("mj", "people"), ("partner", "people")}


def test_a_report_of_one_account_is_that_of_a_person_who_sees_it(busy: AppHarness) -> None:
    chosen = report(busy, "csv", EVERYTHING, account="mj")
    assert chosen == report(busy, "csv", ONLY_MJ)
    assert report(busy, "csv", ONLY_PEOPLE, account="mj").count("\n") == 2


@pytest.mark.parametrize(
    ("asked", "scope"),
    [
        ({"account": "partner"}, ONLY_MJ),
        ({"campaign": "walrus"}, ONLY_PEOPLE),
        ({"account": "nobody"}, EVERYTHING),
        ({"campaign": "nothing"}, EVERYTHING),
    ],
)
def test_a_name_that_is_not_seen_does_not_exist(
    busy: AppHarness, asked: dict[str, str], scope: Scope
) -> None:
    with pytest.raises(UserError, match="There is no") as caught:
        report(busy, "html", scope, **asked)
    [problem] = caught.value.problems
    others = {"partner", "walrus"} - set(asked.values())
    hidden = {name for name in others if not (scope.sees("walrus", "mj") and name == "walrus")}
    if not scope.is_everything:
        assert not any(name in problem.hint for name in hidden)


def test_days_to_come_are_refused_with_what_to_do(busy: AppHarness) -> None:
    tomorrow = (busy.clock.now() + timedelta(days=2)).date()
    with pytest.raises(UserError, match="yet to come") as caught:
        report(busy, "html", EVERYTHING, days=DayRange(first=tomorrow))
    assert caught.value.problems[0].hint == "Choose days up to today."
