"""A script stored in every field of every file, form, import, bounce and webhook: shown as text, run by no page."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import quote

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, Page

from newsletter.actions.issues import files
from newsletter.actions.letters import proofs
from newsletter.actions.proposals import submissions
from newsletter.actions.returns import bounces, provider_reports
from newsletter.actions.team import users
from newsletter.actions.workspace import Workspace, open_workspace
from newsletter.content import article as articles
from newsletter.content import issue as issues
from newsletter.messages import DeliveryReport
from newsletter.model import EventTime, Picture, SectionPlan, Speaker
from newsletter.paris import PARIS
from newsletter.providers import verp
from newsletter.store import journal
from newsletter.store.imports import reviews
from newsletter.store.imports.reviews import Review
from newsletter.store.people import organisations, people
from newsletter.store.people.people import Consent, Person
from newsletter.store.tables.core import deliveries
from tests.browser import mail_browser as mail_browser
from tests.web.server import serving
from tests.web.studio.stage import Stage

pytestmark = pytest.mark.browser
EVIL = "\"'><img src=x onerror=alert(1)><script>alert(1)</script>"
KEY = "2026-11-lettre"
BODY = f"{EVIL}\n\n[x](javascript:alert(1)) ![y](javascript:alert(1))"
CSV = f"email;prénom;nom;fonction;organisation;téléphone;<script>alert(1)</script>\nevil@ville.example;{EVIL};{EVIL}\n"
# What a page holds once text was taken for markup, in the page itself or in a letter shown within it.
MARKUP = """() => [...document.querySelectorAll(
    'img[src=x], [onerror], [onload], [onclick], script:not([src], [type="application/ld+json"]), ' +
    '[href^="javascript:" i], [src^="javascript:" i]'
  )].map((e) => e.outerHTML.slice(0, 120))"""


def poison_files(workspace: Workspace) -> None:
    """Put the script into every field that an article and an issue may have."""
    picture = Picture("images/val-d-orbel.jpg", alt=EVIL, credit=EVIL)
    now = datetime.now(PARIS) + timedelta(days=30)
    article = articles.new_article(
        workspace.root,
        title=EVIL,
        tags=("elu", "agenda", "appel"),
        date=workspace.today(),
        note=EVIL.replace("#", ""),
    )
    full = replace(
        article,
        title=EVIL,
        summary=EVIL,
        link="https://x.example/?a=%3Cscript%3Ealert(1)",
        picture=picture,
        organisations=(EVIL, "Ville de Lille"),
        deadline=now,
        contact=EVIL,
        quote=EVIL,
        cta=EVIL[:80],
        event=EventTime(start=now, end=now + timedelta(hours=2), place=EVIL, organisers=(EVIL,)),
        lines={},
        speakers=(Speaker(EVIL, EVIL, EVIL, picture),),
        body=BODY,
    )
    articles.write_article(workspace.root / article.path, full)
    articles.write_article(workspace.root / article.path, replace(full, status=files.Status.READY))
    issue = files.read_issue(workspace, KEY)
    plan = replace(issue.sections[0].items[0], slug=article.slug, title=EVIL, summary=EVIL)
    poisoned = replace(
        issue,
        subject=EVIL,
        preheader=EVIL,
        editorial=f"{EVIL}\n\n<script>alert(1)</script>",
        lead=plan,
        sections=(SectionPlan(tag="elu", title=EVIL, items=(plan,)), *issue.sections),
    )
    issues.write_issue(workspace.root / issue.path, poisoned)
    (workspace.root / "articles" / "casse.md").write_text(f"---\n{EVIL}: [\n---\n")


def poison_people(workspace: Workspace) -> tuple[str, int]:
    """Put the script into every field of a person and of an organisation; return their names in addresses."""
    now = workspace.clock()
    with workspace.database.write() as c:
        spans = (organisations.Period("2020-01-01"),)
        evil = organisations.Organisation(name=EVIL, region=EVIL, departement=EVIL, periods=spans)
        place = organisations.add_organisation(c, evil, now=now, actor=EVIL)
        person = people.add_person(
            c,
            Person(
                address="evil@ville.example",
                key="evil@ville.example",
                first_name=EVIL,
                last_name=EVIL,
                function=EVIL,
                phone=EVIL,
                salutation=EVIL,
                organisation_id=place,
            ),
            now,
            EVIL,
        )
        for publication in ("lettre", "flash"):
            people.move_subscription(c, person, publication, "active", Consent(EVIL, EVIL, EVIL, {EVIL: EVIL}), now)
        journal.record_event(
            c, journal.Event(now, EVIL, subscriber_id=person.id, actor=EVIL, detail={"text": EVIL, EVIL: [1]})
        )
        reviews.ask(c, [Review(kind=EVIL, subject=EVIL, at=now, detail={EVIL: EVIL}, publication=EVIL)])
    users.invite_user(workspace, "evil@rtes.example", "editor", name=EVIL, by=EVIL)
    users.make_token(workspace, EVIL, "read", EVIL)
    return person.uid.hex(), place


def poison_what_comes_back(workspace: Workspace) -> None:
    """Let reports, bounces and replies carry the script in all their words."""
    with workspace.database.read() as c:
        row = c.execute(sa.select(deliveries.c.id, deliveries.c.mailing_id, deliveries.c.subscriber_id).limit(1)).one()
        address = people.by_id(c, row.subscriber_id).address
    name = verp.message_id(workspace.signer, "rtes.fr", row.mailing_id, row.id)
    kinds = ("soft", "hard", "complaint")
    reports = [
        DeliveryReport(kind, address, f"brevo:{kind}", message_id=name, status=EVIL, text=EVIL) for kind in kinds
    ]
    with workspace.database.write() as c:
        desk = provider_reports.ReportHandler(workspace, c, "brevo")
        assert set(desk.take_all(reports)) == set(kinds)
    desk.finish()
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "evil@ville.example", "lettre@rtes.fr", EVIL.replace('"', "")
    mail["In-Reply-To"] = name
    mail.set_content(f"Bonjour, {EVIL}")
    bounces.take_message(workspace, mail.as_bytes())


def poison_what_others_write(workspace: Workspace) -> str:
    """Let a member propose it and a person interviewed comment it; return the link of the proof."""
    with workspace.database.read() as c:
        uid = people.by_key(c, "evil@ville.example").uid
    who = submissions.proposer(workspace, workspace.links.proposal(uid).rpartition("/")[2])
    values = dict.fromkeys(("title", "summary", "text", "place", "alt", "credit"), EVIL) | {"kind": "article"}
    submissions.submit(workspace, who, submissions.save_proposal(workspace, who, values).uid)
    submissions.save_proposal(workspace, who, values)
    proofs.add_comment(workspace, KEY, EVIL, by=EVIL)
    lead = files.read_issue(workspace, KEY).lead
    assert lead
    return proofs.invite_reviewer(workspace, KEY, lead.slug, reader=EVIL, address="", by=EVIL)


@dataclass
class Poisoned:
    """The stage with the script everywhere, and the pages to walk."""

    stage: Stage
    paths: tuple[str, ...]


@pytest.fixture(scope="module")
def poisoned(tmp_path_factory, sample_workspace: Path, mail_browser: Browser) -> Iterator[Poisoned]:
    path = tmp_path_factory.mktemp("scripts") / "ws"
    shutil.copytree(sample_workspace, path)
    workspace = open_workspace(path)
    person, place = poison_people(workspace)
    poison_files(workspace)
    poison_what_comes_back(workspace)
    proof = poison_what_others_write(workspace).removeprefix(workspace.settings.web.base_url)
    outbox = path / "outbox" / KEY
    mail = next(outbox.glob("*.eml")).name
    (outbox / mail).write_bytes(f"Subject: {EVIL}\r\nFrom: {EVIL}\r\nContent-Type: text/html\r\n\r\n{EVIL}".encode())
    with workspace.database.read() as c:
        uid = people.by_key(c, "evil@ville.example").uid
    links, base = workspace.links, workspace.settings.web.base_url
    personal = [
        link.removeprefix(base)
        for link in (links.preferences(uid), links.unsubscribe(uid, "lettre"), links.proposal(uid))
    ]
    slug = files.read_issue(workspace, KEY).lead.slug
    studio = (
        "",
        "/articles",
        f"/articles?q={quote(EVIL)}",
        f"/articles/{slug}",
        "/articles/propositions",
        "/numeros",
        f"/numeros/{KEY}",
        f"/numeros/{KEY}?ouvrir=une&place={quote(EVIL)}&q={quote(EVIL)}",
        f"/numeros/{KEY}?ouvrir=s0",
        f"/numeros/{KEY}/envoi",
        f"/numeros/{KEY}/controles",
        f"/numeros/{KEY}/faire-relire/{slug}",
        "/public?q=evil",
        f"/public?q={quote(EVIL)}",
        f"/public/personnes/{person}",
        "/public/organisations?etat=toutes",
        f"/public/organisations/{place}",
        "/public/a-trancher",
        "/public/rebonds",
        "/chiffres?par=region",
        "/chiffres/annee/2026",
        "/chiffres/annee/2026/imprimer",
        "/chiffres/envois",
        "/reglages/journal",
        "/reglages/equipe",
        "/reglages/cles",
        "/boite",
        f"/boite/{KEY}",
        f"/boite/{KEY}/{mail}",
        "/compte",
    )
    public = ("/", f"/?q={quote(EVIL)}", f"/lettres/{KEY}", "/agenda", f"/abonnement?publication={quote(EVIL)}", proof)
    context = mail_browser.new_context(locale="fr-FR", user_agent=EVIL)
    with serving(workspace) as address:
        stage = Stage(workspace, address, context.new_page())
        stage.enter(users.invite_user(workspace, "boss@rtes.example", "admin", name=EVIL, may_send=True, by=EVIL))
        yield Poisoned(stage, (*(f"/studio{one}" for one in studio), *public, *personal))
    context.close()
    workspace.close()


def watch(page: Page) -> list[str]:
    """Collect whatever says that a script ran, or that one stood in a page and was stopped."""
    heard: list[str] = []
    page.on("dialog", lambda dialog: (heard.append(f"dialog: {dialog.message}"), dialog.dismiss()))
    page.on("pageerror", lambda error: heard.append(f"error: {error}"))
    page.on("console", lambda said: heard.append(said.text) if _tells(said.text) else None)
    return heard


def _tells(text: str) -> bool:
    return any(words in text for words in ("Content Security Policy", "Blocked script execution", "Refused to"))


def test_no_page_runs_it_or_takes_it_for_markup(poisoned: Poisoned):
    stage = poisoned.stage
    heard, found = watch(stage.page), []
    for path in poisoned.paths:
        answer = stage.page.goto(stage.address + path)
        assert answer and answer.status == 200, f"{path}: {answer and answer.status}"
        stage.page.wait_for_load_state("networkidle")
        found += [f"{path}: {markup}" for frame in stage.page.frames for markup in frame.evaluate(MARKUP)]
        found += [f"{path}: {one}" for one in heard]
        heard.clear()
    # The outbox shows mail as it is, in a cell of its own where nothing runs; that the browser says so is its proof.
    cell = f"/studio/boite/{KEY}/"
    assert [one for one in found if not one.startswith(cell)] == []
    assert not [one for one in found if "dialog" in one]


def test_an_import_shows_it_as_text_before_and_after(poisoned: Poisoned):
    stage = poisoned.stage
    heard = watch(stage.page)
    stage.open("/studio/public/importer")
    stage.page.get_by_label("Fichier", exact=True).set_input_files(
        {"name": f"{EVIL}.csv", "mimeType": "text/csv", "buffer": CSV.encode()}
    )
    stage.page.get_by_role("button", name="Voir ce que cela donnerait").click()
    assert stage.page.evaluate(MARKUP) == [] and heard == []
    stage.page.get_by_role("button", name="Importer").click()
    stage.open("/studio/public/importer")
    assert stage.page.evaluate(MARKUP) == [] and heard == []


def test_a_feed_shows_it_as_text(poisoned: Poisoned):
    stage = poisoned.stage
    heard = watch(stage.page)
    words = EVIL.replace("&", "&amp;").replace("<", "&lt;")
    item = f"<item><title>{words}</title><link>https://x.example/a</link><description>{words}</description></item>"
    feed = f'<?xml version="1.0"?><rss version="2.0"><channel><title>{words}</title>{item}</channel></rss>'
    stage.open("/studio/articles/importer")
    stage.page.get_by_label("Ou un fichier").set_input_files(
        {"name": "flux.xml", "mimeType": "text/xml", "buffer": feed.encode()}
    )
    stage.page.get_by_role("button", name="Regarder").click()
    assert stage.page.get_by_text("nouveauté").count() and stage.page.evaluate(MARKUP) == []
    stage.page.get_by_role("button", name="Prendre en brouillon").click()
    assert stage.page.evaluate(MARKUP) == [] and heard == []
