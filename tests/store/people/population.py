"""Thirty made-up people of every kind: roles, organisations, memberships, groups, fields, a past."""

from __future__ import annotations

from datetime import date

from hypothesis import strategies as st

from newsletter.audience import AllOf, AnyOf, Condition, Except
from newsletter.paris import midnight
from newsletter.store.people import custom_fields, groups, organisations, people
from newsletter.store.people.custom_fields import CustomField
from newsletter.store.people.organisations import Organisation, Period
from newsletter.store.people.people import Consent, Person

PAST = date(2025, 6, 30)
TODAY = date(2026, 11, 24)
LONG_AGO, BEFORE, AFTER = (midnight(date(*day)) for day in ((2024, 3, 1), (2025, 3, 1), (2026, 3, 1)))
THEME = CustomField(about="person", key="theme", label="Thème", kind="choices", choices=("santé", "achats"))
SIZE = CustomField(about="organisation", key="taille", label="Taille", kind="choice", choices=("petite", "grande"))
PLACES = (
    Organisation(name="Région Bretagne", level="region", region="Bretagne", periods=(Period("2020-01-01"),)),
    Organisation(name="Finistère", level="departement", region="Bretagne", departement="29"),
    Organisation(
        name="Nord", level="departement", region="Hauts-de-France", periods=(Period("2019-01-01", "2024-12-31"),)
    ),
    Organisation(name="Ville de Lille", level="commune", region="Hauts-de-France", periods=(Period("2025-05-01"),)),
)


def populate(connection):
    """Store them; returns their row ids."""
    offices = [organisations.add_organisation(connection, place, now=LONG_AGO) for place in PLACES]
    groups.add_group(connection, "bureau", "Bureau", "", LONG_AGO)
    groups.add_group(connection, "presse", "Presse", "", LONG_AGO)
    custom_fields.add_field(connection, THEME, LONG_AGO)
    custom_fields.add_field(connection, SIZE, LONG_AGO)
    custom_fields.set_value(connection, SIZE, offices[0], ("grande",), BEFORE)
    made = []
    for n in range(30):
        person = Person(
            address=f"p{n}@example.org",
            key=f"p{n}@example.org",
            role=("elu", "technicien", "press", "")[n % 4],
            function="Maire" if n % 5 == 0 else "",
            organisation_id=[None, *offices][n % 5],
        )
        stored = people.add_person(connection, person, LONG_AGO)
        made.append(stored.id)
        for publication, every in (("lettre", 2), ("flash", 3)):
            if n % every == 0:
                basis = Consent("consent" if n % 7 else "member service", "test")
                people.move_subscription(
                    connection, stored, publication, "active", basis, (LONG_AGO, BEFORE, AFTER)[n % 3]
                )
        if n % 11 == 0:
            people.move_subscription(connection, stored, "lettre", "left", Consent("", "test"), AFTER + n)
        if n % 13 == 0:
            custom_fields.set_value(connection, THEME, stored.id, ("santé", "achats")[: 1 + n % 2], BEFORE)
    groups.join_group(connection, "bureau", made[:8], BEFORE)
    groups.leave_group(connection, "bureau", made[:3], AFTER)
    groups.join_group(connection, "presse", made[6:12], AFTER)
    return made


DAYS = st.sampled_from(["2019-06-01", "2024-02-29", "2025-01-01", "2025-04-01", "2026-01-01", "2026-06-01"])
CONDITIONS = st.one_of(
    *(
        st.lists(st.sampled_from(values), min_size=1, max_size=2).map(lambda found, f=field: Condition(f, tuple(found)))
        for field, values in (
            ("role", ["elu", "technicien", "press", ""]),
            ("level", ["region", "departement", "commune"]),
            ("region", ["Bretagne", "Hauts-de-France", ""]),
            ("departement", ["29", "59", ""]),
            ("organisation", ["Nord", "Ville de Lille"]),
            ("group", ["bureau", "presse"]),
            ("subscribed", ["lettre", "flash"]),
            ("basis", ["consent", "member service"]),
            ("received", ["2026-10-lettre"]),
            ("person.theme", ["santé", "achats", ""]),
            ("organisation.taille", ["grande", ""]),
        )
    ),
    st.builds(lambda f, a: Condition(f, since=a), st.sampled_from(["joined", "member"]), DAYS),
    st.builds(lambda f, a, b: Condition(f, since=a, before=b), st.sampled_from(["joined", "member"]), DAYS, DAYS),
    st.sampled_from([Condition("member"), Condition("former")]),
)
RULES = st.recursive(
    CONDITIONS,
    lambda inner: st.one_of(
        st.builds(Except, inner),
        st.builds(lambda parts: AllOf(tuple(parts)), st.lists(inner, max_size=3)),
        st.builds(lambda parts: AnyOf(tuple(parts)), st.lists(inner, max_size=3)),
    ),
    max_leaves=6,
)
