from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest
from helpers.web import serve_site

from bot.model import Role
from bot.web.protection import POLICY, Addresses

if TYPE_CHECKING:
    from pathlib import Path

    import httpx
    from helpers.web import WebSite

PAUSE = {"what": "all", "why": "a test"}


def raw(site: WebSite, request: str) -> str:
    """Send bytes that no client library would send, and return the answer."""
    with socket.create_connection(("127.0.0.1", site.addresses.port), 10) as connection:
        connection.sendall(request.encode())
        connection.settimeout(10)
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
            if b"Today</a>" in answer or answer.startswith(b"HTTP/1.1 3"):
                break
    return answer.decode(errors="replace")


def with_headers(site: WebSite, headers: dict[str, str | None]) -> httpx.Client:
    """Return the client of a person who may pause; it sends no header whose value is None."""
    client = site.signed_in(Role.RUN)
    for name, value in headers.items():
        if value is None:
            del client.headers[name]
        else:
            client.headers[name] = value
    return client


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://evil.example"},
        {"origin": "null", "sec-fetch-site": None},
        {"origin": "null", "sec-fetch-site": "cross-site"},
        {"origin": "null", "sec-fetch-site": "none"},
        {"origin": "http://127.0.0.1:1"},
        {"origin": "https://evil.example", "sec-fetch-site": "same-origin"},
        {"origin": None, "sec-fetch-site": None},
        {"origin": None, "sec-fetch-site": "nonsense"},
    ],
    ids=str,
)
def test_form_from_elsewhere_changes_nothing(site: WebSite, headers: dict[str, str | None]) -> None:
    client = with_headers(site, headers)
    answer = client.post("/pauses/pause", data=PAUSE)
    assert answer.status_code == 403
    assert "nothing was done" in answer.text
    assert site.app.queue.pauses() == []


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "same-origin"},
        {"sec-fetch-site": "same-origin", "origin": "null"},
        {"sec-fetch-site": "same-origin", "origin": None},
        {"sec-fetch-site": "none"},
        {"sec-fetch-site": None},
    ],
    ids=str,
)
def test_form_of_an_own_page_is_accepted(site: WebSite, headers: dict[str, str | None]) -> None:
    client = with_headers(site, headers)
    assert client.post("/pauses/pause", data=PAUSE).status_code == 200
    assert [pause.scope for pause in site.app.queue.pauses()] == ["all"]


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1:1", "localhost", ""])
def test_other_hosts_get_no_page(site: WebSite, host: str) -> None:
    answer = site.client().get("/sign-in", headers={"host": host})
    assert answer.status_code == 400


def test_host_cannot_change_which_page_is_asked(site: WebSite) -> None:
    """A host with a path in it once changed ``request.url`` in Starlette."""
    host = f"127.0.0.1:{site.addresses.port}/sign-in?"
    answer = raw(site, f"GET /pauses HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")
    assert answer.startswith("HTTP/1.1 400")


def test_two_hosts_get_no_page(site: WebSite) -> None:
    host = f"127.0.0.1:{site.addresses.port}"
    request = f"GET / HTTP/1.1\r\nHost: {host}\r\nHost: evil.example\r\nConnection: close\r\n\r\n"
    assert raw(site, request).startswith("HTTP/1.1 400")


@pytest.mark.parametrize("path", ["/sign-in", "/", "/nowhere", "/static/style.css", "/link/wrong"])
def test_every_answer_has_the_headers(site: WebSite, path: str) -> None:
    headers = site.client().get(path).headers
    assert headers["content-security-policy"] == POLICY
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-frame-options"] == "DENY"
    assert "strict-transport-security" not in headers
    assert "server" not in headers


def test_pages_are_kept_by_no_cache(site: WebSite) -> None:
    assert site.signed_in().get("/").headers["cache-control"] == "no-store"


def test_policy_allows_nothing_inline_and_nothing_from_outside() -> None:
    assert "unsafe" not in POLICY
    assert "http" not in POLICY
    assert POLICY.startswith("default-src 'none'")


