"""Who did it is a user and a session, never a name: in approvals, second words and the journal."""

from __future__ import annotations

import csv
import io
import shutil
from datetime import date

import pytest

from newsletter.actions.operations import start
from newsletter.actions.sending import mailings
from newsletter.actions.sending.approval import approve_issue
from newsletter.actions.team import audit_log, sessions, signin, users
from newsletter.actions.workspace import open_workspace
from newsletter.actor import Actor, same_person
from newsletter.errors import Refused
from newsletter.exchange.values import protect
from newsletter.store import journal
from tests.actions.stage import ISSUE


@pytest.fixture(scope="module")
def month(tmp_path_factory):
    """The sample month, nothing of it approved, made once."""
    path = tmp_path_factory.mktemp("rights") / "ws"
    start.init(path, sample=True)
    return path


@pytest.fixture
def workspace(month, tmp_path):
    """The sample month with some people to write to."""
    shutil.copytree(month, tmp_path / "ws")
    made = open_workspace(tmp_path / "ws")
    start.load_people(made, 5)
    yield made
    made.close()


@pytest.fixture
def alice(workspace):
    return users.invite_user(workspace, "alice@rtes.example", "admin", may_send=True, name="Alice", by="test")


def acting(user, session="s1"):
    return Actor(user.called, user.id, session)


def renamed(workspace, user, name):
    return users.change_user(
        workspace, user.id, role=user.role, may_send=user.may_send, name=name, by=acting(user, "s2")
    )


def test_a_new_name_gives_no_second_word(workspace, alice):
    approve_issue(workspace, ISSUE, by=acting(alice))
    other = renamed(workspace, alice, "Alice B.")
    with pytest.raises(Refused, match="another person"):
        mailings.confirm_mailing(workspace, ISSUE, acting(other))
    assert mailings.current_mailing(workspace, ISSUE).confirmed_by == ""


def test_two_users_of_one_name_are_two_people(workspace, alice):
    other = users.invite_user(workspace, "a2@rtes.example", "editor", name="Alice", by="test")
    approve_issue(workspace, ISSUE, by=acting(alice))
    confirmed = mailings.confirm_mailing(workspace, ISSUE, acting(other))
    assert (confirmed.approved_by_id, confirmed.confirmed_by_id) == (alice.id, other.id)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (("Alice", 1), ("Alice B.", 1), True),
        (("Alice", 1), ("Alice", 2), False),
        (("alice", None), ("Alice ", 1), True),
        (("root", None), ("root", None), True),
        (("root", None), ("Alice", 1), False),
    ],
)
def test_where_one_has_no_id_the_names_decide(one, other, same):
    assert same_person(*one, *other) is same


def test_a_change_of_name_is_in_the_journal_with_user_and_session(workspace, alice):
    renamed(workspace, alice, "Paul")
    deed = audit_log.latest_deeds(workspace)[0]
    assert (deed.kind, deed.actor, deed.user_id, deed.session, deed.now_called) == (
        "user-renamed",
        "Alice",
        alice.id,
        "s2",
        "Paul",
    )
    assert deed.detail == {"user": alice.id, "was_called": "Alice", "name": "Paul"}


def test_a_sign_in_is_in_the_journal_with_its_session(workspace, alice):
    opened = signin.sign_in(workspace, signin.link_for(workspace, alice).rpartition("/")[2])
    deed = audit_log.latest_deeds(workspace)[0]
    assert (deed.kind, deed.user_id) == ("user-signed-in", alice.id)
    assert deed.session == sessions.find_session(workspace, opened.cookie).mark and len(deed.session) == 16


def test_an_auditor_gets_who_what_on_what_and_in_which_session(workspace, alice):
    approve_issue(workspace, ISSUE, by=acting(alice, "=cmd"))
    text = b"".join(audit_log.export_journal(workspace, date.min, date.max, by=acting(alice), plain=True)).decode()
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["what"] for row in rows][-2:] == ["mailing-approved", "journal-exported"]
    approved = rows[-2]
    assert (approved["who"], approved["user"], approved["on"]) == ("Alice", str(alice.id), ISSUE)
    assert approved["session"] == protect("=cmd"), "harmless in a spreadsheet"


def test_an_export_between_two_days_holds_these_days_only(workspace, alice):
    text = b"".join(audit_log.export_journal(workspace, date(2001, 1, 1), date(2001, 12, 31), by="x", plain=True))
    assert text.decode().splitlines() == [",".join(audit_log.COLUMNS)]
    with pytest.raises(Refused, match="before the first"):
        audit_log.export_journal(workspace, date(2002, 1, 1), date(2001, 1, 1), by="x")
    with workspace.database.read() as connection:
        assert journal.latest_events(connection, 1)[0].kind == "journal-exported"
