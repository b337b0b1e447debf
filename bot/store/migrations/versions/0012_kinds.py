"""What kind its schedule is, a delivery says in a field of its own, and no more by its label.

Revision ID: 0012
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    column = sa.Column("kind", sa.String(length=16), server_default="at", nullable=False)
    op.add_column("deliveries", column)
    names = ("label", "frequency", "kind")
    deliveries = sa.table("deliveries", *(sa.column(name, sa.Text()) for name in names))
    c = deliveries.c
    kind = sa.case(
        # An event may be called once, or slot.
        (c.frequency.startswith("once, by the event "), "event"),
        (c.label == "once", "at"),
        (c.label == "slot", "slot"),
        (c.label.regexp_match(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T"), "every"),
        else_="event",
    )
    op.execute(deliveries.update().values(kind=kind))
