"""The audit log in the control room, over HTTP."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from helpers.clock import NOW
from sqlalchemy import text

from bot.database.audit import read_entries, read_seal, record
from bot.model import Role, Scope

if TYPE_CHECKING:
    from helpers.web import WebSite

ONLY_MJ = Scope(frozenset({"mj"}), None)


def note(site: WebSite, subject: str, who: str = "Ana", what: str = "drop", **detail: Any) -> None:
    record(site.app.database, who, what, subject, detail, site.clock.now())
    site.clock.advance(seconds=5)


def test_a_page_has_who_did_what_in_the_zone_of_the_reader(site: WebSite) -> None:
    site.add("hart")
    note(site, "people/hart/mj/once", state="scheduled")
    client = site.signed_in(Role.SEE)
    page = client.get("/log").text
    time = f'<time datetime="{NOW.isoformat()}">{NOW:%Y-%m-%d %H:%M:%S}</time>'
    assert f'<td role="cell">{time}</td>' in page
    assert "Times are in UTC." in page
    assert '<a href="/posts/people/hart?at=once"><bdi>people/hart</bdi></a>' in page
    assert "state: scheduled" in page
    berlin = client.get("/log?zone=Europe/Berlin").text
    assert f"{NOW + timedelta(hours=1):%Y-%m-%d %H:%M:%S}" in berlin
    assert "Times are in Europe/Berlin." in berlin


def test_a_search_is_kept_in_the_address_of_pages_and_files(site: WebSite) -> None:
    for number in range(101):
        note(site, f"thing {number}", who="Ana & Ben")
    page = site.signed_in(Role.SEE).get("/log?who=Ana+%26+Ben&from=2026-03-01").text
    assert page.count('<tr role="row"><td') == 100
    assert '<option value="Ana &amp; Ben" selected>' in page
    assert 'href="/log?who=Ana+%26+Ben&amp;from=2026-03-01&amp;before=' in page
    assert 'href="/log/export?who=Ana+%26+Ben&amp;from=2026-03-01&amp;format=csv"' in page
    older = page.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    last = site.signed_in(Role.SEE).get(older).text
    assert last.count('<tr role="row"><td') == 1
    assert "thing 0<" in last


@pytest.mark.parametrize(
    "query", ["from=someday", "to=9999-12-31", "from=2026-03-02&to=2026-03-01"]
)
def test_days_that_cannot_be_are_refused_with_the_page(site: WebSite, query: str) -> None:
    answer = site.signed_in(Role.SEE).get(f"/log?{query}")
    assert answer.status_code == 400
    assert "W202" in answer.text
    assert site.signed_in(Role.SEE).get(f"/log/export?{query}").status_code == 409


@pytest.mark.parametrize("before", ["0", "99999999999999999", "-1", "x", "9" * 40])
def test_a_place_that_does_not_exist_is_no_mistake(site: WebSite, before: str) -> None:
    assert site.signed_in(Role.SEE).get(f"/log?before={before}").status_code == 200


def test_marks_of_direction_and_markup_are_only_shown(site: WebSite) -> None:
    evil = "<script>alert(1)</script>\u202egnp.exe"
    note(site, evil, who=evil, what=evil, reason=evil)
    for path in ("/log", "/log?about=%3Cscript%3E"):
        page = site.signed_in(Role.SEE).get(path).text
        assert "<script>alert" not in page
        assert "\u202e" not in page


def test_a_form_without_the_role_for_it_is_in_the_log(site: WebSite) -> None:
    client = site.signed_in(Role.SEE)
    assert client.post("/pauses/pause", data={"what": "all"}).status_code == 403
    assert client.get("/people").status_code == 403  # somebody only looked
    [entry] = [of for of in read_entries(site.app.database) if of.what == "not allowed"]
    assert (entry.who, entry.subject) == ("See Person", "/pauses/pause")
    assert entry.detail == {"from": "127.0.0.1"}


def test_button_without_fields_is_in_the_log_too(site: WebSite) -> None:
    client = site.signed_in(Role.SEE)
    form = {"content-type": "application/x-www-form-urlencoded"}
    assert client.post("/people/1/remove", headers=form).status_code == 403
    [entry] = [of for of in read_entries(site.app.database) if of.what == "not allowed"]
    assert entry.subject == "/people/{number}/remove"


# --- Limited people -------------------------------------------------------------------------------


def test_a_partner_sees_and_exports_only_their_part(site: WebSite) -> None:
    for account in ("mj", "mj-m"):
        site.add(f"of-{account}", account=account)
        note(site, f"people/of-{account}/{account}/once", who=f"Person of {account}.")
    client = site.signed_in(Role.SEE, ONLY_MJ, "Partner")
    for path in ("/log", "/log/export?format=csv", "/log/export?format=jsonl"):
        found = client.get(path).text
        assert "people/of-mj" in found, path
        assert "of-mj-m" not in found, path
        assert "Person of mj-m" not in found, path


def test_a_partner_cannot_check_the_whole_log(site: WebSite) -> None:
    answer = site.signed_in(Role.SEE, ONLY_MJ, "Partner").get("/log/verify")
    assert answer.status_code == 403
    assert read_seal(site.app.database)[1] not in answer.text
    assert "/log/verify" not in site.signed_in(Role.SEE, ONLY_MJ, "Partner").get("/log").text


# --- Check and export -----------------------------------------------------------------------------


def test_the_check_shows_the_seal_and_changes_nothing(site: WebSite) -> None:
    note(site, "thing")
    client = site.signed_in(Role.SEE)
    before = read_entries(site.app.database)
    answer = client.get("/log/verify")
    count, seal = read_seal(site.app.database)
    assert answer.status_code == 200
    assert f"intact: {count} records" in answer.text
    assert seal in answer.text
    assert read_entries(site.app.database) == before


def test_a_changed_log_is_said_with_its_place(site: WebSite) -> None:
    note(site, "thing")
    client = site.signed_in(Role.SEE)
    assert client.get("/log/verify").status_code == 200
    with site.app.database.writing() as connection:
        connection.execute(text("UPDATE audit SET who = 'Eve' WHERE subject = 'thing'"))
    answer = client.get("/log/verify")
    assert answer.status_code == 409
    assert "The audit log is broken at record" in answer.text
    assert "Compare it with a backup" in answer.text


def test_the_export_is_a_file_of_the_search(site: WebSite) -> None:
    note(site, "one", who="Ana")
    note(site, "two", who="Ben")
    client = site.signed_in(Role.SEE)
    answer = client.get("/log/export?format=jsonl&who=Ana")
    assert answer.headers["content-disposition"] == 'attachment; filename="log-2026-03-02.jsonl"'
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert [json.loads(line)["subject"] for line in answer.text.splitlines()] == ["one"]
    sheet = client.get("/log/export?who=Ben")
    assert sheet.headers["content-type"].startswith("text/csv")
    assert sheet.text.splitlines()[0] == "id,at,who,what,subject,detail"
    assert len(sheet.text.splitlines()) == 2
