"""An approval is also of how often a post comes, and counts only if it is in the audit log.

Revision ID: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0005"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    # What was approved before said nothing of how often it comes: it is to be approved anew.
    op.execute("DELETE FROM approvals")
    for table in ("deliveries", "approvals"):
        column = sa.Column("frequency", sa.Text(), server_default="once", nullable=False)
        op.add_column(table, column)
    op.add_column("approvals", sa.Column("entry", ID))
    op.create_index("ix_approvals_entry", "approvals", ["entry"], unique=True)
    op.create_index("ix_audit_subject", "audit", ["subject"])
