"""A record of two years of a busy organisation, with 10,000 posts and 1,000,000 snapshots.

It is made from a seed and written into the tables as the loop writes them, with a post, its price,
and a hundred reads of its counters over 90 days, dense at first. Non-public counters end after 29
days, and a counter of one post in twenty falls once.
"""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert

from bot.database import tables as t
from bot.model import Content, Part, State
from bot.store.duplicates import words_digest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Table

    from bot.database.connections import Database

POSTS, READS = 10_000, 105
NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
CAMPAIGNS, DEMANDS, EVENTS, ACCOUNTS = 4, 5, 6, 3
SPAN = timedelta(days=730)
WATCHED, NON_PUBLIC = timedelta(days=90), timedelta(days=29)
AT_ONCE = 20_000

_READS = [(n, WATCHED * ((n + 1) / READS) ** 3) for n in range(READS)]
"""The number and the post's age of each read. A third of them are within three days."""


@dataclass(frozen=True, slots=True)
class Made:
    """How much was written."""

    posts: int
    snapshots: int
    bookings: int


def write(database: Database, posts: int = POSTS) -> Made:
    """Fill an empty database."""
    chance = random.Random(2026)  # noqa: S311 - figures, not secrets
    out = [_post(number, posts) for number in range(posts)]
    _fill(database, t.deliveries, (delivery for delivery, _ in out))
    _fill(database, t.publications, (publication for _, publication in out))
    kept = _fill(database, t.snapshots, _snapshots([p for _, p in out], chance))
    bookings = _fill(database, t.spending, _bookings(out))
    return Made(posts, kept, bookings)


def _fill(database: Database, table: Table, rows: Iterator[dict[str, Any]]) -> int:
    """Insert rows; return how many."""
    done = 0
    while some := [*islice(rows, AT_ONCE)]:
        with database.writing() as connection:
            connection.execute(insert(table), some)
        done += len(some)
    return done


def _post(number: int, of: int) -> tuple[dict[str, Any], dict[str, Any]]:
    at = NOW - SPAN + SPAN * (number / of)
    account = f"account-{number % ACCOUNTS}"
    content = Content((Part(f"Post {number}: what a campaign says in a hundred characters. " * 2),))
    delivery = {
        "id": number + 1,
        "key": f"key-{number}",
        "campaign": f"campaign-{number % CAMPAIGNS}",
        "post": f"post-{number}",
        "demand": f"demand-{number // CAMPAIGNS % DEMANDS}" if number % 7 else None,
        "event": f"event-{number // CAMPAIGNS % EVENTS}" if number % 5 == 0 else None,
        "wording": f"w{number % 2}" if number % 10 == 0 else "",
        "account": account,
        "platform": "x",
        "label": "once",
        "due": at,
        "timezone": "America/New_York",
        "grace": timedelta(minutes=15),
        "content": content.to_json(),
        "words": words_digest(content, "x"),
        "digest": hashlib.sha256(str(number).encode()).hexdigest(),
        "state": State.PUBLISHED.value,
        "not_before": at,
        "created": at,
        "changed": at,
    }
    publication = {
        "id": number + 1,
        "delivery": number + 1,
        "part": 0,
        "account": account,
        "remote_id": str(10**18 + number),
        "url": f"https://x.example/i/status/{10**18 + number}",
        "reply": str(10**18 + number),
        "published": at,
        "gone": at + timedelta(days=9) if number % 211 == 0 else None,
    }
    return delivery, publication


def _snapshots(out: list[dict[str, Any]], chance: random.Random) -> Iterator[dict[str, Any]]:
    """Yield the reads of all posts in the order of time, which parts those of a post."""
    sizes = [chance.lognormvariate(7.5, 0.9) for _ in out]
    falls = [chance.randrange(READS) if post["id"] % 20 == 0 else -1 for post in out]
    reads = [(post["published"] + age, i, n) for i, post in enumerate(out) for n, age in _READS]
    for at, i, n in sorted(read for read in reads if read[0] <= NOW):
        seen = sizes[i] * (n + 1) / READS
        yield _snapshot(out[i]["id"], at, _READS[n][1], seen, fell=n == falls[i])


def _snapshot(
    publication: int, at: datetime, age: timedelta, seen: float, *, fell: bool
) -> dict[str, Any]:
    shared = age <= NON_PUBLIC
    return {
        "publication": publication,
        "read": at,
        "impressions": round(seen),
        "likes": max(0, round(seen * 0.02) - 3 * fell),
        "reposts": round(seen * 0.006),
        "quotes": round(seen * 0.001),
        "replies": round(seen * 0.002),
        "bookmarks": round(seen * 0.001),
        "link_clicks": round(seen * 0.008) if shared else None,
        "profile_clicks": round(seen * 0.004) if shared else None,
    }


def _bookings(out: list[tuple[dict[str, Any], dict[str, Any]]]) -> Iterator[dict[str, Any]]:
    """Yield what each post cost, and five batches of reads after it."""
    for delivery, publication in out:
        common = {"account": delivery["account"], "quantity": 1}
        sent = {"at": publication["published"], "campaign": delivery["campaign"], "item": "post"}
        yield {**common, **sent, "dollars": Decimal("0.015")}
        for day in range(5):
            at = publication["published"] + timedelta(days=day)
            if at <= NOW:
                read = {"at": at, "campaign": None, "item": "own timeline read"}
                yield {**common, **read, "dollars": Decimal("0.001")}
