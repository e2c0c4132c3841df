"""Where a session was opened, the devices a user is known by, and which sign-in links left by mail."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create."""
    op.add_column("sessions", sa.Column("network", sa.Text(), server_default="", nullable=False))
    op.add_column("one_time_links", sa.Column("mailed_at", sa.Double(), nullable=True))
    op.create_table(
        "devices",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("user_id", _ID, nullable=False),
        sa.Column("first_at", sa.Double(), nullable=False),
        sa.Column("seen_at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_devices_user_id")),
        sa.PrimaryKeyConstraint("digest", "user_id", name=op.f("pk_devices")),
    )
    op.create_index(op.f("ix_devices_user_id"), "devices", ["user_id"], unique=False)


def downgrade() -> None:
    """Drop."""
    op.drop_table("devices")
    op.drop_column("one_time_links", "mailed_at")
    op.drop_column("sessions", "network")
