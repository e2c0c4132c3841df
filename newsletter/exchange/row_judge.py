"""What one row of a table says of writing to its person, by all its columns together."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from newsletter.exchange.column_reading import ColumnReading, Reading
from newsletter.exchange.consent_texts import name_standing, text_standing
from newsletter.exchange.consent_words import (
    LETTERS,
    STOPPED,
    Standing,
    answer,
    is_bare_yes,
    is_number,
    is_other_state,
    is_state_word,
    word_standing,
)
from newsletter.exchange.values import clean

_MANY_BOUNCES = 5  # Odoo and phpList stop writing after five bounces in a row
_GRAVITY: Mapping[Standing, int] = {"": 0, "unclear": 1, "pending": 2, "left": 3, "bounced": 4, "complained": 5}
# What a name that speaks of leaving holds: a look that costs little, since every row of a million has names.
_SPEAKS = (
    "sabonn",
    "sinscri",
    "unsub",
    "npai",
    "ne plus",
    "ne pas",
    "ne souhaite",
    "opt out",
    "opt-out",
    "optout",
    "black",
    "block",
    "bounc",
    "liste noire",
    "do not",
)


class Said(NamedTuple):
    """What a row says of writing to its person, and by which cell of which column."""

    standing: Standing = ""
    header: str = ""
    value: str = ""
    blank: bool = False


class RowJudge:
    """Says of each row whether its person may be written to, by all columns together: the gravest word counts."""

    def __init__(self, reading: Reading) -> None:
        self._columns = reading.speaking
        self._names = reading.named(("first_name", "last_name", "organisation", "role", "phone"))
        self._headers = {column.at: column.header for column in reading.columns}

    @property
    def may_speak(self) -> bool:
        """Tell whether any column can say that a person has left."""
        return bool(self._columns)

    def judge(self, cells: Sequence[str]) -> Said:
        """Return what the cells of one row say."""
        gravest, agreed = Said(), False
        for column in self._columns:
            if column.at >= len(cells):
                continue
            said, yes = _cell(column, cells[column.at])
            agreed = agreed or yes
            if said.standing and _weight(said) > _weight(gravest):
                gravest = said
        if gravest.blank and agreed:
            return Said()
        if not gravest.standing and self._names:
            return self._name(cells)
        return gravest

    def _name(self, cells: Sequence[str]) -> Said:
        text = "\n".join(cells).lower()
        for word in _SPEAKS:
            if word in text:
                break
        else:
            return Said()
        for at in self._names:
            if at < len(cells) and name_standing(cells[at]):
                return Said("unclear", self._headers[at], clean(cells[at]))
        return Said()


def _weight(said: Said) -> int:
    """Return how grave a word is; an unknown value weighs more than an empty cell."""
    return 2 * _GRAVITY[said.standing] - said.blank


def _cell(column: ColumnReading, cell: str) -> tuple[Said, bool]:
    """Return what one cell says, and whether it says expressly that the person may be written to."""
    given = answer(cell)
    if given == "blank":
        return Said(column.blank, column.header, "", blank=True), False
    found = _standing(column, cell)
    return Said(found, column.header, clean(cell)), not found and column.sense.sense in ("status", "consent")


def _standing(column: ColumnReading, cell: str) -> Standing:
    sense = column.sense.sense
    if sense == "text":
        return text_standing(cell)
    if sense == "count":
        return _counted(cell)
    if sense == "stop":
        return _stopped(cell, column.sense.standing)
    if sense == "status":
        if column.letters:
            return LETTERS.get(cell.strip(), "unclear")
        found = word_standing(cell)
        return "" if found == "unclear" and is_other_state(cell) else found
    given = answer(cell)
    if given in ("yes", "date"):
        return ""
    if sense == "lists":
        return column.sense.standing if given == "no" else text_standing(cell)
    return column.sense.standing if given == "no" else word_standing(cell)


def _stopped(cell: str, standing: Standing) -> Standing:
    given = answer(cell)
    if given == "no" or (given == "yes" and not is_bare_yes(cell)):
        return ""
    if not given:
        found = word_standing(cell)
        if found in STOPPED or (not found and is_state_word(cell)):
            return found
    return standing


def _counted(cell: str) -> Standing:
    if not is_number(cell):
        return _stopped(cell, "bounced")
    digits = re.sub(r"\D.*", "", cell.strip())
    return "unclear" if digits and int(digits[:9]) >= _MANY_BOUNCES else ""
