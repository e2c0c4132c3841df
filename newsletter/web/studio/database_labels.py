"""Codes of the database in the words of the people who read the Studio."""

from __future__ import annotations

from datetime import date

from newsletter import french
from newsletter.actions.operations.database_migrate import HALTED
from newsletter.web.site import day_words, say


def pause(reason: str) -> str:
    """Return why a mailing is paused: kept in words, but for the mark of a migration."""
    if reason == HALTED:
        return say("La base de données change de version : l’envoi reprendra de lui-même.")
    return french.printed(reason)


def kind(code: str) -> str:
    """Return what happened, for an event's kind; an unknown one is returned as it is."""
    return {
        "added": say("fiche créée"),
        "edited": say("fiche modifiée"),
        "address-changed": say("adresse changée"),
        "moved": say("changement d’organisation"),
        "active": say("abonnement"),
        "pending": say("inscription à confirmer"),
        "left": say("désabonnement"),
        "left-reason": say("raison du départ donnée"),
        "bounced": say("adresse perdue"),
        "complained": say("plainte"),
        "expired": say("inscription non confirmée"),
        "unsuppressed": say("adresse rétablie"),
        "erased": say("données effacées"),
        "replied": say("réponse reçue"),
        "delivered": say("message remis"),
        "soft": say("échec passager"),
        "hard": say("échec définitif"),
        "block": say("message bloqué"),
        "complaint": say("plainte"),
        "unsubscribe": say("désabonnement depuis le message"),
        "imported": say("import d’un fichier"),
        "group-added": say("groupe créé"),
        "group-joined": say("entrée dans un groupe"),
        "group-left": say("sortie d’un groupe"),
        "field-added": say("champ créé"),
        "field-set": say("champ rempli"),
        "audience-saved": say("public enregistré"),
        "audience-deleted": say("public supprimé"),
        "exported": say("liste exportée"),
        "rights-request-noted": say("demande sur les données notée"),
        "rights-request-answered": say("réponse à une demande sur les données notée"),
        "people-read": say("fiches lues"),
        "reading-alarm": say("alerte : beaucoup de fiches lues"),
        "import-undone": say("import annulé"),
        "organisation-added": say("organisation ajoutée"),
        "organisation-edited": say("organisation corrigée"),
        "organisation-completed": say("organisation complétée"),
        "member-joined": say("adhésion"),
        "member-renewed": say("adhésion reconduite"),
        "member-ended": say("fin d’adhésion"),
        "mailing-approved": say("bon à tirer"),
        "mailing-paused": say("envoi mis en pause"),
        "mailing-resumed": say("envoi repris"),
        "mailing-cancelled": say("envoi annulé"),
        "mailing-done": say("envoi terminé"),
        "mailing-alarm": say("alerte sur un envoi"),
        "doubt-settled": say("envoi incertain réglé"),
        "refused-retried": say("nouvel envoi à des personnes refusées"),
        "mailing-scheduled": say("départ programmé"),
        "mailing-confirmed": say("second accord"),
        "proof-invited": say("texte donné à relire"),
        "notice-sent": say("message de service"),
        "proposal-sent": say("proposition d’article"),
        "subscribe-alarm": say("alerte sur le formulaire d’inscription"),
        "purged": say("données anciennes effacées"),
        "pictures-removed": say("images que rien ne montrait supprimées"),
        "settings-changed": say("réglages changés"),
        "dmarc-policy": say("politique DMARC vue"),
        "test-sent": say("message d’essai"),
        "article-deposited": say("article déposé par un autre programme"),
        "token-made": say("clé de l’API faite"),
        "sample-removed": say("exemple retiré"),
        "token-revoked": say("clé de l’API retirée"),
        "user-invited": say("accès donné"),
        "user-changed": say("droits changés"),
        "user-renamed": say("nom changé"),
        "proof-mailed": say("lien de relecture envoyé"),
        "proof-sent": say("épreuve envoyée"),
        "journal-exported": say("journal exporté"),
        "factor-added": say("moyen de connexion ajouté"),
        "factor-removed": say("moyen de connexion retiré"),
        "factors-reset": say("moyens de connexion remis à zéro"),
        "recovery-codes-made": say("codes de secours refaits"),
        "second-factor-refused": say("code faux"),
        "identity-linked": say("compte d’organisation reconnu"),
        "user-ended": say("accès retiré"),
        "user-signed-in": say("connexion"),
        "user-signed-out": say("connexion fermée"),
        "user-signed-out-everywhere": say("toutes les connexions fermées"),
    }.get(code, code)


