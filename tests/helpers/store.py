"""The store on either database, and short ways to fill it, for the tests of many packages."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import fields, replace
from datetime import datetime, timedelta
from threading import Barrier
from typing import TYPE_CHECKING, Any, TypeVar

import pytest
from sqlalchemy import select, text, update

from bot.database import tables
from bot.database.opening import open_database
from bot.delivery.decide import Send, decide
from bot.delivery.situations import SituationReader
from bot.model import (
    PLANNED_FIELDS,
    Account,
    Content,
    Delivery,
    Occurrence,
    Part,
    RemotePost,
    ScheduleKind,
    Spending,
    State,
    Transition,
)
from bot.planning.diff import Add
from bot.secrecy import KnownSecrets
from bot.store.approvals import Approvals
from bot.store.claims import Claims
from bot.store.ledger import book as book_within
from bot.store.metrics import Metrics
from bot.store.outcomes import Unsettled
from bot.store.queue import Queue
from bot.store.sends import Claim, Intent, SendResult
from bot.store.situations import count_begun, reply_targets
from helpers import clock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from decimal import Decimal
    from pathlib import Path

    from sqlalchemy import Delete, Insert, Update

    from bot.database.connections import Database
    from bot.store.ledger import Ledger

T = TypeVar("T")

NOW = clock.NOW
LATER = NOW + timedelta(hours=1)
MINUTE = timedelta(minutes=1)

ON_SQLITE = pytest.mark.parametrize("dialect", ["sqlite"])
ON_POSTGRESQL = pytest.mark.parametrize("dialect", ["postgresql"])
"""Marks tests with the fixture ``store`` or ``url`` that concern one database only."""


def sqlite_url(folder: Path) -> str:
    """Return the URL of a SQLite file that need not exist yet."""
    return f"sqlite:///{folder / 'groundswell.db'}"


def account_without_gap(name: str, **other: Any) -> Account:
    """Return an account without gaps between posts."""
    return Account(name, "x", f"@{name}", "", **{"gap": timedelta(0), **other})


class Store:
    """An open database with its parts, and short ways to bring it into a state."""

    def __init__(self, url: str, owner: str = "here/1/first") -> None:
        self.url = url
        self.database: Database = open_database(url)
        self.queue = Queue(self.database)
        self.claims = Claims(self.database, owner)
        self.unsettled = Unsettled(self.database, owner)

    def add(self, post: str = "hart", **other: Any) -> Delivery:
        """Queue an occurrence, and return its delivery from the database."""
        one = occurrence(post, **other)
        self.queue.apply([Add(one)], NOW)
        return self.get(one.key)

    def get(self, key: str) -> Delivery:
        found = self.queue.get(key)
        assert found is not None, key
        return found

    def now(self, delivery: Delivery) -> Delivery:
        """Return the delivery as the database has it now."""
        return self.get(delivery.key)

    def claim(
        self,
        delivery: Delivery,
        now: datetime = NOW,
        payload: str = "{}",
        *,
        account: Account | None = None,
        reply_to: str | None = None,
        owner: str | None = None,
        budget: Decimal | None = None,
    ) -> Claim | None:
        """Claim a delivery in its present state as the dispatcher does, if it may be sent.

        It knows only the delivery's own account, because other accounts are claimed separately.
        """
        known = account or account_without_gap(delivery.account)
        known = replace(known, budget=budget, budget_stops_posts=True)
        accounts = {known.name: known}

        def budget_wait(waiting: Delivery, spent: Decimal, _: Any) -> tuple[datetime, str] | None:
            over = budget is not None and not waiting.next_part and spent > budget
            return (LATER, "spent") if over else None

        approvals = Approvals(self.database, accounts)
        situations = SituationReader(accounts, approvals, budget_wait, None, KnownSecrets())
        sending = Claims(self.database, owner) if owner else self.claims
        with sending.claiming() as claiming:
            due = claiming.claimable([delivery.account], now, None)
            found = [queued for queued in due if queued.id == delivery.id]
            seen = situations.read(claiming.connection, found, now, lock=True)
            if not found or decide(found[0], seen.by_delivery[delivery.id], now) != Send():
                return None
            [claim] = claiming.claim([Intent(found[0], payload, reply_to)], now, now + MINUTE)
        return claim

    def parents(self, one: Delivery) -> dict[int, str]:
        """Return the ids that the delivery's next part replies to."""
        with self.database.reading() as connection:
            return reply_targets(connection, [one])

    def count_published_since(self, account: str, instant: datetime) -> int:
        """Return the number of an account's posts that are, or may be, out since an instant."""
        with self.database.reading() as connection:
            return count_begun(connection, {account: instant})[account].posts

    def must_claim(self, delivery: Delivery, now: datetime = NOW) -> Claim:
        claim = self.claim(delivery, now)
        assert claim is not None
        return claim

    def close(
        self, claim: Claim, settlement: Transition, outcome: str = "published", now: datetime = NOW
    ) -> bool:
        [closed] = self.claims.record_results([SendResult(claim, settlement, outcome, "")], now)
        return closed

    def expire_lease(self, delivery: Delivery) -> None:
        """End a delivery's lease, by whichever clock counts."""
        c = tables.deliveries.c
        query = update(tables.deliveries).where(c.id == delivery.id)
        with self.database.writing() as connection:
            connection.execute(query.values(lease_until=NOW - timedelta(days=365)))

    def add_unknown(self) -> Delivery:
        """Return a delivery whose send got no answer."""
        delivery = self.add()
        self.close(self.must_claim(delivery), TO_UNKNOWN, "unknown")
        return self.now(delivery)

    def change(self, statement: Update | Delete | Insert) -> None:
        """Change rows by hand, as the database's own tools can."""
        with self.database.writing() as connection:
            assert connection.execute(statement).rowcount

    def scalar(self, query: str, **values: Any) -> Any:
        with self.database.reading() as connection:
            return connection.scalar(text(query), values)


