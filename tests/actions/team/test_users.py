"""The team: rights by role, the last admin, what the journal keeps; and `newsletter users`."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from click.testing import CliRunner

from newsletter.actions.operations.start import init
from newsletter.actions.team import sessions, signin, users
from newsletter.actions.workspace import open_workspace
from newsletter.cli import cli
from newsletter.errors import AddressError, NotFound, Refused, TokenError
from newsletter.store import journal
from newsletter.store.team import users as stored_users


@pytest.fixture
def workspace(tmp_path):
    init(tmp_path)
    made = open_workspace(tmp_path)
    yield made
    made.close()


def invite(workspace, address="claire@rtes.example", role="admin", **more):
    return users.invite_user(workspace, address, role, by="test", **more)


@pytest.mark.parametrize(
    ("role", "may_send", "rights"),
    [
        ("editor", False, {"content"}),
        ("editor", True, {"content", "send"}),
        ("staff", False, {"people", "figures"}),
        ("admin", False, {"content", "people", "figures", "settings"}),
        ("admin", True, {"content", "people", "figures", "settings", "send"}),
    ],
)
def test_sending_is_a_right_of_its_own(workspace, role, may_send, rights):
    assert users.rights(invite(workspace, role=role, may_send=may_send)) == rights


@pytest.mark.parametrize("address", ["", "claire", "claire@rtes.example\r\nBcc: x@y.fr", "a@b@c.fr"])
def test_only_an_address_is_invited(workspace, address):
    with pytest.raises(AddressError):
        invite(workspace, address)


def test_an_unknown_role_names_the_known_ones(workspace):
    with pytest.raises(Refused, match="did you mean `editor`"):
        invite(workspace, role="editr")


def test_one_spelling_of_an_address_is_one_user(workspace):
    invite(workspace, "Claire@RTES.example")
    with pytest.raises(Refused):
        invite(workspace, "claire@rtes.example")
    assert users.find_user(workspace, "CLAIRE@rtes.example").address == "Claire@RTES.example", "mail goes as invited"


@pytest.mark.parametrize("how", ["end", "change"])
def test_the_last_admin_cannot_go(workspace, how):
    claire = invite(workspace)

    def go(user):
        if how == "end":
            users.end_access(workspace, user.id, "test")
        else:
            users.change_user(workspace, user.id, role="editor", may_send=False, name="", by="test")

    with pytest.raises(Refused):
        go(claire)
    invite(workspace, "paul@rtes.example")
    go(claire)
    with pytest.raises(Refused):
        go(users.find_user(workspace, "paul@rtes.example"))


def test_of_two_admins_who_demote_each_other_at_once_one_stays(tmp_path, database_url, monkeypatch):
    init(tmp_path)
    monkeypatch.setenv("NEWSLETTER_DATABASE__URL", database_url)
    workspace = open_workspace(tmp_path)
    two = [invite(workspace), invite(workspace, "paul@rtes.example")]
    together, change = threading.Barrier(2), stored_users.change_user

    def change_together(*arguments, **values):
        with suppress(threading.BrokenBarrierError):  # where one waits for the other, they are never here together
            together.wait(0.5)
        change(*arguments, **values)

    def demote(user):
        with suppress(Refused):
            users.change_user(workspace, user.id, role="editor", may_send=False, name="", by="test")

    monkeypatch.setattr(stored_users, "change_user", change_together)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(demote, two))
    assert sorted(user.role for user in users.everybody(workspace)) == ["admin", "editor"]
    workspace.close()


def test_whose_access_has_ended_cannot_be_changed(workspace):
    invite(workspace)
    paul = invite(workspace, "paul@rtes.example", "staff")
    users.end_access(workspace, paul.id, "test")
    with pytest.raises(NotFound):
        users.change_user(workspace, paul.id, role="admin", may_send=True, name="", by="test")


def test_a_link_made_before_the_end_of_an_access_opens_nothing(workspace):
    invite(workspace)
    paul = invite(workspace, "paul@rtes.example", "staff")
    token = signin.link_for(workspace, paul).rpartition("/")[2]
    users.end_access(workspace, paul.id, "test")
    with pytest.raises(TokenError):
        signin.sign_in(workspace, token)


def test_a_new_name_closes_no_session_and_new_rights_do(workspace):
    invite(workspace)
    paul = invite(workspace, "paul@rtes.example", "staff")
    cookie = signin.sign_in(workspace, signin.link_for(workspace, paul).rpartition("/")[2]).cookie
    users.change_user(workspace, paul.id, role="staff", may_send=False, name="Paul", by="test")
    assert sessions.find_session(workspace, cookie).user.name == "Paul"
    users.change_user(workspace, paul.id, role="staff", may_send=True, name="Paul", by="test")
    assert sessions.find_session(workspace, cookie) is None


def test_the_journal_keeps_who_gave_which_right_and_no_address(workspace):
    claire = invite(workspace, "claire@rtes.example", may_send=True)
    with workspace.database.read() as connection:
        event = journal.latest_events(connection, 1)[0]
    assert (event.kind, event.actor) == ("user-invited", "test")
    assert event.detail == {"user": claire.id, "role": "admin", "may_send": True}


@pytest.mark.parametrize(("name", "scope"), [("", "read"), ("  ", "read"), ("Site", "everything")])
def test_a_token_needs_a_name_and_a_scope(workspace, name, scope):
    with pytest.raises(Refused):
        users.make_token(workspace, name, scope, "test")
    assert users.tokens(workspace) == []


def test_a_tokens_text_is_stored_nowhere(workspace):
    token = users.make_token(workspace, "Site", "read", "test")
    workspace.close()
    kept = b"".join(path.read_bytes() for path in workspace.root.glob("subscribers.db*"))
    assert users.digest(token).encode() in kept
    assert token.encode() not in kept


def newsletter(workspace, *arguments):
    return CliRunner().invoke(cli, ["-w", str(workspace.root), "users", *arguments], catch_exceptions=True)


def test_the_command_line_invites_lists_and_ends(workspace):
    invite(workspace)
    done = newsletter(workspace, "invite", "paul@rtes.example", "--role", "editor", "--may-send", "--name", "Paul")
    assert done.exit_code == 0
    token = done.output.strip().rpartition("/")[2]
    assert signin.sign_in(workspace, token).user.name == "Paul"
    listed = json.loads(newsletter(workspace, "list", "--json").output)
    assert {(u["address"], u["role"], u["may_send"]) for u in listed} == {
        ("claire@rtes.example", "admin", False),
        ("paul@rtes.example", "editor", True),
    }
    assert newsletter(workspace, "end", "paul@rtes.example").exit_code == 0
    assert [u.address for u in users.everybody(workspace)] == ["claire@rtes.example"]


def test_the_command_line_prints_a_link_when_no_mail_arrives(workspace):
    invite(workspace)
    token = newsletter(workspace, "link", "claire@rtes.example").output.strip().rpartition("/")[2]
    assert signin.sign_in(workspace, token).user.address == "claire@rtes.example"
    assert isinstance(newsletter(workspace, "link", "nobody@rtes.example").exception, NotFound)
