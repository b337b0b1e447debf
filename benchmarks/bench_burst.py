"""How fast posts go out that are all due at one instant, over 1, 4, 100 and 400 accounts.

Beside each other in one run, against the same small server on loopback, which answers
``POST /2/tweets`` at once and does nothing else: a bare loop of tweepy, one post after the other,
which keeps nothing; and Groundswell's dispatcher over SQLite on disk, with the intent on disk
before each send and the outcome after it. The ratio is what counts: machines differ.

Repeat: ``python benchmarks/bench_burst.py [POSTS]``, or ``make bench`` for all of them.
"""

from __future__ import annotations

import multiprocessing
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import fields
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench_support import row, title

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.connection import Connection

OVER = (1, 4, 100, 400)


class Server(BaseHTTPRequestHandler):
    """Answers every post with a new id."""

    protocol_version = "HTTP/1.1"
    ids = count(1)

    def do_POST(self) -> None:
        """Take a post."""
        self.rfile.read(int(self.headers["Content-Length"]))
        body = b'{"data":{"id":"%d","text":"x"}}' % next(self.ids)
        head = (
            f"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
        )
        self.wfile.write(head.encode() + b"\r\n\r\n" + body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def _serve(line: Connection) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    line.send(server.server_port)
    server.serve_forever()


@contextmanager
def served() -> Iterator[str]:
    """Run the server in a process of its own; give its address."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(theirs,))
    process.start()
    try:
        yield f"http://127.0.0.1:{ours.recv()}"
    finally:
        process.terminate()
        process.join()


def bare(url: str, posts: int) -> float:
    """Give the posts a second of a loop that only sends."""
    import tweepy
    from requests.adapters import HTTPAdapter

    class Local(HTTPAdapter):
        def send(self, request: Any, *args: Any, **options: Any) -> Any:
            request.url = request.url.replace("https://api.twitter.com", url)
            return super().send(request, *args, **options)

    client = tweepy.Client(None, "a", "b", "1-c", "d")
    client.session.mount("https://api.twitter.com", Local())
    client.create_tweet(text="warm")
    begun = time.perf_counter()
    for number in range(posts):
        client.create_tweet(text=f"Post {number}, said once.")
    return posts / (time.perf_counter() - begun)


def ours(url: str, accounts: int, posts: int) -> float:
    """Give the posts a second of the dispatcher, and see that each is out once."""
    from bot.app import opened
    from bot.clock import SystemClock
    from bot.config import Config
    from bot.model import Account, Content, Occurrence, Part, State
    from bot.platforms import kind
    from bot.secrets import variable
    from bot.store.queue import Entry

    now = SystemClock().now()
    names = [f"account-{number}" for number in range(accounts)]
    known = {one: Account(one, "x", f"@{one}", url, gap=timedelta(0)) for one in names}
    secrets = {variable(one, name): f"1-{name}" for one in names for name in kind("x").SECRETS}
    plain = {field.name: None for field in fields(Occurrence) if field.default is not None}
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        config = Config(
            path=place / "config.yaml",
            accounts=known,
            campaigns=place,
            reports=place,
            database=f"sqlite:///{place / 'groundswell.db'}",
            horizon=timedelta(days=30),
            log_level="error",
            log_format="text",
        )
        entries = []
        for number in range(posts):
            name = names[number % accounts]
            said: dict[str, Any] = {
                **plain,
                "key": f"c/p{number}/{name}/once",
                "campaign": "c",
                "post": f"p{number}",
                "account": name,
                "platform": "x",
                "label": "once",
                "due": now + timedelta(seconds=1),
                "timezone": "UTC",
                "grace": timedelta(minutes=15),
                "content": Content((Part(f"Post {number} of {name}, said once."),)),
                "approvals": 0,
                "wording": "",
                "frequency": "once",
            }
            entries.append(Entry(Occurrence(**said), State.SCHEDULED, ""))
        with opened(config, secrets) as app, app.held():
            app.queue.apply(entries, [], now)
            app.identity._known |= {*names}  # noqa: SLF001 - the server knows nobody
            app.clients.make_ready()
            time.sleep(1.1)
            begun = time.perf_counter()
            app.dispatcher.run()
            spent = time.perf_counter() - begun
            assert app.queue.counts() == {State.PUBLISHED: posts}, app.queue.counts()
    return posts / spent


def main() -> None:
    """Measure and print."""
    posts = int(sys.argv[1]) if len(sys.argv) > 1 else 800
    title(f"{posts} posts due at one instant")
    with served() as url:
        row("a bare loop of tweepy", f"{bare(url, posts):6.0f} posts/s")
        for accounts in OVER:
            row(
                f"Groundswell, SQLite, {accounts} accounts",
                f"{ours(url, accounts, posts):6.0f} posts/s",
            )
        row("a bare loop of tweepy, again", f"{bare(url, posts):6.0f} posts/s")


if __name__ == "__main__":
    main()
