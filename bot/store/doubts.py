"""Posts in queue slots that may be out although this database does not know of it.

They have no date that would tell. A database that is new, or put back, takes every one that stands
in the files on that day for doubtful, until the account's own timeline has shown otherwise. So it
does for an account that it has not heard of before, which may be one that was renamed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bot.model import ScheduleKind
from bot.store import meta

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from sqlalchemy import Connection

    from bot.model import Delivery

LOOK_BACK = timedelta(days=180)
"""How far back a new database looks for them: as long as a campaign lasts, at $0.001 a post."""

KEY = "slots:doubt"
"""Where it is kept in ``meta``."""

_ACCOUNTS = "slots:accounts"


@dataclass(frozen=True, slots=True)
class SlotDoubt:
    """Any of ``keys`` may have gone out since then; ``keys`` is None until the files are read.

    Only those of ``accounts`` may; of all where that is None.
    """

    since: datetime
    keys: frozenset[str] | None
    accounts: frozenset[str] | None = None

    def covers(self, delivery: Delivery) -> bool:
        """Tell whether this one may be out: it may have been tried before, and sent since."""
        mine = self.keys is None or delivery.key in self.keys
        ours = self.accounts is None or delivery.account in self.accounts
        in_slot = delivery.kind is ScheduleKind.SLOT
        return in_slot and mine and ours


def begin(connection: Connection, since: datetime, accounts: Collection[str] | None = None) -> None:
    """Doubt every one that the files are going to name, of these accounts or of all."""
    known = read(connection)
    mine = None if accounts is None else frozenset(accounts)
    if known is None:
        _write(connection, SlotDoubt(since, None, mine))
        return
    both = None if mine is None or known.accounts is None else mine | known.accounts
    _write(connection, SlotDoubt(min(since, known.since), None, both))


def newly_known(connection: Connection, accounts: Collection[str]) -> frozenset[str]:
    """Return those of the accounts that the database has not heard of before; now it has."""
    heard = frozenset(json.loads(meta.get(connection, _ACCOUNTS) or "[]"))
    meta.put(connection, _ACCOUNTS, json.dumps(sorted(heard | {*accounts})))
    return frozenset(accounts) - heard


def read(connection: Connection) -> SlotDoubt | None:
    """Give the doubt, if there is any left."""
    return among(meta.get_all(connection, [KEY]))


def among(known: Mapping[str, str]) -> SlotDoubt | None:
    """Give the one that is among what the database knows of itself."""
    found = known.get(KEY)
    if found is None:
        return None
    said = json.loads(found)
    keys = None if said["keys"] is None else frozenset(said["keys"])
    accounts = None if said.get("accounts") is None else frozenset(said["accounts"])
    return SlotDoubt(datetime.fromisoformat(said["since"]), keys, accounts)


def name(connection: Connection, keys: Mapping[str, str]) -> None:
    """Keep the keys that the files name, each with its account; later ones cannot be out."""
    known = read(connection)
    if known and known.keys is None:
        ours = known.accounts
        named = frozenset(key for key, name in keys.items() if ours is None or name in ours)
        _write(connection, replace(known, keys=named))


def dismiss(connection: Connection, keys: Collection[str]) -> None:
    """Take out of doubt what the timeline has told of."""
    known = read(connection)
    if known and known.keys is not None:
        _write(connection, replace(known, keys=known.keys - frozenset(keys)))


def _write(connection: Connection, doubt: SlotDoubt) -> None:
    if doubt.keys is not None and not doubt.keys:
        meta.drop(connection, KEY)
        return
    said = {
        "since": doubt.since.isoformat(),
        "keys": None if doubt.keys is None else sorted(doubt.keys),
        "accounts": None if doubt.accounts is None else sorted(doubt.accounts),
    }
    meta.put(connection, KEY, json.dumps(said))
