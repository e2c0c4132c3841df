"""A person interviewed reads one item by a link: what it opens, what it refuses, what an approval vouches for."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from newsletter.actions.issues import gestures, versions
from newsletter.actions.issues.gestures import LEAD
from newsletter.actions.letters import proofs
from newsletter.actions.operations.start import init
from newsletter.actions.workspace import open_workspace
from newsletter.errors import NotFound, Refused, TokenError
from newsletter.store.people import one_time

KEY, SLUG, READER = "2026-11-lettre", "entretien-helene-vasseur", "Hélène Vasseur-Koné"


@pytest.fixture
def workspace(tmp_path):
    init(tmp_path, sample=True)
    made = open_workspace(tmp_path)
    yield made
    made.close()


@pytest.fixture
def token(workspace) -> str:
    link = proofs.invite_reviewer(workspace, KEY, SLUG, reader=READER, address="", by="Claire", may_send=False)
    return link.rpartition("/")[2]


def test_a_link_shows_one_item_and_nothing_of_the_rest(workspace, token):
    shown = proofs.look_at_item(workspace, token, "")
    assert "couteau suisse" in shown and "Lyon" not in shown
    assert proofs.open_proof(workspace, token).reader == READER


def test_what_the_reader_says_stands_beside_the_issue(workspace, token):
    proofs.answer(workspace, token, "Une coquille\x00 au titre", approves=False, seen="")
    (said,) = proofs.comments(workspace, KEY)
    assert (said.author, said.item, said.approves) == (READER, SLUG, False)
    assert "\x00" not in said.text and "coquille" in said.text
    proofs.settle_comment(workspace, said.id)
    assert proofs.comments(workspace, KEY)[0].done_at


def test_an_approval_is_for_the_text_that_was_read(workspace, token):
    seen = proofs.open_proof(workspace, token).content_hash
    file = versions.issue_version(workspace, KEY)
    changed = gestures.override_item(file.issue, LEAD, title="« Un tout autre titre »", summary="")
    versions.save_issue(workspace, changed, file.version)
    with pytest.raises(Refused, match="a changé pendant votre lecture"):
        proofs.answer(workspace, token, "", approves=True, seen=seen)
    now = proofs.open_proof(workspace, token).content_hash
    assert proofs.answer(workspace, token, "", approves=True, seen=now).approved
    file = versions.issue_version(workspace, KEY)
    versions.save_issue(workspace, replace(file.issue, lead=replace(file.issue.lead, title="")), file.version)
    assert not proofs.open_proof(workspace, token).approved


@pytest.mark.parametrize("wrong", ["", "x", "a" * 32])
def test_a_token_that_was_never_given_opens_nothing(workspace, token, wrong):
    with pytest.raises(TokenError):
        proofs.open_proof(workspace, wrong)


def test_a_link_does_not_open_once_its_days_are_over(workspace):
    subject = {"issue": KEY, "item": SLUG, "reader": READER}
    with workspace.database.write() as connection:
        late = one_time.make_link(connection, "proof-item", subject, time.time() - 1)
    with pytest.raises(TokenError):
        proofs.open_proof(workspace, late)


@pytest.mark.parametrize(
    ("slug", "reader", "error"),
    [("lyon-nulle-part", READER, NotFound), (SLUG, "  ", Refused), ("carte-des-adherents", READER, NotFound)],
)
def test_a_link_is_made_for_an_item_of_the_issue_and_a_named_reader(workspace, slug, reader, error):
    with pytest.raises(error):
        proofs.invite_reviewer(workspace, KEY, slug, reader=reader, address="", by="Claire", may_send=False)


def test_an_item_taken_out_of_the_issue_is_not_shown_any_more(workspace, token):
    file = versions.issue_version(workspace, KEY)
    versions.save_issue(workspace, replace(file.issue, lead=None), file.version)
    with pytest.raises(NotFound):
        proofs.open_proof(workspace, token)


def test_an_empty_comment_is_refused(workspace, token):
    with pytest.raises(Refused, match="vide"):
        proofs.answer(workspace, token, " \n ", approves=False, seen="")


def test_the_mail_with_the_link_goes_to_the_address_given(workspace):
    link = proofs.invite_reviewer(
        workspace, KEY, SLUG, reader=READER, address="elue@val-d-orbel.example", by="Claire", may_send=True
    )
    (letter,) = (workspace.root / "outbox" / "notices").glob("*.eml")
    text = letter.read_text()
    assert "elue@val-d-orbel.example" in text and link.rpartition("/")[2] in text.replace("=\n", "")
