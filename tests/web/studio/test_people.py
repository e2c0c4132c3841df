"""People and organisations: found, explained, changed and taken back; files looked at before they change anything."""

from __future__ import annotations

import io
import json
import re

import pytest

from newsletter.actions.imports.uploads import FOLDER
from newsletter.actions.people import directory, subscriptions
from newsletter.filters import PersonFilter
from newsletter.store import journal
from newsletter.store.imports import reviews
from newsletter.store.imports.reviews import Review
from newsletter.store.people import people
from newsletter.web.studio import journal_details
from tests.web.conftest import heading
from tests.web.studio.conftest import first_person

HOME = "/studio/public"


def everybody(workspace, **wanted):
    return directory.search(workspace, PersonFilter(**wanted), 0, 100)[0]


def known(workspace, address):
    with workspace.database.read() as connection:
        return people.by_key(connection, address)


@pytest.mark.parametrize(
    ("wanted", "fits"),
    [
        ({"words": "VILLE"}, lambda p: "ville" in (p.address + p.organisation).lower()),
        ({"state": "active", "publication": "flash"}, lambda p: p.states.get("flash") == "active"),
        ({"state": "left"}, lambda p: False),
        ({"state": "none", "publication": "flash"}, lambda p: "flash" not in p.states),
        ({"words": "%"}, lambda p: False),
        ({"words": "_"}, lambda p: "_" in p.address),
    ],
    ids=["words", "of a publication", "left", "not of a publication", "no wildcard", "no wildcard either"],
)
def test_a_list_holds_exactly_those_who_fit(looking, wanted, fits):
    every = everybody(looking.workspace)
    assert {p.address for p in everybody(looking.workspace, **wanted)} == {p.address for p in every if fits(p)}


def test_no_page_is_longer_than_a_hundred(looking):
    found, total = directory.search(looking.workspace, PersonFilter(), 0, 10_000)
    assert (len(found), total) == (30, 30)
    assert directory.search(looking.workspace, PersonFilter(), 20, 50)[0] == found[20:]


def test_a_persons_page_says_what_they_receive_and_why(looking):
    page = looking.get(first_person(looking.workspace)).text
    assert "contact d’une organisation adhérente" in page
    assert page.count(">reçoit<") == 2
    assert '<th scope="row">La lettre du RTES – novembre' in page
    for path in (first_person(looking.workspace), "/studio/public", "/studio/public/organisations/3"):
        page = looking.get(path).text
        assert ">flash :" not in page and "(flash)" not in page, "a publication is named by its title"


@pytest.mark.parametrize(
    ("kept", "line"),
    [
        (
            {"issue": "2026-11-lettre", "item": "marche", "how": "resend", "scope": "write"},
            "numéro : 2026-11-lettre, article : marche, preuve : renvoyés, droit : lire et écrire",
        ),
        ({"details": ["first_name", "phone"]}, "champs : prénom, téléphone"),
        ({"was": "bounced"}, "auparavant : adresse perdue"),
        ({"ended": "2026-12-31", "before": None}, "dernier jour : 31 décembre 2026"),
    ],
)
def test_what_the_journal_keeps_is_said_in_words(looking, kept, line):
    assert journal_details.event_details(kept).replace("\xa0", " ") == line


def test_an_unsubscription_is_taken_back_by_its_button(staff):
    page = first_person(staff.workspace)
    after = staff.post(f"{page}/desabonner", publication="flash")
    assert "ne recevra plus" in after.text
    undo = re.search(r'<div class="notice flash.*?action="([^"]+)".*?</form>', after.text, re.DOTALL)
    fields = dict(re.findall(r'name="(publication|asked)" value="([^"]+)"', undo[0]))
    address = everybody(staff.workspace, publication="flash", state="left")[0].address
    assert not subscriptions.why(staff.workspace, address, "flash").receives
    staff.post(undo[1], **fields)
    assert subscriptions.why(staff.workspace, address, "flash").receives


