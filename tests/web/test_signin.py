from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest
from helpers.web import PASSWORD

from bot.database import audit
from bot.model import Role
from bot.services import people

if TYPE_CHECKING:
    import httpx
    from helpers.web import WebSite

COOKIE = "groundswell"


def add(site: WebSite, name: str = "Ana") -> None:
    people.add_user(site.app, name, Role.RUN, "the test", password=PASSWORD)


def sign_in(client: httpx.Client, name: str, password: str, **more: str) -> httpx.Response:
    return client.post("/sign-in", data={"name": name, "password": password, **more})


def test_right_password_opens_a_session(site: WebSite) -> None:
    add(site)
    client = site.client()
    answer = sign_in(client, "Ana", PASSWORD)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie
    assert client.get("/").status_code == 200


@pytest.mark.parametrize(
    ("name", "password"),
    [("Ana", "wrong password"), ("Nobody", PASSWORD), ("", ""), ("Ana", ""), ("Ana", PASSWORD * 9)],
)
def test_wrong_name_or_password_opens_none(site: WebSite, name: str, password: str) -> None:
    add(site)
    client = site.client()
    answer = sign_in(client, name, password)
    assert answer.status_code in {400, 401}
    assert "set-cookie" not in answer.headers
    assert client.get("/").status_code == 303


def test_session_is_listed_with_the_address_that_it_came_from(site: WebSite) -> None:
    add(site)
    client = site.client()
    sign_in(client, "Ana", PASSWORD)
    assert "127.0.0.1" in client.get("/me").text


def test_unknown_name_and_wrong_password_read_the_same(site: WebSite) -> None:
    add(site)
    texts = [
        sign_in(site.client(), name, "wrong").text.replace(name, "NAME") for name in ("Ana", "Bea")
    ]
    assert texts[0] == texts[1]


def test_each_sign_in_has_a_session_of_its_own(site: WebSite) -> None:
    add(site)
    client = site.client()
    client.cookies.set(COOKIE, "chosen-by-an-attacker")
    answer = sign_in(client, "Ana", PASSWORD)
    assert "chosen-by-an-attacker" not in answer.headers["set-cookie"]
    other = site.client()
    other.cookies.set(COOKIE, "chosen-by-an-attacker")
    assert other.get("/").status_code == 303


def test_signing_out_ends_the_session_on_the_server(site: WebSite) -> None:
    client = site.signed_in()
    token = client.cookies[COOKIE]
    assert client.post("/sign-out", data={"x": "y"}).status_code == 200
    again = site.client()
    again.cookies.set(COOKIE, token)
    assert again.get("/").status_code == 303


def test_session_ends_after_two_weeks_even_in_use(site: WebSite) -> None:
    client = site.signed_in()
    for _ in range(14):
        site.clock.advance(hours=23)
        assert client.get("/").status_code == 200
    site.clock.advance(hours=15)
    assert client.get("/").status_code == 303


def test_page_that_was_asked_for_follows_the_sign_in(site: WebSite) -> None:
    add(site)
    client = site.client()
    asked = client.get("/inbox").headers["location"]
    assert asked == "/sign-in?next=/inbox"
    assert 'value="/inbox"' in client.get(asked).text
    assert sign_in(client, "Ana", PASSWORD, next="/inbox").headers["location"] == "/inbox"


def test_sign_in_leads_back_to_the_very_moment_of_a_post(site: WebSite) -> None:
    """An alert names a post at one of its moments."""
    add(site)
    client = site.client()
    address = "/posts/people/daily?at=2026-03-04T09%3A00"
    asked = client.get(address).headers["location"]
    target = parse_qs(urlsplit(asked).query)["next"][0]
    assert sign_in(client, "Ana", PASSWORD, next=target).headers["location"] == address


@pytest.mark.parametrize(
    "target",
    ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "\\\\x"],
)
def test_sign_in_leads_to_no_other_site(site: WebSite, target: str) -> None:
    add(site)
    client = site.client()
    assert sign_in(client, "Ana", PASSWORD, next=target).headers["location"] == "/"


# --- Links ----------------------------------------------------------------------------------------


def test_preview_of_a_link_does_not_use_it_up(site: WebSite) -> None:
    add(site)
    token = people.create_link(site.app, "Ana", "the test").token
    for _ in range(3):
        page = site.client().get(f"/link/{token}")
        assert page.status_code == 200
        assert "set-cookie" not in page.headers
    client = site.client()
    assert client.post(f"/link/{token}", data={"x": "y"}).status_code == 303
    assert client.get("/").status_code == 200


def test_link_works_once(site: WebSite) -> None:
    add(site)
    token = people.create_link(site.app, "Ana", "the test").token
    assert site.client().post(f"/link/{token}", data={"x": "y"}).status_code == 303
    again = site.client().post(f"/link/{token}", data={"x": "y"})
    assert again.status_code == 410
    assert "set-cookie" not in again.headers
    assert site.client().get(f"/link/{token}").status_code == 410


def test_link_of_another_site_cannot_sign_anybody_in(site: WebSite) -> None:
    """Otherwise a victim would act under the attacker's name."""
    add(site)
    token = people.create_link(site.app, "Ana", "the test").token
    client = site.client()
    client.headers.update({"origin": "https://evil.example", "sec-fetch-site": "cross-site"})
    assert client.post(f"/link/{token}", data={"x": "y"}).status_code == 403


# --- Guessing -------------------------------------------------------------------------------------


def test_guessing_is_slowed_and_then_allowed_again(site: WebSite) -> None:
    add(site)
    client = site.client()
    codes = [sign_in(client, "Ana", f"wrong {n}").status_code for n in range(8)]
    assert codes == [401] * 5 + [429] * 3
    answer = sign_in(client, "Ana", PASSWORD)
    assert answer.status_code == 429
    site.clock.advance(seconds=int(answer.headers["retry-after"]))
    assert sign_in(client, "Ana", PASSWORD).status_code == 303


def test_every_sign_in_and_refusal_is_in_the_log_without_the_password(site: WebSite) -> None:
    add(site)
    sign_in(site.client(), "Ana", "a wrong password of mine")
    sign_in(site.client(), "Ana", PASSWORD)
    entries = audit.read_entries(site.app.database)
    acts = [entry.what for entry in entries]
    assert acts[-2:] == ["sign-in refused", "signed in"]
    assert all(PASSWORD not in str(entry) and "of mine" not in str(entry) for entry in entries)
