"""How fast posts go out that are all due at one instant, over 1, 4, 100 and 400 accounts.

All of them post in one run to the same small server on loopback, which answers ``POST /2/tweets``
at once and does nothing else. They are

- a bare loop of tweepy, one post after the other, which keeps nothing;
- Procrastinate, a job queue on PostgreSQL, with 8 jobs at once, and with 8 and a lock that keeps
  each of 4 accounts to one post at a time, as Groundswell does;
- Groundswell's dispatcher on SQLite and on PostgreSQL, with the intent on disk before each send
  and the outcome after it.

Machines differ, and one machine differs from minute to minute, so only ratios within a run count.
The bare loop therefore runs before and after each burst of Groundswell on SQLite, and the bar is a
share of their mean.

Procrastinate has an environment of its own, made at the first run. Without it, or without a
PostgreSQL, its figures are left out, and the output says so. An argument is the number of posts.
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

if TYPE_CHECKING:
    from collections.abc import Callable

OVER = (1, 4, 100, 400)
SHARED = (100, 400)
"""Accounts that two processes share."""
SHARES = {4: 0.3, 100: 0.5, 400: 0.5}
"""The bar, a share of the bare loop in the same run, by number of accounts."""
POSTS = 800
FEW, FEWER = 4, 4
"""Up to ``FEW`` accounts get ``FEWER`` times fewer posts, as each sends one at a time."""
THREADS = 8
"""Jobs that Procrastinate runs at once."""


def bare(url: str, posts: int) -> float:
    """Return the posts a second of a loop that only sends."""
    peers.post(url, "warm")
    begun = time.perf_counter()
    for number in range(posts):
        peers.post(url, f"Post {number}, posted once.")
    return posts / (time.perf_counter() - begun)


def main() -> None:
    """Measure and print."""
    posts = int(sys.argv[1]) if len(sys.argv) > 1 else POSTS
    forget("burst")
    title(f"{posts} posts due at one instant")
    with loopback.served() as url, postgres.server() as database:
        bars = _procrastinate(url, posts, database) if database else {}
        for accounts in OVER:
            _alone(url, posts // FEWER if accounts <= FEW else posts, accounts)
        if database:
            _shared(url, posts, database, bars)
        else:
            row("Procrastinate, and Groundswell on PostgreSQL", "left out: there is no PostgreSQL")
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


def _procrastinate(url: str, posts: int, database: Callable[[], str]) -> dict[int, float]:
    """Measure Procrastinate; return its posts a second by the number of accounts."""
    python = peers.environment()
    if not python:
        row("Procrastinate", "left out: it could not be installed")
        return {}
    name = f"Procrastinate, PostgreSQL, {THREADS} at once"
    figure = peers.rate(python, url, posts, database(), THREADS)
    _keep(name, figure)
    locked = peers.rate(python, url, posts // FEWER, database(), THREADS, FEW)
    _keep(f"{name}, a lock an account", locked, FEW)
    return {FEW: locked} | dict.fromkeys(SHARED, figure)


def _shared(url: str, posts: int, database: Callable[[], str], bars: dict[int, float]) -> None:
    """Measure one process of Groundswell on PostgreSQL beside Procrastinate, and two processes."""
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
