"""The tables of sign-in: sessions, and the devices that users have signed in from before."""

from __future__ import annotations

import sqlalchemy as sa

from newsletter.store.tables.core import BigId, Time, metadata

sessions = sa.Table(
    "sessions",
    metadata,
    # The SHA-256 of the cookie: a copy of the database opens no session.
    sa.Column("digest", sa.Text, primary_key=True),
    sa.Column("user_id", BigId, sa.ForeignKey("users.id"), nullable=False, index=True),
    sa.Column("csrf", sa.Text, nullable=False),
    sa.Column("created_at", Time, nullable=False),
    sa.Column("seen_at", Time, nullable=False),
    sa.Column("expires_at", Time, nullable=False),
    sa.Column("agent", sa.Text, nullable=False, server_default=""),
    # The address the browser came from at sign-in: an IPv4 address, or the network of an IPv6 one.
    sa.Column("network", sa.Text, nullable=False, server_default=""),
)

# A browser a user has signed in from, by the SHA-256 of a secret that it keeps beyond the session.
devices = sa.Table(
    "devices",
    metadata,
    sa.Column("digest", sa.Text, primary_key=True),
    sa.Column("user_id", BigId, sa.ForeignKey("users.id"), primary_key=True, index=True),
    sa.Column("first_at", Time, nullable=False),
    sa.Column("seen_at", Time, nullable=False),
)
