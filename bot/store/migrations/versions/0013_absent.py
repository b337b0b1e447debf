"""That a person says that it is not out, a delivery keeps in a field, and no more in its reason.

Revision ID: 0013
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.add_column(
        "deliveries",
        sa.Column("absent", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    deliveries = sa.table("deliveries", sa.column("reason", sa.Text()), sa.column("absent"))
    said = deliveries.c.reason.contains("says that it is not on the platform")
    op.execute(deliveries.update().where(said).values(absent=sa.true()))
