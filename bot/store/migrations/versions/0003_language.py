"""Wordings, embargoes, facts due for review, and who approved what; posts are found by name.

Revision ID: 0003
"""

import sqlalchemy as sa
from alembic import op

from bot.store import types

revision = "0003"
down_revision = "0002"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    for column in (
        sa.Column("wording", sa.Text(), server_default="", nullable=False),
        sa.Column("embargo", types.Instant(timezone=True)),
        sa.Column("stale_from", types.Instant(timezone=True)),
        sa.Column("approvals", sa.Integer(), server_default="0", nullable=False),
        sa.Column("author", sa.Text()),
    ):
        op.add_column("deliveries", column)
    op.create_index("ix_deliveries_campaign_post", "deliveries", ["campaign", "post"])
    op.create_table(
        "approvals",
        sa.Column("id", ID, nullable=False),
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("post", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("at", types.Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_approvals"),
        sa.UniqueConstraint(
            *("campaign", "post", "account", "digest", "who"),
            name="uq_approvals_campaign_post_account_digest_who",
        ),
    )
