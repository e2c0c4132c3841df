"""The director's questions beside the report: leaving reasons, mailbox operators, territories nobody reaches."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from newsletter.actions.workspace import Workspace
from newsletter.exchange.departements import DEPARTEMENTS
from newsletter.exchange.regions import REGIONS, region_named
from newsletter.paris import midnight
from newsletter.store.reports import answers
from newsletter.store.reports.answers import DomainOutcome

OWN = "own"  # the authorities' own domains, too small to be named one by one
_LISTED_FROM = 10  # messages: a domain with fewer is counted among the others
_OPERATORS = {
    "Gmail": ("gmail.com", "googlemail.com"),
    "Orange": ("orange.fr", "wanadoo.fr"),
    "La Poste": ("laposte.net",),
    "Free": ("free.fr", "online.fr"),
    "SFR": ("sfr.fr", "neuf.fr", "cegetel.net", "club-internet.fr", "numericable.fr"),
    "Bouygues Telecom": ("bbox.fr",),
    "Microsoft": ("outlook.com", "outlook.fr", "hotmail.com", "hotmail.fr", "live.com", "live.fr", "msn.com"),
    "Yahoo": ("yahoo.com", "yahoo.fr", "ymail.com", "aol.com"),
    "Apple": ("icloud.com", "me.com", "mac.com"),
    "Proton": ("proton.me", "protonmail.com", "pm.me"),
}
_OF_DOMAIN = {domain: name for name, domains in _OPERATORS.items() for domain in domains}


@dataclass(frozen=True, slots=True, kw_only=True)
class TerritoryReach:
    """A région or département, known or not: its member organisations and their contacts who receive something."""

    code: str
    name: str
    members: int = 0
    contacts: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class YearAnswers:
    """The answers of one year; `reasons` by code, `operators` the largest first."""

    year: int
    reasons: Mapping[str, int]
    operators: tuple[DomainOutcome, ...]


@dataclass(frozen=True, slots=True)
class Reach:
    """Every région and département with its members and contacts of today; the days of grace are in it."""

    regions: tuple[TerritoryReach, ...]
    departements: tuple[TerritoryReach, ...]
    grace_days: int


def year_answers(workspace: Workspace, year: int) -> YearAnswers:
    """Return why people left in a year, and what became of its messages by mailbox operator."""
    since, until = midnight(date(year, 1, 1)), midnight(date(year + 1, 1, 1))
    with workspace.database.read() as connection:
        reasons = answers.leaving_reasons(connection, since, until)
        operators = _by_operator(answers.domain_outcomes(connection, since, until))
    return YearAnswers(year=year, reasons=reasons, operators=operators)


def _by_operator(found: list[DomainOutcome]) -> tuple[DomainOutcome, ...]:
    """Add the domains of an operator up; a domain of its own with few messages is counted with its like."""
    sums: dict[str, DomainOutcome] = {}
    for one in found:
        few = one.sent + one.refused < _LISTED_FROM
        name = _OF_DOMAIN.get(one.domain) or (OWN if few else one.domain)
        before = sums.get(name, DomainOutcome(name, 0, 0, 0, 0, 0))
        added = {
            part: getattr(before, part) + getattr(one, part) for part in ("sent", "refused", "hard", "soft", "block")
        }
        sums[name] = replace(before, **added)
    return tuple(sorted(sums.values(), key=lambda one: (one.domain == OWN, -one.sent - one.refused, one.domain)))


def reach(workspace: Workspace) -> Reach:
    """Return every région and département there is, with its members and contacts: none is left out for having none."""
    grace, today = workspace.settings.members.grace_days, workspace.today()
    with workspace.database.read() as connection:
        members = answers.members_by_place(connection, today, grace)
        contacts = answers.contacts_by_place(connection, today, grace)
    by_region = {"members": _by_region(members), "contacts": _by_region(contacts)}
    by_code = {"members": _by_code(members), "contacts": _by_code(contacts)}
    return Reach(
        tuple(
            TerritoryReach(code="", name=name, **{what: n.get(name, 0) for what, n in by_region.items()})
            for name in REGIONS
        ),
        tuple(
            TerritoryReach(code=code, name=name, **{what: n.get(code, 0) for what, n in by_code.items()})
            for code, name in DEPARTEMENTS.items()
        ),
        grace,
    )


def _by_region(rows: list[tuple[str, str, int]]) -> Mapping[str, int]:
    found: dict[str, int] = defaultdict(int)
    home = {code: name for name, codes in REGIONS.items() for code in codes}
    for region, departement, n in rows:
        found[region_named(region) or home.get(departement, region)] += n
    return found


def _by_code(rows: list[tuple[str, str, int]]) -> Mapping[str, int]:
    found: dict[str, int] = defaultdict(int)
    for _region, departement, n in rows:
        found[departement] += n
    return found
