"""Which organisation the cells of an imported row mean, looked up once for every way it is written."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.engine import Connection

from newsletter.exchange.names import Codes, Directory, DirectoryEntry, Match, codes_of, match_organisation
from newsletter.exchange.plan import ImportRow
from newsletter.i18n import _
from newsletter.store.imports.writer import KnownPerson
from newsletter.store.people import organisations


def directory(connection: Connection) -> Directory:
    """Return the organisations of the store, indexed for matching."""
    found = organisations.list_organisations(connection)
    return Directory.of(DirectoryEntry(o.id, o.name, o.level, o.siren, o.insee, o.departement) for o in found)


class Placing:
    """Matches rows with organisations and says so in their reasons."""

    def __init__(self, connection: Connection) -> None:
        self._directory = directory(connection)
        self._matches: dict[tuple[str, Codes], Match] = {}

    def match(self, fields: Mapping[str, str]) -> Match | None:
        """Return what the cells of a row mean, or None when they name no organisation."""
        key = fields.get("organisation", ""), codes_of(fields)
        if not (key[0] or key[1].siren or key[1].insee):
            return None
        if key not in self._matches:
            self._matches[key] = match_organisation(fields, self._directory)
        return self._matches[key]

    def differs(self, match: Match, known: KnownPerson) -> bool:
        """Tell whether a sure match says something else than the store, where a file said it before or nobody did."""
        if match.organisation_id is None or match.organisation_id == known.organisation_id:
            return False
        return known.organisation_id is None or "organisation" in known.from_file

    def news(self, match: Match, known: KnownPerson) -> bool:
        """Tell whether a row brings a known active person an organisation, or a question about one."""
        if known.suppressed or known.state != "active":
            return False
        unplaced = match.organisation_id is None and known.organisation_id is None
        return unplaced or self.differs(match, known)

    def look(self, row: ImportRow, known: KnownPerson | None) -> ImportRow:
        """Return the row with what is thought of its organisation; a known person may gain one."""
        if row.action not in ("accept", "merge", "keep") or not (match := self.match(row.fields)):
            return row
        if row.action == "keep":
            if not known or match.organisation_id is None or not self.news(match, known):
                return row
            if known.organisation_id is not None and match.organisation_id > known.organisation_id:
                return row._replace(reason=_("une autre organisation est déjà connue : à vérifier"))
            return row._replace(action="merge", reason=self._words("", match))
        if match.confidence == 1.0 or (match.confidence > 0.95 and not row.reason):
            return row
        return row._replace(reason=self._words(row.reason, match))

    def pair(self, first: int | None, second: int) -> tuple[str, list[int]]:
        """Return two organisations in the same order whichever came first: their names, and their numbers."""
        numbers = sorted({first or second, second})
        return " / ".join(self._directory.entries[number].name for number in numbers), numbers

    @staticmethod
    def _words(reason: str, match: Match) -> str:
        said = match.explanation
        if match.confidence:
            said = _("organisation : {explanation} (confiance {percent} %)").format(
                explanation=match.explanation, percent=round(match.confidence * 100)
            )
        return f"{reason} ; {said}" if reason else said
