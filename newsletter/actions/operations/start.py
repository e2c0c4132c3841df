"""A fresh workspace, and the whole main task on sample content."""

from __future__ import annotations

import csv
import secrets
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from newsletter import addresses, resources
from newsletter.actions.issues import files as issue_files
from newsletter.actions.letters import editions
from newsletter.actions.sending import mailings
from newsletter.actions.sending.approval import approve_issue
from newsletter.actions.sending.deliveries import deliver_mailing
from newsletter.actions.workspace import Workspace, open_workspace
from newsletter.errors import Refused
from newsletter.exchange.generate import SamplePerson
from newsletter.exchange.generate import people as generated
from newsletter.i18n import Sentence
from newsletter.model import Finding
from newsletter.paris import PARIS
from newsletter.settings_file import FILE
from newsletter.store import home, journal
from newsletter.store.engine import emptying
from newsletter.store.journal import Event
from newsletter.store.people import organisations, people
from newsletter.store.people.organisations import Organisation, Period
from newsletter.store.people.people import Consent, Person
from newsletter.store.sending.receipts import Receipt

LETTRE = "2026-11-lettre"
SAMPLE_PEOPLE = 300
FLASH_DAY = date(2026, 12, 1)
_FOLDERS = ("articles", "issues", "images", "data")
_IGNORED = "subscribers.db*\noutbox/\npublished/\n.uploads/\ndepartures/\n.env\n"


def init(directory: Path, *, sample: bool = False) -> list[Path]:
    """Make `directory` a workspace: settings, folders and a fresh secret; with `sample`, the sample month too.

    Completes a workspace that lacks some of it and never overwrites a file. Returns what was made.
    """
    directory.mkdir(parents=True, exist_ok=True)
    source, made = resources.sample(), []
    if not (directory / FILE).exists():
        shutil.copyfile(source / FILE, directory / FILE)
        made.append(directory / FILE)
    for name in _FOLDERS:
        folder = directory / name
        if not folder.exists():
            if sample:
                shutil.copytree(source / name, folder)
            else:
                folder.mkdir()
            made.append(folder)
    made += _write(directory / ".gitignore", _IGNORED)
    return made + _write(directory / ".env", f"NEWSLETTER_SECRET={secrets.token_hex(32)}\n", mode=0o600)


def _write(path: Path, text: str, mode: int = 0o644) -> list[Path]:
    if path.exists():
        return []
    path.touch(mode=mode)
    path.write_text(text, encoding="utf-8")
    return [path]


def install_sample(workspace: Workspace) -> None:
    """Put the sample month and its fictional people into a workspace that is empty and in trial mode.

    Refused for any other: fictional people may not be mixed with real ones.
    """
    with workspace.database.read() as connection:
        empty = not home.anybody(connection) and not organisations.list_organisations(connection)
    folders = [workspace.root / name for name in _FOLDERS]
    files = [path for folder in folders if folder.is_dir() for path in folder.rglob("*") if path.is_file()]
    if not empty or files or workspace.settings.sending.provider != "outbox":
        raise Refused(
            "this workspace is in use",
            hint="`newsletter demo` creates its own",
            said=Sentence("Cet espace sert déjà : l’exemple n’y a pas été mis."),
        )
    for name in _FOLDERS:
        shutil.copytree(resources.sample() / name, workspace.root / name, dirs_exist_ok=True)
    load_organisations(workspace, workspace.root / "data" / "organisations.csv")
    load_people(workspace, SAMPLE_PEOPLE)


def holds_sample(workspace: Workspace) -> bool:
    """Tell whether the sample month is here without any real person, so that it can be removed."""
    if not (workspace.root / "issues" / f"{LETTRE}.md").is_file():
        return False
    with workspace.database.read() as connection:
        return emptying.only_fictional(connection)


