"""Users, one-time links and API tokens, on SQLite and PostgreSQL."""

from __future__ import annotations

import pytest

from newsletter.errors import NotFound, Refused
from newsletter.store.team import users
from tests.store.helpers import NOW


def made(connection, address="claire@rtes.example", role="editor", **more):
    values = {"name": "", "may_send": False, "now": NOW, **more}
    return users.add_user(connection, address=address, key=address, role=role, **values)


@pytest.fixture
def write(database):
    with database.write() as connection:
        yield connection


def test_an_address_has_access_once(write):
    made(write)
    with pytest.raises(Refused):
        made(write)


def test_somebody_who_left_comes_back_as_the_same_user(write):
    before = made(write)
    users.end_user(write, before.id, NOW)
    assert users.by_key(write, "claire@rtes.example") is None
    after = made(write, role="staff", may_send=True)
    assert (after.id, after.role, after.may_send, after.ended_at) == (before.id, "staff", True, None)


def test_an_unknown_user_is_not_found(write):
    with pytest.raises(NotFound):
        users.by_id(write, 12)


def test_a_link_is_redeemed_once(write):
    users.offer(write, "d", "sign-in", "7", NOW + 900, NOW)
    assert users.offered(write, "d", "sign-in", NOW) == "7"
    assert [users.redeem(write, "d", "sign-in", NOW) for _n in range(2)] == ["7", None]
    assert users.offered(write, "d", "sign-in", NOW) is None


@pytest.mark.parametrize(
    ("digest", "purpose", "after"),
    [("x", "sign-in", 0), ("d", "first-admin", 0), ("d", "sign-in", 901)],
    ids=["another link", "another purpose", "too late"],
)
def test_a_link_opens_nothing_else(write, digest, purpose, after):
    users.offer(write, "d", "sign-in", "7", NOW + 900, NOW)
    assert users.offered(write, digest, purpose, NOW + after) is None
    assert users.redeem(write, digest, purpose, NOW + after) is None


def test_a_withdrawn_link_is_useless(write):
    users.offer(write, "a", "first-admin", "", NOW + 900, NOW)
    users.withdraw(write, "first-admin", "", NOW)
    users.offer(write, "b", "first-admin", "", NOW + 900, NOW)
    assert [users.redeem(write, digest, "first-admin", NOW) for digest in "ab"] == [None, ""]


@pytest.mark.parametrize(
    ("mailed", "used", "lives"),
    [(NOW, False, True), (NOW - 4000, False, False), (None, False, False), (NOW, True, False)],
    ids=["mailed lately", "mailed long ago", "shown and never mailed", "used"],
)
def test_a_mailed_link_that_nobody_used_can_be_kept_alive(write, mailed, used, lives):
    users.offer(write, "d", "sign-in", "7", NOW + 100, NOW, mailed=mailed)
    if used:
        users.redeem(write, "d", "sign-in", NOW)
    assert users.extend(write, "sign-in", "7", NOW - 3600, NOW + 900, NOW) is lives
    assert (users.offered(write, "d", "sign-in", NOW + 500) is not None) is lives


def test_two_openers_of_one_link_at_once_get_one_session(database):
    """The guarded UPDATE decides, whoever looked first."""
    from concurrent.futures import ThreadPoolExecutor

    with database.write() as connection:
        users.offer(connection, "d", "sign-in", "7", NOW + 900, NOW)

    def redeem(_n):
        with database.write() as connection:
            return users.redeem(connection, "d", "sign-in", NOW)

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(redeem, range(8)))
    assert sorted(found, key=str) == ["7", *[None] * 7]


def test_a_revoked_token_is_revoked_once(write):
    users.add_token(write, "d", name="Site", scope="read", now=NOW, by="Claire")
    assert [users.revoke_token(write, "d", NOW + n) for n in range(2)] == [True, False]
    (token,) = users.tokens(write)
    assert (token.name, token.scope, token.created_by, token.revoked_at) == ("Site", "read", "Claire", NOW)
