"""People who can sign in, with their sessions, login links and calendar feeds.

An approval names the user who had signed in, if any.

Revision ID: 0009
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

from bot.database.types import Instant

revision = "0009"
down_revision = "0008"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "users",
        sa.Column("id", ID, primary_key=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("accounts", sa.Text()),
        sa.Column("campaigns", sa.Text()),
        sa.Column("password", sa.Text()),
        sa.Column("added", Instant(), nullable=False),
        sa.Column("removed", Instant()),
        sa.UniqueConstraint("name", name="uq_users_name"),
    )
    seen: sa.Column[Any] = sa.Column("seen", Instant(), nullable=False)
    address: sa.Column[Any] = sa.Column("address", sa.Text(), nullable=False)
    _create_token_table("sessions", "opened", seen, address)
    _create_token_table("login_links", "made")
    _create_token_table("feeds", "made")
    op.add_column("approvals", sa.Column("user", ID))


def _create_token_table(name: str, begun: str, *columns: sa.Column[Any]) -> None:
    op.create_table(
        name,
        sa.Column("id", ID, primary_key=True),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("user", ID, sa.ForeignKey("users.id", name=f"fk_{name}_user"), nullable=False),
        sa.Column(begun, Instant(), nullable=False),
        *columns,
        sa.Column("ended", Instant()),
        sa.UniqueConstraint("hash", name=f"uq_{name}_hash"),
    )
    op.create_index(f"ix_{name}_user", name, ["user"])
