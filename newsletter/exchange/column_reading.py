"""How one column of a table of people is read, and all of them: values, with what a user may say of a column."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from newsletter.exchange.consent_columns import ColumnSense
from newsletter.exchange.consent_words import (
    Standing,
)
from newsletter.exchange.person_names import name_order

CHOICES: Mapping[str, ColumnSense] = {
    "status": ColumnSense("status", known=True),
    "stop": ColumnSense("stop", known=True),
    "consent": ColumnSense("consent", known=True),
    "confirmed": ColumnSense("consent", "pending", known=True),
    "keep": ColumnSense("none", known=True),
    "ignore": ColumnSense("none", known=True),
}
"""What a person may say of a column: how it speaks of writing to people, or that it does not (keep, ignore)."""

COLUMN_CHOICES = (
    "email",
    "first_name",
    "last_name",
    "full_name",
    "organisation",
    "role",
    "phone",
    "consent_date",
    "departement",
    "siren",
    "insee",
    *CHOICES,
)
"""Everything that a column may be read as, in the order of a list to choose from."""

FIELD = "field:"
"""Before the key of a custom field: what a column is read as, and what it is then called."""

_READ_NAMES = re.compile(
    r"(email|first_name|last_name|full_name|organisation|role|function|phone|consent_date|civilite|departement|dept|dep|"
    r"dpt|siren|siret|n_siren|insee|code_insee|code_postal|cp)(_\d+)?"
)


class ColumnReading(NamedTuple):
    """How one column is read.

    `name` is the canonical name or the slug of the header, `samples` are up to three different values, `question` is
    why the import stops, or "". `blank` is what an empty cell means, `letters` that the values are `LETTERS`.
    """

    at: int
    header: str
    name: str
    sense: ColumnSense
    samples: tuple[str, ...] = ()
    filled: int = 0
    question: str = ""
    blank: Standing = ""
    letters: bool = False
    choice: str = ""

    @property
    def speaks(self) -> bool:
        """Tell whether the column may say that somebody must not be written to."""
        return self.sense.sense not in ("none", "name")

    @property
    def meaning(self) -> str:
        """What the column is read as: a key of `COLUMN_CHOICES`, or "" for one that is not read."""
        if self.choice:
            return self.choice
        sense = self.sense.sense
        if sense in ("status", "stop", "count", "lists"):
            return "stop" if sense == "count" else "status" if sense == "lists" else sense
        if sense == "consent":
            return "confirmed" if self.sense.standing == "pending" else "consent"
        if name_order(self.header) is not None:
            return "full_name"
        found = _READ_NAMES.fullmatch(self.name)
        return (
            {"function": "role", "civilite": "", "siret": "siren", "n_siren": "siren", "code_insee": "insee"}.get(
                found[1], found[1] if found[1] in COLUMN_CHOICES else "departement"
            )
            if found
            else ""
        )

    def to_json(self) -> dict[str, object]:
        """Return the column as it stands in the JSON document of an import."""
        return {
            "column": self.header,
            "read_as": self.name,
            "meaning": self.meaning,
            "values": list(self.samples),
            "question": self.question,
        }


@dataclass(frozen=True, slots=True)
class Reading:
    """How all columns of one table are read."""

    columns: tuple[ColumnReading, ...]

    @property
    def questions(self) -> tuple[ColumnReading, ...]:
        """The columns that must be answered for before anything is imported."""
        return tuple(column for column in self.columns if column.question)

    @property
    def speaking(self) -> tuple[ColumnReading, ...]:
        """The columns that may say that a person must not be written to."""
        return tuple(column for column in self.columns if column.speaks)

    @property
    def decides(self) -> bool:
        """Tell whether some column that is filled is there to say who may be written to."""
        return any(one.sense.sense in ("status", "stop", "consent", "count") and one.filled for one in self.columns)

    @property
    def stop_reason(self) -> str:
        """The sentence that stops the import, or ""."""
        return " ; ".join(column.question for column in self.questions)

    def named(self, names: Iterable[str]) -> tuple[int, ...]:
        """Return the positions of the name columns (of people, organisations) among `names`."""
        wanted = set(names)
        return tuple(one.at for one in self.columns if one.sense.sense == "name" and one.name in wanted)


NOTHING_READ = Reading(())
