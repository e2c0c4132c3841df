"""The database folds text as Python does, SQLite and PostgreSQL alike."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsletter.filters import PersonFilter
from newsletter.folding import LETTERS, search_key
from newsletter.store.engine.folding import folded
from newsletter.store.people import directory, people
from newsletter.store.people.people import Person
from tests.store.helpers import NOW

LATIN = "".join(map(chr, [*range(0x20, 0x180), *range(0x2010, 0x2028), 0x202F, 0x2212, 0x0301, 0x0327]))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(alphabet=LATIN + "".join(LETTERS), max_size=40))
def test_the_database_gives_the_key_that_python_gives(database, text):
    with database.read() as connection:
        assert connection.scalar(sa.select(folded(sa.literal(text)))) == search_key(text)


PEOPLE = {
    "e": ("Hélène", "Çelik", ["Hélène", "helene", "HELENE", "HÉLÈNE", "Çelik", "celik", "helene celik"]),
    "b": ("Benoît", "Œuvrard", ["Œuvrard", "oeuvrard", "benoit", "OEUVRARD"]),
    "c": ("Chloé", "D’Arcy", ["d’arcy", "d'arcy", "D'ARCY", "c@mairie"]),
    "d": ("Dène", "Lefèvre-Saint-Étienne", ["saint-étienne", "saint etienne", "lefevre", "Lefèvre-Saint-Étienne"]),
    "p": ("100", "% _", ["100", "%"]),
}


@pytest.mark.parametrize(("key", "sought"), [(key, text) for key, (_f, _l, all_) in PEOPLE.items() for text in all_])
def test_a_person_is_found_by_every_spelling_of_the_name(database, key, sought):
    with database.write() as connection:
        for name, (first, last, _texts) in PEOPLE.items():
            address = f"{name}@mairie.example"
            person = Person(address=address, key=address, first_name=first, last_name=last)
            people.add_person(connection, person, NOW)
        found, total = directory.search(connection, PersonFilter(words=sought), 0, 10)
    assert ([one.address[0] for one in found], total) == ([key], 1)
