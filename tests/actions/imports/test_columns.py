"""What columns are read as: chosen, remembered for files of one shape, and what is kept of those nothing is made of."""

from __future__ import annotations

import io

import pytest

from newsletter.actions.imports import columns, refused_rows, subscribers, uploads
from newsletter.actions.people import data_rights
from newsletter.errors import ExchangeError, NotFound, Refused
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
