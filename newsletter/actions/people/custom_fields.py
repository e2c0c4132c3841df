"""Custom fields: defined by the network, filled by hand or from a file, each value with its history."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from newsletter import addresses
from newsletter.actions.workspace import Workspace
from newsletter.errors import AddressError, NotFound, Refused
from newsletter.exchange.columns import ORGANISATIONS, SUBSCRIBERS
from newsletter.exchange.table import Refusal, Table, read_table
from newsletter.folding import search_key
from newsletter.french import slugify
from newsletter.i18n import Sentence, _
from newsletter.store.people import custom_fields, organisations, people
from newsletter.store.people.custom_fields import CustomField, FieldSpan

KINDS = ("text", "number", "date", "choice", "choices")
_LONGEST, _MOST_CHOICES = 500, 100


@dataclass(frozen=True, slots=True)
class FilledField:
    """A field with its values of now."""

    field: CustomField
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldImport:
    """What a file of values did (or would do): rows read, subjects changed, and what was refused, by line."""

    rows: int
    changed: int
    refused: tuple[str, ...]
    not_read: tuple[str, ...]


def list_fields(workspace: Workspace, about: str = "") -> list[CustomField]:
    """Return the fields about people, organisations or both."""
    with workspace.database.read() as connection:
        return custom_fields.list_fields(connection, about)


def save_field(
    workspace: Workspace, about: str, key: str, label: str, kind: str, choices: Sequence[str], by: str
) -> CustomField:
    """Define a field (without `key`) or change its label and choices; Refused for what cannot be a field."""
    label = " ".join(label.split())[:120]
    offered = tuple(dict.fromkeys(" ".join(c.split())[:120] for c in choices if c.strip()))[:_MOST_CHOICES]
    if not label:
        raise Refused(_("Donnez un nom à ce champ."), hint="give a label")
    if about not in ("person", "organisation") or kind not in KINDS:
        raise Refused(_("Choisissez ce que décrit ce champ et sa sorte."), hint=f"known: {', '.join(KINDS)}")
    if kind in ("choice", "choices") and not offered:
        raise Refused(_("Donnez les choix, un par ligne."), hint="give at least one choice")
    made = CustomField(about=about, key=key or slugify(label, 40), label=label, kind=kind, choices=offered)
    with workspace.database.write() as connection:
        if key:
            custom_fields.edit_field(connection, about, key, label, offered)
        else:
            custom_fields.add_field(connection, made, workspace.clock(), by)
        return custom_fields.get_field(connection, about, made.key)


def filled_fields(workspace: Workspace, about: str, subject_id: int) -> list[FilledField]:
    """Return every field with its values for a person or an organisation."""
    with workspace.database.read() as connection:
        values = custom_fields.values_of(connection, about, subject_id)
        return [FilledField(f, values.get(f.key, ())) for f in custom_fields.list_fields(connection, about)]


def field_history(workspace: Workspace, about: str, subject_id: int) -> list[FieldSpan]:
    """Return every value that a subject's fields ever had, the newest first."""
    with workspace.database.read() as connection:
        return custom_fields.value_history(connection, about, subject_id)


def set_values(
    workspace: Workspace, about: str, subject_id: int, given: Mapping[str, Sequence[str]], by: str
) -> list[str]:
    """Set fields by key, all or none; returns the labels of those that changed. NotFound, Refused, naming the field."""
    with workspace.database.write() as connection:
        fields = [(custom_fields.get_field(connection, about, key), values) for key, values in given.items()]
        checked = [(field, parse_values(field, values)) for field, values in fields]
        now = workspace.clock()
        return [
            field.label
            for field, values in checked
            if custom_fields.set_value(connection, field, subject_id, values, now, by)
        ]


def set_person_values(workspace: Workspace, email: str, given: Mapping[str, Sequence[str]], by: str) -> list[str]:
    """Set fields of the person with an address; NotFound, Refused."""
    with workspace.database.read() as connection:
        person = people.by_key(connection, addresses.parse_address(email).key)
    return set_values(workspace, "person", person.id, given, by)


def parse_values(field: CustomField, texts: Sequence[str]) -> tuple[str, ...]:
    """Return the values of a field as stored: a number with a point, a day in ISO form, a choice as it is offered.

    Raises Refused naming the field and what it takes.
    """
    pieces = texts if field.kind != "choices" else [part for text in texts for part in _split_choices(field, text)]
    wanted = [" ".join(text.split()) for text in pieces if text.strip()]
    if field.kind != "choices" and len(wanted) > 1:
        raise _refused(field, wanted[1])
    return tuple(dict.fromkeys(_parsed(field, text) for text in wanted))


def _split_choices(field: CustomField, text: str, signs: str = "\n;,") -> list[str]:
    """Split at line breaks, then semicolons, then commas, but leave a choice whole that holds one of these."""
    if not signs or " ".join(text.split()).casefold() in (choice.casefold() for choice in field.choices):
        return [text]
    return [piece for part in text.split(signs[0]) for piece in _split_choices(field, part, signs[1:])]


