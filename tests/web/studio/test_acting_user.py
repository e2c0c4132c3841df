"""What a user changes about people stands in the journal under the ids of user and session, not under a name alone."""

from __future__ import annotations

import time

import pytest

from newsletter.store.people import organisations
from newsletter.store.people.organisations import Organisation
from newsletter.store.team import audit_log
from tests.web.studio.conftest import first_person, sign_in


@pytest.fixture
def staff(town):
    town.person("jeanne@ville.example", lettre="active")
    with town.workspace.database.write() as connection:
        organisations.add_organisation(connection, Organisation(name="Ville de Brest"), now=time.time())
    return sign_in(town, "staff")


def change_address(staff):
    proof = "demandé par téléphone ce matin"
    page = first_person(staff.workspace, "lettre")
    staff.post(f"{page}/adresse", address="jeanne@metropole.example", proof=proof)


def note_request(staff):
    staff.post("/studio/public/demandes", kind="access", received="2026-01-05", how="un appel")


def answer_request(staff):
    note_request(staff)
    staff.post("/studio/public/demandes/1", answer="copie envoyée")


def edit_organisation(staff):
    with staff.workspace.database.read() as connection:
        number = organisations.find_organisation(connection, "Ville de Brest").id
    staff.post(f"/studio/public/organisations/{number}/fiche", name="Brest métropole", level="intercommunalite")


@pytest.mark.parametrize(
    ("act", "kind"),
    [
        (change_address, "address-changed"),
        (note_request, "rights-request-noted"),
        (answer_request, "rights-request-answered"),
        (edit_organisation, "organisation-edited"),
    ],
    ids=["an address", "a request", "an answer", "an organisation"],
)
def test_the_journal_names_the_user_and_the_session(staff, act, kind):
    act(staff)
    with staff.workspace.database.read() as connection:
        (deed,) = [one for one in audit_log.latest_deeds(connection, before=0, limit=50) if one.kind == kind]
    assert (deed.actor, deed.user_id) == ("Une staff", staff.user.id)
    assert deed.session
