"""An index of voices, which finds every post that may say the same as another.

The first claim fills it, because only the program can read the words of a post.

Revision ID: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "voices",
        sa.Column("key", sa.BigInteger(), primary_key=True),
        sa.Column(
            "delivery",
            ID,
            sa.ForeignKey("deliveries.id", name="fk_voices_delivery"),
            primary_key=True,
        ),
        sa.Column("unit", sa.Integer(), primary_key=True),
        sqlite_with_rowid=False,
    )
