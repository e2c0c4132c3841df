"""Bounces that are prose: qmail, Exim, Exchange in French, old Gmail and Yahoo, and what flufl.bounce knows beyond."""

from __future__ import annotations

import logging
import re
from email import message_from_bytes

from flufl.bounce import all_failures

from newsletter.providers.bounces.mime import Mail
from newsletter.providers.bounces.reports import ADDRESS, Fate, addresses_in, recipient
from newsletter.providers.bounces.text import fold, one_line, one_of
from newsletter.providers.bounces.verdict import failure_status_in, judge, says_why

# flufl's patterns are quadratic in the length of a line: these bounds keep the worst case within some milliseconds.
_LINES, _WIDTH, _BYTES = 180, 100, 64 * 1024
_PROSE = 6000
_MOST = 20

_DAEMON = re.compile(
    r"^(?:mailer[-_.]?da?emon|mail[-_.]?daemon|post[-_.]?master|mdaemon|microsoftexchange\w*|administrat\w+|"
    r"(?:mail|smtp|mta|system|server)[-_.]?(?:admin\w*|system|delivery|gateway)|mail[-_.]?delivery\w*|bounces?)\b"
)
_SUBJECT = one_of(
    r"undeliver|delivery (?:status|fail|report|has failed|incomplete|problem|error|delay)|mail delivery|delayed mail",
    r"returned (?:mail|to sender)|failure notice|mail status report|non[- ]?delivery|could not be delivered|not "
    r"delivered",
    r"mail (?:system )?error|delivery notification|failed (?:mail|message|delivery)|user unknown|unknown (?:user|"
    r"address)",
    r"(?:message|mail) (?:not|un)(?: be)? ?deliver|can(?:no|')t (?:be )?deliver|unable to deliver|warning: "
    r"(?:could|message)",
    r"non remis|non (?:delivre|distribue)|echec de (?:la )?(?:remise|livraison)|remise (?:impossible|retardee)",
    r"retour a l'envoyeur|non recensee? dans|destinataire inconnu|unzustellbar|nicht zugestellt|no se pudo entregar",
)
_FAILED = one_of(
    r"(?:not|never|cannot|can't|couldn't|unable to|failed to) (?:be |been )?(?:deliver|reach|sent? to)|undeliver|"
    r"delivery (?:\w+ )?(?:has )?fail|non[- ]delivery|returned to (?:the )?sender|delivery (?:error|problem)|"
    r"not? (?:pu )?(?:etre|ete) (?:remis|delivre|distribue|achemine)|pas (?:pu )?(?:etre|ete) (?:remis|delivre|"
    r"distribue|"
    r"achemine)|echec de (?:la )?(?:remise|livraison|distribution)|did not (?:reach|receive)|konnte nicht",
)
_REPLY = re.compile(r"^(?:re|tr|fw|fwd|aw|wg) ?:")
_HEADED = re.compile(r"^[ \t]{0,20}<([^<>\s]{3,320})>(?=[:\s]|\.{3}|$)", re.MULTILINE)
_ALONE = re.compile(
    r"^[ \t\"'*>-]{0,20}(?:smtp:|mailto:|to:|user:)?[ \t]{0,9}([^\s<>\"',;:]{3,320})[\"'.]{0,2}[ \t]{0,20}$",
    re.MULTILINE | re.IGNORECASE,
)
_LABELLED = re.compile(
    r"(?:(?:final|original)-recipient ?:|rcpt to ?:|recipients?(?: address)?(?: is)? ?:|destinataires? ?:|"
    r"delivered to(?: the following \w+)? ?:?|(?:^|\n)[ \t]{0,20}(?:to|a|pour) ?:)[^\n@]{0,80}?"
    r"(?:rfc822 ?; ?)?<?([^\s<>\"';:,]{1,64}@[\w.-]{1,253}\w)",
    re.IGNORECASE,
)
# A sentence that lists what may have happened tells nothing of what did.
_PERHAPS = re.compile(
    r"\b(?:may|might|maybe|perhaps|possibl[ey]|probabl[ey]|typically|usually|common (?:causes|reasons)|peut[- ][eê]tre|"
    r"il se peut|probablement|[eé]ventuellement|if the|si l[ae']|for example|par exemple)\b",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"(?<=[.!?])[ \t]+|(?<=[.!?])\n|\n(?![ \t]{0,20}[a-zà-ÿ])")


def is_daemon(mail: Mail) -> bool:
    """Tell whether a mail system wrote this: by its sender, its subject, its empty return path or Exim's header."""
    return (
        is_daemon_address(sender_of(mail))
        or bool(mail.headers.get("x-failed-recipients"))
        or is_daemon_path(mail)
        or bool(_SUBJECT.search(fold(mail.headers.words("subject"))))
    )


def sender_of(mail: Mail) -> str:
    """Return the address, or the bare name, that stands in `From`, in lower case."""
    field = mail.headers.get("from")
    return next(iter(ADDRESS.findall(field)), field.strip(" <>\"'")).lower()


