"""Proposals, letters' pages and calendar revisions as rows, on SQLite and on PostgreSQL."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from newsletter.errors import NotFound
from newsletter.store import proposals
from newsletter.store.archive import agenda, letter_pages
from newsletter.store.engine.database import Database
from newsletter.store.people import organisations, people
from newsletter.store.people.organisations import Organisation, Period
from newsletter.store.people.people import Person
from newsletter.store.tables.core import mailings


@pytest.fixture
def author(database: Database) -> tuple[int, int]:
    """A person and their organisation."""
    with database.write() as connection:
        organisation = organisations.add_organisation(
            connection, Organisation(name="Ville", periods=(Period("2020-01-01"),)), now=1.0
        )
        person = people.add_person(connection, Person(address="a@b.example", key="a@b.example"), 1.0)
    return person.id, organisation


def test_a_draft_is_revised_and_sent_once(database: Database, author: tuple[int, int]) -> None:
    with database.write() as connection:
        uid = proposals.create_proposal(connection, *author, {"title": "Un"}, "", 1.0)
        assert proposals.revise(connection, uid, {"title": "Deux", "text": "é\n"}, "images/x.jpg", 2.0)
        assert proposals.move_proposal(connection, uid, "sent", 3.0, only=("draft",), article="slug")
        assert not proposals.move_proposal(connection, uid, "sent", 4.0, only=("draft",))
        assert not proposals.revise(connection, uid, {"title": "Trois"}, "", 4.0)
        proposals.discard_proposal(connection, uid)
    with database.read() as connection:
        found = proposals.get_proposal(connection, uid)
        assert found == proposals.get_proposal(connection, "slug")
        assert (found.values, found.organisation, found.state) == ({"title": "Deux", "text": "é\n"}, "Ville", "sent")
        assert proposals.sent_since(connection, author[0], 2.5) == 1
        assert proposals.sent_since(connection, author[0], 3.5) == 0
        assert proposals.pictured(connection, "images/x.jpg")
        assert not proposals.pictured(connection, "images/y.jpg")


@pytest.mark.parametrize("name", ["", "nope", "%", "' OR 1=1 --"])
def test_an_unknown_proposal_is_not_found(database: Database, author: tuple[int, int], name: str) -> None:
    with database.write() as connection:
        proposals.create_proposal(connection, *author, {}, "", 1.0)
    with database.read() as connection, pytest.raises(NotFound):
        proposals.get_proposal(connection, name)


def test_an_event_keeps_its_sequence_until_it_changes(database: Database) -> None:
    for digest, now in (("a", 1.0), ("a", 2.0), ("b", 3.0), ("b", 4.0), ("a", 5.0)):
        with database.write() as connection:
            agenda.note(connection, {"slug": digest}, now)
    with database.read() as connection:
        assert agenda.revisions(connection) == {"slug": agenda.Revision("a", 2, 5.0)}


def put(database: Database, issue: str, status: str, started: float | None, publication: str = "lettre") -> None:
    """Store a mailing with its page."""
    with database.write() as connection:
        number = connection.execute(
            mailings.insert()
            .values(
                uid=issue,
                issue=issue,
                publication=publication,
                status=status,
                subject=issue,
                content_hash="",
                audience="{}",
                approved_at=1.0,
                not_before=1.0,
                started_at=started,
            )
            .returning(mailings.c.id)
        ).scalar_one()
        letter_pages.save_page(connection, number, f'"{issue}"', f"L'été à {issue}")


def test_only_letters_that_are_out_are_listed_newest_first(database: Database) -> None:
    put(database, "a", "done", 10.0)
    put(database, "b", "sending", 20.0)
    put(database, "c", "approved", None)
    put(database, "d", "cancelled", 15.0)
    put(database, "e", "done", 30.0, "flash")
    with database.read() as connection:
        assert [one.issue for one in letter_pages.list_pages(connection, ["lettre"])] == ["b", "a"]
        assert [one.issue for one in letter_pages.list_pages(connection, ["lettre", "flash"], limit=2)] == ["e", "b"]
        assert [one.issue for one in letter_pages.list_pages(connection, ["lettre"], "ETE  b")] == ["b"]
        assert letter_pages.list_pages(connection, ["lettre"], "hiver") == []
        assert letter_pages.get_page(connection, "c") is None
        assert letter_pages.get_page(connection, "e") == letter_pages.StoredPage(
            mailing_id=connection.scalar(sa.select(mailings.c.id).where(mailings.c.issue == "e")) or 0,
            issue="e",
            publication="flash",
            content='"e"',
            started_at=30.0,
        )
