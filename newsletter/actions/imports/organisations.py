"""Bring a file of organisations in: matched by SIREN, INSEE code or name, completed, their membership periods added."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy.engine import Connection

from newsletter.actions.imports.organisation_match import directory
from newsletter.actions.imports.subscribers import Source, open_source
from newsletter.actions.workspace import Workspace
from newsletter.exchange.columns import ORGANISATIONS
from newsletter.exchange.names import Match, match_organisation
from newsletter.exchange.organisations import OrganisationRow, plan_organisations
from newsletter.exchange.plan import Action
from newsletter.exchange.table import Refusal
from newsletter.i18n import _
from newsletter.store.imports import reviews
from newsletter.store.imports.reviews import Review
from newsletter.store.people import organisations
from newsletter.store.people.organisations import Organisation, Period

DETAILS = ("level", "siren", "insee", "region", "departement")


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberPlan:
    """What became, or would become, of a file of organisations."""

    file_action: str
    reason: str = ""
    encoding: str = ""
    delimiter: str = ""
    outcomes: tuple[OrganisationRow, ...] = ()

    @property
    def counts(self) -> dict[str, int]:
        """Rows by action."""
        return dict(Counter(row.action for row in self.outcomes))


def open_organisations(path: Path) -> Source:
    """Look at a file of organisations, changing nothing; ExchangeError when it cannot be opened."""
    return open_source(path, ORGANISATIONS)


def import_organisations(workspace: Workspace, source: Source, *, by: str, dry_run: bool = False) -> MemberPlan:
    """Import organisations in one transaction; a rehearsal does the same and takes it all back."""
    table = source.table
    if isinstance(table, Refusal):
        return MemberPlan(file_action="refuse", reason=table.reason)
    with workspace.database.write(keep=not dry_run) as connection:
        outcomes = tuple(_through(connection, plan_organisations(table), by, workspace.clock()))
    return MemberPlan(file_action="import", encoding=table.encoding, delimiter=table.delimiter, outcomes=outcomes)


def _through(connection: Connection, rows: Iterator[OrganisationRow], by: str, now: float) -> Iterator[OrganisationRow]:
    known = directory(connection)
    for row in rows:
        if row.action not in ("accept", "merge"):
            if row.action == "review":
                _ask(connection, row, (), now)
            yield row
            continue
        # A level that nobody wrote says nothing: a bare `Lille` may be the city.
        cells = {name: text for name, text in row.fields.items() if (name, text) != ("level", "other")}
        match = match_organisation(cells, known)
        if match.organisation_id is None and match.candidates:
            _ask(connection, row, match.candidates, now)
            yield row._replace(action="review", reason=match.explanation)
            continue
        yield _carry_out(connection, row, match, by, now)
        if match.organisation_id is None:
            known = directory(connection)


def _carry_out(connection: Connection, row: OrganisationRow, match: Match, by: str, now: float) -> OrganisationRow:
    if match.organisation_id is None:
        store(connection, row.name, row.fields, by=by, now=now)
        return row._replace(action="accept")
    said = _("{explanation} (confiance {percent} %)").format(
        explanation=match.explanation, percent=round(match.confidence * 100)
    )
    existing = organisations.get_organisation(connection, match.organisation_id)
    action, reason = complete(connection, existing, row.fields, by=by, now=now)
    if action == "review":
        _ask(connection, row, (existing.id,), now)
    return row._replace(action=action, reason=f"{said} ; {reason}")


def store(connection: Connection, name: str, fields: dict[str, str], *, by: str, now: float) -> int:
    """Store a new organisation as a row describes it; returns its number."""
    period = _period(fields)
    made = Organisation(name=name, periods=(period,) if period else (), **_details(fields))
    return organisations.add_organisation(connection, made, now=now, actor=by)


def complete(
    connection: Connection, existing: Organisation, fields: dict[str, str], *, by: str, now: float
) -> tuple[Action, str]:
    """Add to a known organisation what a row has more; returns merge, keep or review, and why."""
    filled = organisations.complete(connection, existing, _details(fields), now=now, actor=by)
    period = _period(fields)
    if period is None or period in existing.periods:
        return ("merge", _("renseignements complétés")) if filled else ("keep", _("rien à changer"))
    same = next((p for p in existing.periods if p.joined == period.joined), None)
    if same is not None:
        if period.ended is None:
            return ("merge", _("renseignements complétés")) if filled else ("keep", _("rien à changer"))
        if same.ended is None and existing.periods[-1] == same:
            organisations.close(connection, existing, same, period, now=now, actor=by)
            return "merge", _("fin d’adhésion ajoutée")
    elif not existing.overlapping(period):
        organisations.join_member(connection, existing.id, period, now=now, actor=by)
        return "merge", _("période d’adhésion ajoutée")
    return "review", _("les dates d’adhésion contredisent celles qui sont connues")


def _details(fields: dict[str, str]) -> dict[str, Any]:
    return {name: fields[name] for name in DETAILS if fields.get(name)}


def _period(fields: dict[str, str]) -> Period | None:
    return Period(fields["joined"], fields.get("ended")) if "joined" in fields else None


def _ask(connection: Connection, row: OrganisationRow, candidates: tuple[int, ...], now: float) -> None:
    detail = {"line": row.line, "reason": row.reason, "fields": row.fields, "candidates": list(candidates)}
    reviews.ask(connection, [Review(kind=reviews.MEMBER, subject=row.name, detail=detail, at=now)])
