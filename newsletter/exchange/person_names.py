"""Names of people as one cell holds them: « NOM Prénom », « Mme Jeanne DUPONT », split with care."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal, NamedTuple

from newsletter.exchange.columns import by_header
from newsletter.exchange.values import fold

Order = Literal["last first", "first last", ""]
"""In which order a column writes names: as its header says, or unknown."""

_ORDERS: Mapping[str, Order] = by_header(
    {
        "last first": """nom prenom, nom et prenom, nom prenoms, nom prenom du contact, nom et prenom du contact,
            noms et prenoms, nom prenom contact, identite, last name first name, nom de famille prenom,
            nom prenom elu""",
        "first last": """prenom nom, prenom et nom, prenoms noms, nom complet, full name, fullname, name,
            display name, gecos, contact name, nom du contact complet, subscriber name, nom affiche, formatted name, fn,
            your name, votre nom, nom d affichage""",
        "": """contact, personne, interlocuteur, correspondant, personne contact, nom contact""",
    }
)
_CIVILITY = re.compile(
    r"\s*(mmes?|mme\.|mlle|melle|madame|mademoiselle|monsieur|mm?\.|mr\.?|m(?=\s+[A-ZÉÈÀÂÎÔÛÇ])|mrs\.?|"
    r"ms\.?|dr\.?|me)\s+",
    re.IGNORECASE,
)
_PARTICLES = re.compile(r"(le|la|les|de|du|des|d|van|von|der|den|el|ben|bel|da|dos|das|di|della|al|abd|ait|saint|st)")


class PersonName(NamedTuple):
    """The parts of a person's name; all may be empty, `civility` as written."""

    first: str = ""
    last: str = ""
    civility: str = ""


def name_order(header: str) -> Order | None:
    """Return in which order the column `header` writes whole names, or None when it is no column of whole names."""
    return _ORDERS.get(fold(header))


def split_name(text: str, order: Order = "") -> PersonName:
    """Return the parts of a whole name: capitals tell the family name, then `order`; what is doubtful stays whole.

    A name that cannot be split is the last name, so that nothing of it is lost.
    """
    civility, words = _civility(" ".join(text.replace(",", " , ").split()))
    if "," in words and words.count(",") == 1:
        last, first = (" ".join(part) for part in _cut(words, words.index(",")))
        return PersonName(first, last, civility) if first and last else PersonName("", last or first, civility)
    words = [word for word in words if word != ","]
    capitals = [_is_capital(word) for word in words]
    if any(capitals) and not all(capitals):
        return _by_capitals(words, capitals, civility)
    groups = _grouped(words)
    if len(groups) == 2 and order:
        first, last = (groups[1], groups[0]) if order == "last first" else (groups[0], groups[1])
        return PersonName(first, last, civility)
    if order == "last first" and len(groups) > 2 and not all(capitals):
        return PersonName(" ".join(groups[1:]), groups[0], civility)
    return PersonName("", " ".join(words), civility)


def _civility(text: str) -> tuple[str, list[str]]:
    found = _CIVILITY.match(text)
    if not found or not text[found.end() :].strip():
        return "", text.split()
    return found[1], text[found.end() :].split()


def _cut(words: list[str], at: int) -> tuple[list[str], list[str]]:
    return words[:at], words[at + 1 :]


def _is_capital(word: str) -> bool:
    letters = [c for c in word if c.isalpha()]
    return len(letters) > 1 and word == word.upper()


def _by_capitals(words: list[str], capitals: list[bool], civility: str) -> PersonName:
    """Split where the capitals begin or end; with capitals in the middle the name stays whole."""
    marked = [at for at, capital in enumerate(capitals) if capital]
    start, end = marked[0], marked[-1] + 1
    while start > 0 and _PARTICLES.fullmatch(fold(words[start - 1])):
        start -= 1
    if start == 0 and end < len(words):
        return PersonName(" ".join(words[end:]), " ".join(words[:end]), civility)
    if end == len(words) and start > 0:
        return PersonName(" ".join(words[:start]), " ".join(words[start:]), civility)
    return PersonName("", " ".join(words), civility)


def _grouped(words: list[str]) -> list[str]:
    """Return the words with particles joined to what follows: `Le Goff` is one."""
    groups: list[str] = []
    held: list[str] = []
    for word in words:
        held.append(word)
        if not _PARTICLES.fullmatch(fold(word)):
            groups.append(" ".join(held))
            held = []
    return groups + ([" ".join(held)] if held else [])
