"""Comments on an issue or on one item of it: by the team, or by a person interviewed."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from newsletter.store.tables.pages import comments


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment:
    """A row of `comments`: `item` is an article's slug or empty; `approves` makes it a "bon à tirer" of that item.

    `content_hash` says which text was read.
    """

    id: int
    issue: str
    item: str
    author: str
    text: str
    approves: bool
    content_hash: str
    at: float
    done_at: float | None


def add_comment(
    connection: Connection,
    *,
    issue: str,
    item: str,
    author: str,
    text: str,
    approves: bool,
    content_hash: str,
    at: float,
) -> int:
    """Store a comment and return its number."""
    values = {
        "issue": issue,
        "item": item,
        "author": author,
        "text": text,
        "approves": approves,
        "content_hash": content_hash,
        "at": at,
    }
    return int(connection.execute(comments.insert().values(values).returning(comments.c.id)).scalar_one())


def list_comments(connection: Connection, issue: str) -> list[Comment]:
    """Return the comments on an issue, oldest first."""
    query = sa.select(comments).where(comments.c.issue == issue).order_by(comments.c.at, comments.c.id)
    return [Comment(**row._asdict()) for row in connection.execute(query)]


def settle_comment(connection: Connection, number: int, now: float) -> bool:
    """Mark a comment as dealt with; tells whether it was open."""
    done = connection.execute(
        comments.update().where(comments.c.id == number, comments.c.done_at.is_(None)).values(done_at=now)
    )
    return done.rowcount == 1
