"""The send page: who may do what, what an approval vouches for, what each state shows."""

from __future__ import annotations

import json
import re
import time
from dataclasses import replace

import pytest

from newsletter.actions.issues import versions
from newsletter.actions.operations.start import load_people
from newsletter.actions.sending import mailings, send_page
from newsletter.actions.sending.approval import approve_issue
from newsletter.actions.sending.deliveries import deliver_mailing
from newsletter.store.people import people
from newsletter.store.people.people import Consent
from newsletter.store.sending import mailings as store
from tests.web.studio.conftest import Desk, sign_in
from tests.web.studio.test_board import KEY
from tests.web.studio.test_board import editor as editor
from tests.web.studio.test_board import month as month

ENVOI = f"/studio/numeros/{KEY}/envoi"


@pytest.fixture
def sender(editor) -> Desk:
    """Somebody who composes and may send, with twenty subscribers."""
    load_people(editor.workspace, 20)
    return sign_in(editor, "admin", may_send=True)


def mailing(desk: Desk):
    return mailings.current_mailing(desk.workspace, KEY)


def approve(desk: Desk) -> None:
    assert "Bon à tirer donné" in desk.post(f"{ENVOI}/bon-a-tirer").text


def leave(desk: Desk, **fields):
    """Press the button of the third step; without other fields, the one that says « now »."""
    return desk.post(f"{ENVOI}/partir", empreinte=mailing(desk).content_hash, **{"quand": "maintenant", **fields})


def its_hour_has_come(desk: Desk, seconds: float = 1.0) -> None:
    """Let the mailing's hour be some seconds ago."""
    with desk.workspace.database.write() as connection:
        store.touch(connection, mailing(desk).id, not_before=time.time() - seconds)


def deliver(desk: Desk) -> None:
    deliver_mailing(desk.workspace, mailings.begin_mailing(desk.workspace, mailing(desk)))


def test_one_sentence_says_to_how_many_before_any_button(sender):
    with sender.workspace.database.write() as connection:
        gone = people.by_id(connection, 1)
        people.move_subscription(connection, gone, "lettre", "left", Consent("", "test"), time.time())
    page = sender.get(ENVOI).text
    found = send_page.send_page(sender.workspace, KEY)
    assert f"{found.people} personnes" in page and found.people == 20 - 1


def test_from_the_bon_a_tirer_to_the_receipt(sender):
    approve(sender)
    page = sender.get(ENVOI).text
    assert "Une admin" in page and mailing(sender).content_hash[:12] in page
    assert "C’est entendu" in leave(sender).text
    its_hour_has_come(sender)
    deliver(sender)
    done = sender.get(ENVOI).text
    assert "Le compte est juste." in done and "parti vers 20 personnes" in done


def test_an_hour_in_words_schedules_and_a_recall_takes_all_back(sender):
    approve(sender)
    page = leave(sender, quand="heure", heure="demain 8h").text
    assert "à 8 h 00" in page.replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ")
    assert 'role="timer"' in page and "Rappeler" in page
    assert '<noscript><meta http-equiv="refresh"' in page
    assert "rien n’est parti" in sender.post(f"{ENVOI}/rappeler").text
    assert mailing(sender).status == "cancelled" and "Donner le bon à tirer" in sender.get(ENVOI).text


@pytest.mark.parametrize("when", ["hier 8h", "quand vous voudrez", "", "lundi 99h"])
def test_an_hour_that_cannot_be_keeps_the_letter_here(sender, when):
    approve(sender)
    answer = leave(sender, quand="heure", heure=when)
    assert answer.status_code == 422 and 'role="alert"' in answer.text
    assert not send_page.send_page(sender.workspace, KEY).at


def test_an_approval_is_for_what_was_read(sender):
    approve(sender)
    file = versions.issue_version(sender.workspace, KEY)
    versions.save_issue(sender.workspace, replace(file.issue, editorial="Tout autre chose."), file.version)
    assert "Le numéro a changé depuis" in sender.get(ENVOI).text
    answer = leave(sender)
    assert answer.status_code == 422 and "a changé depuis" in answer.text
    approve(sender)
    assert leave(sender).status_code == 200


def test_the_bon_a_tirer_is_given_to_the_text_that_the_page_showed(sender):
    seen = sender.field(ENVOI, "empreinte")
    file = versions.issue_version(sender.workspace, KEY)
    versions.save_issue(sender.workspace, replace(file.issue, editorial="Tout autre chose."), file.version)
    assert "n’est plus celui que vous avez vu" in sender.post(f"{ENVOI}/bon-a-tirer", empreinte=seen).text
    assert mailing(sender) is None
    assert "Bon à tirer donné" in sender.post(f"{ENVOI}/bon-a-tirer", empreinte=sender.field(ENVOI, "empreinte")).text


