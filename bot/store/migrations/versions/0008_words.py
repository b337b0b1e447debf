"""A fingerprint of the words alone: two accounts of a platform must not say the same.

Revision ID: 0008
"""

import sqlalchemy as sa
from alembic import op

from bot.model import Content
from bot.store.twins import fingerprint

revision = "0008"
down_revision = "0007"

AT_ONCE = 500


def upgrade() -> None:
    op.add_column(
        "deliveries", sa.Column("words", sa.String(length=64), server_default="", nullable=False)
    )
    _fill(op.get_bind())
    op.create_index("ix_deliveries_platform_words", "deliveries", ["platform", "words"])
    op.drop_index("ix_deliveries_account_digest", "deliveries")


def _fill(connection: sa.Connection) -> None:
    """Take the fingerprint of what is queued and what is out."""
    deliveries = sa.table("deliveries", *(sa.column(name) for name in ("id", "content", "words")))
    c, last = deliveries.c, 0
    update = deliveries.update().where(c.id == sa.bindparam("number"))
    update = update.values(words=sa.bindparam("fingerprint"))
    query = sa.select(c.id, c.content).order_by(c.id).limit(AT_ONCE)
    while rows := connection.execute(query.where(c.id > last)).all():
        connection.execute(
            update,
            [
                {"number": row.id, "fingerprint": fingerprint(Content.from_json(row.content))}
                for row in rows
            ],
        )
        last = rows[-1].id
