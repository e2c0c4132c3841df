"""A row that says no in any column of any tool's export is never accepted; ordinary lists are not questioned."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.exchange.consent_tools import TOOLS
from newsletter.exchange.plan import ImportRow
from newsletter.exchange.subscribers import plan_subscribers
from newsletter.exchange.table import Refusal, Table, read_table
from tests.exchange.books import xlsx_sheets
from tests.exchange.test_fuzz import Nobody
from tests.exchange.tool_exports import EXPORTS, PLAIN, Export

WANTED = {"ok": {"accept"}, "ask": {"review"}, "pending": {"review"}}


def rows_of(data: bytes, name: str = "contacts.csv", choices: dict[str, str] | None = None) -> list[ImportRow]:
    table = read_table(data, name, choices=choices)
    assert isinstance(table, Table), table
    return list(plan_subscribers(table, "La lettre", Nobody()))


@pytest.mark.parametrize("export", EXPORTS + PLAIN, ids=lambda export: export.name)
def test_the_export_of_another_tool_is_read_as_the_tool_means_it(export: Export):
    rows = rows_of(export.text.encode(), export.name)
    said = {row.email.partition("@")[0]: row for row in rows}
    for number, wanted in enumerate(export.says, 1):
        row = said[f"p{number}"]
        assert row.action in WANTED.get(wanted, {"suppress"}), (number, wanted, row.action, row.reason)
        if wanted in ("left", "bounced", "complained", "pending"):
            assert row.standing == wanted, (number, row.reason)


# --- a column that is not understood -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "values"),
    [
        ("Statut", ("zone 3", "zone 4")),
        ("Accord newsletter", ("vert", "rouge")),
        ("Situation", ("actif", "inactif", "suspendu")),
        ("Motif de refus", ("hors délai", "")),
        ("Email status", ("7", "8")),
        ("Consentement", ("niveau A", "niveau B")),
    ],
)
def test_a_column_that_looks_like_a_status_and_is_not_understood_stops_the_import_with_a_question(header, values):
    lines = [f"email;{header}", *(f"p{n}@ville.fr;{value}" for n, value in enumerate(values))]
    answer = read_table("\n".join(lines).encode())
    assert isinstance(answer, Refusal)
    assert header in answer.reason
    assert values[0] in answer.reason
    assert answer.table is not None


@pytest.mark.parametrize(
    ("choice", "actions"),
    [
        ("ignore", ["accept", "accept", "accept"]),
        ("stop", ["suppress", "suppress", "accept"]),
        ("status", ["review", "review", "accept"]),
        ("role", ["accept", "accept", "accept"]),
    ],
)
def test_a_choice_answers_the_question(choice, actions):
    data = b"email;Statut\na@ville.fr;zone 3\nb@ville.fr;zone 4\nc@ville.fr;\n"
    assert [row.action for row in rows_of(data, choices={"Statut": choice})] == actions


def test_an_unknown_word_in_a_column_that_is_understood_is_never_a_consent():
    data = "email;Statut\na@ville.fr;Abonné\nb@ville.fr;zone 4\nc@ville.fr;\n".encode()
    assert [row.action for row in rows_of(data)] == ["accept", "review", "accept"]


def test_a_name_of_file_that_mixes_people_who_left_with_others_asks():
    answer = read_table(b"email\na@ville.fr\n", "abonnes-et-desabonnes.csv")
    assert isinstance(answer, Refusal)


# --- sheets ------------------------------------------------------------------------------------------------------


def test_people_on_a_sheet_of_those_who_left_are_stopped_wherever_they_stand():
    header = ["Nom", "Mail"]
    book = xlsx_sheets(
        {
            "Désabonnés": [header, ["B", "b@ville.fr"], ["D", "d@ville.fr"]],
            "Abonnés": [header, ["A", "a@ville.fr"], ["B", "b@ville.fr"]],
            "Notes": [["rien"], ["à lire"]],
        }
    )
    rows = rows_of(book, "liste.xlsx")
    assert {row.email: row.action for row in rows} == {
        "a@ville.fr": "accept",
        "b@ville.fr": "suppress",
        "d@ville.fr": "suppress",
    }
    table = read_table(book, "liste.xlsx")
    assert isinstance(table, Table)
    assert any("Notes (2 lignes)" in note for note in table.notes)
    assert any("Désabonnés" in note for note in table.notes)


def test_everybody_in_a_workbook_whose_only_sheet_is_named_so_has_left():
    book = xlsx_sheets({"NPAI": [["Mail"], ["a@ville.fr"]]})
    assert [row.action for row in rows_of(book, "liste.xlsx")] == ["suppress"]


# --- the property ------------------------------------------------------------------------------------------------

# What a column of each sense writes for a person who said no, in the ways of several tools.
SAYS_NO = {
    "status": [
        "unsubscribed",
        "Désabonné",
        "bounced",
        "NPAI",
        "blocklisted",
        "pending",
        "Désinscrite",
        "opted-out",
        "complained",
        "inactive",
        "Désabonnée le 12/03/2024",
    ],
    "stop": ["1", "true", "Oui", "x", "2025-01-01 10:00:00", "12/03/2024", "Yes", "VRAI", "550 user unknown", "TRUE"],
    "consent": ["0", "false", "Non", "no", "FAUX", "désinscrit le 03/02/2025", "Refus", "Unsubscribed", "?", "FALSE"],
    "lists": ["no", "0", "unsubscribed"],
}
SAYS_YES = {
    "status": ["subscribed", "Abonné", "active", "confirmed"],
    "stop": ["", "0", "false", "Non"],
    "consent": ["1", "true", "Oui", "yes"],
    "lists": ["1", "La lettre"],
}
KNOWN = sorted(
    (header.strip(), key.partition(":")[0])
    for tool in TOOLS
    for key, headers in tool.columns.items()
    for header in headers.split(",")
    if key.partition(":")[0] in SAYS_NO
)
OTHERS = [("nom", "B"), ("prenom", "A"), ("organisation", "Ville"), ("ville", "Lille"), ("code postal", "59000")]
spelt = st.sampled_from([str.lower, str.upper, str.title, lambda text: text.replace(" ", "_")])


@st.composite
def exports(draw: st.DrawFn) -> tuple[bytes, set[int]]:
    """Return a file with consent columns of several tools, and the numbers of the people who said no in one of them."""
    columns = draw(st.lists(st.sampled_from(KNOWN), min_size=1, max_size=4, unique_by=lambda column: column[0]))
    others = draw(st.lists(st.sampled_from(OTHERS), max_size=3, unique=True))
    headers = [draw(spelt)(name) for name, _sense in columns]
    order = draw(st.permutations(range(len(columns) + len(others) + 1)))
    refused: set[int] = set()
    rows = [["email", *headers, *(name for name, _value in others)]]
    for number in range(draw(st.integers(1, 6))):
        cells = [draw(st.sampled_from(SAYS_YES[sense])) for _name, sense in columns]
        if draw(st.booleans()):
            at = draw(st.integers(0, len(columns) - 1))
            cells[at] = draw(st.sampled_from(SAYS_NO[columns[at][1]]))
            refused.add(number)
        rows.append([f"p{number}@ville.fr", *cells, *(value for _name, value in others)])
    file = io.StringIO()
    writer = csv.writer(file, delimiter=draw(st.sampled_from([",", ";", "\t"])))
    writer.writerows([row[at] for at in order] for row in rows)
    return file.getvalue().encode(draw(st.sampled_from(["utf-8", "utf-8-sig", "cp1252"]))), refused


@settings(max_examples=400, deadline=None)
@given(exports())
def test_whatever_the_export_a_row_that_says_no_in_any_column_is_never_accepted(export):
    data, refused = export
    table = read_table(data, "contacts.csv")
    if isinstance(table, Refusal):
        assert table.table is not None, table.reason
        return
    accepted = {row.email for row in plan_subscribers(table, "La lettre", Nobody()) if row.action == "accept"}
    assert not accepted & {f"p{number}@ville.fr" for number in refused}


FREE_HEADERS = st.sampled_from(["Remarques", "Tags", "Divers", "Commentaire", "Champ 12", "Suivi", "Situation", "Nom"])
LEAVING = st.sampled_from(
    [
        "désabonné",
        "Désinscrite le 3/2/2025",
        "unsubscribed",
        "ne plus envoyer",
        "ne souhaite plus recevoir",
        "NPAI",
        "hard bounce",
        "opt-out",
        "blacklist",
        "A demandé son désabonnement",
        "do not email",
        "liste noire",
    ]
)


@settings(max_examples=150, deadline=None)
@given(FREE_HEADERS, LEAVING, st.lists(st.sampled_from(["", "à rappeler", "Lille", "12"]), max_size=5))
def test_a_remark_that_speaks_of_leaving_is_seen_in_any_column(header, said, others):
    lines = [f"email;{header}", f"p@ville.fr;{said}", *(f"o{n}@ville.fr;{text}" for n, text in enumerate(others))]
    table = read_table("\n".join(lines).encode())
    if isinstance(table, Refusal):
        assert table.table is not None
        return
    rows = {row.email: row.action for row in plan_subscribers(table, "La lettre", Nobody())}
    assert rows["p@ville.fr"] in ("suppress", "review")
