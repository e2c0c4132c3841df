"""Pictures in the database: the same bytes, once."""

from __future__ import annotations

from newsletter.store import media
from newsletter.store.database import Database

PICTURE = bytes(range(256)) * 300


def test_a_picture_comes_back_byte_for_byte_and_is_looked_at_without_being_read(database: Database) -> None:
    with database.write() as c:
        assert media.save(c, "a.png", PICTURE, (640, 480), 1.0)
    with database.read() as c:
        assert media.read(c, "a.png") == PICTURE
        assert media.look(c, "a.png") == (640, 480, len(PICTURE))
        assert (media.read(c, "b.png"), media.look(c, "b.png")) == (None, None)


def test_a_picture_that_is_there_stays_as_it_is(database: Database) -> None:
    with database.write() as c:
        media.save(c, "a.png", PICTURE, (640, 480), 1.0)
        assert not media.save(c, "a.png", b"other", (1, 1), 2.0)
        media.save(c, "A.png", b"another name", (1, 1), 2.0)
    with database.read() as c:
        assert media.read(c, "a.png") == PICTURE
        assert sorted(media.names(c)) == ["A.png", "a.png"]
