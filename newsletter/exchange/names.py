"""The names of local authorities: what level a name speaks of, and which organisation of a directory it means.

`Ville de Lille`, `LILLE` and `Mairie de Lille` are one authority; `Métropole européenne de Lille` is another.
"""

from __future__ import annotations

import difflib
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from newsletter.exchange.departements import departement_code, departement_of
from newsletter.exchange.values import fold
from newsletter.i18n import _
from newsletter.model import Territory

# The first that fits decides: `communauté de communes` before `commune`, `métropole` before what it is made of.
_LEVELS: tuple[tuple[Territory, str], ...] = (
    (
        Territory.OUTRE_MER,
        r"outre mer|drom|dom|dom tom|ctm|ctg|departements? (et )?regions? d outre mer|"
        r"collectivites? (territoriales? )?(unique )?(de |d )?(outre mer|martinique|guyane|mayotte)",
    ),
    (
        Territory.INTERCOMMUNALITE,
        r"communautes? (de|des) communes?|communautes? d agglomerations?|communautes? d agglo|communautes? urbaines?|"
        r"intercommunalites?|epci|cc|ca|cu|comcom|agglomerations?|agglo|etablissements? publics? territoria(l|ux)|ept|"
        r"interco|poles? d equilibre territorial( et rural)?|petr",
    ),
    (Territory.METROPOLE, r"metropoles?( europeenne)?|eurometropole"),
    (Territory.DEPARTEMENT, r"departements?|conseils? departementa(l|ux)|conseils? genera(l|ux)|cd|departementa(l|le)"),
    (Territory.REGION, r"regions?|conseils? regiona(l|ux)|regional|cr|collectivite de corse"),
    (Territory.COMMUNE, r"villes?|communes?|mairies?|municipalites?|municipal|hotel de ville|commune nouvelle"),
)
_ARTICLES = re.compile(r"\b(?:de la|de l|du|des|de|d|la|le|les|l|et|en|sur|sous|lez|les)\b")
_CLOSE = 0.85  # as difflib counts likeness


class DirectoryEntry(NamedTuple):
    """An organisation as a directory knows it; `level` is a `Territory` value."""

    organisation_id: int
    name: str
    level: str = ""
    siren: str = ""
    insee: str = ""
    departement: str = ""


class Codes(NamedTuple):
    """The codes that tell organisations of one name apart; "" where none is given."""

    siren: str = ""
    insee: str = ""
    departement: str = ""

    def contradict(self, other: Codes) -> bool:
        """Tell whether one of the codes is given on both sides and differs."""
        return any(mine and theirs and mine != theirs for mine, theirs in zip(self, other, strict=True))


def codes_of(cells: Mapping[str, str]) -> Codes:
    """Return the codes in the cells of a row, under any header; a postal code gives the département."""
    siren = re.sub(r"\D", "", _first(cells, _SIREN))[:9]
    insee = re.sub(r"\s", "", _first(cells, _INSEE)).upper()
    insee = insee.rjust(5, "0") if insee else ""
    departement = departement_code(_first(cells, _DEPARTEMENT))
    return Codes(siren, insee, departement or departement_of(insee) or departement_of(_first(cells, _POSTAL)))


def _first(cells: Mapping[str, str], names: tuple[str, ...]) -> str:
    return next((cells[name] for name in names if cells.get(name)), "")


_SIREN = (
    "siren",
    "siret",
    "n_siren",
    "no_siren",
    "numero_siren",
    "n_siret",
    "numero_siret",
    "siren_siret",
    "code_siren",
)
_INSEE = ("insee", "code_insee", "code_commune", "code_insee_commune", "cog", "insee_code")
_DEPARTEMENT = ("departement", "dept", "dep", "dpt", "code_departement", "numero_departement", "n_departement")
_POSTAL = ("code_postal", "cp", "zip", "postal_code", "code_postal_professionnel")


class Match(NamedTuple):
    """Which organisation was meant, how sure that is (0 to 1), and why in a French clause.

    Without an `organisation_id` a human decides, among `candidates` if there are any.
    """

    organisation_id: int | None
    confidence: float
    explanation: str
    candidates: tuple[int, ...] = ()


def level_of(text: str) -> Territory | None:
    """Return the level that a level cell or the beginning of a name speaks of, or None."""
    words = fold(text)
    if words in set(Territory):
        return Territory(words)
    for level, pattern in _LEVELS:
        if re.match(rf"(?:{pattern})\b", words) or (level is Territory.METROPOLE and words.endswith(" metropole")):
            return level
    return None


