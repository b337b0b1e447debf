"""The tables: deliveries, attempts, publications, counters, spending, and all around them.

``deliveries`` change state. Everything else is written once, except that an attempt is closed once
and a pause lifted once. A partial unique index makes it a rule of the database that a delivery has
at most one open attempt.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from bot.database import (
    access_tables,  # noqa: F401 - adds its tables
    columns,
)
from bot.database.columns import Id, id_column, partial_index
from bot.database.types import Dollars, Duration, Instant
from bot.model import COUNTER_NAMES, ONCE, ScheduleKind

metadata = columns.metadata
"""All tables, including those of ``access_tables``."""

deliveries = Table(
    "deliveries",
    metadata,
    id_column(),
    Column("key", Text, nullable=False, unique=True),
    Column("campaign", Text, nullable=False),
    Column("post", Text, nullable=False),
    Column("demand", Text),
    Column("event", Text),
    Column("account", Text, nullable=False),
    Column("platform", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("due", Instant, nullable=False),
    Column("timezone", Text, nullable=False),
    Column("grace", Duration, nullable=False),
    Column("expires", Instant),
    Column("content", Text, nullable=False),
    Column("digest", String(64), nullable=False),
    # A digest of the words alone (see bot.store.duplicates).
    Column("words", String(64), nullable=False),
    # The number of parts of the content.
    Column("parts", Integer, nullable=False, server_default="1"),
    Column("state", String(16), nullable=False),
    Column("not_before", Instant, nullable=False),
    Column("next_part", Integer, nullable=False, default=0),
    Column("fence", Integer, nullable=False, default=0),
    Column("owner", Text),
    Column("lease_until", Instant),
    Column("tries", Integer, nullable=False, default=0),
    Column("resends", Integer, nullable=False, default=0),
    # Whether a person allows a text that the account has posted before.
    Column("allowed", Boolean, nullable=False, default=False),
    # Whether a person states that the next part is not on the platform.
    Column("absent", Boolean, nullable=False, default=False),
    Column("reason", Text, nullable=False, default=""),
    Column("wording", Text, nullable=False, default=""),
    Column("embargo", Instant),
    Column("stale_from", Instant),
    # How many people must have approved the words.
    Column("approvals", Integer, nullable=False, default=0),
    Column("author", Text),
    # The kind of its post's ``when``.
    Column("kind", String(16), nullable=False, default=ScheduleKind.AT),
    # The kind in words, and how often the post recurs. It is approved together with the words.
    Column("frequency", Text, nullable=False, default=ONCE),
    Column("created", Instant, nullable=False),
    Column("changed", Instant, nullable=False),
    # When it left the campaign files with many others, if it waits for a person because of that.
    Column("left_files", Instant),
    Index("ix_deliveries_state_account_not_before", "state", "account", "not_before"),
    Index("ix_deliveries_state_not_before_account", "state", "not_before", "account"),
    Index("ix_deliveries_due", "due"),
    Index("ix_deliveries_platform_words", "platform", "words"),
    Index("ix_deliveries_campaign_post", "campaign", "post"),
    partial_index("ix_deliveries_left_files", "left_files", where="left_files IS NOT NULL"),
)

IS_DOUBTFUL = text("outcome IN ('unknown', 'duplicate')")
"""Whether others may be able to see an attempt, in the words of an index that a query can use."""

attempts = Table(
    "attempts",
    metadata,
    id_column(),
    Column("delivery", Id, ForeignKey("deliveries.id"), nullable=False),
    Column("account", Text, nullable=False),
    Column("part", Integer, nullable=False),
    Column("fence", Integer, nullable=False),
    Column("owner", Text, nullable=False),
    Column("payload", Text, nullable=False),
    Column("payload_sha256", String(64), nullable=False),
    Column("reply_to", Text),
    Column("opened", Instant, nullable=False),
    Column("closed", Instant),
    Column("outcome", String(16)),
    Column("detail", Text, nullable=False, default=""),
    Column("status", Integer),
    partial_index("uq_attempts_open", "delivery", where="closed IS NULL", unique=True),
    Index("ix_attempts_delivery", "delivery"),
    Index("ix_attempts_account_opened", "account", "opened"),
    partial_index("ix_attempts_doubtful", "account", "opened", where=IS_DOUBTFUL.text),
)

# The keys of posts that are out, or may be, to find those that say the same (bot.store.voices).
voices = Table(
    "voices",
    metadata,
    Column("key", BigInteger, primary_key=True),
    Column("delivery", Id, ForeignKey("deliveries.id"), primary_key=True),
    Column("unit", Integer, primary_key=True),
    sqlite_with_rowid=False,
)

looks = Table(
    "looks",
    metadata,
    id_column(),
    Column("attempt", Id, ForeignKey("attempts.id"), nullable=False, index=True),
    Column("at", Instant, nullable=False),
    Column("readable", Integer, nullable=False),
    Column("matches", Text, nullable=False, default=""),
    Column("evidence", Text, nullable=False, default=""),
)

publications = Table(
    "publications",
    metadata,
    id_column(),
    Column("delivery", Id, ForeignKey("deliveries.id"), nullable=False),
    Column("part", Integer, nullable=False),
    Column("account", Text, nullable=False),
    Column("remote_id", Text, nullable=False),
    Column("url", Text, nullable=False, default=""),
    # The platform's own form of the post in a reply to it.
    Column("reply", Text, nullable=False),
    Column("published", Instant, nullable=False),
    Column("gone", Instant),
    Column("next_read", Instant),
    UniqueConstraint("delivery", "part"),
    UniqueConstraint("account", "remote_id"),
    Index("ix_publications_account_next_read", "account", "next_read"),
    # It covers the count of the account's posts of today, which precedes each of its posts.
    Index("ix_publications_account_published", "account", "published", "part", "delivery"),
)

# Replies are the platform's count without the account's own next part of a thread.
snapshots = Table(
    "snapshots",
    metadata,
    id_column(),
    Column("publication", Id, ForeignKey("publications.id"), nullable=False),
    Column("read", Instant, nullable=False),
    *(Column(name, BigInteger) for name in COUNTER_NAMES),
    Index("ix_snapshots_publication_read", "publication", "read"),
)

# The latest value of each counter of a publication, which reports read instead of all snapshots.
latest = Table(
    "latest",
    metadata,
    Column("publication", Id, ForeignKey("publications.id"), primary_key=True),
    Column("read", Instant, nullable=False),
    *(Column(name, BigInteger) for name in COUNTER_NAMES),
    # The counters that were lower at some reading than at the one before, separated by blanks.
    Column("fell", Text, nullable=False),
)

# The last known number of votes of each option of a poll, the first being 0. Never who voted.
poll_votes = Table(
    "poll_votes",
    metadata,
    Column("publication", Id, ForeignKey("publications.id"), primary_key=True),
    Column("option", Integer, primary_key=True),
    Column("votes", BigInteger, nullable=False),
    Column("read", Instant, nullable=False),
    # Whether the poll was over when it was read.
    Column("closed", Boolean, nullable=False),
)

uploads = Table(
    "uploads",
    metadata,
    id_column(),
    Column("account", Text, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("alt", Text, nullable=False),
    Column("media_id", Text, nullable=False),
    Column("expires", Instant, nullable=False),
    Index("ix_uploads_account_sha256", "account", "sha256"),
)

pauses = Table(
    "pauses",
    metadata,
    id_column(),
    Column("scope", String(16), nullable=False),
    Column("name", Text, nullable=False, default=""),
    Column("why", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("since", Instant, nullable=False),
    Column("lifted", Instant),
    Column("lifted_by", Text),
    Column("cause", String(16), nullable=False),
)

spending = Table(
    "spending",
    metadata,
    id_column(),
    Column("at", Instant, nullable=False, index=True),
    Column("account", Text, nullable=False),
    Column("campaign", Text),
    Column("item", Text, nullable=False),
    Column("quantity", Integer, nullable=False),
    Column("dollars", Dollars, nullable=False),
)

billed = Table(
    "billed",
    metadata,
    id_column(),
    Column("account", Text, nullable=False),
    Column("day", String(10), nullable=False),
    Column("resource", Text, nullable=False),
    UniqueConstraint("account", "day", "resource"),
)

# Who approved these words of a post on an account at this frequency. The digest is of both. A row
# is never changed. It is deleted when the approval is withdrawn, which the audit log records.
approvals = Table(
    "approvals",
    metadata,
    id_column(),
    Column("campaign", Text, nullable=False),
    Column("post", Text, nullable=False),
    Column("account", Text, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("content", Text, nullable=False),
    Column("frequency", Text, nullable=False, default=ONCE),
    Column("who", Text, nullable=False),
    Column("at", Instant, nullable=False),
    # The entry of the audit log, without which a row does not count.
    Column("entry", Id),
    # The user who had signed in; nothing if somebody only typed the name.
    Column("user", Id),
    UniqueConstraint("campaign", "post", "account", "digest", "who"),
    Index("ix_approvals_entry", "entry", unique=True),
)

workers = Table(
    "workers",
    metadata,
    Column("name", Text, primary_key=True),
    Column("host", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("started", Instant, nullable=False),
    Column("seen", Instant, nullable=False),
    Column("stopped", Instant),
)

# Each row has the hash of the one before. To change or remove a row breaks the chain.
audit = Table(
    "audit",
    metadata,
    id_column(),
    Column("at", Instant, nullable=False),
    Column("who", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("subject", Text, nullable=False, default="", index=True),
    Column("detail", Text, nullable=False, default="{}"),
    Column("previous", String(64), nullable=False),
    Column("hash", String(64), nullable=False, unique=True),
    Index("ix_audit_at", "at", "id"),
    Index("ix_audit_who_at", "who", "at", "id"),
)

# The alerts of a team, each once on each channel, even if several workers notice the event.
alerts = Table(
    "alerts",
    metadata,
    id_column(),
    Column("key", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("text", Text, nullable=False),
    Column("noted", Instant, nullable=False),
    Column("not_before", Instant, nullable=False),
    Column("tries", Integer, nullable=False, default=0),
    Column("sent", Instant),
    UniqueConstraint("key", "channel"),
    Index("ix_alerts_sent_tries", "sent", "tries"),
)

# Single values, as JSON, such as the database's name, its generation, and a person's permits.
meta = Table(
    "meta",
    metadata,
    Column("key", Text, primary_key=True),
    Column("value", JSON, nullable=False),
)
