"""Every table of the database, in SQLAlchemy Core. Times are POSIX seconds (double precision); days are ISO texts.

A subscription is stored as spans: one row per (subscriber, publication, state) from one instant to the next, the open
one having no end. A count at a past day reads the spans that covered it, so nothing recorded later can change it.
"""

from __future__ import annotations

import sqlalchemy as sa

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite gives 64-bit rowids only to a column declared INTEGER.
BigId = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Time: sa.Double[float] = sa.Double()


def _id() -> sa.Column[int]:
    return sa.Column("id", BigId, primary_key=True, autoincrement=True)


organisations = sa.Table(
    "organisations",
    metadata,
    _id(),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("name_key", sa.Text, nullable=False, unique=True),
    sa.Column("level", sa.Text, nullable=False, server_default="other"),
    sa.Column("siren", sa.Text, nullable=False, server_default=""),
    sa.Column("insee", sa.Text, nullable=False, server_default=""),
    sa.Column("region", sa.Text, nullable=False, server_default=""),
    sa.Column("departement", sa.Text, nullable=False, server_default=""),
    sa.Column("domain", sa.Text, nullable=False, server_default=""),
    sa.Column("created_at", Time, nullable=False),
)

memberships = sa.Table(
    "memberships",
    metadata,
    _id(),
    sa.Column("organisation_id", BigId, sa.ForeignKey("organisations.id"), nullable=False, index=True),
    sa.Column("joined", sa.Text, nullable=False),
    sa.Column("ended", sa.Text, nullable=True),
    sa.UniqueConstraint("organisation_id", "joined"),
)

subscribers = sa.Table(
    "subscribers",
    metadata,
    _id(),
    sa.Column("uid", sa.LargeBinary(16), nullable=False, unique=True),
    sa.Column("address", sa.Text, nullable=False),
    sa.Column("address_key", sa.Text, nullable=False, unique=True),
    sa.Column("first_name", sa.Text, nullable=False, server_default=""),
    sa.Column("last_name", sa.Text, nullable=False, server_default=""),
    sa.Column("salutation", sa.Text, nullable=False, server_default=""),
    sa.Column("function", sa.Text, nullable=False, server_default=""),
    sa.Column("role", sa.Text, nullable=False, server_default=""),
    sa.Column("phone", sa.Text, nullable=False, server_default=""),
    sa.Column("organisation_id", BigId, sa.ForeignKey("organisations.id"), nullable=True),
    sa.Column("suppressed", sa.Text, nullable=False, server_default=""),
    # The details that a file gave, by name: a fuller one from another file may replace them, nothing else is touched.
    sa.Column("from_file", sa.Text, nullable=False, server_default=""),
    sa.Column("created_at", Time, nullable=False),
    sa.Index("ix_subscribers_organisation", "organisation_id"),
)

