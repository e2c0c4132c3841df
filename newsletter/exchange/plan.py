"""What an import would do, row by row, before anything is done: the same value for a dry run and for the real one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, NamedTuple, Protocol

from newsletter.addresses import Address
from newsletter.exchange.column_reading import ColumnReading
from newsletter.exchange.consent_words import Standing
from newsletter.exchange.table import Refusal, Table

Action = Literal["accept", "merge", "suppress", "keep", "reject", "review", "ignore"]
"""accept: a new subscription. merge: the same person again, who may bring missing details. suppress: never to be
mailed. keep: the store knows better, or nothing changes. reject: no address. review: a human decides. ignore: no row
of a person at all."""

State = Literal["active", "pending", "left", "complained", "bounced", "erased", "unknown"]


class KnownState(NamedTuple):
    """What the store knows of an address for one publication.

    `unknown` is a person without a subscription to this publication. `filled` names the details (DETAILS of
    `subscribers`) that no file may replace; `details` has the texts that a file gave before: a fuller one replaces
    them, whichever file comes first (`function` and `role` make one detail, `role`).
    """

    state: State
    filled: frozenset[str] = frozenset()
    details: Mapping[str, str] = MappingProxyType({})


class Lookup(Protocol):
    """What an import asks the store, a batch at a time."""

    def states(self, keys: Sequence[str]) -> Mapping[str, KnownState]:
        """Return the state of each comparison key that is known; the others may be left out."""


class ImportRow(NamedTuple):
    """One record and what would become of it. A named tuple, not a data class: an import makes a million of them.

    `record` counts the records from 1, `line` the physical lines. `email` is the address, or the cell as found when it
    is none. `fields` are the filled cells by column name. `standing` says why an address is suppressed.
    """

    record: int
    line: int
    email: str
    action: Action
    reason: str
    fields: dict[str, str]
    address: Address | None = None
    standing: Standing = ""

    def to_json(self) -> dict[str, object]:
        """Return the row as it stands in the JSON document of an import."""
        return {
            "record": self.record,
            "line": self.line,
            "email": self.email,
            "action": self.action,
            "reason": self.reason,
            "fields": self.fields,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportPlan:
    """The result of an import, or of its rehearsal."""

    file_action: Literal["import", "refuse"]
    reason: str = ""
    encoding: str = ""
    delimiter: str = ""
    rows: int = 0
    counts: Mapping[str, int]
    outcomes: tuple[ImportRow, ...] = ()
    notes: tuple[str, ...] = ()
    columns: tuple[ColumnReading, ...] = ()

    @property
    def questions(self) -> tuple[ColumnReading, ...]:
        """The columns that must be answered for before anything is imported."""
        return tuple(column for column in self.columns if column.question)

    @property
    def unread(self) -> tuple[ColumnReading, ...]:
        """The filled columns that nothing is made of."""
        return tuple(column for column in self.columns if column.filled and not column.meaning)

    def to_json(self) -> dict[str, object]:
        """Return the JSON document of `subscribers import --json`."""
        return {
            "file_action": self.file_action,
            "reason": self.reason,
            "encoding": self.encoding,
            "delimiter": self.delimiter,
            "rows": self.rows,
            "counts": dict(self.counts),
            "outcomes": [row.to_json() for row in self.outcomes],
            "notes": list(self.notes),
            "columns": [column.to_json() for column in self.columns],
        }


def refused(refusal: Refusal) -> ImportPlan:
    """Return the plan of a file that is not imported at all."""
    columns = refusal.table.read_as.columns if refusal.table else ()
    return ImportPlan(file_action="refuse", reason=refusal.reason, counts={}, columns=columns)


def summary(table: Table, rows: Iterable[ImportRow], keep: int | None = None) -> ImportPlan:
    """Return the plan of `rows`, consuming them; at most `keep` outcomes are kept (None: all), every row is counted."""
    counts: Counter[str] = Counter()
    kept: list[ImportRow] = []
    for row in rows:
        counts[row.action] += 1
        if keep is None or len(kept) < keep:
            kept.append(row)
    return ImportPlan(
        file_action="import",
        encoding=table.encoding,
        delimiter=table.delimiter,
        rows=counts.total(),
        counts=dict(counts),
        outcomes=tuple(kept),
        notes=table.notes,
        columns=table.read_as.columns,
    )
