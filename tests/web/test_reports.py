"""Reports in the control room, over HTTP."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from threading import Event, Thread
from typing import TYPE_CHECKING

import pytest
from helpers.delivery import DUE
from helpers.store import at_once, text_content
from helpers.web import site_of

from bot.model import Role, Scope
from bot.services import reporting
from bot.services.reporting import write_report
from bot.web import reports

if TYPE_CHECKING:
    from collections.abc import Iterator

    from helpers.delivery import AppHarness
    from helpers.web import WebSite

CAMPAIGN = """\
campaign: people
title: People over profit
timezone: America/New_York
accounts: [mj]
demands:
  stop: {ask: Stop the contract, target: The council}
posts: []
"""


@pytest.fixture
def site(loop: AppHarness) -> Iterator[WebSite]:
    """Yield a control room with a post that is out on each of two accounts."""
    loop.join("partner")
    loop.restart()
    (loop.campaigns / "a.yaml").write_text(CAMPAIGN, encoding="utf-8")
    for number, account in enumerate(("mj", "partner")):
        key = f"people/out/{account}/once"
        due, text = DUE + number * timedelta(minutes=2), text_content(f"Words of {account}")
        loop.add("out", due=due, account=account, key=key, content=text)
    loop.clock.advance_to(DUE)
    loop.drive(minutes=20)
    for account in ("mj", "partner"):
        loop.app.poller.run(account)
    with site_of(loop.app) as running:
        yield running


ONLY_MJ = Scope(frozenset({"mj"}), None)


def test_the_form_has_the_usual_reports_and_the_names_that_one_sees(site: WebSite) -> None:
    page = site.signed_in(Role.SEE).get("/reports").text
    for period in ("7d", "30d", "month", "all"):
        assert f'href="/reports/page?period={period}"' in page
    assert '<option value="people">People over profit</option>' in page
    assert '<option value="partner">partner</option>' in page
    limited = site.signed_in(Role.SEE, ONLY_MJ, "Partner of one").get("/reports").text
    assert '<option value="mj">mj</option>' in limited
    assert "partner</option>" not in limited


def test_a_report_is_the_page_of_the_command_under_its_own_policy(site: WebSite) -> None:
    answer = site.signed_in(Role.SEE).get("/reports/page?period=7d")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    policy = answer.headers["content-security-policy"]
    [own] = re.findall(r'Content-Security-Policy" content="([^"]*)"', answer.text)
    assert policy == f"{own.replace('&#39;', chr(39))}; frame-ancestors 'none'"
    assert "script-src 'sha256-" in policy
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert "Words of mj" in answer.text
    assert "@partner" in answer.text


@pytest.mark.parametrize("form", ["csv", "json", "markdown"])
def test_a_file_is_that_of_the_command(site: WebSite, form: str) -> None:
    answer = site.signed_in(Role.SEE).get(f"/reports/page?period=all&format={form}")
    assert answer.status_code == 200
    name = f"report-2026-03-02.{'md' if form == 'markdown' else form}"
    assert answer.headers["content-disposition"] == f'attachment; filename="{name}"'
    with_scope = write_report(site.app, form, scope=Scope(None, None))
    assert answer.content.decode() == with_scope
    if form == "json":
        assert len(json.loads(answer.text)["reports"]) == len(reporting.STORED_REPORTS)


@pytest.mark.parametrize("form", ["html", "csv", "json", "markdown"])
def test_a_partner_gets_a_report_of_what_they_see(site: WebSite, form: str) -> None:
    client = site.signed_in(Role.SEE, ONLY_MJ, "Ada of one")
    text = client.get(f"/reports/page?period=all&format={form}&by=account").text
    assert len(text) > 100
    assert "partner" not in text
    whole = site.signed_in(Role.SEE).get(f"/reports/page?period=all&format={form}&by=account")
    assert "partner" in whole.text  # nor is the one of another scope kept for them
    refused = client.get("/reports/page?account=partner")
    assert refused.status_code == 400
    assert "There is no account" in refused.text


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("from=yesterdayish", "is not a date."),
        ("from=2026-03-02&to=2026-03-01", "The last day is before the first."),
        ("period=7d&from=2026-03-01", "A period is chosen, and days are typed, too."),
        ("period=days&from=0001-01-01", "is not a year from"),
        ("period=days&to=9999-12-31", "is not a year from"),
        ("period=days&from=2027-01-01", "These days are yet to come."),
        ("period=decade", "There is no such period."),
        ("by=nothing", "There is no such table."),
        ("format=exe", "There is no such format."),
        ("campaign=nothing", "There is no campaign"),
        ("account=%3Cscript%3E", "There is no account"),
    ],
)
def test_a_report_that_cannot_be_is_refused_with_the_form(
    site: WebSite, query: str, words: str
) -> None:
    answer = site.signed_in(Role.SEE).get(f"/reports/page?{query}")
    assert answer.status_code == 400
    assert words in answer.text
    assert "<h1>Reports</h1>" in answer.text
    assert "<script>" not in answer.text


@pytest.mark.parametrize(
    ("query", "posts"),
    [
        ("period=month", 1),
        ("period=days&from=2026-03-02&to=2026-03-02", 1),
        ("from=2026-03-02", 1),
        ("period=days&to=2026-03-01", 0),
        ("period=all", 1),
        ("campaign=people&account=mj&period=all", 1),
    ],
)
def test_the_days_are_those_of_the_address(site: WebSite, query: str, posts: int) -> None:
    csv = site.signed_in(Role.SEE).get(f"/reports/page?{query}&format=csv").text
    assert csv.count("\n") == 1 + posts


def test_ten_readers_make_one(site: WebSite, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []

    def counted(*args: object, **named: object) -> str:
        made.append("one")
        return write_report(*args, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(reports, "write_report", counted)
    clients = [site.signed_in(Role.SEE) for _ in range(10)]
    answers = at_once(10, lambda number: clients[number].get("/reports/page?period=30d"))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1
    assert len(made) <= 2  # one more if a session was written in between


def test_a_slow_report_does_not_block_another_page(
    site: WebSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go = Event(), Event()

    def slow(*_: object, **__: object) -> str:
        begun.set()
        assert go.wait(30)
        return "made"

    monkeypatch.setattr(reports, "write_report", slow)
    client, other = site.signed_in(Role.SEE), site.signed_in(Role.SEE)
    found: list[str] = []
    reader = Thread(target=lambda: found.append(client.get("/reports/page").text))
    reader.start()
    assert begun.wait(20)
    assert other.get("/").status_code == 200
    go.set()
    reader.join(20)
    assert found == ["made"]


def test_a_new_figure_makes_a_new_report(site: WebSite, loop: AppHarness) -> None:
    client = site.signed_in(Role.SEE)
    before = client.get("/reports/page?period=all&format=csv").text
    loop.add("another", due=loop.clock.now(), content=text_content("Something else"))
    loop.drive(minutes=5)
    after = client.get("/reports/page?period=all&format=csv").text
    assert after.count("\n") == before.count("\n") + 1
