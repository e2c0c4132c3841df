"""Articles and events proposed by contacts of members: drafts, what was sent, and what editors made of it."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from newsletter.errors import NotFound
from newsletter.i18n import Sentence
from newsletter.store.people.entitlement import Rule, open_span, verdict
from newsletter.store.tables.core import organisations, subscribers, subscriptions
from newsletter.store.tables.pages import proposals

OPEN = ("sent", "postponed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A row of `proposals`: `state` is draft, sent, accepted, postponed or declined; `article` the slug it became."""

    uid: str
    state: str
    subscriber_id: int | None
    organisation_id: int | None
    organisation: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    picture: str = ""
    article: str = ""
    word: str = ""
    created_at: float = 0.0
    changed_at: float = 0.0


@dataclass(frozen=True, slots=True)
class Contact:
    """A contact of a member who may be written to."""

    id: int
    uid: bytes
    address: str


def contacts(connection: Connection, rule: Rule, today: date, organisation_id: int | None = None) -> list[Contact]:
    """Return who may receive the members' publication of `rule` today: of all organisations, or of one."""
    query = (
        sa.select(subscribers.c.id, subscribers.c.uid, subscribers.c.address)
        .join_from(subscribers, subscriptions, open_span(rule))
        .where(verdict(rule, today) == "", subscribers.c.organisation_id.is_not(None))
        .order_by(subscribers.c.id)
    )
    if organisation_id is not None:
        query = query.where(subscribers.c.organisation_id == organisation_id)
    return [Contact(row.id, row.uid, row.address) for row in connection.execute(query)]


def create_proposal(
    connection: Connection,
    subscriber_id: int,
    organisation_id: int,
    values: Mapping[str, str],
    picture: str,
    now: float,
) -> str:
    """Store a new draft and return its identifier."""
    uid = secrets.token_hex(8)
    row = {
        "uid": uid,
        "subscriber_id": subscriber_id,
        "organisation_id": organisation_id,
        "state": "draft",
        "values": _dumps(values),
        "picture": picture,
        "created_at": now,
        "changed_at": now,
    }
    connection.execute(proposals.insert().values(row))
    return uid


def revise(connection: Connection, uid: str, values: Mapping[str, str], picture: str, now: float) -> bool:
    """Replace what a draft says; False when it is no longer a draft."""
    done = connection.execute(
        proposals.update()
        .where(proposals.c.uid == uid, proposals.c.state == "draft")
        .values({"values": _dumps(values), "picture": picture, "changed_at": now})
    )
    return done.rowcount == 1


def move_proposal(
    connection: Connection, uid: str, state: str, now: float, *, only: Sequence[str], **columns: str
) -> bool:
    """Move a proposal from one of the states `only` to `state`; tells whether it moved."""
    done = connection.execute(
        proposals.update()
        .where(proposals.c.uid == uid, proposals.c.state.in_(only))
        .values(state=state, changed_at=now, **columns)
    )
    return done.rowcount == 1


def discard_proposal(connection: Connection, uid: str) -> None:
    """Delete a draft."""
    connection.execute(proposals.delete().where(proposals.c.uid == uid, proposals.c.state == "draft"))


def get_proposal(connection: Connection, name: str) -> Proposal:
    """Return the proposal with this identifier, or that became the article of this name; NotFound."""
    found = _read(connection, sa.or_(proposals.c.uid == name, proposals.c.article == name) if name else sa.false())
    if not found:
        raise NotFound(
            f"there is no proposal `{name}`",
            hint="`newsletter proposals list` shows them",
            said=Sentence("Cette proposition n’existe plus. Revenez à la liste des propositions."),
        )
    return found[0]


def of_subscriber(connection: Connection, subscriber_id: int) -> list[Proposal]:
    """Return a person's proposals, newest first."""
    return _read(connection, proposals.c.subscriber_id == subscriber_id)


def list_proposals(connection: Connection, states: Sequence[str] = OPEN) -> list[Proposal]:
    """Return the proposals in one of `states`, newest first."""
    return _read(connection, proposals.c.state.in_(states))


def sent_since(connection: Connection, subscriber_id: int, since: float) -> int:
    """Return how many proposals of a person left the state of draft since then."""
    recent = (proposals.c.subscriber_id == subscriber_id, proposals.c.state != "draft", proposals.c.changed_at >= since)
    return connection.scalar(sa.select(sa.func.count()).where(*recent)) or 0


def pictures(connection: Connection) -> set[str]:
    """Return every picture that a proposal shows, whatever became of it."""
    return set(connection.scalars(sa.select(proposals.c.picture).where(proposals.c.picture != "").distinct()))


def pictured(connection: Connection, picture: str) -> bool:
    """Tell whether a proposal shows this picture."""
    return connection.scalar(sa.select(proposals.c.id).where(proposals.c.picture == picture).limit(1)) is not None


def _read(connection: Connection, condition: sa.ColumnElement[bool]) -> list[Proposal]:
    rows = connection.execute(
        sa.select(proposals, organisations.c.name)
        .outerjoin_from(proposals, organisations, proposals.c.organisation_id == organisations.c.id)
        .where(condition)
        .order_by(proposals.c.changed_at.desc(), proposals.c.id.desc())
    )
    return [_proposal(row) for row in rows]


def _proposal(row: sa.Row[Any]) -> Proposal:
    values = row._asdict()
    values.pop("id")
    return Proposal(organisation=values.pop("name") or "", **{**values, "values": json.loads(values["values"])})


def _dumps(values: Mapping[str, str]) -> str:
    return json.dumps(dict(values), ensure_ascii=False)
