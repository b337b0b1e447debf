"""The instant from which a delivery waits because it left the campaign files, in its own row.

It was a list of keys in ``meta`` before, which no claim read.

Revision ID: 0002
"""

from datetime import datetime

import sqlalchemy as sa
from alembic import op

from bot.database import types

revision = "0002"
down_revision = "0001"

WAITS = sa.text("left_files IS NOT NULL")


def upgrade() -> None:
    op.add_column("deliveries", sa.Column("left_files", types.Instant()))
    op.create_index(
        "ix_deliveries_left_files",
        "deliveries",
        ["left_files"],
        sqlite_where=WAITS,
        postgresql_where=WAITS,
    )
    meta = sa.table("meta", sa.column("key", sa.Text()), sa.column("value", sa.JSON()))
    deliveries = sa.table(
        "deliveries",
        sa.column("key", sa.Text()),
        sa.column("state", sa.String()),
        sa.column("left_files", types.Instant()),
    )
    connection = op.get_bind()
    held = connection.scalar(sa.select(meta.c.value).where(meta.c.key == "vanished:held"))
    if held is None:
        return
    since = datetime.fromisoformat(held["at"])
    for key in held["keys"]:
        waits = (deliveries.c.key == key) & (deliveries.c.state == "scheduled")
        connection.execute(sa.update(deliveries).where(waits).values(left_files=since))
    connection.execute(sa.delete(meta).where(meta.c.key == "vanished:held"))
