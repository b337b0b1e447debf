"""Accounts that the platform told to wait: until when, and how often in a row."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from bot.model import Rest
from bot.store import meta

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection

    from bot.store.database import Database


def rest(database: Database, account: str) -> Rest | None:
    """Give the account's rest; it may be over, and then tells what it was."""
    with database.reading() as connection:
        return of(connection, [account]).get(account)


def of(connection: Connection, accounts: Sequence[str]) -> dict[str, Rest]:
    """Give the rests of those of the accounts that have one, within a transaction."""
    return among(meta.get_all(connection, [*map(key, accounts)]), accounts)


def among(known: Mapping[str, str], accounts: Sequence[str]) -> dict[str, Rest]:
    """Give those that are among what the database knows of itself."""
    return {name: _rest(json.loads(known[key(name)])) for name in accounts if key(name) in known}


def _rest(said: Mapping[str, Any]) -> Rest:
    return Rest(datetime.fromisoformat(said["until"]), said["why"], said["times"])


def set_rest(connection: Connection, account: str, rest: Rest) -> None:
    """Write it, within the transaction that settles what was refused."""
    data = {"until": rest.until.isoformat(), "why": rest.why, "times": rest.times}
    meta.put(connection, key(account), json.dumps(data))


def end_rests(connection: Connection, accounts: Sequence[str]) -> None:
    """Forget them: the platform takes posts again."""
    meta.drop_all(connection, [key(account) for account in accounts])


def key(account: str) -> str:
    """Return where an account's rest is kept in ``meta``."""
    return f"rest:{account}"
