"""How fast posts go out that are all due at one instant, over 1, 4, 100 and 400 accounts.

Beside each other in one run, against the same small server on loopback, which answers
``POST /2/tweets`` at once and does nothing else: a bare loop of tweepy, one post after the other,
which keeps nothing; Huey on a SQLite file that waits for the disk, with 8 threads; Procrastinate on
PostgreSQL, with 1 and 8 jobs at once, and with 8 where a lock keeps each of 4 accounts to one post
at a time, as Groundswell does; and Groundswell's dispatcher on SQLite and on PostgreSQL,
with the intent on disk before each send and the outcome after it. The ratio is what counts:
machines differ, and so does one from minute to minute. So the bare loop runs before and after each
burst of Groundswell on SQLite, and what is held against the bar is the share of their mean.

The peers have an environment of their own, made at the first run; without it, or without a
PostgreSQL, what needs them is left out, and the output says so.

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
from bench_support import forget, keep, row, title
from peer_jobs import post

if TYPE_CHECKING:
    from collections.abc import Callable

OVER = (1, 4, 100, 400)
SHARED = (100, 400)
"""Accounts that two processes share."""
SHARES = {4: 0.3, 100: 0.5, 400: 0.5}
"""The bar: this share of the bare loop in the same run."""
POSTS = 800
FEW, FEWER = 4, 4
"""So few accounts, each of which sends one at a time, get this many times fewer posts."""
THREADS = 8


def bare(url: str, posts: int) -> float:
    """Return the posts a second of a loop that only sends."""
    post(url, "warm")
    begun = time.perf_counter()
    for number in range(posts):
        post(url, f"Post {number}, posted once.")
    return posts / (time.perf_counter() - begun)


def main() -> None:
    """Measure and print."""
    posts = int(sys.argv[1]) if len(sys.argv) > 1 else POSTS
    forget("burst")
    title(f"{posts} posts due at one instant")
    with loopback.served() as url, postgres.server() as database:
        bars = _peers(url, posts, database)
        for accounts in OVER:
            _alone(url, posts // FEWER if accounts <= FEW else posts, accounts)
        if database:
            _shared(url, posts, database, bars)
    print()


def _alone(url: str, posts: int, accounts: int) -> None:
    """Measure Groundswell on SQLite, with the bare loop before and after it."""
    before = bare(url, POSTS // 2)
    figure = burst_ours.rate(url, accounts, posts)
    loop = (before + bare(url, POSTS // 2)) / 2
    _keep("a bare loop of tweepy", loop, accounts)
    _keep("Groundswell, SQLite", figure, accounts)
    bar = f"at least {SHARES[accounts]}" if accounts in SHARES else ""
    name = "Groundswell, SQLite, to the bare loop"
    keep("burst", name, figure / loop, "times", at=accounts, of="accounts", bar=bar)


def _peers(url: str, posts: int, database: Callable[[], str] | None) -> dict[int, float]:
    """Measure the peers; return, by number of accounts, what one on PostgreSQL came to."""
    python = peers.environment()
    if not python:
        row("Huey, Procrastinate", "left out: they could not be installed")
        return {}
    _keep(f"Huey, SQLite, {THREADS} threads", peers.huey(python, url, posts, THREADS))
    if not database:
        row("Procrastinate", "left out: there is no PostgreSQL")
        return {}
    figure = 0.0
    for at_once in (1, THREADS):
        figure = peers.procrastinate(python, url, posts, database(), at_once)
        _keep(f"Procrastinate, PostgreSQL, {at_once} at once", figure)
    locked = peers.procrastinate(python, url, posts // FEWER, database(), THREADS, FEW)
    _keep(f"Procrastinate, PostgreSQL, {THREADS} at once, a lock an account", locked, FEW)
    return {FEW: locked} | dict.fromkeys(SHARED, figure)


def _shared(url: str, posts: int, database: Callable[[], str], bars: dict[int, float]) -> None:
    """Measure Groundswell on PostgreSQL: held against the peer, and two against one."""
    alone: dict[int, float] = {}
    for accounts in OVER:
        some = posts // FEWER if accounts <= FEW else posts
        alone[accounts] = burst_ours.rate(url, accounts, some, database())
        bar = f"at least {bars[accounts]:.0f}" if accounts in bars else ""
        _keep("Groundswell, PostgreSQL, 1 process", alone[accounts], accounts, bar)
    for accounts in SHARED:
        figure = burst_ours.rate(url, accounts, posts, database(), 2)
        bar = f"over {alone[accounts]:.0f}"
        _keep("Groundswell, PostgreSQL, 2 processes", figure, accounts, bar)


def _keep(name: str, figure: float, accounts: int | None = None, bar: str = "") -> None:
    keep("burst", name, figure, "posts/s", at=accounts, of="accounts", bar=bar)


if __name__ == "__main__":
    main()