def test_a_notice_is_shown_once(staff):
    page = first_person(staff.workspace)
    assert "flash" in staff.post(f"{page}/fiche", first_name="Anne").text
    assert "Fiche enregistrée" not in staff.get(page).text


def test_nobody_can_plant_a_notice(staff):
    staff.client.cookies.set("avis", "eyJ0ZXh0IjogImV2aWwifQ", path="/studio")
    assert "evil" not in staff.get("/studio").text


def test_a_card_is_changed_with_its_organisation(staff):
    person = everybody(staff.workspace, publication="flash", state="active")[0]
    page = f"{HOME}/personnes/{person.uid}"
    staff.post(f"{page}/fiche", first_name="Anne", last_name="Le Goff", organisation="Ville de Lille")
    assert known(staff.workspace, person.address).first_name == "Anne"
    wrong = staff.post(f"{page}/fiche", first_name="Zoé", organisation="Ville de Nulle-Part")
    assert 'role="alert"' in wrong.text
    assert known(staff.workspace, person.address).first_name == "Anne", "nothing of a refused form is kept"


def test_a_suppressed_person_gets_nothing_until_it_is_reversed(staff):
    person = everybody(staff.workspace, state="active")[0]
    page = f"{HOME}/personnes/{person.uid}"
    staff.post(f"{page}/bloquer")
    assert subscriptions.why(staff.workspace, person.address, "lettre").reason == "complained"
    staff.post(f"{page}/debloquer")
    assert known(staff.workspace, person.address).suppressed == ""
    assert not subscriptions.why(staff.workspace, person.address, "lettre").receives, "only the person comes back"


def test_an_erasure_asks_twice_and_leaves_nothing(staff):
    person = everybody(staff.workspace, state="active")[0]
    page = f"{HOME}/personnes/{person.uid}"
    staff.post(f"{page}/effacer")
    assert known(staff.workspace, person.address)
    staff.post(f"{page}/effacer", sure="yes")
    assert staff.get(page).status_code == 404
    assert person.address not in staff.get(HOME).text


def test_everything_kept_of_a_person_can_be_taken_away(looking):
    answer = looking.get(first_person(looking.workspace) + "/donnees.json")
    assert "attachment" in answer.headers["content-disposition"]
    record = json.loads(answer.text)
    assert {"email", "subscriptions", "events", "deliveries"} <= set(record)


def test_an_export_is_written_in_the_journal(staff):
    answer = staff.post(f"{HOME}/exporter")
    assert len(answer.text.splitlines()) > 30
    with staff.workspace.database.read() as connection:
        newest = journal.latest_events(connection, 1)[0]
    assert (newest.kind, newest.actor) == ("exported", staff.user.called)


def test_the_list_is_given_so_many_times_a_day_and_then_an_alarm(staff, caplog):
    for _n in range(10):
        assert staff.post(f"{HOME}/exporter").headers["content-type"].startswith("text/csv")
    assert "exportée trop souvent" in staff.post(f"{HOME}/exporter").text
    assert "ALARM" in caplog.text
    caplog.clear()
    assert "exportée trop souvent" in staff.post(f"{HOME}/publics/exporter", regle="").text
    assert "ALARM" in caplog.text


def upload(desk, text, publication="lettre"):
    return desk.post(
        f"{HOME}/importer",
        files={"file": ("../liste.csv", io.BytesIO(text.encode()), "text/csv")},
        publication=publication,
    )


FILE = "email;prénom\nnouvelle@ville.example;Anne\npas une adresse;Zoé\n"


def test_a_file_is_looked_at_first_then_imported_then_undone(staff):
    plan = upload(staff, FILE)
    assert heading(plan) == "Avant d’importer"
    assert "pas une adresse" in plan.text
    assert not everybody(staff.workspace, words="nouvelle@"), "nothing is stored by looking"
    fields = dict(re.findall(r'name="(token|publication|basis)" value="([^"]*)"', plan.text))
    done = staff.post(f"{HOME}/importer/faire", **fields)
    assert everybody(staff.workspace, words="nouvelle@")
    undo = re.search(r'action="(/studio/public/importer/\d+/annuler)"', done.text)[1]
    staff.post(undo)
    assert not everybody(staff.workspace, words="nouvelle@")
    assert 'role="alert"' in staff.post(undo).text, "once is enough"


