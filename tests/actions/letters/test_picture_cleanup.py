"""Published pictures that nothing shows go after a long time; none that a letter or a page shows ever does."""

from __future__ import annotations

import email
import re
import shutil
from collections.abc import Iterator
from email.policy import default
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from starlette.testclient import TestClient

from newsletter.actions.letters import editions, picture_cleanup, previews
from newsletter.actions.letters.picture_cleanup import Swept, frozen_stems, sweep_pictures
from newsletter.actions.operations import start
from newsletter.actions.sending import approval, mailings
from newsletter.actions.sending.approval import approve_issue
from newsletter.actions.sending.deliveries import deliver_mailing
from newsletter.actions.workspace import Workspace, open_workspace
from newsletter.errors import NotFound
from newsletter.rendering import picture_slots, quoted
from newsletter.rendering.picture_slots import Slot
from newsletter.store import proposals
from newsletter.store.sending.mailings import Mailing
from newsletter.web.app import make_app
from tests.workspaces import place_sample

DAY = 86_400.0
ISSUE = "2026-11-lettre"
ARTICLE = "---\ntitle: {slug}\ntags: [rtes]\ndate: 2026-11-01\nsummary: Une phrase.\nstatus: ready\n{more}---\n"
PICTURE = "image:\n  src: images/{name}\n  alt: Un carré\n"


class Clock:
    """A clock that tests put forward."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("media") / "w"
    start.init(home)
    for n, name in enumerate(("un.png", "deux.png")):
        Image.effect_noise((400, 300), 90 + n).save(home / "images" / name)
    return home


@pytest.fixture(params=["files", "database"])
def place(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Where published pictures are kept."""
    monkeypatch.setenv("NEWSLETTER_WEB__MEDIA", request.param)
    return str(request.param)


@pytest.fixture
def workspace(
    fresh: Path, tmp_path: Path, database_url: str, place: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Workspace]:
    """A workspace with one article, its picture published."""
    monkeypatch.setenv("NEWSLETTER_DATABASE__URL", database_url)
    shutil.copytree(fresh, tmp_path / "w")
    made = open_workspace(tmp_path / "w", Clock())
    write(made, "a", PICTURE.format(name="un.png"))
    previews.item_look(made, made.pool().find("a"))
    yield made
    made.close()


def write(workspace: Workspace, slug: str, more: str = "") -> Path:
    path = workspace.root / "articles" / f"{slug}.md"
    path.write_text(ARTICLE.format(slug=slug, more=more), "utf-8")
    return path


def kept(workspace: Workspace) -> set[str]:
    return set(workspace.media.names())


def later(workspace: Workspace, days: float) -> Swept:
    """Sweep, as the job does, when so many days have passed."""
    workspace.clock.now += days * DAY  # type: ignore[attr-defined]  # the clock of the fixture
    return sweep_pictures(workspace, by="test")


def test_a_picture_goes_when_nothing_has_shown_it_for_long_and_not_before(workspace: Workspace) -> None:
    (name,) = kept(workspace)
    weight = len(workspace.media.read(name))
    assert later(workspace, 1000) == Swept()
    write(workspace, "a")
    assert later(workspace, 0) == Swept(pictures_unused=1)
    assert later(workspace, 179) == Swept(pictures_unused=1)
    assert kept(workspace) == {name}
    assert later(workspace, 1) == Swept(pictures_removed=1, pictures_bytes=weight)
    assert kept(workspace) == set()
    assert later(workspace, 1) == Swept()


def test_a_picture_that_is_shown_again_begins_anew(workspace: Workspace) -> None:
    write(workspace, "a")
    later(workspace, 0)
    write(workspace, "a", PICTURE.format(name="un.png"))
    assert later(workspace, 200) == Swept()
    write(workspace, "a")
    assert later(workspace, 0) == Swept(pictures_unused=1)
    assert later(workspace, 179) == Swept(pictures_unused=1)


def test_a_rehearsal_says_the_same_and_does_nothing(workspace: Workspace) -> None:
    write(workspace, "a")
    assert sweep_pictures(workspace, by="test", dry_run=True) == Swept(pictures_unused=1)
    later(workspace, 0)
    workspace.clock.now += 200 * DAY  # type: ignore[attr-defined]
    before = kept(workspace)
    rehearsed = sweep_pictures(workspace, by="test", dry_run=True)
    assert (rehearsed.pictures_removed, kept(workspace)) == (1, before)
    assert sweep_pictures(workspace, by="test") == rehearsed


