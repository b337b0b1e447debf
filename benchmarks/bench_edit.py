"""What an edit costs, if one post among 10,000 changes while others are due.

``groundswell run`` works as people start it, on SQLite on disk, with ten files of 1,000 posts of
100 accounts, and one file of posts that are due soon, ``A_SECOND`` each second. Half-way through
those, one word of one of the 10,000 is changed. The figures are the seconds until the new word
stands in the queue, and the lateness of posts that were due before the edit and from it on. Files
are looked at every second, as the file system reports no changes, and taken once two looks find the
same.
"""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import loopback
from bench_lateness import lateness
from bench_support import count_logged, keep, loop, percentile, row, title, wait_for, workspace
from loopback import Due

if TYPE_CHECKING:
    from bench_support import Workspace

FILES, POSTS = 10, 1000
ACCOUNTS = 100
A_SECOND = 10
SECONDS = 10
"""How long posts are due before the edit, and as long after it."""
LEAD = 40.0
"""Seconds in which the loop must have read, planned and queued all."""
EDITED = 3


def main() -> None:
    """Measure and print."""
    title(f"One edit among {FILES * POSTS:,} posts")
    with workspace() as place, loopback.served() as url:
        loopback.accounts(place, url, range(ACCOUNTS))
        _write_later(place)
        first = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=LEAD)
        dues = [
            Due(number % ACCOUNTS, first + timedelta(seconds=number // A_SECOND))
            for number in range(2 * SECONDS * A_SECOND)
        ]
        loopback.posts(place, FILES, dues)
        with loop(place):
            seconds = wait_for(lambda: count_logged(place, "running"), "the loop to run")
            row("until all is queued", f"{seconds:10.1f} s")
            wait_for(lambda: loopback.asked(url) >= ACCOUNTS, "all accounts to be asked for")
            time.sleep(loopback.seconds_until(first) + SECONDS - 0.5)
            _keep("until the queue has it", _edited(place), "s", "within 2")
            wait_for(lambda: len(loopback.taken(url)) >= len(dues), "all posts")
        late = lateness(dues, loopback.taken(url))
    before, after = late[: SECONDS * A_SECOND], late[SECONDS * A_SECOND :]
    _keep("posts before it, p99", percentile(before, 0.99) * 1000, "ms")
    _keep("posts meanwhile, p50", percentile(after, 0.5) * 1000, "ms")
    _keep("posts meanwhile, p99", percentile(after, 0.99) * 1000, "ms", "within 250")
    print()


def _keep(name: str, value: float, unit: str, bar: str = "") -> None:
    keep("edit", name, value, unit, bar=bar)


def _write_later(place: Workspace) -> None:
    """Write the 10,000, ten a day for each account, for ten days from tomorrow on."""
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    for file in range(FILES):
        dues = [
            Due(number % ACCOUNTS, tomorrow + timedelta(days=file, minutes=number))
            for number in range(POSTS)
        ]
        loopback.posts(place, file, dues)


def _edited(place: Workspace) -> float:
    """Change a word; return the seconds until it is in the queue."""
    path = place.folder / "posts" / "measured-0.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(f"Number {EDITED},", "Number edited,"), encoding="utf-8")
    asked = "SELECT content FROM deliveries WHERE campaign = 'measured-0' AND post = ?"
    with closing(sqlite3.connect(place.folder / "groundswell.db")) as database:
        return wait_for(
            lambda: "edited" in database.execute(asked, [f"post-{EDITED}"]).fetchone()[0],
            "the queue to have it",
        )


if __name__ == "__main__":
    main()
