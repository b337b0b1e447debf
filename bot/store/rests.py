"""Accounts that the platform told to wait: until when, and how often in a row."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING

from bot.model import Rest
from bot.store import meta

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from bot.store.database import Database


def rest(database: Database, account: str) -> Rest | None:
    """Give the account's rest; it may be over, and then tells what it was."""
    with database.reading() as connection:
        found = meta.get(connection, _key(account))
    if found is None:
        return None
    data = json.loads(found)
    return Rest(datetime.fromisoformat(data["until"]), data["why"], data["times"])


def set_rest(connection: Connection, account: str, rest: Rest) -> None:
    """Write it, within the transaction that settles what was refused."""
    data = {"until": rest.until.isoformat(), "why": rest.why, "times": rest.times}
    meta.put(connection, _key(account), json.dumps(data))


def end_rest(connection: Connection, account: str) -> None:
    """Forget it: the platform takes posts again."""
    meta.drop(connection, _key(account))


def _key(account: str) -> str:
    return f"rest:{account}"
