"""The tables of the pages: limits, anonymous link counts, proposals, users, comments, jobs, feeds."""

from __future__ import annotations

import sqlalchemy as sa

from newsletter.store.tables.core import BigId, Time, metadata


def _id() -> sa.Column[int]:
    return sa.Column("id", BigId, primary_key=True, autoincrement=True)


# Requests counted per name and period (an address's key hashed, an IP hashed with a daily salt, a whole form).
limits = sa.Table(
    "limits",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("period", BigId, primary_key=True, autoincrement=False),
    sa.Column("n", sa.Integer, nullable=False),
)

# Totals per link of a mailing: no person, no time.
link_counts = sa.Table(
    "link_counts",
    metadata,
    sa.Column("mailing_id", BigId, sa.ForeignKey("mailings.id"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("section", sa.Text, nullable=False),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("n", sa.Integer, nullable=False, server_default="0"),
)

# What the web page of a letter shows, frozen with its mailing; `words` without case and accents, for the search.
archive_pages = sa.Table(
    "archive_pages",
    metadata,
    sa.Column("mailing_id", BigId, sa.ForeignKey("mailings.id"), primary_key=True),
    sa.Column("content", sa.Text, nullable=False),
    sa.Column("words", sa.Text, nullable=False),
)

# Published pictures, if the settings keep them here: named by their content, so a row never changes.
media = sa.Table(
    "media",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("data", sa.LargeBinary, nullable=False),
    sa.Column("width", sa.Integer, nullable=False),
    sa.Column("height", sa.Integer, nullable=False),
    sa.Column("created_at", Time, nullable=False),
)

# Published pictures, in either place, that nothing shows, since when.
unused_pictures = sa.Table(
    "unused_pictures",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("since", Time, nullable=False),
)

# What calendar programs were told of an event: another digest is the next sequence (RFC 5545 section 3.8.7.4).
calendar_entries = sa.Table(
    "calendar_entries",
    metadata,
    sa.Column("slug", sa.Text, primary_key=True),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("sequence", sa.Integer, nullable=False, server_default="0"),
    sa.Column("changed_at", Time, nullable=False),
)

proposals = sa.Table(
    "proposals",
    metadata,
    _id(),
    sa.Column("uid", sa.Text, nullable=False, unique=True),
    sa.Column("subscriber_id", BigId, nullable=True),
    sa.Column("organisation_id", BigId, nullable=True),
    # draft, sent, accepted, postponed, declined
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("values", sa.Text, nullable=False),
    sa.Column("picture", sa.Text, nullable=False, server_default=""),
    sa.Column("article", sa.Text, nullable=False, server_default=""),
    sa.Column("word", sa.Text, nullable=False, server_default=""),
    sa.Column("created_at", Time, nullable=False),
    sa.Column("changed_at", Time, nullable=False),
)

users = sa.Table(
    "users",
    metadata,
    _id(),
    sa.Column("address", sa.Text, nullable=False),
    sa.Column("address_key", sa.Text, nullable=False, unique=True),
    sa.Column("name", sa.Text, nullable=False, server_default=""),
    # editor, staff, admin; sending is a right of its own
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("may_send", sa.Boolean, nullable=False, server_default=sa.text("false")),
    sa.Column("created_at", Time, nullable=False),
    sa.Column("ended_at", Time, nullable=True),
)

# One-use links: sign-in by mail, an interviewee's look at one item. Only their digest is kept.
one_time_links = sa.Table(
    "one_time_links",
    metadata,
    sa.Column("digest", sa.Text, primary_key=True),
    sa.Column("purpose", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("expires_at", Time, nullable=False),
    sa.Column("used_at", Time, nullable=True),
    # When a sign-in link left by mail; null for one that was shown.
    sa.Column("mailed_at", Time, nullable=True),
)

# Mails asked for on a form that could not leave at once; `network` is a keyed hash that changes every day.
waiting_mails = sa.Table(
    "waiting_mails",
    metadata,
    _id(),
    # subscribe, copy, erase
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("subscriber_id", BigId, nullable=False, index=True),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("network", sa.Text, nullable=False, server_default=""),
    sa.Column("language", sa.Text, nullable=False),
    sa.Column("at", Time, nullable=False),
    sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
    sa.Column("next_at", Time, nullable=False),
)

# Requests by which people use their rights: no name in it; days are ISO texts.
rights_requests = sa.Table(
    "rights_requests",
    metadata,
    _id(),
    # access, erasure, rectification, objection, other
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("received", sa.Text, nullable=False),
    sa.Column("how", sa.Text, nullable=False),
    sa.Column("subscriber_id", BigId, nullable=True, index=True),
    sa.Column("answered", sa.Text, nullable=False, server_default=""),
    sa.Column("answer", sa.Text, nullable=False, server_default=""),
)

api_tokens = sa.Table(
    "api_tokens",
    metadata,
    sa.Column("digest", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("scope", sa.Text, nullable=False),
    sa.Column("created_at", Time, nullable=False),
    sa.Column("created_by", sa.Text, nullable=False),
    sa.Column("revoked_at", Time, nullable=True),
    sa.Column("used_at", Time, nullable=True),
)

comments = sa.Table(
    "comments",
    metadata,
    _id(),
    sa.Column("issue", sa.Text, nullable=False, index=True),
    sa.Column("item", sa.Text, nullable=False, server_default=""),
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("approves", sa.Boolean, nullable=False, server_default=sa.text("false")),
    sa.Column("content_hash", sa.Text, nullable=False, server_default=""),
    sa.Column("at", Time, nullable=False),
    sa.Column("done_at", Time, nullable=True),
)

# When each recurring job last ran, and who holds it now.
jobs = sa.Table(
    "jobs",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("next_at", Time, nullable=False),
    sa.Column("holder", sa.Text, nullable=False, server_default=""),
    sa.Column("held_until", Time, nullable=False, server_default="0"),
    sa.Column("last_at", Time, nullable=True),
    sa.Column("last_error", sa.Text, nullable=False, server_default=""),
)

# The feeds of the settings as they were found last: what to ask by, since when one fails, and why (by language).
feeds = sa.Table(
    "feeds",
    metadata,
    sa.Column("url", sa.Text, primary_key=True),
    sa.Column("etag", sa.Text, nullable=False, server_default=""),
    sa.Column("modified", sa.Text, nullable=False, server_default=""),
    sa.Column("read_at", Time, nullable=True),
    sa.Column("failing_since", Time, nullable=True),
    sa.Column("said", sa.Text, nullable=False, server_default=""),
)

# Every entry that a feed brought, by each of its marks: it stays here when its article is changed, renamed or deleted.
feed_entries = sa.Table(
    "feed_entries",
    metadata,
    sa.Column("mark", sa.Text, primary_key=True),
    sa.Column("feed", sa.Text, nullable=False),
    # The article made of it; empty when there was one already.
    sa.Column("article", sa.Text, nullable=False, server_default=""),
    sa.Column("at", Time, nullable=False),
)
