"""A whole database into another one: every direction, odd values, broken off, refused, changed meanwhile."""

from __future__ import annotations

import math
import shutil
import sqlite3

import pytest
import sqlalchemy as sa

from newsletter.errors import Refused, StoreError
from newsletter.store.engine import copy, sequences
from newsletter.store.engine.database import Database, open_database
from newsletter.store.people import people
from newsletter.store.tables.core import deliveries, events, mailings, subscribers
from newsletter.store.tables.imports import import_changes, imports, webhook_calls
from newsletter.store.tables.pages import limits, users
from newsletter.store.tables.schema import metadata
from tests import postgres
from tests.store.helpers import NOW, mailing, member, subscribe

pytestmark = pytest.mark.slow

ENGINES = ("sqlite", "postgresql")


@pytest.fixture
def make(tmp_path, request):
    """Make an empty database of an engine by name; all are closed at the end."""
    made = []

    def database(engine, name, migrated=False):
        if engine == "sqlite":
            url = f"sqlite:///{tmp_path}/{name}.db"
            if migrated:
                shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / f"{name}.db")
        else:
            make = postgres.migrated_url if migrated else postgres.url
            url = make(request.getfixturevalue("postgres"), name)
        made.append(Database(url))
        return made[-1]

    yield database
    for one in made:
        one.close()


@pytest.fixture
def filled(make):
    """A database of an engine with people, a mailing and one row of each odd kind."""

    def database(engine, name="source", n=30):
        made = make(engine, name, migrated=True)
        with made.write() as c:
            subscribe(c, n, organisation_id=member(c))
            mailing(c)
            c.execute(
                webhook_calls.insert(),
                [
                    {"key": key, "at": NOW, "provider": "brevo", "body": bytes(range(256))}
                    for key in ("b", "a", "é", "Z", "zz", "œ", "👍", "")
                ],
            )
            c.execute(
                events.insert(),
                [
                    {"at": at, "kind": "odd", "detail": detail, "key": key}
                    for at, detail, key in (
                        (0.1 + 0.2, "l'été « 100 % » \\N \\. \t\r\n", None),
                        (math.nextafter(NOW, 0), "", "x"),
                        (1e308, "\u2028\u0085🏳️‍🌈", "y"),
                        (5e-324, "NULL", ""),
                        (-0.0, "\\x00", "z"),
                    )
                ],
            )
            number = c.execute(
                imports.insert()
                .values(at=NOW, file_name="a.csv", digest="d", publication="lettre")
                .returning(imports.c.id)
            ).scalar_one()
            c.execute(
                import_changes.insert(),
                [
                    {"import_id": number, "subscriber_id": i, "what": what}
                    for i in (1, 2, 10)
                    for what in ("opened", "Created", "été", "filled")
                ],
            )
            c.execute(limits.insert(), [{"name": n, "period": p, "n": 1} for n in ("a", "B") for p in (2**40, 1)])
            c.execute(
                users.insert().values(
                    address="a@b.example", address_key="a@b.example", role="admin", may_send=True, created_at=NOW
                )
            )
        return made

    return database


def contents(database):
    """Everything a database holds, table by table in the order of keys."""
    with database.read() as c:
        return {
            t.name: sorted((tuple(row) for row in c.execute(sa.select(t))), key=repr) for t in metadata.sorted_tables
        }


def fill(source, target, **options):
    with source.quiet() as reading:
        return copy.fill(reading, "source", target, **options)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("other", ENGINES)
def test_everything_arrives_as_it_was_in_every_direction(filled, make, engine, other):
    source, target = filled(engine), make(other, "target")
    copied = fill(source, target)
    assert contents(target) == contents(source)
    assert copied.rows["webhook_calls"] == 8 and copied.rows["subscribers"] == 30
    open_database(target.engine.url.render_as_string(hide_password=False)).close()


def test_the_digests_of_one_content_are_the_same_on_both_engines(filled, make):
    source = filled("sqlite")
    there, back = make("postgresql", "there"), make("sqlite", "back")
    assert fill(source, there) == fill(there, back)


@pytest.mark.parametrize("engine", ENGINES)
def test_new_rows_get_ids_behind_those_copied_and_those_of_the_erased(filled, make, engine):
    source, target = filled("sqlite"), make(engine, "target")
    with source.write() as c:
        c.execute(events.insert().values(at=NOW, kind="erased", subscriber_id=900))
    fill(source, target)
    with target.write() as c:
        assert sequences.behind(c) == []
        person = people.add_person(c, people.Person(address="new@example.org", key="new@example.org"), NOW)
        assert person.id == 901
        made = c.execute(events.insert().values(at=NOW, kind="x").returning(events.c.id)).scalar_one()
        assert made == c.scalar(sa.select(sa.func.max(events.c.id)))


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("broken", ["subscribers", "webhook_calls", "import_changes"])
def test_a_copy_broken_off_goes_on_where_it_was_and_no_command_opens_it_meanwhile(
    filled, make, engine, broken, monkeypatch
):
    source, target = filled("sqlite"), make(engine, "target")
    monkeypatch.setattr(copy, "ROWS", 3)
    monkeypatch.setattr(copy, "ROWS_OF_FILES", 3)

    def power_cut(_step, table, _total, done):
        if table == broken and done == 6:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fill(source, target, progress=power_cut)
    with pytest.raises(StoreError, match="not been finished"):
        open_database(target.engine.url.render_as_string(hide_password=False))
    starts = {}
    fill(source, target, progress=lambda step, table, _total, done: starts.setdefault((step, table), done))
    assert starts["copy", broken] == 6
    assert contents(target) == contents(source)


