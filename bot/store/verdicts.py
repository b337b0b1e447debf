"""Approvals and refusals that count, as the audit log has them.

A row of the table of approvals names its entry in the log. The entry must say the same, be a link
of the chain, and not be withdrawn by a later one. A row that somebody inserts into the table
therefore releases nothing. Whoever forges the whole log, its seal included, forges approvals with
it. To notice that, note the seal elsewhere (``groundswell log --verify``). If a withdrawal was
removed from the log, the approval counts again until ``--verify`` finds it, because claims do not
read the whole log.

Refusals are in the log only. ``meta`` names the posts and accounts that have one, so that a claim
reads the log for these alone. If somebody removes a name there, ``--verify`` finds it. In doubt a
refusal holds. It counts even if the chain is broken around it, and only an entry that is a link of
the chain ends it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, select, tuple_

from bot.database import rows
from bot.database import tables as t
from bot.database.audit import chained_entries, linked_entries
from bot.database.types import batched
from bot.errors import Problem, UserError
from bot.model import Refusal, State, Subject
from bot.planning.approval import (
    EDITED_SINCE,
    HOW_TO_SIGN_IN,
    READ_AGAIN,
    TAKE_BACK_FIRST,
    Approver,
    Verdicts,
    too_late_reason,
)
from bot.store.people import users_exist
from bot.text import end_sentence

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from sqlalchemy import ColumnElement, Connection, Row, Table

    from bot.database.audit import AuditEntry
    from bot.model import Delivery

APPROVE, WITHDRAW, REFUSE, TAKE_BACK = "approve", "withdraw", "refuse", "take back"
"""How the audit log names the entries."""

RESTORED = "a backup was restored"
"""The reason of a withdrawal: the backup may have brought the approval back."""

REFUSED_KEY = "refused"
"""The subjects with a refusal that nobody has taken back, whatever version it is of."""

SUBJECT = tuple_(*(t.approvals.c[name] for name in Subject._fields))


def subject_of(row: Row[Any]) -> Subject:
    """Return the post and account of an approval's row."""
    return Subject(row.campaign, row.post, row.account)


def is_subject(table: Table, subject: Subject) -> ColumnElement[bool]:
    """Return the condition that a row of a table is about a post on an account."""
    return and_(*(table.c[name] == value for name, value in subject._asdict().items()))


def refused_in(found: Mapping[str, Any]) -> frozenset[str]:
    """Return the refused subjects from values that were read by ``REFUSED_KEY``."""
    return frozenset(found.get(REFUSED_KEY) or ())


def refused_subjects(connection: Connection) -> frozenset[str]:
    """Return the subjects, as ``campaign/post/account``, of which a version is refused."""
    return refused_in({REFUSED_KEY: rows.get(connection, REFUSED_KEY)})


# --- The log --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LoggedVerdicts:
    """The entries of the log that are in force."""

    approvals: dict[int, AuditEntry]
    """Approvals that were not withdrawn, by the entry's id."""
    refusals: dict[int, Refusal]
    """Refusals that were not taken back, by the entry's id."""


def read_log(connection: Connection, subjects: Collection[str] | None = None) -> LoggedVerdicts:
    """Return what the log says about these subjects, or about all."""
    found = LoggedVerdicts({}, {})
    kinds = (APPROVE, WITHDRAW, REFUSE, TAKE_BACK)
    for entry, is_link in linked_entries(connection, kinds, subjects):
        if entry.what == REFUSE:  # in doubt, it holds
            if refusal := _refusal(entry):
                found.refusals[entry.id] = refusal
        elif not is_link:
            continue
        elif entry.what == WITHDRAW:
            found.approvals.pop(entry.detail.get("approval", 0), None)
        elif entry.what == TAKE_BACK:
            found.refusals.pop(entry.detail.get("refusal", 0), None)
        else:
            found.approvals[entry.id] = entry
    return found


def _refusal(entry: AuditEntry) -> Refusal | None:
    names, detail = entry.subject.split("/"), entry.detail
    if len(names) != len(Subject._fields):
        return None
    subject, digest, why = Subject(*names), detail.get("digest", ""), detail.get("why", "")
    return Refusal(subject, digest, entry.who, why, entry.at, entry.id)


def refusals_in_force(
    connection: Connection, subjects: Collection[str] | None = None
) -> list[Refusal]:
    """Return the refusals of these subjects, or of all, in the order in which they were given."""
    refused = refused_subjects(connection)
    asked = refused if subjects is None else refused.intersection(subjects)
    return [*read_log(connection, asked).refusals.values()] if asked else []


# --- Both -----------------------------------------------------------------------------------------


