"""`folded(column)`: text as a search compares it (newsletter.folding), within the database, on either of them.

SQLite calls the Python function itself; PostgreSQL has its own expression that gives the same for every letter
of the Latin alphabets.
"""

from __future__ import annotations

import sqlite3
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from newsletter.folding import COMBINING, LETTERS, SEPARATORS, search_key

_NAME = "newsletter_folded"


class folded(FunctionElement[str]):  # noqa: N801 - a function of SQL, written as one
    """The search key of a text column or expression."""

    inherit_cache = True
    type = sa.Text()

    def contains_words(self, sought: str, most: int = 6) -> list[sa.ColumnElement[bool]]:
        """Return one condition per word of `sought`; for a text of signs alone, one that matches no row."""
        words = sought.split()[:most]
        keys = [key for word in words if (key := search_key(word))]
        return [self.contains(key, autoescape=True) for key in keys] if keys or not words else [sa.false()]


def add_folding_function(raw: sqlite3.Connection) -> None:
    """Give an SQLite connection the function that `folded` calls."""
    raw.create_function(_NAME, 1, lambda text: search_key(str(text or "")), deterministic=True)


@compiles(folded)
def _compile_for_sqlite(element: folded, compiler: Any, **options: Any) -> str:
    return f"{_NAME}({compiler.process(element.clauses, **options)})"


@compiles(folded, "postgresql")
def _compile_for_postgresql(element: folded, compiler: Any, **options: Any) -> str:
    text = compiler.process(element.clauses, **options)
    lower = f"lower(normalize({text}, NFKD))"
    for letter, plain in LETTERS.items():
        lower = f"replace({lower}, '{letter}', '{plain}')"
    # A percent sign would be taken for a parameter by the driver; none of these classes holds one.
    bare = f"regexp_replace({lower}, '[{COMBINING}]', '', 'g')"
    return f"btrim(regexp_replace({bare}, '[{SEPARATORS}]+', ' ', 'g'))"
