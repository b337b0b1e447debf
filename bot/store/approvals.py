"""Who approved what a post says: kept by the digest of what was shown.

A row is never changed. One that is taken back is removed, and the audit log has both: only what is
in there as well counts (``bot.store.approval_rows``).
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, delete, insert, or_, select, true, tuple_

from bot import approval
from bot.approval import EDITED, NONE_NEEDED, counting, lack, refusal, same_person, too_late, unfit
from bot.errors import Problem, UserError
from bot.model import Approval, Content, State, Subject, approval_digest
from bot.store import rows
from bot.store import tables as t
from bot.store.approval_rows import APPROVE, WITHDRAW, counted, detail, differences
from bot.store.approval_rows import subject as subject_of
from bot.store.audit import alone, record
from bot.store.types import batched

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, Row, Table

    from bot.approval import Waiting
    from bot.model import Account, Delivery
    from bot.store.database import Database

NO_ACCOUNTS: Mapping[str, Account] = MappingProxyType({})


class Approvals:
    """Approvals in the database; each of ``accounts`` may ask for more than a campaign does."""

    def __init__(self, database: Database, accounts: Mapping[str, Account] = NO_ACCOUNTS) -> None:
        self._database = database
        self._floors = {name: account.require_approval for name, account in accounts.items()}

    def raised(self, delivery: Delivery) -> Delivery:
        """Return a delivery with as many approvals as its account asks for at least."""
        floor = self._floors.get(delivery.account, 0)
        return delivery if delivery.approvals >= floor else replace(delivery, approvals=floor)

    # --- reading ---

    def all(self) -> list[Approval]:
        """Give every approval that stands, in the order in which they were given."""
        with self._database.reading() as connection:
            return [_approval(row) for row in counted(connection, true())]

    def differences(self) -> list[Problem]:
        """Return where the approvals and the audit log do not say the same."""
        with self._database.reading() as connection:
            return list(differences(connection))

    def pending(self) -> list[Delivery]:
        """Return the scheduled deliveries that need an approval, whether or not they have it."""
        c = t.deliveries.c
        asking = [name for name, floor in self._floors.items() if floor]
        where = (c.state == State.SCHEDULED) & or_(c.approvals > 0, c.account.in_(asking))
        query = select(*rows.DELIVERY).where(where).order_by(c.due, c.id)
        with self._database.reading() as connection:
            return [self.raised(rows.delivery(row)) for row in connection.execute(query)]

    def waiting(self, now: datetime) -> list[Waiting]:
        """Return what waits for approval and is not too late; see ``bot.approval``."""
        pending = self.pending()
        return approval.waiting(pending, self.all() if pending else (), now)

    def lacking(
        self, connection: Connection, deliveries: Iterable[Delivery], *, lock: bool = False
    ) -> Mapping[int, str]:
        """Return what each delivery with too few approvals waits for, by the delivery's id.

        With ``lock``, no approval can be taken back until the transaction ends.
        """
        needing = [raised for one in deliveries if (raised := self.raised(one)).approvals]
        given = _given(connection, {one.subject for one in needing}, lock=lock)
        told = ((one.id, _lack(one, given)) for one in needing)
        return {number: why for number, why in told if why}

    def given(self) -> dict[tuple[Subject, str], list[str]]:
        """Return who has approved what, by what it is of and its digest."""
        with self._database.reading() as connection:
            return _given(connection)

    # --- deciding ---

    def approve(self, subject: Subject, digest: str, who: str, now: datetime) -> Approval:
        """Keep a person's approval of the words with this digest.

        Raises UserError where these are not what waits to be said, theirs would not count, or the
        name hides something.
        """
        if why := unfit(who):
            raise _refused("Q508", subject, why)
        with self._database.writing() as connection:
            alone(connection)  # the same person, twice at once, is one
            delivery = self.raised(_current(connection, subject, digest))
            if not delivery.approvals:
                raise _refused("Q506", subject, NONE_NEEDED)
            names = _names(connection, subject, digest)
            why = refusal(who, names, delivery.approvals, delivery.author)
            if why:
                code = "Q504" if any(same_person(who, name) for name in names) else "Q505"
                raise _refused(code, subject, why)
            name = delivery.author if same_person(who, delivery.author) else who
            said = (delivery.content, delivery.frequency)
            given = Approval(subject, digest, *said, name or who, now)
            _keep(connection, given)
        return given

    def withdraw(self, subject: Subject, who: str, now: datetime) -> int:
        """Take back a person's approvals of what waits to be said; give how many there were.

        Raises UserError where there is none, or it is too late.
        """
        with self._database.writing() as connection:
            # Locked first: whoever claims one of these deliveries just now is waited for.
            query = select(t.approvals).where(_of(t.approvals, subject)).with_for_update()
            given = connection.execute(query).all()
            found = _deliveries(connection, subject)
            waiting = {_approved(one) for one in found if one.state == State.SCHEDULED}
            mine = [row for row in given if row.digest in waiting and same_person(row.who, who)]
            if not mine:
                raise _nothing_to_withdraw(subject, who, found)
            numbers = [row.id for row in mine]
            connection.execute(delete(t.approvals).where(t.approvals.c.id.in_(numbers)))
            for row in mine:
                what = {"digest": row.digest, "approval": row.entry}
                record(connection, who, WITHDRAW, str(subject), what, now)
        return len(mine)


def _approval(row: Row[Any]) -> Approval:
    content = Content.from_json(row.content)
    return Approval(subject_of(row), row.digest, content, row.frequency, row.who, row.at)


def _keep(connection: Connection, given: Approval) -> None:
    """Write an approval into the audit log and into the table."""
    what = detail(given.digest, given.frequency)
    entry = record(connection, given.who, APPROVE, str(given.subject), what, given.at)
    same = {**given.subject._asdict(), "digest": given.digest, "who": given.who}
    more = {"content": given.content.to_json(), "at": given.at, "entry": entry}
    # One that counts for nothing gives way; that there is none that counts has been asked.
    where = and_(*(t.approvals.c[name] == value for name, value in same.items()))
    connection.execute(delete(t.approvals).where(where))
    values = {**same, **more, "frequency": given.frequency}
    connection.execute(insert(t.approvals).values(values))


def _given(
    connection: Connection, subjects: Collection[Subject] | None = None, *, lock: bool = False
) -> dict[tuple[Subject, str], list[str]]:
    """Return who has approved what, of these or of all, by what it is of and its digest."""
    c = t.approvals.c
    given: dict[tuple[Subject, str], list[str]] = {}
    for some in [None] if subjects is None else batched(sorted(subjects)):
        mine = tuple_(c.campaign, c.post, c.account).in_(some) if some else true()
        for row in counted(connection, mine, lock=lock):
            given.setdefault((subject_of(row), row.digest), []).append(row.who)
    return given


def _lack(one: Delivery, given: Mapping[tuple[Subject, str], Sequence[str]]) -> str | None:
    names = given.get((one.subject, one.approval_digest), ())
    return lack(counting(names, one.approvals, one.author), one.approvals)


def _of(table: Table, subject: Subject) -> ColumnElement[bool]:
    return and_(*(table.c[name] == value for name, value in subject._asdict().items()))


def _deliveries(connection: Connection, subject: Subject) -> Sequence[Row[Any, Any, Any, Any]]:
    c = t.deliveries.c
    query = select(c.id, c.state, c.digest, c.frequency).where(_of(t.deliveries, subject))
    return connection.execute(query.order_by(c.due, c.id)).all()


def _approved(row: Row[Any, Any, Any, Any]) -> str:
    """Return the digest that an approval of a delivery must have."""
    return approval_digest(row.frequency, row.digest)


def _names(connection: Connection, subject: Subject, digest: str) -> list[str]:
    """Give who has approved these words."""
    where = _of(t.approvals, subject) & (t.approvals.c.digest == digest)
    return [row.who for row in counted(connection, where)]


def _current(connection: Connection, subject: Subject, digest: str) -> Delivery:
    """Return the first delivery that waits to say these words, so often. Raises UserError."""
    for found in _deliveries(connection, subject):
        if found.state == State.SCHEDULED and _approved(found) == digest:
            query = select(*rows.DELIVERY).where(t.deliveries.c.id == found.id)
            return rows.delivery(connection.execute(query).one())
    raise _gone(connection, subject, digest)


def _gone(connection: Connection, subject: Subject, digest: str) -> UserError:
    """Say why these words do not wait to be said."""
    found = _deliveries(connection, subject)
    if any(one.state == State.SCHEDULED for one in found):
        return _refused("Q503", subject, EDITED)
    these = [State(one.state) for one in found if _approved(one) == digest]
    why = too_late(these or [State(one.state) for one in found])
    return _refused("Q502", subject, why or "It is not in the queue any more")


def _nothing_to_withdraw(
    subject: Subject, who: str, found: Sequence[Row[Any, Any, Any, Any]]
) -> UserError:
    states = [State(one.state) for one in found]
    if State.SCHEDULED not in states and (why := too_late(states)):
        return _refused("Q502", subject, why)
    return _refused("Q507", subject, f"{who} has not approved what it says now")


_HINTS = {
    "Q502": "groundswell queue list --all shows what became of it.",
    "Q503": "Look at it anew: groundswell review.",
    "Q504": "",
    "Q505": "Ask a colleague.",
    "Q506": "",
    "Q507": "groundswell log shows who approved what.",
    "Q508": "Type the name anew instead of pasting it.",
}


def _refused(code: str, subject: Subject, why: str) -> UserError:
    return UserError([Problem(str(subject), 0, 0, code, f"{why}.", _HINTS[code])])
