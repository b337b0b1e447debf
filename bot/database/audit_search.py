"""Read the audit log page by page, narrowed to a person, an action, a time or some subjects.

Entries are in the order of their time, so that a period is found by an index. If a clock was set
back, that is not the order in which they were written, which the chain has.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import or_, select

from bot.database import tables as t
from bot.database.audit import entry_of, read_about

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sqlalchemy import ColumnElement

    from bot.database.audit import AuditEntry
    from bot.database.connections import Database

NAMES_FROM = 10_000
"""The people and actions to choose from are those of this many of the latest entries."""


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """A choice of entries."""

    who: str = ""
    """The person; "" for all."""
    what: str = ""
    """The action; "" for all."""
    since: datetime | None = None
    until: datetime | None = None
    """The first instant that is not included."""
    subjects: frozenset[str] | None = None
    """The subjects; None for all."""

    def includes(self, entry: AuditEntry) -> bool:
        """Return whether an entry is one of these."""
        return (
            self.who in {"", entry.who}
            and self.what in {"", entry.what}
            and (self.since is None or self.since <= entry.at)
            and (self.until is None or entry.at < self.until)
            and (self.subjects is None or entry.subject in self.subjects)
        )

    def conditions(self) -> Iterator[ColumnElement[bool]]:
        """Yield the conditions of a query, but for the subjects."""
        c = t.audit.c
        if self.who:
            yield c.who == self.who
        if self.what:
            yield c.what == self.what
        if self.since is not None:
            yield c.at >= self.since
        if self.until is not None:
            yield c.at < self.until


def search(
    database: Database,
    only: AuditFilter,
    limit: int,
    *,
    beyond: AuditEntry | None = None,
    newest_first: bool = True,
) -> list[AuditEntry]:
    """Return the next entries beyond another one, at most ``limit``, or the first ones."""
    if only.subjects is not None:
        return _search_subjects(database, only, limit, beyond, newest_first=newest_first)
    c = t.audit.c
    where = [*only.conditions()]
    if beyond is not None and newest_first:
        where += [c.at <= beyond.at, or_(c.at < beyond.at, c.id < beyond.id)]
    elif beyond is not None:
        where += [c.at >= beyond.at, or_(c.at > beyond.at, c.id > beyond.id)]
    order = (c.at.desc(), c.id.desc()) if newest_first else (c.at, c.id)
    query = select(t.audit).where(*where).order_by(*order).limit(limit)
    return [entry_of(row) for row in database.read(query)]


def _search_subjects(
    database: Database,
    only: AuditFilter,
    limit: int,
    beyond: AuditEntry | None,
    *,
    newest_first: bool,
) -> list[AuditEntry]:
    """Do as ``search`` about some subjects, which have few entries."""
    assert only.subjects is not None
    entries = filter(only.includes, read_about(database, only.subjects))
    ordered = sorted(entries, key=lambda entry: (entry.at, entry.id), reverse=newest_first)
    if beyond is not None:
        place = (beyond.at, beyond.id)
        ordered = [
            of
            for of in ordered
            if (of.at, of.id) != place and ((of.at, of.id) < place) == newest_first
        ]
    return ordered[:limit]


def find_entry(database: Database, number: int) -> AuditEntry | None:
    """Return the entry with this number, or None."""
    rows = database.read(select(t.audit).where(t.audit.c.id == number))
    return entry_of(rows[0]) if rows else None


def read_names(database: Database) -> tuple[list[str], list[str]]:
    """Return the people and the actions of the latest entries, in their order.

    A loop that starts or stops has a name of its own, which nobody looks for.
    """
    c = t.audit.c
    latest = select(c.who, c.what).order_by(c.id.desc()).limit(NAMES_FROM).subquery()
    pairs = database.read(select(latest.c.who, latest.c.what).distinct())
    people = {who for who, what in pairs if what not in {"started", "stopped"}}
    return sorted(people), sorted({what for _, what in pairs})
