"""Pictures in the database: the same bytes, once."""

from __future__ import annotations

from newsletter.store import published_pictures
from newsletter.store.engine.database import Database

PICTURE = bytes(range(256)) * 300


def test_a_picture_comes_back_byte_for_byte_and_is_looked_at_without_being_read(database: Database) -> None:
    with database.write() as c:
        assert published_pictures.save_picture(c, "a.png", PICTURE, (640, 480), 1.0)
    with database.read() as c:
        assert published_pictures.read_picture(c, "a.png") == PICTURE
        assert published_pictures.look_up_picture(c, "a.png") == (640, 480, len(PICTURE))
        assert (published_pictures.read_picture(c, "b.png"), published_pictures.look_up_picture(c, "b.png")) == (
            None,
            None,
        )


def test_a_picture_that_is_there_stays_as_it_is(database: Database) -> None:
    with database.write() as c:
        published_pictures.save_picture(c, "a.png", PICTURE, (640, 480), 1.0)
        assert not published_pictures.save_picture(c, "a.png", b"other", (1, 1), 2.0)
        published_pictures.save_picture(c, "A.png", b"another name", (1, 1), 2.0)
    with database.read() as c:
        assert published_pictures.read_picture(c, "a.png") == PICTURE
        assert sorted(published_pictures.names(c)) == ["A.png", "a.png"]
