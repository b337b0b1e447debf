"""The control room for benchmarks, and people who read it as browsers do.

Each reader has a page open and its stream of version numbers. After a new version, the page is
loaded again, at most every ``REST`` seconds, as ``bot/web/static/live.js`` does it.
"""

from __future__ import annotations

import http.client
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bench_support import COMMAND, Workspace, end, free_port, wait_for
from processes import beside

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator, Sequence
    from multiprocessing.connection import Connection

REST = 5.0
"""Seconds between two loads of a page, as in ``live.js``."""
TIMEOUT = 30.0


@dataclass(frozen=True, slots=True)
class Room:
    """A control room that runs."""

    port: int
    process: subprocess.Popen[str]
    cookies: Sequence[str]
    """A session of each reader."""


@contextmanager
def control_room(place: Workspace, readers: int) -> Iterator[Room]:
    """Run ``groundswell web`` over a workspace, with a session for each reader."""
    cookies = _sessions(place, readers)
    port = free_port()
    process = place.start(COMMAND, "web", "--port", str(port))
    room = Room(port, process, cookies)
    try:
        wait_for(lambda: _answers(room), "the control room to answer")
        yield room
    finally:
        end(process)


def _sessions(place: Workspace, readers: int) -> list[str]:
    """Add a person who may see everything, and return a session for each reader."""
    from bot.config import load
    from bot.model import Role
    from bot.runtime.app import create_app
    from bot.services import people
    from bot.web.signin import cookie_name

    config = load(place.folder / "config.yaml", place.environ)
    with create_app(config, {}) as app:
        people.add_user(app, "Reader", Role.SEE, "the benchmark")
        user = people.find_user(app, "Reader")
        name = cookie_name(secure=False)
        return [f"{name}={people.open_session(app, user)}" for _ in range(readers)]


def _answers(room: Room) -> bool:
    try:
        return fetch(room.port, "/sign-in", "")[0] == 200
    except OSError:
        return False


def fetch(port: int, path: str, cookie: str) -> tuple[int, int, float]:
    """Return the status of a page, its bytes, and the seconds that it took."""
    begin = time.perf_counter()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
    try:
        connection.request("GET", path, headers={"Cookie": cookie})
        answer = connection.getresponse()
        body = answer.read()
    finally:
        connection.close()
    return answer.status, len(body), time.perf_counter() - begin


@contextmanager
def stream(port: int, cookie: str) -> Iterator[Iterator[str]]:
    """Open the stream of versions; yield an iterator of them."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT + 30)
    try:
        connection.request("GET", "/events", headers={"Cookie": cookie})
        answer = connection.getresponse()
        if answer.status != 200:
            raise SystemExit(f"/events answered {answer.status}")
        yield (
            line.decode().removeprefix("data: ").strip()
            for line in iter(answer.readline, b"")
            if line.startswith(b"data: ")
        )
    finally:
        connection.close()


# --- Readers --------------------------------------------------------------------------------------


@contextmanager
def reading(room: Room, paths: Sequence[str]) -> Iterator[Connection]:
    """Let a reader for each session read one of the pages, in a process of their own.

    Send anything into the connection to end them; it answers with the seconds of each load.
    """
    with beside(_read_all, room.port, room.cookies, paths) as line:
        line.recv()
        yield line


def _read_all(line: Any, port: int, cookies: Sequence[str], paths: Sequence[str]) -> None:
    taken: list[float] = []
    opened = threading.Barrier(len(cookies) + 1)
    for number, cookie in enumerate(cookies):
        path = paths[number % len(paths)]
        arguments = (port, path, cookie, taken, opened)
        threading.Thread(target=_read, args=arguments, daemon=True).start()
    opened.wait(TIMEOUT)
    line.send("open")
    line.recv()
    line.send(taken)
    line.close()


def _read(port: int, path: str, cookie: str, taken: list[float], opened: threading.Barrier) -> None:
    """Read one page, again and again as long as versions change."""
    first = True
    while True:
        begin = time.monotonic()
        status, _, seconds = fetch(port, path, cookie)
        if status != 200:
            raise SystemExit(f"{path} answered {status}")
        with stream(port, cookie) as versions:
            shown = next(versions)
            if first:
                opened.wait(TIMEOUT)
                first = False
            else:
                taken.append(seconds)
            next((version for version in versions if version != shown), None)
        time.sleep(max(0.0, begin + REST - time.monotonic()))
