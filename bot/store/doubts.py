"""Posts in queue slots that may be out although this database does not know of it.

They have no date that would tell. A database that is new, or put back, takes every one that stands
in the files on that day for doubtful, until the account's own timeline has shown otherwise.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bot.model import SLOT
from bot.store import meta

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Connection

    from bot.model import Delivery

LOOK_BACK = timedelta(days=180)
"""How far back a new database looks for them: as long as a campaign lasts, at $0.001 a post."""

_KEY = "slots:doubt"


@dataclass(frozen=True, slots=True)
class SlotDoubt:
    """Any of ``keys`` may have gone out since then; ``keys`` is None until the files are read."""

    since: datetime
    keys: frozenset[str] | None

    def covers(self, delivery: Delivery) -> bool:
        """Tell whether this one may be out: nobody has tried to send it from here yet."""
        mine = self.keys is None or delivery.key in self.keys
        return delivery.label == SLOT and not delivery.fence and mine


def begin(connection: Connection, since: datetime) -> None:
    """Doubt every one that the files are going to name."""
    known = read(connection)
    _write(connection, SlotDoubt(min(since, known.since) if known else since, None))


def read(connection: Connection) -> SlotDoubt | None:
    """Give the doubt, if there is any left."""
    found = meta.get(connection, _KEY)
    if found is None:
        return None
    said = json.loads(found)
    keys = None if said["keys"] is None else frozenset(said["keys"])
    return SlotDoubt(datetime.fromisoformat(said["since"]), keys)


def name(connection: Connection, keys: Collection[str]) -> None:
    """Say which ones the files name; those that are added later cannot be out."""
    known = read(connection)
    if known and known.keys is None:
        _write(connection, SlotDoubt(known.since, frozenset(keys)))


def dismiss(connection: Connection, keys: Collection[str]) -> None:
    """Take out of doubt what the timeline has told of."""
    known = read(connection)
    if known and known.keys is not None:
        _write(connection, SlotDoubt(known.since, known.keys - frozenset(keys)))


def _write(connection: Connection, doubt: SlotDoubt) -> None:
    if doubt.keys is not None and not doubt.keys:
        meta.drop(connection, _KEY)
        return
    keys = None if doubt.keys is None else sorted(doubt.keys)
    meta.put(connection, _KEY, json.dumps({"since": doubt.since.isoformat(), "keys": keys}))
