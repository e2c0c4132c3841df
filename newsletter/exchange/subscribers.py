"""From a table to what an import of subscribers would do with each of its rows.

An import never subscribes again somebody who left, complained or was erased, and whoever is unsubscribed on one line
of a file is unsubscribed on all of them, wherever that line stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import count, islice

from newsletter.addresses import Address, parse_address, parse_mailbox, suspect
from newsletter.errors import AddressError
from newsletter.exchange.columns import SUBSCRIBERS
from newsletter.exchange.keyset import KeySet
from newsletter.exchange.plan import Action, ImportRow, KnownState, Lookup, State
from newsletter.exchange.records import Record
from newsletter.exchange.statuses import Standing, flagged, is_flag, of_file, standing
from newsletter.exchange.table import Table
from newsletter.exchange.titles import fuller_title, title
from newsletter.exchange.values import clean, fold, fuller, iso_date
from newsletter.i18n import _

DETAILS = ("first_name", "last_name", "organisation", "role", "phone")
"""What an import may add to a known person where the store has nothing."""

_BATCH = 500
_FINAL: frozenset[State] = frozenset({"left", "complained", "bounced", "erased"})
# A graver word than the store's counts, a lighter one does not: so that the order of files is of no matter.
_GRAVITY: Mapping[str, int] = {"left": 1, "bounced": 2, "complained": 3, "erased": 4}
_UNKNOWN = KnownState("unknown")
_NO_PERSON = re.compile(
    r"(sous )?totaux?\b|(sous )?total\b|nombre d|somme\b|export\w* (le|du|on)\b|genere\w* le\b|source\b"
)


def plan_subscribers(table: Table, publication: str, known: Lookup) -> Iterator[ImportRow]:
    """Yield one outcome for each record of `table`, in order; nothing is changed.

    `publication` is the title used in reasons. The table is read twice if it has statuses. `known` is asked in batches,
    just before their rows are yielded, so a caller may write as it goes.
    """
    reader = _Reader(table)
    stopped, seen = reader.stopped() or None, KeySet()
    rows = map(reader.read, count(1), table)
    while batch := list(islice(rows, _BATCH)):
        keys = [row.address.key for row in batch if row.address]
        states = known.states(keys) if keys else {}
        for row in batch:
            if row.action in ("accept", "review") and row.address:
                yield _decide(row, row.address, publication, states.get(row.address.key, _UNKNOWN), seen, stopped)
            else:
                yield row


class _Reader:
    """Reads the records of one table one by one; `accept` is provisional, every other action is final."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._columns = table.columns
        self._folded = [fold(header) for header in table.headers]
        named = [at for at, header in enumerate(table.headers) if SUBSCRIBERS.name(header) == "email"]
        self._emails = sorted({table.columns.index("email"), *named})
        self._first = self._emails[0]
        self._status = table.columns.index("status") if "status" in table.columns else -1
        self._flags = [(at, header) for at, header in enumerate(table.headers) if is_flag(header)]
        self._dated = "consent_date" in table.columns
        self._everybody = of_file(table.name)
        self._speaks = bool(self._everybody or self._flags or self._status >= 0)

    def stopped(self) -> KeySet:
        """Return the keys of the addresses that some row of the table says must not be mailed."""
        found = KeySet()
        if not self._speaks or self._everybody:
            return found
        for record in self._table:
            if self._standing(record.cells) not in ("", "unclear") and (address := self.read(0, record).address):
                found.add(address.key)
        return found

    def read(self, number: int, record: Record) -> ImportRow:
        """Return the outcome of a record as far as it can be told from the record alone."""
        line, cells, doubt = record
        name = ""
        try:
            address = parse_address(cells[self._first])
        except (AddressError, IndexError):
            try:
                name, address = parse_mailbox(self._email(cells))
            except AddressError as error:
                action, reason = self._no_address(cells, error)
                return ImportRow(number, line, clean(self._email(cells)), action, reason, self._fields(cells))
        fields = self._fields(cells)
        fields["email"] = address.text
        if self._dated:
            _date_consent(fields)
        if name:
            fields.setdefault("name", clean(name))
            if not fields.keys() & {"first_name", "last_name"}:
                fields["last_name"] = clean(name)
        says = self._standing(cells) if self._speaks else ""
        if says == "unclear" or len(cells) > len(self._columns):
            doubt = doubt or self._doubt(cells, says)
        if doubt:
            return ImportRow(number, line, address.text, "review", doubt, fields, address, says)
        note = _("le nom écrit devant l’adresse a été séparé") if name else ""
        return ImportRow(number, line, address.text, "accept", note, fields, address, says)

    def _email(self, cells: list[str]) -> str:
        """Return the first filled cell of the address columns."""
        return next((cells[at] for at in self._emails if at < len(cells) and cells[at].strip()), "")

    def _fields(self, cells: list[str]) -> dict[str, str]:
        fields = {name: text for name, cell in zip(self._columns, cells, strict=False) if (text := cell.strip())}
        if "".join(cells).isprintable():
            return fields
        return {name: text for name, cell in fields.items() if (text := clean(cell))}

    def _standing(self, cells: list[str]) -> Standing:
        if self._everybody:
            return self._everybody
        says = standing(cells[self._status]) if -1 < self._status < len(cells) else ""
        for at, header in self._flags:
            if at < len(cells) and says in ("", "unclear"):
                says = flagged(header, cells[at]) or says
        return says

    def _doubt(self, cells: list[str], says: Standing) -> str:
        """Return why a human should look at the row, or ""."""
        if says == "unclear":
            return _("statut inconnu : « {status} »").format(status=clean(cells[self._status]))
        if len(cells) > len(self._columns) and any(cell.strip() for cell in cells[len(self._columns) :]):
            return _("la ligne a plus de cellules que l’en-tête : elles sont peut-être décalées")
        return ""

    def _no_address(self, cells: list[str], error: AddressError) -> tuple[Action, str]:
        filled = [text for cell in cells if (text := clean(cell))]
        if not filled:
            return "ignore", _("ligne vide")
        if [fold(cell) for cell in cells] == self._folded:
            return "ignore", _("en-tête répété")
        nobody = not any("@" in text for text in filled)
        if filled[0].startswith(("#", "//")) and (nobody or len(filled) == 1):
            return "ignore", _("commentaire")
        if nobody and _NO_PERSON.match(fold(filled[0])):
            return "ignore", _("ligne de total ou de pied de tableau")
        return "reject", error.what