subscriptions = sa.Table(
    "subscriptions",
    metadata,
    _id(),
    # No foreign key: the spans of an erased person stay, as anonymous history for the counts.
    sa.Column("subscriber_id", BigId, nullable=False),
    sa.Column("publication", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("basis", sa.Text, nullable=False, server_default=""),
    sa.Column("role", sa.Text, nullable=False, server_default=""),
    sa.Column("organisation_id", BigId, nullable=True),
    sa.Column("from_at", Time, nullable=False),
    sa.Column("to_at", Time, nullable=True),
    sa.Index(
        "uq_subscriptions_open",
        "subscriber_id",
        "publication",
        unique=True,
        sqlite_where=sa.text("to_at IS NULL"),
        postgresql_where=sa.text("to_at IS NULL"),
    ),
    sa.Index(
        "ix_subscriptions_closed",
        "subscriber_id",
        sqlite_where=sa.text("to_at IS NOT NULL"),
        postgresql_where=sa.text("to_at IS NOT NULL"),
    ),
)

events = sa.Table(
    "events",
    metadata,
    _id(),
    sa.Column("at", Time, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("subscriber_id", BigId, nullable=True),
    sa.Column("organisation_id", BigId, nullable=True),
    sa.Column("mailing_id", BigId, nullable=True),
    sa.Column("publication", sa.Text, nullable=True),
    sa.Column("actor", sa.Text, nullable=False, server_default=""),
    # Which user, in which session (its mark): a name may change, these do not.
    sa.Column("user_id", BigId, nullable=True),
    sa.Column("session", sa.Text, nullable=False, server_default=""),
    sa.Column("detail", sa.Text, nullable=False, server_default=""),
    # What came from outside carries its own name, so that a repetition has no second effect.
    sa.Column("key", sa.Text, nullable=True),
    sa.Index(
        "uq_events_key",
        "key",
        unique=True,
        sqlite_where=sa.text("key IS NOT NULL"),
        postgresql_where=sa.text("key IS NOT NULL"),
    ),
    sa.Index("ix_events_subscriber", "subscriber_id"),
    sa.Index(
        "ix_events_kind_at",
        "kind",
        "at",
        sqlite_where=sa.text("subscriber_id IS NULL"),
        postgresql_where=sa.text("subscriber_id IS NULL"),
    ),
)

erasures = sa.Table(
    "erasures",
    metadata,
    sa.Column("fingerprint", sa.Text, primary_key=True),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("at", Time, nullable=False),
)

mailings = sa.Table(
    "mailings",
    metadata,
    _id(),
    sa.Column("uid", sa.Text, nullable=False, unique=True),
    sa.Column("issue", sa.Text, nullable=False),
    sa.Column("publication", sa.Text, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("content_hash", sa.Text, nullable=False),
    sa.Column("audience", sa.Text, nullable=False),
    sa.Column("record", sa.Text, nullable=False, server_default=""),
    sa.Column("approved_by", sa.Text, nullable=False, server_default=""),
    sa.Column("confirmed_by", sa.Text, nullable=False, server_default=""),
    sa.Column("approved_by_id", BigId, nullable=True),
    sa.Column("confirmed_by_id", BigId, nullable=True),
    sa.Column("approved_at", Time, nullable=False),
    sa.Column("not_before", Time, nullable=False),
    sa.Column("started_at", Time, nullable=True),
    sa.Column("ended_at", Time, nullable=True),
    sa.Column("pause_reason", sa.Text, nullable=False, server_default=""),
    sa.Column("provider", sa.Text, nullable=False, server_default=""),
    sa.Column("receipt", sa.Text, nullable=False, server_default=""),
    # A cancelled mailing may be followed by another of the same issue; nothing else may.
    sa.Index(
        "uq_mailings_live",
        "issue",
        "publication",
        unique=True,
        sqlite_where=sa.text("status <> 'cancelled'"),
        postgresql_where=sa.text("status <> 'cancelled'"),
    ),
)

variants = sa.Table(
    "variants",
    metadata,
    sa.Column("mailing_id", BigId, sa.ForeignKey("mailings.id"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("articles", sa.Text, nullable=False),
    sa.Column("skeleton", sa.LargeBinary, nullable=False),
)

OPEN = ("queued", "claimed", "handed", "deferred")
# Queries repeat these very words, behind their other conditions: only then do planners take the partial index.
OPEN_ROWS = sa.text("state IN ('queued', 'claimed', 'handed', 'deferred')")
OPEN_JOINED = sa.text(f"deliveries.{OPEN_ROWS.text}")

deliveries = sa.Table(
    "deliveries",
    metadata,
    _id(),
    sa.Column("mailing_id", BigId, sa.ForeignKey("mailings.id"), nullable=False),
    # NULL once the person is erased; the row stays, so that the receipt still balances.
    sa.Column("subscriber_id", BigId, nullable=True),
    sa.Column("organisation_id", BigId, nullable=True),
    sa.Column("variant", sa.Integer, nullable=False, server_default="0"),
    sa.Column("cap", sa.Text, nullable=False, server_default=""),
    sa.Column("state", sa.Text, nullable=False, server_default="queued"),
    sa.Column("reason", sa.Text, nullable=False, server_default=""),
    sa.Column("token", sa.Text, nullable=True),
    sa.Column("lease_until", Time, nullable=True),
    sa.Column("try_at", Time, nullable=True),
    sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
    sa.Column("handed_at", Time, nullable=True),
    sa.Column("settled_at", Time, nullable=True),
    sa.Column("provider_id", sa.Text, nullable=False, server_default=""),
    sa.Column("answer", sa.Text, nullable=False, server_default=""),
    # What came back after the hand-off: delivered, soft, hard, block, complaint, unsubscribe.
    sa.Column("feedback", sa.Text, nullable=False, server_default=""),
    sa.Index("uq_deliveries_mailing_subscriber", "mailing_id", "subscriber_id", unique=True),
    sa.Index("ix_deliveries_subscriber", "subscriber_id"),
    sa.Index("ix_deliveries_open", "mailing_id", "state", "id", sqlite_where=OPEN_ROWS, postgresql_where=OPEN_ROWS),
    sa.Index(
        "ix_deliveries_provider_id",
        "provider_id",
        sqlite_where=sa.text("provider_id <> ''"),
        postgresql_where=sa.text("provider_id <> ''"),
    ),
)

paces = sa.Table(
    "paces",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("next_at", Time, nullable=False),
    sa.Column("day", sa.Text, nullable=False, server_default=""),
    sa.Column("used", sa.Integer, nullable=False, server_default="0"),
)
