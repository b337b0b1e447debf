"""The people who can sign in, whom approvals name. A removed person's row and name stay taken.

A change of a person's rights or password ends what they have open. An earlier copy of the database,
which may still know a removed person, is recognised by its fingerprint.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import exists, insert, select, update

from bot.database import access_tables as t
from bot.database import rows
from bot.database.audit import GROUNDSWELL, record
from bot.database.fingerprint import sealing
from bot.database.types import lock_transaction
from bot.errors import Problem, UserError
from bot.model import User
from bot.planning.people import invalid_name, reads_the_same, same_person
from bot.store.logged_users import (
    ADDED,
    LIMITS,
    REMOVED,
    ROLE,
    difference,
    logged_rights,
    require_logged,
    rights_of,
    scope_detail,
)
from bot.store.sign_ins import revoke_access
from bot.text import quote_value

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, Row

    from bot.database.connections import Database
    from bot.model import Role, Scope


@dataclass(frozen=True, slots=True)
class Person:
    """A user's row."""

    user: User
    password: str | None
    """The hash of the password; None if the person signs in by links only."""
    added: datetime
    removed: datetime | None
    """When the person was removed; None if they can sign in."""


class People:
    """The users in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # --- reading ---

    def all(self, *, removed: bool = False) -> list[Person]:
        """Return the people who can sign in, with ``removed`` the others too, oldest first."""
        with self._database.reading() as connection:
            found = _read_people(connection)
        return [person for person in found if removed or person.removed is None]

    def find(self, name: str) -> Person | None:
        """Return the person with a name, whatever its capitals and blanks; None if none has it."""
        return next((of for of in self.all() if reads_the_same(of.user.name, name)), None)

    def any_known(self) -> bool:
        """Return whether somebody was ever added, even if everybody was removed since."""
        with self._database.reading() as connection:
            return users_exist(connection)

    def require_logged(self, user: User) -> None:
        """Raise UserError if a person, or their rights, came into the database by hand."""
        with self._database.reading() as connection:
            require_logged(connection, user)

    def differences(self) -> list[Problem]:
        """Return a problem for each person whose row says something else than the log."""
        with self._database.reading() as connection:
            # Without the lock, a person who is changed just now would be in only one of the two.
            lock_transaction(connection, "audit")
            people, logged = _read_people(connection), logged_rights(connection)
        rights = {of.user.name: rights_of(of.user, removed=bool(of.removed)) for of in people}
        names = [*rights, *(name for name in logged if name not in rights)]
        return [difference(name) for name in names if rights.get(name) != logged.get(name)]

    # --- changing ---

    def add(
        self, name: str, role: Role, scope: Scope, password: str | None, by: str, now: datetime
    ) -> User:
        """Add a person. Raise UserError if the name is not valid, or reads like an earlier one."""
        name = " ".join(name.split())
        if why := invalid_name(name):
            raise _refused(name, "U102", f"{why}.", "Type the name instead of pasting it.")
        with sealing(self._database) as connection:
            lock_transaction(connection, "audit")  # of two people added at once, one sees the other
            known = connection.execute(select(t.users.c.name, t.users.c.removed))
            _require_new(name, {row.name: row.removed for row in known})
            values = {"name": name, "role": role, **_scope_values(scope)}
            query = insert(t.users).values(**values, password=password, added=now)
            id_ = connection.execute(query.returning(t.users.c.id)).scalar_one()
            detail = {"role": role, **scope_detail(scope), "password": password is not None}
            record(connection, by, ADDED, name, detail, now)
        return User(id_, name, role, scope)

    def change_role(self, user: User, role: Role, by: str, now: datetime) -> None:
        """Give a person another role."""
        self._change(user, {"role": role}, ROLE, {"from": user.role, "to": role}, by, now)

    def change_scope(self, user: User, scope: Scope, by: str, now: datetime) -> None:
        """Change the posts that a person sees."""
        detail = scope_detail(scope)
        self._change(user, _scope_values(scope), LIMITS, detail, by, now)

    def set_password(self, user: User, password: str, by: str, now: datetime) -> None:
        """Replace the hash of a person's password."""
        self._change(user, {"password": password}, "user password", {}, by, now)

    def remove(self, user: User, by: str, now: datetime) -> None:
        """Let a person sign in no more."""
        values = {"removed": now, "password": None}
        self._change(user, values, REMOVED, {}, by, now)

    def renew_hash(self, user: User, before: str, after: str) -> None:
        """Replace the hash of the same password, unless the password has changed meanwhile."""
        c = t.users.c
        query = update(t.users).where(c.id == user.id, c.password == before)
        with self._database.writing() as connection:
            connection.execute(query.values(password=after))

    def _change(
        self,
        user: User,
        values: Mapping[str, Any],
        what: str,
        detail: Mapping[str, Any],
        by: str,
        now: datetime,
    ) -> None:
        """Change a person's row, and end what they have open. Raise UserError if they are gone."""
        c = t.users.c
        query = update(t.users).where(c.id == user.id, c.removed.is_(None)).values(**values)
        with sealing(self._database) as connection:
            lock_transaction(connection, "audit")
            if not connection.execute(query).rowcount:
                raise _refused(user.name, "U103", f"{user.name} was removed meanwhile.")
            revoke_access(connection, now, user.id)
            record(connection, by, what, user.name, detail, now)


def users_exist(connection: Connection) -> bool:
    """Return whether somebody was ever added, within a transaction."""
    return bool(connection.scalar(select(exists().where(t.users.c.id > 0))))


def _read_people(connection: Connection) -> list[Person]:
    """Return everybody who was ever added, oldest first."""
    c = t.users.c
    columns: tuple[ColumnElement[Any], ...] = (*rows.USER_COLUMNS, c.password, c.added, c.removed)
    return [_person(row) for row in connection.execute(select(*columns).order_by(c.id))]


def _person(row: Row[Any]) -> Person:
    return Person(rows.user(row), row.password, row.added, row.removed)


def _scope_values(scope: Scope) -> dict[str, str | None]:
    detail = scope_detail(scope)
    return {kind: None if names is None else json.dumps(names) for kind, names in detail.items()}


def _require_new(name: str, known: Mapping[str, datetime | None]) -> None:
    """Raise UserError if a name means the same person as a known one, or the program itself."""
    if same_person(name, GROUNDSWELL):
        raise _refused(name, "U102", "The log names Groundswell itself like that.")
    for other, removed in known.items():
        if not same_person(name, other):
            continue
        of = "the same name" if reads_the_same(name, other) else f"{other}, which reads like it,"
        whose = "somebody who was removed" if removed else "somebody else"
        hint = "Approvals are by name: use another one, such as the full name."
        raise _refused(name, "U101", f"{of} belongs to {whose}.", hint)


def _refused(name: str, code: str, why: str, hint: str = "") -> UserError:
    message = why[:1].upper() + why[1:]
    return UserError([Problem(quote_value(name), 0, 0, code, message, hint)])
