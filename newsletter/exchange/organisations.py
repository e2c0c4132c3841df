"""From a table to what an import of organisations would do, with levels and codes as the network writes them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from newsletter.exchange.departements import departement_code
from newsletter.exchange.names import Codes, codes_of, level_of, stem
from newsletter.exchange.plan import Action
from newsletter.exchange.records import Record
from newsletter.exchange.table import Table
from newsletter.exchange.values import clean, fold, iso_date
from newsletter.i18n import _
from newsletter.model import Territory

_INSEE = re.compile(r"(?:\d{2}|2[AB])\d{3}\Z")


class OrganisationRow(NamedTuple):
    """One record and what would become of it: accept, merge (again in the file), review, reject or ignore.

    `fields` holds `name`, `level` (a `Territory` value), `siren`, `insee`, `region`, `departement`, `joined` and
    `ended` (ISO dates) where they are filled and can be trusted, and every other column as found.
    """

    record: int
    line: int
    name: str
    action: Action
    reason: str
    fields: dict[str, str]


def plan_organisations(table: Table) -> Iterator[OrganisationRow]:
    """Yield one outcome for each record of a table read with the vocabulary `ORGANISATIONS`; nothing is changed."""
    seen: dict[tuple[str, str], list[_Seen]] = defaultdict(list)
    sirens: set[str] = set()
    for number, record in enumerate(table, 1):
        fields = _fields(table, record)
        name = fields.get("name", "")
        if not name or not any(map(str.isalpha, name)):
            action, reason = _nameless(fields)
            yield OrganisationRow(number, record.line, name, action, reason, fields)
            continue
        doubts = [record.fault] if record.fault else []
        doubts += _normalise(fields)
        alike = seen[fields["level"], stem(name)]
        codes = codes_of(fields)
        earlier = next((other for other in alike if not other.codes.contradict(codes)), None)
        if earlier and not doubts and bool(any(earlier.codes)) != bool(any(codes)):
            doubts.append(_("même nom qu’à la ligne {line}, sans code pour les distinguer").format(line=earlier.line))
        if doubts:
            yield OrganisationRow(number, record.line, name, "review", " ; ".join(doubts), fields)
            continue
        alike.append(_Seen(record.line, codes))
        if earlier or (codes.siren and codes.siren in sirens):
            reason = _("la même organisation est déjà plus haut dans le fichier")
            yield OrganisationRow(number, record.line, name, "merge", reason, fields)
        else:
            yield OrganisationRow(number, record.line, name, "accept", "", fields)
        sirens.add(codes.siren)


class _Seen(NamedTuple):
    """An organisation that stands further up in the file."""

    line: int
    codes: Codes


def is_siren(text: str) -> bool:
    """Tell whether `text` is a SIREN: nine digits of which the last is a Luhn check digit."""
    if not re.fullmatch(r"[0-9]{9}", text):
        return False
    doubled = (int(digit) * (1 + at % 2) for at, digit in enumerate(text))
    return sum(number // 10 + number % 10 for number in doubled) % 10 == 0


def is_insee(text: str) -> bool:
    """Tell whether `text` has the form of a commune's INSEE code: `59350`, `2A004`."""
    return _INSEE.match(text) is not None


def _fields(table: Table, record: Record) -> dict[str, str]:
    pairs = zip(table.columns, record.cells, strict=False)
    return {column: text for column, cell in pairs if (text := clean(cell))}


def _nameless(fields: dict[str, str]) -> tuple[Action, str]:
    if not fields:
        return "ignore", _("ligne vide")
    return "reject", _("le nom de l’organisation manque")


def _normalise(fields: dict[str, str]) -> list[str]:
    """Put the known fields in their usual form; return what a human must look at."""
    doubts = [*_level(fields), *_codes(fields), *_dates(fields)]
    if re.match(r"(sous )?total", fold(fields["name"])):
        doubts.append(_("cette ligne ressemble à un total"))
    return doubts


def _level(fields: dict[str, str]) -> Iterator[str]:
    written = fields.pop("level", "")
    level = level_of(written) if written else level_of(fields["name"])
    fields["level"] = level or Territory.OTHER
    if written and not level:
        fields["level_as_found"] = written
        yield _("niveau inconnu : « {level} »").format(level=written)


def _codes(fields: dict[str, str]) -> Iterator[str]:
    siren = re.sub(r"\D", "", fields.get("siren", ""))[:9]  # a SIRET starts with the SIREN
    if "siren" in fields:
        if is_siren(siren):
            fields["siren"] = siren
        else:
            fields["siren_as_found"] = fields.pop("siren")
            yield _("SIREN invalide : « {code} »").format(code=fields["siren_as_found"])
    if "insee" in fields:
        code = fields["insee"].upper().rjust(5, "0")  # a spreadsheet eats the zero of 01004
        if _INSEE.match(code):
            fields["insee"] = code
        else:
            fields["insee_as_found"] = fields.pop("insee")
            yield _("code INSEE invalide : « {code} »").format(code=fields["insee_as_found"])
    if code := departement_code(fields.get("departement", "")):
        fields["departement"] = code


def _dates(fields: dict[str, str]) -> Iterator[str]:
    for name in ("joined", "ended"):
        found = fields.pop(name, "")
        year_only = re.fullmatch(r"(?:19|20)\d{2}", found)
        moment = f"{found}-01-01" if year_only and name == "joined" else iso_date(found)[:10]
        if moment:
            fields[name] = moment
        elif found:
            fields[f"{name}_as_found"] = found
            yield _("date illisible : « {date} »").format(date=found)
    if "joined" in fields and fields.get("ended", "9999") < fields["joined"]:
        yield _("la fin de l’adhésion précède son début")
