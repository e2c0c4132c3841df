"""Checks that the database is whole: what its engine reports, and what must hold between its rows."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.engine import Connection

from newsletter.store.engine import sequences
from newsletter.store.engine.database import HEAD
from newsletter.store.tables.core import OPEN, deliveries, mailings, subscriptions
from newsletter.store.tables.schema import metadata

_STATES = (*OPEN, "sent", "refused", "excluded", "cancelled", "doubtful")
_NAMED = 5
_LACKS = re.compile(r"add (table|column)\b")  # alembic's names for the changes that the database would need


@dataclass(frozen=True, slots=True)
class Check:
    """One check: `fault` says what is wrong and where, empty when all is well."""

    name: str
    fault: str = ""

    @property
    def ok(self) -> bool:
        """Whether all is well."""
        return not self.fault


def run_checks(connection: Connection, version: str) -> list[Check]:
    """Run every check, in one snapshot; rows are checked only when every table and column exists."""
    found = [Check("version", "" if version == HEAD else f"the schema is `{version or 'none'}`, not `{HEAD}`")]
    for name, look in _LOOKS.items():
        if (found[-1].name == "version" and not found[-1].ok) or _LACKS.search(found[-1].fault):
            break
        found.append(Check(name, look(connection)))
    return found


def _engine(connection: Connection) -> str:
    """Pages, indexes and constraints, as the engine itself judges them."""
    if connection.dialect.name == "sqlite":
        rows = connection.exec_driver_sql(f"PRAGMA integrity_check({_NAMED})").scalars().all()
        return "" if rows == ["ok"] else "; ".join(rows)
    broken = connection.exec_driver_sql(
        "SELECT 'index ' || indexrelid::regclass || ' is not valid' FROM pg_index "
        "WHERE NOT indisvalid AND indrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace) "
        "UNION ALL SELECT 'constraint ' || conname || ' is not validated' FROM pg_constraint WHERE NOT convalidated "
        "UNION ALL SELECT checksum_failures || ' pages with a wrong checksum' FROM pg_stat_database "
        "WHERE datname = current_database() AND checksum_failures > 0"
    )
    return "; ".join(broken.scalars().all()[:_NAMED])


def _schema(connection: Connection) -> str:
    """The tables, columns and indexes that the code expects."""
    options = {"include_object": lambda _o, name, kind, reflected, _to: kind != "table" or name in metadata.tables}
    found = compare_metadata(MigrationContext.configure(connection, opts=options), metadata)
    words = sorted((_words(one) for one in found), key=lambda one: not _LACKS.search(one))
    return "; ".join(words[:_NAMED])


def _words(difference: Any) -> str:
    """Return a difference in words; changes of one column come as a list of tuples."""
    kind, *things = difference[0] if isinstance(difference, list) else difference
    names = [str(getattr(thing, "name", thing)) for thing in things if thing is not None]
    return f"{kind.replace('_', ' ')} {'.'.join(names[:3])}"


def _orphans(connection: Connection) -> str:
    """Rows that refer to a missing row."""
    found = []
    for table in metadata.sorted_tables:
        for key in table.foreign_keys:
            there = key.column.table.alias()
            lost = sa.and_(key.parent.is_not(None), ~sa.exists().where(there.c[key.column.name] == key.parent))
            n = connection.scalar(sa.select(sa.func.count()).select_from(table).where(lost))
            if n:
                found.append(f"{n} rows of `{table.name}` name a missing row of `{key.column.table.name}`")
    return "; ".join(found)


def _spans(connection: Connection) -> str:
    """One open span per person and publication; no span ends before it begins; none overlaps the next."""
    pair = (subscriptions.c.subscriber_id, subscriptions.c.publication)
    twice = (
        sa.select(*pair)
        .where(subscriptions.c.to_at.is_(None))
        .group_by(*pair)
        .having(sa.func.count() > 1)
        .order_by(*pair)
        .limit(_NAMED)
    )
    found = [f"subscriber {n} has two open spans of `{p}`" for n, p in connection.execute(twice)]
    backwards = sa.select(subscriptions.c.id).where(subscriptions.c.to_at < subscriptions.c.from_at).limit(_NAMED)
    found += [f"span {n} ends before it begins" for n in connection.execute(backwards).scalars()]
    following = sa.func.lead(subscriptions.c.from_at).over(
        partition_by=pair, order_by=(subscriptions.c.from_at, subscriptions.c.id)
    )
    spans = sa.select(subscriptions.c.id, subscriptions.c.to_at, following.label("next")).subquery()
    over = sa.select(spans.c.id).where(sa.func.coalesce(spans.c.to_at, 1e18) > spans.c.next).order_by(spans.c.id)
    found += [f"span {n} reaches into the next" for n in connection.execute(over.limit(_NAMED)).scalars()]
    return "; ".join(found[:_NAMED])


def _receipts(connection: Connection) -> str:
    """Every delivery counts in its receipt; nothing is open once a mailing is over; the stored receipt says the same.

    A later report may settle a doubtful delivery, and a claim may come back late: only the sum is fixed.
    """
    rows = connection.execute(
        sa.select(
            deliveries.c.mailing_id,
            sa.func.count().label("candidates"),
            sa.func.count(sa.case((deliveries.c.state.in_(OPEN), 1))).label("open"),
            sa.func.count(sa.case((deliveries.c.state.in_(_STATES), 1))).label("known"),
        ).group_by(deliveries.c.mailing_id)
    )
    counted = {row.mailing_id: row for row in rows}
    found = []
    for mailing in connection.execute(
        sa.select(mailings.c.id, mailings.c.issue, mailings.c.status, mailings.c.receipt).order_by(mailings.c.id)
    ):
        row = counted.get(mailing.id)
        candidates, still, known = (row.candidates, row.open, row.known) if row else (0, 0, 0)
        if known != candidates:
            found.append(f"the receipt of `{mailing.issue}` does not balance: {candidates - known} in no known state")
        if still and mailing.status == "done":
            found.append(f"`{mailing.issue}` is done, yet {still} deliveries are open")
        stored = json.loads(mailing.receipt)["candidates"] if mailing.receipt else candidates
        if stored != candidates:
            found.append(f"`{mailing.issue}` has {candidates} deliveries; its stored receipt says {stored}")
    return "; ".join(found[:_NAMED])


def _claims(connection: Connection) -> str:
    """A delivery that is held has a token and a lease; one handed over has its time."""
    held = deliveries.c.state.in_(("claimed", "handed"))
    bare = sa.or_(
        sa.and_(held, sa.or_(deliveries.c.token.is_(None), deliveries.c.lease_until.is_(None))),
        sa.and_(deliveries.c.state == "handed", deliveries.c.handed_at.is_(None)),
    )
    rows = connection.execute(sa.select(deliveries.c.id).where(held, bare).order_by(deliveries.c.id).limit(_NAMED))
    return "; ".join(f"delivery {n} is held without token, lease or time" for n in rows.scalars())


def _sequences(connection: Connection) -> str:
    """No id is given out twice."""
    return "; ".join(f"the sequence of `{name}` is behind its newest id" for name in sequences.behind(connection))


_LOOKS: dict[str, Callable[[Connection], str]] = {
    "engine": _engine,
    "schema": _schema,
    "foreign-keys": _orphans,
    "spans": _spans,
    "receipts": _receipts,
    "claims": _claims,
    "sequences": _sequences,
}