def _parsed(field: CustomField, text: str) -> str:
    if field.kind == "number":
        plain = re.sub(r"[\s\u202f\u00a0]", "", text).replace(",", ".")
        if not re.fullmatch(r"-?\d{1,15}(\.\d{1,6})?", plain):
            raise _refused(field, text)
        return plain
    if field.kind == "date":
        match = re.fullmatch(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})", text)
        try:
            return date.fromisoformat(f"{match[3]}-{match[2]:0>2}-{match[1]:0>2}" if match else text).isoformat()
        except ValueError:
            raise _refused(field, text) from None
    if field.kind in ("choice", "choices"):
        found = next((choice for choice in field.choices if search_key(choice) == search_key(text)), None)
        if found is None:
            raise _refused(field, text)
        return found
    if len(text) > _LONGEST:
        raise _refused(field, text[:40])
    return text


def _refused(field: CustomField, text: str) -> Refused:
    takes = {
        "text": Sentence("un texte de {n} signes au plus", n=_LONGEST),
        "number": Sentence("un nombre"),
        "date": Sentence("un jour, comme 31/01/2026"),
        "choice": Sentence("l’un de ces choix : {choices}", choices=", ".join(field.choices)),
        "choices": Sentence("des choix parmi : {choices}", choices=", ".join(field.choices)),
    }[field.kind]
    return Refused(
        f"`{text}` is no value of `{field.about}.{field.key}` ({field.kind})",
        hint=f"known: {', '.join(field.choices)}" if field.choices else f"write a {field.kind}",
        said=Sentence(
            "« {text} » ne convient pas au champ « {label} » : il prend {takes}.",
            text=text,
            label=field.label,
            takes=takes,
        ),
    )


def import_values(workspace: Workspace, path: Path, about: str, by: str, *, dry_run: bool = False) -> FieldImport:
    """Fill fields from a file: a column of addresses (or names of organisations), and one per field, by key or label.

    Nothing is written when a row is refused. A column that is no field is not read, and named; an empty cell changes
    nothing. Raises Refused for a file that is no table or has no column of a field.
    """
    table = read_table(path, vocabulary=SUBSCRIBERS if about == "person" else ORGANISATIONS)
    if isinstance(table, Refusal) and table.table is not None:
        table = table.table  # a question about consent does not matter to fields
    if isinstance(table, Refusal):
        raise Refused(
            f"the file is no table: {table.reason}",
            where=str(path),
            hint="save it as CSV or Excel",
            said=Sentence("Ce fichier ne se lit pas : {reason}.", reason=table.reason),
        )
    with workspace.database.read() as connection:
        fields = custom_fields.list_fields(connection, about)
    by_column = {n: field for n, head in enumerate(table.headers) if (field := _field_of(head, fields))}
    if not by_column:
        raise Refused(
            "no column is called like a field",
            where=str(path),
            hint="known: " + ", ".join(f"`{field.label}`" for field in fields),
            said=Sentence("Aucune colonne ne porte le nom d’un champ."),
        )
    return _import(workspace, table, about, by_column, by, dry_run=dry_run)


def _field_of(head: str, fields: Sequence[CustomField]) -> CustomField | None:
    return next((f for f in fields if search_key(head) in (search_key(f.label), search_key(f.key))), None)


def _import(
    workspace: Workspace, table: Table, about: str, by_column: Mapping[int, CustomField], by: str, *, dry_run: bool
) -> FieldImport:
    key_column = table.columns.index("email" if about == "person" else "name")
    plan: list[tuple[int, CustomField, tuple[str, ...]]] = []
    refused: list[str] = []
    rows = 0
    with workspace.database.write() as connection:
        for record in table:
            if not any(cell.strip() for cell in record.cells):
                continue
            rows += 1
            cells = [*record.cells, *[""] * (len(table.headers) - len(record.cells))]
            try:
                if about == "person":
                    subject = people.by_key(connection, addresses.parse_address(cells[key_column]).key).id
                else:
                    subject = organisations.find_organisation(connection, cells[key_column]).id
                row = [(subject, f, parse_values(f, [cells[n]])) for n, f in by_column.items() if cells[n].strip()]
            except (AddressError, NotFound, Refused) as error:
                refused.append(f"line {record.line}: {error.what}")
                continue
            plan += row
        now, changed = workspace.clock(), set()
        if not dry_run and not refused:
            changed = {s for s, field, v in plan if custom_fields.set_value(connection, field, s, v, now, by)}
        elif dry_run:
            changed = {
                s for s, f, v in plan if set(custom_fields.values_of(connection, about, s).get(f.key, ())) != set(v)
            }
    known = {key_column, *by_column}
    not_read = tuple(head for n, head in enumerate(table.headers) if n not in known)
    return FieldImport(rows=rows, changed=len(changed), refused=tuple(refused), not_read=not_read)
