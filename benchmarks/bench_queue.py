"""What a long queue costs in time of a claim and in memory, with up to 1,000,000 posts queued.

The queue is a SQLite file on disk, filled by one statement with posts of 100 accounts that are due
from 40 days on, as there are never more than 20,000 within the horizon of 30 days. ``DUE`` posts
that are due at once come into it. A process of its own measures each transaction that claims, from
the lock on the database until the intents are on disk, the time to find the next due instant, and
the resident memory after it. A claim is for up to 64 posts. Then ``groundswell run`` rests on the
same file, and its memory is measured.
"""

from __future__ import annotations

import os
import statistics
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import burst_ours
import loopback
from bench_support import Workspace, keep, row, title, workspace
from processes import beside, memory

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.connection import Connection

    from bot.runtime.loop_app import LoopApp

QUEUED = (10_000, 100_000, 1_000_000)
BARS = {10_000: "at most 120", 1_000_000: "at most 200"}
ACCOUNTS = 100
DUE = 400
AHEAD = timedelta(days=40)
SETTLE = 6.0
ASKED = 20
"""How often the next due instant is queried."""


def main() -> None:
    """Measure and print."""
    title("What a long queue costs")
    for queued in QUEUED:
        with workspace() as place, loopback.served() as url:
            _measure(place, url, queued)
    print()


def _measure(place: Workspace, url: str, queued: int) -> None:
    def figure(name: str, value: float, unit: str, bar: str = "") -> None:
        keep("queue", name, value, unit, at=queued, of="queued", bar=bar)

    begun = time.perf_counter()
    fill(f"sqlite:///{place.folder}/groundswell.db", queued)
    row(f"filled with {queued:,}", f"{time.perf_counter() - begun:10.1f} s")
    with beside(_claims, url, str(place.folder)) as line:
        figures = line.recv()
    figure("a claim, p50", figures["claim"] * 1000, "ms")
    figure("a claim, the longest", figures["longest"] * 1000, "ms")
    figure("finding the next due instant", figures["next"] * 1000, "ms")
    figure("memory after it (RSS)", figures["memory"], "MB")
    loopback.accounts(place, url, range(ACCOUNTS))
    loopback.posts(place, 0, [loopback.Due(0, datetime.now(UTC) + timedelta(days=1))])
    with loopback.running(place, url, ACCOUNTS) as process:
        time.sleep(SETTLE)
        figure("memory of the loop at rest (RSS)", memory(process.pid), "MB", BARS.get(queued, ""))


def fill(database: str, queued: int) -> None:
    """Create the database, and fill it with this many posts that are due much later."""
    from sqlalchemy import func, insert, literal, select

    from bot.database import tables as t
    from bot.database.opening import open_database
    from bot.store.queue import Queue

    opened = open_database(database)
    now = datetime.now(UTC)
    Queue(opened).apply([burst_ours.entry(0, 1, now + AHEAD)], now)
    numbers = select(literal(1).label("n")).cte("numbers", recursive=True)
    numbers = numbers.union_all(select(numbers.c.n + 1).where(numbers.c.n < queued - 1))
    n = numbers.c.n
    first = f"{now + AHEAD:%Y-%m-%d %H:%M:%S}"
    due = func.strftime("%Y-%m-%d %H:%M:%f000", first, func.printf("+%d seconds", n * 30))
    own: dict[str, Any] = {
        "key": func.printf("queued/%d", n),
        "post": func.printf("q%d", n),
        "account": func.printf("account-%d", n % ACCOUNTS),
        "digest": func.printf("%064d", n),
        "words": func.printf("%064d", n),
        "due": due,
        "not_before": due,
    }
    names = [column.name for column in t.deliveries.c if column.name != "id"]
    values = [own.get(name, t.deliveries.c[name]).label(name) for name in names]
    like = select(*values).select_from(t.deliveries.join(numbers, literal(value=True)))
    with opened.writing() as connection:
        connection.execute(insert(t.deliveries).from_select(names, like))
        assert connection.scalar(select(func.count()).select_from(t.deliveries)) == queued
    opened.close()


def _claims(line: Connection, url: str, folder: str) -> None:
    """Send the due posts, and report how long claims took."""
    from bot.runtime.loop_app import create_loop_app

    settings = burst_ours.config(url, ACCOUNTS, folder, f"sqlite:///{folder}/groundswell.db")
    secrets = burst_ours.secrets(ACCOUNTS)
    with create_loop_app(settings, secrets) as app, app.registered():
        app.verified_clients.verified |= {*settings.accounts}
        app.clients.connect_all()
        now = app.clock.now()
        due = now + timedelta(seconds=burst_ours.LEAD)
        entries = [burst_ours.entry(number, ACCOUNTS, due) for number in range(1, DUE + 1)]
        app.queue.apply(entries, now)
        time.sleep(2 * burst_ours.LEAD)
        with _timed(app) as spent:
            app.dispatcher.run()
        begun = time.perf_counter()
        for _ in range(ASKED):
            app.dispatcher.next_wake()
        asked = (time.perf_counter() - begun) / ASKED
        figures = {"claim": statistics.median(spent), "longest": max(spent), "next": asked}
        figures["memory"] = memory(os.getpid())
    line.send(figures)  # now that the database is closed


@contextmanager
def _timed(app: LoopApp) -> Iterator[list[float]]:
    """Yield a list that collects the seconds of every transaction that claims."""
    spent: list[float] = []
    claiming = app.claims.claiming

    @contextmanager
    def timed() -> Iterator[Any]:
        begun = time.perf_counter()
        with claiming() as transaction:
            yield transaction
        if transaction.claimed:
            spent.append(time.perf_counter() - begun)

    with patch.object(app.claims, "claiming", timed):
        yield spent


if __name__ == "__main__":
    main()