def with_portrait(workspace: Workspace) -> None:
    write(workspace, "b", "people:\n  - name: Anne\n    portrait:\n      src: images/un.png\n      alt: Anne\n")


def with_logo(workspace: Workspace) -> None:
    network = workspace.settings.network.model_copy(update={"logo": "images/un.png"})
    workspace.settings = workspace.settings.model_copy(update={"network": network})


def with_override(workspace: Workspace) -> None:
    (workspace.root / "issues" / "2026-12-lettre.md").write_text(
        "---\npublication: lettre\ndate: 2026-12-01\nsubject: Un objet\nsections:\n  - tag: rtes\n    title: Réseau\n"
        "    items:\n      - article: a\n        image:\n          src: images/un.png\n          alt: Un carré\n---\n",
        "utf-8",
    )


def with_proposal(workspace: Workspace) -> None:
    with workspace.database.write() as connection:
        proposals.create_proposal(connection, 1, 1, {}, "images/un.png", 1.0)


@pytest.mark.parametrize("names", [with_portrait, with_logo, with_override, with_proposal])
def test_whatever_names_the_original_keeps_the_picture(workspace: Workspace, names) -> None:
    before = kept(workspace)
    write(workspace, "a")
    names(workspace)
    later(workspace, 0)
    assert later(workspace, 400) == Swept()
    assert kept(workspace) == before


@pytest.mark.parametrize(
    ("breaks", "words"),
    [
        (lambda w: (w.root / "articles" / "b.md").write_text("---\ntitle: [\n---\n"), "articles/b.md"),
        (lambda w: (w.root / "issues" / "b.md").write_text("---\nnothing\n---\n"), "issues/b.md"),
        (lambda w: write(w, "b", PICTURE.format(name="perdue.png")), "images/perdue.png cannot be read"),
        (lambda w: (w.root / "articles" / "a.md").unlink(), "no articles"),
    ],
    ids=["an article", "an issue", "an original", "no files at all"],
)
def test_what_cannot_be_read_keeps_every_picture(workspace: Workspace, breaks, words: str) -> None:
    before = kept(workspace)
    write(workspace, "a")
    later(workspace, 0)
    breaks(workspace)
    swept = later(workspace, 400)
    assert (words in swept.pictures_held, swept.pictures_removed) == (True, 0)
    assert kept(workspace) == before


def test_a_file_that_we_did_not_name_is_left_alone(workspace: Workspace) -> None:
    foreign = [workspace.published() / name for name in ("logo.png", "0123456789abcdef.jpg", "lisez-moi.txt")]
    workspace.published().mkdir(exist_ok=True)
    for path in foreign:
        path.write_bytes(b"theirs")
    write(workspace, "a")
    later(workspace, 0)
    assert later(workspace, 400).pictures_removed == 1
    assert all(path.is_file() for path in foreign)


def test_pictures_left_at_the_other_place_go_too(workspace: Workspace, place: str) -> None:
    (name,) = kept(workspace)
    data = workspace.media.read(name)
    workspace.published().mkdir(exist_ok=True)
    (workspace.published() / name).write_bytes(data)
    write(workspace, "a")
    later(workspace, 0)
    swept = later(workspace, 400)
    assert (swept.pictures_removed, swept.pictures_bytes) == (1, len(data) * (2 if place == "database" else 1))
    assert not (workspace.published() / name).exists()


