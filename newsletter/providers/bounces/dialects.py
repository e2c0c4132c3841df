"""Bounces that are prose: qmail, Exim, Exchange in French, old Gmail and Yahoo, and what flufl.bounce knows beyond."""

from __future__ import annotations

import logging
import re
from email.message import Message

from flufl.bounce import all_failures

from newsletter.providers.bounces.mime import Headers, Mail, parse_headers
from newsletter.providers.bounces.reports import ADDRESS, Fate, addresses_in
from newsletter.providers.bounces.text import fold, one_line, one_of
from newsletter.providers.bounces.verdict import judge, says_why, status_in

# flufl's patterns are quadratic in the length of a line: these bounds keep the worst case within some milliseconds.
_LINES, _WIDTH = 80, 100
_PROSE = 6000

_DAEMON = re.compile(r"^(?:mailer-daemon|mail-daemon|postmaster|mdaemon|microsoftexchange\w*|administrat\w+)\b")
_SUBJECT = one_of(
    r"undeliver|delivery (?:status|fail|report|has failed|incomplete)|mail delivery|delayed mail",
    r"returned mail|failure notice|mail status report",
    r"non remis|echec de (?:la )?remise|remise (?:impossible|retardee)",
)
_COPY = one_of(
    r"^-{2,} ?(?:this is a copy|original message|message d'origine)",
    r"^-{2,} ?(?:below (?:this|the next) line|start of returned|returned mail)",
    r"^here is your returned mail|^original message (?:follows|attached|headers)|^message (?:headers|text) follows?",
)
_NAMED = re.compile(r"^\s{0,20}<([^<>\s]{3,320})>:?", re.MULTILINE)


def is_daemon(mail: Mail) -> bool:
    """Tell whether a mail system wrote this: by its sender, its subject or Exim's header."""
    sender = next(iter(ADDRESS.findall(mail.headers.get("from"))), mail.headers.get("from").strip(" <>")).lower()
    return (
        bool(_DAEMON.match(sender))
        or bool(mail.headers.get("x-failed-recipients"))
        or bool(_SUBJECT.search(fold(mail.headers.words("subject"))))
    )


def parted(text: str) -> tuple[str, Headers]:
    """Return what the mail system says, and the headers of the letter it quotes below."""
    folded = fold(text)
    # Folding may change lengths, so the mark is looked up again by its line number.
    mark = _COPY.search(folded)
    if not mark:
        return text, Headers()
    lines = text.split("\n")
    number = folded.count("\n", 0, mark.start())
    return "\n".join(lines[:number]), parse_headers("\n".join(lines[number + 1 :]))


def failures(mail: Mail, said: str) -> list[Fate]:
    """Return the fates told in `said`, the words of a mail system."""
    said = said[:_PROSE]
    delayed, failed = _flufl(mail, said)
    named = addresses_in(" ".join(mail.headers.all("x-failed-recipients"))) or failed or delayed
    # Only a text that explains a failure is searched for an address: any letter has some.
    if not named and says_why(said):
        named = [name for name in _NAMED.findall(said) if ADDRESS.fullmatch(name)] or addresses_in(said)[:1]
    ours = _correspondents(mail)
    named = [address for address in named if address.lower() not in ours][:20]
    return [_fate(address, _about(said, address, named), bool(delayed) and not failed) for address in named]


def _fate(address: str, words: str, delayed: bool) -> Fate:
    status = status_in(words)
    kind = judge(status, words)
    reason = words.rpartition(address)[2].strip(" \n<>:") or words
    return Fate("soft" if delayed and kind == "hard" else kind, address, status, one_line(reason))


def _about(said: str, address: str, named: list[str]) -> str:
    """Return what is said of one of several addresses, if that explains its failure; else everything."""
    start = said.find(address)
    ends = [at for other in named if other != address and (at := said.find(other, start + 1)) > start]
    words = said[start : min(ends)] if start >= 0 and ends else said[max(start, 0) :]
    return words if len(named) > 1 and says_why(words) else said


def _correspondents(mail: Mail) -> set[str]:
    """Return the addresses that cannot have failed: who reports, and whom it is reported to."""
    fields = mail.headers.all("from", "to", "delivered-to") + mail.copy.all("from", "reply-to", "return-path")
    return {address.lower() for field in fields for address in addresses_in(field)}


def _flufl(mail: Mail, said: str) -> tuple[list[str], list[str]]:
    """Ask flufl.bounce about a small copy of the message: (delayed, failed)."""
    message = Message()
    # Some of its detectors fail on a sender without an address.
    message["From"] = next(iter(addresses_in(mail.headers.get("from"))), "mailer-daemon@unknown.invalid")
    message["Subject"] = one_line(mail.headers.words("subject"), 200)
    message["Content-Type"] = "text/plain"
    lines = [line[:_WIDTH] for line in said.encode("ascii", "replace").decode().split("\n")[:_LINES]]
    message.set_payload("\n".join(lines) + "\n")
    # It logs a traceback of its own before it raises: a hostile message is no fault of this program.
    logging.getLogger("flufl.bounce").setLevel(logging.CRITICAL)
    try:
        delayed, failed = all_failures(message)
    except Exception:  # noqa: BLE001 - a library reading hostile text raises what it likes; it then knows nothing
        return [], []
    return _known(delayed), _known(failed)


def _known(found: frozenset[bytes]) -> list[str]:
    names = [address.decode("ascii", "replace") for address in found]
    return sorted(name for name in names if ADDRESS.fullmatch(name))
