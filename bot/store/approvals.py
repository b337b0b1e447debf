"""Approvals, which only count if the audit log has them too.

A row names its entry in the log. The entry must say the same, be a link of the chain, and not be
withdrawn by a later one. A row that somebody inserts into the table therefore releases nothing.
Whoever forges the whole log, its seal included, forges approvals with it. To notice that, note the
seal elsewhere (``groundswell log --verify``). If a withdrawal was removed from the log, the
approval counts again until ``--verify`` finds it, because claims do not read the whole log.
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, delete, insert, or_, select, true, tuple_

from bot.database import rows
from bot.database import tables as t
from bot.database.audit import GROUNDSWELL, chained_entries, record
from bot.database.fingerprint import sealing
from bot.database.types import batched, lock_transaction
from bot.errors import Problem, UserError
from bot.model import Approval, ScheduleKind, State, Subject, name_moments
from bot.planning import approval
from bot.planning.approval import (
    EDITED_SINCE,
    NO_APPROVAL_NEEDED,
    READ_AGAIN,
    missing_approval,
    refusal_reason,
    too_late_reason,
)
from bot.planning.people import invalid_name, same_person
from bot.store.posts import kinds_of_posts

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, Row, Table

    from bot.database.audit import AuditEntry
    from bot.database.connections import Database
    from bot.model import Account, Delivery
    from bot.planning.approval import PendingPost


APPROVE, WITHDRAW = "approve", "withdraw"
"""How the audit log names the entries."""

RESTORED = "a backup was restored"
"""The reason of a withdrawal: the backup may have brought the approval back."""

_SUBJECT = tuple_(*(t.approvals.c[name] for name in Subject._fields))

_HINTS = {
    "Q502": "groundswell queue list --all shows its state.",
    "Q503": READ_AGAIN,
    "Q504": "",
    "Q505": "Ask a colleague.",
    "Q506": "",
    "Q507": "groundswell log shows who approved what.",
    "Q508": "Type the name instead of pasting it.",
}


class Approvals:
    """Approvals in the database; each of ``accounts`` may need more than a campaign does."""

    def __init__(
        self, database: Database, accounts: Mapping[str, Account] = MappingProxyType({})
    ) -> None:
        self._database = database
        self._minimums = {name: account.require_approval for name, account in accounts.items()}

    def with_account_minimum(self, delivery: Delivery) -> Delivery:
        """Return the delivery, which then needs at least as many approvals as its account asks."""
        minimum = self._minimums.get(delivery.account, 0)
        return replace(delivery, approvals=minimum) if delivery.approvals < minimum else delivery

    # --- reading ---

    def all(self, subjects: Collection[Subject] | None = None) -> list[Approval]:
        """Return the valid approvals, of these subjects or all, in the order of their entries."""
        batches = [true()] if subjects is None else map(_SUBJECT.in_, batched(sorted(subjects)))
        with self._database.reading() as connection:
            found = [row for where in batches for row in _valid_rows(connection, where)]
        return [
            Approval(_subject(row), row.digest, content, row.frequency, row.who, row.at)
            for row in found
            for content in [rows.content(row.content)]
        ]

    def differences(self) -> list[Problem]:
        """Return a problem for each approval that is only in the table, or only in the log."""
        problems = []
        with self._database.reading() as connection:
            # Without the lock, an approval that is given just now would be in only one of the two.
            lock_transaction(connection, "audit")
            entries = _logged_approvals(connection)
            for row in connection.execute(select(t.approvals).order_by(t.approvals.c.id)):
                if _matches_entry(row, entries.get(row.entry)):
                    del entries[row.entry]
                    continue
                message = f"{row.who}'s approval of {_subject(row)} is not in the audit log."
                hint = "It was inserted into the database by hand, and counts for nothing."
                problems.append(Problem("log", 0, 0, "Q510", message, hint))
        for entry in entries.values():
            message = f"{entry.who}'s approval of {entry.subject} (record {entry.id}) is gone."
            hint = "It was deleted from the database by hand; it must be given again."
            problems.append(Problem("log", 0, 0, "Q511", message, hint))
        return problems

    def needing_approval(self, until: datetime | None = None) -> list[Delivery]:
        """Return scheduled deliveries due before ``until`` that need approvals, given or not."""
        c = t.deliveries.c
        demanding = [account for account, minimum in self._minimums.items() if minimum]
        where = (c.state == State.SCHEDULED) & or_(c.approvals > 0, c.account.in_(demanding))
        where &= true() if until is None else c.due < until
        with self._database.reading() as connection:
            deliveries = rows.read_deliveries(connection, where)
        return [self.with_account_minimum(delivery) for delivery in deliveries]

    def waiting(self, now: datetime, until: datetime | None = None) -> list[PendingPost]:
        """Return the posts that wait for approval and are not too late, the next due first.

        With ``until``, only posts that are due before it are read.
        """
        deliveries = self.needing_approval(until)
        if not deliveries:
            return []
        given = self.all({delivery.subject for delivery in deliveries})
        pending = approval.pending_approvals(deliveries, given, now)
        every = ScheduleKind.EVERY
        single = {(post.campaign, post.post) for post in deliveries if post.kind is not every}
        names = name_moments(kinds_of_posts(self._database, single))
        with self._database.reading() as connection:
            lapsed = _lapsed(connection, {str(item.subject) for item in pending})
        with_lapsed = [
            replace(item, lapsed=tuple(lapsed.get((str(item.subject), item.digest), ())))
            for item in pending
        ]
        return approval.pending_posts(with_lapsed, names)

    def missing_approval(
        self, connection: Connection, deliveries: Iterable[Delivery], *, lock: bool = False
    ) -> Mapping[int, str]:
        """Return which approvals each delivery lacks, in words, by the delivery's id.

        With ``lock``, no approval that counts can be withdrawn until the transaction ends, and
        approvals that are being withdrawn do not count.
        """
        scheduled = map(self.with_account_minimum, deliveries)
        needing = [delivery for delivery in scheduled if delivery.approvals]
        approvers = _approvers(
            row
            for batch in batched(sorted({delivery.subject for delivery in needing}))
            for row in _valid_rows(connection, _SUBJECT.in_(batch), lock=lock)
        )
        missing = ((delivery.id, missing_approval(delivery, approvers)) for delivery in needing)
        return {id_: why for id_, why in missing if why}

    def approvers(self) -> dict[tuple[Subject, str], list[str]]:
        """Return who has approved which words, by subject and digest."""
        with self._database.reading() as connection:
            return _approvers(_valid_rows(connection, true()))

    # --- deciding ---

    def approve(self, subject: Subject, digest: str, who: str, now: datetime) -> Approval:
        """Keep a person's approval of the words with this digest.

        Raise UserError if no such words wait, the approval would not count, or the name contains
        hidden characters.
        """
        if why := invalid_name(who):
            raise _refused("Q508", subject, why)
        with sealing(self._database) as connection:
            # Of two approvals by one person at once, the second must see the first.
            lock_transaction(connection, "audit")
            deliveries = rows.read_deliveries(connection, _is_subject(t.deliveries, subject))
            scheduled = [delivery for delivery in deliveries if delivery.state is State.SCHEDULED]
            same = [delivery for delivery in deliveries if delivery.approval_digest == digest]
            waiting = [delivery for delivery in same if delivery.state is State.SCHEDULED]
            if scheduled and not waiting:
                raise _refused("Q503", subject, EDITED_SINCE)
            if not waiting:
                why = too_late_reason([delivery.state for delivery in same or deliveries])
                raise _refused("Q502", subject, why or "It is not in the queue any more")
            delivery = self.with_account_minimum(waiting[0])
            if not delivery.approvals:
                raise _refused("Q506", subject, NO_APPROVAL_NEEDED)
            where = _is_subject(t.approvals, subject) & (t.approvals.c.digest == digest)
            names = [row.who for row in _valid_rows(connection, where)]
            if why := refusal_reason(who, names, delivery.approvals, delivery.author):
                twice = any(same_person(who, name) for name in names)
                raise _refused("Q504" if twice else "Q505", subject, why)
            author = delivery.author if same_person(who, delivery.author) else None
            given = Approval(
                subject, digest, delivery.content, delivery.frequency, author or who, now
            )
            _save(connection, given)
        return given

    def withdraw(self, subject: Subject, digests: Collection[str], who: str, now: datetime) -> int:
        """Withdraw a person's approvals of words that wait or recur, and return how many.

        Raise UserError if there is none, or if it is too late.
        """
        with sealing(self._database) as connection:
            # The lock comes first, to wait for whoever is claiming one of these deliveries.
            query = select(t.approvals).where(_is_subject(t.approvals, subject))
            query = query.order_by(t.approvals.c.id).with_for_update()
            approvals = connection.execute(query).all()
            deliveries = rows.read_deliveries(connection, _is_subject(t.deliveries, subject))
            # A recurring post is published again, although its next time may not be queued yet.
            waiting = {
                delivery.approval_digest
                for delivery in deliveries
                if delivery.state is State.SCHEDULED or delivery.kind is ScheduleKind.EVERY
            }.intersection(digests)
            mine = [row for row in approvals if same_person(row.who, who)]
            withdrawn = [row for row in mine if row.digest in waiting]
            if not withdrawn:
                states = {delivery.state for delivery in deliveries}
                if State.SCHEDULED not in states and (why := too_late_reason(states)):
                    raise _refused("Q502", subject, why)
                raise _refused("Q507", subject, f"{who} has not approved its current words")
            ids = [row.id for row in withdrawn]
            connection.execute(delete(t.approvals).where(t.approvals.c.id.in_(ids)))
            for row in withdrawn:
                detail = {"digest": row.digest, "approval": row.entry}
                record(connection, who, WITHDRAW, str(subject), detail, now)
        return len(withdrawn)


def withdraw_all(
    connection: Connection, why: str, now: datetime, *, who: str = GROUNDSWELL, account: str = ""
) -> int:
    """Withdraw every approval that counts, of one account or all, and return how many."""
    of_account = t.approvals.c.account == account if account else true()
    approvals = _valid_rows(connection, of_account)
    connection.execute(delete(t.approvals).where(of_account))
    for row in approvals:
        detail = {"digest": row.digest, "approval": row.entry, "of": row.who, "why": why}
        record(connection, who, WITHDRAW, str(_subject(row)), detail, now)
    return len(approvals)


def _approvers(approvals: Iterable[Row[Any]]) -> dict[tuple[Subject, str], list[str]]:
    approvers: dict[tuple[Subject, str], list[str]] = {}
    for row in approvals:
        approvers.setdefault((_subject(row), row.digest), []).append(row.who)
    return approvers


def _lapsed(connection: Connection, subjects: Collection[str]) -> dict[tuple[str, str], list[str]]:
    """Return the people whose approvals a restored backup ended, by subject and digest."""
    found: dict[tuple[str, str], list[str]] = {}
    for entry in chained_entries(connection, [WITHDRAW], subjects):
        if entry.detail.get("why") == RESTORED:
            key = (entry.subject, entry.detail["digest"])
            found.setdefault(key, []).append(entry.detail["of"])
    return found


def _valid_rows(
    connection: Connection, where: ColumnElement[bool], *, lock: bool = False
) -> list[Row[Any]]:
    """Return the rows that count, in the order in which they were given.

    With ``lock``, nobody withdraws one of them until the transaction ends. An approval that is
    being withdrawn is left out. To wait for the withdrawal could be a deadlock, because both
    transactions add to the audit log.
    """
    query = select(t.approvals).where(where).order_by(t.approvals.c.id)
    if lock:
        query = query.with_for_update(read=True, skip_locked=True)
    approvals = connection.execute(query).all()
    if not approvals:
        return []
    entries = _logged_approvals(connection, {str(_subject(row)) for row in approvals})
    return [row for row in approvals if _matches_entry(row, entries.get(row.entry))]


def _logged_approvals(
    connection: Connection, subjects: Collection[str] | None = None
) -> dict[int, AuditEntry]:
    """Return the entries of approvals that were not withdrawn, by their ids."""
    entries: dict[int, AuditEntry] = {}
    for entry in chained_entries(connection, (APPROVE, WITHDRAW), subjects):
        if entry.what == WITHDRAW:
            entries.pop(entry.detail.get("approval", 0), None)
        else:
            entries[entry.id] = entry
    return entries


def _matches_entry(row: Row[Any], entry: AuditEntry | None) -> bool:
    logged = entry and (entry.who, entry.subject, entry.at, entry.detail)
    return logged == (row.who, str(_subject(row)), row.at, _detail(row.digest, row.frequency))


def _detail(digest: str, frequency: str) -> dict[str, str]:
    """Return the detail of an approval's entry in the log."""
    return {"digest": digest, "frequency": frequency}


def _save(connection: Connection, given: Approval) -> None:
    detail = _detail(given.digest, given.frequency)
    entry = record(connection, given.who, APPROVE, str(given.subject), detail, given.at)
    same = {**given.subject._asdict(), "digest": given.digest, "who": given.who}
    # A row that does not count gives way. That no other counts was checked before.
    where = and_(*(t.approvals.c[name] == value for name, value in same.items()))
    connection.execute(delete(t.approvals).where(where))
    values = {"content": given.content.to_json(), "at": given.at, "entry": entry}
    connection.execute(insert(t.approvals).values(**same, **values, frequency=given.frequency))


def _subject(row: Row[Any]) -> Subject:
    return Subject(row.campaign, row.post, row.account)


def _is_subject(table: Table, subject: Subject) -> ColumnElement[bool]:
    return and_(*(table.c[name] == value for name, value in subject._asdict().items()))


def _refused(code: str, subject: Subject, why: str) -> UserError:
    return UserError([Problem(str(subject), 0, 0, code, f"{why}.", _HINTS[code])])
