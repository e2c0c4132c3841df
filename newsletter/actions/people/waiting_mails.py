"""Mails that people asked for and that could not leave at once: tried again until they have left, or for two days."""

from __future__ import annotations

import logging
import threading

from sqlalchemy.engine import Connection

from newsletter import i18n
from newsletter.actions import mail
from newsletter.actions.people import reader_choices, signup, signup_rules
from newsletter.actions.people.signup_rules import DAY, HOUR, Application
from newsletter.actions.workspace import Workspace
from newsletter.errors import NotFound
from newsletter.rendering.notice import Notice
from newsletter.store.people import people, waiting_mails
from newsletter.store.people.people import Person
from newsletter.store.people.waiting_mails import WaitingMail

KEPT_SECONDS = 2 * DAY
BATCH = 50
log = logging.getLogger("newsletter.notices")


def send_waiting(workspace: Workspace, stop: threading.Event) -> int:
    """Send what waits and may leave now; return how many left.

    Requests to subscribe share the hour's mails with those that come meanwhile; copies and erasures of one's data are
    not counted. Ends soon once `stop` is set.
    """
    left, full = 0, False
    with workspace.database.read() as connection:
        due = waiting_mails.due_mails(connection, workspace.database.now(connection), BATCH, counted=signup.SUBSCRIBE)
    for waiting in due:
        if stop.is_set():
            break
        with workspace.database.write() as connection:
            now = workspace.database.now(connection)
            if waiting.kind == signup.SUBSCRIBE:
                full = full or not signup_rules.may_leave(workspace, connection, now)
                if full:
                    continue
            found = _prepare(workspace, connection, waiting, now)
            # Tried and put off before it leaves: a process that dies now does not send it twice.
            waiting_mails.put_off(connection, waiting, now + min(HOUR, 300 * 2**waiting.tries))
            if not found:
                waiting_mails.drop_waiting_mail(connection, waiting)
        if found and mail.post(workspace, found[0].address, found[1]):
            left += 1
            with workspace.database.write() as connection:
                waiting_mails.drop_waiting_mail(connection, waiting)
    return left


def _prepare(
    workspace: Workspace, connection: Connection, waiting: WaitingMail, now: float
) -> tuple[Person, Notice] | None:
    """Return to whom and what to write; None when it is too late, or nobody is left to write to."""
    if now - waiting.at > KEPT_SECONDS:
        log.error("ALARM: a mail that was asked for (%s) is given up after %d tries", waiting.kind, waiting.tries)
        return None
    try:
        person = people.by_id(connection, waiting.subscriber_id)
    except NotFound:
        return None
    with i18n.speaking(waiting.language):
        if waiting.kind != signup.SUBSCRIBE:
            return person, reader_choices.rights_notice(workspace, connection, person, waiting.kind, now)
        known = workspace.settings.publications
        application = Application(
            address=person.address,
            publications=tuple(key for key in waiting.subject["publications"] if key in known),
            organisation=waiting.subject["organisation"],
        )
        notice = signup.request_notice(workspace, connection, application, person, now)
    return (person, notice) if notice else None
