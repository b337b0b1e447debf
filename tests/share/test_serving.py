from __future__ import annotations

import http.client
import os
import socket
import sqlite3
import time
from contextlib import closing, suppress
from typing import TYPE_CHECKING, NamedTuple

import httpx
import pytest
from helpers.share_folders import FILES, LINK, PAGE, POLICY, serve_built, write_built

from bot.errors import UserError
from bot.share.counters import Counters
from bot.share.listed import LIST, REDIRECTS, BuiltFolder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from helpers.share_folders import ServedFolder

BROWSER = {"user-agent": "Mozilla/5.0 (X11; Linux) Firefox/150.0"}
OPENED = ("2026-03-02", "ours", "hart-data", "x", "", 1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a built folder."""
    return write_built(tmp_path / "public")


@pytest.fixture
def counters(tmp_path: Path) -> Iterator[Counters]:
    """Yield the counters, which ``rows`` reads."""
    counters = Counters(tmp_path / "opened.db", print)
    yield counters
    counters.close()


@pytest.fixture
def served(folder: Path, counters: Counters) -> Iterator[ServedFolder]:
    """Yield a server of the folder."""
    with serve_built(folder, counters) as running:
        yield running


def get(served: ServedFolder, path: str, **headers: str) -> httpx.Response:
    """Ask as a browser does, and follow no redirect."""
    return httpx.get(f"{served.url}{path}", headers={**BROWSER, **headers}, timeout=30)


class Answer(NamedTuple):
    """An answer, as far as the tests look at it."""

    status: int
    location: str | None
    body: bytes


def ask(served: ServedFolder, target: str, method: str = "GET") -> Answer:
    """Ask for a target just as it is, which a browser's library would tidy up."""
    with closing(http.client.HTTPConnection("127.0.0.1", served.port, timeout=30)) as connection:
        connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
        connection.putheader("Host", "anything.example")
        connection.endheaders()
        with connection.getresponse() as response:
            return Answer(response.status, response.headers["location"], response.read())


def rows(tmp_path: Path) -> list[tuple[str | int, ...]]:
    with closing(sqlite3.connect(tmp_path / "opened.db")) as connection, connection:
        return connection.execute("SELECT * FROM opened ORDER BY 1, 2, 3, 4, 5").fetchall()


# --- Files ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "file"),
    [
        ("/", "index.html"),
        ("/ours/", "ours/index.html"),
        ("/ours/index.html", "ours/index.html"),
        ("/ours/es/", "ours/es/index.html"),
        ("/ours/pictures/hart.png", "ours/pictures/hart.png"),
        ("/ours/?utm_source=x", "ours/index.html"),
    ],
)
def test_listed_files_are_served_whole(served: ServedFolder, path: str, file: str) -> None:
    answer = get(served, path)
    content = FILES[file]
    assert answer.status_code == 200
    assert answer.content == (content.encode() if isinstance(content, str) else content)
    kind = "image/png" if file.endswith("png") else "text/html; charset=utf-8"
    assert answer.headers["content-type"] == kind


def test_folder_without_its_slash_leads_to_the_page(served: ServedFolder) -> None:
    """The link is relative, because a proxy may serve the folder below another address."""
    assert get(served, "/ours/es").headers["location"] == "./es/"
    assert get(served, "/ours/es?utm_source=x&a=%0d%0a").headers["location"] == (
        "./es/?utm_source=x&a=%0d%0a"
    )
    answer = httpx.get(f"{served.url}/ours", follow_redirects=True)
    assert str(answer.url) == f"{served.url}/ours/"


