"""Sessions and known devices, on SQLite and PostgreSQL."""

from __future__ import annotations

import pytest

from newsletter.store.team import sessions, users
from tests.store.helpers import NOW

DAY = 86_400.0
ENDS = {"idle": 14 * DAY, "age": 30 * DAY}


def made(connection, address="claire@rtes.example", role="editor", **more):
    values = {"name": "", "may_send": False, "now": NOW, **more}
    return users.add_user(connection, address=address, key=address, role=role, **values)


@pytest.fixture
def write(database):
    with database.write() as connection:
        yield connection


def opened(connection, user, digest="d", *, now=NOW, lasts=30 * DAY):
    sessions.open_session(
        connection, digest, user.id, csrf="c", now=now, expires=now + lasts, agent="Firefox", network="192.0.2.7"
    )


@pytest.mark.parametrize(
    ("after", "open_"),
    [(0, True), (13 * DAY, True), (15 * DAY, False), (31 * DAY, False)],
    ids=["at once", "after 13 idle days", "after 15 idle days", "after its end"],
)
def test_a_session_ends_by_idleness_and_by_age(write, after, open_):
    opened(write, made(write))
    assert (sessions.find_session(write, "d", NOW + after, **ENDS) is not None) is open_


def test_a_session_in_use_stays_open_till_its_end(write):
    opened(write, made(write))
    sessions.touch_session(write, "d", NOW + 12 * DAY)
    assert sessions.find_session(write, "d", NOW + 25 * DAY, **ENDS)
    sessions.touch_session(write, "d", NOW + 29 * DAY)
    assert sessions.find_session(write, "d", NOW + 31 * DAY, **ENDS) is None


def test_a_shorter_setting_ends_sessions_that_are_open_already(write):
    opened(write, made(write))
    assert sessions.find_session(write, "d", NOW + 2 * DAY, idle=14 * DAY, age=DAY) is None


def test_a_session_knows_its_user(write):
    user = made(write, name="Claire", role="admin", may_send=True)
    opened(write, user)
    found = sessions.find_session(write, "d", NOW, **ENDS)
    assert (found.user, found.csrf, found.agent, found.network) == (user, "c", "Firefox", "192.0.2.7")
    assert sessions.find_session(write, "other", NOW, **ENDS) is None


def test_a_user_whose_access_has_ended_has_no_session(write):
    claire, paul = made(write), made(write, "paul@rtes.example")
    opened(write, claire, "a")
    opened(write, paul, "b")
    users.end_user(write, claire.id, NOW)
    assert [bool(sessions.find_session(write, digest, NOW, **ENDS)) for digest in "ab"] == [False, True]


def test_expired_sessions_are_forgotten_when_one_opens(write):
    user = made(write)
    opened(write, user, "old", lasts=1)
    opened(write, user, "new", now=NOW + 10)
    assert [s.digest for s in sessions.sessions_of(write, user.id, NOW, **ENDS)] == ["new"]


def test_one_session_is_closed_by_its_own_user_only(write):
    claire, paul = made(write), made(write, "paul@rtes.example")
    opened(write, claire, "a")
    assert [sessions.close_session(write, "a", one.id) for one in (paul, claire, claire)] == [False, True, False]


def test_all_sessions_but_one_are_closed_together(write):
    user = made(write)
    for digest in "abc":
        opened(write, user, digest)
    assert sessions.close_sessions(write, user.id, but="b") == 2
    assert [s.digest for s in sessions.sessions_of(write, user.id, NOW, **ENDS)] == ["b"]


YEAR = 365 * 86_400.0


def test_a_device_is_known_to_whoever_signed_in_from_it_under_its_newest_mark(write):
    claire, paul = made(write), made(write, "paul@rtes.example")
    assert not sessions.know_device(write, "first", "nothing", claire.id, NOW, kept=YEAR)
    assert not sessions.know_device(write, "second", "first", paul.id, NOW, kept=YEAR)
    assert sessions.know_device(write, "third", "second", claire.id, NOW, kept=YEAR)
    assert sessions.device_users(write, "first") == frozenset()
    assert sessions.device_users(write, "third") == {claire.id, paul.id}
    sessions.forget_devices(write, paul.id)
    assert [sessions.has_device(write, one.id) for one in (claire, paul)] == [True, False]


def test_devices_not_seen_for_long_are_forgotten_for_the_user_who_signs_in(write):
    claire, paul = made(write), made(write, "paul@rtes.example")
    for user in (claire, paul):
        for n in range(3):
            sessions.know_device(write, f"{user.id}-{n}", "nothing", user.id, NOW + n, kept=YEAR)
    assert not sessions.know_device(write, "new", f"{claire.id}-0", claire.id, NOW + YEAR + 2, kept=YEAR)
    kept = {user.id: [n for n in range(3) if sessions.device_users(write, f"{user.id}-{n}")] for user in (claire, paul)}
    assert kept == {claire.id: [2], paul.id: [0, 1, 2]}
