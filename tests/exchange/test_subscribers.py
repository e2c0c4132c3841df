"""Reading tables of people: every record has an outcome, and the outcome is the one a careful clerk would give."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from newsletter.exchange.plan import ImportPlan, ImportRow, KnownState, refused, summary
from newsletter.exchange.subscribers import plan_subscribers
from newsletter.exchange.table import Refusal, Table, read_table
from tests.exchange.books import Day, xlsx
from tests.exchange.corpus import CASES, Case


class Known:
    """What a store would know, from a plain table."""

    def __init__(self, **states: KnownState) -> None:
        self._states = {f"{name}@ville.fr": state for name, state in states.items()}

    def states(self, keys: Sequence[str]) -> Mapping[str, KnownState]:
        return {key: self._states[key] for key in keys if key in self._states}


def table_of(data: bytes, name: str = "contacts.csv") -> Table:
    table = read_table(data, name)
    assert isinstance(table, Table), table
    return table


def rows_of(data: bytes, known: Known | None = None, name: str = "contacts.csv") -> list[ImportRow]:
    return list(plan_subscribers(table_of(data, name), "La lettre", known or Known()))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_record_of_a_real_shaped_file_has_the_outcome_written_by_hand(case: Case):
    rows = rows_of(case.data, name=case.file)
    assert [(row.line, row.email, row.action) for row in rows] == case.outcomes
    records = list(dict.fromkeys(row.record for row in rows))
    assert records == list(range(1, len(records) + 1))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_encoding_and_delimiter_are_recognised(case: Case):
    table = table_of(case.data, case.file)
    assert (table.encoding, table.delimiter) == (case.encoding, case.delimiter)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_file_on_disk_reads_as_its_bytes_do(case: Case, tmp_path):
    path = tmp_path / case.file
    path.write_bytes(case.data)
    table = read_table(path)
    assert isinstance(table, Table)
    assert list(plan_subscribers(table, "La lettre", Known())) == rows_of(case.data, name=case.file)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_everything_but_a_plain_acceptance_is_explained(case: Case):
    assert all(row.reason for row in rows_of(case.data, name=case.file) if row.action != "accept")


# --- the fields --------------------------------------------------------------------------------------------------


def fields_of(data: bytes) -> dict[str, str]:
    (row,) = rows_of(data)
    return row.fields


def test_headers_in_french_become_canonical_names_and_others_stay_as_slugs():
    data = "Prénom;Nom;Courriel;Collectivité;Fonction;Téléphone;Code INSEE;Date d’inscription\n"
    data += "Zoé;Blanc;a@ville.fr;Ville de Bastia;maire;03 20 97 17 97;2A004;12/03/2024 9h05\n"
    assert fields_of(data.encode()) == {
        "first_name": "Zoé",
        "last_name": "Blanc",
        "email": "a@ville.fr",
        "organisation": "Ville de Bastia",
        "role": "maire",
        "phone": "03 20 97 17 97",
        "code_insee": "2A004",
        "consent_date": "2024-03-12T09:05:00",
    }


def test_leading_zeros_survive_and_numbers_of_a_workbook_lose_their_point_zero():
    headers = ["email", "insee", "dept", "voix", "part", "actif", "Inscrit le"]
    found = fields_of(xlsx([headers, ["a@ville.fr", "01004", "2A", 12.0, 0.5, True, Day(45363)]]))
    assert (found["insee"], found["dept"]) == ("01004", "2A")
    assert (found["voix"], found["part"], found["actif"]) == ("12", "0.5", "oui")
    assert found["consent_date"] == "2024-03-12"


def test_a_formula_stays_text_and_a_protected_phone_is_given_back():
    found = fields_of(b"email;nom;telephone\na@ville.fr;=HYPERLINK(1);'+33 3 20 97 17 97\n")
    assert (found["last_name"], found["phone"]) == ("=HYPERLINK(1)", "+33 3 20 97 17 97")


def test_a_line_end_in_a_name_cannot_travel_into_a_header():
    assert fields_of(b'email;nom\na@ville.fr;"Blanc\r\nBcc: x@y.fr"\n')["last_name"] == "Blanc Bcc: x@y.fr"


def test_the_name_written_with_an_address_is_kept_apart_and_said():
    (row,) = rows_of(b"email\nJeanne Blanc <j@ville.fr>\n")
    assert (row.address.text, row.fields["name"]) == ("j@ville.fr", "Jeanne Blanc")
    assert "séparé" in row.reason


def test_a_date_that_cannot_be_read_is_kept_as_found():
    found = fields_of(b"email;date inscription\na@ville.fr;au printemps\n")
    assert "consent_date" not in found
    assert found["consent_date_as_found"] == "au printemps"


# --- what the store knows ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["left", "complained", "bounced", "erased"])
@pytest.mark.parametrize("status", ["subscribed", "unsubscribed", ""])
def test_nobody_the_store_has_stopped_is_subscribed_again(state, status):
    (row,) = rows_of(f"email;status\na@ville.fr;{status}\n".encode(), Known(a=KnownState(state)))
    assert row.action == "keep"
    assert row.reason


@pytest.mark.parametrize("state", ["active", "pending", "unknown"])
def test_somebody_unsubscribed_in_the_file_is_suppressed(state):
    (row,) = rows_of(b"email;status\na@ville.fr;unsubscribed\n", Known(a=KnownState(state)))
    assert (row.action, row.standing) == ("suppress", "left")


@pytest.mark.parametrize(
    ("filled", "action"),
    [(frozenset(), "merge"), (frozenset({"first_name"}), "merge"), (frozenset({"first_name", "organisation"}), "keep")],
)
def test_a_known_person_gains_only_what_is_missing(filled, action):
    data = b"email;prenom;organisation\na@ville.fr;Zoe;Lille\n"
    (row,) = rows_of(data, Known(a=KnownState("active", filled)))
    assert row.action == action


def test_a_pending_request_is_not_confirmed_by_an_import():
    (row,) = rows_of(b"email\na@ville.fr\n", Known(a=KnownState("pending")))
    assert row.action == "keep"


def test_a_known_address_is_not_questioned_for_its_domain():
    assert [row.action for row in rows_of(b"email\na@ville.con\n", Known())] == ["review"]

    class Knows:
        def states(self, keys):
            return dict.fromkeys(keys, KnownState("active"))

    assert [row.action for row in plan_subscribers(table_of(b"email\na@ville.con\n"), "L", Knows())] == ["keep"]


def test_the_store_is_asked_in_batches_while_rows_are_taken():
    asked: list[int] = []

    class Counting(Known):
        def states(self, keys):
            asked.append(len(keys))
            return {}

    data = b"email\n" + b"".join(b"p%d@ville.fr\n" % n for n in range(1200))
    rows = plan_subscribers(table_of(data), "L", Counting())
    next(rows)
    assert asked == [500]
    assert sum(1 for _ in rows) == 1199
    assert asked == [500, 500, 200]


# --- the plan as a document --------------------------------------------------------------------------------------


def test_the_json_document_has_the_agreed_shape():
    table = table_of(b"email;nom\na@ville.fr;Blanc\nzoe;Roux\n")
    document = summary(table, plan_subscribers(table, "L", Known())).to_json()
    assert document["file_action"] == "import"
    assert (document["encoding"], document["delimiter"], document["rows"]) == ("utf-8", ";", 2)
    assert document["counts"] == {"accept": 1, "reject": 1}
    assert document["outcomes"][0] == {
        "record": 1,
        "line": 2,
        "email": "a@ville.fr",
        "action": "accept",
        "reason": "",
        "fields": {"email": "a@ville.fr", "last_name": "Blanc"},
    }


def test_a_refused_file_is_a_document_too():
    answer = read_table(b"%PDF-1.4")
    assert isinstance(answer, Refusal)
    plan = refused(answer)
    assert isinstance(plan, ImportPlan)
    document = plan.to_json()
    assert (document["file_action"], document["rows"], document["outcomes"]) == ("refuse", 0, [])
    assert "PDF" in document["reason"]


def test_a_long_import_counts_every_row_and_keeps_the_first_outcomes_only():
    table = table_of(b"email\n" + b"".join(b"p%d@ville.fr\n" % n for n in range(100)))
    plan = summary(table, plan_subscribers(table, "L", Known()), keep=3)
    assert (plan.rows, plan.counts, len(plan.outcomes)) == (100, {"accept": 100}, 3)
