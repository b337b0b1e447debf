"""The number of a delivery's parts, and when an account published, for the limits of a day.

Revision ID: 0006
"""

import json

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column(
        "deliveries", sa.Column("parts", sa.Integer(), nullable=False, server_default="1")
    )
    op.create_index("ix_publications_account_published", "publications", ["account", "published"])
    deliveries = sa.table(
        "deliveries", sa.column("id"), sa.column("content", sa.Text()), sa.column("parts")
    )
    connection = op.get_bind()
    for row in connection.execute(sa.select(deliveries.c.id, deliveries.c.content)).all():
        parts = len(json.loads(row.content).get("parts", ()))
        if parts > 1:
            query = sa.update(deliveries).where(deliveries.c.id == row.id)
            connection.execute(query.values(parts=parts))
