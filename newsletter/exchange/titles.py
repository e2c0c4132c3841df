"""What a person does, from a cell: the function as written, and the role it speaks of."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from newsletter.exchange.values import fold

# The first that fits decides: a `directrice adjointe` is an officer, an `adjointe à la maire` is elected.
_ROLES: tuple[tuple[str, str], ...] = (
    ("press", r"journalis|redact(eur|rice) en chef|presse\b|press\b|media"),
    (
        "technicien",
        r"technicien|charge e? ?(e )?de|direct(eur|rice)|dgs\b|dga\b|responsable|chef(fe)? de|"
        r"agent|coordinat|animat|secretaire (general|de mairie)|officer|manager|assistant",
    ),
    ("elu", r"elu(e|s| e)?\b|maire\b|adjoint|conseill|president|vice president|depute|senat|councillor|mayor"),
    ("partner", r"partenaire|partner|delegue e? ?(e )?general|gerant|associat|coop|entrepre"),
    ("other", r"autre|other|citoyen|etudiant|benevole|retraite"),
)
_COLUMNS = ("role", "role_2", "role_3", "function")


def title(fields: Mapping[str, str]) -> tuple[str, str]:
    """Return the function (as written) and the role (one of `_ROLES`, or "") that the cells of a row speak of.

    A cell that is nothing but a role word names the role; any other is a function, from which the role is guessed.
    """
    return _title(tuple(fields[name] for name in _COLUMNS if name in fields))


@lru_cache(maxsize=4096)
def _title(cells: tuple[str, ...]) -> tuple[str, str]:
    roles = [role for text in cells if (role := role_word(text))]
    functions = [text for text in cells if not role_word(text)]
    function = max(functions, key=lambda text: (len(text), text), default="")
    return function, min(roles, default="") or role_of(function)


def fuller_title(new: tuple[str, str], old: tuple[str, str]) -> bool:
    """Tell whether a function and role say more than others: the fuller function decides and brings its role."""
    return [(len(text), text) for text in new] > [(len(text), text) for text in old]


@lru_cache(maxsize=4096)
def role_word(text: str) -> str:
    """Return the role that `text` is the plain name of, or ""."""
    words = fold(text)
    known = {
        "elu": "elu",
        "elue": "elu",
        "elu e": "elu",
        "elus": "elu",
        "technicien": "technicien",
        "technicienne": "technicien",
        "technicien ne": "technicien",
        "agent": "technicien",
        "partenaire": "partner",
        "partner": "partner",
        "presse": "press",
        "press": "press",
        "journaliste": "press",
        "autre": "other",
        "other": "other",
    }
    return known.get(words, "")


@lru_cache(maxsize=4096)
def role_of(function: str) -> str:
    """Return the role that a function speaks of, or "" when it says nothing known."""
    words = fold(function)
    return next((role for role, pattern in _ROLES if re.search(rf"\b(?:{pattern})", words)), "") if words else ""
