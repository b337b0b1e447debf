"""A burst of Groundswell, which is a queue in which all is due at one instant.

Each process that sends it is a whole app, opened and signed in as ``groundswell run`` does it, but
without campaign files. The queue is on disk, the intent is on it before each send, and the outcome
after it.
"""

from __future__ import annotations

import random
import tempfile
import time
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import loopback
from bench_support import SECRETS, secret_variable
from processes import beside

if TYPE_CHECKING:
    from datetime import datetime
    from multiprocessing.connection import Connection

    from bot.config import Config
    from bot.planning.diff import Add


LEAD = 0.5
"""Seconds from the queueing to the instant at which all is due."""


def rate(url: str, accounts: int, posts: int, database: str = "", processes: int = 1) -> float:
    """Return the posts a second, by default on SQLite, and check that each is out once."""
    before = len(loopback.taken(url))
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        place = database or f"sqlite:///{folder}/groundswell.db"
        settings = config(url, accounts, folder, place)
        fill(settings, 0)
        workers = (beside(_work, url, accounts, posts, folder, place) for _ in range(processes))
        lines = [stack.enter_context(worker) for worker in workers]
        for line in lines:
            line.recv()
        fill(settings, posts)  # only now, as earlier posts would be looked for first
        for line in lines:
            line.send("prepare")
        time.sleep(2 * LEAD)
        begun = time.time()
        for line in lines:
            line.send("go")
        ends = [float(line.recv()) for line in lines]
    gone = len(loopback.taken(url)) - before
    assert gone == posts, f"{gone} of {posts} posts were sent"
    return posts / (min(ends) - begun)


def _work(
    line: Connection, url: str, accounts: int, posts: int, folder: str, database: str
) -> None:
    """Send with one app until everything is out, and report when that was."""
    from bot.model import State
    from bot.runtime.loop_app import create_loop_app
    from bot.runtime.scheduler import WATCH_SECONDS

    with (
        create_loop_app(config(url, accounts, folder, database), secrets(accounts)) as app,
        app.registered(),
    ):
        app.verified_clients.verified |= {*app.config.accounts}
        app.clients.connect_all()
        line.send("ready")
        line.recv()
        app.uploads.run()  # the loop does so two minutes before posts are due
        line.recv()
        while True:
            app.dispatcher.run()
            if app.queue.count_by_state().get(State.PUBLISHED, 0) >= posts:
                break
            # The loop too notices the writes of another process at its next look.
            look = app.clock.after(WATCH_SECONDS)
            wake = min(app.dispatcher.next_wake() or look, look)
            time.sleep(max(0.0, (wake - app.clock.now()).total_seconds()))
        line.send(time.time())


def fill(settings: Config, posts: int) -> None:
    """Create the database if needed, and queue this many posts."""
    from bot.runtime.loop_app import create_loop_app

    accounts = len(settings.accounts)
    with create_loop_app(settings, secrets(accounts)) as app:
        now = app.clock.now()
        due = now + timedelta(seconds=LEAD)
        app.queue.apply([entry(number, accounts, due) for number in range(posts)], now)


def entry(number: int, accounts: int, due: datetime) -> Add:
    """Return a post of one of the accounts, in turn, as the plan would queue it."""
    from bot.model import Content, Occurrence, Part
    from bot.planning.diff import Add

    account = loopback.name(number % accounts)
    occurrence = Occurrence(
        key=f"c/p{number}/{account}/once",
        campaign="c",
        post=f"p{number}",
        demand=None,
        event=None,
        account=account,
        platform="x",
        label="once",
        due=due,
        timezone="UTC",
        grace=timedelta(minutes=15),
        expires=None,
        content=Content((Part(_text(number)),)),
    )
    return Add(occurrence)


MANY = 1_000_000
"""No bench reaches this many posts of an account on one day."""
WORDS = 1000


def _text(number: int) -> str:
    """Return a sentence of six words that hardly any other post says."""
    chance = random.Random(number)  # noqa: S311 - repeatable, no secret
    return " ".join(f"word{chance.randrange(WORDS)}" for _ in range(6)) + "."


def config(url: str, accounts: int, folder: str, database: str) -> Config:
    """Return a config with this many accounts of the server and no gap between posts."""
    from bot.config import Config
    from bot.model import Account

    place = Path(folder)
    known = [
        Account(
            loopback.name(number),
            "x",
            f"@account_{number}",
            url,
            gap=timedelta(0),
            daily_cap=MANY,
            daily_parts=MANY,
        )
        for number in range(accounts)
    ]
    return Config(
        path=place / "config.yaml",
        accounts={account.name: account for account in known},
        campaigns=place,
        reports=place,
        database=database,
        horizon=timedelta(days=30),
        log_level="error",
        log_format="text",
    )


def secrets(accounts: int) -> dict[str, str]:
    """Return the accounts' secrets, as the environment has them."""
    return {
        secret_variable(loopback.name(number), secret): loopback.token(number, secret)
        for number in range(accounts)
        for secret in SECRETS
    }
