"""Posts in queue slots that may be out although this database does not know of it.

They have no date that would tell. In a new or restored database, every one that the files name on
that day is unverified until the account's own timeline has been searched for it. So are those of an
account that the database does not know yet, which may be one that was renamed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bot.database import meta
from bot.model import ScheduleKind

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from sqlalchemy import Connection

    from bot.model import Delivery

LOOK_BACK = timedelta(days=180)
"""How far back a new database searches: the length of a campaign, at $0.001 a post."""

UNVERIFIED_KEY = "slots:doubt"
"""Their key in ``meta``."""

_ACCOUNTS_KEY = "slots:accounts"


@dataclass(frozen=True, slots=True)
class UnverifiedSlots:
    """Any of ``keys`` may have gone out since then; ``keys`` is None until the files are read.

    Only those of ``accounts`` may have; of all accounts if that is None.
    """

    since: datetime
    keys: frozenset[str] | None
    accounts: frozenset[str] | None = None

    def covers(self, delivery: Delivery) -> bool:
        """Return whether this delivery may be out although the database does not know it."""
        return (
            delivery.kind is ScheduleKind.SLOT
            and (self.keys is None or delivery.key in self.keys)
            and (self.accounts is None or delivery.account in self.accounts)
        )


def mark_unverified(
    connection: Connection, since: datetime, accounts: Collection[str] | None = None
) -> None:
    """Mark all slots that the files are going to name, of these accounts or of all."""
    names = None if accounts is None else frozenset(accounts)
    known = read_unverified(connection)
    if known:
        since = min(since, known.since)
        names = None if names is None or known.accounts is None else names | known.accounts
    _write_unverified(connection, UnverifiedSlots(since, None, names))


def register_accounts(connection: Connection, accounts: Collection[str]) -> frozenset[str]:
    """Return those of the accounts that the database did not know before; now it does."""
    known = frozenset(json.loads(meta.get(connection, _ACCOUNTS_KEY) or "[]"))
    meta.put(connection, _ACCOUNTS_KEY, json.dumps(sorted(known | {*accounts})))
    return frozenset(accounts) - known


def read_unverified(connection: Connection) -> UnverifiedSlots | None:
    """Return the unverified slots, if there are any left."""
    return unverified_from_meta(meta.get_all(connection, [UNVERIFIED_KEY]))


def unverified_from_meta(values: Mapping[str, str]) -> UnverifiedSlots | None:
    """Return the unverified slots that are among the values of ``meta``, if any."""
    value = values.get(UNVERIFIED_KEY)
    if value is None:
        return None
    data = json.loads(value)
    keys = None if data["keys"] is None else frozenset(data["keys"])
    accounts = None if data["accounts"] is None else frozenset(data["accounts"])
    return UnverifiedSlots(datetime.fromisoformat(data["since"]), keys, accounts)


def name_unverified(connection: Connection, keys: Mapping[str, str]) -> None:
    """Keep the keys that the files name, each with its account; later ones cannot be out."""
    known = read_unverified(connection)
    if known and known.keys is None:
        named = frozenset(
            key
            for key, account in keys.items()
            if known.accounts is None or account in known.accounts
        )
        _write_unverified(connection, replace(known, keys=named))


def clear_unverified(connection: Connection, keys: Collection[str]) -> None:
    """Remove the keys that were searched for in the timeline."""
    known = read_unverified(connection)
    if known and known.keys is not None:
        _write_unverified(connection, replace(known, keys=known.keys - frozenset(keys)))


def _write_unverified(connection: Connection, slots: UnverifiedSlots) -> None:
    if slots.keys is not None and not slots.keys:
        meta.drop(connection, UNVERIFIED_KEY)
        return
    data = {
        "since": slots.since.isoformat(),
        "keys": None if slots.keys is None else sorted(slots.keys),
        "accounts": None if slots.accounts is None else sorted(slots.accounts),
    }
    meta.put(connection, UNVERIFIED_KEY, json.dumps(data))
