"""Backoffs of accounts that the platform asked to wait: until when, and how often in a row."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING

from bot.database import meta
from bot.model import Backoff

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection

    from bot.database.opening import Database


def read_backoff(database: Database, account: str) -> Backoff | None:
    """Return the account's last backoff, even if it is over."""
    with database.reading() as connection:
        return read_backoffs(connection, [account]).get(account)


def read_backoffs(connection: Connection, accounts: Sequence[str]) -> dict[str, Backoff]:
    """Return the last backoff of each account that has one, within a transaction."""
    return backoffs_from_meta(meta.get_all(connection, [*map(backoff_key, accounts)]), accounts)


def backoffs_from_meta(values: Mapping[str, str], accounts: Sequence[str]) -> dict[str, Backoff]:
    """Return the backoffs of these accounts that are among the values of ``meta``."""
    backoffs = {}
    for account in accounts:
        if value := values.get(backoff_key(account)):
            data = json.loads(value)
            until = datetime.fromisoformat(data["until"])
            backoffs[account] = Backoff(until, data["why"], data["times"])
    return backoffs


def set_backoff(connection: Connection, account: str, backoff: Backoff) -> None:
    """Write a backoff, within the transaction that records the refusal."""
    data = {"until": backoff.until.isoformat(), "why": backoff.why, "times": backoff.times}
    meta.put(connection, backoff_key(account), json.dumps(data))


def clear_backoffs(connection: Connection, accounts: Sequence[str]) -> None:
    """Forget the accounts' backoffs: the platform takes their posts again."""
    meta.drop_all(connection, [*map(backoff_key, accounts)])


def backoff_key(account: str) -> str:
    """Return the key in ``meta`` of an account's backoff."""
    return f"rest:{account}"
