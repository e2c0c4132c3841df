"""The French of the figures: names of levels and sections, and the rule of every count."""

from __future__ import annotations

from newsletter.french import printed
from newsletter.i18n import _


def level(key: str) -> str:
    """Return the printed name of a level of authority, in the plural."""
    names = {
        "region": _("Régions"),
        "departement": _("Départements"),
        "outre-mer": _("Outre-mer"),
        "metropole": _("Métropoles"),
        "intercommunalite": _("Intercommunalités"),
        "commune": _("Communes"),
        "other": _("Autres"),
        "none": _("Non renseigné"),
    }
    return printed(names.get(key, key))


def one_level(key: str) -> str:
    """Return the printed name of the level of one authority."""
    names = {
        "region": _("Région"),
        "departement": _("Département"),
        "outre-mer": _("Outre-mer"),
        "metropole": _("Métropole"),
        "intercommunalite": _("Intercommunalité"),
        "commune": _("Commune"),
        "other": _("Autre"),
    }
    return printed(names.get(key, key))


def section_label(tag: str) -> str:
    """Return the printed name of a tag."""
    names = {
        "rtes": _("Actualités du réseau"),
        "territoires": _("Actualités des territoires"),
        "elu": _("Entretiens"),
        "agenda": _("Agenda"),
        "europe": _("Europe"),
        "bref": _("ESS en bref"),
        "appel": _("Appels à projets"),
        "publication": _("Publications"),
    }
    return printed(names.get(tag, tag))


def count_rule(what: str, by: str) -> str:
    """Return one French sentence that says what is counted."""
    return printed(_member_rule(by) if what == "members" else _subscriber_rule(by))


def _subscriber_rule(by: str) -> str:
    if by == "publication":
        return _("Abonnements actifs à la fin du jour : qui reçoit deux publications compte une fois pour chacune.")
    if by == "status":
        return _(
            "Personnes connues à la fin du jour, actives ou non, chacune une fois : active si une publication l'est, "
            "sinon en attente, sinon plainte, adresse morte, désabonnée, demande expirée. Les personnes effacées "
            "restent comptées, sans nom."
        )
    rule = _("Abonnés actifs uniques à la fin du jour : qui reçoit plusieurs publications compte une fois.")
    grouped = {
        "role": _("Fonction telle qu'elle était connue ce jour-là."),
        "level": _("Niveau de la collectivité de rattachement ce jour-là."),
        "region": _("Région de la collectivité de rattachement ce jour-là."),
        "departement": _("Département de la collectivité de rattachement ce jour-là."),
        "month": _("Mois du premier abonnement."),
    }
    return f"{rule} {grouped[by]}" if by else rule


def _member_rule(by: str) -> str:
    rule = _("Collectivités dont une période d'adhésion couvre le jour ; les jours de grâce ne comptent pas.")
    return f"{rule} {_('Mois du début de l’adhésion en cours, sans interruption.')}" if by == "month" else rule
