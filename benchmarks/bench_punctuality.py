"""How late posts go out: 200 posts, two at a time, each second, from four accounts.

Measured: ``groundswell run`` as people start it, on SQLite on disk, posts over HTTP to a
``groundswell sandbox`` in a process of its own. All are in the YAML before the first is due.
Lateness is the instant at which the sandbox has taken the post, as its id tells it to the
millisecond, less the instant that it was due: it holds the waking up, the claim on disk and the
request. Pairs of posts of two accounts are due at the same instant, so one of each pair waits for
the other now and then. (Four accounts, because X lets one post 100 times in 15 minutes at most.)
One post of a fifth account, made here, has the sandbox import what it needs: the first post of the
loop counts, but not how long the sandbox takes to wake up.

Repeat: ``python benchmarks/bench_punctuality.py``, or ``make bench`` for all of them.
"""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta

import requests
from bench_support import (
    campaign,
    count_logged,
    get,
    join,
    loop,
    percentile,
    row,
    sandbox,
    title,
    wait_for,
    workspace,
)
from requests_oauthlib import OAuth1

ACCOUNTS = ("measured-a", "measured-b", "measured-c", "measured-d")
EACH = 50
STEP = timedelta(seconds=2)
LEAD = timedelta(seconds=12)

_EPOCH_MS = 1_288_834_974_657
"""Ids of X count milliseconds from here, in all but their lowest 22 bits."""


def main() -> None:
    """Measure and print."""
    total = len(ACCOUNTS) * EACH
    title(f"How late {total} posts go out")
    with workspace() as place, sandbox(place, ACCOUNTS, "    gap: 0s") as url:
        _wake(url)
        dues = {}
        first = datetime.now(UTC).replace(microsecond=0) + LEAD
        for number, account in enumerate(ACCOUNTS):
            start = first + timedelta(seconds=number // 2)
            dues[number] = [start + STEP * i for i in range(EACH)]
            place.write(f"posts/{account}.yaml", campaign(number, [account], dues[number]))
        with loop(place):
            wait_for(lambda: count_logged(place, "running"), "the loop to run")
            spare = (first - datetime.now(UTC)).total_seconds()
            if spare < 1:
                raise SystemExit(f"the loop began {spare:.1f} s before the first post: too late")
            time.sleep(spare + (STEP * EACH).total_seconds())
            wait_for(lambda: len(_measured(url)) >= total, "all posts")
        posts = _measured(url)
    _print([_late(post, dues) for post in posts], total)


def _wake(url: str) -> None:
    """Post once in the sandbox, without Groundswell."""
    credentials = join(url, "awake")
    auth = OAuth1(
        credentials["consumer_key"],
        credentials["consumer_secret"],
        credentials["access_token"],
        credentials["access_token_secret"],
    )
    requests.post(f"{url}/2/tweets", json={"text": "Awake."}, auth=auth, timeout=30)


def _measured(url: str) -> list[dict[str, str]]:
    return [post for post in get(f"{url}/sandbox/posts")["posts"] if post["handle"] != "awake"]


def _late(post: dict[str, str], dues: dict[int, list[datetime]]) -> float:
    """Return a post's lateness in seconds."""
    found = re.search(r"post (\d+) of campaign (\d+)", post["text"])
    assert found, post["text"]
    taken = ((int(post["id"]) >> 22) + _EPOCH_MS) / 1000
    return taken - dues[int(found[2])][int(found[1])].timestamp()


def _print(late: list[float], total: int) -> None:
    row("posts in the sandbox", f"{len(late):6d} of {total}")
    row("half of them within (p50)", f"{percentile(late, 0.5) * 1000:6.0f} ms")
    row("95 of 100 within (p95)", f"{percentile(late, 0.95) * 1000:6.0f} ms")
    row("99 of 100 within (p99)", f"{percentile(late, 0.99) * 1000:6.0f} ms", "within 250 ms")
    row("the earliest, the latest", f"{min(late) * 1000:6.0f} ms, {max(late) * 1000:.0f} ms")
    print()


if __name__ == "__main__":
    main()
