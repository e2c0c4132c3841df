"""Reading records: who read how many is journaled, and nobody walks the list."""

from __future__ import annotations

import re
import time

import pytest

from newsletter.actions.people import reading
from newsletter.actions.people.reading import UnusualReading, allow_more, note_reading
from newsletter.store import journal
from newsletter.store.people import organisations, people
from newsletter.store.people.organisations import Organisation
from newsletter.store.people.people import Person
from tests.web.studio.conftest import sign_in
from tests.web.studio.test_factors import mailed_code, proof_form


def deeds(workspace, kind: str) -> list[tuple[str, int]]:
    with workspace.database.read() as connection:
        found = [event for event in journal.latest_events(connection, 1000) if event.kind == kind]
    return [(event.actor, event.detail["people"]) for event in reversed(found)]


def fill(workspace, count: int) -> None:
    with workspace.database.write() as connection:
        for n in range(count):
            address = f"personne{n}@ville.example"
            people.add_person(connection, Person(address=address, key=address), time.time())


def test_the_journal_says_who_read_how_many_in_few_lines(town):
    for _page in range(40):
        note_reading(town.workspace, "user 1", "Une staff", 7)
    note_reading(town.workspace, "user 2", "Un autre", 3)
    assert deeds(town.workspace, "people-read") == [
        ("Une staff", 7),
        ("Une staff", 56),
        ("Une staff", 105),
        ("Une staff", 203),
        ("Un autre", 3),
    ]


def test_a_list_cannot_be_walked_and_the_admins_are_told_once(town):
    fill(town.workspace, 900)
    sign_in(town, "admin", name="chef")
    staff = sign_in(town, "staff")
    pages = [staff.get(f"/studio/public?page={n}") for n in range(1, 19)]
    seen = {address for page in pages for address in re.findall(r"personne\d+@ville\.example", page.text)}
    assert 400 < len(seen) < 600
    assert pages[-1].status_code == 401
    assert "les administrateurs sont prévenus" in pages[-1].text
    assert "Confirmez que c’est vous pour continuer." in pages[-1].text
    warnings = [mail for mail in town.mails() if "Lecture inhabituelle" in mail["Subject"]]
    assert [mail["To"] for mail in warnings] == ["chef@rtes.example"]
    assert deeds(town.workspace, "reading-alarm") == [("Une staff", 510)]
    # Another account reads on.
    assert sign_in(town, "staff", name="collegue").get("/studio/public").status_code == 200


@pytest.mark.parametrize("page", ["", "/donnees.json"])
def test_whole_records_count_for_more_than_lines(town, page):
    fill(town.workspace, 1)
    staff = sign_in(town, "staff")
    with town.workspace.database.read() as connection:
        uid = people.by_key(connection, "personne0@ville.example").uid.hex()
    note_reading(town.workspace, f"user {staff.user.id}", "Une staff", 490)
    statuses = [staff.get(f"/studio/public/personnes/{uid}{page}").status_code for _n in range(4)]
    assert statuses == [200, 200, 401, 401]


def test_the_contacts_of_an_organisation_count_as_lines_of_a_list(town):
    with town.workspace.database.write() as connection:
        number = organisations.add_organisation(connection, Organisation(name="Ville de Brest"), now=time.time())
        for n in range(30):
            address = f"contact{n}@brest.example"
            person = Person(address=address, key=address, organisation_id=number)
            people.add_person(connection, person, time.time())
    staff, page = sign_in(town, "staff"), f"/studio/public/organisations/{number}"
    assert "contact29@brest.example" in staff.get(page).text
    note_reading(town.workspace, f"user {staff.user.id}", "Une staff", reading.USUAL - 35)
    stopped = staff.get(page)
    assert stopped.status_code == 401
    assert "contact29@brest.example" not in stopped.text


def test_a_fresh_proof_allows_more(town):
    with pytest.raises(UnusualReading):
        note_reading(town.workspace, "user 1", "Une staff", reading.USUAL + 1)
    with pytest.raises(UnusualReading):
        note_reading(town.workspace, "user 1", "Une staff", 1)
    allow_more(town.workspace, "user 1")
    note_reading(town.workspace, "user 1", "Une staff", 1)


def test_whoever_proves_who_they_are_goes_on_where_they_were_stopped(town):
    fill(town.workspace, 60)
    staff = sign_in(town, "staff")
    note_reading(town.workspace, f"user {staff.user.id}", "Une staff", reading.USUAL - 1)
    stopped = staff.get("/studio/public?page=2")
    action, fields = proof_form(stopped)
    shown = staff.client.post(action, data={**fields, "code": mailed_code(staff)})
    assert (shown.status_code, shown.url.query) == (200, b"page=2")


def test_a_large_network_reads_more(town):
    with town.workspace.database.write() as connection:
        assert reading.usual_volume(connection) == reading.USUAL
    fill(town.workspace, 2400)
    with town.workspace.database.read() as connection:
        assert reading.usual_volume(connection) == 600
