"""From the records of a table to rows of people: addresses found and put right, names split, consent judged."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from newsletter.addresses import Address, parse_address, parse_mailbox
from newsletter.errors import AddressError
from newsletter.exchange.address_repair import repair_address
from newsletter.exchange.consent_words import STOPPED
from newsletter.exchange.departements import departement_code
from newsletter.exchange.keyset import KeySet
from newsletter.exchange.person_names import Order, name_order, split_name
from newsletter.exchange.plan import Action, ImportRow
from newsletter.exchange.provenance import file_standing
from newsletter.exchange.records import Record
from newsletter.exchange.row_judge import RowJudge, Said
from newsletter.exchange.table import Table
from newsletter.exchange.values import clean, fold, iso_date
from newsletter.i18n import _

_NO_PERSON = re.compile(
    r"(sous )?totaux?\b|(sous )?total\b|nombre d|somme\b|export\w* (le|du|on)\b|genere\w* le\b|source\b"
)
_CURLY = re.compile("[’‘ʼ]")
_Found = tuple[str, Address]


class RowReader:
    """Reads the records of one table; `accept` is provisional, every other action is final."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._columns = table.columns
        self._folded = [fold(header) for header in table.headers]
        self._emails = [at for at, name in enumerate(table.columns) if re.fullmatch(r"email(_\d+)?", name)]
        self._first = self._emails[0]
        self._judge = RowJudge(table.read_as)
        self._everybody = file_standing(table.name, has_status=table.read_as.decides) or table.standing
        self._speaks = bool(self._everybody or self._judge.may_speak or table.stop_lists)
        self._headless = not any(table.headers)
        self._dated = "consent_date" in table.columns
        self._orders: list[tuple[int, Order]] = [
            (at, name_order(header) or "")
            for at, (header, name) in enumerate(zip(table.headers, table.columns, strict=True))
            if name == "full_name" or name_order(header) is not None
        ]
        self._phones = [name for name in table.columns if re.fullmatch(r"phone(_\d+)?", name)]
        self._departement = [name for name in table.columns if name in ("departement", "dept", "dep", "dpt")]

    def rows(self) -> Iterator[ImportRow]:
        """Yield the rows of the table, then those of the sheets that list people who left."""
        number = 0
        for number, record in enumerate(self._table, 1):
            yield from self.read(number, record)
        for stop in self._table.stop_lists:
            reader, first = RowReader(stop), number + 1
            for number, record in enumerate(stop, first):
                yield from reader.read(number, record)

    def stopped(self) -> KeySet:
        """Return the keys of the addresses that some row of the table says must not be mailed."""
        found = KeySet()
        if not self._speaks or self._everybody:
            return found
        for record in self._table:
            if self._judge.judge(record.cells).standing in STOPPED:
                for row in self.read(0, record):
                    if row.address:
                        found.add(row.address.key)
        for stop in self._table.stop_lists:
            reader = RowReader(stop)
            for record in stop:
                for row in reader.read(0, record):
                    if row.address and row.standing in STOPPED:
                        found.add(row.address.key)
        return found

    def read(self, number: int, record: Record) -> list[ImportRow]:
        """Return the outcomes of a record as far as they can be told from the record alone: one a person."""
        line, cells, doubt = record
        try:
            found: _Found = "", parse_address(cells[self._first])
        except (AddressError, IndexError):
            try:
                found = parse_mailbox(self._email(cells))
            except AddressError as error:
                return self._repaired(number, record, error)
        if not found[1].text.isascii() and _CURLY.search(found[1].local):
            return self._repaired(number, record, AddressError(""))
        pasted = len(cells) > len(self._columns) and self._nothing_else(cells)
        others = self._others(number, line, cells, found[1]) if self._headless or pasted else []
        return [self._row(number, line, cells[: len(self._columns)] if pasted else cells, found, doubt), *others]

    def _row(
        self,
        number: int,
        line: int,
        cells: list[str],
        found: _Found,
        doubt: str,
        note: str = "",
        *,
        further: bool = False,
    ) -> ImportRow:
        """Return the row of one person whose address was found; a `further` one owns no other cell."""
        name, address = found
        fields = {} if further else self._fields(cells)
        fields["email"] = address.text
        self._normalise(fields, [] if further else cells, name)
        said = self._said(cells)
        if said.standing in ("unclear", "pending") or len(cells) > len(self._columns):
            doubt = doubt or self._doubt(cells, said)
        if said.standing in STOPPED:
            return ImportRow(number, line, address.text, "accept", self._because(said), fields, address, said.standing)
        if doubt:
            return ImportRow(number, line, address.text, "review", doubt, fields, address, said.standing)
        note = note or (_("le nom écrit devant l’adresse a été séparé") if name else "")
        return ImportRow(number, line, address.text, "accept", note, fields, address)

    def _repaired(self, number: int, record: Record, error: AddressError) -> list[ImportRow]:
        """Return the rows of a record whose address cell is no address as it stands."""
        line, cells, doubt = record
        text = self._email(cells)
        repair = repair_address(text) if "@" in text or re.search(r"\bat\b|arobase", text, re.IGNORECASE) else None
        if repair is None:
            others = self._others(number, line, cells, None) if self._headless else []
            if others:
                return others
            action, reason = self._no_address(cells, error)
            return [ImportRow(number, line, clean(text), action, reason, self._fields(cells))]
        alone = len(repair.addresses) > 1 and self._nothing_else(cells)
        certain = repair.certain or alone
        rows = []
        for found in zip(repair.names, repair.addresses, strict=True):
            row = self._row(number, line, cells, found, doubt or ("" if certain else repair.note), repair.note)
            row.fields.setdefault("email_as_found", clean(text))
            rows.append(row)
        return rows

    def _others(self, number: int, line: int, cells: list[str], first: Address | None) -> list[ImportRow]:
        """Return the rows of further addresses on a line without header: several addresses are several people."""
        rows: list[ImportRow] = []
        seen = {first.key} if first else set()
        for cell in cells:
            for found in _addresses_in(cell):
                if found[1].key in seen:
                    continue
                seen.add(found[1].key)
                doubt = "" if self._nothing_else(cells) else _("une autre adresse de la même ligne")
                own = cells[: len(self._columns)] if not doubt else cells
                rows.append(self._row(number, line, own, found, doubt, further=True))
        return rows

    def _nothing_else(self, cells: Sequence[str]) -> bool:
        """Tell whether a record holds addresses and nothing else."""
        return all("@" in cell or not cell.strip() for cell in cells)

    def _email(self, cells: list[str]) -> str:
        """Return the first filled cell of the address columns."""
        return next((cells[at] for at in self._emails if at < len(cells) and cells[at].strip()), "")

    def _fields(self, cells: list[str]) -> dict[str, str]:
        fields = {name: text for name, cell in zip(self._columns, cells, strict=False) if (text := cell.strip())}
        if "".join(cells).isprintable():
            return fields
        return {name: text for name, cell in fields.items() if (text := clean(cell))}

    def _normalise(self, fields: dict[str, str], cells: Sequence[str], name: str) -> None:
        """Put dates, names, telephone numbers and départements in their usual form."""
        if self._dated:
            _date_consent(fields)
        for column in self._phones:
            if column in fields:
                fields[column] = french_phone(fields[column])
        for column in self._departement:
            if code := departement_code(fields.get(column, "")):
                fields[column] = code
        if not fields.keys() & {"first_name", "last_name"}:
            for at, order in self._orders:
                if at < len(cells) and cells[at].strip():
                    _take_name(fields, *split_name(clean(cells[at]), order))
                    break
        if name:
            fields.setdefault("name", clean(name))
            if not fields.keys() & {"first_name", "last_name"}:
                _take_name(fields, *split_name(clean(name)))

    def _said(self, cells: Sequence[str]) -> Said:
        if self._everybody:
            return Said(self._everybody)
        return self._judge.judge(cells)

    def _doubt(self, cells: list[str], said: Said) -> str:
        """Return why a human should look at the row, or ""."""
        if said.standing == "pending":
            return _("n’a pas confirmé son inscription selon le fichier ({cell})").format(cell=_cell(said))
        if said.standing == "unclear" and said.blank:
            return _("la colonne « {header} » ne dit rien de cette personne").format(header=said.header)
        if said.standing == "unclear":
            return _("statut inconnu : {cell}").format(cell=_cell(said))
        if len(cells) > len(self._columns) and any(cell.strip() for cell in cells[len(self._columns) :]):
            return _("la ligne a plus de cellules que l’en-tête : elles sont peut-être décalées")
        return ""

    def _because(self, said: Said) -> str:
        """Return the cell that says no; the plain status column needs no mention."""
        at = self._table.headers.index(said.header) if said.header in self._table.headers else -1
        return "" if at >= 0 and self._columns[at] == "status" else _cell(said)

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


