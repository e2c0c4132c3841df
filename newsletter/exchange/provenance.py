"""What the name of a file or of a sheet says of everybody in it: `unsubscribed_email_audience_export_1a2b.csv`."""

from __future__ import annotations

import re
from collections.abc import Mapping

from newsletter.exchange.consent_words import Standing
from newsletter.exchange.values import fold

# Mailchimp writes one file per state, and no status column in it; its names before and since 2024.
_EXPORT = re.compile(
    r"(?P<state>unsubscribed|nonsubscribed|non subscribed|cleaned|archived|transactional) "
    r"(?:members|audience|contacts|email|sms|segment|export|list)\b"
)
_STATES: Mapping[str, Standing] = {"cleaned": "bounced"}

# Words of suppression lists: SendGrid, Brevo, Mailjet, MailUp, Sarbacane, and files made by hand.
_WORDS: tuple[tuple[Standing, re.Pattern[str]], ...] = (
    ("complained", re.compile(r"\b(spam reports?|complaints?|complained|plaintes?|spams?)\b")),
    (
        "bounced",
        re.compile(r"\b(bounces?|bounced|hard ?bounces?|cleaned|npai|rebonds?|invalid emails?|adresses? invalides?)\b"),
    ),
    (
        "left",
        re.compile(
            r"\b(unsubscribe[ds]?|unsubscribers?|unsubs?|nonsubscribed|non subscribed|opt ?outs?|opted out|"
            r"suppressions?|"
            r"suppressed|suppression list|blocks|blocked|black ?list(ed)?|block ?list(ed)?|exclusions?|exclus?|"
            r"desabonne(e?s)?|desabonnements?|desinscrit(e?s)?|desinscriptions?|non (abonnes|inscrits)|"
            r"liste (noire|rouge|d exclusion)|repoussoir|abgemeldet|desuscritos|disiscritti|do not (email|"
            r"contact|mail)|"
            r"ne (plus|pas) (contacter|envoyer|ecrire)|a (supprimer|retirer)|refus|oppositions?|partis|stop)\b"
        ),
    ),
)
_MIXED = re.compile(
    r"\b(hors|sans|sauf|except\w*|exclud\w*|excluding|without|no|not|non (desabonn|desinscri|bounc|unsub)\w*|and|et|ou|"
    r"avec|with|tous|toutes|all|actifs?|active|abonnes?|inscrits?|subscribed)\b"
)
_WITHOUT = re.compile(r"\b(hors|sans|sauf|except\w*|exclud\w*|without)\b")
_FILE_ONLY = re.compile(r"\b(a (supprimer|retirer)|refus|oppositions?|partis|stop|spams?|exclus?)\b")


def file_standing(name: str, *, has_status: bool = False) -> Standing:
    """Return what the name of a file says of everybody in it.

    With `has_status` the columns say who may be written to, and only the name that a tool itself gives counts.
    """
    words = fold(name.rpartition(".")[0] or name)
    if found := _EXPORT.match(words):
        return _STATES.get(found["state"], "left")
    if has_status or _MIXED.search(words):
        return ""
    return _standing(_FILE_ONLY.sub("", words))


def sheet_standing(name: str) -> Standing:
    """Return what the name of a sheet says of everybody in it: « Désabonnés », « NPAI », « STOP »."""
    words = fold(name)
    return "" if _MIXED.search(words) else _standing(words)


def is_mixed(name: str) -> bool:
    """Tell whether a name speaks of people who left beside others, so that only a status column can tell them apart."""
    words = fold(name.rpartition(".")[0] or name)
    return bool(_standing(words) and _MIXED.search(words) and not _WITHOUT.search(words))


def _standing(words: str) -> Standing:
    return next((standing for standing, pattern in _WORDS if pattern.search(words)), "")
