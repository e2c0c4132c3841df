"""What comes back acts once, on the right person, and only ever takes rights to mail away.

A report counts if it names a delivery of ours (by signed Message-ID or return path, or by the provider's identifier)
and the address that was written to. Anything else is kept with its call and has no effect.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sqlalchemy.engine import Connection

from newsletter import addresses
from newsletter.actions.sending.deliveries import finish_mailing
from newsletter.actions.workspace import Workspace
from newsletter.errors import AddressError, NotFound
from newsletter.i18n import _, speaking
from newsletter.messages import DeliveryReport
from newsletter.providers import WebhookRequest, replay_key, webhook_reader
from newsletter.providers.verp import Origin, open_message_id
from newsletter.store import journal
from newsletter.store.journal import Event
from newsletter.store.people import people
from newsletter.store.people.people import Consent
from newsletter.store.returns import feedback
from newsletter.store.returns.feedback import Sent
from newsletter.store.sending import mailings

DAY = 86_400
# Outcomes beside the kinds of reports that acted.
UNKNOWN_MESSAGE, OTHER_ADDRESS, REPEATED, NO_EFFECT = "unknown-message", "other-address", "repeated", "no-effect"
_ADDRESS = re.compile(r"[^\s<>;:,\"'()]*@[^\s<>;:,\"'()]*")
# Feedback loops hide the local part, or the whole address (RFC 5965 section 3.2, RFC 6590).
_REDACTED = re.compile(r"[^@]*|(?:[x*]{3,}|redacted|hidden)@.*", re.IGNORECASE)
_HOW = {"hard": "hard bounce", "complaint": "complaint", "soft": "soft bounces", "unsubscribe": "asked to leave"}
# A few refusals of the first messages are no share worth an alarm.
_FEWEST_BLOCKS = 3


@dataclass(frozen=True, slots=True)
class Received:
    """How many reports had which outcome: a kind (`hard`, `delivered`...), or why there was no effect."""

    counts: Mapping[str, int] = field(default_factory=dict)

    @property
    def effects(self) -> int:
        """How many reports changed something."""
        return sum(
            n for name, n in self.counts.items() if name not in (UNKNOWN_MESSAGE, OTHER_ADDRESS, REPEATED, NO_EFFECT)
        )


def is_open(workspace: Workspace, provider: str) -> bool:
    """Tell whether webhooks of `provider` are read: it calls back, and its secret is set."""
    return bool(webhook_reader(provider) and workspace.settings.secret(f"{provider}_webhook_secret"))


def webhook(
    workspace: Workspace, provider: str, headers: Mapping[str, str], query: Mapping[str, str], body: bytes
) -> Received:
    """Prove a webhook call, store it as it came and let its reports act, in one transaction; a replay changes nothing.

    `headers` have lower-case names. Raises NotFound while the endpoint is closed, Refused without a valid proof and
    ProviderError for a proven body that cannot be read.
    """
    read = webhook_reader(provider)
    secret = workspace.settings.secret(f"{provider}_webhook_secret")
    if read is None or not secret:
        raise NotFound(f"webhooks of `{provider}` are closed", hint="set its webhook secret to open them")
    request = WebhookRequest(headers, body, query, now=workspace.now())
    reports = read(request, secret)
    key = replay_key(provider, request) or f"{provider}:{hashlib.sha256(body).hexdigest()}"
    with workspace.database.write() as connection:
        now = workspace.database.now(connection)
        if not feedback.remember_call(connection, key, provider, body, now):
            return Received({REPEATED: len(reports)})
        desk = ReportHandler(workspace, connection, provider)
        received = Received(desk.take_all(reports))
        feedback.count_effects(connection, key, received.effects)
    desk.finish()
    return received


class ReportHandler:
    """Takes reports within one transaction of the caller; `finish` is called after it."""

    def __init__(self, workspace: Workspace, connection: Connection, source: str) -> None:
        self.workspace, self.connection, self.source = workspace, connection, source
        self.now = workspace.database.now(connection)
        self._settled: set[int] = set()

    def take_all(self, reports: Iterable[DeliveryReport]) -> Counter[str]:
        """Let reports act and count their outcomes; in one order of people, so that two calls never lock each other."""
        return Counter(self.take(report) for report in sorted(reports, key=lambda report: report.address))

    def take(self, report: DeliveryReport, origin: Origin | None = None) -> str:
        """Let one report act and return its outcome; `origin` is what a signed return path names."""
        sent = self.find(report, origin)
        if sent is None:
            return UNKNOWN_MESSAGE
        if not _same(report.address, sent.address_key):
            return OTHER_ADDRESS
        # A provider that blocks may have refused before taking the message: that proves nothing.
        proven = report.kind not in ("block", "unknown") and self._prove(sent, report)
        if report.kind in ("deferred", "unknown"):
            return NO_EFFECT
        if report.kind == "delivered":
            return "delivered" if feedback.mark(self.connection, sent, "delivered") or proven else REPEATED
        if not journal.record_event(self.connection, self._event(sent, report)):
            return REPEATED
        feedback.mark(self.connection, sent, report.kind)
        if report.kind == "block":
            self._alarm(sent)
        else:
            self._act(sent, report)
        return report.kind

    def find(self, report: DeliveryReport, origin: Origin | None = None) -> Sent | None:
        """Return the delivery that a report is about."""
        origin = origin or open_message_id(self.workspace.signer, report.message_id)
        if origin:
            return feedback.by_delivery(self.connection, origin.mailing, origin.delivery)
        key = _key(report.address)
        return feedback.by_provider_id(self.connection, self.source, report.provider_id, key) if key else None

    def finish(self) -> None:
        """Count the receipts of mailings again in which a doubt was settled."""
        for mailing in sorted(self._settled):
            finish_mailing(self.workspace, mailing)

    def _event(self, sent: Sent, report: DeliveryReport) -> Event:
        detail = {"status": report.status, "said": _ADDRESS.sub("…", report.text)[:300]}
        if report.at:
            detail["at"] = report.at.isoformat(timespec="seconds")
        return Event(
            self.now,
            f"feedback-{report.kind}",
            subscriber_id=sent.subscriber,
            mailing_id=sent.mailing,
            organisation_id=sent.organisation,
            publication=sent.publication,
            actor=self.source,
            detail={name: text for name, text in detail.items() if text},
            key=report.key,
        )

    def _prove(self, sent: Sent, report: DeliveryReport) -> bool:
        delivered = report.kind == "delivered"
        if not feedback.prove(self.connection, sent, report.provider_id, self.now, delivered=delivered):
            return False
        self._settled.add(sent.mailing)
        if sent.state == "doubtful":
            detail = {"how": "sent", "count": 1, "cause": report.key}
            journal.record_event(
                self.connection,
                Event(self.now, "doubt-settled", mailing_id=sent.mailing, actor=self.source, detail=detail),
            )
        return True

    def _act(self, sent: Sent, report: DeliveryReport) -> None:
        """Take a right away: of the address, or of one publication."""
        person = people.by_key(self.connection, sent.address_key)
        proof = {"cause": report.key, **({"status": report.status} if report.status else {})}
        consent = Consent("", _HOW[report.kind], self.source, proof)
        if report.kind == "unsubscribe":
            current = people.subscription(self.connection, person.id, sent.publication)
            if current and current.state in ("active", "pending"):
                people.move_subscription(self.connection, person, sent.publication, "left", consent, self.now)
        elif report.kind == "complaint":
            people.suppress(self.connection, person, "complained", consent, self.now)
        elif report.kind == "hard" or self._too_many(person.id):
            people.suppress(self.connection, person, "bounced", consent, self.now)

    def _too_many(self, subscriber: int) -> bool:
        rules = self.workspace.settings.bounces
        since = self.now - rules.soft_days * DAY
        return feedback.soft_mailings(self.connection, subscriber, since) >= rules.soft_limit

    def _alarm(self, sent: Sent) -> None:
        """Raise one alarm on a mailing too much of which is refused because of us, and pause it if it still sends.

        One that rests for a quota would go on by itself: it is paused anew, for this reason.
        """
        share = self.workspace.settings.bounces.block_alarm_share
        blocked, handed = feedback.blocked(self.connection, sent.mailing)
        if blocked < max(_FEWEST_BLOCKS, share * handed):
            return
        detail = {"blocked": blocked, "of": handed, "share": share}
        alarm = Event(
            self.now,
            "mailing-alarm",
            mailing_id=sent.mailing,
            publication=sent.publication,
            actor=self.source,
            detail=detail,
            key=f"block-alarm:{sent.mailing}",
        )
        if not journal.record_event(self.connection, alarm):
            return
        with speaking(self.workspace.settings.network.locale):
            why = _(
                "{n} messages sur {handed} ont été refusés à cause de nous : réputation, authentification ou contenu."
            ).format(n=blocked, handed=handed)
        live = ("sending", "paused")
        if mailings.change_mailing(self.connection, sent.mailing, "paused", only=live, pause_reason=why):
            journal.record_event(
                self.connection,
                Event(self.now, "mailing-paused", mailing_id=sent.mailing, actor=self.source, detail={"why": why}),
            )


def _key(address: str) -> str:
    try:
        return addresses.parse_address(address).key
    except AddressError:
        return ""


def _same(address: str, key: str) -> bool:
    """Tell whether a report's address is the subscriber's, or was hidden by whoever reports."""
    return bool(_REDACTED.fullmatch(address)) or _key(address) == key
