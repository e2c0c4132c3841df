"""Two transactions that move one subscription at the same time: the second goes on from what the first began."""

from __future__ import annotations

import pytest

from newsletter.store.people import people
from tests.store.helpers import BY_FORM, NOW, subscribe

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)  # SQLite has one writer at a time


@pytest.fixture
def person(database):
    with database.write() as connection:
        return subscribe(connection, 1)[0]


def meanwhile(database, monkeypatch, person, state):
    """Let another process move the subscription as soon as it has been read."""
    read = people.running_span

    def reading(*arguments):
        found = read(*arguments)
        monkeypatch.setattr(people, "running_span", read)
        with database.write() as other:
            people.move_subscription(other, person, "lettre", state, BY_FORM, NOW + 1)
        return found

    monkeypatch.setattr(people, "running_span", reading)


def history(database, person):
    with database.read() as connection:
        return [(s.state, s.from_at, s.to_at) for s in people.spans(connection, person.id)]


def test_a_button_pressed_twice_at_once_ends_a_subscription_once(database, monkeypatch, person):
    meanwhile(database, monkeypatch, person, "left")
    with database.write() as connection:
        assert not people.move_subscription(
            connection, person, "lettre", "left", BY_FORM, NOW + 2, only=("active", "pending")
        )
    assert history(database, person) == [("active", NOW, NOW + 1), ("left", NOW + 1, None)]


def test_a_bounce_and_a_leave_at_once_follow_each_other(database, monkeypatch, person):
    meanwhile(database, monkeypatch, person, "left")
    with database.write() as connection:
        assert people.move_subscription(connection, person, "lettre", "bounced", BY_FORM, NOW + 2)
    assert history(database, person) == [
        ("active", NOW, NOW + 1),
        ("left", NOW + 1, NOW + 2),
        ("bounced", NOW + 2, None),
    ]


def test_a_first_subscription_confirmed_twice_at_once_begins_once(database, monkeypatch, person):
    read = people.running_span

    def reading(connection, number, publication):
        """Read what is there; another process then subscribes the person, and waits for no lock that we hold."""
        found = read(connection, number, publication)
        monkeypatch.setattr(people, "running_span", read)
        with database.write() as other:
            assert people.move_subscription(other, person, "flash", "active", BY_FORM, NOW + 1)
        return found

    monkeypatch.setattr(people, "running_span", reading)
    with database.write() as connection:
        assert not people.move_subscription(connection, person, "flash", "active", BY_FORM, NOW + 2)
    assert sorted(history(database, person)) == [("active", NOW, None), ("active", NOW + 1, None)]
