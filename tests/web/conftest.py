"""A sample workspace on the web: its own directory, its own outbox, a few organisations and people."""

from __future__ import annotations

import email
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from newsletter.actions.operations.start import init
from newsletter.actions.workspace import Workspace, open_workspace
from newsletter.store.people import organisations, people
from newsletter.store.people.organisations import Organisation, Period
from newsletter.store.people.people import Consent, Person
from tests.web.apps import application, given_back
from tests.workspaces import copy_sample

BASE = "http://localhost:8025"


@dataclass
class Clock:
    """A clock that tests put forward."""

    ahead: float = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


@dataclass
class Town:
    """A workspace with its web client: what tests ask of it reads as sentences."""

    workspace: Workspace
    client: TestClient
    clock: Clock = field(default_factory=Clock)

    def person(self, address: str, **states: str) -> Person:
        """Store a subscriber at `address`, each publication in the state given."""
        with self.workspace.database.write() as connection:
            made = people.add_person(connection, Person(address=address, key=address.lower()), time.time())
            for publication, state in states.items():
                people.move_subscription(connection, made, publication, state, Consent("consent", "test"), time.time())
        return made

    def state(self, address: str, publication: str = "lettre") -> str:
        """Return the state of a publication for an address; empty if there is none."""
        with self.workspace.database.read() as connection:
            found = people.subscription(connection, people.by_key(connection, address.lower()).id, publication)
        return found.state if found else ""

    def member(self, name: str, domain: str = "") -> int:
        """Store a member organisation."""
        with self.workspace.database.write() as connection:
            organisation = Organisation(name=name, domain=domain, periods=(Period("2020-01-01"),))
            return organisations.add_organisation(connection, organisation, now=time.time())

    def form(self, path: str = "/abonnement") -> str:
        """Open the form and return its signed time, as if it had then been filled for a while."""
        found = re.search(r'name="form" value="([^"]+)"', self.client.get(path).text)
        assert found
        self.clock.ahead += 10
        return found[1]

    def ask(self, address: str, *publications: str, **more: str):
        """Fill the subscription form and send it."""
        data = {"address": address, "publications": publications or ("lettre",), "form": self.form(), **more}
        return self.client.post("/abonnement", data=data)

    def mails(self) -> list[EmailMessage]:
        """Return the notices that left, oldest first."""
        files = (self.workspace.root / "outbox" / "notices").glob("*.eml")
        ordered = sorted(files, key=lambda path: path.stat().st_mtime_ns)
        return [email.message_from_bytes(path.read_bytes(), policy=default) for path in ordered]

    def link(self, page: str) -> str:
        """Return the path of the first link under `page` in the newest notice that has one; mail follows the answer."""
        pattern = re.compile(rf"{re.escape(BASE)}({page}\S+)")
        for _try in range(200):
            bodies = [mail.get_body(("plain",)).get_content() for mail in reversed(self.mails())]
            found = next(filter(None, map(pattern.search, bodies)), None)
            if found:
                return found[1]
            time.sleep(0.05)
        raise AssertionError(f"no mail with a link to {page}")


@pytest.fixture(autouse=True)
def borrowed() -> Iterator[None]:
    """Applications that a test borrows are free again after it."""
    with given_back():
        yield


@pytest.fixture(scope="session")
def fresh_workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace just made, its database migrated: tests work on copies of it."""
    path = tmp_path_factory.mktemp("fresh")
    init(path)
    workspace = open_workspace(path)
    workspace.database.migrate()
    workspace.close()
    return path


@pytest.fixture
def town(fresh_workspace: Path, tmp_path: Path) -> Iterator[Town]:
    """A workspace of its own with no subscriber; mail goes to its outbox."""
    shutil.copytree(fresh_workspace, tmp_path, dirs_exist_ok=True)
    with opened(tmp_path) as made:
        yield made


@pytest.fixture(scope="session")
def sample_workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample month with its members and thirty subscribers; the lettre and a Flash were sent."""
    path = tmp_path_factory.mktemp("sample") / "ws"
    return copy_sample(path, 30)


@contextmanager
def opened(path: Path) -> Iterator[Town]:
    """The workspace at `path` on the web."""
    clock = Clock()
    workspace = open_workspace(path, clock)
    with application(workspace) as app, TestClient(app, base_url=BASE) as client:
        client.headers["Accept-Language"] = "fr"
        yield Town(workspace, client, clock)
    workspace.close()


@pytest.fixture(scope="session")
def standing(sample_workspace: Path) -> Iterator[Town]:
    """The sample workspace after its two sendings, for tests that only look."""
    with opened(sample_workspace) as town:
        yield town


@pytest.fixture
def sent(sample_workspace: Path, tmp_path: Path) -> Iterator[Town]:
    """A copy of it, for tests that change something."""
    shutil.copytree(sample_workspace, tmp_path, dirs_exist_ok=True)
    with opened(tmp_path) as town:
        yield town


def heading(response) -> str:
    """Return the text of the page's h1."""
    return re.search(r"<h1[^>]*>(.*?)</h1>", response.text, re.DOTALL)[1]
