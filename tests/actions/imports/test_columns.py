"""What columns are read as: chosen, remembered for files of one shape, and what is kept of those nothing is made of."""

from __future__ import annotations

import io

import pytest
import sqlalchemy as sa

from newsletter.actions.imports import columns, refused_rows, reviews, subscribers, uploads
from newsletter.actions.people import custom_fields, data_rights
from newsletter.actions.people.subscriptions import find_person
from newsletter.errors import ExchangeError, NotFound, Refused
from newsletter.store.tables.audiences import field_values
from tests.actions.audience_desk import desk

TEXT = "Courriel;Statut;Territoire\na@ville.fr;zone 1;Nord\nb@ville.fr;zone 2;Sud\npas une adresse;zone 1;=1+1\n"


@pytest.fixture
def workspace(tmp_path):
    with desk(tmp_path, "sqlite:///test.db") as made:
        yield made


def upload(workspace, text: str = TEXT) -> str:
    return uploads.keep_upload(workspace, io.BytesIO(text.encode()), "liste.csv")


def rehearse(workspace, token: str, **choices: str):
    return uploads.rehearse_upload(workspace, token, "lettre", basis="", by="anna", choices=choices or None).plan


def test_a_file_with_a_question_is_not_imported_until_it_is_answered(workspace):
    token = upload(workspace)
    plan = rehearse(workspace, token)
    assert (plan.file_action, [column.header for column in plan.questions]) == ("refuse", ["Statut"])
    assert [column.header for column in plan.unread] == ["Territoire"]
    assert uploads.carry_out(workspace, token, "lettre", basis="", by="anna")[1] == 0
    plan = rehearse(workspace, token, Statut="ignore", Territoire="keep")
    assert (plan.file_action, plan.counts) == ("import", {"accept": 2, "reject": 1})
    _plan, number = uploads.carry_out(workspace, token, "lettre", basis="", by="anna")
    proof = data_rights.whole_record(workspace, "a@ville.fr")["events"][0]["detail"]
    assert (number, proof["fields"]) == (1, {"territoire": "Nord"})


def test_the_choice_is_remembered_for_files_with_the_same_columns(workspace):
    rehearse(workspace, upload(workspace), Statut="ignore")
    assert rehearse(workspace, upload(workspace, TEXT.replace("@", "2@"))).file_action == "import"
    assert rehearse(workspace, upload(workspace, TEXT.replace("Territoire", "Zone"))).file_action == "refuse"


def test_an_unknown_meaning_is_refused(workspace):
    with pytest.raises(Refused, match="no meaning of a column"):
        rehearse(workspace, upload(workspace), Statut="yes")


def test_remembered_columns_that_are_damaged_are_named(workspace):
    (workspace.root / columns.REMEMBERED).write_text("{")
    with pytest.raises(ExchangeError, match=columns.REMEMBERED):
        rehearse(workspace, upload(workspace))


def test_refused_rows_come_back_in_the_shape_that_came_with_the_reason(workspace):
    token = upload(workspace)
    rehearse(workspace, token, Statut="ignore")
    _plan, number = uploads.carry_out(workspace, token, "lettre", basis="", by="anna")
    text = refused_rows.refused_rows(workspace, number).decode("utf-8-sig")
    assert text.splitlines() == [
        "Courriel;Statut;Territoire;À corriger",
        "pas une adresse;zone 1;'=1+1;il manque l’arobase (@)",
    ]
    corrected = rehearse(workspace, upload(workspace, text.replace("pas une adresse", "c@ville.fr")), Statut="ignore")
    assert corrected.counts == {"accept": 1}
    path = workspace.root / refused_rows.FOLDER / f"{number}.csv"
    assert path.stat().st_mode & 0o77 == 0
    with pytest.raises(NotFound):
        refused_rows.refused_rows(workspace, 99)


def test_a_column_is_chosen_by_its_place_when_it_has_no_header(workspace):
    path = workspace.root / "liste.csv"
    path.write_text("a@ville.fr;0612345687;Maire\nb@ville.fr;0612345688;Adjointe\n")
    source = columns.open_people(workspace, path, {"#1": "phone", "#2": "role"})
    subscribers.import_subscribers(workspace, source, "lettre", by="anna")
    details = data_rights.whole_record(workspace, "a@ville.fr")["details"]
    assert (details["phone"], details["function"]) == ("0612345687", "Maire")


