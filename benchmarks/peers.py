"""Procrastinate, a job queue that Groundswell is held against, in a virtual environment of its own.

The environment is created once and kept for the next run. Procrastinate writes nothing before a
post, so after a crash it cannot tell whether that post may be out.

Run there, this file takes ``SERVER POSTS DATABASE AT_ONCE ACCOUNTS`` and prints posts a second,
from the start of the workers until the outcome of the last job is written. All jobs are queued
before. With accounts, a lock for each keeps its posts one after the other, as Groundswell does.
With 0, all jobs may run at once.
"""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
import threading
import time
from importlib.metadata import version
from typing import Any

import tweepy
from bench_support import BENCH
from requests.adapters import HTTPAdapter

PINNED = ("procrastinate==3.10.0", "psycopg[binary,pool]==3.3.9")

_LOCAL = threading.local()


def environment() -> str | None:
    """Return the Python that has Procrastinate, or None if it cannot be installed."""
    folder = BENCH / "peers"
    python = str(folder / "bin" / "python")
    wanted = [*PINNED, f"tweepy=={version('tweepy')}"]
    stamp = folder / "made-of.txt"
    if stamp.exists() and stamp.read_text(encoding="ascii").split() == wanted:
        return python
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    try:
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
        subprocess.run([*pip, "--only-binary", ":all:", *wanted], check=True)
    except subprocess.CalledProcessError:
        return None
    stamp.write_text("\n".join(wanted), encoding="ascii")
    return python


def rate(
    python: str, url: str, posts: int, database: str, at_once: int, accounts: int = 0
) -> float:
    """Return the posts a second of Procrastinate."""
    command = [python, __file__, url, str(posts), database, str(at_once), str(accounts)]
    ran = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, timeout=120)
    return float(ran.stdout)


class Local(HTTPAdapter):
    """Sends requests for X to the server of the benchmark."""

    def __init__(self, url: str) -> None:
        self._url = url
        super().__init__()

    def send(self, request: Any, *args: Any, **options: Any) -> Any:
        """Send a request there."""
        request.url = request.url.replace("https://api.twitter.com", self._url)
        return super().send(request, *args, **options)


def post(url: str, text: str) -> str:
    """Post by tweepy. Each thread keeps a connection of its own."""
    if not hasattr(_LOCAL, "client"):
        client = tweepy.Client(None, "a", "b", "1-c", "d")
        client.session.mount("https://api.twitter.com", Local(url))
        _LOCAL.client = client
    return str(_LOCAL.client.create_tweet(text=text).data["id"])


async def _procrastinate(url: str, posts: int, database: str, at_once: int, accounts: int) -> float:
    from procrastinate import App, PsycopgConnector

    logging.getLogger("procrastinate").setLevel(logging.ERROR)
    app = App(connector=PsycopgConnector(conninfo=database))
    job = app.task(name="post")(post)
    async with app.open_async():
        await app.schema_manager.apply_schema_async()
        for number in range(posts):
            lock = f"account {number % accounts}" if accounts else None
            await job.configure(lock=lock).defer_async(url=url, text=f"Post {number}, posted once.")
        begun = time.perf_counter()
        await app.run_worker_async(
            concurrency=at_once, wait=False, install_signal_handlers=False, listen_notify=False
        )
        return posts / (time.perf_counter() - begun)


if __name__ == "__main__":
    server, count, place, *counts = sys.argv[1:]
    print(asyncio.run(_procrastinate(server, int(count), place, *map(int, counts))))
