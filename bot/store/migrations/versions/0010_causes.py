"""A pause says what it was set for in a field of its own, and no more by how its reason begins.

Revision ID: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

BEGINNINGS = {
    "clock": "the clock is in doubt",
    "unfit": "it must not be used as it is",
    "refused": "the platform refuses it: ",
    "credit": "no credit left: ",
    "restored": "safe start, since ",
}
"""How the reasons of Groundswell itself begin; whatever else there is, a person wanted."""


def upgrade() -> None:
    column = sa.Column("cause", sa.String(length=16), server_default="person", nullable=False)
    op.add_column("pauses", column)
    pauses = sa.table("pauses", *(sa.column(name) for name in ("why", "who", "cause")))
    c = pauses.c
    for cause, beginning in BEGINNINGS.items():
        its = (c.who == "groundswell") & (sa.func.substr(c.why, 1, len(beginning)) == beginning)
        op.execute(pauses.update().where(its).values(cause=cause))
