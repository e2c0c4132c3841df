"""Counts read from spans, against a naive replay of the same events."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsletter.store.people import organisations, people
from newsletter.store.people.details import attach
from newsletter.store.people.erasure import erase_person
from newsletter.store.people.organisations import Organisation
from newsletter.store.people.people import Consent, Person
from newsletter.store.reports import counts

PARIS = ZoneInfo("Europe/Paris")
BY_FORM = Consent("consent", "form")
FIRST = date(2026, 3, 27)  # two days before the clocks change
DAYS = 9
GROUPINGS = ("publication", "status", "role", "level", "region", "departement", "month")


def at(day, seconds=0):
    """POSIX seconds of a wall-clock second of the `day`-th day in Paris; 86400 is the midnight that closes it."""
    day, seconds = day + seconds // 86_400, seconds % 86_400
    return (
        datetime.combine(FIRST + timedelta(days=day), datetime.min.time(), PARIS) + timedelta(0, seconds)
    ).timestamp()


def groups(connection, moment, by):
    if by in ("publication", "status", "month"):
        return getattr(counts, f"by_{by}")(connection, moment)
    return counts.by_detail(connection, moment, by)


def snapshot(connection, day):
    moment = at(day, 86_400)
    return {"active": counts.active(connection, moment), **{by: groups(connection, moment, by) for by in GROUPINGS}}


# --- the property ------------------------------------------------------------------------------------------------

ACTIONS = ("pending", "active", "active", "left", "bounce", "attach", "erase")
SECONDS = (0, 1, 43_200, 86_399)
STEPS = st.lists(
    st.tuples(
        st.integers(0, DAYS - 1),
        st.sampled_from(SECONDS),
        st.integers(0, 2),
        st.sampled_from(ACTIONS),
        st.sampled_from(("lettre", "flash")),
        st.integers(0, 2),
    ),
    max_size=14,
)


class Replay:
    """The same events in dictionaries: who is active in what, with which organisation, after each step."""

    def __init__(self):
        self.states, self.gone = {}, set()

    def apply(self, who, action, publication):
        mine = [key for key in self.states if key[0] == who]
        if action == "erase":
            for key in mine:
                self.states.pop(key)
        elif action == "bounce":
            for key in mine:
                if self.states[key] in ("active", "pending"):
                    self.states[key] = "bounced"
        elif action != "attach":
            self.states[who, publication] = action

    def active(self):
        return {who for (who, _publication), state in self.states.items() if state == "active"}

    def subscriptions(self):
        return dict(Counter(publication for (_who, publication), s in self.states.items() if s == "active"))


def perform(connection, step, offices, keys):
    """Do one step through the store's own functions; tells whether it could be done."""
    day, second, who, action, publication, office = step
    now = at(day, second)
    if keys.get(who) is None:
        keys[who] = people.add_person(
            connection, Person(address=f"p{who}@example.org", key=f"p{who}@example.org"), now
        ).key
    person = people.by_key(connection, keys[who])
    if action == "bounce":
        return people.suppress(connection, person, "bounced", BY_FORM, now)
    if action == "attach":
        attach(connection, person, offices[office], now)
    elif action == "erase":
        erase_person(connection, person, f"hash-{who}", now, reason="asked")
        keys[who] = None
    else:
        people.move_subscription(connection, person, publication, action, BY_FORM, now)
    return True


