"""Fictional people go with all that belongs to them, and only where there is nobody else."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from newsletter.store import journal
from newsletter.store.engine import emptying
from newsletter.store.journal import Event
from newsletter.store.people import people
from newsletter.store.people.people import Consent, Person
from newsletter.store.tables.core import events, subscribers, subscriptions


def add(connection, *addresses: str) -> None:
    for address in addresses:
        found = people.load_person(connection, [Person(address=address, key=address, created_at=1.0)], 1.0)
        known = people.by_id(connection, next(iter(found)))
        people.move_subscription(connection, known, "lettre", "active", Consent("consent", "test"), 1.0)


@pytest.mark.parametrize(
    ("addresses", "fictional"),
    [((), False), (("a@ville.example",), True), (("a@ville.example", "b@ville.fr"), False), (("x@example.fr",), False)],
)
def test_one_address_that_can_exist_is_enough_to_refuse(database, addresses, fictional):
    with database.write() as connection:
        add(connection, *addresses)
        assert emptying.only_fictional(connection) is fictional


def test_their_events_go_and_the_teams_stay(database):
    with database.write() as connection:
        add(connection, "a@ville.example")
        journal.record_event(connection, Event(2.0, "signed-in", actor="Claire Morel"))
        emptying.take_away(connection)
        kinds = list(connection.scalars(sa.select(events.c.kind)))
        left = [connection.scalar(sa.select(sa.func.count()).select_from(t)) for t in (subscribers, subscriptions)]
    assert kinds == ["signed-in"] and left == [0, 0]
