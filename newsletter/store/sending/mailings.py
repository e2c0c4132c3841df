"""Mailings: letters frozen for sending, with their variants, candidates and receipts."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from newsletter.actor import user_of
from newsletter.errors import NotFound, Refused
from newsletter.i18n import Sentence
from newsletter.store.people.entitlement import Rule
from newsletter.store.sending import candidates
from newsletter.store.sending.candidates import Shares
from newsletter.store.tables.core import mailings, variants

ALIKE = Shares()  # everybody gets the same letter
LIVE = ("loading", "approved", "sending", "paused")


@dataclass(frozen=True, slots=True)
class Frozen:
    """One variant of a letter as approved: its skeleton, and the targeted articles that are left in it."""

    articles: tuple[str, ...]
    skeleton: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailing:
    """A row of `mailings`."""

    id: int
    uid: str
    issue: str
    publication: str
    status: str
    subject: str
    content_hash: str
    audience: Mapping[str, Any]
    record: Mapping[str, Any]
    approved_by: str
    confirmed_by: str
    approved_by_id: int | None
    confirmed_by_id: int | None
    approved_at: float
    not_before: float
    started_at: float | None
    ended_at: float | None
    pause_reason: str
    provider: str

    @property
    def live(self) -> bool:
        """Whether it may still send: neither done nor cancelled."""
        return self.status in LIVE

    @property
    def rule(self) -> Rule:
        """The audience rule frozen at approval."""
        return Rule(**{**self.audience, "exceptions": tuple(self.audience["exceptions"])})


def create_mailing(
    connection: Connection,
    *,
    issue: str,
    subject: str,
    content_hash: str,
    rule: Rule,
    record: Mapping[str, Any],
    frozen: Sequence[Frozen],
    caps: Mapping[str, Sequence[str]],
    approved_by: str,
    now: float,
    not_before: float,
    today: date,
    shares: Shares = ALIKE,
) -> Mailing:
    """Freeze a letter with all its candidates in the caller's transaction, however many they are: it is approved.

    Raises Refused when the issue already has a mailing that is not cancelled.
    """
    made = freeze(
        connection,
        issue=issue,
        subject=subject,
        content_hash=content_hash,
        rule=rule,
        record=record,
        frozen=frozen,
        approved_by=approved_by,
        now=now,
        not_before=not_before,
    )
    load_mailing(connection, made, shares, caps, today, now, slice_=None)
    change_mailing(connection, made.id, "approved", only=("loading",))
    return get_mailing(connection, made.id)


def freeze(
    connection: Connection,
    *,
    issue: str,
    subject: str,
    content_hash: str,
    rule: Rule,
    record: Mapping[str, Any],
    frozen: Sequence[Frozen],
    approved_by: str,
    now: float,
    not_before: float,
) -> Mailing:
    """Freeze a letter and its variants, without anybody to send it to yet: nothing leaves while it is `loading`.

    Raises Refused when the issue already has a mailing that is not cancelled.
    """
    try:
        mailing_id: int = connection.execute(
            mailings.insert()
            .values(
                uid=secrets.token_hex(8),
                issue=issue,
                publication=rule.publication,
                status="loading",
                subject=subject,
                content_hash=content_hash,
                audience=json.dumps(rule.as_json()),
                record=json.dumps(record),
                approved_by=str(approved_by),
                approved_by_id=user_of(approved_by),
                approved_at=now,
                not_before=not_before,
            )
            .returning(mailings.c.id)
        ).scalar_one()
    except IntegrityError:
        raise Refused(
            f"issue `{issue}` already has a mailing",
            hint="see `newsletter mailings show`, or cancel it first",
            said=Sentence("Ce numéro a déjà un envoi, en cours ou terminé. Voyez sa page d’envoi."),
        ) from None
    connection.execute(
        variants.insert(),
        [
            {"mailing_id": mailing_id, "number": n, "articles": json.dumps(f.articles), "skeleton": f.skeleton}
            for n, f in enumerate(frozen)
        ],
    )
    return get_mailing(connection, mailing_id)


def load_mailing(
    connection: Connection,
    mailing: Mailing,
    shares: Shares,
    caps: Mapping[str, Sequence[str]],
    today: date,
    now: float,
    *,
    after: int = 0,
    slice_: int | None,
) -> int | None:
    """Write the deliveries of the next candidates (see `candidates.load`); return where to go on, None at the end."""
    return candidates.load_candidates(
        connection, mailing.id, mailing.issue, mailing.rule, caps, shares, today, now, after=after, slice_=slice_
    )


def get_mailing(connection: Connection, mailing_id: int) -> Mailing:
    """Return one mailing; raises NotFound."""
    return _one(connection, mailings.c.id == mailing_id, f"mailing {mailing_id}")


def status(connection: Connection, mailing_id: int, *, hold: bool = False) -> str:
    """Return the status of a mailing; with `hold` nobody else changes or holds it until the commit.

    Whoever locks deliveries too holds the mailing first.
    """
    query = sa.select(mailings.c.status).where(mailings.c.id == mailing_id)
    found: str = connection.execute(query.with_for_update() if hold else query).scalar_one()
    return found


def of_issue(connection: Connection, issue: str) -> Mailing | None:
    """Return the issue's mailing: the one that is not cancelled, else the newest cancelled one, else None."""
    order = (sa.case((mailings.c.status == "cancelled", 1), else_=0), mailings.c.id.desc())
    row = connection.execute(sa.select(mailings).where(mailings.c.issue == issue).order_by(*order).limit(1)).first()
    return _mailing(row) if row else None