def state(code: str) -> str:
    """Return a subscription's state or the reason why a person does not receive a publication."""
    return {
        "": say("reçoit"),
        "active": say("abonné·e"),
        "pending": say("à confirmer"),
        "left": say("désabonné·e"),
        "bounced": say("adresse perdue"),
        "complained": say("s’est plaint·e"),
        "expired": say("jamais confirmé"),
        "erased": say("effacé·e"),
        "unknown": say("inconnu·e"),
        "not-subscribed": say("pas abonné·e"),
        "no-organisation": say("sans organisation"),
        "not-a-member": say("organisation non adhérente"),
        "not-in-audience": say("hors du public"),
        "nothing-for-them": say("rien ne lui est destiné"),
        "none": say("aucun abonnement"),
    }.get(code, code)


def difference(code: str) -> str:
    """Return why a person had one mailing and not another."""
    return {
        "joined": say("adhésion de leur organisation"),
        "subscribed": say("abonnement"),
        "active": say("abonnement repris"),
        "left": say("désabonnement"),
        "bounced": say("adresse perdue"),
        "complained": say("plainte"),
        "expired": say("inscription non confirmée"),
        "pending": say("inscription à confirmer"),
        "already-sent": say("l’avaient eu par un envoi annulé"),
        "cancelled": say("l’envoi a été arrêté avant eux"),
        "erased": say("données effacées"),
    }.get(code, state(code))


def level(code: str) -> str:
    """Return the level of an authority."""
    return {
        "region": say("Région"),
        "departement": say("Département"),
        "outre-mer": say("Outre-mer"),
        "metropole": say("Métropole"),
        "intercommunalite": say("Intercommunalité"),
        "commune": say("Commune"),
        "other": say("Autre"),
        "none": say("Sans organisation"),
    }.get(code, code)


def delivery(code: str) -> str:
    """Return the outcome of one message."""
    return {
        "queued": say("en attente"),
        "claimed": say("en attente"),
        "handed": say("en cours"),
        "deferred": say("à réessayer"),
        "sent": say("envoyé"),
        "refused": say("refusé"),
        "excluded": say("écarté"),
        "cancelled": say("annulé"),
        "doubtful": say("incertain"),
    }.get(code, code)


def leaving_reasons() -> dict[str, str]:
    """Return the reasons that people can give for leaving, as the page of leaving words them."""
    return {
        "too-many": say("Je reçois trop de messages"),
        "not-for-me": say("Le contenu ne me concerne pas"),
        "changed-job": say("J’ai changé de poste ou de mandat"),
        "never-asked": say("Je n’ai jamais demandé à être abonné·e"),
        "other": say("Autre raison"),
    }


def group(code: str) -> str:
    """Return the name of a group of people: roles have one, months and regions are their own."""
    return {
        "none": say("non précisé"),
        "active": say("personnes abonnées"),
        "members": say("collectivités adhérentes"),
        "elu": say("Élu·e"),
        "technicien": say("Technicien·ne"),
        "partner": say("Partenaire"),
        "press": say("Presse"),
        "other": say("Autre"),
    }.get(code, code)


def basis(code: str) -> str:
    """Return the legal basis of a subscription."""
    return {
        "consent": say("consentement"),
        "member service": say("service aux adhérents"),
        "legitimate interest": say("intérêt légitime"),
    }.get(code, code)


def rights_kind(code: str) -> str:
    """Return what a person asked for about their data."""
    return {
        "access": say("copie de ses données"),
        "erasure": say("effacement"),
        "rectification": say("correction"),
        "objection": say("opposition"),
        "other": say("autre demande"),
    }.get(code, code)


def iso_day(text: str) -> str:
    """Return an ISO day in words."""
    return day_words(date.fromisoformat(text))
