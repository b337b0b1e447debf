"""The tables of people who can sign in, and of their sessions, login links and calendar feeds.

Of a token, only the sha256 is kept. It has 256 random bits, and needs no slower hash. Passwords are
kept as Argon2 writes them, with their salt.
"""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, String, Table, Text

from bot.database.columns import Id, id_column, metadata
from bot.database.types import Instant

# A row is never deleted. Its name and id stay taken, because approvals are by them.
users = Table(
    "users",
    metadata,
    id_column(),
    Column("name", Text, nullable=False, unique=True),
    Column("role", String(16), nullable=False),
    # The accounts and campaigns that the person sees, each a list in JSON; nothing for all.
    Column("accounts", Text),
    Column("campaigns", Text),
    # Nothing if the person can sign in by login links only.
    Column("password", Text),
    Column("added", Instant, nullable=False),
    Column("removed", Instant),
)

sessions = Table(
    "sessions",
    metadata,
    id_column(),
    Column("hash", String(64), nullable=False, unique=True),
    Column("user", Id, ForeignKey("users.id"), nullable=False, index=True),
    Column("opened", Instant, nullable=False),
    # The last use, as far as it was written down.
    Column("seen", Instant, nullable=False),
    Column("ended", Instant),
    # The address from which the person signed in.
    Column("address", Text, nullable=False, default=""),
)

login_links = Table(
    "login_links",
    metadata,
    id_column(),
    Column("hash", String(64), nullable=False, unique=True),
    Column("user", Id, ForeignKey("users.id"), nullable=False, index=True),
    Column("made", Instant, nullable=False),
    # When it was used, or revoked before.
    Column("ended", Instant),
)

feeds = Table(
    "feeds",
    metadata,
    id_column(),
    Column("hash", String(64), nullable=False, unique=True),
    Column("user", Id, ForeignKey("users.id"), nullable=False, index=True),
    Column("made", Instant, nullable=False),
    Column("ended", Instant),
)
