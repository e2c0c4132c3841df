"""The départements by code, as INSEE's official geographic code names them (1 January 2025)."""

from __future__ import annotations

import re

from newsletter.exchange.values import fold

_NAMES = """
01 Ain|02 Aisne|03 Allier|04 Alpes-de-Haute-Provence|05 Hautes-Alpes|06 Alpes-Maritimes|07 Ardèche|08 Ardennes|
09 Ariège|10 Aube|11 Aude|12 Aveyron|13 Bouches-du-Rhône|14 Calvados|15 Cantal|16 Charente|17 Charente-Maritime|
18 Cher|19 Corrèze|2A Corse-du-Sud|2B Haute-Corse|21 Côte-d'Or|22 Côtes-d'Armor|23 Creuse|24 Dordogne|25 Doubs|
26 Drôme|27 Eure|28 Eure-et-Loir|29 Finistère|30 Gard|31 Haute-Garonne|32 Gers|33 Gironde|34 Hérault|
35 Ille-et-Vilaine|36 Indre|37 Indre-et-Loire|38 Isère|39 Jura|40 Landes|41 Loir-et-Cher|42 Loire|43 Haute-Loire|
44 Loire-Atlantique|45 Loiret|46 Lot|47 Lot-et-Garonne|48 Lozère|49 Maine-et-Loire|50 Manche|51 Marne|
52 Haute-Marne|53 Mayenne|54 Meurthe-et-Moselle|55 Meuse|56 Morbihan|57 Moselle|58 Nièvre|59 Nord|60 Oise|61 Orne|
62 Pas-de-Calais|63 Puy-de-Dôme|64 Pyrénées-Atlantiques|65 Hautes-Pyrénées|66 Pyrénées-Orientales|67 Bas-Rhin|
68 Haut-Rhin|69 Rhône|70 Haute-Saône|71 Saône-et-Loire|72 Sarthe|73 Savoie|74 Haute-Savoie|75 Paris|
76 Seine-Maritime|77 Seine-et-Marne|78 Yvelines|79 Deux-Sèvres|80 Somme|81 Tarn|82 Tarn-et-Garonne|83 Var|
84 Vaucluse|85 Vendée|86 Vienne|87 Haute-Vienne|88 Vosges|89 Yonne|90 Territoire de Belfort|91 Essonne|
92 Hauts-de-Seine|93 Seine-Saint-Denis|94 Val-de-Marne|95 Val-d'Oise|971 Guadeloupe|972 Martinique|973 Guyane|
974 La Réunion|975 Saint-Pierre-et-Miquelon|976 Mayotte|977 Saint-Barthélemy|978 Saint-Martin|
986 Wallis-et-Futuna|987 Polynésie française|988 Nouvelle-Calédonie
"""
DEPARTEMENTS: dict[str, str] = dict(
    entry.strip().split(" ", 1) for entry in " ".join(_NAMES.split("\n")).split("|") if entry.strip()
)
"""Code to name, in the order of the codes."""

_CODES = {fold(name): code for code, name in DEPARTEMENTS.items()}
_CODES |= {"reunion": "974", "belfort": "90", "cotes du nord": "22", "seine inferieure": "76"}


def departement_code(text: str) -> str:
    """Return the code of the département that a cell names (`Gard`, `30`, `Gard (30)`, `1`), or ""."""
    words = fold(text)
    if found := _CODES.get(words):
        return found
    number = re.fullmatch(
        r"(?:(?:departement|dept?|dpt) )?(?:d ?u ?|de ?l ?a? ?|des? )?(0?\d|\d\d|2[ab]|9[78]\d)", words
    )
    if number:
        code = number[1].upper().rjust(2, "0")
        return code if code in DEPARTEMENTS else ""
    named = re.fullmatch(r"(.+?) (\d\d|2[ab]|9[78]\d)|(\d\d|2[ab]|9[78]\d) (.+)", words)
    if named:
        name, code = (named[1], named[2]) if named[2] else (named[4], named[3])
        bare = re.sub(r"^(departement )?(de la|de l|du|des|de|d|la|le|les|l) ", "", name)
        return code.upper() if code.upper() in (_CODES.get(name), _CODES.get(bare)) else ""
    bare = re.sub(r"^(departement )?(de la|de l|du|des|de|d|la|le|les|l) ", "", words)
    return _CODES.get(bare, "")


def departement_of(code: str) -> str:
    """Return the département that an INSEE or postal code belongs to: `59350` is in `59`, `97411` in `974`."""
    if re.fullmatch(r"(\d{5}|2[AB]\d{3})", code.upper()):
        return code[:3] if code[:2] in ("97", "98") else code[:2].upper()
    return ""
