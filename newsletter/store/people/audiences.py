"""Who is in an audience: counted, listed, and said condition by condition for one person."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from newsletter.audience import AnyOf, AudienceRule, Condition, Except, conditions
from newsletter.store.people.audience_sql import Standing, rule_condition
from newsletter.store.tables.core import organisations, subscribers

PIECE = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class AudiencePerson:
    """One person of an audience, as a list or an export shows them; `uid` is the random identifier in hex."""

    id: int
    uid: str
    address: str
    salutation: str
    first_name: str
    last_name: str
    function: str
    role: str
    phone: str
    organisation_id: int | None
    organisation: str
    level: str
    region: str
    departement: str

    @property
    def name(self) -> str:
        """First and last name."""
        return f"{self.first_name} {self.last_name}".strip()


def count_audience(connection: Connection, rule: AudienceRule, at: Standing) -> int:
    """Return how many people of a standing are in an audience."""
    query = sa.select(sa.func.count()).select_from(at.source).where(rule_condition(rule, at), *at.base)
    return int(connection.scalar(query) or 0)


def list_audience(
    connection: Connection, rule: AudienceRule, at: Standing, start: int = 0, limit: int | None = None
) -> Iterator[AudiencePerson]:
    """Yield the people of an audience by address, from the one numbered `start`; who was erased since is not named."""
    inside = sa.select(at.person).select_from(at.source).where(rule_condition(rule, at), *at.base)
    ordered = _people().where(subscribers.c.id.in_(inside)).order_by(subscribers.c.address_key).offset(start)
    rows = connection.execution_options(yield_per=PIECE).execute(ordered.limit(limit) if limit is not None else ordered)
    yield from map(_person, rows)


def list_chosen(connection: Connection, uids: Sequence[bytes]) -> list[AudiencePerson]:
    """Return people by their random identifiers, in the order of their addresses; who was erased is left out."""
    query = _people().where(subscribers.c.uid.in_(uids)).order_by(subscribers.c.address_key)
    return [_person(row) for row in connection.execute(query)]


def _person(row: sa.Row[Any]) -> AudiencePerson:
    return AudiencePerson(**{**row._asdict(), "uid": row.uid.hex()})


def _people() -> sa.Select[Any]:
    joined = sa.outerjoin(subscribers, organisations, organisations.c.id == subscribers.c.organisation_id)
    columns = [subscribers.c[name] for name in ("id", "uid", "address", "salutation", "first_name", "last_name")]
    columns += [subscribers.c[name] for name in ("function", "role", "phone", "organisation_id")]
    places = [
        sa.func.coalesce(organisations.c[name], "").label(label)
        for name, label in (("name", "organisation"), ("level", "level"), ("region", "region"))
    ]
    place = sa.func.coalesce(organisations.c.departement, "").label("departement")
    return sa.select(*columns, *places, place).select_from(joined)


def ids_of_audience(connection: Connection, rule: AudienceRule, at: Standing) -> list[int]:
    """Return the row ids of an audience's people, in order."""
    query = sa.select(at.person).select_from(at.source).where(rule_condition(rule, at), *at.base)
    return list(connection.execute(query.order_by(at.person)).scalars())


def answer_conditions(
    connection: Connection, rule: AudienceRule, at: Standing, person_id: int
) -> Mapping[Condition, bool] | None:
    """Return, for each condition of a rule, whether it holds for a person; None for one who counts nowhere."""
    asked = list(dict.fromkeys(conditions(rule)))
    answers = [sa.case((rule_condition(one, at), 1), else_=0).label(f"c{n}") for n, one in enumerate(asked)]
    query = sa.select(sa.literal(1), *answers).select_from(at.source).where(at.person == person_id, *at.base)
    row = connection.execute(query).first()
    if row is None:
        return None
    return {one: bool(row[n + 1]) for n, one in enumerate(asked)}


def holds(rule: AudienceRule, answers: Mapping[Condition, bool]) -> bool:
    """Put the answers to its conditions together as the rule does."""
    if isinstance(rule, Condition):
        return answers[rule]
    if isinstance(rule, Except):
        return not holds(rule.part, answers)
    together = any if isinstance(rule, AnyOf) else all
    return together(holds(part, answers) for part in rule.parts)
