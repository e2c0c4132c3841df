"""A staff member's hour with a list of 1,000 people: looked at, corrected, settled in under 30 clicks, undone."""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, Page, expect

from newsletter.actions.team import users
from newsletter.store.imports import reviews
from newsletter.store.tables.core import subscribers, subscriptions
from tests import axe
from tests.browser import mail_browser as mail_browser
from tests.web.studio import stage
from tests.web.studio.hour_list import UNKNOWN, hour_list
from tests.web.studio.month import walk
from tests.web.studio.stage import Stage

pytestmark = pytest.mark.browser
IMPORT, REVIEWS = "/studio/public/importer", "/studio/public/a-trancher"


@pytest.fixture
def desk(mail_browser: Browser, fresh_workspace: Path, tmp_path: Path) -> Iterator[Stage]:
    """A staff member signed in on a workspace without subscribers."""
    shutil.copytree(fresh_workspace, tmp_path / "ws")
    context = mail_browser.new_context(locale="fr-FR", viewport={"width": 1280, "height": 900}, accept_downloads=True)
    try:
        with stage.opened(context.new_page(), tmp_path / "ws") as one:
            one.enter(users.invite_user(one.workspace, "anna@rtes.example", "staff", name="Anna"))
            yield one
    finally:
        context.close()


class Hour:
    """What the staff member does: every click is counted."""

    def __init__(self, desk: Stage) -> None:
        self.desk, self.page, self.clicks = desk, desk.page, 0

    def press(self, name: str) -> None:
        """Press the first button of that name."""
        self.page.get_by_role("button", name=name).first.click()
        self.clicks += 1

    def choose(self, name: str, content: bytes) -> None:
        """Choose a file of people and look at what it would become."""
        self.desk.open(IMPORT)
        self.page.get_by_label("Fichier").set_input_files(
            [{"name": name, "mimeType": "application/octet-stream", "buffer": content}]
        )
        self.press("Voir ce que cela donnerait")

    def active(self, like: str = "%") -> int:
        """Return how many people receive the letter."""
        with self.desk.workspace.database.read() as connection:
            found = sa.select(sa.func.count()).select_from(
                sa.join(subscribers, subscriptions, subscriptions.c.subscriber_id == subscribers.c.id)
            )
            here = (subscriptions.c.state == "active", subscriptions.c.to_at.is_(None))
            return int(connection.scalar(found.where(*here, subscribers.c.address.like(like))) or 0)

    def waiting(self) -> int:
        """Return how many cases wait for a decision."""
        with self.desk.workspace.database.read() as connection:
            return len(reviews.list_reviews(connection, limit=5000))


def row_of(page: Page, column: str):
    return page.get_by_role("row").filter(has=page.get_by_role("rowheader", name=column))


def test_an_hour_with_a_list_of_a_thousand_people(desk: Stage, tmp_path: Path):
    hour, page = Hour(desk), desk.page
    hour.choose("contacts.xlsx", hour_list())

    expect(page.get_by_text("Notes (2 lignes)")).to_be_visible()
    expect(row_of(page, "NOM Prénom")).to_contain_text("Nom et prénom ensemble")
    expect(row_of(page, "Inscrit newsletter ?")).to_contain_text("Accord")
    expect(row_of(page, "Courriel")).to_contain_text("p0@ville0.example")
    page.get_by_label("Lire la colonne Dépt comme").select_option(label="Garder avec la preuve d’inscription")
    hour.press("Relire avec ces choix")
    expect(row_of(page, "Dépt")).to_contain_text("Garder")
    hour.press("Importer")
    assert hour.active() == 560 + 120 + 120
    assert hour.active("non%") == 0
    assert hour.waiting() == 40 + 40 + 120

    desk.open(REVIEWS)
    for name in UNKNOWN:
        expect(page.get_by_role("heading", name=name)).to_be_visible()
    for box in page.get_by_role("checkbox").all():
        box.check()
        hour.clicks += 1
    hour.press("Appliquer la première réponse")
    assert hour.waiting() == 0
    assert hour.clicks < 30
    assert (hour.active("slip%@gmail.com"), hour.active("%gmial%"), hour.active("non%")) == (40, 0, 0)

    desk.open(IMPORT)
    with page.expect_download() as got:
        page.get_by_role("link", name="lignes refusées").click()
    path = tmp_path / "refused.csv"
    got.value.save_as(path)
    rows = list(csv.reader(io.StringIO(path.read_text("utf-8-sig")), delimiter=";"))
    assert rows[0][0] == "Courriel"
    assert len(rows) == 41
    assert all(row[-1] for row in rows)
    corrected = [rows[0], *([f"corr{n}@ville.example", *row[1:]] for n, row in enumerate(rows[1:]))]
    text = io.StringIO()
    csv.writer(text, delimiter=";").writerows(corrected)
    hour.choose("refused.csv", text.getvalue().encode("utf-8-sig"))
    hour.press("Importer")
    assert hour.active("corr%") == 40

    hour.press("Annuler")
    assert hour.active("corr%") == 0
    assert hour.active() == 560 + 120 + 120 + 40


def test_a_column_that_is_not_understood_is_asked_for_and_remembered(desk: Stage):
    hour, page = Hour(desk), desk.page
    text = "Courriel;Statut\n" + "".join(f"a{n}@ville.example;zone {n % 2}\n" for n in range(4))
    hour.choose("zones.csv", text.encode())
    expect(page.get_by_role("alert")).to_contain_text("Statut")
    page.get_by_label("Lire la colonne Statut comme").select_option(label="Ne pas lire")
    hour.press("Relire avec ces choix")
    hour.press("Importer")
    assert hour.active() == 4
    hour.choose("zones-2.csv", text.replace("@", "b@").encode())
    expect(page.get_by_role("heading", name="Avant d’importer")).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)


def test_a_question_is_settled_by_keyboard_alone(desk: Stage):
    hour, page = Hour(desk), desk.page
    hour.choose("liste.csv", b"Courriel\na@gmial.com\nb@gmial.com\n")
    hour.press("Importer")
    desk.open(REVIEWS)
    walk(page, "Corriger en gmail.com")
    page.keyboard.press("Enter")
    expect(page.get_by_text("2 cas réglés.")).to_be_visible()
    assert (hour.active("%@gmail.com"), hour.waiting()) == (2, 0)


def test_the_pages_of_an_import_and_of_its_questions_pass_axe(desk: Stage):
    hour, page = Hour(desk), desk.page
    hour.choose("zones.csv", b"Courriel;Statut\na@ville.example;zone 1\n")
    assert axe.faults(page) == []
    hour.choose("contacts.xlsx", hour_list())
    assert axe.faults(page) == []
    hour.press("Importer")
    desk.open(REVIEWS)
    assert axe.faults(page) == []
