"""What a status means in the exports of other tools, in French and English: may this person be written to?"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Literal

from newsletter.exchange.columns import by_header
from newsletter.exchange.values import fold, is_yes

Standing = Literal["", "left", "bounced", "complained", "unclear"]
"""May be mailed (""), must not be (left, bounced, complained), or a word that is not known (unclear)."""

_ACTIVE = frozenset(
    {
        "1",
        "abonne",
        "abonnee",
        "abonnes",
        "abonne actif",
        "actif",
        "active",
        "confirme",
        "confirmed",
        "confirmee",
        "double opt in",
        "enabled",
        "in",
        "inscrit",
        "inscrite",
        "new",
        "non desabonne",
        "non desinscrit",
        "nouveau",
        "ok",
        "opt in",
        "optin",
        "oui",
        "soft bounce",
        "soft bounced",
        "subscribed",
        "subscriber",
        "true",
        "valid",
        "valide",
        "verified",
        "verifie",
        "vrai",
        "yes",
    }
)

# Beginnings of folded words: `desabonne` covers désabonné·e, DÉSABONNÉE, « désabonné le 12/03/2024 ».
_STOPS: tuple[tuple[Standing, str], ...] = (
    ("complained", r"complain|plainte|spam|abus|report(ed)? as|signal"),
    (
        "bounced",
        r"clean|bounce|hard|npai|rejet|undeliver|non delivr|erreur|error|nettoye|"
        r"(adresse |e ?mail )?(invalid|erron|inexist|n existe)",
    ),
    (
        "left",
        r"unsub|desabon|desinscri|non abonne|non inscrit|not subscribed|opt(ed)? ?out|remov|retire|radie|supprim|"
        r"block|black|bloqu|liste noire|exclu|suppress|stop|disabled|desactive|refus|oppos|resilie|left|parti\b",
    ),
)


@lru_cache(maxsize=1024)
def standing(text: str) -> Standing:
    """Return what the status `text` means; an empty one means nothing against the person."""
    words = re.sub(r" (e|es|s|ee|ees|ve|ves)\b", "", fold(text))
    if not words or words in _ACTIVE:
        return ""
    return next((found for found, pattern in _STOPS if re.match(pattern, words)), "unclear")


# Yes/no or date columns that speak for themselves: a `left` column with a date in it is a person who left.
_FLAGS: Mapping[str, Standing] = by_header(
    {
        "left": """unsub time, unsubscribed, unsubscribed at, is unsubscribed, isunsubscribed, unsubscribe date,
            desabonne, desabonnee, desinscrit, desinscrite, desabonne le, desinscrit le, date de desinscription,
            date desinscription, date de desabonnement, date desabonnement, isexcludedfromcampaigns,
            is excluded from campaigns, opt out, optout, email blacklisted, blacklisted, email blocklisted, blocklisted,
            blacklist, blocklist, emailblacklisted, liste noire""",
        "bounced": """clean time, cleaned, cleaned at, bounced, bounced at, hard bounce, hardbounce, npai,
            adresse invalide""",
        "complained": """complained, complained at, complaint, plainte, spam, spam complaint, abuse""",
    }
)
_CONSENTS = frozenset(
    {"subscribed", "abonne", "abonnee", "inscrit", "inscrite", "optin", "opt in", "consentement", "consent", "rgpd"}
)
# Mailchimp writes three files and no status column.
_FILES: Mapping[str, Standing] = {"unsubscribed": "left", "cleaned": "bounced"}


def is_flag(header: str) -> bool:
    """Tell whether the column `header` says by itself whether a person may be mailed."""
    return fold(header) in _FLAGS or fold(header) in _CONSENTS


def flagged(header: str, value: str) -> Standing:
    """Return what `value` in the column `header` (for which `is_flag` is true) says of a person."""
    if fold(header) in _CONSENTS:
        return "left" if value.strip() and not is_yes(value) else ""
    return _FLAGS[fold(header)] if is_yes(value) else ""


def of_file(name: str) -> Standing:
    """Return what the name of a file says of everybody in it: `unsubscribed_members_export_1a2b.csv`."""
    found = re.match(r"(unsubscribed|cleaned) (?:members|audience|contacts)", fold(name))
    return _FILES[found[1]] if found else ""
