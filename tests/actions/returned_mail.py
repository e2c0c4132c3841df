"""A mailing that has left, and ways for its messages to come back: reports, and mail with signed names."""

from __future__ import annotations

from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

import sqlalchemy as sa

from newsletter.actions.returns.provider_reports import ReportHandler
from newsletter.actions.workspace import Workspace
from newsletter.messages import DeliveryReport
from newsletter.providers import verp
from newsletter.settings import Bounces, DatabaseSettings
from newsletter.store import journal
from newsletter.store.engine import guards
from newsletter.store.people import people
from newsletter.store.people.people import Person
from newsletter.store.sending import ledger, mailings
from newsletter.store.sending.ledger import Settlement
from newsletter.store.tables.core import deliveries, events, subscribers, subscriptions
from tests.providers.api_people import SECRETS
from tests.providers.api_people import workspace as settings_of
from tests.store.helpers import LETTRE, NOW, TODAY, mailing, member, subscribe

SECRET = "un-secret-de-test-assez-long-pour-signer"
HOOK = "un-secret-long-et-tire-au-hasard"
CALL_BACK = ("brevo", "mailjet", "scaleway", "postmark", "mailgun")
DOMAIN = "lettre.example.org"


@dataclass
class World:
    """A workspace on one database whose lettre went to five people of one authority, through Brevo."""

    workspace: Workspace
    people: list[Person]
    mailing: int

    @property
    def signer(self):
        return self.workspace.signer

    def read(self, query):
        with self.workspace.database.read() as c:
            return c.execute(query).all()

    def delivery(self, person: Person, mailing: int | None = None) -> int:
        mine = (deliveries.c.subscriber_id == person.id, deliveries.c.mailing_id == (mailing or self.mailing))
        return self.read(sa.select(deliveries.c.id).where(*mine))[0][0]

    def message_id(self, person: Person, mailing: int | None = None) -> str:
        return verp.message_id(self.signer, DOMAIN, mailing or self.mailing, self.delivery(person, mailing))

    def return_path(self, person: Person) -> str:
        return verp.return_path(self.signer, f"retours@{DOMAIN}", self.mailing, self.delivery(person))

    def report(self, person: Person, kind: str, **more) -> DeliveryReport:
        values = {
            "address": person.address,
            "key": f"brevo:{kind}-{person.id}",
            "message_id": self.message_id(person),
            **more,
        }
        return DeliveryReport(kind, **values)

    def take(self, *reports: DeliveryReport) -> dict[str, int]:
        """Let reports of the provider act in one transaction, and return their outcomes."""
        with self.workspace.database.write() as connection:
            desk = ReportHandler(self.workspace, connection, "brevo")
            counts = desk.take_all(reports)
        desk.finish()
        return dict(counts)

    def standing(self, person: Person) -> tuple[str, str, str, str]:
        """Return (suppressed, state of the lettre, delivery's state, delivery's feedback)."""
        row = self.read(sa.select(subscribers.c.suppressed).where(subscribers.c.id == person.id))[0]
        sent = self.read(
            sa.select(deliveries.c.state, deliveries.c.feedback).where(deliveries.c.id == self.delivery(person))
        )[0]
        with self.workspace.database.read() as c:
            return row[0], people.subscription(c, person.id, "lettre").state, sent[0], sent[1]

    def kinds(self, person: Person) -> list[str]:
        with self.workspace.database.read() as c:
            return [event.kind for event in journal.of_subscriber(c, person.id)]

    def everything(self):
        """Return all that a report could change."""
        return [self.read(sa.select(table).order_by(table.c.id)) for table in (subscribers, deliveries, events)]

    def send_another(self, issue: str, state: str = "sent") -> int:
        with self.workspace.database.write() as c:
            made = mailing(c, issue=issue)
            mailings.touch(c, made.id, provider="brevo")
            _leave(c, made.id, state)
            return made.id


def _leave(connection, mailing_id: int, state: str) -> None:
    ids = ledger.claim_deliveries(connection, mailing_id, "w", 100, now=NOW, lease=60, caps={})
    ledger.hand_deliveries(connection, mailing_id, LETTRE, "w", ids, now=NOW, lease=60, today=TODAY)
    ledger.settle_deliveries(connection, "w", [Settlement(i, state, provider_id=f"id-{i}") for i in ids], NOW)


def world(url: str, root: Path = Path(), *, state: str = "sent", n: int = 5, **rules) -> World:
    """Make the world; `rules` are settings of [bounces]."""
    hooks = {f"{name}_webhook_secret": HOOK for name in CALL_BACK}
    made = settings_of("brevo", {**SECRETS, **hooks, "secret": SECRET, "imap_password": "x"})
    settings = made.model_copy(
        update={
            "root": root,
            "database": DatabaseSettings(url=url),
            "bounces": Bounces(**rules),
            "sending": made.sending.model_copy(update={"return_path": f"retours@{DOMAIN}"}),
        }
    )
    workspace = Workspace(settings)
    with workspace.database.write() as c:
        town = member(c, "Ville de Lille")
        subscribed = subscribe(c, n, organisation_id=town)
        for person in subscribed:
            people.move_subscription(c, person, "flash", "active", people.Consent("member service", "form"), NOW)
    found = World(workspace, subscribed, 0)
    found.mailing = found.send_another("2026-11-lettre", state)
    with workspace.database.write() as c, guards.lifted(c):
        # The helpers' day may lie ahead of the clock, by which reports are recorded.
        for time in (subscriptions.c.from_at, events.c.at, deliveries.c.handed_at):
            c.execute(time.table.update().values({time: time - NOW + workspace.clock() - 3600}))
    return found


def answer(to: str, sender: str, text: str, subject: str = "Re: La lettre", **headers: str) -> bytes:
    """Return a mail that a person or a machine wrote."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, to, subject
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text)
    return mail.as_bytes()


def dsn(to: str, recipient: str, status: str = "5.1.1", said: str = "550 5.1.1 unknown user", copy: str = "") -> bytes:
    """Return a report in the form of Postfix (RFC 3464) that came back to `to`."""
    return f"""Return-Path: <>
From: MAILER-DAEMON@mx.example.net (Mail Delivery System)
To: {to}
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b1"

--b1
Content-Type: text/plain

I'm sorry to have to inform you that your message could not be delivered.

--b1
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.net

Final-Recipient: rfc822; {recipient}
Action: failed
Status: {status}
Diagnostic-Code: smtp; {said}

--b1
Content-Type: text/rfc822-headers

{copy or "Subject: La lettre"}

--b1--
""".encode()
