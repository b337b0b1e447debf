"""Replies are those of others: without the account's own next part of a thread.

Every platform counts that part among the replies to the one before it, so an untouched thread of
five parts had four engagements. What was kept until now is corrected where that part stood when the
counters were read.

Revision ID: 0005
"""

from alembic import op

revision = "0005"
down_revision = "0002"


def upgrade() -> None:
    for table in ("snapshots", "latest"):
        op.execute(
            f"UPDATE {table} SET replies = replies - 1 WHERE replies > 0 AND EXISTS ("  # noqa: S608 - our own names
            "SELECT 1 FROM publications AS part JOIN publications AS following "
            "ON following.delivery = part.delivery AND following.part = part.part + 1 "
            f"WHERE part.id = {table}.publication AND following.published <= {table}.read "
            f"AND (following.gone IS NULL OR following.gone > {table}.read))"
        )
