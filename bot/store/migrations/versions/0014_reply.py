"""What a reply to a publication needs is the platform's own word, and not always its id.

Revision ID: 0014
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    column = sa.Column("reply", sa.Text(), server_default="", nullable=False)
    op.add_column("publications", column)
    publications = sa.table("publications", sa.column("remote_id"), sa.column("reply"))
    op.execute(publications.update().values(reply=publications.c.remote_id))
