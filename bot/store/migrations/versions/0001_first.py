"""The first tables. Frozen: later changes get a revision of their own.

Revision ID: 0001
"""

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    from bot.store.tables import metadata

    metadata.create_all(op.get_bind())
