"""When a key of the API was last used."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the column."""
    op.add_column("api_tokens", sa.Column("used_at", sa.Double(), nullable=True))


def downgrade() -> None:
    """Drop it."""
    op.drop_column("api_tokens", "used_at")
