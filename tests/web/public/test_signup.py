"""Subscribing: one mail, one button, and nothing that tells who is subscribed."""

from __future__ import annotations

import re
import time

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient

from newsletter.actions.imports import reviews as import_reviews
from newsletter.actions.people import data_rights, signup
from newsletter.actions.people.signup_decisions import decide_request
from newsletter.errors import NotFound, Refused
from newsletter.store import journal
from newsletter.store.imports import reviews
from newsletter.store.people import people
from newsletter.store.people.erasure import erase_person
from newsletter.store.people.people import Consent
from tests.web.conftest import BASE, heading

ADDRESS = "jeanne@ville.example"


def test_a_new_reader_subscribes_by_the_form_the_mail_and_the_button(town):
    assert heading(town.ask(ADDRESS)) == "Vérifiez votre messagerie"
    assert town.state(ADDRESS) == "pending"
    page = town.link("/confirmation/")
    assert "La lettre du RTES" in town.client.get(page).text
    assert town.state(ADDRESS) == "pending"
    done = town.client.post(page)
    assert done.status_code == 200
    assert town.state(ADDRESS) == "active"


def test_the_proof_tells_the_wording_and_both_moments(town):
    town.ask(ADDRESS)
    town.client.post(town.link("/confirmation/"))
    with town.workspace.database.read() as connection:
        events = journal.of_subscriber(connection, people.by_key(connection, ADDRESS).id)
    proofs = [(e.kind, e.detail["how"], e.detail["wording"]) for e in events if e.detail and "wording" in e.detail]
    assert proofs == [("pending", "form", "2026-11"), ("active", "confirmed", "2026-11")]


def test_the_confirmation_mail_is_automatic_and_holds_nothing_the_requester_chose(town):
    town.ask(ADDRESS, first_name="Gagnez https://spam.example", last_name="{{7*7}}", organisation="<script>")
    (mail,) = town.mails()
    raw = mail.as_string() + mail.get_body(("plain",)).get_content() + mail.get_body(("html",)).get_content()
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["To"] == ADDRESS
    assert not any(word in raw for word in ("spam.example", "7*7", "49 ", "&lt;script"))


def test_confirming_twice_is_harmless(town):
    town.ask(ADDRESS)
    page = town.link("/confirmation/")
    first, second = town.client.post(page), town.client.post(page)
    assert (first.status_code, second.status_code) == (200, 200)
    assert heading(first) == heading(second)


def test_a_name_given_at_the_second_request_is_kept_while_nothing_is_confirmed(town, monkeypatch):
    with monkeypatch.context() as patch:  # a first mail that has left would close the door for an hour
        patch.setattr("newsletter.actions.mail.post", lambda *_arguments: False)
        town.ask(ADDRESS)
    town.ask(ADDRESS, first_name="Jeanne")
    with town.workspace.database.read() as connection:
        assert people.by_key(connection, ADDRESS).first_name == "Jeanne"


def test_an_address_that_was_lost_serves_again_once_its_owner_confirms_from_it(town):
    person = town.person(ADDRESS, lettre="active")
    with town.workspace.database.write() as connection:
        people.suppress(connection, person, "bounced", Consent("", "test"), time.time())
    assert town.state(ADDRESS) == "bounced"
    town.ask(ADDRESS)
    assert town.state(ADDRESS) == "bounced", "to ask is not to show that mail arrives"
    town.client.post(town.link("/confirmation/"))
    assert town.state(ADDRESS) == "active"


def test_a_confirmation_of_somebody_erased_meanwhile_says_that_the_link_is_gone(town):
    town.ask(ADDRESS)
    page = town.link("/confirmation/")
    data_rights.forget_person(town.workspace, ADDRESS, by="test")
    answer = town.client.post(page)
    assert answer.status_code == 404
    with town.workspace.database.read() as connection, pytest.raises(NotFound):
        people.by_key(connection, ADDRESS)