@pytest.mark.parametrize("path", ["/", "/ours/", "/nowhere", "/ours/pictures/hart.png", "/ours"])
def test_every_answer_has_the_headers(served: ServedFolder, path: str) -> None:
    headers = get(served, path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-cache"
    assert headers["content-security-policy"].startswith("default-src 'none'; ")
    assert headers["content-security-policy"].endswith("frame-ancestors 'none'")
    assert {"set-cookie", "server"}.isdisjoint(headers)


def test_page_has_its_own_policy_and_cannot_be_framed(served: ServedFolder) -> None:
    policy = get(served, "/ours/").headers["content-security-policy"]
    assert policy == f"{POLICY}; frame-ancestors 'none'"


def test_policy_in_a_page_cannot_add_headers(tmp_path: Path) -> None:
    page = PAGE.replace("sha256-abc=", "x&#13;&#10;Set-Cookie: a=b").format("A", "B")
    folder = write_built(tmp_path / "public", {"index.html": page})
    with serve_built(folder) as served:
        headers = get(served, "/").headers
    assert "set-cookie" not in headers
    assert headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"


def test_head_has_the_headers_of_get(served: ServedFolder) -> None:
    for path in ("/ours/", "/ours/pictures/hart.png", "/nowhere"):
        seen, asked = get(served, path), httpx.head(f"{served.url}{path}")
        assert asked.status_code == seen.status_code
        assert asked.content == b""
        for headers in (seen.headers, asked.headers):
            headers.pop("date")
        assert asked.headers == seen.headers


@pytest.mark.parametrize("tags", ["{}", "W/{}", '"other", {}', "*"])
def test_known_version_is_not_sent_again(served: ServedFolder, tags: str) -> None:
    etag = get(served, "/ours/").headers["etag"]
    answer = get(served, "/ours/", **{"if-none-match": tags.format(etag)})
    assert (answer.status_code, answer.content) == (304, b"")
    assert answer.headers["etag"] == etag
    assert get(served, "/ours/", **{"if-none-match": '"other"'}).status_code == 200


def test_same_content_keeps_its_version_over_a_build(served: ServedFolder, folder: Path) -> None:
    before = get(served, "/ours/").headers["etag"]
    write_built(folder)
    assert get(served, "/ours/").headers["etag"] == before
    write_built(folder, {**FILES, "ours/index.html": PAGE.format("Ours", "Another")})
    assert get(served, "/ours/").headers["etag"] != before


@pytest.mark.parametrize("span", ["bytes=0-3", "bytes=5-", "bytes=-1", "bytes=0-1,3-4", "x=1"])
def test_range_gets_the_whole_file(served: ServedFolder, span: str) -> None:
    answer = get(served, "/ours/pictures/hart.png", range=span)
    assert (answer.status_code, answer.content) == (200, FILES["ours/pictures/hart.png"])


# --- What is not served ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "target",
    [
        "/nowhere",
        f"/{LIST}",
        f"/{REDIRECTS}",
        "/notes.txt",
        "/ours/pictures/",
        "/ours/pictures",
        "/../secret.txt",
        "/..%2fsecret.txt",
        "/%2e%2e/secret.txt",
        "/ours/../index.html",
        "/ours/%2e%2e/index.html",
        "/ours/..%5cindex.html",
        "/ours/./index.html",
        "//ours/index.html",
        "//evil.example/",
        "/ours//index.html",
        "/ours/index.html/",
        "/ours/index.html%00",
        "/%00",
        "/ours/index.html%00.png",
        "/%ff%fe",
        "/OURS/",
        "/" + "a/" * 3_000,
        "/%25%32%65%25%32%65/secret.txt",
        "/ours/pictures/hart.png%0d%0aSet-Cookie:%20a=b",
    ],
)
def test_nothing_else_is_there(served: ServedFolder, folder: Path, target: str) -> None:
    (folder / "notes.txt").write_text("not listed")
    (folder.parent / "secret.txt").write_text("outside")
    assert ask(served, target) == (404, None, b"There is no such page.\n")


@pytest.mark.parametrize("target", ["http://evil.example/ours/", "*", "evil.example:443"])
def test_other_forms_of_a_target_lead_nowhere(served: ServedFolder, target: str) -> None:
    answer = ask(served, target)
    assert answer.status in {400, 404}
    assert answer.location is None


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PROPFIND", "TRACE"])
def test_nothing_can_be_changed(served: ServedFolder, method: str) -> None:
    assert ask(served, "/ours/", method).status == 405


def test_links_in_the_place_of_files_are_not_followed(served: ServedFolder, folder: Path) -> None:
    secret = folder.parent / "secret.txt"
    secret.write_text("outside")
    (folder / "ours/index.html").unlink()
    (folder / "ours/index.html").symlink_to(secret)
    (folder / "ours/es").rename(folder.parent / "es")
    (folder / "ours/es").symlink_to(folder.parent / "es")
    os.mkfifo(folder / "pipe")
    (folder / "pipe").rename(folder / "ours/pictures/hart.png")
    for path in ("/ours/", "/ours/es/", "/ours/pictures/hart.png"):
        assert get(served, path).status_code == 404


@pytest.mark.parametrize(
    "line",
    [
        "../secret.txt",
        "/etc/passwd",
        "ours/../../secret.txt",
        "ours//x",
        "ours/\x1b.png",
        "./x",
        "..\\secret.txt",
    ],
)
def test_list_that_leads_out_of_the_folder_is_refused(folder: Path, line: str) -> None:
    with (folder / LIST).open("a") as listed:
        listed.write(f"{'0' * 64}  {line}\n")
    with pytest.raises(UserError, match="damaged"):
        BuiltFolder(folder, print)


