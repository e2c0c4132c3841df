"""The sample issues as they really leave: checked, rendered for each variant, read by axe."""

from __future__ import annotations

import email
import time
from email import policy

import pytest

from newsletter.actions.letters.editions import SAMPLE_ADDRESS, edition, findings, personal, preview
from newsletter.actions.operations.start import init
from newsletter.actions.workspace import open_workspace
from newsletter.model import Severity
from newsletter.store.people import organisations, people
from newsletter.store.people.organisations import Organisation, Period
from newsletter.store.people.people import Consent, Person
from tests import axe
from tests.browser import chromium, letter_page

ISSUES = ("2026-11-lettre", "2026-11-17-flash")


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    root = tmp_path_factory.mktemp("sample")
    init(root, sample=True)
    opened = open_workspace(root)
    with opened.database.write() as c:
        for name, departement in (("Nord", "59"), ("Gironde", "33")):
            made = Organisation(
                name=name, level="departement", departement=departement, periods=(Period("2020-01-01"),)
            )
            number = organisations.add_organisation(c, made, now=time.time())
            person = Person(address=f"a@{departement}.example", key=f"a@{departement}.example", organisation_id=number)
            stored = people.add_person(c, person, now=time.time())
            people.move_subscription(c, stored, "flash", "active", Consent("member service", "test"), time.time())
    yield opened
    opened.close()


@pytest.mark.parametrize("key", ISSUES)
def test_the_sample_issues_hold_no_error_and_weigh_less_than_the_limit(workspace, key):
    made = edition(workspace, key)
    assert [f for f in made.findings if f.level is Severity.ERROR] == []
    assert all(len(letter.html.encode()) < 90_000 for letter in made.letters)


def test_an_issue_is_rendered_once_per_distinct_variant(workspace):
    made = edition(workspace, "2026-11-17-flash")
    assert [letter.variant for letter in made.letters] == [(), ("departement = 59, 62",)]
    assert [variant.people for variant in made.plan.variants] == [1, 1]
    assert "achats-groupes-59-62" not in made.letters[0].html + made.letters[0].text
    assert "achats-groupes-59-62" in made.letters[1].html and "achats-groupes-59-62" in made.letters[1].text


@pytest.mark.parametrize("key", ISSUES)
def test_the_same_files_give_the_same_bytes(workspace, key):
    assert edition(workspace, key).content_hash == edition(workspace, key).content_hash


def test_a_preview_is_the_message_that_a_reader_would_get(workspace, tmp_path):
    preview(workspace, ISSUES[0], tmp_path)
    message = email.message_from_bytes((tmp_path / "letter.eml").read_bytes(), policy=policy.default)
    made = edition(workspace, ISSUES[0])
    values = personal(workspace, made.publication, ISSUES[0], "mime").values(
        SAMPLE_ADDRESS, bytes(16), 0, workspace.now()
    )
    assert message["Subject"] == made.composed.subject and message["To"] == SAMPLE_ADDRESS
    html = message.get_body(("html",)).get_content().replace("\r\n", "\n").rstrip("\n")
    assert html == made.skeletons[0].parts(values).html.replace("\r\n", "\n").rstrip("\n")
    shown = (tmp_path / "letter.html").read_text()
    pictures = {p.name for p in (tmp_path / "images").iterdir()}
    assert pictures and all(f'src="images/{name}"' in shown for name in pictures if name in shown)
    assert "localhost:8025/images" not in shown


@pytest.mark.parametrize("source", ["../../etc/", "images/absent-"])
def test_a_picture_that_is_not_there_stops_the_approval_by_name(tmp_path, source):
    init(tmp_path, sample=True)
    path = tmp_path / "articles" / "lyon-cantine-solidaire.md"
    path.write_text(path.read_text().replace("src: images/", f"src: {source}", 1))
    opened = open_workspace(tmp_path)
    errors = [f for f in findings(opened, ISSUES[0]) if f.level is Severity.ERROR]
    opened.close()
    assert errors and all("lyon-cantine-solidaire" in f.where + f.message for f in errors), errors


@pytest.mark.browser
@pytest.mark.xdist_group("browser")
def test_axe_finds_nothing_in_either_letter_at_either_width_in_light_or_dark(workspace):
    # A letter has no landmarks of its own: the mail client brings them.
    noise = {"rules": {name: {"enabled": False} for name in ("region", "landmark-one-main", "bypass")}}
    with chromium() as browser:
        for key in ISSUES:
            made = edition(workspace, key)
            files = {
                p.url: (workspace.published() / p.url.rpartition("/")[2]).read_bytes() for p in made.pictures.values()
            }
            for width in (375, 640):
                for dark in (False, True):
                    with letter_page(browser, made.letters[-1].html, files, width=width, dark=dark) as page:
                        found = axe.faults(page, options=noise)
                    assert found == [], (key, width, dark)