def _decide(
    row: ImportRow, address: Address, publication: str, known: KnownState, seen: KeySet, stopped: KeySet | None
) -> ImportRow:
    """Return the final outcome of a row with an address, by what the store and the rest of the file say."""
    says: Standing = "" if row.standing == "unclear" else row.standing
    if not says and stopped is not None and address.key in stopped:
        says = "left"
    if says and _GRAVITY[says] > _GRAVITY.get(known.state, 0):
        return row._replace(action="suppress", reason=_why_suppressed(row.standing), standing=says)
    if known.state in _FINAL:
        return row._replace(action="keep", reason=_kept(known, publication))
    if row.action == "review":
        return row
    doubt = suspect(address) if known.state == "unknown" else None
    if doubt:
        return row._replace(action="review", reason=doubt)
    if not seen.add(address.key):
        return row._replace(action="merge", reason=_("la même personne est déjà plus haut dans le fichier"))
    if known.state == "unknown":
        return row
    if _brings(row.fields, known):
        return row._replace(action="merge", reason=_("déjà connue : complète les renseignements manquants"))
    return row._replace(action="keep", reason=_nothing_new(known, publication))


def _brings(fields: Mapping[str, str], known: KnownState) -> bool:
    """Tell whether a row has a detail that the store lacks, or has in fewer words from another file."""
    names = [name for name in DETAILS if name not in known.filled and name in fields]
    if not known.details or "organisation" in names:
        return bool(names)
    plain = (name for name in names if name != "role")
    if any(fuller(fields[name], known.details.get(name, "")) for name in plain):
        return True
    ours = known.details.get("function", ""), known.details.get("role", "")
    return "role" in names and fuller_title(title(fields), ours)


def _kept(known: KnownState, publication: str) -> str:
    """Return why the store's word stands, whatever the file says."""
    reasons: Mapping[State, str] = {
        "left": _("s’est désabonnée de « {publication} » : un import ne réabonne jamais"),
        "complained": _("a signalé nos envois comme indésirables : un import ne réabonne jamais"),
        "bounced": _("les envois à cette adresse sont revenus en erreur : un import ne la réactive jamais"),
        "erased": _("a demandé l’effacement de ses données : un import ne réabonne jamais"),
    }
    return reasons[known.state].format(publication=publication)


def _nothing_new(known: KnownState, publication: str) -> str:
    if known.state == "pending":
        return _("attend la confirmation de son abonnement à « {publication} »").format(publication=publication)
    return _("déjà abonnée à « {publication} » : rien à changer").format(publication=publication)


def _why_suppressed(says: Standing) -> str:
    return {
        "left": _("désabonnée selon le fichier"),
        "bounced": _("adresse en erreur selon le fichier"),
        "complained": _("plainte pour courrier indésirable selon le fichier"),
    }.get(says, _("désabonnée à une autre ligne du fichier"))


def _date_consent(fields: dict[str, str]) -> None:
    """Put the consent date in ISO form; one that cannot be read is kept beside it, as found."""
    found = fields.pop("consent_date", "")
    if moment := iso_date(found):
        fields["consent_date"] = moment
    elif found:
        fields["consent_date_as_found"] = found
