"""What is no table is refused with a sentence; what would fill the memory is refused before it does."""

from __future__ import annotations

import io
import zipfile

import pytest

from newsletter.errors import ExchangeError
from newsletter.exchange.columns import ORGANISATIONS, SUBSCRIBERS
from newsletter.exchange.table import Refusal, Table, read_table
from tests.exchange.books import MAIN, xlsx, xlsx_of

REFUSED = [
    ("nothing", b"", "vide"),
    ("only blanks and a mark", b"\xef\xbb\xbf \r\n\r\n", "vide"),
    ("an empty workbook", xlsx([]), "vide"),
    ("a sign-in page saved as CSV", b"<!DOCTYPE html><html><body>a@ville.fr</body></html>", "page web"),
    ("an HTML table saved as XLS", b"\r\n <table><tr><td>email</td></tr></table>", "page web"),
    ("a PDF", b"%PDF-1.7\n1 0 obj\n", "PDF"),
    ("an old workbook", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "ancien classeur"),
    ("a picture", b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "image"),
    ("JSON", b'[{"email": "a@ville.fr"}]', "JSON"),
    ("a table without addresses", b"nom;ville\nBlanc;Lille\n", "aucune colonne"),
    ("a workbook without addresses", xlsx([["nom"], ["Blanc"]]), "aucune colonne"),
    ("noise", bytes(range(256)) * 20, ""),
    ("a cut workbook", xlsx([["email"], ["a@ville.fr"]])[:-40], "abîmé"),
]


@pytest.mark.parametrize(("what", "data", "word"), REFUSED, ids=[what for what, _, _ in REFUSED])
def test_what_is_no_table_of_people_is_refused_with_a_sentence(what, data, word):
    answer = read_table(data, "fichier.csv")
    assert isinstance(answer, Refusal)
    assert len(answer.reason) > 15
    assert word in answer.reason


def reason_of(data: bytes) -> str:
    answer = read_table(data, "contacts.xlsx")
    assert isinstance(answer, Refusal)
    return answer.reason


def test_an_archive_that_swells_is_refused():
    assert "trop gros" in reason_of(xlsx([["email"]], extra={"xl/media/a.bin": bytes(40 << 20)}))


def test_an_archive_that_lies_about_its_size_is_refused():
    honest = xlsx([["email"]], extra={"xl/media/a.bin": bytes(40 << 20)})
    declared = (40 << 20).to_bytes(4, "little")
    assert honest.count(declared) == 2
    assert reason_of(honest.replace(declared, (1000).to_bytes(4, "little")))


def test_an_archive_with_a_hundred_thousand_entries_is_refused():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("xl/workbook.xml", "")
        for number in range(3000):
            archive.writestr(f"{number}", b"")
    assert "trop gros" in reason_of(file.getvalue())


@pytest.mark.parametrize("reference", ["XFD1048576", "xfd1048576"])
def test_two_cells_in_far_corners_do_not_cost_gigabytes(reference):
    cells = '<row r="1"><c r="A1" t="inlineStr"><is><t>email</t></is></c></row>'
    far = f'<row r = \'1048576\'><c t="n" r\n="{reference}"><v>1</v></c></row>'
    assert "trop gros" in reason_of(xlsx_of(cells + far))


_TEXTS = '<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>email</t></si></sst>'


@pytest.mark.parametrize(
    "extra",
    [
        {"xl/sharedStrings.xml": _TEXTS.encode(), "XL/SHAREDSTRINGS.XML": _TEXTS.encode()},
        {"xl/sharedStrings.xml": _TEXTS[:-8].encode()},
        {"xl/sharedStrings.xml": b'<!DOCTYPE a [<!ENTITY b "bbbb">]>' + _TEXTS.encode()},
    ],
    ids=["twice", "broken off", "with entities"],
)
def test_shared_texts_that_cannot_be_counted_are_refused(extra):
    assert "abîmé" in reason_of(xlsx([["email"], ["a@ville.fr"]], extra=extra))


