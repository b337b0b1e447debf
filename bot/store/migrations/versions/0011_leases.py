"""Whose turn it is at what has a table of its own.

Revision ID: 0011
"""

import sqlalchemy as sa
from alembic import op

from bot.store import types

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.create_table(
        "leases",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("until", types.Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_leases"),
    )
    # They last two minutes at most, and whoever has one now could not give it back in the table.
    op.execute("DELETE FROM meta WHERE key LIKE 'turn:%'")
