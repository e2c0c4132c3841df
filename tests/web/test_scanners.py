"""Gateways, antivirus and link previews open every link of a letter before its reader does: nothing may come of it."""

from __future__ import annotations

import email
import re
from email.policy import default

import pytest
from starlette.testclient import TestClient

from newsletter.actions.workspace import open_workspace
from newsletter.web.app import make_app
from tests.web.conftest import BASE
from tests.workspaces import copy_sample

# Bookkeeping without any person: counters, and the revision under which an event of the agenda was last served.
COUNTERS = {"limits", "jobs", "calendar_entries"}


@pytest.fixture(scope="module")
def delivered(tmp_path_factory):
    """A demo workspace whose Flash and letter were delivered to a few people."""
    directory = tmp_path_factory.mktemp("demo") / "demo"
    copy_sample(directory, 4)
    workspace = open_workspace(directory)
    yield workspace
    workspace.close()


def dump(workspace) -> dict[str, list[tuple]]:
    """Every row of every table."""
    with workspace.database.read() as connection:
        names = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'").scalars().all()
        return {
            name: [tuple(row) for row in connection.exec_driver_sql(f"SELECT * FROM {name}")]
            for name in names
            if name not in COUNTERS
        }


def links(workspace) -> set[str]:
    """Every address of the product in the delivered messages: bodies and headers."""
    found = set()
    for path in (workspace.root / "outbox").glob("*/*.eml"):
        mail = email.message_from_bytes(path.read_bytes(), policy=default)
        texts = [str(value) for value in mail.values()]
        texts += [mail.get_body((kind,)).get_content() for kind in ("plain", "html")]
        for text in texts:
            found |= set(re.findall(rf"{re.escape(BASE)}[^\s\"'<>)]*", text.replace("&amp;", "&")))
    return found


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_opening_every_link_of_delivered_letters_changes_nothing(delivered, method):
    client = TestClient(make_app(delivered), base_url=BASE, raise_server_exceptions=False)
    before, opened = dump(delivered), {}
    for url in sorted(links(delivered)):
        opened[url] = client.request(method, url, follow_redirects=True).status_code
    assert len(opened) > 20
    assert {status for status in opened.values() if status >= 500} == set()
    if method != "OPTIONS":
        assert {url: status for url, status in opened.items() if status >= 400} == {}
    assert dump(delivered) == before


def test_the_one_click_link_of_a_delivered_letter_works_as_its_headers_say(delivered):
    path = next((delivered.root / "outbox").glob("*lettre/*.eml"))
    mail = email.message_from_bytes(path.read_bytes(), policy=default)
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    url = mail["List-Unsubscribe"].strip("<>")
    client = TestClient(make_app(delivered), base_url=BASE)
    answer = client.post(url, files={"List-Unsubscribe": (None, "One-Click")}, follow_redirects=False)
    assert answer.status_code == 200
    with delivered.database.read() as connection:
        left = connection.exec_driver_sql("SELECT count(*) FROM subscriptions WHERE state = 'left'").scalar()
    assert left == 1


def test_every_flash_carries_its_recipients_own_link_to_propose(delivered):
    client = TestClient(make_app(delivered), base_url=BASE, headers={"Accept-Language": "fr"})
    messages = [path.read_bytes() for path in (delivered.root / "outbox").glob("*flash/*.eml")]
    found = []
    for raw in messages:
        mail = email.message_from_bytes(raw, policy=default)
        bodies = [mail.get_body((kind,)).get_content() for kind in ("plain", "html")]
        (link,) = {link for body in bodies for link in re.findall(rf"{re.escape(BASE)}/proposer/[\w-]+", body)}
        found.append(link)
        assert "Une initiative à partager" in client.get(link).text
    assert messages and len(set(found)) == len(messages)
