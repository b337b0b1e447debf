"""Who the accounts are, and who has read the page on which each says that it is automated.

An account is known by the platform's own id, once that was read. If its keys belong to another id
later, the account waits for a person. When the person adopts the new one, the history stays with
the old one, whose rows get a name that no config can have, such as ``our-x@1234``.

A person's reading counts for this page and this account only. Under another handle, or with another
address in ``disclosed_at``, a person has to read again.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, delete, select, update

from bot.database import rows
from bot.database import tables as t
from bot.database.audit import chained_entries, record
from bot.database.types import lock_transaction
from bot.database.workers import try_locks
from bot.errors import Problem, UserError
from bot.model import PauseCause, State
from bot.platforms import is_loopback
from bot.store.approvals import withdraw_all
from bot.store.claims import claim_lock
from bot.store.pauses import clear_backoffs, lift_pauses
from bot.store.restore import LOOK_BACK, mark_unverified

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from sqlalchemy import Connection

    from bot.database.connections import Database
    from bot.model import Account


@dataclass(frozen=True, slots=True)
class Identity:
    """An account of a platform, by the id that it keeps when its handle changes."""

    platform: str
    id: str
    handle: str
    """The handle of the config when the account was last found in order; it may change."""
    in_sandbox: bool

    @classmethod
    def of(cls, account: Account, remote_id: str) -> Identity:
        """Return the identity of an account whose keys belong to this id."""
        return cls(account.platform, remote_id, account.handle, is_loopback(account.api))

    def is_same(self, other: Identity) -> bool:
        """Return whether both are one account, whatever its handle."""
        return replace(self, handle="") == replace(other, handle="")

    def __str__(self) -> str:
        """Return the handle, the platform and the id, by which a person finds the account."""
        place = " in a sandbox" if self.in_sandbox else ""
        return f"@{self.handle.lstrip('@')} ({self.platform} user {self.id}{place})"


def identity_key(name: str) -> str:
    """Return the key of an account's identity in ``meta``."""
    return f"identity:{name}"


def read_identities(connection: Connection, names: Collection[str]) -> dict[str, Identity]:
    """Return the known identities of these accounts, by name."""
    return identities_in(rows.get_all(connection, [*map(identity_key, names)]), names)


def identities_in(found: Mapping[str, Any], names: Collection[str]) -> dict[str, Identity]:
    """Return these accounts' identities from values that were read by ``identity_key``."""
    return {
        name: Identity(**found[identity_key(name)]) for name in names if identity_key(name) in found
    }


