"""What is known of each publication's counters now, so that no report reads its whole history.

Revision ID: 0005
"""

from collections.abc import Iterable
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from alembic import op

from bot.store import types

revision = "0005"
down_revision = "0004"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
COUNTERS = (
    *("impressions", "likes", "reposts", "quotes", "replies", "bookmarks"),
    *("link_clicks", "profile_clicks"),
)
AT_ONCE = 1000


def upgrade() -> None:
    latest = op.create_table(
        "latest",
        sa.Column("publication", ID, nullable=False),
        sa.Column("read", types.Instant(timezone=True), nullable=False),
        *(sa.Column(name, sa.BigInteger()) for name in COUNTERS),
        sa.Column("fell", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("publication", name="pk_latest"),
        sa.ForeignKeyConstraint(["publication"], ["publications.id"], name="fk_latest_publication"),
    )
    _fill(op.get_bind(), latest)


def _fill(connection: sa.Connection, latest: sa.Table) -> None:
    """Sum up the snapshots that are there, publication by publication."""
    snapshots = sa.table(
        "snapshots",
        *(sa.column(name) for name in ("id", "publication", *COUNTERS)),
        sa.column("read", types.Instant(timezone=True)),
    )
    c = snapshots.c
    columns = [c.publication, c.read, *(c[name] for name in COUNTERS)]
    query = sa.select(*columns).order_by(c.publication, c.read, c.id)
    some = []
    for _, history in groupby(connection.execute(query), lambda row: row.publication):
        some.append(_summed(history))
        if len(some) == AT_ONCE:
            connection.execute(latest.insert(), some)
            some = []
    if some:
        connection.execute(latest.insert(), some)


def _summed(history: Iterable[Any]) -> dict[str, Any]:
    known: dict[str, Any] = dict.fromkeys(COUNTERS)
    fell = set()
    for row in history:
        for name in COUNTERS:
            value = getattr(row, name)
            if value is None:
                continue
            if known[name] is not None and value < known[name]:
                fell.add(name)
            known[name] = value
    marked = " ".join(name for name in COUNTERS if name in fell)
    return {"publication": row.publication, "read": row.read, **known, "fell": marked}