@given(STEPS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_counts_at_a_day_equal_a_replay_add_up_and_never_change_when_later_events_come(database, steps):
    with database.engine.connect() as connection, connection.begin() as transaction:
        offices = [
            None,
            organisations.add_organisation(
                connection, Organisation(name="Ville A", level="commune", region="Bretagne"), now=at(0)
            ),
            organisations.add_organisation(
                connection, Organisation(name="Région B", level="region", departement="35"), now=at(0)
            ),
        ]
        replay, keys, past = Replay(), {}, {}
        ordered = sorted(steps, key=lambda step: step[:2])
        for day in range(DAYS):
            for step in (s for s in ordered if s[0] == day):
                if perform(connection, step, offices, keys):
                    replay.apply(step[2], step[3], step[4])
            past[day] = snapshot(connection, day)
            assert past[day]["active"] == len(replay.active())
            assert past[day]["publication"] == replay.subscriptions()
            assert past[day]["status"].get("active", 0) == past[day]["active"]
            for by in ("role", "level", "region", "departement", "month"):
                assert sum(past[day][by].values()) == past[day]["active"], by
        for day in range(DAYS):
            assert snapshot(connection, day) == past[day]
        flows(connection, past)
        transaction.rollback()


def flows(connection, past):
    """Entries and exits lead from the count of any day to that of any later one."""
    for first, last in ((0, DAYS - 1), (2, 5)):
        since, until = at(first, 86_400), at(last, 86_400)
        came = sum(counts.entries(connection, since, until).values())
        went = sum(counts.exits(connection, since, until).values())
        assert past[first]["active"] + came - went == past[last]["active"]


# --- single cases ------------------------------------------------------------------------------------------------


def person(connection, name, organisation_id=None, role=""):
    made = Person(address=f"{name}@example.org", key=f"{name}@example.org", organisation_id=organisation_id, role=role)
    return people.add_person(connection, made, at(0))


def test_who_receives_two_publications_counts_once_in_the_total_and_once_in_each_publication(database):
    with database.write() as c:
        ada = person(c, "ada")
        for publication in ("lettre", "flash"):
            people.move_subscription(c, ada, publication, "active", BY_FORM, at(0, 10))
        assert counts.active(c, at(1)) == 1
        assert counts.by_publication(c, at(1)) == {"lettre": 1, "flash": 1}
        assert counts.entries(c, at(0), at(1)) == {"2026-03": 1}


def test_an_event_at_midnight_belongs_to_the_day_that_begins(database):
    with database.write() as c:
        ada = person(c, "ada")
        people.move_subscription(c, ada, "lettre", "active", BY_FORM, at(1))
        people.move_subscription(c, ada, "lettre", "left", BY_FORM, at(2))
        assert [counts.active(c, at(day)) for day in (1, 2, 3)] == [0, 1, 0]


def test_who_leaves_one_of_two_publications_has_not_left(database):
    with database.write() as c:
        ada = person(c, "ada")
        people.move_subscription(c, ada, "lettre", "active", BY_FORM, at(0, 10))
        people.move_subscription(c, ada, "flash", "active", BY_FORM, at(0, 20))
        people.move_subscription(c, ada, "flash", "left", BY_FORM, at(3))
        assert counts.exits(c, at(0), at(8)) == {}
        people.move_subscription(c, ada, "lettre", "left", BY_FORM, at(4))
        assert counts.exits(c, at(0), at(8)) == {"2026-03": 1}


def test_a_change_of_organisation_is_neither_an_entry_nor_an_exit_and_keeps_the_past_level(database):
    with database.write() as c:
        old = organisations.add_organisation(c, Organisation(name="Ville A", level="commune"), now=at(0))
        new = organisations.add_organisation(c, Organisation(name="Région B", level="region"), now=at(0))
        ada = person(c, "ada", old)
        people.move_subscription(c, ada, "lettre", "active", BY_FORM, at(1))
        attach(c, ada, new, at(3))
        assert counts.by_detail(c, at(2), "level") == {"commune": 1}
        assert counts.by_detail(c, at(4), "level") == {"region": 1}
        assert counts.entries(c, at(2), at(8)) == counts.exits(c, at(2), at(8)) == {}


def test_who_comes_and_goes_within_the_same_instant_was_never_there(database):
    with database.write() as c:
        ada = person(c, "ada")
        people.move_subscription(c, ada, "lettre", "active", BY_FORM, at(1))
        people.move_subscription(c, ada, "lettre", "left", BY_FORM, at(1))
        assert counts.active(c, at(1)) == counts.active(c, at(2)) == 0
        assert counts.entries(c, at(0), at(2)) == counts.exits(c, at(0), at(2)) == {}


@pytest.mark.parametrize(
    ("moment", "month"),
    [
        (datetime(2026, 3, 31, 23, 59, 59, tzinfo=PARIS), "2026-03"),
        (datetime(2026, 4, 1, tzinfo=PARIS), "2026-04"),
        (datetime(2025, 12, 31, 23, 30, tzinfo=PARIS), "2025-12"),
        (datetime(2026, 1, 1, 0, 30, tzinfo=PARIS), "2026-01"),
    ],
)
def test_months_are_those_of_paris_in_summer_and_in_winter(database, moment, month):
    with database.write() as c:
        people.move_subscription(c, person(c, "ada"), "lettre", "active", BY_FORM, moment.timestamp())
        assert counts.by_month(c, at(30)) == {month: 1}
        assert counts.entries(c, 0, at(30)) == {month: 1}


def test_the_month_is_that_of_the_first_subscription_even_after_a_pause(database):
    with database.write() as c:
        ada = person(c, "ada")
        for day, state in ((0, "active"), (2, "left"), (60, "active")):
            people.move_subscription(c, ada, "lettre", state, BY_FORM, at(day, 5))
        assert counts.by_month(c, at(90)) == {"2026-03": 1}
        assert counts.by_month(c, at(30)) == {}


def test_each_person_stands_under_one_status_the_most_alive_one(database):
    with database.write() as c:
        ada, bob = person(c, "ada"), person(c, "bob")
        people.move_subscription(c, ada, "lettre", "left", BY_FORM, at(0, 5))
        people.move_subscription(c, ada, "flash", "pending", BY_FORM, at(0, 5))
        people.move_subscription(c, bob, "lettre", "active", BY_FORM, at(0, 5))
        people.suppress(c, bob, "complained", BY_FORM, at(2))
        assert counts.by_status(c, at(1)) == {"pending": 1, "active": 1}
        assert counts.by_status(c, at(3)) == {"pending": 1, "complained": 1}
