"""One message that came back, one answer: what it is, whom it is about, and whether that address is finished."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from newsletter.providers.bounces import dialects, replies, reports
from newsletter.providers.bounces.copies import cut_copy, without_words_of
from newsletter.providers.bounces.mime import Mail, read
from newsletter.providers.bounces.reports import Fate, addresses_in
from newsletter.providers.bounces.ses import ses_notification
from newsletter.providers.bounces.text import one_line
from newsletter.providers.bounces.verdict import Kind, says_why

_GRAVEST: tuple[Kind, ...] = ("hard", "block", "soft", "success")
_REAL = ("from", "to", "subject", "date", "received", "return-path", "message-id")
_MESSAGE_ID = re.compile(r"<[^<>\s]{3,250}>")
_ENVELOPE = ("delivered-to", "x-original-to", "x-delivered-to", "envelope-to", "x-envelope-to", "to", "cc")
_SIGNED = re.compile(r"\+[0-9a-f]{40}@", re.IGNORECASE)
_MOST = 20
_MOST_FATES = 50
_LONGEST = 320  # of an address: RFC 5321 allows 64 + 1 + 255


@dataclass(frozen=True, slots=True, kw_only=True)
class Classified:
    """What a message that came back is.

    `recipients` are the subscribers it is about (the sender of an answer); `status` is the enhanced code or empty;
    `message_ids` (with angle brackets) and `return_paths` are what the message says of the letter it answers: they are
    claims of an outsider, to be opened with the signer's key before anything is changed. `fates` tells each recipient's
    own kind where a report names several: `recipients` are those of the gravest. `returned` says that the message has
    an empty return path and stands in the mailbox of a return path that looks signed.
    """

    kind: Kind
    recipients: tuple[str, ...] = ()
    status: str = ""
    diagnostic: str = ""
    message_ids: tuple[str, ...] = ()
    return_paths: tuple[str, ...] = ()
    fates: tuple[Fate, ...] = ()
    returned: bool = False

    @property
    def suppress(self) -> bool:
        """Whether the address must not be written to again: it is dead, or its owner complained."""
        return self.kind in ("hard", "complaint")


def classify(raw: bytes) -> Classified:
    """Tell what a message is. It never raises, reads the first 512 KB only, and takes milliseconds on any input."""
    mail = read(raw)
    said, quoted = cut_copy(mail.text)
    mail = replace(mail, copy=mail.copy or quoted)
    said = without_words_of(said, mail.copy)
    paths = _return_paths(mail)
    fates = _fates(mail, said)
    if fates[0].kind in ("unknown", "auto_reply") and _must_be_bounce(mail):
        fates = [replace(dialects.fate_in_prose(said, "", []), address=_reader(mail))]
    kind = next((k for k in _GRAVEST if any(f.kind == k for f in fates)), fates[0].kind)
    # What is for now and what is about us are told together: neither ends anything.
    kinds = ("block", "soft") if kind == "block" else (kind,)
    chosen = sorted((fate for fate in fates if fate.kind in kinds), key=lambda fate: fate.kind != kind)
    return Classified(
        kind=kind,
        recipients=tuple(dict.fromkeys(name for fate in chosen if (name := one_line(fate.address, _LONGEST)))),
        status=chosen[0].status,
        diagnostic=chosen[0].diagnostic,
        message_ids=_message_ids(mail),
        return_paths=paths,
        fates=tuple(fates[:_MOST_FATES]),
        returned=_is_returned(mail),
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
    found = reports.delivery(mail) if mail.report == "delivery-status" else ses_notification(mail.text)
    if found:
        return _completed(mail, said, found)
    if not says_why(said) and mail.more:
        said = said + "\n\n" + without_words_of(cut_copy(mail.more)[0], mail.copy)
    if mail.report or dialects.is_daemon(mail):
        return _of_daemon(mail, said)
    if (_has_no_return(mail) and not _is_marked_automatic(mail)) or dialects.tells_failure(mail, said):
        found = dialects.failures(mail, said, certain=False) if says_why(said) or mail.copy else []
        if found and found[0].address.lower() != dialects.sender_of(mail):
            return found
    return [_answer(mail)]


def _of_daemon(mail: Mail, said: str) -> list[Fate]:
    certain = _has_no_return(mail) or dialects.is_daemon_address(dialects.sender_of(mail)) or bool(mail.copy)
    found = dialects.failures(mail, said, certain=certain and not replies.is_bulk(mail.headers))
    if found:
        return found
    if mail.copy and says_why(said):
        return [dialects.fate_in_prose(said, "", [])]
    return [_answer(mail)] if _from(mail) else [Fate("unknown")]


def _completed(mail: Mail, said: str, fates: list[Fate]) -> list[Fate]:
    """Fill in what the report leaves out: the reason by the prose beside it, the recipient by the returned letter."""
    named = [fate.address for fate in fates if fate.address]
    return [_with_reason(_with_address(fate, mail, said, len(fates)), said, named) for fate in fates]


def _with_address(fate: Fate, mail: Mail, said: str, count: int) -> Fate:
    if fate.address or count > 1:
        return fate
    told = dialects.failures(mail, said)
    return replace(fate, address=told[0].address if told else _reader(mail))


def _with_reason(fate: Fate, said: str, named: list[str]) -> Fate:
    """Let the prose say why where the report says no more than `5.0.0`, or nothing."""
    if fate.kind == "success" or (fate.diagnostic and says_why(fate.diagnostic)):
        return fate
    if fate.status and not fate.status.endswith(".0.0") and fate.kind != "soft":
        return fate
    told = dialects.fate_in_prose(said, fate.address, named)
    if not says_why(said) or told.kind == "success":
        return fate
    kind = reports.agreed(fate.action, told.kind)
    kind = "soft" if kind == "hard" and fate.status.startswith("4.") else kind
    status = told.status if told.status and (not fate.status or fate.status.endswith(".0.0")) else fate.status
    return replace(fate, kind=kind, status=status, diagnostic=fate.diagnostic or told.diagnostic)


def _reader(mail: Mail) -> str:
    """Return whom the returned letter was written to, when its `To` names one address."""
    named = addresses_in(mail.copy.get("to"))
    return named[0] if len(named) == 1 else ""


def _has_no_return(mail: Mail) -> bool:
    """Tell whether the envelope's sender is empty (RFC 5321 section 4.5.5): reports and automatic answers."""
    return mail.headers.get("return-path").strip() == "<>" or dialects.is_daemon_path(mail)


def _is_marked_automatic(mail: Mail) -> bool:
    """Tell whether a person's mail program says that it answers by itself."""
    headers = replace(mail.headers, items=tuple(item for item in mail.headers.items if item[0] != "return-path"))
    return replies.is_automatic(headers)


def _must_be_bounce(mail: Mail) -> bool:
    """Tell whether this came to a signed return path with none of its own, and is no answer that says it is automatic.

    Only mail systems know that path, so this is a bounce whatever its dialect; what it does not explain is for now.
    """
    return _is_returned(mail) and (bool(mail.report) or not _from(mail) or not _is_marked_automatic(mail))


def _is_returned(mail: Mail) -> bool:
    return _has_no_return(mail) and any(_SIGNED.search(value) for value in mail.headers.all(*_ENVELOPE))


def _from(mail: Mail) -> str:
    """Return the address of the person who wrote, or nothing for a mail system."""
    address = next(iter(addresses_in(mail.headers.get("from"))), "")
    return "" if dialects.is_daemon_address(address) else address


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