def stem(name: str) -> str:
    """Return what is left of a name without its level and its articles: `lille` for `Ville de Lille`."""
    words = re.sub(r"\bst(e?)\b", r"saint\1", fold(name))
    for _level, pattern in _LEVELS:
        bare = re.sub(rf"^(?:{pattern})\b|\bmetropole$", "", words).strip()
        if bare and bare != words:
            words = bare
            break
    return " ".join(_ARTICLES.sub(" ", words).split()) or words


@dataclass(frozen=True)
class Directory:
    """The known organisations, indexed once for many look-ups."""

    entries: Mapping[int, DirectoryEntry]
    by_siren: Mapping[str, int]
    by_insee: Mapping[str, int]
    by_name: Mapping[str, tuple[int, ...]]
    by_stem: Mapping[str, tuple[int, ...]]

    @classmethod
    def of(cls, entries: Iterable[DirectoryEntry]) -> Directory:
        """Index `entries`."""
        known = {entry.organisation_id: entry for entry in entries}
        names: dict[str, list[int]] = defaultdict(list)
        stems: dict[str, list[int]] = defaultdict(list)
        for key, entry in known.items():
            names[fold(entry.name)].append(key)
            stems[stem(entry.name)].append(key)
        return cls(
            known,
            {entry.siren: key for key, entry in known.items() if entry.siren},
            {entry.insee: key for key, entry in known.items() if entry.insee},
            {name: tuple(found) for name, found in names.items()},
            {name: tuple(found) for name, found in stems.items()},
        )


def match_organisation(cells: Mapping[str, str], directory: Directory) -> Match:
    """Return the organisation that `cells` mean (`organisation` or `name`, `siren`, `insee`, `level`).

    A code decides alone; a name only if one organisation of that name and level is known, and no code (SIREN, INSEE,
    département) says that another of the name is meant: communes share names.
    """
    name = cells.get("organisation") or cells.get("name") or ""
    codes = codes_of(cells)
    if codes.siren in directory.by_siren:
        return _sure(directory, directory.by_siren[codes.siren], 1.0, _("même SIREN que « {name} »"))
    if codes.insee in directory.by_insee:
        return _sure(directory, directory.by_insee[codes.insee], 1.0, _("même code INSEE que « {name} »"))
    if not name.strip():
        return Match(None, 0.0, _("aucune organisation n’est indiquée"))
    named = directory.by_name.get(fold(name), ())
    same = _not_contradicted(directory, named, codes)
    if len(same) == 1:
        return _sure(directory, same[0], 0.98, _("même nom que « {name} »"))
    if named and not same:
        return Match(None, 0.0, _("« {name} » est connue sous d’autres codes : ce n’est pas elle").format(name=name))
    return _by_stem(name, cells.get("level", ""), codes, directory)


def _not_contradicted(directory: Directory, keys: Iterable[int], codes: Codes) -> tuple[int, ...]:
    """Return the organisations that no code of a row tells apart from the one it means."""
    return tuple(key for key in keys if not codes.contradict(_codes(directory.entries[key])))


def _codes(entry: DirectoryEntry) -> Codes:
    return Codes(entry.siren, entry.insee, entry.departement or departement_of(entry.insee))


def _by_stem(name: str, level: str, codes: Codes, directory: Directory) -> Match:
    found = _not_contradicted(directory, directory.by_stem.get(stem(name), ()), codes)
    wanted = level_of(level) if level else level_of(name)
    fitting = tuple(key for key in found if wanted and _level(directory.entries[key]) == wanted)
    if len(fitting) == 1:
        return _sure(directory, fitting[0], 0.95, _("même nom et même niveau que « {name} »"))
    if len(found) == 1 and not wanted and _level(directory.entries[found[0]]) in (None, Territory.COMMUNE):
        return _sure(directory, found[0], 0.9, _("seule « {name} » porte ce nom"))
    if found:
        names = ", ".join(directory.entries[key].name for key in found)
        return Match(None, 0.5, _("à choisir : le nom convient à {names}").format(names=names), found)
    return _nearly(name, directory)


def _nearly(name: str, directory: Directory) -> Match:
    close = difflib.get_close_matches(stem(name), directory.by_stem, n=3, cutoff=_CLOSE)
    candidates = tuple(key for near in close for key in directory.by_stem[near])
    if not candidates:
        return Match(None, 0.0, _("organisation inconnue : « {name} »").format(name=name))
    names = ", ".join(directory.entries[key].name for key in candidates)
    return Match(None, 0.4, _("à vérifier : le nom ressemble à {names}").format(names=names), candidates)


def _sure(directory: Directory, key: int, confidence: float, reason: str) -> Match:
    return Match(key, confidence, reason.format(name=directory.entries[key].name))


def _level(entry: DirectoryEntry) -> Territory | None:
    return level_of(entry.level) if entry.level else level_of(entry.name)