class Identities:
    """Who the accounts are; each method is one short transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def known(self, names: Collection[str]) -> dict[str, Identity]:
        """Return the known identities of these accounts, by name."""
        with self._database.reading() as connection:
            return read_identities(connection, names)

    def remember(self, name: str, found: Identity, names: Collection[str]) -> str | None:
        """Remember an account's identity, or return why the account must not be used.

        ``names`` are those of the config, of which no two can be one account.
        """
        with self._database.writing() as connection:
            lock_transaction(connection, "plan")
            known = read_identities(connection, names)
            if fault := identity_changed(name, found, known):
                return fault
            if known.get(name) != found:
                rows.put(connection, identity_key(name), asdict(found))
        return None


def identity_changed(name: str, found: Identity, known: Mapping[str, Identity]) -> str | None:
    """Return why an account with this identity must not be used under this name, or None. Pure."""
    if (old := known.get(name)) and not old.is_same(found):
        live = old.in_sandbox and not found.in_sandbox
        give = "Use a database that has never seen the sandbox, or give" if live else "Give"
        return (
            f"{name} was {old}, and its keys are those of {found} now. Posts that were approved "
            f"for one may not leave from the other. {give} this account a name of its own. If the "
            f"change is intended, run groundswell accounts adopt {name}"
        )
    other = other_name(name, found, known)
    return one_account(found, other) if other else None


def other_name(name: str, found: Identity, known: Mapping[str, Identity]) -> str | None:
    """Return another name of the same account, or None."""
    return next((other for other in known if other != name and known[other].is_same(found)), None)


def one_account(found: Identity, other: str) -> str:
    """Return why an account cannot have a second name."""
    return f"{found} is {other} already, and one account must not speak as two"


# --- A person lets a name stand for another account ----------------------------------------------

ADOPT = "accounts adopt"
"""How the audit log names the entry."""

_HAPPENED = (
    State.UNKNOWN,
    State.NEEDS_HUMAN,
    State.PUBLISHED,
    State.REJECTED,
    State.DROPPED,
)
"""Deliveries in these states stay with the old account."""

_REASON = (
    "parts of it are out, or may be, on {old}, and {name} is {new} now. Look at the page of {old}, "
    "and drop the post"
)


def adopt(
    database: Database, name: str, new: Identity, names: Collection[str], who: str, now: datetime
) -> Identity | None:
    """Let a name stand for another account; return the account before, if that was another one.

    Approved posts must be approved again. Posts that are half out, or may be out, are left to a
    person. Raise UserError if a post is being sent, or if another name stands for the new account.
    """
    with database.writing() as connection:
        lock_transaction(connection, "plan")
        known = read_identities(connection, names)
        if other := other_name(name, new, known):
            raise _refused(name, "G212", one_account(new, other), "Take one out of the config")
        old = known.get(name)
        rows.put(connection, identity_key(name), asdict(new))
        if old is None or old.is_same(new):
            return None
        _require_idle(connection, name)
        _move_history(connection, name, old, new, now)
        mark_unverified(connection, now - LOOK_BACK, [name])
        clear_backoffs(connection, [name])
        # The loop finds out by itself whether the account is fit now.
        unfit = (t.pauses.c.cause == PauseCause.UNFIT) & (t.pauses.c.name == name)
        lift_pauses(connection, unfit, who, now)
        # Nobody has read these posts as the new account's.
        approvals = withdraw_all(connection, ADOPT, now, who=who, account=name)
        detail = {"from": str(old), "to": str(new), "approvals": approvals}
        record(connection, who, ADOPT, name, detail, now)
    return old


def _refused(name: str, code: str, why: str, hint: str) -> UserError:
    return UserError([Problem(name, 0, 0, code, f"{why}.", f"{hint}.")])


def _require_idle(connection: Connection, name: str) -> None:
    """Raise UserError if a post is being sent; none is until this transaction ends."""
    if connection.dialect.name == "postgresql" and not try_locks(connection, [claim_lock(name)]):
        raise _refused(name, "G211", "A post of the account is being sent", "Try again in a minute")
    c = t.deliveries.c
    query = select(c.key).where(c.account == name, c.state == State.SENDING).limit(1)
    if key := connection.scalar(query):
        raise _refused(name, "G211", f"{key} is being sent", "Try again in a minute")


def _move_history(
    connection: Connection, name: str, old: Identity, new: Identity, now: datetime
) -> None:
    """Rename the rows of posts that are out on the old account, or may be.

    The new account may have had this name before a person adopted another. Its rows come back.
    """
    d = t.deliveries.c
    begun = (d.state == State.SCHEDULED) & (d.next_part > 0)
    ask = {
        "state": State.NEEDS_HUMAN,
        "reason": _REASON.format(old=old, new=new, name=name),
        "fence": d.fence + 1,
        "changed": now,
    }
    ours = d.account == name
    query = update(t.deliveries).where(ours, begun | (d.state == State.UNKNOWN))
    connection.execute(query.values(ask))
    out = d.state.in_(_HAPPENED) | (d.next_part > 0)
    _rename(connection, t.deliveries, name, f"{name}@{old.id}", out)
    _rename(connection, t.deliveries, f"{name}@{new.id}", name)
    for table in (t.attempts, t.publications):
        _rename(connection, table, name, f"{name}@{old.id}")
        _rename(connection, table, f"{name}@{new.id}", name)
    p = t.publications.c
    unread = update(t.publications).where(p.account == f"{name}@{old.id}").values(next_read=None)
    connection.execute(unread)
    connection.execute(delete(t.uploads).where(t.uploads.c.account == name))


def _rename(
    connection: Connection, table: Any, old: str, new: str, *where: ColumnElement[bool]
) -> None:
    query = update(table).where(table.c.account == old, *where).values(account=new)
    connection.execute(query)


# --- A person has read the page on which an account says that it is automated ---------------------

DISCLOSED, MARKED = "disclosed", "marked as automated"
"""How the audit log names the entries."""


class Disclosures:
    """Who has read an account's page, and who had an account marked."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def is_read(self, account: Account) -> bool:
        """Return whether a person has read on ``disclosed_at`` that the account is automated."""
        if account.disclosed_at is None:
            return False
        with self._database.reading() as connection:
            entries = chained_entries(connection, [DISCLOSED], [account.name])
        about = _about(account)
        return any(dict(entry.detail) == about for entry in entries)

    def record_read(self, account: Account, who: str, now: datetime) -> None:
        """Record that a person has read on the account's page that it is automated."""
        record(self._database, who, DISCLOSED, account.name, _about(account), now)

    def record_mark(self, account: Account, who: str, now: datetime) -> None:
        """Record that a person has marked the account as automated on the platform."""
        detail = {"platform": account.platform, "handle": account.handle}
        record(self._database, who, MARKED, account.name, detail, now)


def _about(account: Account) -> Mapping[str, str | None]:
    handle = account.handle.lstrip("@").casefold()
    return {"page": account.disclosed_at, "platform": account.platform, "handle": handle}
