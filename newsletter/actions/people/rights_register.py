"""The register of people's requests about their data: kept by itself for what the site does, by hand for the rest.

An answer is due within one month of the request (GDPR article 12(3)).
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from newsletter.actions.workspace import Workspace
from newsletter.errors import Refused
from newsletter.exchange.export import write_table
from newsletter.i18n import Sentence
from newsletter.store.journal import Event, record_event
from newsletter.store.people import rights_requests
from newsletter.store.people.rights_requests import RightsRequest

REQUEST_KINDS = rights_requests.KINDS
COLUMNS = ("number", "kind", "received", "how", "due", "answered", "answer")


@dataclass(frozen=True, slots=True)
class RegisterLine:
    """A request with the last day for its answer, and whether that day has passed without one."""

    request: RightsRequest
    due: date
    late: bool


def register(workspace: Workspace) -> list[RegisterLine]:
    """Return all requests, the newest first."""
    with workspace.database.read() as connection:
        found = rights_requests.list_requests(connection)
    today = workspace.today()
    lines = [(request, answer_due(date.fromisoformat(request.received))) for request in found]
    return [RegisterLine(request, due, late=not request.answered and due < today) for request, due in lines]


def answer_due(received: date) -> date:
    """Return the same day of the next month, or that month's last day where it is shorter."""
    year, month = divmod(received.year * 12 + received.month, 12)
    return date(year, month + 1, min(received.day, monthrange(year, month + 1)[1]))


def note_request(workspace: Workspace, kind: str, received: date, how: str, *, by: str) -> None:
    """Enter a request that came by mail, telephone or post. Refused for a day to come or without a word on it."""
    if kind not in REQUEST_KINDS or received > workspace.today() or not how.strip():
        raise Refused(
            "a request has a kind, a day that is not to come, and a word on how it came",
            hint="check these three",
            said=Sentence(
                "Dites ce qui est demandé, quel jour (aujourd’hui au plus tard) et comment la demande est venue."
            ),
        )
    with workspace.database.write() as connection:
        request = RightsRequest(kind=kind, received=received.isoformat(), how=how.strip())
        rights_requests.add_request(connection, request)
        record_event(connection, Event(workspace.clock(), "rights-request-noted", actor=by, detail={"kind": kind}))


def note_answer(workspace: Workspace, number: int, answer: str, *, by: str) -> None:
    """Note that a request was answered today, and how. NotFound, Refused without words."""
    if not answer.strip():
        raise Refused(
            "an answer has words",
            hint="say what was done",
            said=Sentence("Dites en quelques mots ce qui a été répondu."),
        )
    with workspace.database.write() as connection:
        rights_requests.answer_request(connection, number, workspace.today().isoformat(), answer.strip())
        record_event(
            connection, Event(workspace.clock(), "rights-request-answered", actor=by, detail={"count": number})
        )


def register_file(workspace: Workspace) -> Iterator[bytes]:
    """Yield the register as a CSV for Excel."""
    rows = (
        {
            "number": str(line.request.id),
            "kind": line.request.kind,
            "received": line.request.received,
            "how": line.request.how,
            "due": line.due.isoformat(),
            "answered": line.request.answered,
            "answer": line.request.answer,
        }
        for line in register(workspace)
    )
    return write_table(COLUMNS, rows)