def test_an_organisation_that_is_typed_and_not_proven_is_a_question_for_staff(town):
    town.member("Ville de Lille")
    town.ask(ADDRESS, organisation="Ville de Lille")
    town.client.post(town.link("/confirmation/"))
    (question,) = import_reviews.list_reviews(town.workspace)
    assert (question.kind, question.subject) == ("organisation", "Ville de Lille")


def test_a_late_second_click_does_not_bring_back_somebody_who_left(town):
    town.ask(ADDRESS)
    page = town.link("/confirmation/")
    town.client.post(page)
    with town.workspace.database.read() as connection:
        person = people.by_key(connection, ADDRESS)
    town.client.post(town.workspace.links.unsubscribe(person.uid, "lettre"))
    town.client.post(page)
    assert town.state(ADDRESS) == "left"


WAYS = {
    "new": (),
    "pending": ("pending",),
    "subscribed": ("active",),
    "gone": ("left",),
    "bounced": ("bounced",),
    "complained": ("complained",),
}


@pytest.mark.parametrize("way", WAYS)
def test_the_answer_is_the_same_whoever_is_known(town, way):
    if WAYS[way]:
        person = town.person(ADDRESS, lettre="active")
        with town.workspace.database.write() as connection:
            if way in ("bounced", "complained"):
                people.suppress(connection, person, way, people.Consent("", "test"), 1.0)
            else:
                people.move_subscription(connection, person, "lettre", WAYS[way][0], people.Consent("", "test"), 1.0)
    reference = town.ask("somebody-else@ville.example")
    answer = town.ask(ADDRESS)
    assert (answer.status_code, answer.text) == (reference.status_code, reference.text)
    mails = [mail["Subject"] for mail in town.mails() if mail["To"] == ADDRESS]
    expected = {"subscribed": ["Votre abonnement est en place"], "complained": []}
    assert mails == expected.get(way, ["Confirmez votre abonnement"])


WORK_FOR = (*WAYS, "erased")


@pytest.mark.parametrize("door", ["form", "frame", "endpoint"])
def test_nothing_that_happens_before_the_answer_depends_on_who_is_known(town, door):
    """The very same statements, in the same order, and the same bytes: no time can tell, on any machine."""
    answers, work = set(), set()
    for way in WORK_FOR:
        address = f"{way}@ville.example"
        person = town.person(address, lettre="active") if way != "new" else None
        with town.workspace.database.write() as connection:
            if way == "erased":
                erase_person(connection, person, town.workspace.signer.fingerprint("erasure", address), 1.0, reason="")
            elif way in ("bounced", "complained"):
                people.suppress(connection, person, way, people.Consent("", "test"), 1.0)
            elif person and WAYS[way] != ("active",):
                people.move_subscription(connection, person, "lettre", WAYS[way][0], people.Consent("", "test"), 1.0)
        answer, before = _watched(town, door, address)
        answers.add(answer)
        work.add(before)
    assert len(answers) == len(work) == 1
    (statements,) = work
    assert len(statements) > 1
    assert not any("subscribers" in statement for statement in statements)


def _watched(town, door, address):
    """Ask for a subscription; return (status, body) of the answer, and the SQL statements that came before it."""
    statements, before = [], []

    def note(_connection, _cursor, statement, *_more):
        statements.append(statement)

    async def app(scope, receive, send):
        async def answer(message):
            if message["type"] == "http.response.body":
                before.append(tuple(statements))
            await send(message)

        await town.client.app(scope, receive, answer)

    form, engine = town.form(), town.workspace.database.engine
    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        with TestClient(app, base_url=BASE, headers={"Accept-Language": "fr"}) as client:
            if door == "endpoint":
                wish = {"email": address, "publications": ["lettre"], "form": form}
                answer = client.post("/api/v1/abonnement", json=wish)
            else:
                data = {"address": address, "publications": ["lettre"], "form": form}
                answer = client.post("/abonnement" + ("/formulaire" if door == "frame" else ""), data=data)
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)
    assert answer.status_code in (200, 202)
    return (answer.status_code, answer.content), before[0]