def test_other_sites_cannot_read_or_embed_a_page(site: WebSite) -> None:
    client = site.signed_in()
    headers = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"}
    assert client.get("/", headers={**headers, "sec-fetch-dest": "image"}).status_code == 403
    framed = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
    assert client.get("/", headers={**framed, "sec-fetch-dest": "iframe"}).status_code == 403


def test_link_from_a_chat_opens_a_page(site: WebSite) -> None:
    headers = {
        "sec-fetch-site": "cross-site",
        "sec-fetch-mode": "navigate",
        "sec-fetch-dest": "document",
    }
    assert site.signed_in().get("/inbox", headers=headers).status_code == 200


def test_body_of_ten_megabytes_is_refused(site: WebSite) -> None:
    client = site.signed_in(Role.RUN)
    answer = client.post("/pauses/pause", data={"what": "all", "why": "x" * 10_000_000})
    assert answer.status_code == 413
    assert "Nothing was done" in answer.text
    assert site.app.queue.pauses() == []


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        ("what=all&why=" + "x" * 5000, "application/x-www-form-urlencoded", 400),
        ("&".join(f"a{n}=1" for n in range(600)), "application/x-www-form-urlencoded", 400),
        ("what=all&why=%00", "application/x-www-form-urlencoded", 400),
        ("what=all&why=%ff", "application/x-www-form-urlencoded", 400),
        ("what=all&why=%E2%80%AEx", "application/x-www-form-urlencoded", 400),
        ('{"what": "all"}', "application/json", 415),
        ("what=all", "text/plain", 415),
        ("--x\r\n\r\n--x--", "multipart/form-data; boundary=x", 415),
    ],
)
def test_form_that_cannot_be_read_gets_one_clear_page(
    site: WebSite, content: str, kind: str, status: int
) -> None:
    client = site.signed_in(Role.RUN)
    answer = client.post("/pauses/pause", content=content, headers={"content-type": kind})
    assert answer.status_code == status
    assert "<h1>" in answer.text
    assert site.app.queue.pauses() == []


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_other_methods_do_nothing(site: WebSite, method: str) -> None:
    assert site.signed_in().request(method, "/pauses/pause").status_code == 405


def test_get_of_a_form_changes_nothing(site: WebSite) -> None:
    assert site.signed_in().get("/pauses/pause?what=all").status_code == 405
    assert site.app.queue.pauses() == []


@pytest.mark.parametrize(
    "path",
    [
        "/static/../server.py",
        "/static/%2e%2e%2fserver.py",
        "/static/..%5cserver.py",
        "//evil.example/",
        "/%00",
        "/x" * 2000,
    ],
)
def test_paths_lead_to_no_other_file(site: WebSite, path: str) -> None:
    host = f"127.0.0.1:{site.addresses.port}"
    answer = raw(site, f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")
    assert answer.split(" ", 2)[1] in {"400", "404"}
    assert "import" not in answer


def test_declared_origin_is_a_known_host_and_gets_secure_cookies(tmp_path: Path) -> None:
    with serve_site(tmp_path, origin="https://desk.example") as site:
        client = site.signed_in(Role.RUN)
        client.headers.update({"host": "desk.example", "origin": "https://desk.example"})
        answer = client.post("/pauses/pause", data=PAUSE)
        assert answer.status_code == 200
        assert answer.headers["strict-transport-security"].startswith("max-age=")
        out = client.post("/sign-out", data={"x": "y"})
        assert "__Host-groundswell=" in out.headers["set-cookie"]
        assert "Secure" in out.headers["set-cookie"]


def test_addresses_are_those_of_this_machine_and_the_declared_origin() -> None:
    addresses = Addresses(8080, "https://desk.example:8443")
    assert addresses.hosts == {
        "127.0.0.1:8080",
        "localhost:8080",
        "[::1]:8080",
        "desk.example:8443",
    }
    assert "http://desk.example:8443" not in addresses.origins
    assert addresses.base == "https://desk.example:8443"
    assert Addresses(80, "").hosts >= {"127.0.0.1", "localhost"}