@pytest.mark.parametrize("engine", ENGINES)
def test_what_changed_between_two_tries_is_found_by_table_and_key(filled, make, engine):
    source, target = filled("sqlite"), make(engine, "target")

    def power_cut(step, _table, _total, _done):
        if step == "compare":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fill(source, target, progress=power_cut)
    with source.write() as c:
        c.execute(subscribers.update().where(subscribers.c.id == 7).values(first_name="Zoé"))
    with pytest.raises(StoreError, match=r"differs .* `subscribers`: not the same first_name \(subscribers, id 7\)"):
        fill(source, target)
    with source.write() as c:
        c.execute(subscribers.delete().where(subscribers.c.id == 3))
    with pytest.raises(StoreError, match=r"a row is missing or has another key \(subscribers, id 4\)"):
        fill(source, target)
    fill(source, target, anew=True)
    assert contents(target) == contents(source)


def test_nobody_can_write_while_it_is_copied_and_readers_go_on(filled, make):
    source, target = filled("postgresql"), make("sqlite", "target")
    tried = []

    def other(step, table, _total, _done):
        if (step, table) != ("copy", "subscribers") or tried:
            return
        with source.read() as c:
            tried.append(c.scalar(sa.select(sa.func.count()).select_from(subscribers)))
        with pytest.raises(StoreError), source.write() as c:
            c.exec_driver_sql("SET LOCAL lock_timeout = '50ms'")
            c.execute(events.delete())

    fill(source, target, progress=other)
    assert tried == [30]
    assert contents(target) == contents(source)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_target_that_holds_something_else_is_refused(filled, make, engine):
    source, people_there, stranger, half = (
        filled("sqlite"),
        filled(engine, "full", 1),
        make(engine, "stranger"),
        make(engine, "half"),
    )
    with stranger.write() as c:
        c.exec_driver_sql("CREATE TABLE recipes (id INTEGER)")
    with pytest.raises(Refused, match="the target is not empty: `"):
        fill(source, people_there)
    with pytest.raises(Refused, match="other tables: recipes"):
        fill(source, stranger)
    with pytest.raises(ZeroDivisionError), source.quiet() as reading:
        copy.fill(reading, "another source", half, progress=lambda *_: 1 / 0)
    with pytest.raises(Refused, match="another copy"):
        fill(source, half)
    assert contents(people_there)["subscribers"]


def test_a_text_that_postgresql_cannot_hold_is_named_and_replaced_only_on_demand(filled, make):
    source, target = filled("sqlite"), make("postgresql", "target")
    with source.write() as c:
        c.execute(deliveries.update().where(deliveries.c.id == 5).values(answer="550 \0 no"))
    with pytest.raises(StoreError, match=r"`answer` holds a NUL character.*\(deliveries, id 5\)"):
        fill(source, target)
    fill(source, target, replace_nul=True)
    with target.read() as c:
        assert c.scalar(sa.select(deliveries.c.answer).where(deliveries.c.id == 5)) == "550 \ufffd no"


def test_a_nul_is_no_matter_between_two_sqlite_files(filled, make):
    source, target = filled("sqlite"), make("sqlite", "target")
    with source.write() as c:
        c.execute(deliveries.update().where(deliveries.c.id == 5).values(answer="550 \0 no"))
    fill(source, target)
    assert contents(target) == contents(source)


def test_a_row_that_the_target_refuses_is_named(filled, make):
    source, target = filled("sqlite"), make("postgresql", "target")
    with sqlite3.connect(source.engine.url.database) as c:  # as another program would, without foreign keys
        c.execute("UPDATE variants SET mailing_id = 99")
    with pytest.raises(StoreError, match=r"does not take a row.*\(variants, mailing_id 99, number 0\)"):
        fill(source, target)


def test_a_copy_of_nothing_is_an_empty_database(make):
    source, target = make("sqlite", "empty"), make("postgresql", "target")
    source.migrate()
    fill(source, target)
    with target.write() as c:
        assert people.add_person(c, people.Person(address="a@b.example", key="a@b.example"), NOW).id == 1
        assert c.scalar(sa.select(sa.func.count()).select_from(mailings)) == 0