def test_a_sheet_that_cannot_be_counted_though_its_texts_are_long_is_refused():
    long = _TEXTS.replace("email", "x" * 9_000_000).encode()
    sheet = '<row r="1"><c r="A1" t="s"><v>0</v></c></row>' * 200
    assert "trop gros" in reason_of(xlsx_of(sheet, "<row>", extra={"xl/sharedStrings.xml": long}))


def test_empty_rows_at_the_end_of_a_sheet_are_no_rows():
    table = read_table(xlsx([["email"], ["a@ville.fr"], [""], [""]]), "contacts.xlsx")
    assert [record.cells for record in table] == [["a@ville.fr"]]


def _shared(text: str, cells: int) -> bytes:
    """Return a workbook of a few kilobytes in which `cells` cells name the same stored text."""
    strings = f'<sst xmlns="{MAIN}"><si><t>email</t></si><si><t>{text}</t></si></sst>'
    head = '<row r="1"><c r="A1" t="s"><v>0</v></c></row>'
    rows = "".join(f'<row r="{n}"><c r="A{n}" t="s"><v>1</v></c></row>' for n in range(2, cells + 2))
    return xlsx_of(head + rows, extra={"xl/sharedStrings.xml": strings.encode()})


def test_a_long_text_named_by_many_cells_does_not_cost_gigabytes():
    assert "trop gros" in reason_of(_shared("<r><t>" + "a" * 1_000_000 + "</t></r>", 200))


def test_a_text_named_by_many_cells_is_read_where_memory_allows_it():
    table = read_table(_shared("jeanne@ville.fr", 3000), "contacts.xlsx")
    assert isinstance(table, Table)
    assert [record.cells for record in table] == [["jeanne@ville.fr"]] * 3000


def test_a_document_type_in_a_workbook_is_refused():
    strings = f'<!DOCTYPE sst [<!ENTITY a "aaaa">]><sst xmlns="{MAIN}"><si><t>email</t></si></sst>'
    assert "abîmé" in reason_of(xlsx([["email"]], extra={"xl/sharedStrings.xml": strings.encode()}))


def test_another_archive_is_not_taken_for_a_workbook():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("contacts.csv", "email\na@ville.fr\n")
    assert "n’est pas un classeur" in reason_of(file.getvalue())


def test_unread_sheets_are_named():
    table = table_of(xlsx([["email"], ["a@ville.fr"]], [["email"], ["b@ville.fr"]]))
    assert table.notes == ("Feuilles non lues : Feuille 2 (2 lignes)",)


def table_of(data: bytes) -> Table:
    table = read_table(data)
    assert isinstance(table, Table)
    return table


def test_a_path_that_is_not_there_is_an_error_naming_it(tmp_path):
    with pytest.raises(ExchangeError, match="absent"):
        read_table(tmp_path / "absent.csv")


def test_a_table_can_be_read_as_often_as_wanted():
    table = table_of(b"email;nom\na@ville.fr;Blanc\n")
    assert list(table) == list(table) != []


@pytest.mark.parametrize(
    ("headers", "names"),
    [
        (["E-mail", "E-mail"], ("email", "email_2")),
        (["Prénom", "Nom", "Nom", "nom"], ("first_name", "last_name", "last_name_2", "last_name_3")),
        (["", "Centre d’intérêt", ""], ("column_1", "centre_d_interet", "column_3")),
        (["x", "x_2", "x"], ("x", "x_2", "x_3")),
    ],
)
def test_every_column_has_one_name_of_its_own(headers, names):
    assert SUBSCRIBERS.columns(headers) == names


def test_a_list_of_people_is_no_list_of_organisations():
    assert isinstance(read_table(b"email\na@ville.fr\n", vocabulary=ORGANISATIONS), Refusal)


def test_a_header_of_a_hundred_thousand_columns_keeps_a_name_for_each():
    columns = table_of(b"email" + b";a" * 100_000 + b"\n").columns
    assert len(set(columns)) == 100_001
