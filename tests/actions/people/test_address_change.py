"""Both mailboxes confirm a change of address in the same second: it is made, whoever comes first."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from newsletter.actions.operations.start import init
from newsletter.actions.people import address_change
from newsletter.actions.workspace import open_workspace
from newsletter.store.people import one_time, people
from newsletter.store.people.people import Person

OLD, NEW = "jeanne@ville.example", "jeanne@metropole.example"


@pytest.fixture
def workspace(tmp_path, database_url, monkeypatch):
    init(tmp_path)
    monkeypatch.setenv("NEWSLETTER_DATABASE__URL", database_url)
    made = open_workspace(tmp_path)
    yield made
    made.close()


def test_two_confirmations_at_once_make_the_change(workspace, monkeypatch):
    mailed = []
    monkeypatch.setattr("newsletter.actions.mail.post", lambda _where, _to, notice: mailed.append(notice) or True)
    with workspace.database.write() as connection:
        person = people.add_person(connection, Person(address=OLD, key=OLD), 1.0)
    preferences = workspace.links.preferences(person.uid).rpartition("/")[2]
    assert address_change.ask_address_change(workspace, preferences, NEW)
    tokens = [notice.action[1].rpartition("/")[2] for notice in mailed]
    together, read = threading.Barrier(2), one_time.was_used

    def read_together(*arguments):
        found = read(*arguments)
        with suppress(threading.BrokenBarrierError):  # where one waits for the other, they are never here together
            together.wait(0.5)
        return found

    monkeypatch.setattr(one_time, "was_used", read_together)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda token: address_change.confirm_change(workspace, token), tokens))
    with workspace.database.read() as connection:
        assert people.by_key(connection, NEW).id == person.id
