"""One message that came back, one answer: what it is, whom it is about, and whether that address is finished."""

from __future__ import annotations

import re
from dataclasses import dataclass

from newsletter.providers.bounces import dialects, replies, reports
from newsletter.providers.bounces.mime import Headers, Mail, read
from newsletter.providers.bounces.reports import Fate, addresses_in
from newsletter.providers.bounces.text import one_line
from newsletter.providers.bounces.verdict import Kind

_GRAVEST: tuple[Kind, ...] = ("hard", "block", "soft", "success")
_REAL = ("from", "to", "subject", "date", "received", "return-path", "message-id")
_MESSAGE_ID = re.compile(r"<[^<>\s]{3,250}>")
_ENVELOPE = ("delivered-to", "x-original-to", "x-delivered-to", "envelope-to", "x-envelope-to", "to", "cc")
_MOST = 20
_LONGEST = 320  # of an address: RFC 5321 allows 64 + 1 + 255


@dataclass(frozen=True, slots=True, kw_only=True)
class Classified:
    """What a message that came back is.

    `recipients` are the subscribers it is about (the sender of an answer); `status` is the enhanced code or empty;
    `message_ids` (with angle brackets) and `return_paths` are what the message says of the letter it answers: they are
    claims of an outsider, to be opened with the signer's key before anything is changed.
    """

    kind: Kind
    recipients: tuple[str, ...] = ()
    status: str = ""
    diagnostic: str = ""
    message_ids: tuple[str, ...] = ()
    return_paths: tuple[str, ...] = ()

    @property
    def suppress(self) -> bool:
        """Whether the address must not be written to again: it is dead, or its owner complained."""
        return self.kind in ("hard", "complaint")


def classify(raw: bytes) -> Classified:
    """Tell what a message is. It never raises, reads the first 512 KB only, and takes milliseconds on any input."""
    mail = read(raw)
    said, quoted = dialects.parted(mail.text)
    copy = mail.copy or quoted
    mail = Mail(mail.headers, mail.text, mail.report, mail.fields, copy)
    paths = _return_paths(mail)
    fates = _fates(mail, said)
    kind = next((k for k in _GRAVEST if any(f.kind == k for f in fates)), fates[0].kind)
    chosen = [fate for fate in fates if fate.kind == kind]
    return Classified(
        kind=kind,
        recipients=tuple(dict.fromkeys(name for fate in chosen if (name := one_line(fate.address, _LONGEST)))),
        status=chosen[0].status,
        diagnostic=chosen[0].diagnostic,
        message_ids=_message_ids(mail),
        return_paths=paths,
    )


def _fates(mail: Mail, said: str) -> list[Fate]:
    """Return at least one fate: reports first, then prose of mail systems, then what is left, answers."""
    if mail.report == "feedback-report":
        return [reports.feedback(mail)]
    if mail.copy.get("x-hmxmroriginalrecipient"):
        # Microsoft's junk mail reports carry no feedback part, only this header on the copy.
        return [Fate("complaint", next(iter(addresses_in(mail.copy.get("x-hmxmroriginalrecipient"))), ""))]
    if mail.report == "disposition-notification":
        return [reports.disposition(mail)]
    found = reports.delivery(mail) if mail.report == "delivery-status" else []
    if found:
        return [_completed(fate, mail.copy) for fate in found]
    if dialects.is_daemon(mail):
        found = dialects.failures(mail, said)
        if found or not _from(mail):
            return found or [Fate("unknown")]
    return [_answer(mail)]


def _completed(fate: Fate, copy: Headers) -> Fate:
    """Name the recipient by the returned letter, which has one `To`, when the report does not."""
    if fate.address:
        return fate
    named = addresses_in(copy.get("to"))
    return Fate(fate.kind, named[0] if len(named) == 1 else "", fate.status, fate.diagnostic)


def _from(mail: Mail) -> str:
    """Return the address of the person who wrote, or nothing for a daemon."""
    address = next(iter(addresses_in(mail.headers.get("from"))), "")
    return "" if address.lower().startswith(("mailer-daemon@", "mail-daemon@")) else address


def _answer(mail: Mail) -> Fate:
    sender = _from(mail)
    words = replies.own_words(mail.text)
    subject = one_line(mail.headers.words("subject"), 200)
    if not sender or not any(mail.headers.get(name) for name in _REAL):
        return Fate("unknown")
    shown = one_line(f"{subject} | {words}" if words else subject)
    if replies.is_automatic(mail.headers):
        if not words and not replies.has_automatic_subject(mail.headers):
            return Fate("unknown", diagnostic=shown)
        return Fate("human" if replies.says_gone(mail, words) else "auto_reply", sender, "", shown)
    if replies.is_bulk(mail.headers):
        return Fate("unknown", diagnostic=shown)
    if replies.asks_to_leave(mail, words):
        return Fate("unsubscribe_request", sender, "", shown)
    return Fate("human", sender, "", shown) if words or subject else Fate("unknown")


def _message_ids(mail: Mail) -> tuple[str, ...]:
    texts = mail.copy.all("message-id") + mail.headers.all("in-reply-to", "references")
    for block in mail.fields:
        texts += block.all("x-original-message-id", "original-message-id")
    return tuple(dict.fromkeys(found for text in texts for found in _MESSAGE_ID.findall(text)))[:_MOST]


def _return_paths(mail: Mail) -> tuple[str, ...]:
    texts = mail.headers.all(*_ENVELOPE) + mail.copy.all("return-path")
    for block in mail.fields:
        texts += block.all("original-mail-from", "x-postfix-sender")
    return tuple(dict.fromkeys(found for text in texts for found in addresses_in(text)))[:_MOST]
