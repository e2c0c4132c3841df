"""Proofs, links and test messages: named in the journal, and strangers get them from who may send only."""

from __future__ import annotations

import pytest

from newsletter.actions.people.data_rights import forget_person
from newsletter.actions.team import audit_log
from tests.web.conftest import Town
from tests.web.studio.conftest import sign_in
from tests.web.studio.test_board import ISSUE
from tests.web.studio.test_board import editor as editor
from tests.web.studio.test_board import month as month

PROOF = f"{ISSUE}/envoi/epreuve"
ASK = f"{ISSUE}/faire-relire/entretien-helene-vasseur"
STRANGER = "victime@ailleurs.example"


def sent(desk, kind):
    return [d.detail["to"] for d in audit_log.latest_deeds(desk.workspace) if d.kind == kind]


def proofs_left(desk):
    return list((desk.workspace.root / "outbox").glob("*-epreuve/*.eml"))


@pytest.fixture
def sender(editor):
    return sign_in(editor, "editor", may_send=True, name="sender")


def test_an_editor_without_the_right_to_send_proves_to_the_team_only(editor):
    answer = editor.post(PROOF, autres=STRANGER, a=editor.user.address)
    assert "demande le droit d’envoyer" in answer.text
    assert sent(editor, "proof-sent") == [editor.user.address]
    assert len(proofs_left(editor)) == 1
    assert 'name="autres"' not in editor.get(f"{ISSUE}/envoi").text


def test_a_sender_proves_to_anybody_and_the_journal_names_them(sender):
    sender.post(PROOF, autres=STRANGER)
    (deed,) = [d for d in audit_log.latest_deeds(sender.workspace) if d.kind == "proof-sent"]
    assert (deed.detail["to"], deed.user_id) == (STRANGER, sender.user.id)
    assert deed.session


def test_a_taken_over_browser_reaches_as_many_strangers_as_a_day_allows(sender):
    for click in range(3):
        answer = sender.post(PROOF, autres=" ".join(f"victim{click}x{n}@elsewhere.example" for n in range(20)))
    assert "30 fois aujourd’hui" in answer.text
    assert len(proofs_left(sender)) == 30
    assert sender.post(PROOF, a=sender.user.address).status_code == 200, "the team still gets its proofs"
    assert len(proofs_left(sender)) == 31


def test_the_link_of_a_person_interviewed_leaves_for_a_stranger_by_who_may_send_only(editor, sender):
    refused = editor.post(ASK, nom="Hélène Vasseur-Koné", adresse=STRANGER)
    assert "demande le droit d’envoyer" in refused.text
    assert "/epreuve/" in editor.post(ASK, nom="Hélène Vasseur-Koné", adresse="").text, "shown, to be handed on"
    assert "/epreuve/" in sender.post(ASK, nom="Hélène Vasseur-Koné", adresse=STRANGER).text
    assert sent(sender, "proof-mailed") == [STRANGER]
    assert [mail["To"] for mail in Town(sender.workspace, sender.client).mails()] == [STRANGER]


def test_a_test_message_is_named_in_the_journal(editor):
    admin = sign_in(editor, "admin")
    admin.post("/studio/reglages/envoi/essai")
    assert sent(admin, "test-sent") == [admin.user.address]


def test_an_erasure_takes_the_address_out_of_the_journal(sender):
    sender.post(PROOF, autres=STRANGER)
    forget_person(sender.workspace, STRANGER, by="test")
    assert STRANGER not in str([d.detail for d in audit_log.latest_deeds(sender.workspace)])
