"""Replies of others only, without the account's own next part of a thread.

Every platform counts that part among the replies to the one before it. A thread of five parts that
nobody had touched thus had four engagements. Earlier counters are corrected if that part stood when
they were read.

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
