"""Bounces by mail, the addresses that fail, and a person's word that a bounce was wrong."""

from __future__ import annotations

import hashlib
import json
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy.engine import Connection

from newsletter import addresses
from newsletter.actions.returns.provider_reports import OTHER_ADDRESS, REPEATED, Received, ReportHandler
from newsletter.actions.workspace import Workspace
from newsletter.errors import AddressError, NotFound, SettingsError, StoreError
from newsletter.messages import DeliveryReport, ReportKind
from newsletter.providers.bounces import Classified, Fetched, Kind, classify, fetch_imap, read_sources
from newsletter.providers.verp import Origin, open_message_id, open_return_path
from newsletter.store import journal
from newsletter.store.journal import Event
from newsletter.store.people import people
from newsletter.store.people.people import Person
from newsletter.store.returns import feedback

SOURCE = "mail"
# Outcomes of a message beside those of `receive`.
TO_REVIEW, UNSIGNED, IGNORED = "to-review", "unsigned", "ignored"
_REPORTS: dict[Kind, ReportKind] = {
    "hard": "hard",
    "soft": "soft",
    "block": "block",
    "complaint": "complaint",
    "unsubscribe_request": "unsubscribe",
    "success": "delivered",
}
_FAILURES = ("hard", "soft", "block")
_FOR_PEOPLE = ("human", "unsubscribe_request")


@dataclass(frozen=True, slots=True)
class Judged:
    """A message and what it is: nothing was changed."""

    file: str
    found: Classified

    def as_json(self) -> dict[str, Any]:
        """Return the shape that `bounces classify --json` prints."""
        found = self.found
        return {
            "file": self.file,
            "kind": found.kind,
            "recipients": list(found.recipients),
            "status": found.status,
            "suppress": found.suppress,
            "diagnostic": found.diagnostic,
            "fates": [
                {"recipient": fate.address, "kind": fate.kind, "status": fate.status, "diagnostic": fate.diagnostic}
                for fate in found.fates
            ],
        }


def judge(paths: Iterable[Path]) -> Iterator[Judged]:
    """Tell what each message under `paths` is; raises MailboxError when one cannot be read."""
    for name, raw in read_sources(paths):
        yield Judged(name, classify(raw))


def read_bounces(workspace: Workspace, paths: Iterable[Path]) -> Received:
    """Let every message under `paths` act once; raises MailboxError when one cannot be read."""
    counts: Counter[str] = Counter()
    for _name, raw in read_sources(paths):
        counts[take_message(workspace, raw)] += 1
    return Received(counts)


def has_mailbox(workspace: Workspace) -> bool:
    """Tell whether a mailbox of bounces is set."""
    where = workspace.settings.bounces
    return bool(where.imap_host and where.imap_user and workspace.settings.secret("imap_password"))


def collect_bounces(
    workspace: Workspace,
    stop: threading.Event | None = None,
    *,
    fetch: Callable[..., Iterator[Fetched]] = fetch_imap,
) -> Received:
    """Let every unread message of the IMAP mailbox act once, and mark it as read after its effect is stored.

    It ends after the message in hand once `stop` is set. A message that cannot be taken stays unread and keeps no other
    back: what it raised is raised at the end. Raises SettingsError while no mailbox is set, MailboxError when it cannot
    be read.
    """
    where = workspace.settings.bounces
    if not has_mailbox(workspace):
        raise SettingsError(
            "no mailbox of bounces is set",
            where="[bounces] imap_host",
            hint="set imap_host and imap_user, and the password in NEWSLETTER_IMAP_PASSWORD",
        )
    counts: Counter[str] = Counter()
    failures: list[Exception] = []
    password = workspace.settings.secret("imap_password")
    for message in fetch(where.imap_host, where.imap_user, password, where.imap_folder):
        try:
            counts[take_message(workspace, message.raw)] += 1
        except Exception as error:  # a stranger's bytes must not stop the reading of what others wrote
            if type(error) is StoreError:  # the database itself refuses: it would refuse them all
                raise
            failures.append(error)
        else:
            message.done()
        if stop and stop.is_set():
            break
    if failures:
        raise failures[0]
    return Received(counts)


def take_message(workspace: Workspace, raw: bytes) -> str:
    """Let one message act once and return its outcome; without a name that we signed it changes nothing."""
    found = classify(raw)
    origin = _origin(workspace, found)
    with workspace.database.write() as connection:
        desk = ReportHandler(workspace, connection, SOURCE)
        outcome = _act(desk, found, origin) if origin else UNSIGNED
        if found.kind in _FOR_PEOPLE and outcome not in ("unsubscribe", REPEATED):
            outcome = _ask(desk, found, origin, raw) or outcome
    desk.finish()
    return outcome


def _origin(workspace: Workspace, found: Classified) -> Origin | None:
    """Return the delivery that a message names: its return path went to the mail systems only, so it comes first."""
    paths = (open_return_path(workspace.signer, path) for path in found.return_paths)
    names = (open_message_id(workspace.signer, name) for name in found.message_ids)
    return next((origin for origin in (*paths, *names) if origin), None)


def _act(desk: ReportHandler, found: Classified, origin: Origin) -> str:
    """Let a report act on the person its delivery was for; each recipient that it names has a kind of its own."""
    outcome = IGNORED
    told = [(fate.kind, fate.address, fate.status, fate.diagnostic) for fate in found.fates] or [
        (found.kind, address, found.status, found.diagnostic) for address in found.recipients or ("",)
    ]
    # A report names several recipients when the letter was forwarded: only the one written to can match.
    for judged, address, status, said in told:
        kind = _REPORTS.get(judged)
        if kind is None:
            continue
        report = DeliveryReport(kind, address, f"{SOURCE}:{origin.delivery}:{kind}", status=status, text=said)
        outcome = desk.take(report, origin)
        if outcome == kind:
            return outcome
    if outcome == OTHER_ADDRESS and found.returned and found.kind in _FAILURES:
        # It came to this person's signed return path: the mailbox behind an alias or a redirection is what failed.
        behind = DeliveryReport(
            "soft", "", f"{SOURCE}:{origin.delivery}:soft", status=found.status, text=found.diagnostic
        )
        outcome = desk.take(behind, origin)
    return outcome


def _ask(desk: ReportHandler, found: Classified, origin: Origin | None, raw: bytes) -> str:
    """Put an answer before a person, once: of a reader of ours, or of anybody who asks to be left in peace."""
    sender = found.recipients[0] if found.recipients else ""
    person = _known(desk.connection, sender)
    sent = desk.find(DeliveryReport("unknown", "", ""), origin) if origin else None
    if not (person or sent or found.kind == "unsubscribe_request"):
        return ""
    subscriber = person.id if person else sent.subscriber if sent else None
    event = Event(
        desk.now,
        "replied",
        subscriber_id=subscriber,
        mailing_id=sent.mailing if sent else None,
        actor=SOURCE,
        key=f"{SOURCE}:{hashlib.sha256(raw).hexdigest()[:40]}",
    )
    if not journal.record_event(desk.connection, event):
        return REPEATED
    detail = {"from": sender, "said": found.diagnostic, "asks": found.kind, "issue": sent.issue if sent else ""}
    text = json.dumps(detail, ensure_ascii=False)
    feedback.ask_a_person(desk.connection, subscriber, sender or "?", text, desk.now)
    return TO_REVIEW


def _known(connection: Connection, address: str) -> Person | None:
    try:
        return people.by_key(connection, addresses.parse_address(address).key)
    except (AddressError, NotFound):
        return None


# --- what staff see and set right --------------------------------------------------------------------------------