@contextmanager
def opened(url: str) -> Iterator[Store]:
    """Yield an open database with its parts."""
    store = Store(url)
    try:
        yield store
    finally:
        store.database.close()


def at_once(count: int, act: Callable[[int], T]) -> list[T]:
    """Call ``act`` with each number in its own thread, all at once, and return the results."""
    barrier = Barrier(count)

    def begin(number: int) -> T:
        barrier.wait(20)
        return act(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(begin, range(count)))


PUBLISHED_POST = RemotePost("101", "https://x.com/mj/status/101", NOW)
TO_PUBLISHED = Transition(State.PUBLISHED, published=PUBLISHED_POST)
TO_NEXT_PART = Transition(State.SCHEDULED, NOW, published=PUBLISHED_POST)
TO_UNKNOWN = Transition(State.UNKNOWN, NOW + MINUTE, "no answer")
TO_RETRY = Transition(State.SCHEDULED, LATER, "rate limited", counts_as_try=True)


def book(ledger: Ledger, entries: Iterable[Spending]) -> None:
    """Record entries of spending."""
    with ledger.booking() as connection:
        book_within(connection, entries)


def spending(database: Database) -> list[Spending]:
    """Return all spending in the order in which it was booked."""
    c = tables.spending.c
    query = select(*(c[field.name] for field in fields(Spending))).order_by(c.id)
    with database.reading() as connection:
        return [Spending(*row) for row in connection.execute(query)]


def occurrence(post: str = "hart", **other: Any) -> Occurrence:
    """Return an occurrence that is due at NOW."""
    account = other.get("account", "mj")
    fields: dict[str, Any] = {
        "key": f"people/{post}/{account}/once",
        "campaign": "people",
        "post": post,
        "demand": "take-hart-off-aws",
        "event": None,
        "account": account,
        "platform": "x",
        "label": "once",
        "due": NOW,
        "timezone": "America/New_York",
        "grace": timedelta(minutes=15),
        "expires": None,
        "content": text_content("Take HART off AWS." if account == "mj" else own_words(account)),
    }
    return Occurrence(**{**fields, **other})


def own_words(name: str) -> str:
    """Return a text that differs clearly from those of other names."""
    letters = hashlib.sha256(name.encode()).hexdigest()
    return f"{letters[:9]} {letters[9:18]} {letters[18:27]}."


def schedule_fields(
    post: str, kind: ScheduleKind, label: str, account: str = "mj"
) -> dict[str, Any]:
    """Return the fields of an occurrence that come from a schedule of this kind."""
    return {"key": f"people/{post}/{account}/{label}", "label": label, "kind": kind}


def text_content(*parts: str, **fields: Any) -> Content:
    """Return a content of these parts; ``fields`` are its other fields."""
    return Content(tuple(map(Part, parts)), **fields)


def delivery(**other: Any) -> Delivery:
    """Return a scheduled delivery that is in no database."""
    planned = {name: other.pop(name) for name in PLANNED_FIELDS if name in other}
    one = occurrence(**planned)
    fields = {name: getattr(one, name) for name in one.__dataclass_fields__}
    base = Delivery(id=1, state=State.SCHEDULED, not_before=one.due, **fields)
    return replace(base, **other)


EDITED_FIELDS: dict[str, Any] = {
    "demand": None,
    "event": "nyc",
    "platform": "text",
    "due": LATER,
    "timezone": "UTC",
    "grace": timedelta(seconds=90, microseconds=7),
    "expires": LATER + timedelta(hours=1, microseconds=123456),
    "content": text_content("ünïcode 🕊️ “quoted”", "and a second part"),
    "wording": "short",
    "embargo": NOW - MINUTE,
    "stale_from": LATER + MINUTE,
    "approvals": 2,
    "author": "Ana",
    "kind": ScheduleKind.EVENT,
    "frequency": "once, by the event nyc",
}
"""For each field that an edit may change, another value than ``occurrence`` gives it."""

assert set(EDITED_FIELDS) == set(PLANNED_FIELDS), set(EDITED_FIELDS) ^ set(PLANNED_FIELDS)

HALF_PUBLISHED: dict[str, Any] = {"content": text_content("one", "two", "three"), "next_part": 1}


def publish_post(store: Store, text: str, at: datetime = NOW) -> int:
    """Publish a post of one part; return its publication's id."""
    delivery = store.add(text, content=text_content(text))
    place = RemotePost(text, f"https://x.example/{text}", at)
    store.close(store.must_claim(delivery), Transition(State.PUBLISHED, published=place))
    found = Metrics(store.database).publications()
    return next(publication.id for publication in found if publication.text == text)