def remove_sample(workspace: Workspace, by: str) -> None:
    """Remove the sample's files and people, with all that was tried on them; settings, team and own articles stay.

    Refused where an address might be a real person's: then nothing is touched.
    """
    with workspace.database.write() as connection:
        if not emptying.only_fictional(connection):
            raise Refused(
                "there are people here who are not in the sample",
                hint="make a fresh workspace with `newsletter init`",
                said=Sentence("De vraies personnes sont ici : rien n’a été retiré."),
            )
        emptying.take_away(connection)
        now = workspace.database.now(connection)
        journal.record_event(connection, Event(now, "sample-removed", actor=by))
    for name in _FOLDERS:
        sample = resources.sample() / name
        for path in (p for p in sample.rglob("*") if p.is_file()):
            (workspace.root / name / path.relative_to(sample)).unlink(missing_ok=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    """What the demo did: where, which issues, what the proof-reader found, the receipts, and how long it took."""

    workspace: Path
    issues: tuple[tuple[str, str], ...]
    organisations: int
    subscribers: int
    previews: tuple[Path, ...]
    findings: dict[str, tuple[Finding, ...]]
    receipts: tuple[Receipt, ...]
    seconds: float


def demo(
    directory: Path, subscribers: int, *, deliver: bool = True, say: Callable[[str], None] = lambda _t: None
) -> Demo:
    """Compose, check, render, approve and send the sample lettre and a Flash to sample subscribers.

    Refused when `directory` holds something else than an earlier demo, which is replaced.
    """
    began = time.monotonic()
    marker = directory / ".newsletter-demo"
    if directory.exists() and any(directory.iterdir()) and not marker.exists():
        raise Refused(f"`{directory}` is not empty", hint="name a new directory with --dir")
    if marker.exists():
        shutil.rmtree(directory)
    init(directory, sample=True)
    marker.touch()
    workspace = open_workspace(directory)
    try:
        members = load_organisations(workspace, directory / "data" / "organisations.csv")
        say(f"{members} organisations")
        count = load_people(workspace, subscribers)
        say(f"{count} subscribers")
        flash = issue_files.new_issue(workspace, "flash", FLASH_DAY).issue
        say(f"composed {flash.path} from the pool; {LETTRE} was edited by hand")
        keys = ((LETTRE, "lettre"), (flash.key, "flash"))
        previews, findings, receipts = [], {}, []
        for key, _publication in keys:
            made = editions.preview(workspace, key, directory / "preview" / key)
            previews += [path for path in made.files if path.suffix == ".html"]
            findings[key] = made.findings
            if deliver:
                say(f"sending {key}")
                mailing = mailings.begin_mailing(workspace, approve_issue(workspace, key, by="demo", now=True))
                receipts.append(deliver_mailing(workspace, mailing)[0])
        return Demo(
            workspace=directory,
            issues=keys,
            organisations=members,
            subscribers=count,
            previews=tuple(previews),
            findings=findings,
            receipts=tuple(receipts),
            seconds=round(time.monotonic() - began, 2),
        )
    finally:
        workspace.close()


def load_organisations(workspace: Workspace, path: Path) -> int:
    """Store the sample's organisations with their membership periods; returns how many."""
    now = workspace.clock()
    with path.open(encoding="utf-8", newline="") as file, workspace.database.write() as connection:
        rows = list(csv.DictReader(file, delimiter=";"))
        for row in rows:
            period = Period(row["joined"], row["ended"] or None)
            organisation = Organisation(
                name=row["name"],
                level=row["level"],
                siren=row["siren"],
                insee=row["insee"],
                region=row["region"],
                departement=row["departement"],
                periods=(period,),
            )
            organisations.add_organisation(connection, organisation, now=now, actor="demo")
    return len(rows)


def load_people(workspace: Workspace, n: int) -> int:
    """Store `n` fictional subscribers of the lettre; those of a member receive the Flash too."""
    with workspace.database.read() as connection:
        known = {o.name: o.id for o in organisations.list_organisations(connection)}
        members = [o.name for o in organisations.list_organisations(connection, on=workspace.today())]
    consent = Consent("consent", "sample data", "demo", {"wording": "demo"})
    service = Consent("member service", "sample data", "demo")
    with workspace.database.write() as connection:
        batch = [_person(one, known) for one in generated(n, members, seed=2026)]
        ids = people.load_person(connection, batch, workspace.clock())
        people.enrol(connection, ids, batch, ["lettre"], consent, workspace.clock())
        attached = [(i, p) for i, p in zip(ids, batch, strict=True) if p.organisation_id]
        contacts = [p for _i, p in attached]
        people.enrol(connection, [i for i, _p in attached], contacts, ["flash"], service, workspace.clock())
    return len(batch)


def _person(one: SamplePerson, known: dict[str, int]) -> Person:
    address = addresses.parse_address(one.email)
    return Person(
        address=address.text,
        key=address.key,
        first_name=one.first_name,
        last_name=one.last_name,
        function=one.function,
        role=one.role,
        organisation_id=known.get(one.organisation),
        created_at=datetime.combine(one.joined, datetime.min.time(), PARIS).timestamp(),
    )
