"""Subscribers who do not exist, as many as wanted and the same every time: for the demo, the tests and the benchmarks.

Every address stands under a name reserved for examples (RFC 2606 sections 2 and 3), so that nothing can reach anybody.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain, count, islice
from typing import NamedTuple

_FIRST_NAMES = (
    "Adèle Agnès Aïcha Alban Alice Alix Amadou Amélie Anaïs André Anouk Antoine Armelle Arthur Awa Baptiste Bastien "
    "Béatrice Benoît Bérénice Blanche Bruno Camille Capucine Carole Cécile Célestin Chantal Chloé Claire Clément "
    "Colette Cyril Damien Daphné Delphine Denis Diane Driss Édith Éléonore Éliane Élise Éloïse Émile Emma Erwan "
    "Estelle Étienne Eugénie Fabien Farida Fatou Félix Florence François Frédérique Gaël Gaspard Geneviève Gilles "
    "Guénolé Hakim Hélène Hervé Honorine Hugo Inès Irène Ismaël Jeanne Jérôme Joël Judith Jules Karim Katell Laïla "
    "Laurence Léa Léopold Lise Loïc Louise Lucien Maëlle Malik Manon Marcel Margaux Mariam Marthe Mathilde Maxime "
    "Mireille Moïse Nadège Naïma Nathan Nicolas Noémie Noël Odile Olivier Ombeline Pascal Pauline Philippe Quentin "
    "Rachid Raphaëlle Régis Rémi Romane Rose Sabine Salomé Samia Sébastien Simone Solène Stéphane Sylvain Tanguy "
    "Théo Thérèse Tristan Valérie Véronique Violaine Xavier Yacine Yann Yvonne Zélie Zoé"
)
_LAST_NAMES = (
    "Abadie Allard Ancelin Arnoux Aubertin Auclair Bailleul Barthe Baudry Bazin Beaufils Béchet Bellanger Benali "
    "Bessière Bidault Blanchet Boissel Bonnefoy Bordier Bouchard Bourgeois Brault Briand Brunel Cadiou Cailleux "
    "Camara Carpentier Castaing Cazenave Chabert Champagnac Chartier Chauveau Chevallier Cissé Clavel Cochet Collin "
    "Cordier Coste Coulibaly Courtois Cuvelier Danjou Daubigny Decroix Delahaye Delcourt Desbois Descamps Diallo "
    "Dufresne Dumoulin Dupraz Duval Escoffier Estève Fabre Falguière Fauvel Ferrand Fleury Fontanel Foucault "
    "Fournel Gaillard Garrigue Gauthier Germain Gillet Girardin Glémarec Godin Gosselin Goujon Granger Grimaud "
    "Guéguen Guérin Guillemot Haddad Hamelin Hardouin Hébrard Héricourt Hocquet Huguet Imbert Jacquemin Jaouen "
    "Jourdain Jouve Kerbrat Kieffer Klein Labbé Lacaze Lafargue Lambert Langlois Laroche Lebon Lecerf Lefranc "
    "Legendre Lemaître Leroux Letellier Lhomme Lozachmeur Maillard Malherbe Mansouri Marchand Marquet Massé Mauger "
    "Ménard Mercadier Meunier Michelet Monnier Morvan Nadaud Navarro Neveu Nicolet Ollivier Oudin Pagès Paquet "
    "Pasquier Pelletier Peyrot Picard Poirier Prigent Quéméneur Rabier Raffin Renaudin Ricard Rivoal Roblin Roche "
    "Rouvière Sabatier Salaün Savary Seguin Serrano Sicard Sorel Soulier Tanguy Tessier Thibaud Toussaint Traoré "
    "Urvoy Vasseur Verdier Vernet Viala Vidal Villard Weber Yvon Zimmer"
)
_INSIDE = (
    ("technicien", "Chargé·e de mission économie sociale et solidaire"),
    ("elu", "Adjoint·e délégué·e à l'économie sociale et solidaire"),
    ("technicien", "Responsable du développement économique"),
    ("elu", "Conseiller·ère délégué·e à l'insertion"),
    ("technicien", "Responsable des achats"),
    ("elu", "Vice-président·e à l'économie de proximité"),
    ("technicien", "Directeur·rice de la cohésion sociale"),
)
_OUTSIDE = (
    ("partner", "Délégué·e général·e"),
    ("other", ""),
    ("partner", "Chargé·e de développement"),
    ("other", "Étudiant·e"),
    ("press", "Journaliste"),
    ("other", ""),
    ("partner", "Gérant·e de coopérative"),
    ("other", "Bénévole"),
)
_HOUSES = ("association", "cooperative", "mutuelle", "atelier", "fondation", "mairie", "media", "universite", "cress")
_OPEN = ("example.org", "example.com", "example.net")
_EARLIEST, _LATEST = date(2004, 1, 5).toordinal(), date(2026, 10, 30).toordinal()

# Primes that divide none of the lengths they run over: each walk meets all values before it repeats one.
_NAME_STRIDE, _DESK_STRIDE, _DAY_STRIDE = 10_007, 7_919, 4_871


@dataclass(frozen=True, slots=True)
class SamplePerson:
    """An invented subscriber; `role` is elu, technicien, partner, press or other; no organisation is an empty text."""

    email: str
    first_name: str
    last_name: str
    function: str
    role: str
    organisation: str
    joined: date


def people(n: int, organisations: Sequence[str], seed: int = 1) -> Iterator[SamplePerson]:
    """Yield `n` invented people, always the same for the same organisations and seed; every address occurs once.

    Each organisation gets its two contacts before anybody else comes, and two in five people belong to one in the long
    run. Memory does not grow with `n`.
    """
    block = _block(organisations)
    names = [
        (first, last, _label(first) + "." + _label(last))
        for first in _FIRST_NAMES.split()
        for last in _LAST_NAMES.split()
    ]
    for i in range(n):
        turn, place = divmod(i, len(block))
        desk = block[place]
        serial, visit = divmod(2 * turn + desk.round, len(names))
        first, last, local = names[(visit * _NAME_STRIDE + desk.number * _DESK_STRIDE + seed) % len(names)]
        address = f"{local}.{serial + 1}@{desk.domain}" if serial else f"{local}@{desk.domain}"
        kinds = _INSIDE if desk.organisation else _OUTSIDE
        role, function = kinds[(i + turn) % len(kinds)]
        joined = date.fromordinal(_EARLIEST + (i * _DAY_STRIDE + seed) % (_LATEST - _EARLIEST))
        yield SamplePerson(address, first, last, function, role, desk.organisation, joined)


class _Generator(NamedTuple):
    """Where somebody may sit: one domain, visited twice in a block of people, in round 0 and round 1."""

    number: int
    round: int
    domain: str
    organisation: str


def _block(organisations: Sequence[str]) -> list[_Generator]:
    """Return two rounds of the organisations' desks, then two rounds of everybody else's, three for every two."""
    inside = list(zip(_domains(organisations), organisations, strict=True))
    houses = (f"{_HOUSES[i % len(_HOUSES)]}-{i // len(_HOUSES) + 1}.example" for i in count())
    others = max(len(inside) * 3 // 2, len(_OPEN))
    outside = [(domain, "") for domain in islice(chain(_OPEN, houses), others)]
    desks = [[_Generator(number, turn, *place) for number, place in enumerate([*inside, *outside])] for turn in (0, 1)]
    split = len(inside)
    return [*desks[0][:split], *desks[1][:split], *desks[0][split:], *desks[1][split:]]


def _domains(organisations: Iterable[str]) -> Iterator[str]:
    """Yield a reserved domain for each name; names that are spelt alike without accents get a number."""
    seen: set[str] = set()
    for name in organisations:
        label = _label(name)[:50].strip("-") or "collectivite"
        label = next(text for text in chain([label], (f"{label}-{i}" for i in count(2))) if text not in seen)
        seen.add(label)
        yield f"{label}.example"


def _label(text: str) -> str:
    """Return `text` as a label of ASCII letters, digits and hyphens."""
    plain = unicodedata.normalize("NFKD", text.lower().replace("œ", "oe")).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.replace("'", "-")).strip("-")
