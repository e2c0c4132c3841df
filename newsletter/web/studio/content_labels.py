"""The codes of the content in the words that editors read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from newsletter import french
from newsletter.actions.sending.changes import ApprovalChange
from newsletter.web.site import day_words, say


def tag_words() -> Mapping[str, str]:
    """Return every tag with its name."""
    return {
        "rtes": say("Actualités du réseau"),
        "territoires": say("Territoires"),
        "elu": say("Entretien"),
        "agenda": say("Agenda"),
        "europe": say("Europe"),
        "bref": say("En bref"),
        "appel": say("Appels"),
        "publication": say("Publications"),
    }


def status_words() -> Mapping[str, str]:
    """Return every status of an article with its name."""
    return {
        "draft": say("brouillon"),
        "proposed": say("proposé"),
        "ready": say("prêt"),
        "declined": say("écarté"),
    }


def state_words() -> Mapping[str, str]:
    """Return every state of an issue with its name."""
    return {
        "draft": say("en préparation"),
        "loading": say("en préparation"),
        "approved": say("bon à tirer donné"),
        "sending": say("en cours d’envoi"),
        "paused": say("en pause"),
        "done": say("envoyé"),
        "cancelled": say("en préparation"),
    }


def level_words() -> Mapping[str, str]:
    """Return every gravity of a finding with its name."""
    return {"error": say("À corriger"), "warning": say("À regarder"), "advice": say("Conseil")}


def reason_words() -> Mapping[str, str]:
    """Return why a person is left out of a mailing."""
    return {
        "left": say("se sont désabonnées"),
        "pending": say("n’ont pas confirmé leur abonnement"),
        "bounced": say("adresse qui n’existe plus"),
        "complained": say("ont signalé un message comme indésirable"),
        "erased": say("données effacées à leur demande"),
        "not-subscribed": say("ne sont plus abonnées"),
        "no-organisation": say("rattachées à aucune collectivité"),
        "not-a-member": say("collectivité qui n’est pas adhérente aujourd’hui"),
        "already-sent": say("ont déjà reçu ce numéro"),
        "not-in-audience": say("hors du public de ce numéro ou de cette publication"),
        "nothing-for-them": say("aucun article ne leur est destiné"),
    }


def kind_words() -> Mapping[str, tuple[str, str]]:
    """Return every kind of article with its name and what it is for."""
    return {
        "actualite": (say("Une actualité"), say("Ce que fait le réseau, une publication, une nouvelle de l’ESS.")),
        "territoire": (say("Une initiative de territoire"), say("Ce que fait une collectivité, avec son nom.")),
        "entretien": (say("Un entretien"), say("Une ou deux personnes, leur fonction, une phrase à retenir.")),
        "evenement": (say("Un événement"), say("Un jour, un lieu : il va aussi dans l’agenda.")),
        "appel": (say("Un appel"), say("Une candidature ou une contribution, avec une date limite.")),
    }


def change_words(change: ApprovalChange) -> str:
    """Return what changed since an approval, as one sentence."""
    sentence = {
        "subject": say("L’objet : « {before} » est devenu « {after} »."),
        "preheader": say("Le texte d’aperçu a changé."),
        "editorial": say("L’éditorial a changé."),
        "date": say("Le jour de parution : {before}, maintenant {after}."),
        "added": say("Ajouté : « {after} »."),
        "removed": say("Retiré : « {before} »."),
        "changed": say("Modifié : « {after} »."),
        "order": say("L’ordre des articles a changé."),
        "people": say("Les destinataires : {before} au bon à tirer, {after} maintenant."),
        "look": say("La présentation a changé (image, couleurs, réglage ou pied de lettre)."),
    }[change.kind]
    before, after = change.before, change.after
    if change.kind == "date":
        before, after = (day_words(date.fromisoformat(text)) for text in (before, after))
    return french.printed(sentence.format(before=before, after=after))
