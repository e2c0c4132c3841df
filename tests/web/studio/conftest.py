"""The Studio with somebody signed in: a client per role, on a workspace of its own or on the sample month."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import unescape

import pytest
from starlette.testclient import TestClient

from newsletter.actions.team import signin, users
from newsletter.actions.workspace import Workspace
from newsletter.filters import PersonFilter
from newsletter.store.team.users import User
from tests.web.apps import borrow
from tests.web.conftest import BASE, Town


@dataclass
class Desk:
    """A browser in which `user` is signed in; every form it sends carries the page's CSRF token."""

    workspace: Workspace
    client: TestClient
    user: User

    def get(self, path: str, **more):
        return self.client.get(path, **more)

    def post(self, path: str, *, files=None, follow: bool = True, **fields):
        data = {"csrf": self.csrf, **fields}
        return self.client.post(path, data=data, files=files, follow_redirects=follow)

    @property
    def csrf(self) -> str:
        return re.search(r'name="csrf" value="([^"]+)"', self.client.get("/studio").text)[1]

    def field(self, path: str, name: str) -> str:
        """Return what a field of the page at `path` holds."""
        return unescape(re.search(rf'name="{name}"[^>]* value="([^"]*)"', self.get(path).text)[1])


def sign_in(where: Workspace | Town | Desk, role: str, *, may_send: bool = False, name: str = "") -> Desk:
    """Invite somebody of that role and sign them in by their link, on the site that stands there if one does."""
    workspace = where if isinstance(where, Workspace) else where.workspace
    app = borrow(where) if isinstance(where, Workspace) else where.client.app
    address = f"{name or role}@rtes.example"
    user = users.invite_user(workspace, address, role, may_send=may_send, name=f"Une {role}", by="test")
    client = TestClient(app, base_url=BASE, headers={"Accept-Language": "fr"})
    assert client.post(signin.link_for(workspace, user), follow_redirects=False).status_code == 303
    return Desk(workspace, client, user)


@pytest.fixture
def at_desk(town: Town) -> Iterator[Callable[[str], Desk]]:
    """Sign somebody of a role in, in a fresh workspace."""
    yield lambda role: sign_in(town, role)


@pytest.fixture
def admin(town: Town) -> Desk:
    """An admin in a fresh workspace."""
    return sign_in(town, "admin")


@pytest.fixture
def staff(sent: Town) -> Desk:
    """Somebody who follows people and figures, in the sample month."""
    return sign_in(sent, "staff")


@pytest.fixture(scope="session")
def looking(tmp_path_factory, sample_workspace) -> Iterator[Desk]:
    """An admin in a copy of the sample month, for tests that only look."""
    import shutil

    from newsletter.actions.workspace import open_workspace

    path = tmp_path_factory.mktemp("looking") / "ws"
    shutil.copytree(sample_workspace, path)
    workspace = open_workspace(path)
    yield sign_in(workspace, "admin")
    workspace.close()


def first_person(workspace: Workspace, publication: str = "flash") -> str:
    """Return the page of the first person subscribed to a publication."""
    from newsletter.actions.people import directory

    found, _total = directory.search(workspace, PersonFilter(publication=publication, state="active"))
    return f"/studio/public/personnes/{found[0].uid}"