FIELDS = "Courriel;Thème;Taille\na@ville.fr;sante;10 000\nb@ville.fr;achats;\nc@ville.fr;pêche;3\nd@ville.fr;;trois\n"


@pytest.fixture
def fields(workspace):
    custom_fields.save_field(workspace, "person", "", "Thème", "choices", ("santé", "achats"), "anna")
    custom_fields.save_field(workspace, "person", "", "Taille", "number", (), "anna")


def held(workspace, email: str) -> dict[str, tuple[str, ...]]:
    with workspace.database.read() as connection:
        number = find_person(connection, email).id
    found = custom_fields.filled_fields(workspace, "person", number)
    return {one.field.key: one.values for one in found if one.values}


def bring_fields(workspace, text: str = FIELDS):
    token = upload(workspace, text)
    rehearsed = rehearse(workspace, token, Thème="field:theme", Taille="field:taille")
    plan, number = uploads.carry_out(workspace, token, "lettre", basis="", by="anna")
    assert (plan.counts, rehearsed.file_action) == (rehearsed.counts, "import")
    return plan.counts, number


@pytest.mark.usefixtures("fields")
def test_a_column_fills_a_field_and_a_value_that_does_not_fit_refuses_its_row(workspace):
    counts, number = bring_fields(workspace)
    assert counts == {"accept": 2, "reject": 2}
    assert held(workspace, "a@ville.fr") == {"theme": ("santé",), "taille": ("10000",)}
    assert held(workspace, "b@ville.fr") == {"theme": ("achats",)}
    reasons = refused_rows.refused_rows(workspace, number).decode("utf-8-sig")
    assert "ligne 4, colonne « Thème » : « pêche » ne convient pas" in reasons
    assert "ligne 5, colonne « Taille » : « trois » ne convient pas" in reasons


@pytest.mark.usefixtures("fields")
def test_undoing_an_import_gives_back_the_values_of_fields_that_nobody_changed_since(workspace):
    bring_fields(workspace)
    again = "Courriel;Thème;Taille\na@ville.fr;achats;12\nb@ville.fr;achats;\ne@ville.fr;santé;1\n"
    counts, number = bring_fields(workspace, again)
    assert counts == {"merge": 1, "keep": 1, "accept": 1}
    assert held(workspace, "a@ville.fr") == {"theme": ("achats",), "taille": ("12",)}
    custom_fields.set_person_values(workspace, "a@ville.fr", {"taille": ["15"]}, "anna")
    subscribers.take_back(workspace, number, "anna")
    assert held(workspace, "a@ville.fr") == {"theme": ("santé",), "taille": ("15",)}
    with workspace.database.read() as connection:
        everything = sa.select(sa.func.count()).select_from(field_values).where(field_values.c.to_at.is_(None))
        assert connection.scalar(everything) == 3


@pytest.mark.usefixtures("fields")
def test_a_row_that_says_no_is_heard_whatever_its_fields_hold(workspace):
    text = "Courriel;Statut;Thème\na@ville.fr;désabonné;pêche\n"
    token = upload(workspace, text)
    assert rehearse(workspace, token, Thème="field:theme").counts == {"suppress": 1}


@pytest.mark.usefixtures("fields")
@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({"Thème": "field:humeur"}, "no meaning of a column"),
        ({"Thème": "field:theme", "Taille": "field:theme"}, "would both fill"),
    ],
)
def test_a_field_that_is_not_there_or_has_two_columns_is_refused(workspace, choices, message):
    with pytest.raises(Refused, match=message):
        rehearse(workspace, upload(workspace, FIELDS), **choices)


@pytest.mark.usefixtures("fields")
def test_a_doubtful_row_fills_its_fields_when_it_is_accepted(workspace):
    token = upload(workspace, "Courriel;Thème\na@gmial.com;sante\n")
    assert rehearse(workspace, token, Thème="field:theme").counts == {"review": 1}
    uploads.carry_out(workspace, token, "lettre", basis="", by="anna")
    (review,) = reviews.list_reviews(workspace)
    reviews.settle_review(workspace, review.id, accept=True, by="anna")
    assert held(workspace, "a@gmial.com") == {"theme": ("santé",)}
