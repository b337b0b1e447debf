"""Indexes to count the posts that an account has begun today.

Revision ID: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    doubtful = sa.text("outcome IN ('unknown', 'duplicate')")
    op.create_index(
        "ix_attempts_doubtful",
        "attempts",
        ["account", "opened"],
        sqlite_where=doubtful,
        postgresql_where=doubtful,
    )
    name = "ix_publications_account_published"
    op.drop_index(name, "publications")
    op.create_index(name, "publications", ["account", "published", "part", "delivery"])
