"""The tables of imports and of what comes back: who was added by which file, which webhook said what."""

from __future__ import annotations

import sqlalchemy as sa

from newsletter.store.tables.core import BigId, Time, metadata

imports = sa.Table(
    "imports",
    metadata,
    sa.Column("id", BigId, primary_key=True, autoincrement=True),
    sa.Column("at", Time, nullable=False),
    sa.Column("file_name", sa.Text, nullable=False),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("publication", sa.Text, nullable=False),
    sa.Column("actor", sa.Text, nullable=False, server_default=""),
    sa.Column("counts", sa.Text, nullable=False, server_default=""),
    sa.Column("undone_at", Time, nullable=True),
)

# What an import did to whom, so that it can be undone: created, opened, closed, suppressed, filled.
import_changes = sa.Table(
    "import_changes",
    metadata,
    sa.Column("import_id", BigId, sa.ForeignKey("imports.id"), primary_key=True),
    sa.Column("subscriber_id", BigId, primary_key=True),
    sa.Column("what", sa.Text, primary_key=True),
    sa.Column("before", sa.Text, nullable=False, server_default=""),
)

# People and rows that wait for a human decision: doubtful import rows, replies, departures, requests for the Flash.
reviews = sa.Table(
    "reviews",
    metadata,
    sa.Column("id", BigId, primary_key=True, autoincrement=True),
    sa.Column("at", Time, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("subscriber_id", BigId, nullable=True),
    sa.Column("import_id", BigId, nullable=True),
    sa.Column("publication", sa.Text, nullable=True),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("detail", sa.Text, nullable=False, server_default=""),
    sa.Column("done_at", Time, nullable=True),
    sa.Column("done_by", sa.Text, nullable=False, server_default=""),
    sa.Column("outcome", sa.Text, nullable=False, server_default=""),
    sa.Index("ix_reviews_subject", "subject"),
    sa.Index("ix_reviews_subscriber", "subscriber_id"),
    sa.Index(
        "ix_reviews_open",
        "kind",
        "at",
        sqlite_where=sa.text("done_at IS NULL"),
        postgresql_where=sa.text("done_at IS NULL"),
    ),
)

# Webhook calls as they came, kept for a while: `key` guards against replays.
webhook_calls = sa.Table(
    "webhook_calls",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("at", Time, nullable=False),
    sa.Column("provider", sa.Text, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("effects", sa.Integer, nullable=False, server_default="0"),
)
