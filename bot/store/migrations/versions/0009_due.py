"""What is due, over all accounts, is found by its instant.

Revision ID: 0009
"""

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_index(
        "ix_deliveries_state_not_before_account",
        "deliveries",
        ["state", "not_before", "account"],
    )
