"""The guard row of a job: one holder at a time, and each hour is used once."""

from __future__ import annotations

import pytest

from newsletter.store.engine import jobs


def taken(connection, holder, now):
    return jobs.take_job(connection, "j", holder, now=now, period=60, hold=120, ended=lambda _holder: False)


def test_an_hour_is_used_once_and_the_next_comes(database):
    with database.write() as connection:
        assert taken(connection, "a", 1000)
        assert not taken(connection, "b", 1000)
        jobs.give_back_job(connection, "j", "a", now=1001, next_at=1061, error="")
        assert not taken(connection, "b", 1060)
        assert taken(connection, "b", 1061)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)  # SQLite has one writer at a time
def test_a_whole_turn_between_another_process_s_look_and_grasp_is_seen(database, monkeypatch):
    with database.write() as connection:
        taken(connection, "a", 1000)
        jobs.give_back_job(connection, "j", "a", now=1001, next_at=1061, error="")
    look = jobs._find

    def looking(connection, name):
        found = look(connection, name)
        monkeypatch.undo()
        with database.write() as other:
            assert taken(other, "b", 1061)
            jobs.give_back_job(other, "j", "b", now=1062, next_at=1122, error="")
        return found

    monkeypatch.setattr(jobs, "_find", looking)
    with database.write() as connection:
        assert not taken(connection, "c", 1062)
