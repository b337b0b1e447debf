"""The key of the digests in names, as ``review --list`` shows them."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from bot.database import rows
from bot.database.types import lock_transaction

if TYPE_CHECKING:
    from bot.database.connections import Database

_NAME = "name_key"


def read_name_key(database: Database) -> bytes:
    """Return the random key of this database, which the first call makes.

    A name has only the first few digits of a digest. Without a key, whoever writes a campaign file
    could look for two texts with the same digits, and swap them between the list and the approval.
    """
    key = rows.read(database, _NAME)
    if key is None:
        with database.writing() as connection:
            lock_transaction(connection, "audit")  # two processes at once keep one key
            key = rows.get(connection, _NAME)
            if key is None:
                key = secrets.token_hex(32)
                rows.put(connection, _NAME, key)
    return bytes.fromhex(key)
