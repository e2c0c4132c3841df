"""How the columns of a table of people are read: what each says of writing to a person, and what must be asked first.

A column that looks like a status, by its header or by its values, and is not understood stops the import with a
question. In a column that is understood, an unknown value sends its row to review: it is never a consent.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from newsletter.exchange.columns import SUBSCRIBERS
from newsletter.exchange.consent_columns import ColumnSense, sense_of
from newsletter.exchange.consent_words import (
    LETTERS,
    STOPPED,
    Standing,
    answer,
    is_bare_yes,
    is_number,
    is_other_state,
    is_state_word,
    name_standing,
    text_standing,
    word_standing,
)
from newsletter.exchange.records import Record
from newsletter.exchange.values import clean, fold
from newsletter.i18n import _

_SAMPLE = 20_000  # records in which a column shows what it is; later rows are still judged one by one
_MOST_VALUES = 200  # distinct values kept of a column
_FEW = 12  # a column of states has few values
_MANY_BOUNCES = 5  # Odoo and phpList stop writing after five bounces in a row
_GRAVITY: Mapping[Standing, int] = {"": 0, "unclear": 1, "pending": 2, "left": 3, "bounced": 4, "complained": 5}
_NOTES = re.compile(
    r"\b(remarques?|notes?|comment\w*|observations?|memo|infos?|informations?|tags?|labels?|categor\w*|groupes?|groups?|"
    r"historique|details?|description|divers|motifs?|etiquettes?|segments?)\b"
)
_ADDRESS = re.compile(r"\b(city|zip|postal|postcode|country|street|address|ville|code postal|pays|rue|adresse)\b")
_SPEAKS = re.compile(
    r"d[eé]s(?:abonn|inscri)|unsub|npai|ne (?:plus|pas|souhaite)|opt.?out|black|block|bounc|liste noire|do not",
    re.IGNORECASE,
)

CHOICES: Mapping[str, ColumnSense] = {
    "status": ColumnSense("status", known=True),
    "stop": ColumnSense("stop", known=True),
    "consent": ColumnSense("consent", known=True),
    "confirmed": ColumnSense("consent", "pending", known=True),
    "keep": ColumnSense("none", known=True),
    "ignore": ColumnSense("none", known=True),
}
"""What a person may say of a column: how it speaks of writing to people, or that it does not (keep, ignore)."""


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

    def to_json(self) -> dict[str, object]:
        """Return the column as it stands in the JSON document of an import."""
        return {
            "column": self.header,
            "read_as": self.name,
            "meaning": self.sense.sense if self.sense.sense not in ("text", "name", "none") else "",
            "values": list(self.samples),
            "question": self.question,
        }


class Said(NamedTuple):
    """What a row says of writing to its person, and by which cell of which column."""

    standing: Standing = ""
    header: str = ""
    value: str = ""
    blank: bool = False


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


def read_columns(
    headers: Sequence[str], names: Sequence[str], records: Iterable[Record], choices: Mapping[str, str] | None = None
) -> Reading:
    """Return how each column is read, from its header, its values in the first records, and the user's `choices`.

    `choices` maps a folded header to a key of `CHOICES` or a canonical name. The header alone decides for columns that
    never speak of mail, so that a plain list of names is not read a second time.
    """
    chosen = {fold(header): choice for header, choice in (choices or {}).items()}
    senses = [_first_sense(header, name, chosen) for header, name in zip(headers, names, strict=True)]
    counters = [Counter[str]() for _header in headers]
    for record in islice(records, _SAMPLE):
        for counter, cell in zip(counters, record.cells, strict=False):
            text = cell.strip()
            if text and (len(counter) < _MOST_VALUES or text in counter):
                counter[text] += 1
            elif not text:
                counter[""] += 1
    has_address = any(_ADDRESS.search(fold(header)) for header in headers)
    return Reading(
        tuple(
            _settle(
                ColumnReading(at, header, name, sense, choice=chosen.get(fold(header), "")),
                counter,
                has_address=has_address,
            )
            for at, (header, name, sense, counter) in enumerate(zip(headers, names, senses, counters, strict=True))
        )
    )


def chosen_columns(headers: Sequence[str], names: Sequence[str], choices: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names of the columns with the user's choices in place; each name stays there once."""
    chosen = {fold(header): choice for header, choice in choices.items() if choice not in CHOICES}
    if not chosen:
        return tuple(names)
    wanted = {at: chosen[fold(h)] for at, h in enumerate(headers) if chosen.get(fold(h))}
    taken: set[str] = set()
    result: list[str] = []
    for at, name in enumerate(names):
        new = wanted.get(at, "")
        if not new:
            new = f"{name}_as_found" if name in wanted.values() else name
        while new in taken:
            new = f"{new}_2"
        taken.add(new)
        result.append(new)
    return tuple(result)


