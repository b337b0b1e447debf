"""Approvals held against the audit log: one that is not in there as well counts for nothing.

A row names its entry in the log, which must say the same, be a link of the chain, and not have been
taken back by a later one. So a row that somebody writes into the table lets nothing out. Whoever
forges the log as a whole, its seal too, forges approvals with it: against that, note the seal
elsewhere (``groundswell log --verify``). That a withdrawal was taken out of the log, so that what
it took back may count again, only ``--verify`` finds: the claim does not read the whole log.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from bot.errors import Problem
from bot.model import Subject
from bot.store import tables as t
from bot.store.audit import alone, linked

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from sqlalchemy import ColumnElement, Connection, Row

    from bot.store.audit import Entry

APPROVE, WITHDRAW = "approve", "withdraw"
"""What the entries of the audit log are called."""


def counted(
    connection: Connection, where: ColumnElement[bool], *, lock: bool = False
) -> list[Row[Any]]:
    """Return the rows that count, in the order in which they were given.

    With ``lock``, nobody takes one of them back until the transaction ends.
    """
    query = select(t.approvals).where(where).order_by(t.approvals.c.id)
    found = connection.execute(query.with_for_update(read=True) if lock else query).all()
    entries = _entries(connection, {str(subject(row)) for row in found}) if found else {}
    return [row for row in found if _same(row, entries.get(row.entry))]


def subject(row: Row[Any]) -> Subject:
    """Return what an approval is of."""
    return Subject(row.campaign, row.post, row.account)


def detail(digest: str, frequency: str) -> dict[str, str]:
    """Return what the log says of an approval, beside who gave it, and of what."""
    return {"digest": digest, "frequency": frequency}


def differences(connection: Connection) -> Iterator[Problem]:
    """Yield a problem for each approval that the table has and the log has not, or the reverse."""
    alone(connection)  # else one that is given just now would be in but one of them
    entries = _entries(connection)
    for row in connection.execute(select(t.approvals).order_by(t.approvals.c.id)):
        if _same(row, entries.get(row.entry)):
            del entries[row.entry]
        else:
            message = f"{row.who}'s approval of {subject(row)} is not in the audit log"
            hint = "It was written into the database by hand, and counts for nothing."
            yield Problem("log", 0, 0, "Q510", f"{message}.", hint)
    for entry in entries.values():
        message = f"{entry.who}'s approval of {entry.subject} (record {entry.id}) is gone"
        hint = "It was taken out of the database by hand; it must be given anew."
        yield Problem("log", 0, 0, "Q511", f"{message}.", hint)


def _entries(connection: Connection, subjects: Collection[str] | None = None) -> dict[int, Entry]:
    """Return the approvals that stand by the log alone, by their numbers in it."""
    standing: dict[int, Entry] = {}
    for entry in linked(connection, (APPROVE, WITHDRAW), subjects):
        if entry.what == WITHDRAW:
            standing.pop(entry.detail.get("approval", 0), None)
        elif "frequency" in entry.detail:  # else of an older version, which is to be given anew
            standing[entry.id] = entry
    return standing


def _same(row: Row[Any], entry: Entry | None) -> bool:
    if entry is None:
        return False
    logged = (entry.who, entry.subject, entry.at, entry.detail)
    return logged == (row.who, str(subject(row)), row.at, detail(row.digest, row.frequency))