@pytest.fixture
def month(tmp_path: Path, database_url: str, place: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    """The sample month, nothing of it approved."""
    monkeypatch.setenv("NEWSLETTER_DATABASE__URL", database_url)
    place_sample(tmp_path / "w", 12, database_url, deliver=False)
    made = open_workspace(tmp_path / "w", Clock())
    yield made
    made.close()


def in_mails(workspace: Workspace) -> set[str]:
    """Return the names of all pictures that the mails in the outbox show, read as a mail client does."""
    found: set[str] = set()
    for path in (workspace.root / "outbox").rglob("*.eml"):
        body = email.message_from_bytes(path.read_bytes(), policy=default).get_body(("html",))
        found |= set(re.findall(r"/images/([\w-]+\.\w+)", body.get_content()))
    return found


def lose_everything(workspace: Workspace) -> None:
    """Leave nothing of what letters are made of, but an article without a picture."""
    for folder in ("articles", "issues", "images"):
        shutil.rmtree(workspace.root / folder)
        (workspace.root / folder).mkdir()
    network = workspace.settings.network.model_copy(update={"logo": ""})
    workspace.settings = workspace.settings.model_copy(update={"network": network})
    write(workspace, "z")


def approve(workspace: Workspace) -> Mailing:
    return approve_issue(workspace, ISSUE, by="test", now=True)


def deliver(workspace: Workspace, mailing: Mailing) -> None:
    deliver_mailing(workspace, mailings.begin_mailing(workspace, mailing))


@pytest.mark.parametrize("state", ["sent", "approved"])
def test_no_picture_of_a_letter_that_left_or_may_leave_nor_of_its_page_is_ever_taken_away(
    month: Workspace, state: str
) -> None:
    previews.item_look(month, next(a for a in month.pool() if a.picture and a.status == "ready"))
    mailing = approve(month)
    if state == "sent":
        deliver(month, mailing)
    before = {name: month.media.read(name) for name in kept(month)}
    lose_everything(month)
    later(month, 0)
    assert later(month, 5000).pictures_held == ""
    if state == "approved":
        deliver(month, mailing)
    client = TestClient(make_app(month))
    mails, page = in_mails(month), set(re.findall(r"/images/([\w-]+\.\w+)", client.get(f"/lettres/{ISSUE}").text))
    assert (len(mails) > 5, bool(page - mails)) == (True, True)
    assert {name: month.media.read(name) for name in mails | page} == {name: before[name] for name in mails | page}
    assert all(client.get(f"/images/{name}").status_code == 200 for name in mails | page)


def test_a_letter_that_was_called_back_keeps_its_pictures_too(month: Workspace) -> None:
    approve(month)
    mailings.cancel_mailing(month, ISSUE, "test")
    shown = {picture.url.rpartition("/")[2] for picture in editions.edition(month, ISSUE).pictures.values()}
    lose_everything(month)
    later(month, 0)
    later(month, 5000)
    assert (shown <= kept(month), len(shown) > 5) == (True, True)


def test_an_approval_never_freezes_a_picture_that_was_just_taken_away(
    month: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = approval.letter_page.make

    def taken_meanwhile(workspace: Workspace, made: editions.Edition) -> object:
        page = real(workspace, made)
        name = next(iter(made.pictures.values())).url.rpartition("/")[2]
        with workspace.database.write() as connection:
            picture_cleanup.published_pictures.remove(connection, name)
        (workspace.published() / name).unlink(missing_ok=True)
        return page

    with monkeypatch.context() as patch:
        patch.setattr(approval.letter_page, "make", taken_meanwhile)
        with pytest.raises(NotFound, match="published picture is gone"):
            approve(month)
    assert mailings.current_mailing(month, ISSUE) is None
    assert approve(month).status == "approved", "it is made again"


@given(
    names=st.lists(st.text("0123456789abcdef", min_size=24, max_size=24), min_size=1, max_size=5),
    between=st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=120),
)
def test_a_name_is_found_wherever_a_letter_breaks_its_lines(names: list[str], between: str) -> None:
    text = between.join(f'<img src="https://lettre.example/images/{name}.jpg">' for name in ["", *names])
    assert set(names) <= frozen_stems([quoted.fragment(text)])
    assert set(names) <= frozen_stems([text.encode()])


def test_every_slot_is_known_to_the_purge() -> None:
    assert set(picture_slots.SLOTS) == {slot for slot in vars(picture_slots).values() if isinstance(slot, Slot)}


def test_the_journal_tells_who_took_pictures_away(workspace: Workspace) -> None:
    write(workspace, "a")
    later(workspace, 0)
    later(workspace, 400)
    with workspace.database.read() as connection:
        rows = connection.exec_driver_sql("SELECT actor, detail FROM events WHERE kind = 'pictures-removed'").all()
    assert [row.actor for row in rows] == ["test"]
    assert '"count": 1' in rows[0].detail
