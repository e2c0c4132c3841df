"""Mails to one person that could not leave when they were asked for: the hour was full, or the provider failed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from newsletter.store.tables.pages import waiting_mails


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingMail:
    """A mail of a `kind` to a person, `subject` what it is about (small JSON); `network` a keyed hash of who asked."""

    kind: str
    subscriber_id: int
    subject: Mapping[str, Any]
    language: str
    at: float
    network: str = ""
    tries: int = 0
    next_at: float = 0.0
    id: int = 0


def add_waiting_mail(connection: Connection, mail: WaitingMail) -> None:
    """Keep a mail for later; an older one of that kind to the same person is given up for it."""
    forget_waiting_mails(connection, mail.subscriber_id, mail.kind)
    values = {name: getattr(mail, name) for name in ("kind", "subscriber_id", "language", "at", "network", "tries")}
    subject = json.dumps(dict(mail.subject), ensure_ascii=False)
    connection.execute(waiting_mails.insert().values(**values, subject=subject, next_at=mail.next_at))


def due_mails(connection: Connection, now: float, limit: int, *, counted: str) -> list[WaitingMail]:
    """Return what may be tried now: of each network the first request, then of each the second, and so on.

    So whoever asks for a thousand addresses from one place waits behind everyone else. Mails of the kind `counted`,
    which an hour's cap may hold back, come after all others.
    """
    turn = sa.func.row_number().over(partition_by=waiting_mails.c.network, order_by=waiting_mails.c.id)
    ranked = sa.select(waiting_mails, turn.label("turn")).subquery()
    order = (ranked.c.kind == counted, ranked.c.turn, ranked.c.id)
    query = sa.select(ranked).where(ranked.c.next_at <= now).order_by(*order).limit(limit)
    return [
        WaitingMail(
            id=row.id,
            kind=row.kind,
            subscriber_id=row.subscriber_id,
            subject=json.loads(row.subject),
            language=row.language,
            at=row.at,
            network=row.network,
            tries=row.tries,
            next_at=row.next_at,
        )
        for row in connection.execute(query)
    ]


def count_waiting(connection: Connection) -> int:
    """Return how many mails wait."""
    return int(connection.scalar(sa.select(sa.func.count()).select_from(waiting_mails)) or 0)


def put_off(connection: Connection, mail: WaitingMail, until: float) -> None:
    """Count a try that failed; the next one is not before `until`."""
    connection.execute(
        waiting_mails.update().where(waiting_mails.c.id == mail.id).values(tries=mail.tries + 1, next_at=until)
    )


def forget_waiting_mails(connection: Connection, subscriber_id: int, kind: str = "") -> None:
    """Delete what waits for a person, of one kind or of all."""
    query = waiting_mails.delete().where(waiting_mails.c.subscriber_id == subscriber_id)
    connection.execute(query.where(waiting_mails.c.kind == kind) if kind else query)


def drop_waiting_mail(connection: Connection, mail: WaitingMail) -> None:
    """Delete one: it left, or it is given up."""
    connection.execute(waiting_mails.delete().where(waiting_mails.c.id == mail.id))
