"""Editors answer proposals; the next issue takes what they accepted; two mails that settings switch on."""

from __future__ import annotations

import email
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from email.policy import default
from pathlib import Path

import pytest

from newsletter import i18n
from newsletter.actions.issues import files
from newsletter.actions.proposals import decisions, reminders, submissions
from newsletter.actions.sending import mailings
from newsletter.actions.sending.approval import approve_issue
from newsletter.actions.sending.deliveries import deliver_mailing
from newsletter.actions.workspace import Workspace, open_workspace
from newsletter.errors import NotFound, Refused
from newsletter.store import proposals as store
from newsletter.store.proposals import Proposal
from tests.cli.conftest import run
from tests.workspaces import copy_sample

FORM = {
    "title": "Un atelier de réparation ouvre ses portes",
    "summary": "Depuis septembre, dix habitants réparent ce qui allait à la benne. La ville prête le local.",
}


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("proposals") / "ws"
    copy_sample(path, 12, deliver=False)
    return path


@pytest.fixture
def workspace(sample: Path, tmp_path: Path) -> Iterator[Workspace]:
    shutil.copytree(sample, tmp_path, dirs_exist_ok=True)
    made = open_workspace(tmp_path)
    yield made
    made.close()


@pytest.fixture
def sent(workspace: Workspace) -> Proposal:
    """A proposal that somebody of a member sent."""
    contact = contacts(workspace)[0]
    who = submissions.proposer(workspace, workspace.links.proposal(contact.uid).rpartition("/")[2])
    draft = submissions.save_proposal(workspace, who, FORM)
    return submissions.submit(workspace, who, draft.uid)


def contacts(workspace: Workspace) -> list[store.Contact]:
    with workspace.database.read() as connection:
        rule = workspace.rule(workspace.settings.publication("flash"))
        return store.contacts(connection, rule, workspace.today())


def mails(workspace: Workspace) -> list[Path]:
    return sorted((workspace.root / "outbox" / "notices").glob("*.eml"))


def words(path: Path) -> str:
    """Return the text of a mail on one line."""
    body = email.message_from_bytes(path.read_bytes(), policy=default).get_body(("plain",))
    assert body is not None
    return " ".join(body.get_content().split())


def members(workspace: Workspace, **settings: object) -> Workspace:
    """The same workspace with other settings about members."""
    changed = workspace.settings.members.model_copy(update=settings)
    return replace(workspace, settings=workspace.settings.model_copy(update={"members": changed}))


def slugs(workspace: Workspace, on: date) -> set[str]:
    issue = files.new_issue(workspace, "lettre", on).issue
    return {item.slug for section in issue.sections for item in section.items} | {issue.lead.slug if issue.lead else ""}


def test_an_accepted_proposal_stands_in_the_next_composed_issue(workspace: Workspace, sent: Proposal) -> None:
    assert sent.article in {offer.article.slug for offer in decisions.offers(workspace)}
    accepted = decisions.accept(workspace, sent.uid, "editor")
    assert accepted.status == "ready"
    after = max([issue.date for issue in files.history(workspace)] + [workspace.today()]) + timedelta(days=14)
    assert sent.article in slugs(workspace, after)
    assert len(mails(workspace)) == 2


def test_an_answer_speaks_the_networks_language_whatever_the_editors(workspace: Workspace, sent: Proposal) -> None:
    with i18n.speaking("en"):
        decisions.accept(workspace, sent.uid, "editor")
    assert any("Elle paraîtra dans une prochaine lettre." in words(mail) for mail in mails(workspace))


def test_a_postponed_proposal_waits_for_its_day(workspace: Workspace, sent: Proposal) -> None:
    last = max([issue.date for issue in files.history(workspace)] + [workspace.today()])
    until = last + timedelta(days=60)
    decisions.postpone(workspace, sent.article, until, "editor")
    assert sent.article not in slugs(workspace, last + timedelta(days=30))
    assert sent.article in slugs(workspace, until + timedelta(days=3))


def test_a_declined_proposal_is_in_no_issue_and_answered_with_a_word(workspace: Workspace, sent: Proposal) -> None:
    with pytest.raises(Refused, match="word"):
        decisions.decline(workspace, sent.uid, "  ", "editor")
    decisions.decline(workspace, sent.uid, "Trop tard pour\nce numéro.", "editor")
    assert any("Trop tard pour ce numéro." in words(path) for path in mails(workspace))
    with pytest.raises(Refused, match="declined already"):
        decisions.accept(workspace, sent.uid, "editor")
    assert workspace.pool().find(sent.article).status == "declined"