def valid_rows(
    connection: Connection, where: ColumnElement[bool], *, lock: bool = False
) -> list[Row[Any]]:
    """Return the approvals that count, in the order in which they were given.

    With ``lock``, nobody withdraws one of them until the transaction ends. An approval that is
    being withdrawn is left out. To wait for the withdrawal could be a deadlock, because both
    transactions add to the audit log.
    """
    found = _approval_rows(connection, where, lock=lock)
    if not found:
        return []
    log = read_log(connection, {str(subject_of(row)) for row in found})
    return [row for row in found if matches_entry(row, log.approvals.get(row.entry))]


def read_verdicts(
    connection: Connection,
    subjects: Collection[Subject],
    refused: Collection[str],
    *,
    lock: bool = False,
) -> Verdicts:
    """Return the approvals and refusals of these subjects that count; see ``valid_rows``.

    ``refused`` are the subjects of which a version is refused. The log is read once for both.
    """
    found = [
        row
        for batch in batched(sorted(subjects))
        for row in _approval_rows(connection, SUBJECT.in_(batch), lock=lock)
    ]
    asked = {str(subject_of(row)) for row in found}
    asked |= {str(subject) for subject in subjects}.intersection(refused)
    if not asked:
        return Verdicts()
    log = read_log(connection, asked)
    valid = [row for row in found if matches_entry(row, log.approvals.get(row.entry))]
    return verdicts_of(connection, valid, log.refusals.values())


def verdicts_of(
    connection: Connection, valid: Collection[Row[Any]], refusals: Collection[Refusal]
) -> Verdicts:
    """Return the verdicts of these rows and refusals."""
    people_sign_in = any(row.user is None for row in valid) and users_exist(connection)
    approvers: dict[tuple[Subject, str], list[Approver]] = {}
    refused: dict[tuple[Subject, str], list[Refusal]] = {}
    for row in valid:
        approver = Approver.of(row.who, row.user, people_sign_in=people_sign_in)
        approvers.setdefault((subject_of(row), row.digest), []).append(approver)
    for refusal in refusals:
        refused.setdefault((refusal.subject, refusal.digest), []).append(refusal)
    return Verdicts(approvers, refused)


def _approval_rows(
    connection: Connection, where: ColumnElement[bool], *, lock: bool
) -> list[Row[Any]]:
    query = select(t.approvals).where(where).order_by(t.approvals.c.id)
    if lock:
        query = query.with_for_update(read=True, skip_locked=True)
    return [*connection.execute(query)]


def matches_entry(row: Row[Any], entry: AuditEntry | None) -> bool:
    """Return whether an approval's row says the same as its entry in the log."""
    logged = entry and (entry.who, entry.subject, entry.at, entry.detail)
    detail = approval_detail(row.digest, row.frequency, row.user)
    return logged == (row.who, str(subject_of(row)), row.at, detail)


def approval_detail(digest: str, frequency: str, user: int | None) -> dict[str, str | int]:
    """Return the detail of an approval's entry in the log; it names a user who had signed in."""
    signed = {} if user is None else {"user": user}
    return {"digest": digest, "frequency": frequency, **signed}


def lapsed_approvers(
    connection: Connection, subjects: Collection[str]
) -> dict[tuple[str, str], list[str]]:
    """Return the people whose approvals a restored backup ended, by subject and digest."""
    found: dict[tuple[str, str], list[str]] = {}
    for entry in chained_entries(connection, [WITHDRAW], subjects):
        if entry.detail.get("why") == RESTORED:
            key = (entry.subject, entry.detail["digest"])
            found.setdefault(key, []).append(entry.detail["of"])
    return found


# --- Decisions that are not possible --------------------------------------------------------------

_HINTS = {
    "Q502": "groundswell queue list --all shows its state.",
    "Q503": READ_AGAIN,
    "Q504": "",
    "Q505": "Ask a colleague.",
    "Q506": "",
    "Q507": "groundswell log shows who approved what.",
    "Q508": "Type the name instead of pasting it.",
    "Q513": TAKE_BACK_FIRST,
    "Q514": "",
    "Q515": 'Say it with: --because "The figure is old."',
    "Q516": "groundswell log shows who refused what.",
    "Q517": HOW_TO_SIGN_IN,
}


def decision_error(code: str, subject: Subject, why: str) -> UserError:
    """Return the error of a decision about a post that is not possible, and what to do."""
    return UserError([Problem(str(subject), 0, 0, code, end_sentence(why), _HINTS[code])])


def waiting_delivery(subject: Subject, digest: str, deliveries: Sequence[Delivery]) -> Delivery:
    """Return one of a post's deliveries that waits with these words. Raise UserError if none."""
    scheduled = [delivery for delivery in deliveries if delivery.state is State.SCHEDULED]
    same = [delivery for delivery in deliveries if delivery.approval_digest == digest]
    if waiting := [delivery for delivery in same if delivery.state is State.SCHEDULED]:
        return waiting[0]
    if scheduled:
        raise decision_error("Q503", subject, EDITED_SINCE)
    why = too_late_reason(delivery.state for delivery in same or deliveries)
    raise decision_error("Q502", subject, why or "It is not in the queue any more")
