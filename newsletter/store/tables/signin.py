"""The tables of sign-in: sessions, devices that users have signed in from before, and what proves them."""

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
    # When its user was last proven in it, and when by a second factor.
    sa.Column("proved_at", Time, nullable=False, server_default="0"),
    sa.Column("second_at", Time, nullable=True),
    # By what the journal names it: it stays when a proof gives the cookie, and so the digest, a new value.
    sa.Column("mark", sa.Text, nullable=False, server_default=""),
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

# The secret of an app that shows codes (RFC 6238), sealed with `NEWSLETTER_SECRET`; unconfirmed until a code was given.
totp_secrets = sa.Table(
    "totp_secrets",
    metadata,
    sa.Column("user_id", BigId, sa.ForeignKey("users.id"), primary_key=True, autoincrement=False),
    sa.Column("sealed", sa.Text, nullable=False),
    sa.Column("created_at", Time, nullable=False),
    sa.Column("confirmed_at", Time, nullable=True),
    # The newest step of thirty seconds whose code was taken: none serves twice.
    sa.Column("last_step", BigId, nullable=False, server_default="0"),
)

# Codes for the day when nothing else is at hand: salted scrypt, each good once.
recovery_codes = sa.Table(
    "recovery_codes",
    metadata,
    sa.Column("digest", sa.Text, primary_key=True),
    sa.Column("user_id", BigId, sa.ForeignKey("users.id"), nullable=False, index=True),
    sa.Column("salt", sa.Text, nullable=False),
    sa.Column("used_at", Time, nullable=True),
)

# Public keys of WebAuthn credentials.
passkeys = sa.Table(
    "passkeys",
    metadata,
    # Base64url, as browsers name it.
    sa.Column("credential", sa.Text, primary_key=True),
    sa.Column("user_id", BigId, sa.ForeignKey("users.id"), nullable=False, index=True),
    sa.Column("public_key", sa.LargeBinary, nullable=False),
    sa.Column("sign_count", BigId, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("created_at", Time, nullable=False),
    sa.Column("used_at", Time, nullable=True),
)

# Who a user is at an OpenID Connect provider.
identities = sa.Table(
    "identities",
    metadata,
    sa.Column("issuer", sa.Text, primary_key=True),
    sa.Column("subject", sa.Text, primary_key=True),
    sa.Column("user_id", BigId, sa.ForeignKey("users.id"), nullable=False, index=True),
    sa.Column("created_at", Time, nullable=False),
)
