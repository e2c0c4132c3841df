"""Answers: what a machine wrote, what a person wrote, who asks to leave and who has left."""

from __future__ import annotations

import re

from newsletter.providers.bounces.mime import Headers, Mail
from newsletter.providers.bounces.text import fold, one_of

_LONGEST_REQUEST = 700

_RE = r"^(?:(?:re|tr|fw|fwd|aw) ?: ?)*"
_AUTOMATIC_SUBJECT = re.compile(
    _RE + r"(?:"
    r"(?:auto(?:matic)?[ -]?(?:reply|response|reponse)|reponse automatique|message automatique|out of (?:the )?office|"
    r"absen(?:ce|te?) du bureau|(?:notification|message) d'absence|je suis (?:absente?|en conges?))\b|"
    # Words that begin a person's subject too count only when they stand alone.
    r"(?:auto|ooo|absen(?:ce|te?)|conges?|accuse de reception) ?(?:[:\-!.]|$))"
)
_PRECEDENCE = re.compile(r"auto[_-]?reply|\bauto\b")

# Where the letter begins that is being answered, or a signature.
_QUOTED = one_of(
    r"^(?:le|on)\b[^\n]{5,150}\n?[^\n]{0,80}(?:a ecrit|wrote) ?:",
    r"^-{2,} ?(?:message d'origine|message original|original message|message transfere|forwarded)",
    r"^_{10,}",
    r"^(?:de|from) ?: [^\n]{0,200}\n(?:envoye|sent|date|a|to) ?:",
    r"^-- ?$",
)

_GONE = one_of(
    r"\b(?:a|ai|avez|ont|avons) (?:definitivement |desormais )?quitte (?:l[ae]s?|l'|m[aeo]n?s?|s[aeo]n?s?|notre|cette)",
    r"\bne (?:suis|sera|serai|sont|travaill\w+|fai[st]|font|exerc\w+) plus (?!joignable|disponible|acces|tard|que\b)",
    r"\bn'(?:est|occupe|exerce|assure|ai|a) plus (?!joignable|disponible|acces|tard|que\b)",
    r"\bmandat\b[^\n]{0,50}(?:pris fin|termine|acheve)",
    r"\bfin d[eu] (?:mon |son )?mandat",
    r"\ba la retraite",
    r"\badresse (?:electronique |mail )?(?:a )?change",
    r"\bnouvelle adresse",
    r"\bchange(?:ment)? d'adresse",
    r"\bchange de (?:poste|fonctions?|service)",
    r"\bdesormais en poste|nouveau poste|nouvelles fonctions",
    r"\bsuccesseur|m'a succede|depart definitif",
    r"\bno longer (?:work|with|employed|at|part|hold|in )",
    r"\bhas left\b|\bretired\b|left the (?:company|organi[sz]ation|council|team)",
    r"\bnew e-?mail address",
)

_LEAVE = one_of(
    r"\bdesabonn|\bdesinscri",
    r"\bne (?:souhait|desir|veu|voul)\w* plus (?:recevoir|etre|de )",
    r"\bne plus (?:recevoir|m'envoyer|m'adresser|nous envoyer|figurer|etre destinataire)",
    r"\bne plus (?:me|nous) (?:solliciter|contacter|ecrire)",
    r"\b(?:retir|supprim|enlev|ray|radi|ot)(?:er|ez)\b[^\n.]{0,50}"
    r"(?:liste|diffusion|mailing|adresse|destinataires|fichier|contacts)",
    r"\b(?:arret|cess)(?:er|ez) de (?:m'|me |nous )",
    r"^\W{0,5}stop\W{0,5}$",
    r"\bunsubscribe|\bopt[- ]?out|\bremove (?:me|my address)|\btake me off|\bstop sending",
)
_STAY = one_of(
    r"\breinscri|\bpar erreur\b|\bmalgre (?:moi|nous)",
    # "ne souhaite pas me desabonner" stays; "ne parviens pas a me desabonner" leaves.
    r"\bne (?!parv|reuss|peu|sai|trouv)[^.,;!?\n]{0,30}\bpas\b[^.,;!?\n]{0,25}(?:desabonn|desinscri)",
    r"\bne (?:me|nous) (?:desabonn|desinscri)\w* (?:surtout )?pas",
    r"(?:don't|do not|not) (?:want to )?(?:unsubscribe|remove)",
)
_LEAVE_SUBJECT = re.compile(_RE + r"(?:desabonn|desinscri|unsubscribe|stop\b)")


def is_automatic(headers: Headers) -> bool:
    """Tell whether a machine sent this: RFC 3834, the older headers, a null return path, or the subject."""
    submitted = headers.get("auto-submitted").strip().lower()
    return (
        bool(submitted and not submitted.startswith("no"))
        or bool(headers.all("x-autoreply", "x-autorespond", "x-autoresponder", "x-auto-response-suppress"))
        or bool(_PRECEDENCE.search(headers.get("precedence").lower()))
        or headers.get("return-path").strip() == "<>"
        or has_automatic_subject(headers)
    )


def has_automatic_subject(headers: Headers) -> bool:
    """Tell whether the subject is that of an absence or of an automatic receipt, in French or English."""
    return bool(_AUTOMATIC_SUBJECT.match(fold(headers.words("subject")).strip()))


def is_bulk(headers: Headers) -> bool:
    """Tell whether this is somebody's mailing, not an answer to ours."""
    return (
        bool(headers.all("list-id", "list-unsubscribe", "feedback-id")) or "bulk" in headers.get("precedence").lower()
    )


def own_words(text: str) -> str:
    """Return what the sender wrote, folded, without the quoted letter and the signature."""
    folded = fold(text)
    mark = _QUOTED.search(folded)
    kept = folded[: mark.start()] if mark else folded
    return "\n".join(line.strip() for line in kept.split("\n") if not line.startswith(">")).strip()


def says_gone(mail: Mail, words: str) -> bool:
    """Tell whether somebody has left: the post, the authority, the mandate, the address."""
    return bool(_GONE.search(fold(mail.headers.words("subject")) + "\n" + words))


def asks_to_leave(mail: Mail, words: str) -> bool:
    """Tell whether a short answer asks to be taken off the list; a long or a doubtful one is for a person to read."""
    if _STAY.search(words) or len(words) > _LONGEST_REQUEST:
        return False
    return bool(_LEAVE_SUBJECT.match(fold(mail.headers.words("subject")).strip()) or _LEAVE.search(words))
