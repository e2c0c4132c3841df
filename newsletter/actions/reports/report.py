"""Figures that hold at any date: counts at the end of a day, and the report of a year beside the year before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from sqlalchemy.engine import Connection

from newsletter.actions.reports import labels as words
from newsletter.actions.reports.figures import Figure, Readings, figures
from newsletter.actions.reports.sentences import sentences
from newsletter.actions.reports.year import Absent, Month, end_of, gather_year, since
from newsletter.actions.workspace import Workspace
from newsletter.errors import Refused
from newsletter.folding import sort_key
from newsletter.i18n import Sentence, speaking
from newsletter.store.people import organisations
from newsletter.store.people.organisations import Organisation
from newsletter.store.reports import counts
from newsletter.store.reports.figures import MailingOutcome

What = Literal["subscribers", "members"]
GROUPINGS: Mapping[str, tuple[str, ...]] = {
    "subscribers": ("publication", "status", "level", "region", "departement", "role", "month"),
    "members": ("level", "region", "departement", "month"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """A number at the end of day `on`; `rule` says in French what is counted; the groups always add up to `total`."""

    on: date
    what: What
    by: str
    rule: str
    total: int
    groups: Mapping[str, int]


def count(workspace: Workspace, *, on: date | None = None, by: str = "", what: What = "subscribers") -> Count:
    """Count subscribers or members at the end of `on` (today without it).

    Refused for a future day, and for a grouping that `what` does not have.
    """
    today = workspace.today()
    on = on or today
    if on > today:
        raise Refused(
            f"{on} lies in the future",
            where="--on",
            hint="counts are made of what was recorded",
            said=Sentence("Choisissez un jour passé : un chiffre se compte sur ce qui a été enregistré."),
        )
    if by and by not in GROUPINGS[what]:
        known = ", ".join(GROUPINGS[what])
        raise Refused(
            f"{what} cannot be grouped by {by}",
            where="--by",
            hint=f"choose among {known}",
            said=Sentence("Ce regroupement n’existe pas. Choisissez-en un dans la liste."),
        )
    with workspace.database.read() as connection:
        members = what == "members"
        groups = _members(connection, on, by) if members else _subscribers(connection, end_of(on), by)
    return Count(on=on, what=what, by=by, rule=words.count_rule(what, by), total=sum(groups.values()), groups=groups)


CROSSED = ("level", "region", "departement", "role")


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossedCount:
    """Subscribers at the end of day `on` by two details: `cells` by (row, column); the cells add up to `total`."""

    on: date
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: Mapping[tuple[str, str], int]

    @property
    def total(self) -> int:
        """How many there are in all."""
        return sum(self.cells.values())

    def row_total(self, row: str) -> int:
        """How many there are in a row."""
        return sum(n for (name, _column), n in self.cells.items() if name == row)

    def column_total(self, column: str) -> int:
        """How many there are in a column."""
        return sum(n for (_row, name), n in self.cells.items() if name == column)


def cross(workspace: Workspace, by: str, across: str, *, on: date | None = None) -> CrossedCount:
    """Count subscribers at the end of `on` (today without it) by two details; Refused as `count` refuses."""
    checked = count(workspace, on=on, by=by)
    if by not in CROSSED or across not in CROSSED or by == across:
        known = ", ".join(CROSSED)
        raise Refused(
            f"subscribers cannot be crossed by {by} and {across}",
            where="--by",
            hint=f"choose two among {known}",
            said=Sentence("Ces deux regroupements ne se croisent pas. Choisissez-en deux différents dans la liste."),
        )
    with workspace.database.read() as connection:
        cells = counts.by_two_details(connection, end_of(checked.on), by, across)
    rows, columns = ({pair[place] for pair in cells} for place in (0, 1))
    named = [tuple(sorted(names, key=_last_without_name)) for names in (rows, columns)]
    return CrossedCount(on=checked.on, rows=named[0], columns=named[1], cells=cells)


def _last_without_name(name: str) -> tuple[bool, tuple[str, str]]:
    return name == counts.NONE, sort_key(name)


def _subscribers(connection: Connection, moment: float, by: str) -> dict[str, int]:
    plain: Mapping[str, Callable[[Connection, float], dict[str, int]]] = {
        "": lambda c, m: {"active": counts.active(c, m)},
        "publication": counts.by_publication,
        "status": counts.by_status,
        "month": counts.by_month,
    }
    groups = plain[by](connection, moment) if by in plain else counts.by_detail(connection, moment, by)
    return dict(sorted(groups.items()))


def _members(connection: Connection, on: date, by: str) -> dict[str, int]:
    def group(member: Organisation) -> str:
        if by == "month":
            return f"{since(member, on):%Y-%m}"
        return str(getattr(member, by)) or counts.NONE if by else "members"

    return dict(
        sorted(Counter(group(member) for member in organisations.list_organisations(connection, on=on)).items())
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class YearReport:
    """A year in figures. `until` is its last day, or today while it runs (`complete` tells)."""

    year: int
    until: date
    complete: bool
    network: str
    figures: tuple[Figure, ...]
    sentences: tuple[str, ...]
    months: tuple[Month, ...]
    mailings: tuple[MailingOutcome, ...]
    absent: tuple[Absent, ...]


FIRST_YEAR = 1990


def report(workspace: Workspace, number: int, *, language: str = "") -> YearReport:
    """Make the report of year `number`, in `language` or the network's; Refused for a year that has not begun."""
    today = workspace.today()
    if not FIRST_YEAR <= number <= today.year:
        raise Refused(
            f"there is nothing to report of {number}",
            hint=f"name a year from {FIRST_YEAR} to {today.year}",
            said=Sentence(
                "Il n’y a pas de bilan pour {year}. Choisissez une année de {first} à {last}.",
                year=number,
                first=FIRST_YEAR,
                last=today.year,
            ),
        )
    until = min(date(number, 12, 31), today)
    with workspace.database.read() as connection:
        now, before = (
            gather_year(connection, number, until),
            gather_year(connection, number - 1, date(number - 1, 12, 31)),
        )
    network = workspace.settings.network
    with speaking(language or network.locale):
        readings = Readings(now, before, workspace.settings.publications)
        return YearReport(
            year=number,
            until=until,
            complete=until == date(number, 12, 31),
            network=network.short_name,
            figures=tuple(figures(readings)),
            sentences=tuple(sentences(readings)),
            months=now.months,
            mailings=tuple(o for o in now.outcomes if o.sent),
            absent=now.absent,
        )
