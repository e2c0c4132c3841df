"""What a page says about an invalid field: in the words of the Studio's forms, whatever the file calls it."""

from __future__ import annotations

from newsletter.i18n import Sentence

# As the Studio's forms call them.
_LABELS = {
    "title": Sentence("Titre"),
    "subject": Sentence("Objet du message"),
    "preheader": Sentence("Texte d’aperçu"),
    "summary": Sentence("Résumé"),
    "link": Sentence("Lien"),
    "date": Sentence("Date"),
    "image": Sentence("Image"),
    "src": Sentence("Image"),
    "credit": Sentence("Crédit"),
    "place": Sentence("Lieu"),
    "tags": Sentence("Étiquettes"),
    "tag": Sentence("Étiquette"),
    "status": Sentence("État"),
    "organisations": Sentence("Organisations"),
    "contact": Sentence("Contact"),
}


def file_name(stem: str) -> Sentence:
    """Speak of a file name that cannot name an article."""
    return Sentence(
        "Le nom de fichier « {stem} » ne convient pas : des minuscules, des chiffres et des tirets.", stem=stem
    )


def missing(name: str) -> Sentence:
    """Speak of a field that must be filled in."""
    return Sentence("Le champ « {name} » est vide. Remplissez-le.", name=_LABELS.get(name, name))


def too_many(name: str, most: int) -> Sentence:
    """Speak of a list longer than `most`."""
    return Sentence(
        "Le champ « {name} » a plus de {most} valeurs. Raccourcissez la liste.", name=_LABELS.get(name, name), most=most
    )


def unknown(text: str, name: str) -> Sentence:
    """Speak of a word that the field does not know."""
    return Sentence(
        "« {text} » n’est pas une valeur du champ « {name} ». Choisissez-en une de la liste.",
        text=text,
        name=_LABELS.get(name, name),
    )


def no_number(text: str) -> Sentence:
    """Speak of what should be a whole number."""
    return Sentence("« {text} » n’est pas un nombre. N’écrivez que des chiffres, comme 142.", text=text)


def no_truth(text: str) -> Sentence:
    """Speak of what should be true or false."""
    return Sentence("« {text} » n’est ni oui ni non : écrivez true ou false.", text=text)


def no_link(text: str) -> Sentence:
    """Speak of a link that no letter can hold."""
    return Sentence(
        "« {text} » n’est pas un lien que l’on peut suivre depuis une lettre. Donnez une adresse qui commence par https://",
        text=text,
    )


def no_list(name: str) -> Sentence:
    """Speak of what should be a list."""
    return Sentence(
        "Le champ « {name} » doit être une liste : une valeur par ligne, après un tiret.", name=_LABELS.get(name, name)
    )


def decorative() -> Sentence:
    """Speak of a picture that is decorative and described at once."""
    return Sentence("Une image décorative n’a pas de texte alternatif. Gardez l’un ou l’autre.")


def no_fields(name: str) -> Sentence:
    """Speak of what should hold further fields."""
    return Sentence(
        "Le champ « {name} » doit contenir d’autres champs, en retrait sur les lignes suivantes.",
        name=_LABELS.get(name, name),
    )


def no_text(name: str) -> Sentence:
    """Speak of what should be a text."""
    return Sentence(
        "Le champ « {name} » doit être un texte. Mettez-le entre guillemets droits.", name=_LABELS.get(name, name)
    )


def too_long(name: str, limit: int) -> Sentence:
    """Speak of a text of more than `limit` characters."""
    return Sentence(
        "Le champ « {name} » dépasse {limit} signes. Raccourcissez-le.", name=_LABELS.get(name, name), limit=limit
    )


def no_picture(text: str) -> Sentence:
    """Speak of what names no picture."""
    return Sentence(
        "« {text} » n’est pas une image. Choisissez un fichier, ou donnez une adresse qui commence par https://",
        text=text,
    )


def no_year(year: int) -> Sentence:
    """Speak of a year that cannot be meant."""
    return Sentence("L’année {year} n’est pas possible. Corrigez la date.", year=year)


def no_hour() -> Sentence:
    """Speak of an hour that the clocks pass over."""
    return Sentence("Cette heure n’existe pas : on passe à l’heure d’été cette nuit-là. Prenez l’heure suivante.")


def no_date(text: str) -> Sentence:
    """Speak of what should be a day or a moment."""
    return Sentence("« {text} » n’est pas une date. Écrivez 2026-11-24, ou 2026-11-24 09:30.", text=text)
