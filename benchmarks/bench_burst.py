"""How fast posts go out that are all due at one instant, over 1, 4, 100 and 400 accounts.

Beside each other in one run, against the same small server on loopback, which answers
``POST /2/tweets`` at once and does nothing else: a bare loop of tweepy, one post after the other,
which keeps nothing; Huey on a SQLite file that waits for the disk, with 8 threads; Procrastinate on
PostgreSQL, with 1 and 8 jobs at once; and Groundswell's dispatcher on SQLite and on PostgreSQL,
with the intent on disk before each send and the outcome after it. The ratio is what counts:
machines differ, and so does one from hour to hour.

The peers have an environment of their own, made at the first run; without it, or without a
PostgreSQL, what needs it is left out and said so.

Repeat: ``python benchmarks/bench_burst.py [POSTS]``, or ``make bench`` for all of them.
"""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

import burst_ours
import loopback
import peers
import postgres
from bench_support import keep, row, title
from peer_jobs import post

if TYPE_CHECKING:
    from collections.abc import Callable

OVER = (1, 4, 100, 400)
SHARED = (100, 400)
"""Accounts that two processes share."""
POSTS = 800
FEWER = 4
"""One account, which sends one at a time, gets so many times fewer posts."""
THREADS = 8


def bare(url: str, posts: int) -> float:
    """Give the posts a second of a loop that only sends."""
    post(url, "warm")
    begun = time.perf_counter()
    for number in range(posts):
        post(url, f"Post {number}, said once.")
    return posts / (time.perf_counter() - begun)


def main() -> None:
    """Measure and print."""
    posts = int(sys.argv[1]) if len(sys.argv) > 1 else POSTS
    title(f"{posts} posts due at one instant")
    with loopback.served() as url, postgres.server() as database:
        first = bare(url, posts)
        _told("a bare loop of tweepy", first)
        _peers(url, posts, database)
        for accounts in OVER:
            some = posts // FEWER if accounts == 1 else posts
            bar = {4: 0.3, 100: 0.5, 400: 0.5}.get(accounts, 0) * first
            figure = burst_ours.rate(url, accounts, some)
            _told("Groundswell, SQLite", figure, accounts, bar and f"at least {bar:.0f}")
        if database:
            _shared(url, posts, database)
        _told("a bare loop of tweepy, again", bare(url, posts))
    print()


def _peers(url: str, posts: int, database: Callable[[], str] | None) -> None:
    python = peers.environment()
    if not python:
        row("Huey, Procrastinate", "left out: they could not be installed")
        return
    _told(f"Huey, SQLite, {THREADS} threads", peers.huey(python, url, posts, THREADS))
    if not database:
        row("Procrastinate", "left out: there is no PostgreSQL")
        return
    for at_once in (1, THREADS):
        figure = peers.procrastinate(python, url, posts, database(), at_once)
        _told(f"Procrastinate, PostgreSQL, {at_once} at once", figure)


def _shared(url: str, posts: int, database: Callable[[], str]) -> None:
    for processes, over in ((1, OVER), (2, SHARED)):
        name = f"Groundswell, PostgreSQL, {processes} process{'es' * (processes > 1)}"
        for accounts in over:
            some = posts // FEWER if accounts == 1 else posts
            figure = burst_ours.rate(url, accounts, some, database(), processes)
            _told(name, figure, accounts)


def _told(name: str, figure: float, accounts: int | None = None, bar: str | float = "") -> None:
    keep("burst", name, figure, "posts/s", at=accounts, of="accounts", bar=str(bar or ""))


if __name__ == "__main__":
    main()
