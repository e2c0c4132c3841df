"""What the journal and a person's history say of an event's details, in one line."""

from __future__ import annotations

from collections.abc import Mapping

from newsletter.web.site import say
from newsletter.web.studio import database_labels

# What only a program needs of an event.
_TECHNICAL = ("content", "proposal", "user", "import", "at", "article", "publication", "mailing")


def event_details(detail: Mapping[str, object]) -> str:
    """Return what is known of an event as one line; what only a program needs is left out."""
    names = {
        "basis": say("base"),
        "how": say("preuve"),
        "wording": say("phrase acceptée"),
        "why": say("raison"),
        "reason": say("raison"),
        "text": say("texte"),
        "name": say("nom"),
        "was_called": say("auparavant"),
        "to": say("vers"),
        "factor": say("moyen"),
        "network": say("depuis"),
        "sessions": say("connexions"),
        "scope": say("droit"),
        "role": say("rôle"),
        "may_send": say("peut envoyer"),
        "count": say("nombre"),
        "people": say("personnes"),
        "proof": say("preuve"),
        "request": say("demande"),
        "cap": say("limite"),
        "bytes": say("octets"),
        "file": say("fichier"),
        "status": say("réponse"),
        "accept": say("ajouts"),
        "merge": say("compléments"),
        "reject": say("refus"),
        "suppress": say("blocages"),
        "review": say("à trancher"),
        "keep": say("inchangés"),
        "address": say("adresse"),
        "reader": say("relecture par"),
        "issue": say("numéro"),
        "item": say("article"),
        "details": say("champs"),
        "was": say("auparavant"),
        "before": say("auparavant"),
        "ended": say("dernier jour"),
    }
    lines = [
        (names.get(name, name), _value(name, value))
        for name, value in detail.items()
        if name not in _TECHNICAL and value not in ("", None, [], {})
    ]
    return ", ".join(say("{name} : {value}").format(name=name, value=value) for name, value in lines)


def _field(name: str) -> str:
    """Return what a field of a person's card is called there, within a sentence."""
    labels = {
        "salutation": say("Civilité"),
        "first_name": say("Prénom"),
        "last_name": say("Nom"),
        "function": say("Fonction"),
        "phone": say("Téléphone"),
        "role": say("Rôle"),
    }
    return labels.get(name, name).lower()


def _value(name: str, value: object) -> str:
    if isinstance(value, bool):
        return say("oui") if value else say("non")
    if name == "basis":
        return database_labels.basis(str(value))
    if name == "details" and isinstance(value, list):
        return ", ".join(_field(str(field)) for field in value)
    if name == "was":
        return database_labels.state(str(value))
    if name in ("before", "ended"):
        return database_labels.iso_day(str(value))
    if name == "factor":
        return {"app": say("application de codes"), "passkey": say("clé d’accès")}.get(str(value), str(value))
    if name == "role":
        return {"editor": say("Rédaction"), "staff": say("Suivi"), "admin": say("Administration")}.get(
            str(value), str(value)
        )
    if name == "how" and value in ("sent", "resend"):
        return say("tenus pour partis") if value == "sent" else say("renvoyés")
    if name == "scope":
        return {"read": say("lire"), "write": say("lire et écrire"), "people": say("lire, personnes comprises")}.get(
            str(value), str(value)
        )
    return str(value)
