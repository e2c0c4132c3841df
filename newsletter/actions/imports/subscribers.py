"""Bring a file of people in: rehearsed or real by the same steps, in one transaction, undone by its number."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from sqlalchemy.engine import Connection

from newsletter.actions.imports.field_columns import FieldColumns, FieldValues
from newsletter.actions.imports.knowledge import Knowledge
from newsletter.actions.imports.organisation_match import Placing
from newsletter.actions.workspace import Workspace
from newsletter.addresses import Address
from newsletter.errors import ExchangeError, Refused
from newsletter.exchange.columns import SUBSCRIBERS, Vocabulary
from newsletter.exchange.keyset import KeySet
from newsletter.exchange.plan import ImportPlan, ImportRow, refused, summary
from newsletter.exchange.subscribers import plan_subscribers
from newsletter.exchange.table import Refusal, Table, read_table
from newsletter.exchange.titles import title
from newsletter.i18n import Sentence, _
from newsletter.store.engine import bulk
from newsletter.store.imports import reviews, undo
from newsletter.store.imports import writer as stored_writer
from newsletter.store.imports.reviews import Review
from newsletter.store.imports.undo import Import
from newsletter.store.imports.writer import Incoming, Writer
from newsletter.store.journal import Event, dumps, record_event
from newsletter.store.people.people import Consent

BASES = ("consent", "member service", "legitimate interest")
Each = Callable[[ImportRow], None]
_ASK_EVERY = 500


@dataclass(frozen=True, slots=True)
class Source:
    """A file to import: what it was understood to be, its SHA-256, and about how many lines it has."""

    table: Table | Refusal
    digest: str
    lines: int


def open_source(path: Path, vocabulary: Vocabulary = SUBSCRIBERS, choices: Mapping[str, str] | None = None) -> Source:
    """Look at a file of people (or of ORGANISATIONS), changing nothing; ExchangeError when it cannot be opened.

    `choices` maps headers to what they are read as.
    """
    digest, lines = hashlib.sha256(), 0
    try:
        with path.open("rb") as file:
            while piece := file.read(1 << 20):
                digest.update(piece)
                lines += piece.count(b"\n")
    except OSError as error:
        raise ExchangeError(
            f"the file cannot be read: {error.strerror}",
            where=str(path),
            hint="check its name and rights",
            said=Sentence("Le fichier ne peut pas être lu. Choisissez-le de nouveau."),
        ) from error
    return Source(read_table(path, vocabulary=vocabulary, choices=choices), digest.hexdigest(), lines)


def import_subscribers(
    workspace: Workspace,
    source: Source,
    publication: str,
    *,
    by: str,
    dry_run: bool = False,
    basis: str = "",
    wording: str = "",
    each: Each = lambda _row: None,
) -> tuple[ImportPlan, int | None]:
    """Import people into a publication, or with `dry_run` only say what would become of every row.

    `each` gets every outcome as it comes (the plan keeps none: a file may have a million rows). `wording` names the
    version of the text people agreed to. Returns the plan and the import's number (None for a rehearsal or a refused
    file).
    """
    setting = workspace.settings.publication(publication)
    if isinstance(source.table, Refusal):
        return refused(source.table), None
    if basis and basis not in BASES:
        raise Refused(
            f"`{basis}` is no legal basis",
            hint="known: " + ", ".join(f"`{b}`" for b in BASES),
            said=Sentence("Choisissez une base légale de la liste."),
        )
    consent = Consent(basis or setting.basis, "import", by, {"wording": wording} if wording else {})
    with _transactions(workspace, dry_run=dry_run) as (reader, writer):
        now = workspace.clock()
        number = None
        if writer is not None:
            number = undo.begin(
                writer, file_name=source.table.name, digest=source.digest, publication=publication, actor=by, now=now
            )
        fields = FieldColumns(reader, source.table)
        knowledge = Knowledge(reader, publication, workspace.signer.fingerprint, fields)
        placing = Placing(reader)
        read = plan_subscribers(source.table, setting.title, knowledge, fields.trouble)
        rows: Iterator[ImportRow] = (placing.look(row, knowledge.of(row)) for row in read)
        if writer is not None and number is not None:
            kept = frozenset(column.name for column in source.table.read_as.columns if column.choice == "keep")
            rows = _Importer(writer, number, publication, consent, now, knowledge, placing, kept, fields).through(rows)
        plan = summary(source.table, _shown(rows, each), keep=0)
        if writer is not None and number is not None:
            undo.finish(writer, number, plan.counts)
            record_event(
                writer,
                Event(now, "imported", publication=publication, actor=by, detail={"import": number, **plan.counts}),
            )
    return plan, number


def _shown(rows: Iterator[ImportRow], each: Each) -> Iterator[ImportRow]:
    for row in rows:
        each(row)
        yield row


@contextmanager
def _transactions(workspace: Workspace, *, dry_run: bool) -> Iterator[tuple[Connection, Connection | None]]:
    """Give a connection that sees the state before the import, and the one that writes (None in a rehearsal).

    Reading what was there before, never what this import has just written, makes the rehearsal tell the truth.
    """
    if dry_run:
        with workspace.database.read() as reader:
            yield reader, None
        return
    with workspace.database.write() as writer, bulk.room(writer), workspace.database.read() as reader:
        yield reader, writer


class _Importer:
    """Carries out the outcomes of one import as they pass through."""

    def __init__(
        self,
        connection: Connection,
        number: int,
        publication: str,
        consent: Consent,
        now: float,
        knowledge: Knowledge,
        placing: Placing,
        kept: frozenset[str],
        fields: FieldColumns,
    ) -> None:
        self._fields, self._fielded = fields, list[tuple[str, FieldValues]]()
        self._kept = sorted(kept)  # columns whose cells are kept beside the proof of consent
        self._connection, self._number, self._publication = connection, number, publication
        self._consent, self._now = replace(consent, proof={**consent.proof, "import": number}), now
        self._knowledge, self._placing = knowledge, placing
        self._writer = Writer(connection, number, publication, self._consent, now)
        self._stopped = KeySet()
        self._questions: list[Review] = []
        self._unplaced: list[tuple[str, str, Mapping[str, object]]] = []
        self._proof = lru_cache(maxsize=20_000)(self._dump)

    def through(self, rows: Iterator[ImportRow]) -> Iterator[ImportRow]:
        """Yield the rows, each carried out; everything is written when the last has passed."""
        for count, row in enumerate(rows, 1):
            if row.address is not None:
                self._apply(row, row.address)
            if count % _ASK_EVERY == 0:
                self._ask()
            yield row
        self._writer.flush()
        self._ask()
        reviews.withdraw_stopped(self._connection, self._publication)
        reviews.withdraw_placed(self._connection)

    def _apply(self, row: ImportRow, address: Address) -> None:
        if row.action == "review":
            self._questions.append(self._question(row, address.key))
            return
        known, match = self._knowledge.of(row), self._placing.match(row.fields)
        if row.action == "keep" and not (match and known and self._placing.news(match, known)):
            return
        one = self._incoming(row, address, match.organisation_id if match else None)
        if match and match.organisation_id is None and one.state == "active":
            detail = {"explanation": match.explanation, "candidates": list(match.candidates)}
            self._unplaced.append((address.key, row.fields.get("organisation", ""), detail))
        if one.state == "active" and row.action != "keep" and (values := self._fields.values_of(row.fields)):
            self._fielded.append((address.key, values))
        if known is None and self._first(row, address.key):
            self._writer.add(one)
        elif row.action != "keep" or one.organisation_id:
            self._writer.meet(one)

    def _first(self, row: ImportRow, key: str) -> bool:
        """Tell whether this row is the file's first on somebody unknown: of several accepted ones the plan says it."""
        return row.action == "accept" or (row.action == "suppress" and self._stopped.add(key))

    def _incoming(self, row: ImportRow, address: Address, organisation_id: int | None) -> Incoming:
        fields = row.fields
        function, role = title(fields)
        details = {
            "first_name": fields.get("first_name", ""),
            "last_name": fields.get("last_name", ""),
            "phone": fields.get("phone", ""),
            "function": function,
            "role": role,
        }
        state = row.standing if row.action == "suppress" else "active"
        kept = tuple((name, fields[name]) for name in self._kept if name in fields)
        proof = self._proof(fields.get("consent_date", ""), kept)
        return Incoming(address.text, address.key, details, organisation_id, state, proof)

    def _dump(self, consent_date: str, kept: tuple[tuple[str, str], ...] = ()) -> str:
        dated: dict[str, object] = {"consent_date": consent_date} if consent_date else {}
        if kept:
            dated["fields"] = dict(kept)
        return dumps({"basis": self._consent.basis, "how": self._consent.how, **self._consent.proof, **dated})

    def _question(self, row: ImportRow, key: str) -> Review:
        detail = {
            "email": row.email,
            "reason": row.reason,
            "line": row.line,
            "fields": row.fields,
            "basis": self._consent.basis,
            "wording": self._consent.proof.get("wording", ""),
        }
        return self._review(reviews.ROW, key, detail)

    def _review(self, kind: str, subject: str, detail: Mapping[str, object], person: int | None = None) -> Review:
        return Review(
            kind=kind,
            subject=subject,
            detail=detail,
            at=self._now,
            subscriber_id=person,
            import_id=self._number,
            publication=self._publication,
        )

    def _ask(self) -> None:
        """Open the questions gathered, now that everybody they are about is stored."""
        questions, self._questions = self._questions, []
        if self._fielded:
            self._writer.flush()
            self._writer.fill_fields(self._fielded)
            self._fielded.clear()
        if self._unplaced:
            self._writer.flush()
            waiting, self._unplaced = self._unplaced, []
            found = stored_writer.known(self._connection, self._publication, [key for key, _text, _detail in waiting])
            for key, text, detail in waiting:
                if found[key].organisation_id is None:
                    questions.append(self._review(reviews.ORGANISATION, text, detail, found[key].id))
        for person, theirs in self._writer.conflicts:
            subject, candidates = self._placing.pair(person.organisation_id, theirs)
            detail = {"explanation": _("deux organisations sont indiquées"), "candidates": candidates}
            questions.append(self._review(reviews.CONFLICT, subject, detail, person.id))
        self._writer.conflicts.clear()
        reviews.ask(self._connection, questions)


def take_back(workspace: Workspace, number: int, by: str) -> dict[str, int]:
    """Undo an import: people it created go, details and states return, unless something happened to them since."""
    with workspace.database.write() as connection:
        return undo.undo(connection, number, workspace.clock(), by)


def list_imports(workspace: Workspace) -> list[Import]:
    """Return the imports made, newest first."""
    with workspace.database.read() as connection:
        return undo.list_imports(connection)
