"""Tables of organisations, and which known organisation a name or a code means."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.exchange.columns import ORGANISATIONS
from newsletter.exchange.names import Directory, DirectoryEntry, level_of, match_organisation, stem
from newsletter.exchange.organisations import OrganisationRow, is_siren, plan_organisations
from newsletter.exchange.table import Table, read_table


def rows_of(text: str) -> list[OrganisationRow]:
    table = read_table(text.encode(), "adherents.csv", ORGANISATIONS)
    assert isinstance(table, Table), table
    return list(plan_organisations(table))


def test_a_list_of_members_is_read_with_its_levels_codes_and_dates():
    (row,) = rows_of(
        "Collectivité;Type de collectivité;N° SIREN;Code INSEE;Région;Dept;Date d’adhésion;Date de fin\n"
        "Ville de Bourg;Commune;217 200 014;1053;Auvergne-Rhône-Alpes;1;12/03/2012;31/12/2024\n"
    )
    assert row.action == "review"  # the SIREN has a wrong check digit
    assert row.fields == {
        "name": "Ville de Bourg",
        "level": "commune",
        "siren_as_found": "217 200 014",
        "insee": "01053",
        "region": "Auvergne-Rhône-Alpes",
        "departement": "01",
        "joined": "2012-03-12",
        "ended": "2024-12-31",
    }


@pytest.mark.parametrize(
    ("line", "action", "word"),
    [
        ("Ville de Lille;commune;215903501;2002;", "accept", ""),
        ("Ville de Lille;commune;21590350100017;;", "accept", ""),
        ("Ville de Lille;;;;", "accept", ""),
        ("Ville de Lille;planète;;;", "review", "niveau"),
        ("Ville de Lille;commune;123456789;;", "review", "SIREN"),
        ("Ville de Lille;commune;;au printemps;", "review", "date"),
        ("Ville de Lille;commune;;01/01/2020;01/01/2019", "review", "précède"),
        (";commune;215903501;;", "reject", "nom"),
        ("59;commune;;;", "reject", "nom"),
        (";;;;", "ignore", "vide"),
        ("Total : 182;;;;", "review", "total"),
    ],
)
def test_each_organisation_has_an_outcome_and_a_reason(line, action, word):
    (row,) = rows_of(f"nom;niveau;siren;adhésion;fin\n{line}\n")
    assert row.action == action
    assert word in row.reason


def test_the_same_organisation_twice_is_merged():
    rows = rows_of("nom\nVille de Lille\nLILLE (Ville de)\nMairie de Lille\nMétropole européenne de Lille\n")
    assert [row.action for row in rows] == ["accept", "accept", "merge", "accept"]


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("Communauté de communes", "intercommunalite"),
        ("Communauté d’agglomération", "intercommunalite"),
        ("CC du Pays de Nay", "intercommunalite"),
        ("EPCI", "intercommunalite"),
        ("Métropole européenne de Lille", "metropole"),
        ("Rennes Métropole", "metropole"),
        ("Eurométropole de Strasbourg", "metropole"),
        ("Conseil départemental du Nord", "departement"),
        ("Département", "departement"),
        ("Région Bretagne", "region"),
        ("Conseil régional", "region"),
        ("Département et région d’outre-mer", "outre-mer"),
        ("DROM", "outre-mer"),
        ("Ville de Lille", "commune"),
        ("Commune nouvelle", "commune"),
        ("autre", "other"),
        ("Lille", None),
        ("Caen", None),
        ("Pays de la Loire", None),
    ],
)
def test_a_level_is_read_from_a_cell_or_from_a_name(text, level):
    expected = "other" if text == "autre" else level
    assert level_of("other" if text == "autre" else text) == expected


@pytest.mark.parametrize("code", ["215903501", "732829320", "356000000"])
def test_a_siren_ends_with_its_check_digit(code):
    assert is_siren(code)
    assert not is_siren(code[:-1] + str((int(code[-1]) + 1) % 10))


DIRECTORY = Directory.of(
    [
        DirectoryEntry(1, "Ville de Lille", "commune", "215903501", "59350"),
        DirectoryEntry(2, "Métropole européenne de Lille", "metropole"),
        DirectoryEntry(3, "Communauté de communes Cœur d’Ostrevent", "intercommunalite"),
        DirectoryEntry(4, "Saint-Étienne", "commune"),
        DirectoryEntry(5, "Département de la Gironde", "departement"),
        DirectoryEntry(6, "Saint-Denis", "commune", "", "93066"),
        DirectoryEntry(7, "Saint-Denis", "commune", "", "97411"),
        DirectoryEntry(8, "Rennes Métropole", "metropole"),
    ]
)


@pytest.mark.parametrize(
    ("cells", "found"),
    [
        ({"siren": "215 903 501", "organisation": "n’importe quoi"}, 1),
        ({"insee": "97411", "organisation": "Saint-Denis"}, 7),
        ({"organisation": "VILLE DE LILLE"}, 1),
        ({"organisation": "Mairie de Lille"}, 1),
        ({"organisation": "Lille Métropole"}, 2),
        ({"organisation": "CC Coeur d'Ostrevent"}, 3),
        ({"organisation": "Ville de St Etienne"}, 4),
        ({"organisation": "saint etienne"}, 4),
        ({"organisation": "Conseil départemental de la Gironde"}, 5),
        ({"name": "Gironde", "level": "Département"}, 5),
        ({"organisation": "Lille"}, None),
        ({"organisation": "Saint-Denis"}, None),
        ({"organisation": "Ville de Rennes"}, None),
        ({"organisation": "Saint-Etiene"}, None),
        ({"organisation": "Marseille"}, None),
        ({"organisation": ""}, None),
        ({}, None),
    ],
)
def test_an_organisation_is_matched_only_when_one_fits(cells, found):
    match = match_organisation(cells, DIRECTORY)
    assert match.organisation_id == found
    assert (match.confidence >= 0.9) == (found is not None)
    assert match.explanation


@pytest.mark.parametrize(
    ("name", "candidates"),
    [("Lille", {1, 2}), ("Saint-Denis", {6, 7}), ("Ville de Rennes", {8}), ("Saint-Etiene", {4}), ("Marseille", set())],
)
def test_an_uncertain_name_comes_with_its_candidates(name, candidates):
    assert set(match_organisation({"organisation": name}, DIRECTORY).candidates) == candidates


@given(st.text(max_size=40), st.text(max_size=12), st.text(max_size=12))
def test_no_cell_makes_the_matching_fail(name, siren, level):
    match = match_organisation({"organisation": name, "siren": siren, "level": level}, DIRECTORY)
    assert 0 <= match.confidence <= 1
    assert stem(name) == stem(name.upper()) or not name.isascii()


@pytest.mark.parametrize(
    ("rows", "actions"),
    [
        (("Saint-Denis;commune;93066;", "Saint-Denis;commune;97411;"), ["accept", "accept"]),
        (("Saint-Denis;commune;;93", "Saint-Denis;commune;;La Réunion"), ["accept", "accept"]),
        (("Saint-Denis;commune;93066;", "Saint-Denis;commune;;93"), ["accept", "merge"]),
        (("Saint-Denis;commune;93066;", "Saint-Denis;commune;;"), ["accept", "review"]),
        (("Saint-Denis;commune;;", "SAINT DENIS;commune;;"), ["accept", "merge"]),
    ],
)
def test_communes_of_one_name_are_told_apart_by_their_codes(rows, actions):
    table = read_table("\n".join(("nom;niveau;insee;departement", *rows)).encode(), vocabulary=ORGANISATIONS)
    assert isinstance(table, Table)
    assert [row.action for row in plan_organisations(table)] == actions


@pytest.mark.parametrize(
    ("cells", "found"),
    [
        ({"organisation": "Ville de Lille", "departement": "59"}, 1),
        ({"organisation": "Ville de Lille", "code_postal": "59000"}, 1),
        ({"organisation": "Ville de Lille", "departement": "Gard"}, None),
        ({"organisation": "Ville de Lille", "siren": "552100554"}, None),
        ({"organisation": "Saint-Denis", "code_postal": "97400"}, 7),
        ({"organisation": "Saint-Denis", "dept": "Seine-Saint-Denis"}, 6),
        ({"organisation": "Saint-Denis"}, None),
    ],
)
def test_a_name_whose_codes_say_another_place_is_not_matched(cells, found):
    assert match_organisation(cells, DIRECTORY).organisation_id == found
