"""Indexes to read the audit log page by page, by its time and by person.

Revision ID: 0010
"""

from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_index("ix_audit_at", "audit", ["at", "id"])
    op.create_index("ix_audit_who_at", "audit", ["who", "at", "id"])
