"""What a status code and the words beside it say: is the address bad for good, is it for now, or is it about us?"""

from __future__ import annotations

import re
from typing import Literal

from newsletter.providers.bounces.text import fold, one_of

Kind = Literal["hard", "soft", "block", "complaint", "auto_reply", "human", "unsubscribe_request", "success", "unknown"]

# RFC 3463 and the IANA registry, without the class digit. What is not listed is judged by its words, else soft.
_HARD = frozenset({"1.0", "1.1", "1.2", "1.3", "1.4", "1.6", "1.10", "2.1", "4.310", "7.17", "7.18"})
_SOFT = frozenset({"2.2", "3.1", "3.2", "4.6", "4.7", "4.14"})
_BLOCK = frozenset({"1.7", "1.8", "2.3", "3.4"})
_BLOCK_SUBJECTS = ("6.", "7.")

# Orange (OFR, OUK) and La Poste (LPN) share one numbering; it is surer than the status beside it.
_OPERATOR = re.compile(r"\b(?:ofr|ouk|lpn)(?:\d{3}[_-]|[_-])?(\d{3})\b")
_OPERATOR_KINDS: dict[str, Kind] = {
    **dict.fromkeys(("416", "418", "420", "426"), "hard"),
    **dict.fromkeys(("417", "505"), "soft"),
    **dict.fromkeys(("101", "102", "103", "104", "105", "107", "108", "109", "201", "503", "510", "999"), "block"),
    **dict.fromkeys(("305", "401", "402", "517", "535"), "block"),
    **dict.fromkeys(("403", "405", "415", "421", "423", "424", "506", "513", "514"), "block"),
}

_STATUS = re.compile(r"(?<![\d.])([245]\.[0-7]\.\d{1,3})(?!\.?\d)")

_FULL = one_of(
    r"over ?quota|quota (?:exceeded|depasse|atteint)|exceed\w*[^\n]{0,20} (?:quota|storage)",
    r"(?:mailbox|inbox)\b[^\n]{0,40} full|\bdisk (?:is )?full",
    r"storage (?:space|limit|quota)|insufficient (?:system |disk )?(?:storage|space)|not enough (?:storage|space)",
    r"boite\b[^\n]{0,50} (?:pleine|saturee)",
)
_LATER = one_of(
    r"grey ?list|come back in",
    r"receiving mail (?:too quickly|at a rate)",
    r"(?:not yet been|will be|being) (?:delivered|retried)|remise (?:est )?retardee",
    r"hop count|mail loop",
    r"(?:connection|operation|conversation) (?:timed out|refused)",
)
_AGAIN = one_of(
    r"temporary[^\n]{0,20} (?:error|failure|problem)|temporarily unavailable",
    r"try (?:it )?(?:again )?later|again later|essayer plus tard",
)
_ABOUT_US = one_of(
    r"\bspam\b|spamming|unsolicited|user complaints|reputation|unusual rate|adresse ip",
    r"block(?:ed)? ?list|black ?list|\bdnsbl|blocked using|client host (?:rejected|blocked)|network not allowed",
    r"\bspf\b|\bdkim\b|\bdmarc\b|(?:un|not )authenticated|non authentifie",
    r"\bpolicy\b|\bvirus\b|content rejected|\bbanned\b|\blisted (?:at|by|in|on)\b",
    r"(?:sender|emetteur|expediteur)(?: address)? (?:is )?(?:rejected|denied|refused|refuse|invalide?)",
    r"invalid sender|bad outbound sender|not permitted to relay|relay(?:ing)? (?:access )?denied",
    r"(?:service|mail|message) (?:refuse|rejete)",
    r"too many (?:connections|errors)|trop de connexions",
    r"(?:message|mail)\b[^\n]{0,20} (?:too (?:large|big)|size exceeds)|taille limite",
)
_UNKNOWN = one_of(
    r"no such (?:user|recipient|mailbox|address|account|person)",
    r"unknown (?:user|recipient|address|mailbox|local.part)|invalid (?:recipient|mailbox|user)",
    r"\b(?:user|recipient|mailbox|address|account)\b[^\n]{0,60}? (?:unknown|not found|unavailable|disabled|inactive|"
    r"do(?:es )?n[o']t exist|not exist|couldn't be found|wasn't found|no longer (?:exists|valid|available))",
    r"\b(?:utilisateur|destinataire|adresse|boite|compte)\b[^\n]{0,60}?"
    r" (?:inconnue?|introuvable|n'existe (?:pas|plus)|invalide?|archivee?)",
    r"no (?:mailbox|user) (?:here )?by that name|doesn't have an? [^\n]{0,40}account",
    r"recipient address(?:es)? rejected ?: access denied|not found by smtp address lookup|unrouteable address",
    r"host (?:or domain name )?not found|find any host named|host unknown|unknown host|does not accept mail",
    r"non-?existent ?domain|\bnxdomain\b|\bdomain (?:name )?not found",
    r"\bdomain [^\n]{0,80}(?:does not|doesn't) exist|\bdomaine [^\n]{0,80}n'existe pas",
)


def status_in(text: str) -> str:
    """Return the first enhanced status (`5.1.1`) in `text`, or an empty text; an IP address is none."""
    found = _STATUS.search(text)
    return found[1] if found else ""


def precise(status: str, diagnostic: str) -> str:
    """Return the status to go by: the one in the words where the field says no more than `x.0.0`, or nothing."""
    stated = status_in(status)
    if not stated or stated.endswith(".0.0"):
        return status_in(diagnostic) or stated
    return stated


def judge(status: str, words: str) -> Kind:
    """Return hard, soft, block or success for an enhanced status (may be empty) and the server's words.

    Hard needs a sure sign: a failure nobody explains is soft, and nothing temporary (4.x.x) is ever hard.
    """
    if status.startswith("2."):
        return "success"
    kind = _judge(status.partition(".")[2], fold(words).replace("\n", " "))
    return "soft" if kind == "hard" and status.startswith("4.") else kind


def _judge(code: str, words: str) -> Kind:
    operator = _OPERATOR.search(words)
    if operator and operator[1] in _OPERATOR_KINDS:
        return _OPERATOR_KINDS[operator[1]]
    if code in _HARD:
        # Servers give 5.1.1 for a full mailbox and 5.2.1 for a throttled one: clear words correct the code.
        if _UNKNOWN.search(words):
            return "hard"
        return "soft" if _FULL.search(words) or _LATER.search(words) else "block" if _ABOUT_US.search(words) else "hard"
    if code in _BLOCK or code.startswith(_BLOCK_SUBJECTS):
        later = _LATER.search(words) or (_AGAIN.search(words) and not _ABOUT_US.search(words))
        return "soft" if later else "block"
    if code in _SOFT or _FULL.search(words) or _LATER.search(words):
        return "soft"
    if _ABOUT_US.search(words):
        return "block"
    return "hard" if _UNKNOWN.search(words) else "soft"


def says_why(text: str) -> bool:
    """Tell whether a readable text explains a failure at all: a status, an operator's code or words known here."""
    words = fold(text).replace("\n", " ")
    return bool(status_in(text)) or any(
        p.search(words) for p in (_OPERATOR, _FULL, _LATER, _AGAIN, _ABOUT_US, _UNKNOWN)
    )
