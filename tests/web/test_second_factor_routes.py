"""Every route of the Studio for every role, with a second factor given, not given, and asked for but not there."""

from __future__ import annotations

import shutil

import pytest

from newsletter.actions.team import sessions, signin, users
from newsletter.actions.workspace import open_workspace
from newsletter.store.team import factors
from newsletter.store.team import sessions as rows
from newsletter.store.team.factors import Passkey
from tests.web.studio.conftest import Desk, sign_in
from tests.web.test_routes import HAS, ROUTES, STUDIO, asked

SECOND, SETUP = "/studio/second-facteur", "/studio/compte/securite"
# Open to a session that waits for its second factor, and to a user who must still add one.
HALF = {f"GET {SECOND}", f"POST {SECOND}", "POST /studio/deconnexion"}
BARE = {entry for entry in STUDIO if " /studio/compte" in entry} | HALF | {"POST /studio/preuve"}
MUST = {"admin", "sender"}
ENDING = ("POST /studio/compte/fermer", "POST /studio/deconnexion")
STATES = ("given", "not given", "not there")


@pytest.fixture(scope="module")
def workspace(tmp_path_factory, sample_workspace):
    """A copy of the sample month that asks for second factors."""
    path = tmp_path_factory.mktemp("second") / "ws"
    shutil.copytree(sample_workspace, path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NEWSLETTER_STUDIO__SECOND_FACTOR", "true")
        made = open_workspace(path)
    yield made
    made.close()


def entered(desk: Desk, state: str) -> str:
    """Sign the user in anew, in that state; return the CSRF token of the session."""
    desk.client.cookies.clear()
    desk.client.post(signin.link_for(desk.workspace, desk.user), follow_redirects=False)
    (session,) = [
        one
        for one in sessions.sessions_of(desk.workspace, desk.user.id)
        if one.digest == users.digest(desk.client.cookies["studio"])
    ]
    with desk.workspace.database.write() as connection:
        factors.remove_all(connection, desk.user.id)
        if state != "not there":
            key = Passkey(f"a2V5{desk.user.id:04d}", desk.user.id, b"key", 0, "Clé", 1.0, None)
            factors.add_passkey(connection, key)
        if state == "given":
            rows.prove_session(connection, session.digest, desk.workspace.database.now(connection), second=True)
    return session.csrf


def expected(entry: str, role: str, state: str) -> str:
    if state == "not given" and entry not in HALF:
        return SECOND
    if state == "not there" and role in MUST and entry not in BARE:
        return SETUP
    return "open" if ROUTES[entry] in {"user", *HAS[role]} else "closed"


def found(answer) -> str:
    where = answer.headers.get("location", "")
    if answer.status_code == 303 and where in (SECOND, SETUP):
        return where
    if answer.status_code == 403:
        return "closed"
    return "open" if answer.status_code not in (401, 405, 500) else str(answer.status_code)


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("role", HAS)
def test_a_route_opens_to_role_and_second_factor(workspace, role, state):
    desk = sign_in(
        workspace, role.replace("sender", "editor"), may_send=role == "sender", name=f"{role}{STATES.index(state)}"
    )
    csrf, opened, wanted = entered(desk, state), {}, {}
    for entry in STUDIO:
        method, path = asked(entry)
        data = {"csrf": csrf} if method == "POST" else None
        answer = desk.client.request(method, path, data=data, follow_redirects=False)
        opened[entry], wanted[entry] = found(answer), expected(entry, role, state)
        # Pages of the account lead back to themselves once something was done there.
        if wanted[entry] == "open" and entry in BARE and opened[entry] == SETUP:
            opened[entry] = "open"
        if wanted[entry] == "open" and entry in ("POST /studio/second-facteur", *ENDING, f"POST {SETUP}/retirer"):
            csrf = entered(desk, state)
    assert opened == wanted
