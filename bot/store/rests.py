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
    names = {_key(account): account for account in accounts}
    found = meta.get_all(connection, [*names])
    return {names[key]: _rest(json.loads(value)) for key, value in found.items()}


def _rest(said: Mapping[str, Any]) -> Rest:
    return Rest(datetime.fromisoformat(said["until"]), said["why"], said["times"])


def set_rest(connection: Connection, account: str, rest: Rest) -> None:
    """Write it, within the transaction that settles what was refused."""
    data = {"until": rest.until.isoformat(), "why": rest.why, "times": rest.times}
    meta.put(connection, _key(account), json.dumps(data))


def end_rest(connection: Connection, account: str) -> None:
    """Forget it: the platform takes posts again."""
    meta.drop(connection, _key(account))


def _key(account: str) -> str:
    return f"rest:{account}"
