"""Another address for the same person: confirmed by both mailboxes, or by the team with a proof."""

from __future__ import annotations

import re

import pytest

from newsletter.actions.people import address_change, data_rights
from newsletter.store import journal
from newsletter.store.people import people
from tests.web.conftest import heading
from tests.web.studio.conftest import sign_in

OLD, NEW = "jeanne@ville.example", "jeanne.martin@metropole.example"


def page_of(town) -> str:
    with town.workspace.database.read() as connection:
        uid = people.by_key(connection, OLD).uid
    return "/preferences/" + town.workspace.links.preferences(uid).rpartition("/")[2]


def links(town) -> dict[str, str]:
    """Return the path of the link that each mailbox received."""
    found = {}
    for mail in town.mails():
        link = re.search(r"(/changement-adresse/\S+)", mail.get_body(("plain",)).get_content())
        if link:
            found[str(mail["To"])] = link[1]
    return found


def ask(town, address: str = NEW):
    return town.client.post(page_of(town) + "/adresse", data={"address": address})


def addresses_known(town) -> list[str]:
    with town.workspace.database.read() as connection:
        rows = connection.exec_driver_sql("SELECT address FROM subscribers ORDER BY address")
        return [row[0] for row in rows]


@pytest.mark.parametrize("order", [(OLD, NEW), (NEW, OLD)], ids=["old first", "new first"])
def test_both_mailboxes_confirm_and_the_person_stays_one(town, order):
    before = town.person(OLD, lettre="active", flash="pending")
    assert "Deux messages partent" in ask(town).text
    found = links(town)
    assert set(found) == {OLD, NEW}
    one = town.client.post(found[order[0]])
    assert "Ouvrez maintenant le message arrivé dans l’autre boîte" in one.text
    assert addresses_known(town) == [OLD]
    two = town.client.post(found[order[1]])
    assert "C’est fait" in two.text
    with town.workspace.database.read() as connection:
        after = people.by_key(connection, NEW)
        events = journal.of_subscriber(connection, after.id)
    assert (after.id, after.uid) == (before.id, before.uid)
    assert (town.state(NEW), town.state(NEW, "flash")) == ("active", "pending")
    assert [e.detail for e in events if e.kind == "address-changed"] == [{"how": "both mailboxes"}]
    # Each link again changes nothing and says the same.
    assert "C’est fait" in town.client.post(found[OLD]).text


def test_looking_at_a_link_changes_nothing(town):
    town.person(OLD, lettre="active")
    ask(town)
    for link in links(town).values():
        assert town.client.get(link).status_code == 200
    assert addresses_known(town) == [OLD]


def test_one_mailbox_alone_changes_nothing_whatever_it_does(town):
    """A forwarded letter lets a stranger ask, and confirm from the mailbox that they named."""
    town.person(OLD, lettre="active")
    ask(town)
    link = links(town)[NEW]
    token = link.rpartition("/")[2]
    for _n in range(3):
        town.client.post(link)
    forged = token[:16] + "o" + token[17:]
    assert town.client.post(f"/changement-adresse/{forged}").status_code == 404
    assert addresses_known(town) == [OLD]


def test_an_address_of_another_subscriber_shows_only_to_the_holder_of_both_mailboxes(town):
    town.person(OLD, lettre="active")
    reference = ask(town, "somebody-else@ville.example").text
    town.person(NEW, lettre="active")
    with town.workspace.database.write() as connection:
        connection.exec_driver_sql("DELETE FROM limits")
    answer = ask(town)
    assert re.sub(r"\s+", " ", answer.text) == re.sub(r"\s+", " ", reference)
    found = links(town)
    town.client.post(found[OLD])
    done = town.client.post(found[NEW])
    assert done.status_code == 409
    assert "déjà celle d’une autre personne" in done.text
    assert addresses_known(town) == sorted([OLD, NEW])


@pytest.mark.parametrize(("address", "said"), [("x", "address-error"), (OLD, "ne sont pas partis")])
def test_what_cannot_be_an_address_or_is_the_old_one_is_said(town, address, said):
    town.person(OLD, lettre="active")
    assert said in ask(town, address).text
    assert links(town) == {}


def test_one_change_a_day_and_the_page_does_not_claim_what_did_not_leave(town, monkeypatch):
    town.person(OLD, lettre="active")
    ask(town)
    assert "ne sont pas partis" in ask(town, "other@ville.example").text
    assert set(links(town)) == {OLD, NEW}
    with town.workspace.database.write() as connection:
        connection.exec_driver_sql("DELETE FROM limits")
    monkeypatch.setattr("newsletter.actions.mail.post", lambda *_args: False)
    assert "ne sont pas partis" in ask(town).text


