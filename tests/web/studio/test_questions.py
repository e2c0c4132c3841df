"""Ten questions of a director in December, each answered in the Studio in at most four clicks from the home page."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import urlsplit

import pytest

from newsletter.actions.people import custom_fields
from newsletter.actions.workspace import open_workspace
from newsletter.store.people import people
from newsletter.store.people.details import edit_details
from tests.web.studio.conftest import Desk, sign_in
from tests.web.studio.test_audiences import words
from tests.workspaces import copy_sample


class Reader:
    """Somebody who clicks: follows links and sends forms that are on the page, and counts."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.clicks = desk, 0
        self.page = desk.get("/studio")

    def click(self, label: str) -> Reader:
        """Follow the link with this text."""
        links = re.findall(r'<a\b[^>]*href="([^"]+)"[^>]*>(.*?)</a>', self.page.text, re.DOTALL)
        texts = [(unescape(href), " ".join(unescape(re.sub(r"<[^>]+>", "", text)).split())) for href, text in links]
        href = next((href for href, text in texts if text == label), None)
        assert href, f"no link {label!r} among {[text for _href, text in texts]}"
        return self._open(href)

    def choose(self, **fields: str) -> Reader:
        """Send the form of the page that has these fields, by its button."""
        assert all(f'name="{name}"' in self.page.text for name in fields)
        path = urlsplit(str(self.page.url)).path
        self.clicks += 1
        self.page = self.desk.client.get(path, params=fields)
        return self

    def figure(self, heading: str) -> Reader:
        """Follow the number in the row with this heading."""
        row = next(r for r in re.findall(r"<tr>(.*?)</tr>", self.page.text, re.DOTALL) if f">{heading}<" in r)
        return self._open(unescape(re.search(r'href="([^"]+)"', row.partition("</th>")[2])[1]))

    def press(self, button: str) -> Reader:
        """Send the POST form with this button."""
        forms = re.findall(r'<form method="post" action="([^"]+)"[^>]*>(.*?)</form>', self.page.text, re.DOTALL)
        action, body = next((a, b) for a, b in forms if re.search(rf"<button[^>]*>{re.escape(button)}</button>", b))
        fields = {n: unescape(v) for n, v in re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', body)}
        self.clicks += 1
        self.page = self.desk.client.post(unescape(action), data=fields)
        return self

    def _open(self, href: str) -> Reader:
        self.clicks += 1
        self.page = self.desk.get(href)
        assert self.page.status_code == 200
        return self


def crossed(reader):
    return reader.click("Chiffres").choose(quoi="subscribers", par="level", croiser="region")


def why_people_left(reader):
    return reader.click("Chiffres").click("Départs et remise")


def never_featured(reader):
    return reader.click("Chiffres").click("Rapport de l’année")


def doubts(reader):
    return reader.click("Public").click("À trancher")


def compared(reader):
    return reader.click("Chiffres").click("Envois comparés")


def journalists(reader):
    return reader.click("Chiffres").choose(quoi="subscribers", par="role").figure("Presse")


def territories(reader):
    return reader.click("Chiffres").click("Territoires")


def three_years(reader):
    return reader.click("Chiffres").choose(quoi="subscribers", ans="3")


def paper_letter(reader):
    return (
        reader.click("Chiffres")
        .choose(quoi="subscribers", par="level")
        .figure("Département")
        .press("Exporter pour Excel")
    )


QUESTIONS = [
    ("subscribers by level and region, crossed", crossed, "Par niveau, par région"),
    ("who left, and why", why_people_left, "Pourquoi l’on part"),
    ("members never featured", never_featured, "Adhérents dont on n’a pas parlé depuis un an"),
    ("deliverability by operator", why_people_left, "Par messagerie"),
    ("open doubts", doubts, "À trancher"),
    ("mailings compared", compared, "Pourquoi ces deux envois n’ont pas le même nombre de destinataires"),
    ("the journalists", journalists, "Les personnes qui sont journalistes"),
    ("départements without a contact", territories, "territoires sans contact"),
    ("evolution over three years", three_years, "Évolution sur 3 ans"),
    ("the list for posting the paper letter", paper_letter, "Adresse postale (organisation)"),
]


@pytest.fixture(scope="module")
def director(tmp_path_factory) -> Desk:
    path = tmp_path_factory.mktemp("december") / "ws"
    workspace = open_workspace(copy_sample(path, 300))
    custom_fields.save_field(workspace, "organisation", "", "Adresse postale", "text", (), "test")
    with workspace.database.write() as connection:
        edit_details(connection, people.by_id(connection, 1), {"role": "press"}, workspace.clock(), "test")
    yield sign_in(workspace, "staff", name="directrice")
    workspace.close()


@pytest.mark.parametrize(("question", "way", "answer"), QUESTIONS, ids=[question for question, *_rest in QUESTIONS])
def test_a_director_is_answered_in_at_most_four_clicks(director, question, way, answer):
    reader = way(Reader(director))
    assert answer in words(reader.page), question
    assert reader.clicks <= 4
