"""What the header of a column says of writing to a person: by the table of tools, or by its words.

What that leaves open is judged by the values of the column (module `reading`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Literal, NamedTuple

from newsletter.exchange.columns import SUBSCRIBERS
from newsletter.exchange.consent_tools import TOOLS
from newsletter.exchange.consent_words import Standing
from newsletter.exchange.person_names import name_order
from newsletter.exchange.values import fold

Sense = Literal["status", "stop", "consent", "lists", "count", "text", "name", "none"]
"""How the cells of a column speak of writing to a person.

status: a word for the state (subscribed, désabonné, bounced). stop: a yes, a date or any text says no. consent: a no
says no. lists: names of lists, or yes/no. count: a number of bounces. text: free words that may mention leaving.
name: a name or a number, which hardly ever does. none: never.
"""


class ColumnSense(NamedTuple):
    """What a column says: how to read it, and the standing that its bad answer means.

    The bad answer is a yes in a `stop` column and a no in a `consent` column (pending: the person has not confirmed).

    `known`: the table of tools names this header. Otherwise the header's words or the values were judged. `weak`: the
    header alone proves nothing, its values must speak too.
    """

    sense: Sense
    standing: Standing = "left"
    known: bool = False
    weak: bool = False
    tool: str = ""


# What a key of the table of tools means.
_KEYS: Mapping[str, tuple[Sense, Standing]] = {
    "status": ("status", "left"),
    "lists": ("lists", "left"),
    "count": ("count", "left"),
    "text": ("text", "left"),
    "none": ("none", "left"),
    "stop": ("stop", "left"),
    "stop:bounced": ("stop", "bounced"),
    "stop:complained": ("stop", "complained"),
    "stop:pending": ("stop", "pending"),
    "stop:unclear": ("stop", "unclear"),
    "consent": ("consent", "left"),
    "consent:pending": ("consent", "pending"),
    "consent:unclear": ("consent", "unclear"),
}


def _by_header() -> dict[str, ColumnSense]:
    """Return the table by folded header; where two tools use one header, the later line of the table is the surer."""
    found: dict[str, ColumnSense] = {}
    for tool in TOOLS:
        for key, headers in tool.columns.items():
            sense, standing = _KEYS[key]
            for header in headers.split(","):
                one = ColumnSense(sense, standing, known=True, tool=tool.name)
                known = found.get(" ".join(header.split()))
                # A reading that can say no is never replaced by one that cannot.
                if known is None or known.sense in ("none", "text") or one.sense not in ("none", "text"):
                    found[" ".join(header.split())] = one
    return found


_KNOWN = _by_header()

_OTHER_CHANNEL = re.compile(r"\b(sms|whatsapp|fax|telephon\w*|phone|appels?|calls?|papier|paper|pushs?|mobile|tel)\b")
_OTHER_STATUS = re.compile(
    r"\b(juridique|marital\w*|civil\w*|matrimonia\w*|professionnel\w*|adhesion\w*|adherent\w*|"
    r"cotisation\w*|cotisant\w*|"
    r"structures?|organisations?|organizations?|organismes?|collectivites?|entreprises?|societes?|company|"
    r"etablissements?|"
    r"associations?|communes?|epci|dossiers?|projets?|commandes?|paiements?|payments?|orders?|leads?|deals?|factures?|"
    r"invoices?|avancements?|emplois?|postes?|mandats?|membres?|member|membership|candidatures?|etudiants?|postal\w*|"
    r"clients?|customers?|prospects?|visites?|conventions?|conges?|contrats?|contracts?|social|sociale|agents?|elus?|"
    r"evenements?|events?|colloques?|ateliers?|formations?|journees?|assemblees?|ag|webinaires?|salons?|congres|"
    r"rencontres?|seminaires?|billets?|tickets?|dejeuners?|repas|visio|participations?|participants?|presences?)\b"
)
_LINK = re.compile(r"\b(url|link|lien|token|key|cle|hash|page|uid|uuid|count|number|nombre|nb)\b")
_DETAIL = re.compile(
    r"\b(date|time|at|on|le|ip|source|origine|provenance|form|formulaire|texte|text|version|nombre|nb|"
    r"number|total|count|"
    r"id|uid|lang|langue|type|frequence|frequency|nom|name|title|titre|campaign|by|par|via|since|depuis|methode|method|"
    r"proof|preuve|wording|lists?|listes?|tags?|groupes?|rating|score|points|timestamp|country|pays|url|link|lien|"
    r"mode|canal|channel|format|theme|themes|sujet|sujets|centres?|interets?|interests?|langues?|created|updated)\b"
)

_STRONG_STOP: tuple[tuple[Standing, re.Pattern[str]], ...] = (
    ("complained", re.compile(r"\b(spam|complain\w*|plaintes?|abuse)\b")),
    (
        "bounced",
        re.compile(r"\b(bounc\w*|hardbounc\w*|npai|rebonds?|cleaned|undeliver\w*|quarantin\w*|bad (email|address))\b"),
    ),
    (
        "left",
        re.compile(
            r"\b(unsub\w*|desabon\w*|desinscri\w*|opt(ed)? ?outs?|optedout|outopt|black ?list\w*|block ?list\w*|"
            r"liste (noire|rouge|d exclusion)|repoussoir|nomail|no e?mails?|dnc|do ?not ?(e ?mail|contact|"
            r"send|bulk)\w*|"
            r"ne (plus|pas|souhaite pas|souhaite plus|veut pas|veut plus|desire pas|desire plus) (\w+ )?"
            r"(envoyer|contacter|ecrire|solliciter|recevoir|mailer|diffuser|relancer|inscrire|autoriser)|"
            r"(plus|pas) (de|d) (mails?|newsletters?|lettres?|courriels?|envois?|e mails?)|"
            r"stop (mails?|newsletters?|envois?|e mails?|emails?|courriels?|diffusion|pub)|abgemeldet|desuscri\w*|"
            r"disiscri\w*|afgemeld|suppressed|suppressions?)\b"
        ),
    ),
)
_WEAK_STOP = re.compile(
    r"\b(exclu\w*|refus\w*|bloqu\w*|blocked|block|oppos\w*|suppr\w*|retir\w*|retrait|remov\w*|delet\w*|invalid\w*|"
    r"erreurs?|errors?|erronee?s?|disabled|desactiv\w*|deactivat\w*|suspend\w*|suspens\w*|hold|inacti\w*|reject\w*|"
    r"rejet\w*|cancel\w*|annul\w*|hs|ko|obsolet\w*|caduc\w*|perdu\w*|fausse?s?|incorrect\w*|inexist\w*|morte?s?|withdr\w*|revo\w*|archiv\w*|exclud\w*|prohibit\w*|forbidden|interdi\w*|stop)\b"
)
_MAIL = re.compile(
    r"\b(e ?mails?|mails?|courriels?|newsletters?|lettres?|infolettres?|campagnes?|campaigns?|contact\w*|diffusion|"
    r"envois?|mailings?|e ?mailings?|abonne\w*|subscri\w*|adresses?|address|user|utilisateurs?|compte|account|"
    r"marketing|communications?|prospection|consent\w*|rgpd|gdpr|messages?|bulletins?|sollicitation\w*)\b"
)
_VALID = re.compile(r"\b(valid|valide|validity|validite|deliverable|delivrable|joignable|fonctionne)\b")
_CONFIRMED = re.compile(r"\b(confirm\w*|double ?opt ?ins?|verified|verifie\w*|valide[es]*|validated|activated)\b")
_CONSENT = re.compile(
    r"\b(inscri\w*|abonn\w*|subscri\w*|opt(ed)? ?ins?|optedin|consent\w*|rgpd|gdpr|newsletters?|infolettres?|"
    r"lettres? d info\w*|recevoir|receives?|receiving|e ?mailings?|mailings?|mailing ?lists?|permissions?|mailable|"
    r"contactable|contact autorise|angemeldet|suscri\w*|iscritt\w*|e ?mail ?marketing|marketing ?e ?mails?|"
    r"ok (mail|newsletter|lettre|envoi|rgpd|diffusion)|accords?|autoris\w*|allow\w*|accept\w*|souhait\w*|agree\w*)\b"
)
# These words speak of mail only beside a word of mail, or alone.
_VAGUE_CONSENT = re.compile(r"\b(accords?|autoris\w*|allow\w*|accept\w*|souhait\w*|agree\w*|inscri\w*|permissions?)\b")
_WEAK = re.compile(r"\b(diffusion|envois?|communications?|lettres?|bulletins?|marketing|e ?mails? ok|prospection)\b")
_STATUS = re.compile(r"\b(statuts?|status|standing|reception|delivery)\b")
_NAMES = frozenset({"email", "first_name", "last_name", "organisation", "role", "phone", "consent_date"})


@lru_cache(maxsize=4096)
def sense_of(header: str) -> ColumnSense:
    """Return what the column `header` says of writing to a person, as far as its header tells."""
    words = fold(header)
    if words in ("state", "etat"):
        return ColumnSense("status", known=True, weak=True)  # of a subscriber, or of an address
    if known := _KNOWN.get(words):
        return known
    canonical = SUBSCRIBERS.name(header)
    if canonical in _NAMES or name_order(header) is not None:
        return ColumnSense("name")
    if canonical == "status":
        return ColumnSense("status", known=True)
    return _by_words(words)


def _by_words(words: str) -> ColumnSense:
    if re.search(r"\b(fin|end|expir\w*) (de |d |l |of )?(the )?(abonnement|inscription|subscription)", words):
        return ColumnSense("stop", "unclear")
    if _VALID.search(words) and (_MAIL.search(words) or _VALID.fullmatch(words)):
        return ColumnSense("consent", "bounced", weak=True)
    stop = next((standing for standing, pattern in _STRONG_STOP if pattern.search(words)), None)
    if _OTHER_CHANNEL.search(words) and not _MAIL.search(words):
        return ColumnSense("none")
    if stop:
        return _strong_stop(words, stop)
    if _WEAK_STOP.search(words):
        return ColumnSense("stop", "left", weak=not _MAIL.search(words))
    if _OTHER_STATUS.search(words):
        return ColumnSense("text")
    if _STATUS.search(words):
        return ColumnSense("status")
    if _CONFIRMED.search(words) and not _DETAIL.search(words):
        return ColumnSense("consent", "pending", weak=not _MAIL.search(words))
    return _consent(words)


def _strong_stop(words: str, standing: Standing) -> ColumnSense:
    if standing == "bounced" and re.search(r"\b(count|number|nombre|nb|score|rate|taux|soft|rebonds|bounces)\b", words):
        return ColumnSense("none" if "soft" in words else "count")
    return ColumnSense("text") if _LINK.search(words) else ColumnSense("stop", standing)


def _consent(words: str) -> ColumnSense:
    if _CONSENT.search(words):
        if _DETAIL.search(words) and not re.search(r"\b(statut|status|ok|oui|yes)\b", words):
            return ColumnSense("text")
        plain = _CONSENT.sub(lambda found: "" if _VAGUE_CONSENT.fullmatch(found[0]) else found[0], words)
        vague = not _CONSENT.search(plain) and not _MAIL.search(words)
        return ColumnSense("consent", weak=vague)
    if _WEAK.search(words) and not _DETAIL.search(words):
        return ColumnSense("consent", weak=True)
    return ColumnSense("text")
