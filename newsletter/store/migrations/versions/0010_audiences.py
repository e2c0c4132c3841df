"""Groups kept by hand, and custom fields of people and organisations."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from newsletter.store.tables.core import BigId

revision = "0010"
down_revision = "0009"

_TIME: sa.Double[float] = sa.Double()


def upgrade() -> None:
    """Create."""
    op.create_table(
        "person_groups",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_person_groups")),
    )
    op.create_table(
        "group_spans",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("group_key", sa.Text(), nullable=False),
        sa.Column("subscriber_id", BigId, nullable=False),
        sa.Column("from_at", _TIME, nullable=False),
        sa.Column("to_at", _TIME, nullable=True),
        sa.ForeignKeyConstraint(["group_key"], ["person_groups.key"], name=op.f("fk_group_spans_group_key")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_group_spans")),
    )
    op.create_index(
        "uq_group_spans_open",
        "group_spans",
        ["group_key", "subscriber_id"],
        unique=True,
        sqlite_where=sa.text("to_at IS NULL"),
        postgresql_where=sa.text("to_at IS NULL"),
    )
    op.create_index("ix_group_spans_subscriber", "group_spans", ["subscriber_id"])
    op.create_table(
        "custom_fields",
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("choices", sa.Text(), server_default="[]", nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("about", "key", name=op.f("pk_custom_fields")),
    )
    op.create_table(
        "field_values",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("subject_id", BigId, nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("from_at", _TIME, nullable=False),
        sa.Column("to_at", _TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["about", "field"], ["custom_fields.about", "custom_fields.key"], name=op.f("fk_field_values_about")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_field_values")),
    )
    op.create_index("ix_field_values_field", "field_values", ["about", "field", "value"])
    op.create_index("ix_field_values_subject", "field_values", ["about", "subject_id"])


def downgrade() -> None:
    """Drop."""
    op.drop_table("field_values")
    op.drop_table("custom_fields")
    op.drop_table("group_spans")
    op.drop_table("person_groups")
