"""Reports for machines: delivery status (RFC 3464, 6533), feedback (RFC 5965, 6430, 6591), disposition (RFC 8098)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from newsletter.providers.bounces.mime import Headers, Mail
from newsletter.providers.bounces.text import one_line
from newsletter.providers.bounces.verdict import Kind, judge, precise

ADDRESS = re.compile(r"(?<![^\s<>()\[\]\",;:'=])[^\s<>()\[\]\",;:@'=\\]{1,64}@[\w.-]{1,253}[^\W_]")

# A field that holds nothing but an address may hold any that RFC 5321 allows, quotes included.
_WHOLE = re.compile(r"""<?((?:"[^"\s]{1,62}"|[^\s<>"(),;:@\\]{1,64})@[\w.-]{1,253}[^\W_])>?""")
# Only what RFC 3461 must escape within an address is undone: `jean+2024@` is an address, not an escaped blank.
_XTEXT = re.compile(r"\+(2B|3D)")
_TYPED = re.compile(r"\s{0,9}[\w-]{1,30}\s{0,9};")
_UNITEXT = re.compile(r"\\x\{([0-9A-Fa-f]{2,6})\}")

_FEEDBACK: dict[str, Kind] = {
    "abuse": "complaint",
    "fraud": "complaint",
    "opt-out": "unsubscribe_request",
    "auth-failure": "block",
    "virus": "block",
}


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of one recipient; `address` is empty when nothing names it, `action` is the word of a report."""

    kind: Kind
    address: str = ""
    status: str = ""
    diagnostic: str = ""
    action: str = ""


def addresses_in(text: str) -> list[str]:
    """Return the addresses that stand in `text`, each once, in their order."""
    lines = [line for line in text.split("\n") if "@" in line]
    return list(dict.fromkeys(found for line in lines for found in ADDRESS.findall(line[:1000])))


def recipient(field: str) -> str:
    """Return the address of an `Original-Recipient` or `Final-Recipient` field, escapes undone; empty without one."""
    kind, semicolon, value = field.partition(";")
    if not semicolon:
        kind, value = "rfc822", field
    if kind.strip().lower() == "utf-8":
        value = _UNITEXT.sub(_character, value)
    value = _XTEXT.sub(lambda m: chr(int(m[1], 16)), value)
    whole = _WHOLE.fullmatch(value.strip())
    return whole[1] if whole else next(iter(addresses_in(value)), "")


def _character(match: re.Match[str]) -> str:
    point = int(match[1], 16)
    return chr(point) if point <= 0x10FFFF and not 0xD800 <= point <= 0xDFFF else match[0]


def delivery(mail: Mail) -> list[Fate]:
    """Return the fate of each recipient of a delivery status report; `diagnostic` is empty where it gives no reason."""
    return [fate for block in mail.fields if (fate := _fate(block))]


def _fate(block: Headers) -> Fate | None:
    named = block.all("original-recipient") + block.all("final-recipient", "x-actual-recipient")
    address = next((found for field in named if (found := recipient(field))), "")
    words = " ".join(block.all("diagnostic-code"))
    status = precise(block.get("status"), words)
    action = block.get("action").strip().lower()
    if not (named or status) or not (status or action or words):
        return None
    # The words come first: a comment in the Status field, or the text after the type of the diagnostic.
    reason = words.partition(";")[2] if _TYPED.match(words) else words
    comment = block.get("status").partition(status)[2] if status else block.get("status")
    kind = agreed(action, judge(status, reason + " " + comment))
    return Fate(kind, address, status, one_line(words or comment.strip(" ()")), action)


def agreed(action: str, kind: Kind) -> Kind:
    """Return what holds where the action and the status contradict each other: the less final of both."""
    if action.startswith(("delivered", "relayed", "expanded")):
        return "success"
    delayed, failed = action.startswith("delayed"), action.startswith(("fail", "error"))
    return "soft" if (delayed and kind == "hard") or ((delayed or failed) and kind == "success") else kind


def feedback(mail: Mail) -> Fate:
    """Return what a feedback report says: one of not-spam, or of a type not known, is left to a person."""
    fields = mail.fields[0] if mail.fields else Headers()
    type_ = fields.get("feedback-type").strip().lower()
    named = fields.all("original-rcpt-to", "original-recipient", "removal-recipient")
    if not named:
        named = mail.copy.all("x-hmxmroriginalrecipient") or mail.copy.all("to")[:1]
    found = [address for field in named for address in addresses_in(field) if not _redacted(address)]
    return Fate(_FEEDBACK.get(type_, "unknown"), found[0] if found else "", "", one_line(f"feedback-type: {type_}"))


def _redacted(address: str) -> bool:
    return "redacted" in address.lower() or "*" in address


def disposition(mail: Mail) -> Fate:
    """Return what a disposition notification says: a receipt, but Dovecot tells of a full mailbox this way too."""
    fields = mail.fields[0] if mail.fields else Headers()
    named = fields.all("original-recipient", "final-recipient")
    address = next((found for field in named if (found := recipient(field))), "")
    disposed = fields.get("disposition").lower()
    refused = "automatic-action" in disposed and "rejected" in (mail.headers.get("auto-submitted") + mail.text).lower()
    kind: Kind = judge("", mail.text[:2000]) if refused else "auto_reply"
    return Fate(kind, address, "", one_line(mail.text if refused else disposed))
