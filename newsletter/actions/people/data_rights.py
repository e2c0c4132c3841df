"""The rights of people over their data, and how long anything is kept: access, export, erasure, purge."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from newsletter import addresses, paris
from newsletter.actions.people.reading import count_export
from newsletter.actions.people.subscriptions import find_person
from newsletter.actions.workspace import Workspace
from newsletter.errors import NotFound, Refused
from newsletter.exchange.export import write_table
from newsletter.i18n import Sentence, _
from newsletter.providers import outbox
from newsletter.store.journal import Event, record_event
from newsletter.store.people import limits, one_time, people, records, retention, traces
from newsletter.store.people.erasure import block, erase_person, erased
from newsletter.store.people.records import ListedPerson
from newsletter.store.people.retention import DAY, Limits, Purged
from newsletter.store.people.rights_requests import answer_request, open_request

COLUMNS = (
    "email",
    "first_name",
    "last_name",
    "salutation",
    "function",
    "role",
    "phone",
    "organisation",
    "publication",
    "status",
    "basis",
    "since",
)
# Where files of people lie for an hour or a day: those being imported, and rows to correct.
LISTS = (".uploads", ".refused-rows")
_TIMES = frozenset({"at", "since", "from", "to", "created_at", "handed_at"})


def whole_record(workspace: Workspace, email: str) -> dict[str, Any]:
    """Return everything kept of an address as a JSON document (GDPR articles 15 and 20); NotFound.

    Times are ISO texts in Paris time.
    """
    with workspace.database.read() as connection:
        person = find_person(connection, email)
        document: dict[str, Any] = _dated({"email": person.address, **records.whole(connection, person)})
    return document


def _dated(value: Any, name: str = "") -> Any:
    if isinstance(value, dict):
        return {key: _dated(inner, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [_dated(inner) for inner in value]
    return paris.iso(value) if name in _TIMES and isinstance(value, int | float) else value


def list_people(
    workspace: Workspace, *, publication: str = "", state: str = "", unplaced: bool = False, limit: int = 200
) -> list[ListedPerson]:
    """Return up to `limit` people with one row per publication; `unplaced` keeps those without an organisation."""
    if publication:
        workspace.settings.publication(publication)
    with workspace.database.read() as connection:
        rows = records.stream(connection, publication=publication, state=state, unplaced=unplaced)
        return [row for row, _n in zip(rows, range(limit), strict=False)]


def export(
    workspace: Workspace, *, by: str, publication: str = "", plain: bool = False, most: int = 0
) -> Iterator[bytes]:
    """Return the pieces of a CSV of all people with the state of each publication: for a French Excel, or `plain`.

    The file, read back by `subscribers import`, changes nothing. The export is recorded as an event before anything
    is returned. With `most`, more exports a day by one person are Refused, with an alarm in the log.
    """
    if publication:
        workspace.settings.publication(publication)
    record_export(workspace, by=by, publication=publication, most=most)
    return _export(workspace, publication, plain)


def record_export(
    workspace: Workspace, *, by: str, publication: str = "", detail: Mapping[str, Any] | None = None, most: int = 0
) -> None:
    """Record an export of people, of a publication or an audience, before its file begins.

    With `most`, more exports a day by one person are Refused, with an alarm in the log.
    """
    with workspace.database.write() as connection:
        count_export(workspace, connection, by, most)
        event = Event(workspace.clock(), "exported", publication=publication or None, actor=by, detail=detail)
        record_event(connection, event)


def _export(workspace: Workspace, publication: str, plain: bool) -> Iterator[bytes]:
    with workspace.database.read() as connection:
        rows = (_cells(row) for row in records.stream(connection, publication=publication))
        yield from write_table(COLUMNS, rows, "plain" if plain else "excel")


def _cells(row: ListedPerson) -> dict[str, str]:
    person = row.person
    return {
        "email": person.address,
        "first_name": person.first_name,
        "last_name": person.last_name,
        "salutation": person.salutation,
        "function": person.function,
        "role": person.role,
        "phone": person.phone,
        "organisation": row.organisation,
        "publication": row.publication,
        "status": row.state,
        "basis": row.basis,
        "since": paris.iso(row.since),
    }


def forget_person(workspace: Workspace, email: str, *, by: str) -> None:
    """Erase a person (GDPR article 17): only a keyed hash stays, which refuses a later import. NotFound.

    An address that only waits for review is erased as well; one erased before is Refused.
    """
    address = addresses.parse_address(email)
    fingerprint = workspace.signer.fingerprint("erasure", address.key)
    with workspace.database.write() as connection:
        now = workspace.clock()
        try:
            person = people.by_key(connection, address.key)
            if number := open_request(connection, person.id, "erasure"):
                answer_request(connection, number, workspace.today().isoformat(), _("Données effacées"))
            erase_person(connection, person, fingerprint, now, reason="asked", actor=by)
        except NotFound:
            if erased(connection, [fingerprint]):
                raise Refused(
                    "this person was erased already",
                    hint="nothing is left but a hash",
                    said=Sentence("Cette personne est déjà effacée : il n’en reste qu’une empreinte."),
                ) from None
            if not traces.wipe_texts(connection, address.text, address.key):
                raise
            block(connection, fingerprint, now, reason="asked", actor=by)
    retention.settle_file(workspace.database)
    _erase_files(workspace, address.text, address.key)


def _erase_files(workspace: Workspace, *spellings: str) -> None:
    """Delete the files that hold an address: trial messages to it, and lists of an import that name it."""
    settings = workspace.settings
    for spelling in dict.fromkeys(spellings):
        outbox.erase_recipient(settings.root / settings.sending.outbox.path, spelling.lower())
    wanted = [spelling.encode().lower() for spelling in spellings]
    for folder in LISTS:
        for path in (workspace.root / folder).rglob("*"):
            with suppress(FileNotFoundError):  # a job has just deleted it
                if path.is_file() and any(text in path.read_bytes().lower() for text in wanted):
                    path.unlink()


def purge_expired(workspace: Workspace, *, by: str, dry_run: bool = False) -> Purged:
    """Apply the retention periods of the settings; a rehearsal does the same and takes it all back."""
    now, keep = workspace.clock(), workspace.settings.retention
    periods = Limits(
        pending=now - keep.pending_days * DAY,
        left=now - keep.left_days * DAY,
        events=now - keep.events_days * DAY,
        deliveries=now - keep.deliveries_days * DAY,
        imports=now - keep.imports_days * DAY,
        webhooks=now - keep.webhooks_days * DAY,
    )
    with workspace.database.write(keep=not dry_run) as connection:
        done = retention.purge_expired(
            connection, periods, lambda key: workspace.signer.fingerprint("erasure", key), now
        )
        limits.purge_limits(connection, now - 2 * DAY)
        one_time.purge_links(connection, now - DAY)
        record_event(connection, Event(now, "purged", actor=by, detail=done.counts()))
    if not dry_run:
        retention.settle_file(workspace.database)
    return done
