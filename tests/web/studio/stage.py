"""A Studio in use, for pictures and for axe: a month with its history, mailings in every state, all sorts of people."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice
from pathlib import Path
from unittest.mock import patch

import sqlalchemy as sa
from playwright.sync_api import Error, Page, Response

from newsletter import addresses
from newsletter.actions.operations import start
from newsletter.actions.proposals import submissions
from newsletter.actions.sending import mailings
from newsletter.actions.sending.approval import approve_issue
from newsletter.actions.sending.deliveries import deliver_mailing
from newsletter.actions.team import signin, users
from newsletter.actions.workspace import Workspace, open_workspace
from newsletter.exchange.generate import people as generated
from newsletter.paris import PARIS
from newsletter.store.engine.database import Database
from newsletter.store.imports import reviews
from newsletter.store.imports.reviews import Review
from newsletter.store.people import organisations, people
from newsletter.store.people.people import Consent, Person
from newsletter.store.tables.core import deliveries
from newsletter.store.team.users import User
from tests.web.server import serving

KEY = start.LETTRE
ISSUE = f"/studio/numeros/{KEY}"
NOW = datetime(2026, 11, 23, 9, 12, tzinfo=PARIS)  # a Monday morning
ACTED = {"first": 260, "a_month": 12}
OFFERS = (
    {
        "kind": "article",
        "title": "Une conciergerie solidaire ouvre dans l’ancienne gare",
        "summary": "Depuis octobre, une association y rend des services du quotidien et emploie six personnes.",
    },
    {
        "kind": "event",
        "title": "Visite du garage solidaire",
        "day": "2027-01-14",
        "hour": "14h",
        "place": "Mairie",
        "summary": "Une demi-journée pour voir comment vingt familles par mois y font réparer leur voiture.",
    },
)


@dataclass
class Stage:
    """A workspace on a real server, and a browser's page signed in there."""

    workspace: Workspace
    address: str
    page: Page

    def open(self, path: str, status: int = 200) -> None:
        """Go to a page of the Studio, which must answer so."""
        answer = self.visit(self.address + path)
        assert answer.status == status, f"{path}: {answer.status}"

    def visit(self, address: str) -> Response:
        """Go to an address, again where a page that was about to reload itself crosses the way."""
        while True:
            try:
                self.page.goto("about:blank")
                answer = self.page.goto(address)
            except Error as crossed:
                if "interrupted by another navigation" not in str(crossed):
                    raise
                continue
            if answer is not None:
                return answer

    def enter(self, user: User) -> None:
        """Sign somebody in."""
        self.page.context.clear_cookies()
        self.page.goto(self.local(signin.link_for(self.workspace, user)))
        self.page.locator("main form button").click()

    def local(self, link: str) -> str:
        """Return a link of the workspace as the test server answers it."""
        return self.address + link.removeprefix(self.workspace.settings.web.base_url)


class Clock:
    """Monday morning, from which time goes on when told."""

    def __init__(self) -> None:
        self.at = NOW.timestamp()

    def __call__(self) -> float:
        self.at += 0.01
        return self.at


@contextmanager
def opened(page: Page, path: Path) -> Iterator[Stage]:
    """Open the workspace in `path` on a server."""
    with at_the_time(path) as workspace, serving(workspace) as address:
        yield Stage(workspace, address, page)


@contextmanager
def at_the_time(path: Path) -> Iterator[Workspace]:
    """Open the workspace in `path` on that Monday, for its database too."""
    clock = Clock()
    workspace = open_workspace(path, clock)
    with patch.object(Database, "now", lambda _database, _connection: clock()):
        try:
            yield workspace
        finally:
            workspace.close()


def fresh(path: Path) -> Path:
    """Make an empty workspace."""
    start.init(path)
    return path


def month(path: Path) -> Path:
    """Make the sample month with a year of subscriptions behind it, a Flash that was sent, and what waits."""
    start.init(path, sample=True)
    with at_the_time(path) as workspace:
        start.load_organisations(workspace, path / "data" / "organisations.csv")
        _subscribe(workspace)
        _send_the_flash(workspace)
        _propose(workspace)
        _ask(workspace)
        for name, role, may_send in (
            ("Claire Morel", "admin", True),
            ("Samir Haddad", "editor", False),
            ("Inès Caron", "staff", False),
        ):
            address = f"{name.split()[0].lower().replace('è', 'e')}@rtes.example"
            users.invite_user(workspace, address, role, may_send=may_send, name=name, by="Claire Morel")
        users.make_token(workspace, "Site du réseau", "read", "Claire Morel")
    return path


