"""Since when nothing shows a published picture."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Create."""
    op.create_table(
        "unused_pictures",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("since", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_unused_pictures")),
    )


def downgrade() -> None:
    """Drop."""
    op.drop_table("unused_pictures")
