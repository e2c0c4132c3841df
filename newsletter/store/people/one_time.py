"""Links that open one thing, once or until they expire: only the digest of their token is kept.

A copy of the database opens nothing, and the token in the address says nothing about whom it is for.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from newsletter.errors import TokenError
from newsletter.i18n import Sentence
from newsletter.store.tables.pages import one_time_links


@dataclass(frozen=True, slots=True)
class OneTime:
    """A link that is still valid: what it is about, and whether it was used."""

    subject: Mapping[str, Any]
    used: bool


def make_link(connection: Connection, purpose: str, subject: Mapping[str, Any], expires: float) -> str:
    """Store a link for `purpose` about `subject` (small JSON), valid until `expires`; return its token."""
    token = secrets.token_urlsafe(24)
    connection.execute(
        one_time_links.insert().values(
            digest=_digest(token),
            purpose=purpose,
            subject=json.dumps(dict(subject), ensure_ascii=False),
            expires_at=expires,
        )
    )
    return token


def look_up_link(connection: Connection, purpose: str, token: str, now: float) -> OneTime:
    """Return what a token opens, changing nothing; TokenError for an unknown, expired or other-purpose one."""
    row = connection.execute(_query(purpose, token, now)).first()
    if row is None:
        raise TokenError(
            "this link is no longer valid",
            hint="ask for a new one",
            said=Sentence("Ce lien ne vaut plus. Demandez-en un nouveau."),
        )
    return OneTime(json.loads(row.subject), row.used_at is not None)


def use_link(connection: Connection, purpose: str, token: str, now: float) -> OneTime:
    """Return what a token opens and mark it as used: `used` tells whether it was before. TokenError as `look`."""
    found = look_up_link(connection, purpose, token, now)
    if not found.used:
        connection.execute(one_time_links.update().where(one_time_links.c.digest == _digest(token)).values(used_at=now))
    return found


def spend_form(connection: Connection, form: str, subject: str, expires: float) -> bool:
    """Tell whether a form key is good for `subject`: it was not used yet, or for the same."""
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    values = {"digest": _digest(form), "purpose": "form", "subject": subject, "expires_at": expires}
    connection.execute(insert(one_time_links).values(**values).on_conflict_do_nothing())
    query = sa.select(one_time_links.c.subject).where(one_time_links.c.digest == _digest(form))
    return connection.scalar(query) == subject


def was_used(connection: Connection, purpose: str) -> bool:
    """Tell whether a link of this purpose was used."""
    used = one_time_links.c.used_at.is_not(None)
    query = sa.select(one_time_links.c.digest).where(one_time_links.c.purpose == purpose, used)
    return connection.execute(query).first() is not None


def purge_links(connection: Connection, now: float) -> int:
    """Delete what has expired; return how many."""
    return int(connection.execute(one_time_links.delete().where(one_time_links.c.expires_at < now)).rowcount)


def _query(purpose: str, token: str, now: float) -> sa.Select[Any]:
    return sa.select(one_time_links).where(
        one_time_links.c.digest == _digest(token),
        one_time_links.c.purpose == purpose,
        one_time_links.c.expires_at >= now,
    )


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