def test_an_erased_person_may_come_back_by_themselves(town):
    town.ask(ADDRESS)
    town.client.post(town.link("/confirmation/"))
    with town.workspace.database.read() as connection:
        preferences = town.workspace.links.preferences(people.by_key(connection, ADDRESS).uid)
    town.client.post(preferences + "/effacement")
    town.client.post(town.link("/effacement/"))
    assert heading(town.client.get(preferences)) == "Mes choix"
    assert "Aucune donnée" in town.client.get(preferences).text
    town.clock.ahead += 1
    with town.workspace.database.write() as connection:
        connection.exec_driver_sql("DELETE FROM limits")
    town.ask(ADDRESS)
    town.client.post(town.link("/confirmation/"))
    assert town.state(ADDRESS) == "active"


def test_a_stranger_cannot_take_somebody_off_the_list_by_asking_for_them(town):
    town.person(ADDRESS, lettre="left")
    town.ask(ADDRESS)
    assert town.state(ADDRESS) == "left"


def test_a_stranger_cannot_rename_a_subscriber(town):
    town.person(ADDRESS, lettre="active")
    town.ask(ADDRESS, "lettre", "flash", first_name="Rude")
    with town.workspace.database.read() as connection:
        assert people.by_key(connection, ADDRESS).first_name == ""


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"address": "jeanne"}, "Vérifiez l’adresse"),
        ({"address": "jeanne@ville.example\r\nBcc: x@y.example"}, "Vérifiez l’adresse"),
        ({"address": "jeanne@a.example(<x@b.example>"}, "Vérifiez l’adresse"),
        ({"address": ""}, "Vérifiez l’adresse"),
        ({"publications": []}, "Choisissez au moins"),
        ({"publications": ["unknown"]}, "Choisissez au moins"),
        ({"first_name": "a\nb"}, "Écrivez ce nom sur une ligne"),
        ({"first_name": "a\rb"}, "Écrivez ce nom sur une ligne"),
        ({"first_name": "a\x00b"}, "Écrivez ce nom sur une ligne"),
        ({"first_name": "a\x85b"}, "Écrivez ce nom sur une ligne"),
        ({"last_name": "x" * 121}, "Écrivez ce nom sur une ligne"),
        ({"organisation": "a\u2028b"}, "Écrivez ce nom sur une ligne"),
        ({"form": ""}, "trop vite"),
        ({"form": "forged"}, "trop vite"),
    ],
)
def test_what_cannot_be_taken_is_named_beside_its_field(town, changes, words):
    data = {"address": ADDRESS, "publications": ["lettre"], "form": town.form(), **changes}
    answer = town.client.post("/abonnement", data=data)
    assert answer.status_code == 422
    assert words in answer.text
    assert town.mails() == []


@pytest.mark.parametrize("seconds", [1, 90_000])
def test_a_form_sent_too_fast_or_too_late_is_refused(town, seconds):
    form = town.form()
    town.clock.ahead += seconds - 10
    answer = town.client.post("/abonnement", data={"address": ADDRESS, "publications": ["lettre"], "form": form})
    assert answer.status_code == 422
    assert town.mails() == []


def test_what_was_typed_is_still_there_after_a_mistake_and_stays_text(town):
    answer = town.ask("jeanne", first_name='"><script>alert(1)</script>')
    assert 'value="jeanne"' in answer.text
    assert "<script" not in answer.text
    assert 'aria-invalid="true"' in answer.text


def test_a_filled_honeypot_is_answered_like_anybody_and_does_nothing(town):
    answer = town.ask(ADDRESS, website="https://spam.example")
    assert heading(answer) == "Vérifiez votre messagerie"
    assert town.mails() == []