def _subscribe(workspace: Workspace) -> None:
    """Subscribe people month by month, so that the lines of the figures have a shape."""
    with workspace.database.read() as connection:
        known = {o.name: o.id for o in organisations.list_organisations(connection)}
        members = [o.name for o in organisations.list_organisations(connection, on=NOW.date())]
    everybody = iter(generated(1000, members, seed=7))
    proof = Consent("consent", "formulaire du site", "site", {"wording": "Je m’abonne"})
    service = Consent("member service", "adhésion", "équipe")
    for back in range(26, -1, -1):
        at = (NOW - timedelta(days=30 * back)).timestamp()
        batch = [
            Person(
                address=one.email,
                key=addresses.parse_address(one.email).key,
                first_name=one.first_name,
                last_name=one.last_name,
                function=one.function,
                role=one.role,
                created_at=at,
                organisation_id=known.get(one.organisation),
            )
            for one in islice(everybody, ACTED["first"] if back == 26 else ACTED["a_month"] + 3 * (back % 4))
        ]
        with workspace.database.write() as connection:
            ids = people.load_person(connection, batch, at)
            people.enrol(connection, ids, batch, ["lettre"], proof, at)
            attached = [(i, p) for i, p in zip(ids, batch, strict=True) if p.organisation_id]
            people.enrol(connection, [i for i, _p in attached], [p for _i, p in attached], ["flash"], service, at)
            for number in list(ids)[:5]:
                people.move_subscription(
                    connection, people.by_id(connection, number), "lettre", "left", Consent("", "lien"), at + 9
                )


def _send_the_flash(workspace: Workspace) -> None:
    mailing = approve_issue(workspace, "2026-11-17-flash", by="Claire Morel", now=True)
    deliver_mailing(workspace, mailings.begin_mailing(workspace, mailing))


def _propose(workspace: Workspace) -> None:
    with workspace.database.read() as connection:
        rule = workspace.rule(workspace.settings.publication("flash"))
        from newsletter.store.proposals import contacts

        found = contacts(connection, rule, NOW.date())[:2]
    for contact, values in zip(found, OFFERS, strict=True):
        who = submissions.proposer(workspace, workspace.links.proposal(contact.uid).rpartition("/")[2])
        submissions.submit(workspace, who, submissions.save_proposal(workspace, who, values).uid)


def _ask(workspace: Workspace) -> None:
    """Leave staff something to settle: two questions, lost addresses, somebody blocked."""
    now = NOW.timestamp()
    with workspace.database.write() as c:
        reviews.ask(
            c,
            [
                Review(
                    kind="organisation", subject="Mairie de L.", at=now, detail={"trouvé": "Mairie de L.", "ligne": 12}
                ),
                Review(kind="import-row", subject="c.dupont@", at=now, detail={"email": "c.dupont@", "ligne": 48}),
            ],
        )
        for number in (3, 4, 9, 15):
            people.suppress(c, people.by_id(c, number), "bounced", Consent("", "bounce"), now)


def mailing_at(workspace: Workspace, sent: int, *, doubtful: int = 0, refused: int = 2) -> None:
    """Bring the lettre's mailing to a point of its way by hand: so many sent, so many in doubt."""
    mailing = mailings.current_mailing(workspace, KEY)
    assert mailing
    own = deliveries.c.mailing_id == mailing.id
    with workspace.database.write() as c:
        ids = list(c.scalars(sa.select(deliveries.c.id).where(own, deliveries.c.state == "queued").order_by("id")))
        rest = ids[sent:]
        marks = {"sent": ids[:sent], "refused": rest[:refused], "doubtful": rest[refused:][:doubtful]}
        for state, chosen in marks.items():
            c.execute(
                deliveries.update()
                .where(deliveries.c.id.in_(chosen))
                .values(state=state, handed_at=workspace.clock(), settled_at=workspace.clock())
            )


def user(workspace: Workspace, role: str) -> User:
    """Return the first user of a role."""
    return next(one for one in users.everybody(workspace) if one.role == role)


def today() -> date:
    """Return the day on which the stage is set."""
    return NOW.date()
