"""A backup and its way back, on both databases: the same figures, nothing secret, forged or overwritten."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from pathlib import Path

import pytest

from newsletter.actions.operations import backup, restore, start
from newsletter.actions.sending import mailings
from newsletter.actions.sending.approval import approve_issue
from newsletter.actions.sending.deliveries import deliver_mailing
from newsletter.actions.workspace import open_workspace
from newsletter.errors import Refused, StoreError
from newsletter.store.engine import snapshots
from newsletter.store.people import people
from tests import postgres as clusters
from tests import run

pytestmark = pytest.mark.slow

LETTRE = "2026-11-lettre"
SECRET = "un secret qui ne doit paraître nulle part"


@pytest.fixture
def newsletter(tmp_path, inside):
    """The `newsletter` command in the workspace named."""
    return lambda where, *arguments, **environ: inside(tmp_path / where, *arguments, **environ)


@pytest.fixture
def engine(request, monkeypatch):
    """What to set in the environment so that a workspace keeps its database in an engine, by name."""

    def settings(name, database, template="template1"):
        if name == "sqlite":
            return {}
        return {"NEWSLETTER_DATABASE__URL": clusters.url(request.getfixturevalue("postgres"), database, template)}

    return settings


SENT = "backup_sent"  # the database of the workspace that is filled once, on PostgreSQL


@pytest.fixture
def filled(month, tmp_path, engine):
    """Fill a workspace `ws`: the sample month, sixty people, a letter sent; return its settings.

    That is done once for an engine: a test gets a copy of the files and of the database.
    """

    def make(path, settings):
        shutil.copytree(month, path)
        with pytest.MonkeyPatch.context() as patch:
            for name, value in settings.items():
                patch.setenv(name, value)
            workspace = open_workspace(path)
            if settings:
                start.load_organisations(workspace, workspace.root / "data" / "organisations.csv")
                start.load_people(workspace, 60)
            deliver_mailing(
                workspace, mailings.begin_mailing(workspace, approve_issue(workspace, LETTRE, by="a", now=True))
            )
            workspace.close()

    def fill(kind="sqlite", database="here"):
        # A database belongs to the process that made it, and so do the files of its workspace.
        own = run.once(f"backup-{kind}-{run.WORKER}", lambda half: make(half, engine(kind, SENT)))
        shutil.copytree(own, tmp_path / "ws")
        return engine(kind, database, clusters.database_name(SENT))

    return fill


def figures(newsletter, where, **environ):
    asked = (
        ("count", "--by", "publication"),
        ("count", "--what", "members"),
        ("report", "2026"),
        ("mailings", "receipt", LETTRE),
        ("issues", "list"),
        ("articles", "list"),
    )
    return [newsletter(where, *words, "--json", **environ).json for words in asked]


def saved(newsletter, tmp_path, **environ):
    ran = newsletter("ws", "backup", tmp_path / "backups", "--json", **environ)
    assert ran.code == 0, ran.err
    return ran.json["path"]


@pytest.mark.parametrize(
    ("here", "there"),
    [("sqlite", "sqlite"), ("sqlite", "postgresql"), ("postgresql", "sqlite"), ("postgresql", "postgresql")],
)
def test_a_workspace_comes_back_with_the_same_figures_in_either_database(
    newsletter, engine, filled, tmp_path, here, there
):
    first, second = filled(here), engine(there, "there")
    before = figures(newsletter, "ws", **first)
    directory = saved(newsletter, tmp_path, **first)
    ran = newsletter("new", "restore", directory, "--json", **second)
    assert ran.code == 0, ran.err
    assert ran.json["paused"] == [] and ran.json["aside"] is None
    assert all(path.stat().st_mode & 0o077 == 0 for path in (tmp_path / "new").glob("*.db"))
    assert figures(newsletter, "new", **second) == before
    assert newsletter("new", "database", "check", **second).code == 0
    for part in ("articles", "issues", "images", "published"):
        assert files(tmp_path / "new" / part) == files(tmp_path / "ws" / part)


def files(root):
    return {path.relative_to(root): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_no_secret_and_nobody_elses_file_is_in_a_backup(newsletter, filled, tmp_path):
    filled()
    root = tmp_path / "ws"
    (root / ".env").write_text(f"NEWSLETTER_SECRET={SECRET}\n")
    (root / "newsletter.toml").write_text(
        (root / "newsletter.toml")
        .read_text()
        .replace("sqlite:///subscribers.db", f"postgresql+psycopg://u:{SECRET[:9]}@h/d")
    )
    (root / "images" / "elsewhere").symlink_to("/etc")
    (root / "articles" / ".swap").write_text(SECRET)
    ran = newsletter("ws", "backup", tmp_path / "b", NEWSLETTER_DATABASE__URL="sqlite:///subscribers.db")
    assert ran.code == 0, ran.err
    assert "left out: images/elsewhere (a link)" in ran.out and "left out: the database's password" in ran.out
    (directory,) = (tmp_path / "b").iterdir()
    everything = b"".join(files(directory).values())
    assert SECRET.encode() not in everything and SECRET[:9].encode() not in everything
    assert "postgresql+psycopg://u@h/d" in (directory / "files" / "newsletter.toml").read_text()
    assert not (directory / "files" / "outbox").exists()
    assert {oct(path.stat().st_mode)[-2:] for path in [directory, *directory.rglob("*")]} == {"00"}


def test_a_password_behind_the_question_mark_of_the_url_is_left_out_too(newsletter, filled, tmp_path):
    filled()
    settings = tmp_path / "ws" / "newsletter.toml"
    url = f"postgresql+psycopg:///d?host=/run&password={SECRET[:9]}&sslpassword={SECRET[:9]}"
    settings.write_text(settings.read_text().replace("sqlite:///subscribers.db", url))
    (tmp_path / "elsewhere.toml").write_text(settings.read_text())
    settings.unlink()
    settings.symlink_to(tmp_path / "elsewhere.toml")
    ran = newsletter("ws", "backup", tmp_path / "b", "--json", NEWSLETTER_DATABASE__URL="sqlite:///subscribers.db")
    assert ran.code == 0, ran.err
    assert ran.json["left_out"] == ["the database's password in newsletter.toml"], "the link's file is there"
    kept = (next((tmp_path / "b").iterdir()) / "files" / "newsletter.toml").read_text()
    assert "postgresql+psycopg:///d?host=%2Frun" in kept and SECRET[:9] not in kept


def test_a_file_that_an_editor_takes_away_meanwhile_stops_nothing_and_one_that_cannot_be_read_is_named(
    month, tmp_path, monkeypatch
):
    shutil.copytree(month, tmp_path / "ws")
    workspace = open_workspace(tmp_path / "ws")
    copy, (first, second) = shutil.copyfile, sorted((tmp_path / "ws" / "articles").iterdir())[:2]

    def copying(source, target):
        if source == first:
            first.unlink(missing_ok=True)
        if source == second and denied:
            raise PermissionError(13, "Permission denied", str(second))
        return copy(source, target)

    monkeypatch.setattr(backup.shutil, "copyfile", copying)
    denied = False
    made = backup.backup(workspace, tmp_path / "b")
    assert (made.path / "files" / "articles" / second.name).exists()
    assert not (made.path / "files" / "articles" / first.name).exists()
    denied = True
    with pytest.raises(Refused, match=f"Permission denied .*{second.name}"):
        backup.backup(workspace, tmp_path / "c")
    assert list((tmp_path / "c").iterdir()) == []
    workspace.close()


def test_settings_that_cannot_be_used_leave_nothing_behind(newsletter, filled, tmp_path):
    filled()
    directory = saved(newsletter, tmp_path)
    ran = newsletter("new", "restore", directory, NEWSLETTER_SENDING__RATE="often")
    assert ran.code == 1 and "rate" in ran.err
    assert list((tmp_path / "new").iterdir()) == []


def test_a_former_database_that_cannot_be_saved_is_left_with_its_files_where_they_are(
    newsletter, filled, tmp_path, monkeypatch
):
    settings = filled("postgresql")
    directory = saved(newsletter, tmp_path, **settings)
    before = figures(newsletter, "ws", **settings), files(tmp_path / "ws")

    def full(*_arguments):
        raise StoreError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(snapshots, "save_snapshot", full)
        patch.setenv("NEWSLETTER_DATABASE__URL", settings["NEWSLETTER_DATABASE__URL"])
        with pytest.raises(StoreError, match="disk is full"):
            restore.restore(tmp_path / "ws", Path(directory), force=True)
    assert (figures(newsletter, "ws", **settings), files(tmp_path / "ws")) == before


def damage(directory, what):
    """Do to a backup what rot or an enemy would."""
    path = directory / "manifest.json"
    made = json.loads(path.read_text())
    entry = {"sha256": "0" * 64, "bytes": 1}
    if what == "a flipped bit":
        file = directory / "database.db"
        file.write_bytes(file.read_bytes()[:-1] + b"\x01")
    elif what == "a missing file":
        next((directory / "files" / "articles").iterdir()).unlink()
    elif what == "a link":
        victim = next((directory / "files" / "articles").glob("*.md"))
        victim.rename(directory / "kept")
        victim.symlink_to(directory / "kept")
    elif what == "no manifest":
        path.unlink()
    elif what == "half a manifest":
        path.write_text(path.read_text()[:100])
    elif what == "a manifest without end":
        os.truncate(path, 100_000_001)  # a hole: it takes no room
    elif what == "a newer format":
        path.write_text(json.dumps({**made, "format": made["format"] + 1}))
    elif what == "no database":
        del made["files"]["database.db"]
        path.write_text(json.dumps(made))
    else:
        made["files"][what] = entry
        path.write_text(json.dumps(made))


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("a flipped bit", "`database.db` is missing or not as it was saved"),
        ("a missing file", "is missing or not as it was saved"),
        ("a link", "is missing or not as it was saved"),
        ("no manifest", "it has no manifest"),
        ("half a manifest", "cannot be read"),
        ("a manifest without end", "the manifest is too large"),
        ("a newer format", "install the newest version"),
        ("no database", "the manifest lacks `database.db`"),
        ("../../etc/cron.d/x", "names `../../etc/cron.d/x`, which no backup holds"),
        ("/etc/passwd", "which no backup holds"),
        ("files/articles/../../../x", "which no backup holds"),
        ("files/.env", "which no backup holds"),
        ("files/outbox/x", "which no backup holds"),
        ("files/articles/a\\..\\b", "which no backup holds"),
        ("files/articles//x", "which no backup holds"),
        ("database.db/x", "which no backup holds"),
        ("", "which no backup holds"),
    ],
)
def test_a_damaged_or_forged_backup_is_refused_and_nothing_is_written(newsletter, filled, month, tmp_path, what, words):
    shutil.copytree(month, tmp_path / "ws")
    directory = saved(newsletter, tmp_path)
    damage(tmp_path / "backups" / directory.rpartition("/")[2], what)
    ran = newsletter("new", "restore", directory)
    assert ran.code == 1 and words in ran.err and "Traceback" not in ran.err
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_what_is_there_is_refused_or_moved_aside_whole(newsletter, filled, tmp_path, kind):
    settings = filled(kind)
    directory = saved(newsletter, tmp_path, **settings)
    root = tmp_path / "ws"
    (root / "articles" / "neuf.md").write_text("---\ntitle: Neuf\n---\n")
    newsletter("ws", "subscribers", "add", "neuf@example.org", "--publication", "lettre", **settings)
    secret = (root / ".env").read_text()
    ran = newsletter("ws", "restore", directory, **settings)
    assert ran.code == 1 and "there is a workspace already: newsletter.toml" in ran.err
    ran = newsletter("ws", "restore", directory, "--force", "--json", **settings)
    assert ran.code == 0, ran.err
    assert newsletter("ws", "subscribers", "show", "neuf@example.org", **settings).code == 1
    assert not (root / "articles" / "neuf.md").exists() and (root / ".env").read_text() == secret
    (aside,) = root.glob(".before-restore-*")
    assert (aside / "articles" / "neuf.md").exists()
    former = snapshots.as_file(next(aside.glob("*.db")))
    with former.read() as connection:
        found = connection.exec_driver_sql("SELECT count(*) FROM subscribers WHERE address = 'neuf@example.org'")
        assert found.scalar() == 1
    former.close()


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_what_was_leaving_when_it_was_saved_is_paused_when_it_comes_back(newsletter, engine, filled, tmp_path, kind):
    settings = filled(kind)
    newsletter("ws", "issues", "approve", "2026-12-01-flash", **settings)
    directory = saved(newsletter, tmp_path, **settings)
    if kind == "postgresql":
        settings = engine(kind, "elsewhere")
    ran = newsletter("new", "restore", directory, **settings)
    issues = [m for m in newsletter("new", "mailings", "list", "--json", **settings).json if m["status"] != "done"]
    assert [m["status"] for m in issues] == ["paused"], ran.err
    assert f"{issues[0]['issue']} is paused" in ran.out


def test_a_backup_is_one_moment_of_a_database_that_is_written_to_meanwhile(tmp_path, database_url, monkeypatch):
    start.init(tmp_path / "ws", sample=True)
    monkeypatch.setenv("NEWSLETTER_DATABASE__URL", database_url)
    workspace = open_workspace(tmp_path / "ws")
    start.load_organisations(workspace, workspace.root / "data" / "organisations.csv")
    start.load_people(workspace, 20)
    written = []

    def meanwhile(_step, table, _total, _done):
        if table == "organisations" and not written:
            with workspace.database.write() as connection:
                late = people.add_person(
                    connection, people.Person(address="late@example.org", key="late@example.org"), 0
                )
                people.move_subscription(connection, late, "lettre", "active", people.Consent("consent", "test"), 0)
            written.append(late)

    made = backup.backup(workspace, tmp_path / "b", meanwhile)
    with sqlite3.connect(made.path / "database.db") as file:
        kept, spans = (
            file.execute(f"SELECT count(*) FROM {t}").fetchone()[0] for t in ("subscribers", "subscriptions")
        )
    assert kept == 20 and spans >= 20
    assert bool(written) is database_url.startswith("postgresql")
    workspace.close()


def test_a_place_that_cannot_be_written_is_refused_and_a_failed_backup_leaves_nothing(month, tmp_path, monkeypatch):
    shutil.copytree(month, tmp_path / "ws")
    workspace = open_workspace(tmp_path / "ws")
    (tmp_path / "file").touch()
    with pytest.raises(Refused, match="cannot write"):
        backup.backup(workspace, tmp_path / "file" / "b")
    monkeypatch.setattr(backup.backup_manifest, "write_manifest", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        backup.backup(workspace, tmp_path / "b")
    assert list((tmp_path / "b").iterdir()) == []
    workspace.close()
