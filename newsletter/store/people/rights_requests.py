"""The register of requests by which people use their rights (GDPR articles 15 to 21): when they came, when answered.

It names no one: a person erased leaves a request without a name, and its number is what the answer refers to.
"""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from newsletter.errors import NotFound
from newsletter.i18n import Sentence
from newsletter.store.tables.pages import rights_requests


@dataclass(frozen=True, slots=True, kw_only=True)
class RightsRequest:
    """A request of a `kind` (KINDS) received on an ISO day, `how` in words; answered on a day, or not yet."""

    id: int = 0
    kind: str
    received: str
    how: str
    subscriber_id: int | None = None
    answered: str = ""
    answer: str = ""


KINDS = ("access", "erasure", "rectification", "objection", "other")


def add_request(connection: Connection, request: RightsRequest) -> bool:
    """Enter a request; return False, writing nothing, where the same person's of that kind is still open."""
    if request.subscriber_id is not None and open_request(connection, request.subscriber_id, request.kind):
        return False
    columns = ("kind", "received", "how", "subscriber_id", "answered", "answer")
    connection.execute(rights_requests.insert().values({name: getattr(request, name) for name in columns}))
    return True


def open_request(connection: Connection, subscriber_id: int, kind: str) -> int:
    """Return the number of a person's open request of a kind; 0 without one."""
    query = sa.select(rights_requests.c.id).where(
        rights_requests.c.subscriber_id == subscriber_id,
        rights_requests.c.kind == kind,
        rights_requests.c.answered == "",
    )
    return connection.scalar(query.limit(1)) or 0


def answer_request(connection: Connection, number: int, day: str, answer: str) -> None:
    """Set when and how a request was answered; NotFound for one that is not there or is answered."""
    waiting = sa.and_(rights_requests.c.id == number, rights_requests.c.answered == "")
    done = connection.execute(rights_requests.update().where(waiting).values(answered=day, answer=answer))
    if not done.rowcount:
        raise NotFound(
            f"there is no open request {number}",
            hint="see the register",
            said=Sentence("Cette demande a déjà reçu sa réponse. Revenez au registre."),
        )


def list_requests(connection: Connection) -> list[RightsRequest]:
    """Return the register, the newest first."""
    query = sa.select(rights_requests).order_by(rights_requests.c.received.desc(), rights_requests.c.id.desc())
    return [RightsRequest(**row._asdict()) for row in connection.execute(query)]