def is_daemon_address(address: str) -> bool:
    """Tell whether an address is a mail system's own: `MAILER-DAEMON`, `postmaster` and their kin are no persons."""
    return bool(_DAEMON.match(address.lower()))


def is_daemon_path(mail: Mail) -> bool:
    """Tell whether the return path is a mail system's name; an empty one is, too, but vacation messages share it."""
    path = mail.headers.get("return-path").strip(" <>").lower()
    return bool(path) and bool(_DAEMON.match(path)) and not path.startswith("bounce")


def tells_failure(mail: Mail, said: str) -> bool:
    """Tell whether a message that is no answer says that something was not delivered, or why."""
    subject = fold(mail.headers.words("subject")).strip()
    if _REPLY.match(subject) or mail.headers.get("in-reply-to"):
        return False
    return bool(_FAILED.search(fold(said[:_PROSE])))


def failures(mail: Mail, said: str, *, certain: bool = True) -> list[Fate]:
    """Return the fates told in `said`, the words of a mail system; `certain` when nothing else can have written it."""
    said = said[:_PROSE]
    delayed, failed = _flufl(mail)
    named = _named(mail, said, failed or delayed, certain)
    late = bool(delayed) and not failed
    return [fate_in_prose(said, address, named, late) for address in named[:_MOST]]


def fate_in_prose(said: str, address: str, named: list[str], delayed: bool = False) -> Fate:
    """Return what `said` tells of `address`, one of those `named` in it; an address may be empty."""
    words = _told(_about(said[:_PROSE], address, named))
    status = failure_status_in(words)
    # The address itself may hold a word that judges: `unknown@`, `spam-filter@`.
    kind = judge(status, words.replace(address, " x ") if address else words)
    reason = (words.partition(address)[2] if address else "").strip(" \n<>:") or words
    return Fate("soft" if delayed and kind == "hard" else kind, address, status, one_line(reason))


def _told(words: str) -> str:
    """Return the sentences that say what happened, without those that only guess."""
    return "\n".join(sentence for sentence in _SENTENCE.split(words) if not _PERHAPS.search(sentence))


def _named(mail: Mail, said: str, flufl: list[str], certain: bool) -> list[str]:
    """Return the addresses that failed, from the surest place that names any."""
    ours = _correspondents(mail)
    # These places name recipients only: an address of ours there is a reader who is one of us.
    header = addresses_in(" ".join(mail.headers.all("x-failed-recipients")))
    headed = [name for name in _HEADED.findall(said) if ADDRESS.fullmatch(name)]
    for places in (header, _in_text(flufl, said), headed):
        found = [name for name in dict.fromkeys(places) if name.lower() not in ours] or (
            [] if places is not header else places
        )
        if found:
            return found
    copied = addresses_in(mail.copy.get("to"))
    if headed and headed[0] in copied:
        return headed[:1]
    if not (certain or says_why(said)):
        return []
    labelled = [name for field in _LABELLED.findall(said) if (name := recipient(field))]
    alone = [name for name in _ALONE.findall(said) if ADDRESS.fullmatch(name)]
    for places in (labelled, alone, addresses_in(said)):
        found = [name for name in dict.fromkeys(places) if name.lower() not in ours]
        if found:
            return found if places is not labelled and places is alone else found[:1]
    return copied if len(copied) == 1 else []


def _in_text(found: list[str], said: str) -> list[str]:
    """Return those that the mail system names itself, when it names any: the others stand in our letter."""
    return [name for name in found if name in said] or found


def _about(said: str, address: str, named: list[str]) -> str:
    """Return what is said of one of several addresses, if that explains its failure; else everything."""
    if len(named) < 2 or not address:
        return said
    start = said.find(address)
    ends = [at for other in named if other != address and (at := said.find(other, start + 1)) > start]
    words = said[start : min(ends)] if start >= 0 and ends else said[max(start, 0) :]
    return words if says_why(words) else said


def _correspondents(mail: Mail) -> set[str]:
    """Return the addresses that cannot have failed: who reports, and whom it is reported to."""
    fields = mail.headers.all("from", "to", "delivered-to", "return-path") + mail.copy.all(
        "from", "reply-to", "return-path", "sender"
    )
    return {address.lower() for field in fields for address in addresses_in(field)}


def _flufl(mail: Mail) -> tuple[list[str], list[str]]:
    """Ask flufl.bounce about the message as it came, within bounds: (delayed, failed)."""
    lines = mail.raw[:_BYTES].split(b"\n", _LINES)[:_LINES]
    message = message_from_bytes(b"\n".join(line[:_WIDTH] for line in lines) + b"\n")
    if "@" not in str(message.get("From", "")):
        # Some of its detectors fail on a sender without an address.
        del message["From"]
        message["From"] = "mailer-daemon@unknown.invalid"
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