def test_no_ip_address_is_kept(town):
    town.ask(ADDRESS)
    dump = (town.workspace.root / "subscribers.db").read_bytes() + b"".join(
        path.read_bytes() for path in town.workspace.root.glob("subscribers.db-wal")
    )
    assert b"testclient" not in dump


def test_a_mail_that_did_not_leave_may_be_asked_for_again(town, monkeypatch):
    monkeypatch.setattr("newsletter.actions.mail.post", lambda *_args: False)
    town.ask(ADDRESS)
    monkeypatch.undo()
    town.ask(ADDRESS)
    assert len(town.mails()) == 1


def test_the_flash_is_for_contacts_of_members_and_others_at_a_members_domain_may_ask(town):
    town.member("Ville de Réze", "ville.example")
    town.ask(ADDRESS, "lettre", "flash")
    done = town.client.post(town.link("/confirmation/"))
    assert "vérifie votre demande" in done.text
    assert (town.state(ADDRESS), town.state(ADDRESS, "flash")) == ("active", "pending")
    with town.workspace.database.read() as connection:
        (review,) = reviews.list_reviews(connection, kind=signup.REQUEST)
    decide_request(town.workspace, review.id, accept=True, by="camille")
    assert town.state(ADDRESS, "flash") == "active"
    assert town.mails()[-1]["Subject"].endswith("votre demande est acceptée")
    with pytest.raises(Refused):
        decide_request(town.workspace, review.id, accept=True, by="camille")


def test_the_flash_stays_closed_for_an_address_of_no_member(town):
    town.ask(ADDRESS, "flash")
    done = town.client.post(town.link("/confirmation/"))
    assert "réservé aux collectivités adhérentes" in done.text
    assert town.state(ADDRESS, "flash") == "pending"
    with town.workspace.database.read() as connection:
        assert reviews.list_reviews(connection, kind=signup.REQUEST) == []


def test_the_form_fits_into_another_site_and_nothing_else_does(town):
    frame = town.client.get("/abonnement/formulaire")
    assert "frame-ancestors *" in frame.headers["Content-Security-Policy"]
    assert 'action="/abonnement/formulaire"' in frame.text
    assert "masthead" not in frame.text
    assert "frame-ancestors 'none'" in town.client.get("/abonnement").headers["Content-Security-Policy"]


class TestEndpoint:
    def wish(self, town, **changes):
        form = town.client.get("/api/v1/abonnement").json()["form"]
        town.clock.ahead += 5
        return {"email": ADDRESS, "publications": ["lettre"], "form": form, **changes}

    def test_the_networks_own_site_subscribes_by_json(self, town):
        answer = town.client.post("/api/v1/abonnement", json=self.wish(town))
        assert (answer.status_code, len(town.mails())) == (202, 1)
        assert answer.headers["Access-Control-Allow-Origin"] == "https://www.rtes.fr"

    def test_faults_are_named_by_field(self, town):
        answer = town.client.post("/api/v1/abonnement", json=self.wish(town, email="x", publications=[]))
        assert answer.status_code == 422
        assert set(answer.json()["error"]["fields"]) == {"email", "publications"}

    @pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"email": 1}', b'{"email": {"$ne": ""}}', b"\xff\xfe"])
    def test_hostile_bodies_are_refused_as_json(self, town, body):
        answer = town.client.post("/api/v1/abonnement", content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code == 422
        assert "error" in answer.json()

    def test_a_preflight_changes_nothing(self, town):
        answer = town.client.options("/api/v1/abonnement")
        assert answer.status_code == 204
        assert town.mails() == []


def test_the_page_names_every_publication_and_suggests_known_organisations(town):
    town.member("Ville de Réze", "ville.example")
    page = town.client.get("/abonnement").text
    assert re.search(r"Flash hebdo du RTES.*collectivités adhérentes", page, re.DOTALL)
    assert '<option value="Ville de Réze">' in page
    assert "checked" not in page
