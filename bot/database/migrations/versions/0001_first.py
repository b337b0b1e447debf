"""The tables of version 0.1.0.

From 0.1.0 on, a released revision is never edited. Each change of ``bot.database.tables`` gets a
revision of its own, with the next number.

Revision ID: 0001
"""

import sqlalchemy as sa
from alembic import op

from bot.database import types

revision = "0001"
down_revision = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
COUNTERS = (
    *("impressions", "likes", "reposts", "quotes", "replies", "bookmarks"),
    *("link_clicks", "profile_clicks"),
)


def upgrade() -> None:
    op.create_table(
        "alerts",
        sa.Column("id", ID, primary_key=True),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("noted", types.Instant(), nullable=False),
        sa.Column("not_before", types.Instant(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("sent", types.Instant()),
        sa.UniqueConstraint("key", "channel", name="uq_alerts_key_channel"),
        sa.Index("ix_alerts_sent_tries", "sent", "tries"),
    )
    op.create_table(
        "approvals",
        sa.Column("id", ID, primary_key=True),
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("post", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("frequency", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("at", types.Instant(), nullable=False),
        sa.Column("entry", ID),
        sa.UniqueConstraint(
            "campaign",
            "post",
            "account",
            "digest",
            "who",
            name="uq_approvals_campaign_post_account_digest_who",
        ),
        sa.Index("ix_approvals_entry", "entry", unique=True),
    )
    op.create_table(
        "audit",
        sa.Column("id", ID, primary_key=True),
        sa.Column("at", types.Instant(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("previous", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.UniqueConstraint("hash", name="uq_audit_hash"),
        sa.Index("ix_audit_subject", "subject"),
    )
    op.create_table(
        "billed",
        sa.Column("id", ID, primary_key=True),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.UniqueConstraint("account", "day", "resource", name="uq_billed_account_day_resource"),
    )
    op.create_table(
        "deliveries",
        sa.Column("id", ID, primary_key=True),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("post", sa.Text(), nullable=False),
        sa.Column("demand", sa.Text()),
        sa.Column("event", sa.Text()),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("due", types.Instant(), nullable=False),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("grace", types.Duration(), nullable=False),
        sa.Column("expires", types.Instant()),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("words", sa.String(64), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("not_before", types.Instant(), nullable=False),
        sa.Column("next_part", sa.Integer(), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("owner", sa.Text()),
        sa.Column("lease_until", types.Instant()),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("resends", sa.Integer(), nullable=False),
        sa.Column("allowed", sa.Boolean(), nullable=False),
        sa.Column("absent", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("wording", sa.Text(), nullable=False),
        sa.Column("embargo", types.Instant()),
        sa.Column("stale_from", types.Instant()),
        sa.Column("approvals", sa.Integer(), nullable=False),
        sa.Column("author", sa.Text()),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("frequency", sa.Text(), nullable=False),
        sa.Column("created", types.Instant(), nullable=False),
        sa.Column("changed", types.Instant(), nullable=False),
        sa.UniqueConstraint("key", name="uq_deliveries_key"),
        sa.Index("ix_deliveries_campaign_post", "campaign", "post"),
        sa.Index("ix_deliveries_due", "due"),
        sa.Index("ix_deliveries_platform_words", "platform", "words"),
        sa.Index("ix_deliveries_state_account_not_before", "state", "account", "not_before"),
        sa.Index("ix_deliveries_state_not_before_account", "state", "not_before", "account"),
    )
    op.create_table(
        "meta",
        sa.Column("key", sa.Text(), primary_key=True),
        sa.Column("value", sa.JSON(), nullable=False),
    )
    op.create_table(
        "pauses",
        sa.Column("id", ID, primary_key=True),
        sa.Column("scope", sa.String(16), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("since", types.Instant(), nullable=False),
        sa.Column("lifted", types.Instant()),
        sa.Column("lifted_by", sa.Text()),
        sa.Column("cause", sa.String(16), nullable=False),
    )
    op.create_table(
        "spending",
        sa.Column("id", ID, primary_key=True),
        sa.Column("at", types.Instant(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("campaign", sa.Text()),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("dollars", types.Dollars(), nullable=False),
        sa.Index("ix_spending_at", "at"),
    )
    op.create_table(
        "uploads",
        sa.Column("id", ID, primary_key=True),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("alt", sa.Text(), nullable=False),
        sa.Column("media_id", sa.Text(), nullable=False),
        sa.Column("expires", types.Instant(), nullable=False),
        sa.Index("ix_uploads_account_sha256", "account", "sha256"),
    )
    op.create_table(
        "workers",
        sa.Column("name", sa.Text(), primary_key=True),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("started", types.Instant(), nullable=False),
        sa.Column("seen", types.Instant(), nullable=False),
        sa.Column("stopped", types.Instant()),
    )
    op.create_table(
        "attempts",
        sa.Column("id", ID, primary_key=True),
        sa.Column("delivery", ID, sa.ForeignKey("deliveries.id"), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("payload_sha256", sa.String(64), nullable=False),
        sa.Column("reply_to", sa.Text()),
        sa.Column("opened", types.Instant(), nullable=False),
        sa.Column("closed", types.Instant()),
        sa.Column("outcome", sa.String(16)),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer()),
        sa.Index("ix_attempts_account_opened", "account", "opened"),
        sa.Index("ix_attempts_delivery", "delivery"),
        sa.Index(
            "uq_attempts_open",
            "delivery",
            unique=True,
            sqlite_where=sa.text("closed IS NULL"),
            postgresql_where=sa.text("closed IS NULL"),
        ),
    )
    op.create_table(
        "publications",
        sa.Column("id", ID, primary_key=True),
        sa.Column("delivery", ID, sa.ForeignKey("deliveries.id"), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("remote_id", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("reply", sa.Text(), nullable=False),
        sa.Column("published", types.Instant(), nullable=False),
        sa.Column("gone", types.Instant()),
        sa.Column("next_read", types.Instant()),
        sa.UniqueConstraint("account", "remote_id", name="uq_publications_account_remote_id"),
        sa.UniqueConstraint("delivery", "part", name="uq_publications_delivery_part"),
        sa.Index("ix_publications_account_next_read", "account", "next_read"),
    )
    op.create_table(
        "latest",
        sa.Column(
            "publication",
            ID,
            sa.ForeignKey("publications.id"),
            autoincrement=False,
            primary_key=True,
        ),
        sa.Column("read", types.Instant(), nullable=False),
        *(sa.Column(name, sa.BigInteger()) for name in COUNTERS),
        sa.Column("fell", sa.Text(), nullable=False),
    )
    op.create_table(
        "looks",
        sa.Column("id", ID, primary_key=True),
        sa.Column("attempt", ID, sa.ForeignKey("attempts.id"), nullable=False),
        sa.Column("at", types.Instant(), nullable=False),
        sa.Column("readable", sa.Integer(), nullable=False),
        sa.Column("matches", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Index("ix_looks_attempt", "attempt"),
    )
    op.create_table(
        "poll_votes",
        sa.Column(
            "publication",
            ID,
            sa.ForeignKey("publications.id"),
            autoincrement=False,
            primary_key=True,
        ),
        sa.Column("option", sa.Integer(), primary_key=True),
        sa.Column("votes", sa.BigInteger(), nullable=False),
        sa.Column("read", types.Instant(), nullable=False),
        sa.Column("closed", sa.Boolean(), nullable=False),
    )
    op.create_table(
        "snapshots",
        sa.Column("id", ID, primary_key=True),
        sa.Column("publication", ID, sa.ForeignKey("publications.id"), nullable=False),
        sa.Column("read", types.Instant(), nullable=False),
        *(sa.Column(name, sa.BigInteger()) for name in COUNTERS),
        sa.Index("ix_snapshots_publication_read", "publication", "read"),
    )