def test_a_proposed_file_written_by_hand_is_answered_too(workspace: Workspace) -> None:
    name = "proposition-villeurbanne-textile"
    assert name in {offer.article.slug for offer in decisions.offers(workspace)}
    assert decisions.accept(workspace, name, "editor").status == "ready"
    assert mails(workspace) == []


def test_the_last_proposal_of_a_day_sent_twice_is_answered_as_the_first_time(workspace: Workspace) -> None:
    contact = contacts(workspace)[0]
    who = submissions.proposer(workspace, workspace.links.proposal(contact.uid).rpartition("/")[2])
    for n in range(submissions.MOST_A_DAY):
        last = submissions.save_proposal(workspace, who, {**FORM, "title": f"{FORM['title']} {n}"})
        submissions.submit(workspace, who, last.uid)
    assert submissions.submit(workspace, who, last.uid).state == "sent"
    with pytest.raises(Refused, match="were sent today"):
        submissions.submit(workspace, who, submissions.save_proposal(workspace, who, FORM).uid)


def test_what_an_editor_saves_while_a_decision_waits_for_its_turn_is_kept(
    workspace: Workspace, sent: Proposal, monkeypatch: pytest.MonkeyPatch
) -> None:
    article = workspace.pool().get(sent.article)
    assert article
    path, write = workspace.root / article.path, workspace.database.write

    def waiting():
        path.write_text(path.read_text("utf-8").replace(FORM["title"], "Un titre mieux trouvé"), "utf-8")
        return write()

    monkeypatch.setattr(workspace.database, "write", waiting)
    assert decisions.accept(workspace, sent.uid, "editor").title == "Un titre mieux trouvé"
    assert "Un titre mieux trouvé" in path.read_text("utf-8")


@pytest.mark.parametrize("name", ["nope", "", "journee-nationale-cooperer", "../newsletter.toml"])
def test_what_is_no_proposal_is_not_found(workspace: Workspace, name: str) -> None:
    with pytest.raises(NotFound):
        decisions.accept(workspace, name, "editor")


def test_nothing_is_postponed_into_the_past(workspace: Workspace, sent: Proposal) -> None:
    with pytest.raises(Refused):
        decisions.postpone(workspace, sent.uid, workspace.today(), "editor")


def test_two_commands_bring_a_proposal_into_an_issue(workspace: Workspace, sent: Proposal) -> None:
    listed = run(workspace.root, "proposals", "list", "--json").json
    assert sent.uid in {offer["proposal"] for offer in listed}
    done = run(workspace.root, "proposals", "accept", sent.uid, "--json")
    assert (done.code, done.json["outcome"]) == (0, "accepted")
    with pytest.raises(Refused, match="accepted already"):
        decisions.accept(workspace, sent.uid, "editor")


def test_no_mail_leaves_unless_the_settings_say_so(workspace: Workspace) -> None:
    deliver_mailing(
        workspace, mailings.begin_mailing(workspace, approve_issue(workspace, "2026-11-lettre", by="a", now=True))
    )
    assert (reminders.remind_contacts(workspace), reminders.tell_featured(workspace)) == (0, 0)
    assert mails(workspace) == []


def test_contacts_are_reminded_once_before_an_issue(workspace: Workspace) -> None:
    on = workspace.today() + timedelta(days=5)
    files.new_issue(workspace, "lettre", on, key="prochaine")
    asked = members(workspace, reminder_days=7)
    issues = [i for i in files.history(asked) if asked.today() < i.date <= asked.today() + timedelta(days=7)]
    lettres = [i for i in issues if i.publication == "lettre"]
    assert reminders.remind_contacts(asked) == len(contacts(asked)) * len(lettres) > 0
    assert reminders.remind_contacts(asked) == 0
    assert len(mails(asked)) == len(contacts(asked)) * len(lettres)
    assert all(b"\r\nList-Unsubscribe: <" in path.read_bytes() for path in mails(asked))


def test_who_is_in_a_letter_is_told_once_and_nobody_else(workspace: Workspace) -> None:
    told = members(workspace, tell_featured=True)
    contact = contacts(told)[0]
    name = submissions.proposer(told, told.links.proposal(contact.uid).rpartition("/")[2]).organisation
    path = told.root / "articles" / "redon-habitat-participatif.md"
    path.write_text(path.read_text("utf-8").replace("organisations:", f'organisations: ["{name}"] #', 1), "utf-8")
    deliver_mailing(told, mailings.begin_mailing(told, approve_issue(told, "2026-11-lettre", by="a", now=True)))
    reminders.tell_featured(told)
    assert any(contact.address in path.name for path in mails(told))
    assert reminders.tell_featured(told) == 0
