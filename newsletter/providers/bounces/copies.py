"""Where the returned letter begins: what stands there is our own text, and our own words must never judge a reader.

Three marks are looked for, and the first one ends what the mail system says: a line of dashes that announces the copy,
a sentence that does, and a block of header lines such as only a letter has (a Message-ID, a Received line). Exchange
and Lotus sum up the letter in a short block (To, Subject, Date) before they tell what happened: only its subject goes.
"""

from __future__ import annotations

import re

from newsletter.providers.bounces.mime import Headers, parse_headers
from newsletter.providers.bounces.text import fold
from newsletter.providers.bounces.verdict import says_why

_ORIGINAL = (
    r"(?:original|returned|unsent|undelivered|copy|headers?|attached|below this line|rejected message|message follows|"
    r"message (?:\w+ )?follows|message contents?|message d'origine|message initial|ursprungliche|mensaje original|"
    r"messaggio originale|en-tetes?)"
)
# `--- Below this line is the original bounce.`: what follows is the report that could not be returned, not a letter.
_RULED = re.compile(rf"[ >|]{{0,9}}[-=_*#+~]{{2,60}} ?(?!.{{0,60}}\bbounce\b).{{0,60}}\b{_ORIGINAL}\b.{{0,100}}$")
_SAID = re.compile(
    r"[ >]{0,9}\[?(?:here is your returned (?:mail|message).{0,20}|(?:the )?(?:unsent|returned|undelivered|old|"
    r"original) "
    r"(?:message|mail|e-?mail|headers?)(?: headers?| text| body)?(?: is| are)?(?: as)?(?: follows?\b| attached\b| "
    r"below\b|"
    r" included\b| ?:$|$).{0,60}|(?:below|following|included) (?:is|are) (?:a |the )?(?:copy|headers?|original|"
    r"returned|first|"
    r"part|text).{0,80}|(?:a )?copy of (?:the|your) (?:original |e-?mail |mail )?(?:message|headers?|mail|"
    r"letter).{0,60}|"
    r"(?:the )?headers? (?:of|from) (?:the|your) (?:original )?(?:message|mail).{0,60}|"
    r"(?:your|the) (?:original )?(?:message|mail)(?:'s headers?)? (?:follows|is (?:quoted )?below|is returned below|"
    r"was ?:).{0,60}|message (?:headers?|text|contents?|source) follows?.{0,40}|message headers?:?$|"
    r"(?:received|internet) headers? ?:?$|mail (?:header|text) ?:$|entete(?:s)? du message.{0,60}|"
    r"(?:le )?message (?:d'origine|original|initial).{0,40}:$|(?:voici|ci-dessous).{0,40}message.{0,40})$"
)
_FIELD = re.compile(r"[ \t>|]{0,9}([A-Za-z][A-Za-z0-9-]{1,40}) ?:(?: |$|\t)")
_PROOFS = frozenset(
    {
        "received",
        "return-path",
        "message-id",
        "mime-version",
        "dkim-signature",
        "list-id",
        "list-unsubscribe",
        "list-unsubscribe-post",
        "content-type",
        "references",
        "in-reply-to",
        "x-mailer",
        "authentication-results",
        "delivered-to",
        "arc-seal",
        "x-received",
        "domainkey-signature",
    }
)
_USUAL = frozenset({"from", "to", "subject", "date", "reply-to", "cc", "sender", "sent", "importance", "x-priority"})
_SUMMARY = frozenset({"subject", "objet", "sujet", "betreff", "asunto", "oggetto"})
_PLAIN = frozenset({"from", "to", "subject", "date"})
_MOST_LINES = 2000
_SHORT = 5  # a subject of fewer letters may stand in any sentence


def cut_copy(text: str) -> tuple[str, Headers]:
    """Return what the mail system says in `text`, and the headers of the letter that it quotes below."""
    lines = text.split("\n")[:_MOST_LINES]
    folded = fold("\n".join(lines)).split("\n")
    at, start = _copy_at(lines, folded)
    said = "\n".join(line for line in lines[:at] if not _is_summary(line))
    return said, parse_headers("\n".join(line.lstrip(" \t>|") or line for line in _unquoted(lines[start:])))


def without_words_of(said: str, copy: Headers) -> str:
    """Return `said` without the subject of our letter, which some mail systems repeat in their sentence."""
    subject = " ".join(copy.words("subject").split())
    return said.replace(subject, " ") if len(subject) >= _SHORT else said


def _copy_at(lines: list[str], folded: list[str]) -> tuple[int, int]:
    """Return the number of the line that ends the report, and of the first line of the copy."""
    for number, line in enumerate(folded):
        if _RULED.match(line) or (_SAID.match(line) and _next_is_field(lines, number + 1)):
            return number, _first_full(lines, number + 1)
        if _FIELD.match(lines[number]) and _is_letter_head(lines, number):
            return number, number
    return len(lines), len(lines)


def _next_is_field(lines: list[str], start: int) -> bool:
    """Tell whether header lines, or nothing at all, follow a sentence that announces the copy."""
    first = _first_full(lines, start)
    return first >= len(lines) or bool(_FIELD.match(lines[first])) or lines[first].startswith(("From ", ">From ", "--"))


def _first_full(lines: list[str], start: int) -> int:
    return next((n for n in range(start, len(lines)) if lines[n].strip(" \t>|-")), len(lines))


def _is_letter_head(lines: list[str], start: int) -> bool:
    """Tell whether a header of a letter begins at this line: three fields of letters, one of them telltale."""
    names: set[str] = set()
    for line in lines[start : start + 60]:
        field = _FIELD.match(line)
        if field:
            names.add(field[1].lower())
        elif not line.strip(" \t>|") or line[:1] not in " \t>|":
            break
    proofs = names & _PROOFS
    if len(proofs) >= 2 or (proofs and len(names & _USUAL) >= 2):
        return True
    # Four plain fields may sum up the letter before the reason is told: they end the report only after a reason.
    return names >= _PLAIN and says_why("\n".join(lines[:start]))


def _is_summary(line: str) -> bool:
    field = _FIELD.match(line)
    return bool(field and field[1].lower() in _SUMMARY)


def _unquoted(lines: list[str]) -> list[str]:
    """Return the lines of a copy without the sign or the indent that stands before each of them."""
    first = lines[0] if lines else ""
    depth = len(first) - len(first.lstrip(" \t>|"))
    return [line[depth:] if not line[:depth].strip(" \t>|") else line for line in lines] if depth else lines
