"""What waits for a human decision: doubtful rows of an import, organisations to choose, replies, requests."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from newsletter.errors import NotFound, Refused
from newsletter.i18n import Sentence
from newsletter.store.engine import bulk
from newsletter.store.tables.core import subscribers, subscriptions
from newsletter.store.tables.imports import reviews

ROW, ORGANISATION, CONFLICT, MEMBER = "import-row", "organisation", "organisations", "member-row"
"""Kinds opened by imports: a doubtful row of people; a person's organisation that is not known for sure; two of them;
a doubtful row of organisations."""

_COLUMNS = ("at", "kind", "subscriber_id", "import_id", "publication", "subject", "detail")


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """One question: `subject` is what it is about (an address, a name as found), `detail` what is known."""

    kind: str
    subject: str
    id: int = 0
    at: float = 0.0
    subscriber_id: int | None = None
    import_id: int | None = None
    publication: str | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)
    done_at: float | None = None
    done_by: str = ""
    outcome: str = ""


def ask(connection: Connection, questions: Sequence[Review]) -> int:
    """Open those questions that were never asked before (open or settled); returns how many."""
    if not questions:
        return 0
    asked = sa.select(reviews.c.kind, reviews.c.subject, reviews.c.publication, reviews.c.subscriber_id)
    known = {
        tuple(row) for row in connection.execute(asked.where(reviews.c.subject.in_([q.subject for q in questions])))
    }
    new = {_identity(q): q for q in questions if _identity(q) not in known}
    rows = [
        (
            q.at,
            q.kind,
            q.subscriber_id,
            q.import_id,
            q.publication,
            q.subject,
            json.dumps(dict(q.detail), ensure_ascii=False),
        )
        for q in new.values()
    ]
    bulk.insert(connection, reviews, _COLUMNS, rows)
    return len(rows)


def _identity(question: Review) -> tuple[str, str, str | None, int | None]:
    return question.kind, question.subject, question.publication, question.subscriber_id


def withdraw_stopped(connection: Connection, publication: str) -> None:
    """Take back the open questions about people who have left since, or may not be written to: row or organisation."""
    gone = (
        sa.select(subscribers.c.address_key)
        .join_from(subscribers, subscriptions, subscriptions.c.subscriber_id == subscribers.c.id)
        .where(
            subscriptions.c.publication == publication,
            subscriptions.c.to_at.is_(None),
            subscriptions.c.state.in_(("left", "bounced", "complained")),
        )
    )
    unsettled = reviews.c.done_at.is_(None)
    rows = (reviews.c.kind == ROW, reviews.c.publication == publication, reviews.c.subject.in_(gone))
    connection.execute(reviews.delete().where(unsettled, *rows))
    receives = sa.exists().where(
        subscriptions.c.subscriber_id == reviews.c.subscriber_id,
        subscriptions.c.to_at.is_(None),
        subscriptions.c.state.in_(("active", "pending")),
    )
    places = (reviews.c.kind.in_((ORGANISATION, CONFLICT)), reviews.c.import_id.is_not(None))
    connection.execute(reviews.delete().where(unsettled, *places, ~receives))


def withdraw_placed(connection: Connection) -> None:
    """Take back the open questions for the organisation of people who have got one since."""
    placed = sa.exists().where(subscribers.c.id == reviews.c.subscriber_id, subscribers.c.organisation_id.is_not(None))
    connection.execute(reviews.delete().where(reviews.c.kind == ORGANISATION, reviews.c.done_at.is_(None), placed))


def list_reviews(connection: Connection, *, kind: str = "", done: bool = False, limit: int = 1000) -> list[Review]:
    """Return the open questions (with `done` the settled ones), oldest first."""
    query = sa.select(reviews).where(reviews.c.done_at.is_not(None) if done else reviews.c.done_at.is_(None))
    if kind:
        query = query.where(reviews.c.kind == kind)
    return [_review(row) for row in connection.execute(query.order_by(reviews.c.at, reviews.c.id).limit(limit))]


def get_review(connection: Connection, number: int) -> Review:
    """Return one question; NotFound, or Refused when it is settled already."""
    row = connection.execute(sa.select(reviews).where(reviews.c.id == number)).first()
    if row is None:
        raise NotFound(
            f"there is no review {number}",
            hint="`newsletter subscribers reviews list` shows them",
            said=Sentence("Ce cas n’existe plus. Rechargez la page."),
        )
    if row.done_at is not None:
        raise Refused(
            f"review {number} was settled by {row.done_by}: {row.outcome}",
            hint="nothing is left to decide",
            said=Sentence("Ce cas est déjà réglé : il n’y a plus rien à décider."),
        )
    return _review(row)


def same(connection: Connection, review: Review) -> list[Review]:
    """Return every open question of the same kind about the same subject, `review` among them."""
    found = sa.select(reviews).where(
        reviews.c.kind == review.kind, reviews.c.subject == review.subject, reviews.c.done_at.is_(None)
    )
    return [_review(row) for row in connection.execute(found.order_by(reviews.c.id))]


def settle_review(connection: Connection, review: Review, outcome: str, by: str, now: float) -> None:
    """Record the decision; what the file said of a person is not kept beyond it."""
    values = {"done_at": now, "done_by": by, "outcome": outcome, "detail": ""}
    connection.execute(reviews.update().where(reviews.c.id == review.id).values(values))


def _review(row: sa.Row[Any]) -> Review:
    values = row._asdict()
    values["detail"] = json.loads(values["detail"]) if values["detail"].startswith("{") else {"text": row.detail}
    return Review(**values)
