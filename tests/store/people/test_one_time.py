"""Links that open one thing: only their digest is kept."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from newsletter.errors import TokenError
from newsletter.store.people import one_time
from newsletter.store.tables.pages import one_time_links


def test_a_link_opens_what_it_was_made_for_and_tells_whether_it_was_used(database):
    with database.write() as connection:
        token = one_time.make_link(connection, "confirm", {"subscriber": 7}, 100.0)
        assert one_time.look_up_link(connection, "confirm", token, 50.0) == one_time.OneTime(
            {"subscriber": 7}, used=False
        )
        assert not one_time.use_link(connection, "confirm", token, 51.0).used
        assert one_time.use_link(connection, "confirm", token, 52.0).used
        assert one_time.look_up_link(connection, "confirm", token, 53.0).used


@pytest.mark.parametrize(
    ("purpose", "change", "now"),
    [
        ("erase", str, 50.0),
        ("confirm", str.swapcase, 50.0),
        ("confirm", lambda t: t[:-1], 50.0),
        ("confirm", lambda t: t + "=", 50.0),
        ("confirm", lambda _t: "", 50.0),
        ("confirm", str, 101.0),
    ],
)
def test_anything_else_is_refused(database, purpose, change, now):
    with database.write() as connection:
        token = one_time.make_link(connection, "confirm", {"subscriber": 7}, 100.0)
        with pytest.raises(TokenError):
            one_time.use_link(connection, purpose, change(token), now)


def test_a_copy_of_the_database_opens_nothing(database):
    with database.write() as connection:
        token = one_time.make_link(connection, "confirm", {"subscriber": 7}, 100.0)
        (row,) = connection.execute(sa.select(one_time_links)).all()
    assert token not in str(tuple(row))
    assert len(token) >= 32


def test_what_has_expired_is_purged(database):
    with database.write() as connection:
        one_time.make_link(connection, "confirm", {}, 10.0)
        one_time.make_link(connection, "confirm", {}, 20.0)
        assert one_time.purge_links(connection, 15.0) == 1
        assert connection.scalar(sa.select(sa.func.count()).select_from(one_time_links)) == 1
