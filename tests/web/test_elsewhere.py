"""Another machine, with the settings and the database but without any file, serves what readers ask for."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from newsletter.actions import published_pictures
from newsletter.actions.operations.start import demo
from newsletter.actions.workspace import Workspace, open_workspace
from newsletter.errors import RenderingError
from newsletter.settings_file import FILE, read_env_file
from newsletter.web.app import make_app
from tests.web.conftest import BASE

LETTRE = "/lettres/2026-11-lettre"
PICTURES = re.compile(r"/images/([\w-]+\.(?:webp|jpg|png))")


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def machines(request, tmp_path_factory) -> Iterator[tuple[Workspace, Workspace]]:
    """The machine where the letter was made and sent, and another one that shares its database only."""
    here, there = tmp_path_factory.mktemp("here") / "ws", tmp_path_factory.mktemp("there")
    url = f"sqlite:///{here}/subscribers.db"
    if request.param == "postgresql":
        from tests import postgres

        url = postgres.migrated_url(request.getfixturevalue("postgres"), "machines")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NEWSLETTER_WEB__MEDIA", "database")
        patch.setenv("NEWSLETTER_DATABASE__URL", url)
        demo(here, 5)
        shutil.copyfile(here / FILE, there / FILE)
        patch.setenv("NEWSLETTER_SECRET", read_env_file(here / ".env")["NEWSLETTER_SECRET"])
        first, second = open_workspace(here), open_workspace(there)
        yield first, second
        first.close()
        second.close()


@pytest.fixture
def readers(machines) -> Iterator[TestClient]:
    with TestClient(make_app(machines[1], readers_only=True), base_url=BASE) as client:
        client.headers["Accept-Language"] = "fr"
        yield client


def test_a_machine_without_files_serves_the_letter_and_the_same_bytes_of_every_picture(machines, readers) -> None:
    here, there = machines
    with TestClient(make_app(here), base_url=BASE, headers={"Accept-Language": "fr"}) as client:
        page = client.get(LETTRE).text
        assert readers.get(LETTRE).text == page
        names = set(PICTURES.findall(page))
        assert len(names) > 20
        for name in names:
            ours, theirs = client.get(f"/images/{name}"), readers.get(f"/images/{name}")
            assert (theirs.status_code, theirs.content) == (200, ours.content)
            assert theirs.headers["Content-Type"] == ours.headers["Content-Type"]
            assert "immutable" in theirs.headers["Cache-Control"]
    assert not here.published().exists()
    assert [path.name for path in there.root.iterdir()] == [FILE]


def test_a_message_names_no_picture_that_the_other_machine_does_not_serve(machines, readers) -> None:
    messages = list((machines[0].root / "outbox").rglob("*.eml"))
    found = {name for path in messages for name in PICTURES.findall(path.read_text().replace("=\n", ""))}
    assert found
    assert {name for name in found if readers.get(f"/images/{name}").status_code != 200} == set()


@pytest.mark.parametrize("path", ["/", "/lettres.rss", "/abonnement", "/mentions-legales", "/sante", "/robots.txt"])
def test_what_readers_ask_for_is_there(readers, path) -> None:
    assert readers.get(path).status_code == 200


@pytest.mark.parametrize("path", ["/studio", "/studio/connexion", "/proposer/x", "/agenda", "/agenda.ics"])
def test_what_needs_the_files_is_not_there(readers, path) -> None:
    """A proposal taken in here would never reach the editors."""
    assert readers.get(path).status_code == 404
    assert readers.post(path).status_code == 404


def test_a_reader_leaves_on_one_machine_and_has_left_on_the_other(machines, readers) -> None:
    here, _there = machines
    letter = next((here.root / "outbox" / "2026-11-lettre").glob("*.eml")).read_text().replace("\n ", "")
    path = re.search(rf"List-Unsubscribe: <{BASE}(\S+)>", letter)[1]
    assert readers.post(path, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    with TestClient(make_app(here), base_url=BASE, headers={"Accept-Language": "fr"}) as client:
        assert client.post(path + "/annuler").status_code == 200


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.png", b"<svg/>"),
        ("a.jpg", b"\x89PNG\r\n\x1a\n"),
        ("a.svg", b"<svg/>"),
        ("../a.png", b""),
        (".a.png", b""),
        ("a.png", bytes(published_pictures.MOST_BYTES + 1)),
    ],
)
def test_only_pictures_that_are_what_their_name_says_are_kept(machines, name, data) -> None:
    for place in (machines[0].media, published_pictures.Files(machines[0].root / "scratch")):
        with pytest.raises(RenderingError):
            place.put(name, data)
        assert place.look(name) is None
        assert place.read(name) is None


def test_pictures_move_between_files_and_database_without_loss(machines, tmp_path) -> None:
    here, there = machines
    names = list(here.media.names())
    files = published_pictures.Files(there.published())
    in_files = there.settings.model_copy(update={"web": there.settings.web.model_copy(update={"media": "files"})})
    elsewhere = Workspace(in_files)
    try:
        assert published_pictures.gather(elsewhere) == (len(names), 0)
        assert list(files.names()) == sorted(names)
        assert published_pictures.gather(elsewhere) == (0, len(names))
        assert published_pictures.gather(there) == (0, len(names))
        assert all(files.read(name) == here.media.read(name) for name in names)
    finally:
        elsewhere.close()
        shutil.rmtree(there.published())


def test_a_picture_that_only_files_hold_from_earlier_is_still_served(machines, readers) -> None:
    _here, there = machines
    old = next(iter(there.media.names()))
    published_pictures.write_picture(there.published() / f"old-{old}", there.media.read(old))
    try:
        assert readers.get(f"/images/old-{old}").status_code == 200
    finally:
        shutil.rmtree(there.published())


def test_a_picture_damaged_on_disk_is_made_again(tmp_path: Path) -> None:
    files = published_pictures.Files(tmp_path)
    published_pictures.write_picture(tmp_path / "a.png", b"half a pict")
    assert files.look("a.png") is None
