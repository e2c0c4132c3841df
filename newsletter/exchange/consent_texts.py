"""What a free text says of leaving: a remark, a label, a name. A mere mention is "unclear"."""

from __future__ import annotations

import re
from functools import lru_cache

from newsletter.exchange.consent_words import STOPPED, Standing, plain_words, word_set, word_standing
from newsletter.exchange.values import fold

_LEAVING = re.compile(
    r"\b(desabonn\w*|desabonement|desinscri\w*|unsub\w*|opt(ed)? ?out|optedout|blacklist\w*|blocklist\w*|liste noire|"
    r"ne (plus|pas|veut plus|veut pas|souhaite plus|souhaite pas|desire plus|desire pas) (nous |le |la |"
    r"lui |me |l |les )?"
    r"(envoyer|contacter|ecrire|solliciter|recevoir|mailer|diffuser|relancer|inscrire|abonner|"
    r"etre (contacte|sollicite|inscrit|"
    r"abonne|derange))\w*|plus de (mails?|newsletters?|lettres?|courriels?|e mails?|messages?)\b|"
    r"(do not|don t|never) (e ?mail|contact|send|mail)|no longer wants?|wants? no|remove (me|from)|"
    r"npai|hard ?bounc\w*|bounced?\b|refuse (la|les|de|toute?|nos|l|le) (newsletter|mails?|lettre|recevoir|"
    r"communication|"
    r"infolettre|e mails?|courriels?)\w*|stop (mails?|newsletter|envois?|e mails?|courriels?|diffusion)|a supprimer de|"
    r"a retirer de|(droit|demande) (a l |d |de )(oppos|oubli|efface)\w*|"
    r"(adresse|e ?mail|mail|courriel) (mail )?(invalide|erronee?|obsolete|fausse?|incorrecte?|inexistante?)|"
    r"(plus|pas) interesse\w*|(retirer|supprimer|enlever|oter|rayer) (de |du |d )(la |notre |nos |cette )?"
    r"(listes?|fichiers?|diffusion|base|envois?)|n existe plus|abgemeldet|desuscri\w*|disiscritt\w*|afgemeld)\b"
)


_WHOLE = word_set(
    """unsubscribed, complained, complaint, bounce, bounced, undeliverable, nomail, unactivated, unconfirmed,
    do not mail, do not email, nonsubscribed, non subscribed, optout, blacklisted, blocklisted, cleaned"""
)


# Alone in a column of any name, these may be of another matter (an invitation that was declined).
_WHOLE_VAGUE = word_set(
    """spam, stop, refus, refuse, refusee, supprime, supprimee, a supprimer, a retirer, a enlever, desactive,
    desactivee, blocked, bloque, bloquee, non confirme, non confirmee, dnc, transactional, junk, suppressed, removed,
    deleted, cancelled, canceled, decede, decedee"""
)


_NOT_LEAVING = re.compile(
    r"\b(non|pas|jamais|not|never) (desabonn|desinscri|unsub|black|block|bounc|opted out)|lien de"
)


@lru_cache(maxsize=8192)
def text_standing(text: str) -> Standing:
    """Return what a free text (a remark, a label, a column of any name) says of leaving, or "" when it says nothing.

    A text that begins with it, as « désabonné le 12/03/2025 », says so; one that merely mentions it is "unclear".
    """
    words = plain_words(text)
    if words in _WHOLE:
        found = word_standing(text)
        return found or "unclear"
    if words in _WHOLE_VAGUE:
        return "unclear"
    said = _LEAVING.search(words)
    if said is None or _NOT_LEAVING.search(words) or re.match(r"https? ", words):
        return ""
    if said.start() > 12 or "?" in text:
        return "unclear"
    found = word_standing(said[0])
    return found if found in STOPPED else "left"


@lru_cache(maxsize=8192)
def name_standing(text: str) -> Standing:
    """Return what a name, an organisation or a telephone number says of leaving: only « DUPONT (désabonné) » does."""
    words = fold(text)
    said = _LEAVING.fullmatch(words) or re.search(r"\b(desabonn\w*|desinscri\w*|unsubscribed|npai)\b", words)
    return "unclear" if said or re.search(r"\bne (plus|pas) (envoyer|contacter|ecrire)\b", words) else ""
