"""The rights of people as the audit log has them, without which a row of ``users`` does not count.

A row that somebody inserts or changes by hand therefore signs nobody in. A changed password is not
noticed, because the log holds nothing about it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bot.database.audit import chained_entries
from bot.errors import Problem, UserError

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Connection

    from bot.database.audit import AuditEntry
    from bot.model import Scope, User

ADDED, ROLE, LIMITS, REMOVED = "user added", "user role", "user limits", "user removed"
"""How the audit log names the entries."""


@dataclass(frozen=True, slots=True)
class LoggedRights:
    """What the log says about a person."""

    role: str
    limits: dict[str, list[str] | None]
    removed: bool = False
    """Whether the person was removed."""


def scope_detail(scope: Scope) -> dict[str, list[str] | None]:
    """Return the limits of a person, as an entry of the log has them."""
    return {
        "accounts": None if scope.accounts is None else sorted(scope.accounts),
        "campaigns": None if scope.campaigns is None else sorted(scope.campaigns),
    }


def logged_rights(
    connection: Connection, names: Collection[str] | None = None
) -> dict[str, LoggedRights]:
    """Return what the log says about the people of these names, or about all."""
    found: dict[str, LoggedRights] = {}
    for entry in chained_entries(connection, (ADDED, ROLE, LIMITS, REMOVED), names):
        before = found.get(entry.subject)
        if entry.what == ADDED:
            found[entry.subject] = LoggedRights(entry.detail.get("role", ""), _limits(entry))
        elif before and entry.what == ROLE:
            found[entry.subject] = replace(before, role=entry.detail.get("to", ""))
        elif before and entry.what == LIMITS:
            found[entry.subject] = replace(before, limits=_limits(entry))
        elif before:
            found[entry.subject] = replace(before, removed=True)
    return found


def _limits(entry: AuditEntry) -> dict[str, list[str] | None]:
    return {kind: entry.detail.get(kind) for kind in ("accounts", "campaigns")}


def rights_of(user: User, *, removed: bool = False) -> LoggedRights:
    """Return what the log has to say about a person for the row to count."""
    return LoggedRights(user.role.value, scope_detail(user.scope), removed)


def require_logged(connection: Connection, user: User) -> None:
    """Raise UserError if a person, or their rights, came into the database by hand."""
    if logged_rights(connection, [user.name]).get(user.name) != rights_of(user):
        raise UserError([difference(user.name)])


def difference(name: str) -> Problem:
    """Return the problem that the log does not say about a person what their row says."""
    message = f"The rights of {name} are not those in the audit log."
    hint = "Somebody changed the database by hand. Remove the person, and add them by another name."
    return Problem(name, 0, 0, "U112", message, hint)
