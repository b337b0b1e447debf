"""The pages of people: an administrator changes others, and everybody their own account."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest
from helpers.passwords import cheap_hashes
from helpers.web import PASSWORD

from bot.database import audit
from bot.model import EVERYTHING, Role, Scope
from bot.services import people

if TYPE_CHECKING:
    import httpx
    from helpers.web import WebSite

ALL = {"accounts": "all", "campaigns": "all"}
LIMITED = Scope(frozenset({"mj"}), None)
NEW = "seven green ferries"
FORM = {"content-type": "application/x-www-form-urlencoded"}


@pytest.fixture(autouse=True)
def _cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    cheap_hashes(monkeypatch)


def add(
    site: WebSite, name: str = "Ana", role: Role = Role.APPROVE, scope: Scope = EVERYTHING
) -> int:
    view = people.add_user(site.app, name, role, "the test", scope, PASSWORD)
    return view.number


def press(client: httpx.Client, path: str) -> httpx.Response:
    """Send a form without fields, as a browser does."""
    return client.post(path, content="", headers=FORM)


def logged(site: WebSite, what: str) -> list[tuple[str, str]]:
    return [(of.who, of.subject) for of in audit.read_entries(site.app.database) if of.what == what]


def names(site: WebSite) -> list[str]:
    return [person.name for person in people.list_users(site.app)]


# --- The pages of an administrator ----------------------------------------------------------------


def test_everybody_is_listed_with_role_and_limits(site: WebSite) -> None:
    number = add(site, "Ana", Role.SEE, LIMITED)
    add(site, "Gone")
    people.remove_user(site.app, "Gone", "the test")
    page = site.signed_in().get("/people").text
    assert f'href="/people/{number}"' in page
    assert "see, only <bdi>accounts mj</bdi>" in page
    assert "Gone" in page.partition("Removed")[2]


def test_one_person_has_a_form_for_each_change(site: WebSite) -> None:
    number, admin = add(site, "Ana", Role.SEE, LIMITED), site.signed_in()
    page = admin.get(f"/people/{number}").text
    for act in ("role", "limits", "password", "link", "sign-out", "remove"):
        assert f'action="/people/{number}/{act}"' in page
    assert 'name="account" value="mj" checked' in page
    assert 'name="account" value="mj-m">' in page
    own = admin.get("/people/2").text
    assert "This is you." in own
    assert "<form" not in own


def test_a_person_is_added_with_a_phrase_that_is_shown_once(site: WebSite) -> None:
    admin = site.signed_in()
    answer = admin.post("/people/add", data={"name": "Ana", "role": "approve", **ALL})
    assert answer.status_code == 200
    found = re.search(r"<bdi>((?:[a-z]+ ){5}[a-z]+)</bdi>", answer.text)
    assert found
    assert people.sign_in(site.app, "Ana", found[1], "")
    assert found[1] not in admin.get("/people").text
    assert logged(site, "user added")[-1] == ("Admin Person", "Ana")


def test_a_person_is_added_with_limits(site: WebSite) -> None:
    form = {"name": "Pat", "role": "see", "accounts": "some", "account": "mj", "campaigns": "all"}
    assert site.signed_in().post("/people/add", data=form).status_code == 200
    assert people.find_user(site.app, "Pat").scope == LIMITED


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"name": "Ana", "role": "approve", "accounts": "some", "campaigns": "all"}, "U111"),
        ({"name": "Ana", "role": "owner", **ALL}, "W102"),
        ({"name": "", "role": "see", **ALL}, "U102"),
        ({"name": "ben", "role": "see", **ALL}, "U101"),
        ({"name": "Ana", "role": "see", **ALL, "accounts": "some", "account": "nothing"}, "G106"),
    ],
)
def test_a_form_that_says_too_little_adds_nobody(
    site: WebSite, form: dict[str, str], code: str
) -> None:
    add(site, "Ben")
    answer = site.signed_in().post("/people/add", data=form)
    assert answer.status_code == 409
    assert code in answer.text
    assert names(site) == ["Ben", "Admin Person"]


def test_role_limits_and_password_are_changed_and_end_the_session(site: WebSite) -> None:
    number, admin = add(site), site.signed_in()
    for path, form in (
        ("role", {"role": "run", "shown": "approve"}),
        ("limits", {"accounts": "some", "account": "mj", "campaigns": "all", "shown": ""}),
        ("password", {}),
        ("sign-out", {}),
    ):
        theirs = site.signed_in(name="Ana")
        assert theirs.get("/me").status_code == 200
        url = f"/people/{number}/{path}"
        answer = admin.post(url, content=urlencode(form), headers=FORM)
        assert answer.status_code == 200, answer.text
        assert theirs.get("/me").status_code == 303
    user = people.find_user(site.app, "Ana")
    assert (user.role, user.scope) == (Role.RUN, LIMITED)
    assert people.sign_in(site.app, "Ana", PASSWORD, "") is None


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("role", {"role": "admin", "shown": "see"}),
        ("limits", {**ALL, "shown": "accounts mj"}),
    ],
)
def test_a_stale_form_changes_nothing(site: WebSite, path: str, form: dict[str, str]) -> None:
    number = add(site)
    answer = site.signed_in().post(f"/people/{number}/{path}", data=form)
    assert (answer.status_code, "U109" in answer.text) == (409, True)
    assert people.find_user(site.app, "Ana").role is Role.APPROVE


def test_a_link_signs_its_person_in(site: WebSite) -> None:
    number = add(site)
    answer = press(site.signed_in(), f"/people/{number}/link")
    [path] = re.findall(rf"{re.escape(site.url)}(/link/[\w-]+)", answer.text)
    theirs = site.client()
    assert press(theirs, path).status_code == 303
    assert "Ana" in theirs.get("/me").text


def test_a_removed_person_is_gone_at_once(site: WebSite) -> None:
    number, theirs = add(site), site.signed_in(name="Ana")
    admin = site.signed_in()
    assert press(admin, f"/people/{number}/remove").status_code == 200
    assert theirs.get("/").status_code == 303
    assert press(admin, f"/people/{number}/remove").status_code == 404
    assert admin.get(f"/people/{number}").status_code == 404


@pytest.mark.parametrize("path", ["role", "limits", "password", "remove"])
def test_an_administrator_changes_nothing_about_themselves(site: WebSite, path: str) -> None:
    """There is always one left who can sign in."""
    admin = site.signed_in()
    number = people.list_users(site.app)[0].number
    form = {"role": "see", "shown": "admin", **ALL}
    answer = admin.post(f"/people/{number}/{path}", data=form)
    assert (answer.status_code, "U110" in answer.text) == (409, True)
    assert people.find_user(site.app, "Admin Person").role is Role.ADMIN


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/people"),
        ("GET", "/people/1"),
        ("POST", "/people/add"),
        *(("POST", f"/people/1/{act}") for act in ("role", "limits", "password", "remove")),
        *(("POST", f"/people/1/{act}") for act in ("link", "sign-out")),
    ],
)
def test_a_limited_administrator_manages_nobody(site: WebSite, method: str, path: str) -> None:
    """Otherwise a partner could give themselves everything, by a link for another person."""
    add(site)
    partner = site.signed_in(Role.ADMIN, LIMITED, "Pat")
    form = {"name": "Eve", "role": "admin", "shown": "approve", **ALL}
    answer = partner.request(method, path, data=form)
    assert (answer.status_code, "U108" in answer.text) == (409, True)
    assert names(site) == ["Ana", "Pat"]
    assert people.find_user(site.app, "Ana").role is Role.APPROVE


@pytest.mark.parametrize("number", ["99", "0", "-1", "x", "1 OR 1=1", "9" * 50])
def test_an_unknown_person_has_no_page(site: WebSite, number: str) -> None:
    assert site.signed_in().get(f"/people/{number}").status_code == 404


# --- One's own account ----------------------------------------------------------------------------


def sign_in(site: WebSite, password: str = PASSWORD, name: str = "Ana") -> httpx.Client:
    client = site.client()
    answer = client.post("/sign-in", data={"name": name, "password": password})
    assert answer.status_code == 303, answer.text
    return client


def test_a_person_sees_their_own_sessions(site: WebSite) -> None:
    add(site)
    first, second = sign_in(site), sign_in(site)
    page = first.get("/me").text
    assert page.count("This device") == 1
    assert page.count("Another device") == 1
    assert press(second, "/me/sign-out").status_code == 200
    assert first.get("/me").status_code == second.get("/me").status_code == 303
    assert logged(site, "signed out everywhere") == [("Ana", "Ana")]


def test_a_password_is_changed_with_the_current_one(site: WebSite) -> None:
    add(site)
    client, other = sign_in(site), sign_in(site)
    form = {"current": PASSWORD, "new": NEW, "again": NEW}
    answer = client.post("/me/password", data=form)
    assert answer.status_code == 200
    assert "Your password was changed" in answer.text
    assert client.get("/me").status_code == other.get("/me").status_code == 303
    assert people.sign_in(site.app, "Ana", PASSWORD, "") is None
    sign_in(site, NEW)
    assert logged(site, "user password") == [("Ana", "Ana")]


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"current": "wrong", "new": NEW, "again": NEW}, "U107"),
        ({"new": NEW, "again": NEW}, "U107"),
        ({"current": PASSWORD, "new": NEW, "again": f"{NEW} "}, "U106"),
        ({"current": PASSWORD, "new": "short", "again": "short"}, "U105"),
        (
            {"current": PASSWORD, "new": "Ana Ana Ana Ana Ana", "again": "Ana Ana Ana Ana Ana"},
            "U105",
        ),
    ],
)
def test_a_password_that_is_not_meant_is_not_changed(
    site: WebSite, form: dict[str, str], code: str
) -> None:
    add(site)
    client = sign_in(site)
    answer = client.post("/me/password", data=form)
    assert (answer.status_code, code in answer.text) == (409, True)
    assert client.get("/me").status_code == 200
    assert people.sign_in(site.app, "Ana", PASSWORD, "")


def test_guesses_of_the_current_password_are_slowed(site: WebSite) -> None:
    add(site)
    client = sign_in(site)
    form = {"current": "wrong", "new": NEW, "again": NEW}
    codes = [client.post("/me/password", data=form).status_code for _ in range(7)]
    assert codes[0] == 409
    assert codes[-1] == 429
    assert client.post("/me/password", data={**form, "current": PASSWORD}).status_code == 429


def test_who_has_no_password_sets_one_without(site: WebSite) -> None:
    client = site.signed_in(Role.SEE, name="Ana")  # added without a password
    assert "Current password" not in client.get("/me").text
    assert client.post("/me/password", data={"new": NEW, "again": NEW}).status_code == 200
    sign_in(site, NEW)


def test_a_feed_is_made_read_and_revoked(site: WebSite) -> None:
    client = site.signed_in(Role.SEE)
    assert "You have none." in client.get("/me").text
    answer = press(client, "/me/feed")
    [path] = re.findall(rf"{re.escape(site.url)}(/calendar/feed/[\w-]+\.ics)", answer.text)
    assert site.client().get(path).text.startswith("BEGIN:VCALENDAR")
    page = client.get("/me").text
    assert "You made one at" in page
    assert path.rpartition("/")[2] not in page
    assert press(client, "/me/feed/revoke").status_code == 200
    assert site.client().get(path).status_code == 404


def test_a_feed_shows_no_more_than_its_person_sees(site: WebSite) -> None:
    site.add("hart", account="mj")
    site.add("ring", account="mj-m", platform="mastodon")
    client = site.signed_in(Role.SEE, LIMITED, "Pat")
    answer = press(client, "/me/feed")
    [path] = re.findall(rf"{re.escape(site.url)}(/calendar/feed/[\w-]+\.ics)", answer.text)
    feed = site.client().get(path).text
    assert "people/hart" in feed or "hart" in feed
    assert "ring" not in feed
