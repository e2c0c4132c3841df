"""An organisation is corrected in the Studio: its history says what it was, and its contacts stay."""

from __future__ import annotations

import time

import pytest

from newsletter.store import journal
from newsletter.store.people import organisations
from newsletter.store.people.organisations import Organisation
from tests.web.studio.conftest import sign_in

SIREN, OTHER_SIREN = "200054807", "213105554"


def add(town, name: str, **codes: str) -> int:
    with town.workspace.database.write() as connection:
        return organisations.add_organisation(connection, Organisation(name=name, **codes), now=time.time())


def read(town, number: int) -> Organisation:
    with town.workspace.database.read() as connection:
        return organisations.get_organisation(connection, number)


def correct(town, number: int, **fields: str) -> str:
    before = read(town, number)
    kept = {name: getattr(before, name) for name in ("name", "level", "region", "departement", "siren", "insee")}
    page = sign_in(town, "staff").post(f"/studio/public/organisations/{number}/fiche", **{**kept, **fields})
    return page.text.replace("\xa0", " ").replace("\u202f", " ")


def test_a_merged_authority_gets_its_new_name_and_code_and_the_history_says_what_it_was(town):
    number = add(town, "CC du Pays de Lumbres")
    page = correct(town, number, name="CA du Pays de Saint-Omer", siren=SIREN, level="intercommunalite")
    assert "Organisation corrigée" in page
    after = read(town, number)
    assert (after.name, after.siren, after.level) == ("CA du Pays de Saint-Omer", SIREN, "intercommunalite")
    with town.workspace.database.read() as connection:
        assert organisations.find_organisation(connection, "ca du pays de saint omer").id == number
        (event,) = [e for e in journal.of_organisation(connection, number) if e.kind == "organisation-edited"]
    assert event.actor == "Une staff"
    assert event.detail["before"] == {"level": "other", "name": "CC du Pays de Lumbres", "siren": ""}
    assert "« CC du Pays de Lumbres » devient « CA du Pays de Saint-Omer »" in page


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"name": "ville de reze"}, "déjà celui d’une autre organisation"),
        ({"name": "  "}, "Ce nom est vide"),
        ({"siren": OTHER_SIREN}, "est déjà celui de « Ville de Réze »"),
        ({"siren": "123"}, "n’est pas un code SIREN"),
        ({"level": "galaxy"}, "Niveau inconnu"),
    ],
    ids=["name of another", "no name", "code of another", "no code", "no level"],
)
def test_what_cannot_be_is_said_and_nothing_changes(town, fields, said):
    add(town, "Ville de Réze", siren=OTHER_SIREN)
    number = add(town, "Ville de Nantes")
    before = read(town, number)
    assert said in correct(town, number, **fields)
    assert read(town, number) == before


def test_saving_without_a_change_leaves_no_line_in_the_history(town):
    number = add(town, "Ville de Nantes")
    assert "Rien n’a changé" in correct(town, number)
    with town.workspace.database.read() as connection:
        assert [e.kind for e in journal.of_organisation(connection, number)] == ["organisation-added"]
