"""The audit log: who did what, and when. Only ever added to, and each entry seals those before it.

An entry carries the hash of the one before and a hash of its own over both, so that one that was
changed, or taken out of the middle, breaks the chain. How many there are, and the last hash, stand
in ``meta`` as well: a tail that was cut off is missed. Whoever can write to the database can forge
the whole of it; against that, note the last hash somewhere else (``groundswell log --verify``).

No secret comes in: what is written are names, keys and reasons.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, insert, select, text, true

from bot.store import meta
from bot.store import tables as t
from bot.store.types import batched

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from sqlalchemy import Row

    from bot.store.database import Database

START = "0" * 64
"""What stands for the hash before the first entry."""

GROUNDSWELL = "groundswell"
"""Who did it, where the program did it of itself."""

_KEY = "audit"
_ADVISORY = 0x6175646974  # "audit": any number that no other program uses on the same database


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that was done; ``subject`` is what it was done to, ``detail`` more about it."""

    id: int
    at: datetime
    who: str
    what: str
    subject: str
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Broken:
    """Where the log is not what was written: the entry's number, or None where the end is gone."""

    entry: int | None
    why: str


@dataclass(frozen=True, slots=True)
class Seal:
    """The end of the chain: how many entries there are, and the hash of the last."""

    count: int = 0
    hash: str = START


def record(
    target: Connection | Database,
    who: str,
    what: str,
    subject: str,
    detail: Mapping[str, Any],
    now: datetime,
) -> int:
    """Add an entry, and return its number; with a connection, within its transaction.

    It should be the last thing in it, because it waits for whoever else is adding one: in the
    middle, two transactions could wait for each other.
    """
    if isinstance(target, Connection):
        return _append(target, who, what, subject, detail, now)
    with target.writing() as connection:
        return _append(connection, who, what, subject, detail, now)


def _append(
    connection: Connection,
    who: str,
    what: str,
    subject: str,
    detail: Mapping[str, Any],
    now: datetime,
) -> int:
    alone(connection)
    seal = _seal(connection)
    words = json.dumps(detail, ensure_ascii=False, sort_keys=True, default=str)
    mine = _hash(seal.hash, now, (who, what, subject, words))
    values = {"at": now, "who": who, "what": what, "subject": subject, "detail": words}
    values |= {"previous": seal.hash, "hash": mine}
    number: int = connection.execute(
        insert(t.audit).values(values).returning(t.audit.c.id)
    ).scalar_one()
    meta.put(connection, _KEY, json.dumps({"count": seal.count + 1, "hash": mine}))
    return number


def alone(connection: Connection) -> None:
    """Wait until nobody else is adding an entry, and keep others from it within the transaction."""
    if connection.dialect.name == "postgresql":  # SQLite's writers wait for each other anyway
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY})


def _seal(connection: Connection) -> Seal:
    found = meta.get(connection, _KEY)
    return Seal(**json.loads(found)) if found else Seal()


def _hash(previous: str, at: datetime, said: tuple[str, ...]) -> str:
    words = json.dumps([at.astimezone(UTC).isoformat(), *said], ensure_ascii=False)
    return hashlib.sha256(f"{previous}\n{words}".encode()).hexdigest()


def linked(
    connection: Connection, kinds: Collection[str], subjects: Collection[str] | None = None
) -> list[Entry]:
    """Return the entries of these kinds, oldest first, that are links of the chain.

    Each must have the hash that it should have, follow the entry before it, and be followed by the
    next one or by the seal. That is cheap, and no row put in by hand passes; whether the whole log
    is as it was written, ``Audit.verify`` says. ``subjects`` are what the entries must be about.
    """
    a, last, following = t.audit.c, t.audit.alias("last"), t.audit.alias("following")
    before = select(last.c.hash).where(last.c.id < a.id).order_by(last.c.id.desc()).limit(1)
    after = select(following.c.previous).where(following.c.id > a.id).order_by(following.c.id)
    seal = select(t.meta.c.value).where(t.meta.c.key == _KEY)
    around = (before.scalar_subquery(), after.limit(1).scalar_subquery(), seal.scalar_subquery())
    names = zip(around, ("before", "after", "seal"), strict=True)
    query = select(t.audit, *(column.label(name) for column, name in names))
    found: list[Entry] = []
    for some in [None] if subjects is None else batched(sorted(subjects)):
        about = true() if some is None else a.subject.in_(some)
        rows = connection.execute(query.where(a.what.in_(kinds), about).order_by(a.id))
        found += [_entry(row) for row in rows if _is_link(row)]
    return sorted(found, key=lambda entry: entry.id)


def _is_link(row: Row[Any]) -> bool:
    seal = Seal(**json.loads(row.seal)) if row.seal else Seal()
    around = (row.previous, row.hash) == (row.before or START, row.after or seal.hash)
    return around and row.hash == _hash(row.previous, row.at, _said(row))


class Audit:
    """The log as it is read."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def entries(self, since: datetime | None = None, limit: int | None = None) -> list[Entry]:
        """Give the entries, oldest first; of more than ``limit``, the newest."""
        query = select(t.audit).order_by(t.audit.c.id.desc()).limit(limit)
        if since is not None:
            query = query.where(t.audit.c.at >= since)
        with self._database.reading() as connection:
            return [_entry(row) for row in connection.execute(query)][::-1]

    def seal(self) -> Seal:
        """Give the end of the chain, as it can be noted elsewhere."""
        with self._database.reading() as connection:
            return _seal(connection)

    def verify(self) -> Broken | None:
        """Give the first place where the log is not what was written; None where it is whole."""
        query = select(t.audit).order_by(t.audit.c.id)
        with self._database.reading() as connection:
            seal = _seal(connection)
            return _first_broken(iter(connection.execute(query)), seal)


def _entry(row: Row[Any]) -> Entry:
    return Entry(row.id, row.at, row.who, row.what, row.subject, json.loads(row.detail))


def _said(row: Row[Any]) -> tuple[str, ...]:
    return row.who, row.what, row.subject, row.detail


def _first_broken(rows: Iterator[Row[Any]], seal: Seal) -> Broken | None:
    count, last = 0, START
    for row in rows:
        if row.previous != last:
            return Broken(row.id, "what stood before it was changed or taken out")
        if row.hash != _hash(last, row.at, _said(row)):
            return Broken(row.id, "it was changed after it was written")
        count, last = count + 1, row.hash
    if (count, last) != (seal.count, seal.hash):
        return Broken(None, f"it ends after {count} entries; {seal.count} were written")
    return None
