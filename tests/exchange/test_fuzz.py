"""No byte string makes the importer fail, and no row gets lost."""

from __future__ import annotations

from hypothesis import example, given, settings
from hypothesis import strategies as st

from newsletter.exchange.subscribers import plan_subscribers
from newsletter.exchange.table import Refusal, Table, read_table
from tests.exchange.books import xlsx


class Nobody:
    """A store that knows nobody."""

    def states(self, keys):
        return {}


PIECES = st.sampled_from(
    [
        b"email",
        b"nom",
        b"statut",
        b"a@ville.fr",
        b"b@ville.fr",
        b"zoe",
        b"d\xe9sabonn\xe9",
        "désabonné".encode(),
        b";",
        b",",
        b"\t",
        b'"',
        b'""',
        b"'",
        b"\n",
        b"\r\n",
        b"\r",
        b"\0",
        b"\xff\xfe",
        b"sep=;\n",
        b"=",
        b"<a@ville.fr>",
        b"#",
        b"Total",
        b"\xef\xbb\xbf",
        b" ",
        "\u2028".encode(),
        b"PK\x03\x04",
    ]
)


def read_whatever(data: bytes) -> None:
    answer = read_table(data)
    if isinstance(answer, Refusal):
        assert answer.reason
        return
    records = list(answer)
    rows = list(plan_subscribers(answer, "L", Nobody()))
    assert list(dict.fromkeys(row.record for row in rows)) == list(range(1, len(records) + 1))
    assert all(row.address is not None for row in rows if row.action in ("accept", "merge", "suppress", "keep"))


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES, max_size=40).map(b"".join))
@example(b'email;nom\n"')
@example(b"\xff\xfe\0\0e\0\0\0")
def test_no_mixture_of_table_pieces_makes_the_importer_fail(data):
    read_whatever(data)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=400))
def test_no_bytes_make_the_importer_fail(data):
    read_whatever(data)


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_a_damaged_workbook_is_read_or_refused(data):
    book = bytearray(xlsx([["email", "nom"], ["a@ville.fr", 12]]))
    for _ in range(data.draw(st.integers(1, 6))):
        book[data.draw(st.integers(0, len(book) - 1))] = data.draw(st.integers(0, 255))
    read_whatever(bytes(book))


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 30), st.sampled_from(["", '"', '""', "'", "x", "é"]), st.booleans()), max_size=30
    ),
    st.sampled_from(["utf-8", "cp1252", "utf-16"]),
)
def test_every_address_put_in_comes_out_in_some_row_whatever_the_quotes_around_it(people, encoding):
    lines = [f"{junk}{n}{stray};p{n}@ville.fr" for n, junk, stray in people]
    table = read_table("\n".join(["nom;email", *lines, ""]).encode(encoding))
    assert isinstance(table, Table)
    text = " ".join(" ".join((row.email, *row.fields.values())) for row in plan_subscribers(table, "L", Nobody()))
    assert all(f"p{n}@ville.fr" in text for n, _, _ in people)
