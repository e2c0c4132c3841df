"""Addresses, names, telephone numbers and départements as people write them; and nobody vanishes from a file."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.exchange.address_repair import repair_address
from newsletter.exchange.departements import DEPARTEMENTS, departement_code
from newsletter.exchange.person_names import PersonName, split_name
from newsletter.exchange.person_rows import french_phone
from newsletter.exchange.plan import ImportRow
from newsletter.exchange.subscribers import plan_subscribers
from newsletter.exchange.table import Refusal, Table, read_table
from tests.conftest import ROOT
from tests.exchange.books import ods, xlsx
from tests.exchange.test_fuzz import Nobody


def rows_of(source: bytes | Path, name: str = "contacts.csv") -> list[ImportRow]:
    table = read_table(source, name)
    assert isinstance(table, Table), table
    return list(plan_subscribers(table, "La lettre", Nobody()))


def outcomes(text: str, name: str = "contacts.csv") -> list[tuple[str, str]]:
    return [(row.email, row.action) for row in rows_of(text.encode(), name)]


# --- addresses ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "read", "action"),
    [
        ("jean.dupont @ville.fr", "jean.dupont@ville.fr", "accept"),
        ("jean . dupont@ ville.fr", "jean.dupont@ville.fr", "accept"),
        ("jean@ville,fr", "jean@ville.fr", "accept"),
        ("jean@ville.fr.", "jean@ville.fr", "accept"),
        ("jean@ville.fr ;", "jean@ville.fr", "accept"),
        ("<jean@ville.fr", "jean@ville.fr", "accept"),
        ("mailto:jean@ville.fr?subject=Bonjour", "jean@ville.fr", "accept"),
        ("Mail : jean@ville.fr", "jean@ville.fr", "accept"),
        ("- jean@ville.fr", "jean@ville.fr", "accept"),
        ("l’olivier@ville.fr", "l'olivier@ville.fr", "accept"),
        ("jean@ville..fr", "jean@ville.fr", "accept"),
        ('"Durand, Anne" <anne@ville.fr>', "anne@ville.fr", "accept"),
        ("jean dupont@ville.fr", "jeandupont@ville.fr", "review"),
        ("jean(at)ville.fr", "jean@ville.fr", "review"),
        ("jean [at] ville [point] fr", "jean@ville.fr", "review"),
        ("jean@villefr", "jean@ville.fr", "review"),
        ("hélène@ville.fr", "hélène@ville.fr", "review"),
        ("noreply@ville.fr", "noreply@ville.fr", "review"),
        ("ne-pas-repondre@ville.fr", "ne-pas-repondre@ville.fr", "review"),
        ("abuse@ville.fr", "abuse@ville.fr", "review"),
        ("postmaster@ville.fr", "postmaster@ville.fr", "review"),
        ("jean@example.com", "jean@example.com", "review"),
        ("jean@mail.invalid", "jean@mail.invalid", "review"),
        ("contact@ville.fr", "contact@ville.fr", "accept"),
        ("mairie@ville.fr", "mairie@ville.fr", "accept"),
        ("jean@mairie-évry.fr", "jean@mairie-évry.fr", "accept"),
        ("legit@ville.fr <autre@evil.fr>", "legit@ville.fr <autre@evil.fr>", "reject"),
        ("@ville.fr", "@ville.fr", "reject"),
        ("voir le secrétariat", "voir le secrétariat", "reject"),
    ],
)
def test_an_address_is_put_right_where_that_is_certain_and_asked_where_it_is_not(written, read, action):
    (row,) = rows_of(xlsx([["Nom", "Courriel"], ["Blanc", written]]), "contacts.xlsx")
    assert (row.email, row.action) == (read, action), row.reason
    assert row.reason or action == "accept"


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="abé@.,;<>()'\" -[]:\n’at", max_size=40))
def test_no_cell_makes_the_repair_fail_and_what_it_finds_is_an_address(text):
    repair = repair_address(text)
    assert repair is None or (repair.addresses and len(repair.addresses) == len(repair.names))


def test_two_addresses_beside_a_name_are_two_questions():
    text = 'nom;email\nBlanc;"a@ville.fr / b@ville.fr"\n'
    assert outcomes(text) == [("a@ville.fr", "review"), ("b@ville.fr", "review")]


# --- nobody vanishes ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "p1@v.fr,A\np2@v.fr,B,Ville\np3@v.fr,C,Ville,x\n",
        "p1@v.fr\tA\np2@v.fr\tB\tVille\np3@v.fr\tC\tVille\n",
        "p1@v.fr; p2@v.fr; p3@v.fr\n",
        "p1@v.fr, p2@v.fr, p3@v.fr",
        "A B <p1@v.fr>; C D <p2@v.fr>; p3@v.fr\n",
        "A B <p1@v.fr>, C D <p2@v.fr>, p3@v.fr\n",
        'A B <p1@v.fr>\n"D, C" <p2@v.fr>\np3@v.fr\n',
        "p1@v.fr; p2@v.fr\np3@v.fr\n",
        "email\np1@v.fr; p2@v.fr\np3@v.fr\n",
    ],
)
def test_a_ragged_or_pasted_list_loses_nobody(text):
    assert sorted(outcomes(text, "liste.txt")) == [(f"p{n}@v.fr", "accept") for n in (1, 2, 3)]


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.lists(st.sampled_from(["p", "", "A", "Ville", "12"]), min_size=1, max_size=5), min_size=1, max_size=8),
    st.sampled_from([",", ";", "\t"]),
)
def test_every_address_of_a_ragged_file_comes_out_in_some_row(lines, delimiter):
    number, wanted, written = 0, set(), []
    for cells in lines:
        row = []
        for cell in cells:
            if cell == "p":
                number += 1
                wanted.add(f"p{number}@ville.fr")
            row.append(f"p{number}@ville.fr" if cell == "p" else cell)
        written.append(delimiter.join(row))
    answer = read_table(("\n".join(written) + "\n").encode())
    if isinstance(answer, Refusal):
        assert not wanted
        return
    rows = list(plan_subscribers(answer, "L", Nobody()))
    text = " ".join(" ".join((row.email, *row.fields.values())) for row in rows)
    assert all(address in text for address in wanted)


def test_lines_above_the_table_are_named_and_counted():
    table = read_table("Liste des élus\nmars 2026\nNom;Courriel\nA;a@ville.fr\n".encode())
    assert isinstance(table, Table)
    assert any("2 lignes" in note and "Liste des élus" in note for note in table.notes)


# --- names, telephone numbers, départements ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "order", "name"),
    [
        ("DUPONT Jean-Marie", "last first", PersonName("Jean-Marie", "DUPONT")),
        ("Jean-Marie DUPONT", "last first", PersonName("Jean-Marie", "DUPONT")),
        ("LE GOFF Anne", "last first", PersonName("Anne", "LE GOFF")),
        ("Anne de LA TOUR", "first last", PersonName("Anne", "de LA TOUR")),
        ("Dupont Jeanne", "last first", PersonName("Jeanne", "Dupont")),
        ("Jeanne Dupont", "first last", PersonName("Jeanne", "Dupont")),
        ("Le Goff Anne", "last first", PersonName("Anne", "Le Goff")),
        ("Dupont, Jeanne", "", PersonName("Jeanne", "Dupont")),
        ("Mme DUPONT Jeanne", "last first", PersonName("Jeanne", "DUPONT", "Mme")),
        ("M. Jean DUPONT", "first last", PersonName("Jean", "DUPONT", "M.")),
        ("Jeanne Dupont", "", PersonName("", "Jeanne Dupont")),
        ("DUPONT JEANNE", "", PersonName("", "DUPONT JEANNE")),
        ("Anne Marie Dupont Durand", "first last", PersonName("", "Anne Marie Dupont Durand")),
        ("Martin", "last first", PersonName("", "Martin")),
        ("Maire Martin", "first last", PersonName("Maire", "Martin")),
    ],
)
def test_a_whole_name_is_split_with_care(text, order, name):
    assert split_name(text, order) == name


@given(st.text(alphabet="AaÉé ,.-'", max_size=30), st.sampled_from(["last first", "first last", ""]))
def test_no_letter_of_a_name_is_lost(text, order):
    kept = "".join(sorted(c for c in "".join(split_name(text, order)) if c.isalpha()))
    assert kept == "".join(sorted(c for c in text if c.isalpha()))


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("612345687", "0612345687"),
        ("6 12 34 56 87", "0612345687"),
        ("06 12 34 56 87", "06 12 34 56 87"),
        ("+33 6", "+33 6"),
    ],
)
def test_a_telephone_number_gets_its_first_zero_back(written, kept):
    assert french_phone(written) == kept


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("Gard", "30"),
        ("gard", "30"),
        ("30", "30"),
        ("1", "01"),
        ("Gard (30)", "30"),
        ("2a", "2A"),
        ("Côte d’Or", "21"),
        ("Territoire-de-Belfort", "90"),
        ("la Réunion", "974"),
        ("974", "974"),
        ("Val d'Oise", "95"),
        ("Ain", "01"),
        ("Département du Nord", "59"),
        ("59 - Nord", "59"),
        ("Lille", ""),
        ("20", ""),
        ("", ""),
        ("Gard (31)", ""),
    ],
)
def test_a_departement_is_known_by_its_name_or_its_code(written, code):
    assert departement_code(written) == code


def test_every_departement_is_known_by_its_own_name_and_code():
    assert len(DEPARTEMENTS) == 107
    for code, name in DEPARTEMENTS.items():
        assert departement_code(name) == departement_code(code) == departement_code(f"{name} ({code})") == code


def test_a_row_carries_names_telephone_and_departement():
    data = xlsx([["NOM Prénom", "Courriel", "Dépt", "Tél. portable"], ["DUPONT Anne", "a@ville.fr", "Gard", 612345687]])
    (row,) = rows_of(data, "contacts.xlsx")
    found = {name: row.fields[name] for name in ("first_name", "last_name", "dept", "phone")}
    assert found == {"first_name": "Anne", "last_name": "DUPONT", "dept": "30", "phone": "0612345687"}


# --- other kinds of files ----------------------------------------------------------------------------------------

SHEET = [["Nom", "Mail", "Statut"], ["B", "p1@ville.example", "Inscrit"], ["B", "p2@ville.example", "Désinscrit"]]


def test_an_old_excel_workbook_is_read():
    assert [row.action for row in rows_of(ROOT / "tests/data/lists/abonnes.xls", "")] == ["accept", "suppress"]


def test_a_libreoffice_sheet_is_read():
    assert [row.action for row in rows_of(ods(SHEET), "liste.ods")] == ["accept", "suppress"]


@pytest.mark.parametrize("swollen", [{"repeat_rows": 1_000_000, "repeat_cells": 9}, {"repeat_cells": 2_000_000}])
def test_a_sheet_whose_repetitions_would_fill_the_memory_is_refused(swollen):
    answer = read_table(ods(SHEET, **swollen), "liste.ods")
    assert isinstance(answer, Refusal)
    assert "trop gros" in answer.reason


CARDS = """BEGIN:VCARD
VERSION:3.0
N:Blanc;Zoé;;Mme;
ORG:Ville de Lille;Service
TITLE:Direc
 trice
