from __future__ import annotations

import logging
import random
import re
import shutil
import socket
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import anyio.lowlevel
import pytest
from helpers.store import NOW
from helpers.waiting import wait_until
from helpers.web import serve_site

from bot.model import PauseCause, PauseRequest, Role
from bot.web import events
from bot.web.events import UNREADABLE, Versions
from bot.web.rights import ROUTES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx
    from helpers.store import Store
    from helpers.web import WebSite

WRITE = """\
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], timeout=30)
connection.execute("UPDATE deliveries SET reason = 'changed elsewhere'")
connection.commit()
"""
PATIENCE = 60.0  # seconds


def write_in_another_process(site: WebSite) -> None:
    subprocess.run([sys.executable, "-c", WRITE, str(site.app.database.path)], check=True)


class Restless:
    """A database to which something is written all the time."""

    def __init__(self) -> None:
        self.writes = 0

    def data_version(self) -> object:
        self.writes += 1
        return self.writes


@contextmanager
def stream(client: httpx.Client) -> Iterator[Iterator[str]]:
    """Yield the lines of a stream."""
    with client.stream("GET", "/events", timeout=PATIENCE) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield answer.iter_lines()


def next_version(lines: Iterator[str]) -> str:
    return next(line for line in lines if line.startswith("data: ")).removeprefix("data: ")


def shown_version(page: str) -> str:
    found = re.search(r'data-version="([^"]+)"', page)
    assert found
    return found[1]


def test_stream_begins_with_the_version_of_the_page(site: WebSite) -> None:
    client = site.signed_in(Role.SEE)
    version = shown_version(client.get("/").text)
    with stream(client) as lines:
        assert next_version(lines) == version


def test_change_by_another_process_is_a_new_version_and_says_nothing_else(site: WebSite) -> None:
    assert events.LOOK_SECONDS <= 1  # so it is told within two seconds
    site.add()
    said = []
    with stream(site.signed_in(Role.SEE)) as lines:
        said.append(next(lines))
        write_in_another_process(site)
        for line in lines:
            said.append(line)
            if line.startswith("data: "):
                break
    assert all(re.fullmatch(r"|: still here|data: [0-9a-f]{16}", line) for line in said)
    assert len({line for line in said if line.startswith("data: ")}) == 2


@pytest.mark.parametrize("path", [of.path for of in ROUTES if of.method == "GET"])
def test_loading_a_page_is_not_a_change(site: WebSite, path: str) -> None:
    """Otherwise every open page would load itself again for ever."""
    delivery = site.add()
    known = {"number": delivery.id, "campaign": delivery.campaign, "post": delivery.post}
    client = site.signed_in(Role.ADMIN)
    path = re.sub(r"{(\w+)(:\w+)?}", lambda part: str(known.get(part[1], "unknown")), path)
    client.get(path)
    before = site.app.database.data_version()
    client.get(path)
    assert site.app.database.data_version() == before


def test_page_that_is_older_than_its_data_is_renewed(site: WebSite) -> None:
    """A change while the page is made must not pass for a part of the page."""
    client = site.signed_in(Role.SEE)
    site.add()
    pauses = site.app.queue.pauses

    def changed_meanwhile() -> object:
        found = pauses()
        vars(site.app.queue).pop("pauses", None)
        site.app.queue.pause(
            PauseRequest("all", "", "x", PauseCause.PERSON), "Kim", site.clock.now()
        )
        return found

    vars(site.app.queue)["pauses"] = changed_meanwhile
    version = shown_version(client.get("/").text)
    with stream(client) as lines:
        assert next_version(lines) != version


# --- Who gets one ---------------------------------------------------------------------------------


def test_stream_needs_a_session(site: WebSite) -> None:
    answer = site.client().get("/events")
    assert answer.status_code == 401
    assert "data:" not in answer.text


def test_other_sites_get_no_stream(site: WebSite) -> None:
    client = site.signed_in()
    client.headers.update({"origin": "https://evil.example", "sec-fetch-site": "cross-site"})
    assert client.get("/events").status_code == 403


