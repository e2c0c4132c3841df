"""The register of people's requests about their data: entered, answered in time, and without names."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from newsletter.actions.people import data_rights, rights_register
from newsletter.store.people import people
from tests.web.conftest import heading
from tests.web.studio.conftest import sign_in

ADDRESS = "jeanne@ville.example"
HOME = "/studio/public/demandes"


@pytest.mark.parametrize(
    ("received", "due"),
    [
        ("2026-11-28", "2026-12-28"),
        ("2026-12-31", "2027-01-31"),
        ("2027-01-31", "2027-02-28"),
        ("2028-01-30", "2028-02-29"),
        ("2026-10-31", "2026-11-30"),
    ],
)
def test_an_answer_is_due_a_month_after_the_request(received, due):
    assert rights_register.answer_due(date.fromisoformat(received)) == date.fromisoformat(due)


def entries(town) -> list[tuple[str, bool]]:
    return [(line.request.kind, bool(line.request.answered)) for line in rights_register.register(town.workspace)]


def preferences(town) -> str:
    with town.workspace.database.read() as connection:
        uid = people.by_key(connection, ADDRESS).uid
    return "/preferences/" + town.workspace.links.preferences(uid).rpartition("/")[2]


def test_a_copy_asked_for_on_the_site_is_entered_and_answered_when_it_is_opened(town):
    town.person(ADDRESS, lettre="active")
    town.client.post(preferences(town) + "/copie")
    assert entries(town) == [("access", False)]
    town.client.post(preferences(town) + "/copie")
    assert entries(town) == [("access", False)]
    assert town.client.get(town.link("/mes-donnees/")).status_code == 200
    assert entries(town) == [("access", True)]


@pytest.mark.parametrize("how", ["by the person", "by the team"])
def test_an_erasure_is_entered_and_answered_and_leaves_no_name(town, how):
    town.person(ADDRESS, lettre="active")
    town.client.post(preferences(town) + "/effacement")
    if how == "by the person":
        town.client.post(town.link("/effacement/"))
    else:
        data_rights.forget_person(town.workspace, ADDRESS, by="Une staff")
    assert entries(town) == [("erasure", True)]
    (line,) = rights_register.register(town.workspace)
    assert line.request.subscriber_id is None
    assert ADDRESS not in b"".join(rights_register.register_file(town.workspace)).decode()


def test_the_team_notes_what_came_by_post_and_its_answer(town):
    staff, today = sign_in(town, "staff"), town.workspace.today()
    assert "Aucune demande encore" in staff.get(HOME).text
    old = (today - timedelta(days=40)).isoformat()
    assert "Demande notée" in staff.post(HOME, kind="objection", received=old, how="par courrier").text
    page = staff.get(HOME)
    assert heading(page) == "Demandes sur les données"
    assert "en retard" in page.text
    (line,) = rights_register.register(town.workspace)
    assert "Réponse notée" in staff.post(f"{HOME}/{line.request.id}", answer="Adresse bloquée, lettre du jour").text
    assert "en retard" not in staff.get(HOME).text
    again = staff.post(f"{HOME}/{line.request.id}", answer="encore")
    assert "a déjà reçu sa réponse" in again.text
    file = staff.get(f"{HOME}/registre.csv")
    assert file.headers["content-type"].startswith("text/csv")
    assert "Adresse bloquée" in file.text


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "objection", "received": "", "how": "par courrier"},
        {"kind": "objection", "received": "2999-01-01", "how": "par courrier"},
        {"kind": "nothing", "received": "2026-01-01", "how": "par courrier"},
        {"kind": "access", "received": "2026-01-01", "how": "  "},
    ],
    ids=["no day", "a day to come", "no kind", "no word"],
)
def test_what_says_nothing_is_not_entered(town, fields):
    assert "notice" in sign_in(town, "staff").post(HOME, **fields).text
    assert entries(town) == []