def _first_sense(header: str, name: str, chosen: Mapping[str, str]) -> ColumnSense:
    choice = chosen.get(fold(header), "")
    if choice in CHOICES:
        return CHOICES[choice]
    if choice or name == SUBSCRIBERS.required:
        return ColumnSense("name", known=True)
    return sense_of(header)


def _settle(column: ColumnReading, counter: Counter[str], *, has_address: bool) -> ColumnReading:
    """Return the column as its values make it."""
    blanks = counter.pop("", 0)
    values = list(counter)
    samples = tuple(clean(value)[:60] for value, _count in counter.most_common(3))
    column = column._replace(samples=samples, filled=sum(counter.values()))
    if column.sense.sense in ("none", "name", "lists", "count") or not values:
        return column
    settle = {"status": _status, "stop": _stop, "consent": _consent, "text": _text}[column.sense.sense]
    column = settle(column, values)
    if column.sense.weak and column.sense.sense == "status" and has_address and not any(map(is_state_word, values)):
        column = column._replace(sense=ColumnSense("text"), question="")
    return _blanks(column, values) if blanks else column


def _status(column: ColumnReading, values: Sequence[str]) -> ColumnReading:
    if set(values) <= LETTERS.keys() and len(values) > 1:
        return column._replace(letters=True)
    if column.sense.weak and not any(map(is_state_word, values)):
        return column._replace(question=_question(column, values))
    if column.choice:
        return column
    if all(map(is_other_state, values)):
        return column._replace(sense=ColumnSense("text"))
    if not any(map(_understood, values)):
        return column._replace(question=_question(column, values))
    return column


def _stop(column: ColumnReading, values: Sequence[str]) -> ColumnReading:
    if not column.sense.weak or all(answer(value) or is_state_word(value) for value in values):
        return column
    if any(answer(value) in ("yes", "no") or is_state_word(value) for value in values):
        return column
    return column._replace(question=_question(column, values))


def _consent(column: ColumnReading, values: Sequence[str]) -> ColumnReading:
    if column.sense.weak and not column.sense.known:
        telling = any(answer(value) in ("yes", "no") or _says_no(value) for value in values)
        return column if telling else column._replace(sense=ColumnSense("text"))
    if column.choice or any(map(_understood, values)):
        return column
    return column._replace(question=_question(column, values))


def _text(column: ColumnReading, values: Sequence[str]) -> ColumnReading:
    """Judge by its values a column whose header means nothing: does it hold states of subscribers?"""
    if len(values) > _FEW or _NOTES.search(fold(column.header)) or column.choice:
        return column
    states = [value for value in values if is_state_word(value)]
    if 2 * len(states) <= len(values) or not any(_says_no(value) for value in states):
        return column
    if any(text_standing(value) for value in values):
        return column._replace(sense=ColumnSense("status"))
    other_kind = sense_of(f"statut {column.header}").sense == "text"
    return column if other_kind else column._replace(question=_question(column, values))


def _blanks(column: ColumnReading, values: Sequence[str]) -> ColumnReading:
    """Say what an empty cell means: nothing, unless the filled ones are the people who agreed."""
    sense = column.sense.sense
    agreed = sense == "consent" and any(answer(v) in ("yes", "no") or not word_standing(v) for v in values)
    dated = sense == "consent" and column.sense.standing == "pending"
    return column._replace(blank="unclear") if agreed or dated else column


def _understood(value: str) -> bool:
    return bool(answer(value)) or word_standing(value) != "unclear"


def _says_no(value: str) -> bool:
    return not is_number(value) and word_standing(value) in STOPPED | {"pending"}


def _question(column: ColumnReading, values: Sequence[str]) -> str:
    shown = ", ".join(f"« {clean(value)[:40]} »" for value in values[:3])
    sentence = _(
        "la colonne « {header} » ressemble à un statut d’abonnement et n’est pas comprise ({values}) : "
        "dites ce qu’elle veut dire"
    )
    return sentence.format(header=column.header or column.at + 1, values=shown)


NOTHING_READ = Reading(())


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
        if not _SPEAKS.search("\n".join(cells)):
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
