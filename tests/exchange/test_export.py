"""What is written can be opened in a spreadsheet without harm, and read back without loss."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from newsletter.exchange.export import write_table
from newsletter.exchange.table import Table, read_table
from newsletter.exchange.values import protect, unprotect

COLUMNS = ["email", "nom", "note"]
DANGEROUS = [
    "=1+1",
    "+33 3 20",
    "-1",
    "@SUM(A1)",
    "\tx",
    "\rx",
    "\0x",
    "＝1",
    "＋1",
    "－1",
    "＠x",
    " =1",
    "\n=1",
    "'=1",
    "''+1",
]


def file_of(rows, flavour="excel") -> bytes:
    return b"".join(write_table(COLUMNS, rows, flavour))


@pytest.mark.parametrize("value", DANGEROUS)
def test_nothing_that_a_spreadsheet_would_evaluate_starts_a_cell(value):
    (_, (_, written, _)) = csv.reader(
        io.StringIO(file_of([{"nom": value}]).decode("utf-8-sig"), newline=""), delimiter=";"
    )
    assert written == f"'{value}"
    assert unprotect(written) == value


@pytest.mark.parametrize("value", ["", "Blanc", "L'Haÿ", "'quoted'", "a=b", "06 12", "é-è"])
def test_a_harmless_value_is_written_as_it_is(value):
    assert protect(value) == value == unprotect(value)


def test_excel_gets_a_byte_order_mark_and_semicolons():
    assert file_of([{"email": "a@ville.fr", "nom": "Zoé"}]) == "\ufeffemail;nom;note\r\na@ville.fr;Zoé;\r\n".encode()


def test_plain_is_utf_8_with_commas():
    assert file_of([{"email": "a@ville.fr"}], "plain") == b"email,nom,note\r\na@ville.fr,,\r\n"


def test_a_long_export_comes_in_pieces():
    pieces = list(write_table(["email"], ({"email": f"p{n}@ville.fr"} for n in range(2500))))
    assert len(pieces) == 3
    assert b"".join(pieces).count(b"@ville.fr") == 2500


VALUES = st.text(max_size=12) | st.sampled_from(DANGEROUS) | st.text("'\"=+-@\t\r\n;, x\0", max_size=8)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(VALUES, VALUES), max_size=6), st.sampled_from(["excel", "plain"]))
@example([("x;y@ville.fr\nz", '"')], "excel")
@example([("", "")], "plain")
def test_what_was_exported_is_read_back_exactly(pairs, flavour):
    rows = [{"email": f"p{n}@ville.fr", "nom": nom, "note": note} for n, (nom, note) in enumerate(pairs)]
    table = read_table(file_of(rows, flavour))
    assert isinstance(table, Table)
    assert [record.cells for record in table] == [list(row.values()) for row in rows]


@given(st.text(max_size=20))
def test_protection_can_always_be_taken_off(value):
    assert unprotect(protect(value)) == value
