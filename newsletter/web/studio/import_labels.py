"""What the pages of imports and of decisions call columns, cells and answers."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from newsletter.i18n import ngettext
from newsletter.web.site import say

if TYPE_CHECKING:
    from newsletter.actions.imports.review_groups import ReviewAnswer, ReviewGroup
    from newsletter.exchange.column_reading import ColumnReading
    from newsletter.store.imports.reviews import Review


def meanings(fields: Mapping[str, str] = MappingProxyType({})) -> dict[str, str]:
    """Return what a column can be read as, in the order of a list to choose from; `fields` are the labels of fields."""
    return {
        "email": say("Adresse électronique"),
        "first_name": say("Prénom"),
        "last_name": say("Nom"),
        "full_name": say("Nom et prénom ensemble"),
        "organisation": say("Organisation"),
        "role": say("Fonction"),
        "phone": say("Téléphone"),
        "consent_date": say("Date d’inscription"),
        "departement": say("Département ou code postal"),
        "siren": say("SIREN ou SIRET"),
        "insee": say("Code INSEE"),
        "status": say("Statut d’abonnement (un mot)"),
        "consent": say("Accord : « non » veut dire ne pas écrire"),
        "stop": say("Départ : « oui », une croix ou une date veut dire ne pas écrire"),
        "confirmed": say("Inscription confirmée : « non » veut dire en attente"),
        **{choice: say("Champ : {label}").format(label=label) for choice, label in fields.items()},
        "keep": say("Garder avec la preuve d’inscription"),
        "ignore": say("Ne pas lire"),
    }


def column_words(fields: Mapping[str, str]) -> dict[str, Any]:
    """Return what the page of columns needs: what a column can be read as, and what it was read as."""
    known = meanings(fields)
    return {"meanings": known, "meaning": partial(meaning, known=known)}


def meaning(column: ColumnReading, known: Mapping[str, str]) -> str:
    """Return what a column was read as, in the words of `meanings`."""
    return known.get(column.meaning, say("non lue"))


def answer_words(given: ReviewAnswer, group: ReviewGroup) -> str:
    """Return the words of the button of one answer."""
    n = len(group.reviews)
    if given.code == "correct":
        if n == 1:
            return say("Corriger : {address}").format(address=given.label)
        domain = given.label.rpartition("@")[2]
        wrong = str(group.first.detail.get("email", "")).rpartition("@")[2]
        if domain == wrong:
            return say("Corriger les {n} adresses").format(n=n)
        return say("Corriger en {domain} ({n})").format(domain=domain, n=n)
    if given.code == "organisation":
        return given.label
    if given.code == "create":
        return say("Créer « {name} »").format(name=given.label)
    row = group.kind == "import-row"
    if given.code == "accept":
        return ngettext("Inscrire", "Inscrire les {n} personnes", n).format(n=n) if row else say("Accepter")
    if row:
        return ngettext("Ne pas inscrire", "Ne pas inscrire ces {n} personnes", n).format(n=n)
    return say("Sans organisation") if group.kind == "organisation" else say("Écarter")


def facts(review: Review) -> Mapping[str, str]:
    """Return what is known of a question, in words and without what the program alone needs."""
    names = {
        "email": say("Adresse"),
        "line": say("Ligne du fichier"),
        "reason": say("Motif"),
        "explanation": say("Motif"),
        "text": say("Texte"),
        "wording": say("Texte accepté"),
    }
    found = {names[name]: str(value) for name, value in review.detail.items() if name in names and value}
    columns = {**meanings(), "civilite": say("Civilité"), "email_as_found": say("Adresse dans le fichier")}
    fields = review.detail.get("fields")
    for name, value in fields.items() if isinstance(fields, dict) else ():
        if name != "email":
            found[columns.get(name, name.removeprefix("field:").replace("_", " ").capitalize())] = str(value)
    return found
