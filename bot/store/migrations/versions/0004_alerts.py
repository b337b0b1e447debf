"""What a team has been told, once for each channel.

Revision ID: 0004
"""

import sqlalchemy as sa
from alembic import op

from bot.store import types

revision = "0004"
down_revision = "0003"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "alerts",
        sa.Column("id", ID, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("noted", types.Instant(timezone=True), nullable=False),
        sa.Column("not_before", types.Instant(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("sent", types.Instant(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_alerts"),
        sa.UniqueConstraint("key", "channel", name="uq_alerts_key_channel"),
    )
    op.create_index("ix_alerts_sent_tries", "alerts", ["sent", "tries"])
