"""The audit log of who did what, and when. Entries are only added, and each seals those before it.

An entry has the hash of the one before it, and a hash of its own over both. To change an entry, or
to remove one from the middle, breaks the chain. ``meta`` has the number of entries and the last
hash, which show a missing tail. Whoever can write to the database can forge all of it. To notice
that, note the last hash somewhere else (``groundswell log --verify``).

Entries contain names, keys and reasons, and never a secret.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, insert, select, true

from bot.database import rows
from bot.database import tables as t
from bot.database.types import batched, damaged, lock_transaction, read_json

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from sqlalchemy import Row, Select

    from bot.database.connections import Database

GENESIS_HASH = "0" * 64
"""The first entry's hash of the one before it."""

GROUNDSWELL = "groundswell"
"""The name in entries of actions that the program took by itself."""

_SEAL_KEY = "audit"

_hashed = attrgetter("previous", "at", "who", "what", "subject", "detail")
"""Returns the values that an entry's hash is made of."""


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """An action of a person or of the program."""

    id: int
    at: datetime
    who: str
    what: str
    """The action, such as ``approve``."""
    subject: str
    """The thing that it was done to, "" if it was done to none.

    For a post it is a delivery's key (``people/hart/press/once``) or, for approvals, the key
    without the moment. For a pause it is ``all``, or a scope and its name (``account press``).
    Otherwise it is the name of an account, a campaign, a user or a process, or the path of a
    backup; ``what`` tells these apart.
    """
    detail: Mapping[str, Any]


def record(
    target: Connection | Database,
    who: str,
    what: str,
    subject: str,
    detail: Mapping[str, Any],
    now: datetime,
) -> int:
    """Add an entry, within the transaction of a connection or in one of its own; return its id.

    It should be the transaction's last step, because it waits for others that add an entry. In the
    middle, two transactions could wait for each other.
    """
    if not isinstance(target, Connection):
        with target.writing() as connection:
            return record(connection, who, what, subject, detail, now)
    lock_transaction(target, "audit")  # until this transaction ends
    count, previous = _parse_seal(rows.get(target, _SEAL_KEY))
    detail_json = json.dumps(detail, ensure_ascii=False, sort_keys=True, default=str)
    entry_hash = _hash(previous, now, who, what, subject, detail_json)
    values = {"at": now, "who": who, "what": what, "subject": subject, "detail": detail_json}
    values |= {"previous": previous, "hash": entry_hash}
    query = insert(t.audit).values(values).returning(t.audit.c.id)
    entry_id: int = target.execute(query).scalar_one()
    rows.put(target, _SEAL_KEY, {"count": count + 1, "hash": entry_hash})
    return entry_id


def chained_entries(
    connection: Connection, kinds: Collection[str], subjects: Collection[str] | None = None
) -> list[AuditEntry]:
    """Return the entries of these kinds that are links of the chain, oldest first.

    No row that somebody inserted by hand is among them; see ``linked_entries``.
    """
    found = linked_entries(connection, kinds, subjects)
    return [entry for entry, is_link in found if is_link]


def linked_entries(
    connection: Connection, kinds: Collection[str], subjects: Collection[str] | None = None
) -> list[tuple[AuditEntry, bool]]:
    """Return the entries of these kinds, and whether each is a link of the chain, oldest first.

    A link has the right hash, follows the entry before it, and is followed by the next one or by
    the seal. That is cheap to check. ``verify`` checks the whole log. With ``subjects``, only
    entries about one of these are returned.
    """
    a = t.audit.c
    entries: list[tuple[AuditEntry, bool]] = []
    for batch in [None] if subjects is None else batched(sorted(subjects)):
        about = true() if batch is None else a.subject.in_(batch)
        for row in connection.execute(_LINKS.where(a.what.in_(kinds), about)):
            around = row.before or GENESIS_HASH, row.after or _parse_seal(row.seal)[1]
            is_link = (row.previous, row.hash) == around and row.hash == _hash(*_hashed(row))
            entries.append((entry_of(row), is_link))
    return sorted(entries, key=lambda found: found[0].id)


def _select_links() -> Select[Any]:
    """Return a query of the entries, each with the hashes around it and the seal, oldest first."""
    a, last, following = t.audit.c, t.audit.alias("last"), t.audit.alias("following")
    before = select(last.c.hash).where(last.c.id < a.id).order_by(last.c.id.desc()).limit(1)
    after = select(following.c.previous).where(following.c.id > a.id).order_by(following.c.id)
    seal = select(t.meta.c.value).where(t.meta.c.key == _SEAL_KEY)
    return select(
        t.audit,
        before.scalar_subquery().label("before"),
        after.limit(1).scalar_subquery().label("after"),
        seal.scalar_subquery().label("seal"),
    ).order_by(a.id)


_LINKS = _select_links()
"""Made once, because it takes longer than most of its answers."""


def read_entries(
    database: Database, since: datetime | None = None, limit: int | None = None
) -> list[AuditEntry]:
    """Return the newest entries since then, at most ``limit``, in the order of their time."""
    query = select(t.audit).order_by(t.audit.c.id.desc()).limit(limit)
    if since is not None:
        query = query.where(t.audit.c.at >= since)
    return [entry_of(row) for row in database.read(query)][::-1]


def read_about(database: Database, subjects: Collection[str]) -> list[AuditEntry]:
    """Return the entries about these subjects, oldest first, which an index finds."""
    found: list[AuditEntry] = []
    for batch in batched(sorted(subjects)):
        query = select(t.audit).where(t.audit.c.subject.in_(batch))
        found += map(entry_of, database.read(query))
    return sorted(found, key=lambda entry: entry.id)


def read_seal(database: Database) -> tuple[int, str]:
    """Return the number of entries and the hash of the last, which can be noted elsewhere."""
    return _parse_seal(rows.read(database, _SEAL_KEY))


def verify(database: Database) -> str | None:
    """Return the first place at which the log was changed, with the reason, or None."""
    query = select(t.audit).order_by(t.audit.c.id)
    count, last = 0, GENESIS_HASH
    with database.reading() as connection:
        written, sealed = _parse_seal(rows.get(connection, _SEAL_KEY))
        for row in connection.execute(query):
            if row.previous != last:
                return f"record {row.id}: an entry before it was changed or removed"
            if row.hash != _hash(*_hashed(row)):
                return f"record {row.id}: it was changed after it was written"
            count, last = count + 1, row.hash
    if (count, last) != (written, sealed):
        return f"the end: it ends after {count} entries; {written} were written"
    return None


def _parse_seal(value: Mapping[str, Any] | None) -> tuple[int, str]:
    return (value["count"], value["hash"]) if value else (0, GENESIS_HASH)


def entry_of(row: Row[Any]) -> AuditEntry:
    """Return the entry of a row. Raise StoreError if it is damaged."""
    detail = read_json(row.detail)
    if not isinstance(detail, dict):
        raise damaged(f"record {row.id} of the log", row.detail)
    return AuditEntry(row.id, row.at, row.who, row.what, row.subject, detail)


def _hash(previous: str, at: datetime, *fields: str) -> str:
    text = json.dumps([at.astimezone(UTC).isoformat(), *fields], ensure_ascii=False)
    return hashlib.sha256(f"{previous}\n{text}".encode()).hexdigest()
