"""A provider that takes nothing, in plain words: the cause, and what to do."""

from __future__ import annotations

import re
from dataclasses import dataclass

from newsletter import paris
from newsletter.french import clock_words
from newsletter.i18n import _
from newsletter.store.sending.warnings import Silence


@dataclass(frozen=True, slots=True)
class SilenceWords:
    """A silence as it is told: since when, why, what to do, and the answer as it came."""

    since: float
    cause: str
    step: str
    answer: str = ""

    @property
    def hour(self) -> str:
        """The hour of the last sign of life, in Paris: `9 h 30`."""
        return clock_words(paris.moment(self.since))


_REFUSED = re.compile(r"refused|errno 111", re.I)
_NO_NAME = re.compile(r"name or service|temporary failure in name|nodename|getaddrinfo|errno -[235]\b", re.I)
_TIMEOUT = re.compile(r"timed out|timeout|errno 110|unreachable|no route|errno 113|errno 101", re.I)
_TLS = re.compile(r"certificate|ssl|tls", re.I)
_LOGIN = re.compile(r"\b53[0-9]\b|authenti|\b40[13]\b|api key|unauthori", re.I)
_QUOTA = re.compile(r"\b429\b|quota|rate limit|too many|limit exceeded", re.I)


def silence_words(silence: Silence) -> SilenceWords:
    """Say why the provider takes nothing, as far as its last answer tells."""
    cause, step = _explained(silence.answer)
    return SilenceWords(silence.since, cause, step, silence.answer)


def _explained(answer: str) -> tuple[str, str]:
    wait = _("Rien n’est perdu : l’envoi reprend tout seul dès qu’il répond.")
    if not answer:
        return (
            _("Le serveur d’envoi ne répond pas aux messages qu’on lui a confiés."),
            _("Attendez quelques minutes ; si rien ne bouge, prévenez la personne qui s’occupe du serveur."),
        )
    if _NO_NAME.search(answer):
        return (
            _("Le nom du serveur d’envoi est introuvable."),
            _("Vérifiez l’adresse du serveur dans les réglages d’envoi, et la connexion à Internet."),
        )
    if _REFUSED.search(answer):
        return (
            _("Le serveur d’envoi refuse la connexion : il est arrêté, ou son adresse ou son port sont faux."),
            _("Prévenez la personne qui s’occupe du serveur, ou vérifiez les réglages d’envoi.") + " " + wait,
        )
    if _LOGIN.search(answer):
        return (
            _("Le serveur d’envoi ne reconnaît pas notre compte."),
            _("Vérifiez l’identifiant et le mot de passe (ou la clé) du prestataire, puis reprenez l’envoi."),
        )
    if _QUOTA.search(answer):
        return _("Le prestataire nous demande de ralentir, ou le quota est atteint."), wait
    if _TLS.search(answer):
        return (
            _("La connexion sécurisée avec le serveur d’envoi échoue."),
            _("Vérifiez la sécurité choisie (TLS, STARTTLS) et le certificat du serveur."),
        )
    if _TIMEOUT.search(answer):
        return _("Le serveur d’envoi ne répond pas."), _("Vérifiez la connexion à Internet.") + " " + wait
    return _("Le prestataire ne prend aucun message pour l’instant."), wait