def test_a_person_erased_meanwhile_does_not_come_back(town):
    town.person(OLD, lettre="active")
    ask(town)
    found = links(town)  # the erasure takes the trial mail away too
    data_rights.forget_person(town.workspace, OLD, by="test")
    assert [town.client.post(found[side]).status_code for side in (OLD, NEW)] == [404, 404]
    assert addresses_known(town) == []


@pytest.mark.parametrize("what", ["copie", "effacement"])
def test_a_link_to_the_whole_record_opens_nothing_once_the_address_is_another(town, what):
    """Perhaps it was changed because the old mailbox is in the wrong hands."""
    person = town.person(OLD, lettre="active")
    town.client.post(f"{page_of(town)}/{what}")
    link = town.link("/mes-donnees/" if what == "copie" else "/effacement/")
    assert town.client.get(link).status_code == 200
    address_change.change_by_team(town.workspace, person.uid, NEW, proof="Appel de sa collègue", by="test")
    assert town.client.get(link).status_code == 404
    if what == "effacement":
        assert town.client.post(link).status_code == 404
    assert addresses_known(town) == [NEW]


def test_the_team_changes_an_address_with_a_proof_and_both_mailboxes_are_told(town):
    with town.workspace.database.write() as connection:
        person = town_person = people.add_person(connection, people.Person(address=OLD, key=OLD), 1.0)
        people.suppress(connection, town_person, "bounced", people.Consent("", "test"), 2.0)
    staff = sign_in(town, "staff")
    page = f"/studio/public/personnes/{person.uid.hex()}"
    refused = staff.post(f"{page}/adresse", address=NEW, proof="")
    assert "Dites qui a demandé ce changement" in refused.text
    assert addresses_known(town) == [OLD]
    done = staff.post(f"{page}/adresse", address=NEW, proof="Appel de sa collègue, le 28 novembre")
    assert "Adresse changée" in done.text
    assert {str(mail["To"]) for mail in town.mails()} >= {OLD, NEW}
    with town.workspace.database.read() as connection:
        after = people.by_key(connection, NEW)
        (event,) = [e for e in journal.of_subscriber(connection, after.id) if e.kind == "address-changed"]
    assert (after.id, after.suppressed) == (person.id, "")
    assert (event.actor, event.detail["proof"]) == ("Une staff", "Appel de sa collègue, le 28 novembre")


def test_a_change_asked_for_before_the_team_changed_the_address_is_void(town):
    """The team moves a person away from a mailbox in wrong hands, whose holder had asked for a change already."""
    person = town.person(OLD, lettre="active")
    ask(town, "thief@elsewhere.example")
    found = links(town)
    staff, safe = sign_in(town, "staff"), "jeanne@safe.example"
    staff.post(f"/studio/public/personnes/{person.uid.hex()}/adresse", address=safe, proof="un appel de Jeanne")
    answers = [town.client.post(link) for link in found.values()] + [town.client.get(found[OLD])]
    assert [answer.status_code for answer in answers] == [404] * 3
    assert addresses_known(town) == [safe]


def test_the_team_is_not_told_of_mails_that_did_not_leave(town, monkeypatch):
    person = town.person(OLD, lettre="active")
    staff, page = sign_in(town, "staff"), f"/studio/public/personnes/{person.uid.hex()}/adresse"
    assert "C’est déjà l’adresse de cette personne" in staff.post(page, address=OLD, proof="par courriel").text
    monkeypatch.setattr("newsletter.actions.mail.post", lambda *_args: False)
    assert "n’ont pas pu être prévenues" in staff.post(page, address=NEW, proof="par courriel").text
    assert addresses_known(town) == [NEW]


def test_the_team_takes_neither_anothers_address_nor_one_that_was_erased(town):
    person = town.person(OLD, lettre="active")
    town.person(NEW, lettre="active")
    staff, page = sign_in(town, "staff"), f"/studio/public/personnes/{person.uid.hex()}/adresse"
    assert "déjà celle d’une autre personne" in staff.post(page, address=NEW, proof="par courriel").text
    data_rights.forget_person(town.workspace, NEW, by="test")
    assert "a été effacée" in staff.post(page, address=NEW, proof="par courriel").text
    assert addresses_known(town) == [OLD]


def test_the_page_of_a_link_has_one_heading(town):
    town.person(OLD, lettre="active")
    ask(town)
    assert heading(town.client.get(links(town)[OLD])) == "Changer d’adresse"
