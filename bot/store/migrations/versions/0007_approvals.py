"""How often a post comes is part of what is approved.

Revision ID: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0005"


def upgrade() -> None:
    for table in ("deliveries", "approvals"):
        column = sa.Column("frequency", sa.Text(), server_default="once", nullable=False)
        op.add_column(table, column)
