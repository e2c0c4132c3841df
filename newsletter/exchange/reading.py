"""How the columns of a table of people are read: what each says of writing to a person, and what must be asked first.

A column that looks like a status, by its header or by its values, and is not understood stops the import with a
question. In a column that is understood, an unknown value sends its row to review: it is never a consent.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice

from newsletter.exchange.column_reading import CHOICES, ColumnReading, Reading
from newsletter.exchange.columns import SUBSCRIBERS
from newsletter.exchange.consent_columns import ColumnSense, sense_of
from newsletter.exchange.consent_texts import text_standing
from newsletter.exchange.consent_words import (
    LETTERS,
    STOPPED,
    answer,
    is_number,
    is_other_state,
    is_state_word,
    word_standing,
)
from newsletter.exchange.records import Record
from newsletter.exchange.values import clean, fold
from newsletter.i18n import _

_SAMPLE = 20_000  # records in which a column shows what it is; later rows are still judged one by one
_MOST_VALUES = 200  # distinct values kept of a column
_FEW = 12  # a column of states has few values
_NOTES = re.compile(
    r"\b(remarques?|notes?|comment\w*|observations?|memo|infos?|informations?|tags?|labels?|categor\w*|groupes?|groups?|"
    r"historique|details?|description|divers|motifs?|etiquettes?|segments?)\b"
)
_ADDRESS = re.compile(r"\b(city|zip|postal|postcode|country|street|address|ville|code postal|pays|rue|adresse)\b")


def read_columns(
    headers: Sequence[str], names: Sequence[str], records: Iterable[Record], choices: Mapping[str, str] | None = None
) -> Reading:
    """Return how each column is read, from its header, its values in the first records, and the user's `choices`.

    `choices` maps a folded header to a key of `CHOICES` or a canonical name. The header alone decides for columns that
    never speak of mail, so that a plain list of names is not read a second time.
    """
    chosen = {fold(header): choice for header, choice in (choices or {}).items()}
    choice_of = [_choice(chosen, header, at) for at, header in enumerate(headers)]
    senses = [_first_sense(*column) for column in zip(headers, names, choice_of, strict=True)]
    if "organisation" in names:  # « Actif » may be said of the organisation
        senses = [
            sense._replace(standing="unclear") if fold(header) in ("actif", "active", "inactif", "inactive") else sense
            for header, sense in zip(headers, senses, strict=True)
        ]
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
                ColumnReading(at, header, name, sense, choice=_choice(chosen, header, at)),
                counter,
                has_address=has_address,
            )
            for at, (header, name, sense, counter) in enumerate(zip(headers, names, senses, counters, strict=True))
        )
    )


def shape_of(headers: Sequence[str]) -> str:
    """Return the shape of a table by its headers: files of one shape are read in one way."""
    return hashlib.sha256("\n".join(map(fold, headers)).encode()).hexdigest()[:24]


def chosen_columns(headers: Sequence[str], names: Sequence[str], choices: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names of the columns with the user's choices in place; each name stays there once."""
    chosen = {fold(header): choice for header, choice in choices.items() if choice not in CHOICES}
    if not chosen:
        return tuple(names)
    wanted = {at: choice for at, header in enumerate(headers) if (choice := _choice(chosen, header, at))}
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


def _choice(chosen: Mapping[str, str], header: str, at: int) -> str:
    """Return what the user said of a column; one without header is named by its place (`#2`)."""
    return chosen.get(fold(header) or str(at), "")


def _first_sense(header: str, name: str, choice: str) -> ColumnSense:
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
        if all(answer(value) in ("yes", "no") for value in values):
            return column
        return column._replace(question=_question(column, values))
    if column.choice:
        return column
    if not any(map(_understood, values)):
        if 2 * sum(map(is_other_state, values)) >= len(values):
            return column._replace(sense=ColumnSense("text"))
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
    if any(text_standing(value) in STOPPED | {"pending"} for value in values):
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