def test_stream_ends_after_five_minutes_and_not_again_for_who_signed_out(
    site: WebSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert events.STREAM_SECONDS <= 300
    monkeypatch.setattr(events, "STREAM_SECONDS", 0.5)
    client, other = site.signed_in(Role.SEE), site.client()
    other.cookies.update(client.cookies)
    with stream(client) as lines:
        next_version(lines)
        assert other.post("/sign-out", data={"x": "y"}).status_code == 200
        for _ in lines:  # it ends by itself
            pass
    assert client.get("/events").status_code == 401


def test_open_page_neither_prolongs_a_session_nor_writes(site: WebSite) -> None:
    client = site.signed_in(Role.SEE)
    client.get("/")
    for _ in range(4):
        site.clock.advance(hours=5)
        before = site.app.database.data_version()
        with stream(client) as lines:
            next_version(lines)
        assert site.app.database.data_version() == before
    site.clock.advance(hours=5)
    assert client.get("/events").status_code == 401
    assert client.get("/").status_code == 303


# --- Limits ---------------------------------------------------------------------------------------


def open_streams(site: WebSite, count: int, stack: ExitStack) -> list[str]:
    """Open streams without reading them, and return the first lines of the answers."""
    cookie = "; ".join(f"{one.name}={one.value}" for one in site.signed_in().cookies.jar)
    host = f"127.0.0.1:{site.addresses.port}"
    request = f"GET /events HTTP/1.1\r\nHost: {host}\r\nCookie: {cookie}\r\n\r\n"
    made = [
        stack.enter_context(socket.create_connection(("127.0.0.1", site.addresses.port), PATIENCE))
        for _ in range(count)
    ]
    for connection in made:
        connection.sendall(request.encode())
    return [connection.recv(2000).decode().partition("\r\n")[0] for connection in made]


def test_two_hundred_streams_are_the_most_and_pages_go_on(site: WebSite) -> None:
    client = site.signed_in(Role.SEE)
    with ExitStack() as stack:
        answers = open_streams(site, events.MAX_STREAMS + 5, stack)
        assert sum(line == "HTTP/1.1 200 OK" for line in answers) == events.MAX_STREAMS == 200
        assert sum(line.startswith("HTTP/1.1 503") for line in answers) == 5
        assert client.get("/").status_code == 200


def test_reader_that_has_gone_makes_room(site: WebSite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "MAX_STREAMS", 2)
    client = site.signed_in(Role.SEE)
    with ExitStack() as stack:
        open_streams(site, 2, stack)
        assert client.get("/events").status_code == 503

    def answered() -> bool:
        with client.stream("GET", "/events", timeout=PATIENCE) as answer:
            return answer.status_code == 200

    wait_until(answered, PATIENCE)


def test_server_stops_with_open_streams_and_reports_no_error(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with ExitStack() as stack, serve_site(tmp_path) as site, caplog.at_level(logging.WARNING):
        open_streams(site, 20, stack)
    assert [record.getMessage() for record in caplog.records] == []


# --- Versions -------------------------------------------------------------------------------------


def test_each_write_is_a_new_version_on_every_database(store: Store) -> None:
    versions = Versions(store.database)
    before = versions.current()
    assert versions.current() == before
    store.queue.pause(PauseRequest("all", "", "x", PauseCause.PERSON), "Kim", NOW)
    assert versions.current() != before


def test_another_start_of_the_server_repeats_no_version(store: Store) -> None:
    """A page from before would otherwise take itself for a new one."""
    assert Versions(store.database).current() != Versions(store.database).current()


def test_database_that_cannot_be_read_is_a_version_too(site: WebSite, tmp_path: Path) -> None:
    """The page, which is loaded again, says why."""
    path = site.app.database.path
    assert path
    with stream(site.signed_in(Role.SEE)) as lines:
        assert re.fullmatch("[0-9a-f]{16}", next_version(lines))
        copy = tmp_path / "copy.db"
        shutil.copy(path, copy)
        copy.replace(path)
        assert next_version(lines) == UNREADABLE


def test_readers_that_go_at_any_moment_disturb_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """A phone may be gone at the very moment at which all streams are told of a change."""
    monkeypatch.setattr(events, "LOOK_SECONDS", 0.0)
    chance = random.Random(7)  # noqa: S311 - repeatable, no secret

    async def read(versions: Versions, gone: anyio.Event) -> None:
        """Read a stream until the reader has gone, as Starlette does it."""
        versions.stream()
        try:
            async with anyio.create_task_group() as group:

                async def listen() -> None:
                    async for _ in versions.events():
                        pass
                    gone.set()

                group.start_soon(listen)
                await gone.wait()
                group.cancel_scope.cancel()
        finally:
            versions.end_stream()

    async def play() -> None:
        versions = Versions(Restless())  # type: ignore[arg-type]  # it only has a version
        async with anyio.create_task_group() as room:
            staying = anyio.Event()
            room.start_soon(read, versions, staying)
            for _ in range(100):
                readers = [anyio.Event() for _ in range(chance.randrange(1, 20))]
                for gone in readers:
                    room.start_soon(read, versions, gone)
                for _ in range(chance.randrange(30)):
                    await anyio.lowlevel.checkpoint()
                for gone in readers:
                    gone.set()
            assert not staying.is_set()
            with anyio.fail_after(PATIENCE):
                await versions.close()
                await staying.wait()

    anyio.run(play)


def test_stream_that_begins_tells_all_others_of_a_change(
    site: WebSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It looks before the common look does, and must not keep what it saw to itself."""
    site.add()
    client = site.signed_in(Role.SEE)
    monkeypatch.setattr(events, "LOOK_SECONDS", 1e6)  # only streams that begin look
    with stream(client) as first:
        shown = next_version(first)
        write_in_another_process(site)
        with stream(client) as second:
            assert next_version(second) == next_version(first) != shown
