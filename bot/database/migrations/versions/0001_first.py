"""The tables of version 0.1.0.

From 0.1.0 on revisions count: a released one is never edited, and whatever changes in
``bot.database.tables`` gets a revision of its own, with the next number.

Revision ID: 0001
"""

import sqlalchemy as sa
from alembic import op

from bot.database import types

revision = "0001"
down_revision = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "alerts",
        sa.Column("id", ID, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("noted", types.Instant(timezone=True), nullable=False),
        sa.Column("not_before", types.Instant(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("sent", types.Instant(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_alerts"),
        sa.UniqueConstraint("key", "channel", name="uq_alerts_key_channel"),
    )
    op.create_index("ix_alerts_sent_tries", "alerts", ["sent", "tries"], unique=False)
    op.create_table(
        "approvals",
        sa.Column("id", ID, nullable=False),
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("post", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("frequency", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("at", types.Instant(timezone=True), nullable=False),
        sa.Column("entry", ID, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_approvals"),
        sa.UniqueConstraint(
            "campaign",
            "post",
            "account",
            "digest",
            "who",
            name="uq_approvals_campaign_post_account_digest_who",
        ),
    )
    op.create_index("ix_approvals_entry", "approvals", ["entry"], unique=True)
    op.create_table(
        "audit",
        sa.Column("id", ID, nullable=False),
        sa.Column("at", types.Instant(timezone=True), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
        sa.UniqueConstraint("hash", name="uq_audit_hash"),
    )
    op.create_index("ix_audit_subject", "audit", ["subject"], unique=False)
    op.create_table(
        "billed",
        sa.Column("id", ID, nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_billed"),
        sa.UniqueConstraint("account", "day", "resource", name="uq_billed_account_day_resource"),
    )
    op.create_table(
        "deliveries",
        sa.Column("id", ID, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("post", sa.Text(), nullable=False),
        sa.Column("demand", sa.Text(), nullable=True),
        sa.Column("event", sa.Text(), nullable=True),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("due", types.Instant(timezone=True), nullable=False),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("grace", types.Duration(), nullable=False),
        sa.Column("expires", types.Instant(timezone=True), nullable=True),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("words", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("not_before", types.Instant(timezone=True), nullable=False),
        sa.Column("next_part", sa.Integer(), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("lease_until", types.Instant(timezone=True), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("resends", sa.Integer(), nullable=False),
        sa.Column("allowed", sa.Boolean(), nullable=False),
        sa.Column("absent", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("wording", sa.Text(), nullable=False),
        sa.Column("embargo", types.Instant(timezone=True), nullable=True),
        sa.Column("stale_from", types.Instant(timezone=True), nullable=True),
        sa.Column("approvals", sa.Integer(), nullable=False),
        sa.Column("author", sa.Text(), nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("frequency", sa.Text(), nullable=False),
        sa.Column("created", types.Instant(timezone=True), nullable=False),
        sa.Column("changed", types.Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_deliveries"),
        sa.UniqueConstraint("key", name="uq_deliveries_key"),
    )
    op.create_index("ix_deliveries_campaign_post", "deliveries", ["campaign", "post"], unique=False)
    op.create_index("ix_deliveries_due", "deliveries", ["due"], unique=False)
    op.create_index(
        "ix_deliveries_platform_words", "deliveries", ["platform", "words"], unique=False
    )
    op.create_index(
        "ix_deliveries_state_account_not_before",
        "deliveries",
        ["state", "account", "not_before"],
        unique=False,
    )
    op.create_index(
        "ix_deliveries_state_not_before_account",
        "deliveries",
        ["state", "not_before", "account"],
        unique=False,
    )
    op.create_table(
        "meta",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_meta"),
    )
    op.create_table(
        "pauses",
        sa.Column("id", ID, nullable=False),
        sa.Column("scope", sa.String(length=16), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("since", types.Instant(timezone=True), nullable=False),
        sa.Column("lifted", types.Instant(timezone=True), nullable=True),
        sa.Column("lifted_by", sa.Text(), nullable=True),
        sa.Column("cause", sa.String(length=16), server_default="person", nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_pauses"),
    )
    op.create_table(
        "spending",
        sa.Column("id", ID, nullable=False),
        sa.Column("at", types.Instant(timezone=True), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("campaign", sa.Text(), nullable=True),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("dollars", types.Dollars(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_spending"),
    )
    op.create_index("ix_spending_at", "spending", ["at"], unique=False)
    op.create_table(
        "uploads",
        sa.Column("id", ID, nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("alt", sa.Text(), nullable=False),
        sa.Column("media_id", sa.Text(), nullable=False),
        sa.Column("expires", types.Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_uploads"),
    )
    op.create_index("ix_uploads_account_sha256", "uploads", ["account", "sha256"], unique=False)
    op.create_table(
        "workers",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("started", types.Instant(timezone=True), nullable=False),
        sa.Column("seen", types.Instant(timezone=True), nullable=False),
        sa.Column("stopped", types.Instant(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("name", name="pk_workers"),
    )
    op.create_table(
        "attempts",
        sa.Column("id", ID, nullable=False),
        sa.Column("delivery", ID, nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("payload_sha256", sa.String(length=64), nullable=False),
        sa.Column("reply_to", sa.Text(), nullable=True),
        sa.Column("opened", types.Instant(timezone=True), nullable=False),
        sa.Column("closed", types.Instant(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(length=16), nullable=True),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["delivery"], ["deliveries.id"], name="fk_attempts_delivery"),
        sa.PrimaryKeyConstraint("id", name="pk_attempts"),
    )
    op.create_index("ix_attempts_account_opened", "attempts", ["account", "opened"], unique=False)
    op.create_index("ix_attempts_delivery", "attempts", ["delivery"], unique=False)
    op.create_index(
        "uq_attempts_open",
        "attempts",
        ["delivery"],
        unique=True,
        sqlite_where=sa.text("closed IS NULL"),
        postgresql_where=sa.text("closed IS NULL"),
    )
    op.create_table(
        "publications",
        sa.Column("id", ID, nullable=False),
        sa.Column("delivery", ID, nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("remote_id", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("reply", sa.Text(), nullable=False),
        sa.Column("published", types.Instant(timezone=True), nullable=False),
        sa.Column("gone", types.Instant(timezone=True), nullable=True),
        sa.Column("next_read", types.Instant(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["delivery"], ["deliveries.id"], name="fk_publications_delivery"),
        sa.PrimaryKeyConstraint("id", name="pk_publications"),
        sa.UniqueConstraint("account", "remote_id", name="uq_publications_account_remote_id"),
        sa.UniqueConstraint("delivery", "part", name="uq_publications_delivery_part"),
    )
    op.create_index(
        "ix_publications_account_next_read", "publications", ["account", "next_read"], unique=False
    )
    op.create_table(
        "latest",
        sa.Column("publication", ID, autoincrement=False, nullable=False),
        sa.Column("read", types.Instant(timezone=True), nullable=False),
        sa.Column("impressions", sa.BigInteger(), nullable=True),
        sa.Column("likes", sa.BigInteger(), nullable=True),
        sa.Column("reposts", sa.BigInteger(), nullable=True),
        sa.Column("quotes", sa.BigInteger(), nullable=True),
        sa.Column("replies", sa.BigInteger(), nullable=True),
        sa.Column("bookmarks", sa.BigInteger(), nullable=True),
        sa.Column("link_clicks", sa.BigInteger(), nullable=True),
        sa.Column("profile_clicks", sa.BigInteger(), nullable=True),
        sa.Column("fell", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["publication"], ["publications.id"], name="fk_latest_publication"),
        sa.PrimaryKeyConstraint("publication", name="pk_latest"),
    )
    op.create_table(
        "looks",
        sa.Column("id", ID, nullable=False),
        sa.Column("attempt", ID, nullable=False),
        sa.Column("at", types.Instant(timezone=True), nullable=False),
        sa.Column("readable", sa.Integer(), nullable=False),
        sa.Column("matches", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["attempt"], ["attempts.id"], name="fk_looks_attempt"),
        sa.PrimaryKeyConstraint("id", name="pk_looks"),
    )
    op.create_index("ix_looks_attempt", "looks", ["attempt"], unique=False)
    op.create_table(
        "poll_votes",
        sa.Column("publication", ID, autoincrement=False, nullable=False),
        sa.Column("option", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("votes", sa.BigInteger(), nullable=False),
        sa.Column("read", types.Instant(timezone=True), nullable=False),
        sa.Column("closed", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["publication"], ["publications.id"], name="fk_poll_votes_publication"
        ),
        sa.PrimaryKeyConstraint("publication", "option", name="pk_poll_votes"),
    )
    op.create_table(
        "snapshots",
        sa.Column("id", ID, nullable=False),
        sa.Column("publication", ID, nullable=False),
        sa.Column("read", types.Instant(timezone=True), nullable=False),
        sa.Column("impressions", sa.BigInteger(), nullable=True),
        sa.Column("likes", sa.BigInteger(), nullable=True),
        sa.Column("reposts", sa.BigInteger(), nullable=True),
        sa.Column("quotes", sa.BigInteger(), nullable=True),
        sa.Column("replies", sa.BigInteger(), nullable=True),
        sa.Column("bookmarks", sa.BigInteger(), nullable=True),
        sa.Column("link_clicks", sa.BigInteger(), nullable=True),
        sa.Column("profile_clicks", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["publication"], ["publications.id"], name="fk_snapshots_publication"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_snapshots"),
    )
    op.create_index(
        "ix_snapshots_publication_read", "snapshots", ["publication", "read"], unique=False
    )