EMAIL;TYPE=INTERNET:p1@ville.example
TEL;TYPE=CELL:06 12 34 56 87
END:VCARD
BEGIN:VCARD
VERSION:2.1
N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:Lef=C3=A8vre;=C3=89lodie
EMAIL:p2@ville.example
END:VCARD
BEGIN:VCARD
VERSION:4.0
FN:Personne
NOTE:désabonné le 12/03/2025
EMAIL:p3@ville.example
END:VCARD
BEGIN:VCARD
FN:Sans adresse
END:VCARD
"""


def test_address_cards_are_people():
    rows = rows_of(CARDS.encode(), "contacts.vcf")
    assert [(row.email, row.action) for row in rows] == [
        ("p1@ville.example", "accept"),
        ("p2@ville.example", "accept"),
        ("p3@ville.example", "suppress"),
        ("", "reject"),
    ]
    first, second = rows[0].fields, rows[1].fields
    assert (first["last_name"], first["first_name"], first["organisation"]) == ("Blanc", "Zoé", "Ville de Lille")
    assert (first["role"], first["phone"]) == ("Directrice", "06 12 34 56 87")
    assert (second["last_name"], second["first_name"]) == ("Lefèvre", "Élodie")


def test_a_directory_export_is_people():
    text = "version: 1\n\ndn: cn=Zoé,o=Ville\nmail: p1@ville.example\ngivenName:: Wm/DqQ==\nsn: Blanc\n\n"
    (row,) = rows_of(text.encode(), "annuaire.ldif")
    assert (row.email, row.action, row.fields["first_name"]) == ("p1@ville.example", "accept", "Zoé")


def test_the_dump_of_a_sympa_list_is_people():
    text = "email p1@v.example\ngecos A B\nreception mail\n\nemail p2@v.example\nreception nomail\n\n"
    text += "email p3@v.example\nreception mail\nbounce 1700000000 1730000000 25 5.1.1\n"
    assert outcomes(text, "member.dump") == [
        ("p1@v.example", "accept"),
        ("p2@v.example", "suppress"),
        ("p3@v.example", "suppress"),
    ]


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(["BEGIN:VCARD\n", "dn: x\n", "email a@b.fr\ndate 1\n"]),
    st.lists(
        st.sampled_from(
            [
                "N:A;B\n",
                "EMAIL:a@b.fr\n",
                " x\n",
                "END:VCARD\n",
                "BEGIN:VCARD\n",
                "mail:: !!\n",
                "mail: a@b.fr\n",
                "\n",
                "NOTE;ENCODING=QUOTED-PRINTABLE:a=\n",
                "\x00\n",
                "é:\n",
                ":\n",
                "reception nomail\n",
            ]
        ),
        max_size=12,
    ),
)
def test_no_card_file_makes_the_reader_fail(head, lines):
    answer = read_table((head + "".join(lines)).encode())
    if isinstance(answer, Table):
        list(plan_subscribers(answer, "L", Nobody()))
