"""The words a reader sees in place of the codes of the database."""

from __future__ import annotations

from newsletter.i18n import _


def said(code: str) -> str:
    """Return a state, an event, a legal basis or a delivery's outcome in words; an unknown code as it is."""
    known = {
        "active": _("Abonné·e"),
        "pending": _("En attente de confirmation"),
        "left": _("Désabonné·e"),
        "bounced": _("Adresse en échec"),
        "complained": _("Signalé comme indésirable"),
        "expired": _("Demande expirée"),
        "added": _("Adresse enregistrée"),
        "edited": _("Coordonnées modifiées"),
        "moved": _("Rattachement modifié"),
        "left-reason": _("Raison donnée"),
        "consent": _("Consentement"),
        "member service": _("Service aux adhérents"),
        "queued": _("À envoyer"),
        "claimed": _("À envoyer"),
        "handed": _("En cours d’envoi"),
        "deferred": _("Nouvel essai prévu"),
        "doubtful": _("Envoi incertain"),
        "sent": _("Envoyée"),
        "refused": _("Refusée par la messagerie"),
        "excluded": _("Non envoyée"),
        "cancelled": _("Annulée"),
    }
    return known.get(code, code)
