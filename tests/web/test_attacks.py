"""Attacks on people and their sessions. ``test_protection`` and ``test_signin`` have more."""

from __future__ import annotations

import hashlib
import socket
from typing import TYPE_CHECKING

import pytest
from helpers.store import at_once
from helpers.web import PASSWORD, serve_site
from sqlalchemy import select

from bot.database.access_tables import sessions
from bot.model import Role, Scope
from bot.services import people

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import httpx
    from helpers.web import WebSite

COOKIE = "groundswell"
FORM = {"x": "y"}
NAMES = ("Ana", "Ben", "Chidi", "Dolores", "Ewa", "Farid")


def add(site: WebSite, name: str = "Ana", role: Role = Role.RUN) -> str:
    """Add a person, and return the token of a session of theirs."""
    people.add_user(site.app, name, role, "the test", password=PASSWORD)
    return people.open_session(site.app, people.find_user(site.app, name))


def with_cookie(site: WebSite, value: str) -> httpx.Client:
    client = site.client()
    client.headers["cookie"] = f"{COOKIE}={value}"
    return client


def is_inside(site: WebSite, token: str) -> bool:
    return with_cookie(site, token).get("/").status_code == 200


# --- Tokens ---------------------------------------------------------------------------------------

ENDINGS: dict[str, Callable[[WebSite], object]] = {
    "signed out everywhere": lambda site: people.end_sessions(
        site.app, people.find_user(site.app, "Ana"), "Ana"
    ),
    "removed": lambda site: people.remove_user(site.app, "Ana", "Boss"),
    "another role": lambda site: people.change_role(site.app, "Ana", Role.SEE, "Boss"),
    "limited": lambda site: people.change_scope(
        site.app, "Ana", Scope(frozenset({"mj"}), None), "Boss"
    ),
    "another password": lambda site: people.set_password(
        site.app, "Ana", f"{PASSWORD} twice", "Boss"
    ),
    "a day later": lambda site: site.clock.advance(hours=25),
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_old_session_opens_nothing_after(site: WebSite, ending: str) -> None:
    token = add(site)
    assert is_inside(site, token)
    ENDINGS[ending](site)
    assert not is_inside(site, token)


@pytest.mark.parametrize("ending", ["removed", "another role", "another password"])
def test_old_link_opens_nothing_after(site: WebSite, ending: str) -> None:
    add(site)
    token = people.create_link(site.app, "Ana", "Boss").token
    ENDINGS[ending](site)
    assert site.client().post(f"/link/{token}", data=FORM).status_code == 410


def test_tokens_of_one_kind_are_of_no_use_as_another(site: WebSite) -> None:
    session = add(site)
    link = people.create_link(site.app, "Ana", "Boss").token
    feed = people.create_feed(site.app, people.find_user(site.app, "Ana"))
    assert not is_inside(site, link)
    assert not is_inside(site, feed)
    for token in (session, feed):
        assert site.client().post(f"/link/{token}", data=FORM).status_code == 410


def test_stolen_database_holds_no_usable_token(site: WebSite) -> None:
    add(site)
    kept = [row.hash for row in site.app.database.read(select(sessions.c.hash))]
    assert kept
    for stolen in kept:
        assert not is_inside(site, stolen if isinstance(stolen, str) else stolen.hex())


@pytest.mark.parametrize(
    "value",
    [
        "",
        "x",
        "../../etc/passwd",
        "' OR 1=1 --",
        "a" * 3000,
        "%00",
        "0" * 43,
        "null",
        "a; groundswell=b",
    ],
)
def test_made_up_token_opens_nothing(site: WebSite, value: str) -> None:
    add(site)
    assert with_cookie(site, value).get("/").status_code in {303, 400}


def test_token_counts_in_the_cookie_only(site: WebSite) -> None:
    token = add(site)
    client = site.client()
    assert client.get(f"/?{COOKIE}={token}").status_code == 303
    assert client.get("/", headers={"authorization": f"Bearer {token}"}).status_code == 303
    assert client.get("/", headers={"x-groundswell": token}).status_code == 303


def test_cookie_of_another_name_is_not_read(tmp_path: Path) -> None:
    """A page on another port of this machine could set the name without the prefix."""
    with serve_site(tmp_path, origin="https://room.example") as site:
        token = add(site)
        client = with_cookie(site, token)
        client.headers["host"] = "room.example"
        assert client.get("/").status_code == 303


def test_page_of_a_session_never_shows_its_token(site: WebSite) -> None:
    token = add(site)
    digest = hashlib.sha256(token.encode()).hexdigest()
    for path in ("/", "/inbox", "/pauses"):
        page = with_cookie(site, token).get(path).text
        assert token not in page
        assert digest not in page


# --- Races ----------------------------------------------------------------------------------------


def test_one_of_many_who_use_a_link_at_once_gets_in(site: WebSite) -> None:
    add(site)
    token = people.create_link(site.app, "Ana", "Boss").token
    clients = [site.client() for _ in range(8)]
    codes = at_once(8, lambda n: clients[n].post(f"/link/{token}", data=FORM).status_code)
    assert sorted(codes) == [303, *[410] * 7]


def test_pausing_at_once_makes_one_pause(site: WebSite) -> None:
    clients = [site.signed_in(Role.RUN, name=name) for name in NAMES]
    data = {"what": "all", "why": "a race"}
    codes = at_once(6, lambda n: clients[n].post("/pauses/pause", data=data).status_code)
    assert codes == [200] * 6
    assert len(site.app.queue.pauses()) == 1


def test_resuming_at_once_ends_it_once(site: WebSite) -> None:
    clients = [site.signed_in(Role.RUN, name=name) for name in NAMES]
    clients[0].post("/pauses/pause", data={"what": "all", "why": "a race"})
    codes = at_once(
        6, lambda n: clients[n].post("/pauses/resume", data={"what": "all"}).status_code
    )
    assert sorted(codes) == [200, *[409] * 5]
    assert site.app.queue.pauses() == []


# --- Headers --------------------------------------------------------------------------------------


@pytest.mark.parametrize("header", ["x-http-method-override", "x-method-override", "x-http-method"])
def test_get_stays_a_get(site: WebSite, header: str) -> None:
    client = site.signed_in(Role.RUN)
    assert client.get("/pauses", headers={header: "POST"}).status_code == 200
    assert site.app.queue.pauses() == []


@pytest.mark.parametrize(
    "target", ["/%0d%0aset-cookie:%20x=y", "/\r\nset-cookie: x=y", "/\u2028", "/%5Cevil.example"]
)
def test_page_to_go_to_adds_no_header(site: WebSite, target: str) -> None:
    add(site)
    answer = site.client().post(
        "/sign-in", data={"name": "Ana", "password": PASSWORD, "next": target}
    )
    assert "x=y" not in str(answer.headers.get_list("set-cookie"))
    assert answer.headers.get("location", "/").isprintable()


def test_other_forwarded_host_is_ignored(site: WebSite) -> None:
    headers = {"x-forwarded-host": "evil.example", "forwarded": "host=evil.example"}
    answer = site.client().get("/inbox", headers=headers)
    assert answer.headers["location"].startswith("/sign-in")


def test_no_other_origin_may_read_an_answer(site: WebSite) -> None:
    answer = site.signed_in().get("/", headers={"origin": "https://evil.example"})
    assert not [name for name in answer.headers if name.startswith("access-control")]


def test_address_that_guesses_cannot_pretend_to_be_others(site: WebSite) -> None:
    add(site)
    client = site.client()
    codes = [
        client.post(
            "/sign-in",
            data={"name": "Ana", "password": f"wrong {n}"},
            headers={"x-forwarded-for": f"10.0.0.{n}"},
        ).status_code
        for n in range(8)
    ]
    assert codes[-1] == 429


def test_proxy_names_the_readers_address_and_nobody_else_does(tmp_path: Path) -> None:
    """A reader can send the header too. Only the last address, which the proxy adds, counts."""
    with serve_site(tmp_path, origin="https://room.example") as site:
        add(site)
        client = site.client()
        client.headers.update({"host": "room.example", "origin": "https://room.example"})
        codes = [
            client.post(
                "/sign-in",
                data={"name": "Ana", "password": f"wrong {n}"},
                headers={"x-forwarded-for": f"10.0.0.{n}, 203.0.113.9"},
            ).status_code
            for n in range(8)
        ]
        assert codes[-1] == 429
        other = client.post(
            "/sign-in",
            data={"name": "Ana", "password": PASSWORD},
            headers={"x-forwarded-for": "203.0.113.10"},
        )
        assert other.status_code == 303


def test_thousands_of_wrong_passwords_do_not_lock_the_owner_out(site: WebSite) -> None:
    add(site)
    client = site.client()
    codes = [
        client.post("/sign-in", data={"name": "Ana", "password": "wrong"}).status_code
        for _ in range(300)
    ]
    assert codes.count(401) == 5
    site.clock.advance(minutes=6)
    answer = client.post("/sign-in", data={"name": "Ana", "password": PASSWORD})
    assert answer.status_code == 303


@pytest.mark.parametrize(
    "headers",
    [
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n",
        "Content-Length: -1\r\n",
        "Content-Length: 5\r\nContent-Length: 6\r\n",
        "Transfer-Encoding: gzip\r\n",
        "no colon\r\n",
        "X: " + "x" * 100_000 + "\r\n",
    ],
    ids=["two lengths", "negative", "different", "encoding", "no colon", "long"],
)
def test_broken_request_is_refused_and_the_next_one_answered(site: WebSite, headers: str) -> None:
    host = f"127.0.0.1:{site.addresses.port}"
    request_text = f"POST /pauses/pause HTTP/1.1\r\nHost: {host}\r\n{headers}\r\n"
    with socket.create_connection(("127.0.0.1", site.addresses.port), 10) as connection:
        connection.settimeout(10)
        connection.sendall(request_text.encode())
        first = connection.recv(20)
    assert first == b"" or first.split()[1] in {b"400", b"403", b"431", b"501"}
    assert site.client().get("/sign-in").status_code == 200
