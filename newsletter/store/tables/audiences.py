"""The tables behind audiences: groups kept by hand, and custom fields of people and organisations, with their history.

Both are kept as spans, like subscriptions: what held on a past day is still known, and nothing recorded later changes
it.
"""

from __future__ import annotations

import sqlalchemy as sa

from newsletter.store.tables.core import BigId, Time, metadata

groups = sa.Table(
    "person_groups",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("note", sa.Text, nullable=False, server_default=""),
    sa.Column("created_at", Time, nullable=False),
)

group_spans = sa.Table(
    "group_spans",
    metadata,
    sa.Column("id", BigId, primary_key=True, autoincrement=True),
    sa.Column("group_key", sa.Text, sa.ForeignKey("person_groups.key"), nullable=False),
    # No foreign key: the spans of an erased person stay, as anonymous history for the counts.
    sa.Column("subscriber_id", BigId, nullable=False),
    sa.Column("from_at", Time, nullable=False),
    sa.Column("to_at", Time, nullable=True),
    sa.Index(
        "uq_group_spans_open",
        "group_key",
        "subscriber_id",
        unique=True,
        sqlite_where=sa.text("to_at IS NULL"),
        postgresql_where=sa.text("to_at IS NULL"),
    ),
    sa.Index("ix_group_spans_subscriber", "subscriber_id"),
)

custom_fields = sa.Table(
    "custom_fields",
    metadata,
    # `person` or `organisation`
    sa.Column("about", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("label", sa.Text, nullable=False),
    # text, number, date, choice or choices
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("choices", sa.Text, nullable=False, server_default="[]"),
    sa.Column("created_at", Time, nullable=False),
)

# One row per value: a field of several choices has several rows at once.
field_values = sa.Table(
    "field_values",
    metadata,
    sa.Column("id", BigId, primary_key=True, autoincrement=True),
    sa.Column("about", sa.Text, nullable=False),
    sa.Column("field", sa.Text, nullable=False),
    sa.Column("subject_id", BigId, nullable=False),
    sa.Column("value", sa.Text, nullable=False),
    sa.Column("from_at", Time, nullable=False),
    sa.Column("to_at", Time, nullable=True),
    sa.ForeignKeyConstraint(("about", "field"), ("custom_fields.about", "custom_fields.key")),
    sa.Index("ix_field_values_field", "about", "field", "value"),
    sa.Index("ix_field_values_subject", "about", "subject_id"),
)