def test_folder_without_a_list_is_refused(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("not built")
    with pytest.raises(UserError, match="share build"):
        BuiltFolder(tmp_path, print)


# --- Redirects ------------------------------------------------------------------------------------


def test_link_leads_to_its_page_and_is_counted(served: ServedFolder, tmp_path: Path) -> None:
    answer = get(served, "/ours/g/hart-data-x")
    assert (answer.status_code, answer.headers["location"]) == (302, LINK)
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert rows(tmp_path) == [OPENED]


def test_names_are_those_of_the_path_and_the_marks(
    served: ServedFolder, folder: Path, tmp_path: Path
) -> None:
    """A page's own address, and a link with marks of somebody else, have them from the others."""
    write_built(
        folder,
        links={
            "ours/g/first-facebook": "https://share.example/ours/",
            "ours/g/hart-data-x": f"{LINK.replace('=ours', '=summer')}&utm_term=athena",
            "ours/g/theirs-mail": "https://ours.example/?utm_source=letter&utm_campaign=other",
            "plain/g/one-x": "https://ours.example/",
        },
    )
    for path in ("ours/g/first-facebook", "ours/g/theirs-mail", "plain/g/one-x"):
        get(served, f"/{path}?utm_source=forged&utm_campaign=other&utm_term=nobody")
    get(served, "/ours/g/hart-data-x")
    assert rows(tmp_path) == [
        ("2026-03-02", "plain", "one", "x", "", 1),
        ("2026-03-02", "summer", "first", "facebook", "athena", 1),
        ("2026-03-02", "summer", "hart-data", "x", "athena", 1),
        ("2026-03-02", "summer", "theirs", "mail", "athena", 1),
    ]


@pytest.mark.parametrize(
    "headers",
    [
        {"user-agent": "Slackbot-LinkExpanding 1.0"},
        {"sec-purpose": "prefetch;prerender"},
        {"purpose": "prefetch"},
        {"x-moz": "prefetch"},
        {"purpose": "preview"},
        {"sec-fetch-dest": "image"},
        {"sec-fetch-dest": "iframe"},
        {"sec-fetch-dest": "empty"},
    ],
    ids=str,
)
def test_programs_are_led_on_and_not_counted(
    served: ServedFolder, tmp_path: Path, headers: dict[str, str]
) -> None:
    answer = get(served, "/ours/g/hart-data-x", **headers)
    assert (answer.status_code, answer.headers["location"]) == (302, LINK)
    assert rows(tmp_path) == []


def test_head_is_led_on_and_not_counted(served: ServedFolder, tmp_path: Path) -> None:
    answer = httpx.head(f"{served.url}/ours/g/hart-data-x", headers=BROWSER)
    assert (answer.status_code, answer.headers["location"]) == (302, LINK)
    assert rows(tmp_path) == []


def test_person_who_follows_the_link_is_counted(served: ServedFolder, tmp_path: Path) -> None:
    headers = {"sec-fetch-dest": "document", "sec-fetch-site": "cross-site"}
    get(served, "/ours/g/hart-data-x", **headers)
    assert rows(tmp_path) == [OPENED]


@pytest.mark.parametrize(
    "target",
    [
        "/ours/g/hart-data-facebook",
        "/ours/g/hart-data",
        "/ours/g/",
        "/ours/g",
        "/ours/g/hart-data-x/",
        "/ours/g/hart-data-x%00",
        "/ours/g/hart-data-x%0d%0aLocation:%20https://evil.example/",
        "/ours/g/https://evil.example/",
        "/ours/g//evil.example/",
        "/g/hart-data-x",
        "/ours/g/%2e%2e/g/hart-data-x",
    ],
)
def test_no_other_link_leads_anywhere_or_is_counted(
    served: ServedFolder, tmp_path: Path, target: str
) -> None:
    answer = ask(served, target)
    assert (answer.status, answer.location) == (404, None)
    assert rows(tmp_path) == []


def test_query_cannot_change_where_a_link_leads(served: ServedFolder) -> None:
    target = "/ours/g/hart-data-x?url=https://evil.example/&next=//evil.example"
    assert get(served, target).headers["location"] == LINK


@pytest.mark.parametrize(
    "link",
    [
        "javascript:alert(1)",
        "//evil.example/",
        "/ours/",
        "https:///nowhere",
        "data:text/html,x",
        "https://ours.example/\r\nSet-Cookie: a=b",
        "https://ours.example/\u202e",
        "",
        7,
    ],
)
def test_damaged_link_is_refused_before_anything_is_served(folder: Path, link: str) -> None:
    write_built(folder, links={"ours/g/hart-data-x": link})
    with pytest.raises(UserError, match=r"redirects\.json: H201"):
        BuiltFolder(folder, print)


def test_link_with_letters_beyond_ascii_is_encoded(tmp_path: Path) -> None:
    links = {"ours/g/a-x": "https://ours.example/aktion/münchen?q=100%25&x=a+b#ä"}
    with serve_built(write_built(tmp_path / "public", links=links)) as served:
        location = get(served, "/ours/g/a-x").headers["location"]
    assert location == "https://ours.example/aktion/m%C3%BCnchen?q=100%25&x=a+b#%C3%A4"


def test_without_counters_links_lead_on(folder: Path) -> None:
    with serve_built(folder) as served:
        assert get(served, "/ours/g/hart-data-x").headers["location"] == LINK


# --- Later builds ---------------------------------------------------------------------------------


def test_new_build_is_taken_up_at_once(served: ServedFolder, folder: Path) -> None:
    files = {**FILES, "other/index.html": PAGE.format("Other", "New")}
    del files["ours/es/index.html"]
    write_built(folder, files, {"other/g/a-x": "https://other.example/"})
    assert "New" in get(served, "/other/").text
    assert get(served, "/ours/es/").status_code == 404
    assert get(served, "/ours/g/hart-data-x").status_code == 404
    assert get(served, "/other/g/a-x").headers["location"] == "https://other.example/"


def test_damaged_build_leaves_the_one_before_and_is_told_once(
    served: ServedFolder, folder: Path
) -> None:
    (folder / LIST).write_text("nonsense")
    assert get(served, "/ours/").status_code == 200
    assert get(served, "/ours/g/hart-data-x").status_code == 302
    [warning] = served.warnings
    assert "damaged" in warning
    write_built(folder)
    assert get(served, "/ours/").status_code == 200
    assert len(served.warnings) == 1


def test_old_page_is_told_once_a_build(served: ServedFolder, folder: Path) -> None:
    until = PAGE.format("Ours", "x").replace(
        "<p>", '<p data-until="2026-03-02"><i data-until="{}">'
    )
    page = until.format("2026-03-20")
    write_built(folder, {**FILES, "ours/index.html": page})
    get(served, "/ours/")
    assert served.warnings == []
    served.clock.advance(days=1)
    for _ in range(3):
        get(served, "/ours/")
    [warning] = served.warnings
    assert "ours/index.html has a fact that was due for review by 2026-03-02." in warning
    write_built(folder, {**FILES, "ours/index.html": page.replace("lang=", 'data-today="x" lang=')})
    get(served, "/ours/")
    assert len(served.warnings) == 1  # a demo's page has a day of its own


# --- Hostile clients ------------------------------------------------------------------------------


def test_header_without_end_is_refused(served: ServedFolder) -> None:
    with socket.create_connection(("127.0.0.1", served.port), 30) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n")
        try:
            for _ in range(1_000):
                connection.sendall(b"X-Long: " + b"a" * 1_000 + b"\r\n")
            answer = connection.recv(1_000)
        except OSError:
            answer = b"HTTP/1.1 400 "
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert get(served, "/").status_code == 200


def test_large_body_is_not_read(served: ServedFolder) -> None:
    with socket.create_connection(("127.0.0.1", served.port), 30) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 9999999999\r\n\r\n")
        assert connection.recv(12) == b"HTTP/1.1 200"
    assert get(served, "/").status_code == 200


def test_silent_connections_are_closed(
    served: ServedFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.share.serving.LOOK_SECONDS", 0.05)
    for begun in (b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: x\r\n"):
        with socket.create_connection(("127.0.0.1", served.port), 30) as connection:
            connection.sendall(begun)
            assert not received(connection)


def test_reader_who_takes_nothing_is_closed(
    served: ServedFolder, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = 30_000_000  # more than the buffers of both sides
    write_built(folder, {**FILES, "ours/pictures/hart.png": b"x" * size})
    httpx.head(f"{served.url}/ours/pictures/hart.png", timeout=30)  # its digest takes a while
    monkeypatch.setattr("bot.share.serving.LOOK_SECONDS", 0.05)
    monkeypatch.setattr("bot.share.serving.MAX_LOOKS", 2)
    with socket.create_connection(("127.0.0.1", served.port), 30) as connection:
        connection.sendall(b"GET /ours/pictures/hart.png HTTP/1.1\r\nHost: x\r\n\r\n")
        assert connection.recv(12, socket.MSG_PEEK) == b"HTTP/1.1 200"
        while served.connections():
            time.sleep(0.01)
        taken = 0
        with suppress(ConnectionResetError):
            while chunk := connection.recv(1_000_000):
                taken += len(chunk)
    assert taken < size


def received(connection: socket.socket) -> bytes:
    """Return what comes until the other side closes the connection."""
    try:
        return connection.recv(1_000)
    except ConnectionResetError:
        return b""


def test_too_many_connections_are_closed_and_the_others_answered(
    served: ServedFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.share.serving.MAX_CONNECTIONS", 5)
    connections = [socket.create_connection(("127.0.0.1", served.port), 30) for _ in range(10)]
    for connection in connections[5:]:
        assert not received(connection)
    for connection in connections[:5]:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert connection.recv(12) == b"HTTP/1.1 200"
    for connection in connections:
        connection.close()
