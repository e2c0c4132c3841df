"""Users by id in the journal, in approvals and second words; the journal guarded against changes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from newsletter.store.engine import guards

revision = "0008"
down_revision = "0007"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the columns, then the guards."""
    op.add_column("events", sa.Column("user_id", _ID, nullable=True))
    op.add_column("events", sa.Column("session", sa.Text(), server_default="", nullable=False))
    op.add_column("mailings", sa.Column("approved_by_id", _ID, nullable=True))
    op.add_column("mailings", sa.Column("confirmed_by_id", _ID, nullable=True))
    guards.put_up(op.get_bind())


def downgrade() -> None:
    """Drop them."""
    guards.take_down(op.get_bind())
    op.drop_column("mailings", "confirmed_by_id")
    op.drop_column("mailings", "approved_by_id")
    op.drop_column("events", "session")
    op.drop_column("events", "user_id")