def test_the_second_word_is_given_to_the_text_that_the_page_showed(sender):
    approve(sender)
    seen = mailing(sender).content_hash
    file = versions.issue_version(sender.workspace, KEY)
    versions.save_issue(sender.workspace, replace(file.issue, editorial="Tout autre chose."), file.version)
    approve_issue(sender.workspace, KEY, by="somebody else")
    assert "n’est plus celui que vous avez vu" in sender.post(f"{ENVOI}/second-accord", empreinte=seen).text
    assert mailing(sender).confirmed_by == ""
    current = mailing(sender).content_hash
    assert "Second accord enregistré" in sender.post(f"{ENVOI}/second-accord", empreinte=current).text


def test_a_letter_seen_in_another_state_does_not_leave(sender):
    approve(sender)
    answer = sender.post(f"{ENVOI}/partir", empreinte="0" * 64, quand="maintenant")
    assert answer.status_code == 422 and not send_page.send_page(sender.workspace, KEY).at


@pytest.mark.parametrize("action", ["partir", "rappeler", "pause", "reprendre", "arreter", "trancher"])
def test_sending_is_a_right_of_its_own(editor, action):
    assert editor.post(f"{ENVOI}/{action}").status_code == 403
    assert "demandez à une personne qui l’a" not in editor.get(ENVOI).text


def test_an_editor_gives_the_bon_a_tirer_but_finds_no_button_to_send(editor):
    load_people(editor.workspace, 3)
    approve(editor)
    page = editor.get(ENVOI).text
    assert "demandez à une personne qui l’a" in page and "/partir" not in page


def test_pause_resume_and_stop(sender):
    approve(sender)
    mailings.begin_mailing(sender.workspace, mailing(sender))
    assert "en pause par Une admin" in sender.post(f"{ENVOI}/pause").text
    assert "reprend" in sender.post(f"{ENVOI}/reprendre").text
    assert "Ce qui était parti reste parti" in sender.post(f"{ENVOI}/arreter").text
    receipt = mailings.mailing_receipt(sender.workspace, KEY)
    assert receipt.balanced and receipt.cancelled == 20
    assert "Ce n’était plus possible" in sender.post(f"{ENVOI}/pause").text


def test_the_stream_tells_the_counts_until_nothing_moves(sender):
    approve(sender)
    mailings.begin_mailing(sender.workspace, mailing(sender))
    deliver_now = deliver_mailing(sender.workspace, mailing(sender))[0]
    assert deliver_now.status == "done"
    answer = sender.get(f"{ENVOI}/flux")
    assert answer.headers["content-type"].startswith("text/event-stream")
    (event,) = re.findall(r"data: (.*)\n\n", answer.text)
    state = json.loads(event)
    assert state["stage"] == "done" and state["sent"] == 20 and state["open"] == 0
    assert sender.get(f"{ENVOI}/etat").json()["candidates"] == 20


def test_a_proof_goes_to_the_people_chosen_and_says_who_was_not_reached(sender):
    page = sender.post(f"{ENVOI}/epreuve", a="admin@rtes.example", autres="elue@ville.example, pas une adresse").text
    assert "L’épreuve n’est pas partie vers" in page and "pas" in page
    files = list((sender.workspace.root / "outbox").rglob("*.eml"))
    assert {"admin@rtes.example", "elue@ville.example"} <= {
        re.search(r"^To: (.*)$", f.read_text(), re.MULTILINE)[1].strip("<>\r ") for f in files
    }
    assert "au moins une personne" in sender.post(f"{ENVOI}/epreuve", autres="").text


def test_nothing_is_approved_while_a_check_forbids_it(sender):
    file = versions.issue_version(sender.workspace, KEY)
    first = file.issue.sections[0]
    wrong = replace(first, items=(replace(first.items[0], slug="nulle-part"), *first.items[1:]))
    versions.save_issue(sender.workspace, replace(file.issue, sections=(wrong, *file.issue.sections[1:])), file.version)
    page = sender.get(ENVOI).text
    assert "à corriger d’abord" in page and "bon-a-tirer" not in page
    assert "Ce n’était plus possible" in sender.post(f"{ENVOI}/bon-a-tirer").text and mailing(sender) is None
