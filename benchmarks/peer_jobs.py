"""Posts by a job queue of others; run by ``peers.py`` in an environment that has them.

Its arguments are ``huey SERVER POSTS FOLDER THREADS`` or ``procrastinate SERVER POSTS DATABASE
AT_ONCE ACCOUNTS``. With accounts, a lock for each keeps its posts one after the other, as ours do;
with 0, all jobs may run at once. All jobs are queued first; what is measured is from the start of
the workers until the outcome of the last job is written. Prints posts a second. Imports nothing of
ours.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
import time
from typing import Any

import tweepy
from requests.adapters import HTTPAdapter

_LOCAL = threading.local()


class Local(HTTPAdapter):
    """Sends what is for X to the server of the benchmark."""

    def __init__(self, url: str) -> None:
        self._url = url
        super().__init__()

    def send(self, request: Any, *args: Any, **options: Any) -> Any:
        """Send it there."""
        request.url = request.url.replace("https://api.twitter.com", self._url)
        return super().send(request, *args, **options)


def post(url: str, text: str) -> str:
    """Post by tweepy; each thread keeps a connection of its own."""
    if not hasattr(_LOCAL, "client"):
        client = tweepy.Client(None, "a", "b", "1-c", "d")
        client.session.mount("https://api.twitter.com", Local(url))
        _LOCAL.client = client
    return str(_LOCAL.client.create_tweet(text=text).data["id"])


def huey(url: str, posts: int, folder: str, threads: int) -> float:
    """Post by Huey: a SQLite file that waits for the disk, and so many threads."""
    from huey import SqliteHuey
    from huey.signals import SIGNAL_COMPLETE

    queue = SqliteHuey("measured", filename=f"{folder}/huey.db", fsync=True)
    done = threading.Semaphore(0)
    job = queue.task()(post)
    queue.signal(SIGNAL_COMPLETE)(lambda *_: done.release())
    for number in range(posts):
        job(url, f"Post {number}, posted once.")
    consumer = queue.create_consumer(workers=threads, worker_type="thread", periodic=False)
    begun = time.perf_counter()
    consumer.start()
    for _ in range(posts):
        done.acquire()
    spent = time.perf_counter() - begun
    consumer.stop(graceful=True)
    return posts / spent


async def procrastinate(url: str, posts: int, database: str, at_once: int, accounts: int) -> float:
    """Post by Procrastinate: PostgreSQL, so many jobs at once, and a lock for each account."""
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


def main() -> None:
    """Measure, and print nothing else."""
    which, url, posts, where, *counts = sys.argv[1:]
    if which == "huey":
        print(huey(url, int(posts), where, *map(int, counts)))
    else:
        print(asyncio.run(procrastinate(url, int(posts), where, *map(int, counts))))


if __name__ == "__main__":
    main()