def list_mailings(connection: Connection, *, status: Sequence[str] = (), publication: str = "") -> list[Mailing]:
    """Return mailings, newest first."""
    query = sa.select(mailings).order_by(mailings.c.approved_at.desc(), mailings.c.id.desc())
    if status:
        query = query.where(mailings.c.status.in_(status))
    if publication:
        query = query.where(mailings.c.publication == publication)
    return [_mailing(row) for row in connection.execute(query)]


def skeletons(connection: Connection, mailing_id: int) -> dict[int, bytes]:
    """Return the frozen skeleton of each variant, by number."""
    rows = connection.execute(
        sa.select(variants.c.number, variants.c.skeleton).where(variants.c.mailing_id == mailing_id)
    )
    return {row.number: row.skeleton for row in rows}


def known(connection: Connection, uid: str) -> bool:
    """Tell whether there is a mailing with this uid."""
    return bool(connection.scalar(sa.select(sa.exists().where(mailings.c.uid == uid))))


def change_mailing(connection: Connection, mailing_id: int, status: str, *, only: Sequence[str], **values: Any) -> bool:
    """Move a mailing to `status` if it is in one of `only`: one guarded UPDATE; tells whether it moved."""
    moved = connection.execute(
        mailings.update()
        .where(mailings.c.id == mailing_id, mailings.c.status.in_(only))
        .values(status=status, **values)
    )
    return moved.rowcount == 1


def touch(connection: Connection, mailing_id: int, **values: Any) -> None:
    """Set columns of a mailing that are not its status."""
    connection.execute(mailings.update().where(mailings.c.id == mailing_id).values(**values))


def _one(connection: Connection, condition: sa.ColumnElement[bool], what: str) -> Mailing:
    row = connection.execute(sa.select(mailings).where(condition)).first()
    if row is None:
        raise NotFound(
            f"there is no {what}",
            hint="`newsletter mailings list` shows them",
            said=Sentence("Cet envoi n’existe plus. Revenez à la liste des numéros."),
        )
    return _mailing(row)


def _mailing(row: sa.Row[Any]) -> Mailing:
    values = row._asdict()
    values.pop("receipt")
    values["audience"] = json.loads(values["audience"])
    values["record"] = json.loads(values["record"] or "{}")
    return Mailing(**values)
