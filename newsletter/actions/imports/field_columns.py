"""The columns of a file of people that fill custom fields: each cell checked by the kind of its field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy.engine import Connection

from newsletter.actions.people.custom_fields import parse_values
from newsletter.actions.workspace import Workspace
from newsletter.errors import Refused
from newsletter.exchange.column_reading import COLUMN_CHOICES, FIELD
from newsletter.exchange.plan import ImportRow
from newsletter.exchange.table import Table
from newsletter.i18n import Sentence, _
from newsletter.store.people import custom_fields
from newsletter.store.people.custom_fields import CustomField

FieldValues = Mapping[str, Sequence[str]]
_BETWEEN = "; "


def field_choices(workspace: Workspace) -> dict[str, str]:
    """Return what a column may be read as beside `COLUMN_CHOICES`: the fields of people, each with its label."""
    with workspace.database.read() as connection:
        return {FIELD + field.key: field.label for field in custom_fields.list_fields(connection, "person")}


def check_choices(workspace: Workspace, choices: Mapping[str, str]) -> None:
    """Raise Refused for a choice that is no meaning of a column, and for a field that two columns would fill."""
    known = (*COLUMN_CHOICES, *field_choices(workspace))
    filled: dict[str, str] = {}
    for header, choice in choices.items():
        if choice not in known:
            raise Refused(
                f"`{choice}` is no meaning of a column (`{header}`)",
                hint="known: " + ", ".join(f"`{one}`" for one in known),
                said=Sentence("Choisissez dans la liste ce que veut dire la colonne."),
            )
        if choice.startswith(FIELD) and choice in filled:
            raise Refused(
                f"the columns `{filled[choice]}` and `{header}` would both fill `{choice}`",
                hint="choose it for one of them",
                said=Sentence(
                    "Les colonnes « {one} » et « {other} » rempliraient le même champ. Choisissez l’une des deux.",
                    one=filled[choice],
                    other=header,
                ),
            )
        filled[choice] = header


class FieldColumns:
    """The custom fields that a table fills, by the names of its columns."""

    def __init__(self, connection: Connection, table: Table) -> None:
        fields = {FIELD + field.key: field for field in custom_fields.list_fields(connection, "person")}
        self._fields = {name: fields[name] for name in table.columns if name in fields}
        self._headers = dict(zip(table.columns, table.headers, strict=True))

    def trouble(self, row: ImportRow) -> str:
        """Return what is wrong with a cell, with its line and column, or ""; values get their stored form."""
        for name, field in self._fields.items():
            if name not in row.fields:
                continue
            try:
                row.fields[name] = _BETWEEN.join(parse_values(field, [row.fields[name]]))
            except Refused as error:
                words = _("ligne {line}, colonne « {header} » : {why}")
                return words.format(line=row.line, header=self._headers[name] or name, why=error.told.rstrip("."))
        return ""

    def values_of(self, fields: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
        """Return the values that a row's cells hold, by the key of their field."""
        return {f.key: parse_values(f, [fields[name]]) for name, f in self._fields.items() if fields.get(name)}

    def held(self, connection: Connection, ids: Sequence[int]) -> dict[int, dict[str, str]]:
        """Return what people have in these fields already, as a row's cells would say it."""
        if not self._fields or not ids:
            return {}
        found = custom_fields.values_of_people(connection, ids)
        return {
            number: {FIELD + key: _BETWEEN.join(values) for key, values in theirs.items()}
            for number, theirs in found.items()
        }


def fill_from_review(
    connection: Connection, person_id: int, cells: Mapping[str, str], now: float, actor: str
) -> list[CustomField]:
    """Give a person the fields that a doubtful row held, once it is accepted; a field that is gone is left out."""
    wanted = {name.removeprefix(FIELD): text for name, text in cells.items() if name.startswith(FIELD)}
    fields = [field for field in custom_fields.list_fields(connection, "person") if field.key in wanted]
    for field in fields:
        values = parse_values(field, [wanted[field.key]])
        custom_fields.set_value(connection, field, person_id, values, now, actor)
    return fields
