"""Approvals, which only count if the audit log has them too; see ``bot.store.verdicts``."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, delete, insert, or_, select, true

from bot.database import rows
from bot.database import tables as t
from bot.database.audit import GROUNDSWELL, record
from bot.database.fingerprint import sealing
from bot.database.types import batched, lock_transaction
from bot.errors import Problem
from bot.model import Approval, ScheduleKind, State, name_moments
from bot.planning import pending
from bot.planning.approval import (
    NO_APPROVAL_NEEDED,
    SIGN_IN,
    Verdicts,
    approval_hold,
    ineligible_reason,
    must_sign_in,
    refused_words,
    too_late_reason,
    valid_approvers,
)
from bot.planning.people import invalid_name, same_person
from bot.store.people import users_exist
from bot.store.posts import kinds_of_posts
from bot.store.verdicts import (
    APPROVE,
    SUBJECT,
    WITHDRAW,
    approval_detail,
    decision_error,
    is_subject,
    lapsed_approvers,
    matches_entry,
    read_log,
    read_verdicts,
    refusals_in_force,
    refused_subjects,
    subject_of,
    valid_rows,
    verdicts_of,
    waiting_delivery,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, Row

    from bot.database.connections import Database
    from bot.model import Account, Delivery, Subject
    from bot.planning.pending import PendingPost


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
        batches = [true()] if subjects is None else map(SUBJECT.in_, batched(sorted(subjects)))
        with self._database.reading() as connection:
            found = [row for where in batches for row in valid_rows(connection, where)]
        return [
            Approval(subject_of(row), row.digest, content, row.frequency, row.who, row.at, row.user)
            for row in found
            for content in [rows.content(row.content)]
        ]

    def differences(self) -> list[Problem]:
        """Return a problem for each approval or refusal that is only here, or only in the log."""
        problems = []
        with self._database.reading() as connection:
            # Without the lock, an approval that is given just now would be in only one of the two.
            lock_transaction(connection, "audit")
            log = read_log(connection)
            entries, refused = log.approvals, refused_subjects(connection)
            for row in connection.execute(select(t.approvals).order_by(t.approvals.c.id)):
                if matches_entry(row, entries.get(row.entry)):
                    del entries[row.entry]
                    continue
                message = f"{row.who}'s approval of {subject_of(row)} is not in the audit log."
                hint = "It was inserted into the database by hand, and counts for nothing."
                problems.append(Problem("log", 0, 0, "Q510", message, hint))
        for entry in entries.values():
            message = f"{entry.who}'s approval of {entry.subject} (record {entry.id}) is gone."
            hint = "It was deleted from the database by hand; it must be given again."
            problems.append(Problem("log", 0, 0, "Q511", message, hint))
        for refusal in log.refusals.values():
            if str(refusal.subject) not in refused:
                message = f"{refusal.who}'s refusal of {refusal.subject} (record {refusal.entry}) "
                hint = "Its mark was deleted from the database by hand; it must be refused again."
                problems.append(Problem("log", 0, 0, "Q511", f"{message}is gone.", hint))
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
        return self.pending(self.needing_approval(until), now)

    def refused(self, now: datetime) -> list[PendingPost]:
        """Return the posts that are refused and not too late, the next due first."""
        with self._database.reading() as connection:
            names = {(of.subject.campaign, of.subject.post) for of in refusals_in_force(connection)}
            deliveries = [
                delivery
                for name in sorted(names)
                for delivery in rows.read_deliveries(connection, _is_scheduled(*name))
            ]
        floored = [*map(self.with_account_minimum, deliveries)]
        return self.pending(floored, now, pending.is_refused)

    def pending(
        self,
        deliveries: Sequence[Delivery],
        now: datetime,
        keep: Callable[[Delivery, Verdicts], bool] = pending.lacks_approval,
    ) -> list[PendingPost]:
        """Return the posts of these deliveries about which people decide; see ``pending``."""
        if not deliveries:
            return []
        subjects = {delivery.subject for delivery in deliveries}
        given = self.all(subjects)
        with self._database.reading() as connection:
            refusals = refusals_in_force(connection, {str(subject) for subject in subjects})
            people_sign_in = users_exist(connection)
        found = pending.pending_approvals(
            deliveries, given, now, refusals=refusals, keep=keep, people_sign_in=people_sign_in
        )
        every = ScheduleKind.EVERY
        single = {(post.campaign, post.post) for post in deliveries if post.kind is not every}
        names = name_moments(kinds_of_posts(self._database, single))
        with self._database.reading() as connection:
            lapsed = lapsed_approvers(connection, {str(item.subject) for item in found})
        with_lapsed = [
            replace(item, lapsed=tuple(lapsed.get((str(item.subject), item.digest), ())))
            for item in found
        ]
        return pending.pending_posts(with_lapsed, names)

    def holds(
        self,
        connection: Connection,
        deliveries: Iterable[Delivery],
        refused: Collection[str] | None = None,
        *,
        lock: bool = False,
    ) -> Mapping[int, str]:
        """Return who refused each delivery or which approvals it lacks, in words, by its id.

        ``refused`` are the subjects of which a version is refused, if they are read already. With
        ``lock``, no approval that counts can be withdrawn until the transaction ends, and approvals
        that are being withdrawn do not count.
        """
        if refused is None:
            refused = refused_subjects(connection)
        scheduled = map(self.with_account_minimum, deliveries)
        asked = [
            delivery
            for delivery in scheduled
            if delivery.approvals or (refused and str(delivery.subject) in refused)
        ]
        subjects = {delivery.subject for delivery in asked}
        verdicts = read_verdicts(connection, subjects, refused, lock=lock)
        held = ((delivery.id, approval_hold(delivery, verdicts)) for delivery in asked)
        return {id_: why for id_, why in held if why}

    def verdicts(self) -> Verdicts:
        """Return all approvals and refusals that count."""
        with self._database.reading() as connection:
            valid = valid_rows(connection, true())
            return verdicts_of(connection, valid, refusals_in_force(connection))

    # --- deciding ---

    def approve(
        self, subject: Subject, digest: str, who: str, now: datetime, *, user: int | None = None
    ) -> Approval:
        """Keep a person's approval of the words with this digest; ``user`` has signed in.

        Raise UserError if no such words wait, the approval would not count, somebody has refused
        the words, or the name contains hidden characters.
        """
        if why := invalid_name(who):
            raise decision_error("Q508", subject, why)
        with sealing(self._database) as connection:
            # Of two approvals by one person at once, the second must see the first.
            lock_transaction(connection, "audit")
            deliveries = rows.read_deliveries(connection, is_subject(t.deliveries, subject))
            delivery = self.with_account_minimum(waiting_delivery(subject, digest, deliveries))
            if not delivery.approvals:
                raise decision_error("Q506", subject, NO_APPROVAL_NEEDED)
            refusals = refusals_in_force(connection, [str(subject)])
            if why := refused_words(of for of in refusals if of.digest == digest):
                raise decision_error("Q513", subject, f"It is {why}")
            where = is_subject(t.approvals, subject) & (t.approvals.c.digest == digest)
            needed, valid = delivery.approvals, valid_rows(connection, where)
            people_sign_in = users_exist(connection)
            if user is None and must_sign_in(needed, people_sign_in=people_sign_in):
                raise decision_error("Q517", subject, SIGN_IN)
            given_by = verdicts_of(connection, valid, ()).approvers.get((subject, digest), ())
            names = valid_approvers(given_by, needed, None)
            if why := ineligible_reason(who, names, needed, delivery.author):
                twice = any(same_person(who, name) for name in names)
                raise decision_error("Q504" if twice else "Q505", subject, why)
            author = delivery.author if same_person(who, delivery.author) else None
            given = Approval(
                subject, digest, delivery.content, delivery.frequency, author or who, now, user
            )
            _save(connection, given, valid)
        return given

    def withdraw(self, subject: Subject, digests: Collection[str], who: str, now: datetime) -> int:
        """Withdraw a person's approvals of words that wait or recur, and return how many.

        Raise UserError if there is none, or if it is too late.
        """
        with sealing(self._database) as connection:
            # The lock comes first, to wait for whoever is claiming one of these deliveries.
            query = select(t.approvals).where(is_subject(t.approvals, subject))
            query = query.order_by(t.approvals.c.id).with_for_update()
            approvals = connection.execute(query).all()
            deliveries = rows.read_deliveries(connection, is_subject(t.deliveries, subject))
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
                    raise decision_error("Q502", subject, why)
                raise decision_error("Q507", subject, f"{who} has not approved its current words")
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
    approvals = valid_rows(connection, of_account)
    connection.execute(delete(t.approvals).where(of_account))
    for row in approvals:
        detail = {"digest": row.digest, "approval": row.entry, "of": row.who, "why": why}
        record(connection, who, WITHDRAW, str(subject_of(row)), detail, now)
    return len(approvals)


def _save(connection: Connection, given: Approval, valid: Iterable[Row[Any]]) -> None:
    for row in valid:
        if row.who == given.who:  # the same name, only typed
            replaced = {"digest": row.digest, "approval": row.entry, "why": "now signed in"}
            record(connection, given.who, WITHDRAW, str(given.subject), replaced, given.at)
    detail = approval_detail(given.digest, given.frequency, given.user)
    entry = record(connection, given.who, APPROVE, str(given.subject), detail, given.at)
    same = {**given.subject._asdict(), "digest": given.digest, "who": given.who}
    # A row that does not count gives way. That no other of the person counts was checked before.
    where = and_(*(t.approvals.c[name] == value for name, value in same.items()))
    connection.execute(delete(t.approvals).where(where))
    values = {"content": given.content.to_json(), "at": given.at, "entry": entry}
    values["user"] = given.user
    connection.execute(insert(t.approvals).values(**same, **values, frequency=given.frequency))


def _is_scheduled(campaign: str, post: str) -> ColumnElement[bool]:
    c = t.deliveries.c
    return (c.campaign == campaign) & (c.post == post) & (c.state == State.SCHEDULED)
