"""What a status code and the words beside it say: is the address bad for good, is it for now, or is it about us?"""

from __future__ import annotations

import re
from typing import Literal

from newsletter.providers.bounces import phrases
from newsletter.providers.bounces.text import fold

Kind = Literal["hard", "soft", "block", "complaint", "auto_reply", "human", "unsubscribe_request", "success", "unknown"]

# RFC 3463 and the IANA registry, without the class digit. What is not listed is judged by its words, else soft. 1.0 is
# not listed: gateways put it on every refusal after RCPT, and some on a refused sender.
_HARD = frozenset({"1.1", "1.2", "1.3", "1.6", "1.10", "2.1", "4.310", "7.17", "7.18"})
_SOFT = frozenset({"2.2", "3.1", "3.2", "4.6", "4.7", "4.14"})
_BLOCK = frozenset({"1.7", "1.8", "2.3", "3.4"})
_BLOCK_SUBJECTS = ("6.", "7.")
# Microsoft answers an unknown address at the edge with these words and 5.4.1; others use them for a blocked sender.
_EDGE_CODES = frozenset({"", "0.0", "1.0", "1.1", "4.1"})
_EDGE = re.compile(r"recipient address(?:es)? rejected ?: access denied")

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
_INNER = re.compile(r"(?<![\d.])[245]\d\d[ -]{1,3}['\"#(<]{0,3}([245]\.[0-7]\.\d{1,3})(?!\.?\d)")
# IronPort puts a label of its own before the remote answer: "5.1.0 - Unknown address error 550-'5.2.2 Mailbox full'".
_LABEL = re.compile(r"[245]\.\d\.\d{1,3} - [\w ()/]{3,80}?(?:(?<!\d)\d{3}[- ]?)?'(?=[^'\s])")
_NO_CODE = ("", "0.0")


def status_in(text: str) -> str:
    """Return the first enhanced status (`5.1.1`) in `text`, or an empty text; an IP address is none."""
    found = _STATUS.search(text)
    return found[1] if found else ""


def failure_status_in(text: str) -> str:
    """Return the first status of a failure in prose, where `2.0.12` is the version of a program."""
    return next((found for found in _STATUS.findall(text) if not found.startswith("2.")), "")


def precise(status: str, diagnostic: str) -> str:
    """Return the status to show: the one in the words where the field says no more than `x.0.0`, or nothing."""
    stated = status_in(status)
    if not stated or stated.endswith(".0.0"):
        answer = _remote_answer(diagnostic)
        return _remote_status(answer) or status_in(answer) or status_in(diagnostic) or stated
    return stated


def judge(status: str, words: str) -> Kind:
    """Return hard, soft, block or success for an enhanced status (may be empty) and the server's words.

    Status and words are weighed together: the remote server's own status before the one of the report, clear words
    before both. Hard needs a sure sign: a failure nobody explains is soft, and nothing temporary (4.x.x) is ever hard.
    """
    if status.startswith("2."):
        return "success"
    remote = _remote_status(_remote_answer(words))
    kind = _judge((remote or status).partition(".")[2], fold(_remote_answer(words)).replace("\n", " "))
    temporary = status.startswith("4.") or remote.startswith("4.")
    return "soft" if kind == "hard" and temporary else kind


def _remote_answer(words: str) -> str:
    label = _LABEL.search(words)
    return words[label.end() :] if label else words


def _remote_status(words: str) -> str:
    """Return the status that stands behind a reply code (`550 5.1.1`): what the refusing server itself said."""
    found = _INNER.search(words)
    return found[1] if found and not found[1].endswith(".0.0") else ""


def _judge(code: str, words: str) -> Kind:
    operator = _OPERATOR.search(words)
    if operator and operator[1] in _OPERATOR_KINDS:
        return _OPERATOR_KINDS[operator[1]]
    if phrases.EARLY_STAGE.search(words) or phrases.SENDER.search(words) or code in _BLOCK:
        return "soft" if phrases.LATER.search(words) else "block"
    if phrases.RATE.search(words):
        return "block" if code.startswith("7.") or phrases.PATIENCE.search(words) else "soft"
    said = _by_words(code, words)
    return said or _by_code(code, words)


def _by_words(code: str, words: str) -> Kind | None:
    """Return what clear words say, whatever the code."""
    if phrases.BLOCK_LIST.search(words) and not (code in _HARD and phrases.UNKNOWN.search(words)):
        return "soft" if phrases.LATER.search(words) else "block"
    if phrases.NO_ANSWER.search(words):
        return "soft"
    unknown = phrases.UNKNOWN.search(words) or (code in _EDGE_CODES and _EDGE.search(words))
    # "Not found or over quota" leaves it open, and what is open is not for good.
    if unknown and (code in _HARD or not phrases.FULL.search(words)):
        return "hard"
    if phrases.FULL.search(words) or phrases.LATER.search(words):
        return "soft"
    if phrases.ABOUT_US.search(words):
        return "block"
    return None


def _by_code(code: str, words: str) -> Kind:
    if code in _HARD:
        return "hard"
    if code.startswith(_BLOCK_SUBJECTS):
        return "soft" if phrases.AGAIN.search(words) else "block"
    if code in _SOFT or phrases.AGAIN.search(words):
        return "soft"
    return "hard" if phrases.LIKELY.search(words) else "soft"


def says_why(text: str) -> bool:
    """Tell whether a readable text explains a failure at all: a status, an operator's code or words known here."""
    words = fold(text).replace("\n", " ")
    return bool(status_in(text)) or any(pattern.search(words) for pattern in _REASONS)


_REASONS = (
    _OPERATOR,
    phrases.UNKNOWN,
    phrases.FULL,
    phrases.SENDER,
    phrases.LATER,
    phrases.AGAIN,
    phrases.RATE,
    phrases.BLOCK_LIST,
    phrases.ABOUT_US,
    phrases.LIKELY,
)