def french_phone(text: str) -> str:
    """Return a telephone number with the first 0 that a spreadsheet took from it: `612345687` is `0612345687`."""
    digits = re.sub(r"[\s.]", "", text)
    return f"0{digits}" if re.fullmatch(r"[1-9]\d{8}", digits) else text


def _addresses_in(cell: str) -> list[_Found]:
    if "@" not in cell:
        return []
    try:
        return [parse_mailbox(cell)]
    except AddressError:
        repair = repair_address(cell)
    return list(zip(repair.names, repair.addresses, strict=True)) if repair else []


def _take_name(fields: dict[str, str], first: str, last: str, civility: str) -> None:
    for column, text in (("first_name", first), ("last_name", last), ("civilite", civility)):
        if text:
            fields.setdefault(column, text)


def _cell(said: Said) -> str:
    """Return the cell that speaks, as people read it: « Statut » : Désinscrit."""
    return f"« {said.header} » : {said.value[:60]}" if said.header else said.value[:60]


def _date_consent(fields: dict[str, str]) -> None:
    """Put the consent date in ISO form; one that cannot be read is kept beside it, as found."""
    found = fields.pop("consent_date", "")
    if moment := iso_date(found):
        fields["consent_date"] = moment
    elif found:
        fields["consent_date_as_found"] = found
