"""Counters without names, on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from newsletter.store.people import limits


def test_requests_are_counted_for_each_name_and_period(database):
    with database.write() as connection:
        assert [limits.hit(connection, "a", now, 60) for now in (0.0, 59.0, 60.0, 61.0)] == [1, 2, 1, 2]
        assert limits.hit(connection, "b", 61.0, 60) == 1


def test_what_did_not_happen_is_forgotten(database):
    with database.write() as connection:
        limits.hit(connection, "a", 0.0, 60)
        limits.release(connection, "a")
        assert limits.hit(connection, "a", 1.0, 60) == 1


def test_old_periods_are_purged_whatever_their_length(database):
    with database.write() as connection:
        for seconds in (60, 3600):
            limits.hit(connection, f"every {seconds}", 10_000.0, seconds)
            limits.hit(connection, f"every {seconds}", 90_000.0, seconds)
        assert limits.purge_limits(connection, 50_000.0) == 2
        assert limits.hit(connection, "every 60", 90_001.0, 60) == 2


def test_simultaneous_requests_are_all_counted(database):
    def hit(_n: int) -> int:
        with database.write() as connection:
            return limits.hit(connection, "a", 1.0, 60)

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(hit, range(40))) == list(range(1, 41))