def test_an_uploaded_file_does_not_stay(staff):
    fields = dict(re.findall(r'name="(token|publication|basis)" value="([^"]*)"', upload(staff, FILE).text))
    folder = staff.workspace.root / FOLDER
    (kept,) = folder.iterdir()
    assert [path.stat().st_mode & 0o77 for path in (folder, kept)] == [0, 0]
    staff.post(f"{HOME}/importer/faire", **fields)
    assert list(folder.iterdir()) == []
    assert 'role="alert"' in staff.post(f"{HOME}/importer/faire", **fields).text


@pytest.mark.parametrize("token", ["", "..", "../../newsletter.toml", "a" * 32])
def test_only_an_uploaded_file_is_imported(staff, token):
    answer = staff.post(f"{HOME}/importer/faire", token=token, publication="lettre")
    assert 'role="alert"' in answer.text


def test_what_is_no_table_is_refused_with_words(staff):
    answer = upload(staff, "<html><body>Session expirée</body></html>")
    assert 'role="alert"' in answer.text


def test_organisations_are_imported_after_a_look(staff):
    plan = upload(staff, "nom;niveau;adhésion\nVille de Neuve;commune;2026-01-15\n", "organisations")
    assert "Ville de Neuve" in plan.text
    token = re.search(r'name="token" value="([^"]+)"', plan.text)[1]
    staff.post(f"{HOME}/importer/faire", token=token, publication="organisations")
    assert "Ville de Neuve" in staff.get(f"{HOME}/organisations?q=neuve&etat=toutes").text


def test_a_membership_is_ended_and_renewed(staff):
    page = f"{HOME}/organisations/3"
    staff.post(f"{page}/terminer", on="2026-01-31")
    assert "non adhérente" in staff.get(page).text
    assert 'role="alert"' in staff.post(f"{page}/terminer", on="1999-01-01").text
    staff.post(f"{page}/reconduire", begin="2026-03-01")
    assert "non adhérente" not in staff.get(page).text


def test_an_organisation_is_added_once(staff):
    fields = {"name": "Ville de Neuve", "level": "commune", "joined": "2026-01-15"}
    assert "Ville de Neuve" in heading(staff.post(f"{HOME}/organisations", **fields))
    assert 'role="alert"' in staff.post(f"{HOME}/organisations", **fields).text


def test_an_organisations_page_names_what_was_published_about_it(looking):
    about = next(a for a in looking.workspace.pool() if a.organisations)
    with looking.workspace.database.read() as connection:
        from newsletter.store.people import organisations

        number = organisations.find_organisation(connection, about.organisations[0]).id
    page = looking.get(f"{HOME}/organisations/{number}").text
    assert f"/studio/articles/{about.slug}" in page


def test_the_breakdown_adds_up(looking):
    page = looking.get(f"{HOME}/organisations").text
    (table,) = re.findall(r"<caption>Par niveau</caption>.*?</table>", page, re.DOTALL)
    assert sum(int(n) for n in re.findall(r'class="number">(\d+)<', table)) == 182


def test_a_question_is_settled_or_set_aside(staff):
    with staff.workspace.database.write() as connection:
        question = Review(kind="organisation", subject="Mairie de L.", at=1.0)
        reviews.ask(connection, [question])
        number = reviews.list_reviews(connection)[0].id
    assert 'role="alert"' in staff.post(f"{HOME}/a-trancher/{number}", decision="accept").text, "which one?"
    staff.post(f"{HOME}/a-trancher/{number}", decision="decline")
    assert "Rien à trancher" in staff.get(f"{HOME}/a-trancher").text
