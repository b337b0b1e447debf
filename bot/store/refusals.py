"""Refusals of posts, each with its reason, and their end.

They are entries of the audit log; see ``bot.store.verdicts``. A refusal holds exactly one version
of a post on one account. It stays in force, even if the version is edited and comes back later.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from bot.database import rows
from bot.database import tables as t
from bot.database.audit import record
from bot.database.fingerprint import sealing
from bot.database.types import lock_transaction
from bot.model import Refusal
from bot.planning.approval import (
    SIGN_IN,
    invalid_reason,
    must_sign_in,
    take_back_reason,
)
from bot.planning.people import invalid_name, same_person
from bot.store.people import users_exist
from bot.store.verdicts import (
    REFUSE,
    REFUSED_KEY,
    TAKE_BACK,
    WITHDRAW,
    decision_error,
    is_subject,
    refusals_in_force,
    refused_subjects,
    waiting_delivery,
)

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy import Connection

    from bot.database.connections import Database
    from bot.model import Subject
    from bot.store.approvals import Approvals


class Refusals:
    """The refusals in the database, beside its ``approvals``."""

    def __init__(self, database: Database, approvals: Approvals) -> None:
        self._database = database
        self._approvals = approvals

    def all(self) -> list[Refusal]:
        """Return the refusals that nobody has taken back, in the order of their entries."""
        with self._database.reading() as connection:
            return refusals_in_force(connection)

    def refuse(self, subject: Subject, digest: str, who: str, why: str, now: datetime) -> Refusal:
        """Keep a person's refusal of the words with this digest, and withdraw their approval.

        Raise UserError if no such words are in the queue, it is too late, the person has refused
        them already, or the name or reason is invalid.
        """
        why = " ".join(why.split())
        if wrong := invalid_name(who):
            raise decision_error("Q508", subject, wrong)
        if wrong := invalid_reason(why):
            raise decision_error("Q515", subject, wrong)
        with sealing(self._database, refusal=True) as connection:
            # The locks are taken in the order in which a claim and a withdrawal take them. The
            # first waits for whoever is claiming one of these deliveries.
            c = t.deliveries.c
            query = select(c.id).where(is_subject(t.deliveries, subject)).order_by(c.id)
            connection.execute(query.with_for_update())
            own = is_subject(t.approvals, subject) & (t.approvals.c.digest == digest)
            query = select(t.approvals).where(own).order_by(t.approvals.c.id)
            approvals = connection.execute(query.with_for_update()).all()
            lock_transaction(connection, "audit")
            deliveries = rows.read_deliveries(connection, is_subject(t.deliveries, subject))
            waiting_delivery(subject, digest, deliveries)
            refusals = _in_force(connection, subject, [digest])
            if any(same_person(who, refusal.who) for refusal in refusals):
                raise decision_error("Q514", subject, f"{who} has refused it already")
            mine = [row for row in approvals if same_person(row.who, who)]
            ids = [row.id for row in mine]
            connection.execute(delete(t.approvals).where(t.approvals.c.id.in_(ids)))
            for row in mine:
                detail = {"digest": digest, "approval": row.entry}
                record(connection, who, WITHDRAW, str(subject), detail, now)
            detail = {"digest": digest, "why": why}
            entry = record(connection, who, REFUSE, str(subject), detail, now)
            marked = sorted(refused_subjects(connection) | {str(subject)})
            rows.put(connection, REFUSED_KEY, marked)
        return Refusal(subject, digest, who, why, now, entry)

    def take_back(
        self,
        subject: Subject,
        digests: Collection[str],
        who: str,
        now: datetime,
        *,
        user: int | None = None,
    ) -> list[Refusal]:
        """End the refusals of words with these digests, and return them; ``user`` has signed in.

        Raise UserError if there are none, or if this person may not approve the post.
        """
        if wrong := invalid_name(who):
            raise decision_error("Q508", subject, wrong)
        with sealing(self._database) as connection:
            lock_transaction(connection, "audit")
            refusals = _in_force(connection, subject, digests)
            if not refusals:
                raise decision_error("Q516", subject, "Nobody has refused its current words")
            deliveries = rows.read_deliveries(connection, is_subject(t.deliveries, subject))
            floored = map(self._approvals.with_account_minimum, deliveries)
            people_sign_in = user is None and users_exist(connection)
            for delivery in (of for of in floored if of.approval_digest in digests):
                if must_sign_in(delivery.approvals, people_sign_in=people_sign_in):
                    raise decision_error("Q517", subject, SIGN_IN)
                if why := take_back_reason(who, refusals, delivery.approvals, delivery.author):
                    raise decision_error("Q505", subject, why)
            for refusal in refusals:
                detail = {
                    "digest": refusal.digest,
                    "refusal": refusal.entry,
                    "of": refusal.who,
                    "why": refusal.why,
                }
                record(connection, who, TAKE_BACK, str(subject), detail, now)
            if not refusals_in_force(connection, [str(subject)]):
                marked = sorted(refused_subjects(connection) - {str(subject)})
                rows.put(connection, REFUSED_KEY, marked)
        return refusals


def _in_force(connection: Connection, subject: Subject, digests: Collection[str]) -> list[Refusal]:
    found = refusals_in_force(connection, [str(subject)])
    return [refusal for refusal in found if refusal.digest in digests]
