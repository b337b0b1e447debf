"""A small server on loopback that takes posts as X does, and remembers when each one arrived.

It answers ``POST /2/tweets`` and ``GET /2/users/me`` at once and does nothing else, so that only
the sender is measured. It keeps no accounts. A request signed with the access token ``8-...`` is of
``account_7``, a bot with the id 8. The posts of one account may be answered seconds late.
``GET /taken`` gives for each post the account's number and the instant at which it
arrived, and ``GET /asked`` how many accounts have asked who they are.
"""

from __future__ import annotations

import json
import re
import time
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import TYPE_CHECKING, Any

from bench_support import (
    SECRETS,
    Workspace,
    count_logged,
    get,
    loop,
    secret_variable,
    wait_for,
    words,
)
from processes import beside

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator, Sequence
    from multiprocessing.connection import Connection


class Server(BaseHTTPRequestHandler):
    """Answers every post with a new id, and every account with its own name."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    ids = count(1)
    taken: list[tuple[int, float]]
    asked: set[int]
    hangs: int | None
    seconds: float

    def do_POST(self) -> None:
        """Take a post."""
        arrived = time.time()
        self.rfile.read(int(self.headers["Content-Length"]))
        number = self._number()
        self.taken.append((number, arrived))
        if number == self.hangs:
            time.sleep(self.seconds)
        self._answer(201, b'{"data":{"id":"%d","text":"x"}}' % next(self.ids))

    def do_GET(self) -> None:
        """Return the account that asks, or the figures of the benchmark."""
        if self.path.startswith("/taken"):
            self._answer(200, json.dumps(self.taken).encode())
        elif self.path.startswith("/asked"):
            self._answer(200, json.dumps(len(self.asked)).encode())
        elif self.path.startswith("/2/users/me"):
            number = self._number()
            self.asked.add(number)
            me = {
                "id": str(number + 1),
                "username": f"account_{number}",
                "name": f"Account {number}",
            }
            self._answer(200, json.dumps({"data": {**me, "description": "A bot."}}).encode())
        else:
            self._answer(404, b"{}")

    def log_message(self, *_: Any) -> None:
        """Log nothing."""

    def _number(self) -> int:
        found = re.search(r'oauth_token="(\d+)-', self.headers["Authorization"] or "")
        return int(found[1]) - 1 if found else 0

    def _answer(self, status: int, body: bytes) -> None:
        head = f"HTTP/1.1 {status} OK\r\nContent-Type: application/json\r\n"
        head += f"Content-Length: {len(body)}\r\n\r\n"
        self.wfile.write(head.encode() + body)


class _Queueing(ThreadingHTTPServer):
    request_queue_size = 512


def _serve(line: Connection, hangs: int | None, seconds: float) -> None:
    Server.taken, Server.asked = [], set()
    Server.hangs, Server.seconds = hangs, seconds
    server = _Queueing(("127.0.0.1", 0), Server)
    line.send(server.server_port)
    server.serve_forever()


@contextmanager
def served(hangs: int | None = None, seconds: float = 0.0) -> Iterator[str]:
    """Run the server in a process of its own; yield its address."""
    with beside(_serve, hangs, seconds) as line:
        yield f"http://127.0.0.1:{line.recv()}"


def taken(url: str) -> list[tuple[int, float]]:
    """Return the account's number and the instant of each post that the server has taken."""
    return [(number, at) for number, at in get(f"{url}/taken")]


def asked(url: str) -> int:
    """Return how many accounts have asked who they are."""
    return int(get(f"{url}/asked"))


# --- The loop that posts to it --------------------------------------------------------------------


@contextmanager
def running(place: Workspace, url: str, accounts: int) -> Iterator[subprocess.Popen[str]]:
    """Run the loop; yield its process once it has asked who each of so many accounts is."""
    with loop(place) as process:
        wait_for(lambda: count_logged(place, "running"), "the loop to run")
        wait_for(lambda: asked(url) >= accounts, "all accounts to be asked for")
        yield process


def seconds_until(first: datetime) -> float:
    """Return the seconds until the first post is due. Raise SystemExit if it is too late."""
    spare = (first - datetime.now(UTC)).total_seconds()
    if spare < 1:
        raise SystemExit(f"all was ready {spare:.1f} s before the first post: too late")
    return spare


def leave(url: str, first: datetime, dues: Sequence[Due]) -> None:
    """Wait until all posts have left, the last of which is due last."""
    seconds_until(first)
    time.sleep(max(0, (dues[-1].at - datetime.now(UTC)).total_seconds()))
    wait_for(lambda: len(taken(url)) >= len(dues), "all posts", every=0.5)


# --- Accounts and posts for it --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Due:
    """One post of one account, due at one instant."""

    account: int
    at: datetime


def name(number: int) -> str:
    """Return what campaigns call an account."""
    return f"account-{number}"


def token(number: int, secret: str) -> str:
    """Return an account's secret, which begins with its id in the server."""
    return f"{number + 1}-measured-{secret}"


def accounts(place: Workspace, url: str, numbers: Sequence[int]) -> None:
    """Write a config with these accounts of the server, and their secrets into the environment."""
    lines = ["accounts:"]
    for number in numbers:
        lines += [f"  {name(number)}:", "    platform: x", f"    handle: account_{number}"]
        lines += [f"    api: {url}", "    gap: 0s"]
        for secret in SECRETS:
            place.environ[secret_variable(name(number), secret)] = token(number, secret)
    place.write("config.yaml", "\n".join(lines) + "\n")


def posts(place: Workspace, file: int, dues: Sequence[Due]) -> None:
    """Write a campaign file with these posts; no two texts are similar."""
    texts = words(file)
    named = ", ".join(name(account) for account in sorted({due.account for due in dues}))
    lines = [f"campaign: measured-{file}", "title: A campaign to measure with"]
    lines += ["timezone: UTC", f"accounts: [{named}]", "demands:", "  ask:"]
    lines += ["    ask: Measure before you change", "    target: Whoever waits", "posts:"]
    for number, due in enumerate(dues):
        lines += [f"  - id: post-{number}", "    demand: ask"]
        lines += [f"    accounts: [{name(due.account)}]", f"    when: {due.at:%Y-%m-%d %H:%M:%S}Z"]
        lines += [f"    text: Number {number}, {next(texts)}."]
    place.write(f"posts/measured-{file}.yaml", "\n".join(lines) + "\n")
