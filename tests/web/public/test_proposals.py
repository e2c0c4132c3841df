"""A member's contact proposes: the pages, whatever is typed into them, and the file that comes out."""

from __future__ import annotations

import io
import re
import socket
import threading
import time
from collections.abc import Iterator
from datetime import date

import pytest
import uvicorn
from PIL import Image

from newsletter.actions.proposals import decisions
from newsletter.content import article as articles
from newsletter.store.people import organisations
from newsletter.store.people.details import attach
from newsletter.web.app import make_app
from tests.browser import mail_browser as mail_browser
from tests.conftest import ROOT
from tests.web.conftest import Town, heading

GOOD = {
    "kind": "article",
    "title": "Un atelier de réparation ouvre ses portes",
    "summary": "Depuis septembre, dix habitants réparent ce qui allait à la benne. La ville prête le local.",
}
EVENT = {**GOOD, "kind": "event", "day": "2031-05-09", "hour": "9h30", "place": "Lille, mairie"}
PHOTO = {"alt": "Un établi couvert d'outils", "rights": "oui"}


@pytest.fixture
def member(town: Town) -> str:
    """The path of the form of somebody at a member organisation."""
    return path_of(town, "elue@ville.example", town.member("Ville d'Essai"))


def path_of(town: Town, address: str, organisation: int | None) -> str:
    person = town.person(address, lettre="active", flash="active")
    with town.workspace.database.write() as connection:
        attach(connection, person, organisation, time.time())
    return town.workspace.links.proposal(person.uid).removeprefix("http://localhost:8025")


def picture(kind: str = "JPEG", size: tuple[int, int] = (1600, 900)) -> bytes:
    out, image = io.BytesIO(), Image.merge("RGB", [Image.effect_noise(size, 60) for _ in range(3)])
    exif = Image.Exif()
    exif[0x010E] = "SECRET place"
    image.save(out, kind, exif=exif)
    return out.getvalue()


def send(town: Town, path: str, values: dict[str, str], photo: bytes = b""):
    """Write, look at the preview and send; returns the last answer."""
    files = {"picture": ("photo.jpg", photo, "image/jpeg")} if photo else {"picture": ("", b"")}
    preview = town.client.post(path, data={**values, "action": "apercu"}, files=files)
    assert preview.status_code == 200, heading(preview)
    return town.client.post(path, data={"proposition": draft(preview), "action": "envoyer"}, files={"x": ("", b"")})


def draft(answer) -> str:
    return re.search(r'name="proposition" value="(\w+)"', answer.text)[1]


def proposed(town: Town) -> list[articles.Article]:
    return [a for a in town.workspace.pool() if a.status == "proposed"]


def test_a_proposal_becomes_a_file_that_names_the_organisation_and_no_address(town: Town, member: str) -> None:
    done = send(town, member, {**GOOD, **PHOTO, "text": "Un **mot** de plus."}, picture())
    assert heading(done).startswith("Merci")
    (article,) = proposed(town)
    text = (town.workspace.root / article.path).read_text("utf-8")
    assert article.organisations == ("Ville d'Essai",)
    assert "# proposed by Ville d'Essai, proposal " in text
    assert "@" not in text
    assert article.picture is not None
    (mail,) = town.mails()
    assert mail["To"] == "elue@ville.example"
    assert GOOD["title"] in mail.get_body(("plain",)).get_content().replace("\n", " ")


def test_an_event_keeps_its_hours(town: Town, member: str) -> None:
    send(town, member, {**EVENT, "last_hour": "12:00"})
    (article,) = proposed(town)
    assert article.event is not None
    assert (article.event.start.isoformat(), article.event.end.isoformat()) == (
        "2031-05-09T09:30:00+02:00",
        "2031-05-09T12:00:00+02:00",
    )
    assert set(article.tags) == {"territoires", "agenda"}


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({**GOOD, "title": "Court"}, "title"),
        ({**GOOD, "summary": "Court."}, "summary"),
        ({**GOOD, "link": "javascript:alert(1)"}, "link"),
        ({**GOOD, "link": "www.ville.example"}, "link"),
        ({**EVENT, "day": ""}, "day"),
        ({**EVENT, "day": "2020-01-01"}, "day"),
        ({**EVENT, "day": "9 mai"}, "day"),
        ({**EVENT, "hour": "25:00"}, "hour"),
        ({**EVENT, "hour": "", "last_hour": "9:00"}, "hour"),
        ({**EVENT, "last_day": "2031-05-01"}, "last_day"),
        ({**EVENT, "place": ""}, "place"),
    ],
)
def test_what_is_missing_is_said_beside_its_field(town: Town, member: str, values: dict[str, str], field: str) -> None:
    answer = town.client.post(member, data={**values, "action": "apercu"}, files={"picture": ("", b"")})
    assert answer.status_code == 422
    assert f'id="{field}-erreur"' in answer.text
    assert f'href="#{field}"' in answer.text
    assert proposed(town) == []


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "[lien](javascript:alert(1))",
        "![x](https://traceur.example/p.gif)",
        "{{7*7}} ${7*7} <%= 7 %> *|X|* %%X%%",
        "---\nstatus: ready\n---",
        "title: autre\nstatus: ready",
        "qz7slot-unsub-7zq QZ7SLOT-email-7zq",
        "a\u202eb\u2028c\x00d\ufeff\u2066",
    ],
)
def test_hostile_text_is_shown_as_text_and_stays_in_its_field(town: Town, member: str, text: str) -> None:
    long = f"{text} – et quelques mots de plus pour que la longueur suffise partout."
    values = {**EVENT, "title": long, "summary": long, "text": long, "place": long}
    files = {"picture": ("", b"")}
    preview = town.client.post(member, data={**values, "action": "apercu"}, files=files)
    assert preview.status_code == 200
    for active in ("<script>alert", "<img src=x", 'href="javascript', 'src="https://traceur'):
        assert active not in preview.text
    town.client.post(member, data={"proposition": draft(preview), "action": "envoyer"}, files=files)
    (article,) = proposed(town)
    assert article.tags == ("territoires", "agenda")
    assert "qz7slot" not in (town.workspace.root / article.path).read_text("utf-8").lower()


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("dessin.svg", b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'),
        ("dessin.png", b'<svg xmlns="http://www.w3.org/2000/svg"/>'),
        ("page.jpg", b"<html><script>alert(1)</script>"),
        ("coupee.jpg", picture()[:900]),
        ("bombe.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\x01\x86\xa0\0\x01\x86\xa0\x08\x02\0\0\0" + b"\0" * 40),
        ("../../evil.jpg", b"\0" * 10_000_001),
    ],
)
def test_a_picture_that_is_none_is_refused_beside_its_field(town: Town, member: str, name: str, data: bytes) -> None:
    answer = town.client.post(member, data={**GOOD, "action": "apercu"}, files={"picture": (name, data, "image/jpeg")})
    assert answer.status_code == 422
    assert 'id="picture-erreur"' in answer.text
    assert GOOD["title"] in answer.text
    assert list(town.workspace.root.rglob("evil*")) == []


def test_a_picture_keeps_its_look_and_loses_what_it_knew(town: Town, member: str) -> None:
    preview = town.client.post(
        member, data={**GOOD, **PHOTO, "action": "apercu"}, files={"picture": ("a.jpg", picture())}
    )
    shown = town.client.get(re.search(r'<img src="([^"]+)"', preview.text)[1])
    assert shown.headers["content-type"] == "image/jpeg"
    assert b"SECRET" not in shown.content
    with Image.open(io.BytesIO(shown.content)) as image:
        assert not image.getexif()
        assert image.size == (1600, 900)


def test_a_picture_needs_words_and_rights(town: Town, member: str) -> None:
    answer = town.client.post(member, data={**GOOD, "action": "apercu"}, files={"picture": ("a.jpg", picture())})
    assert answer.status_code == 422
    assert 'id="alt-erreur"' in answer.text
    assert 'id="rights-erreur"' in answer.text


def test_a_draft_waits_and_a_deleted_one_leaves_nothing(town: Town, member: str) -> None:
    kept = town.client.post(member, data={**GOOD, "action": "brouillon"}, files={"picture": ("a.jpg", picture())})
    folder = town.workspace.root / "images" / "propositions"
    assert len(list(folder.iterdir())) == 1
    again = town.client.get(member, params={"proposition": draft(kept)})
    assert GOOD["summary"] in again.text
    town.client.post(member, data={"proposition": draft(kept), "action": "supprimer"}, files={"x": ("", b"")})
    assert GOOD["title"] not in town.client.get(member).text
    assert list(folder.iterdir()) == []


def test_sending_twice_is_one_article(town: Town, member: str) -> None:
    files = {"picture": ("", b"")}
    uid = draft(town.client.post(member, data={**GOOD, "action": "apercu"}, files=files))
    for _ in range(2):
        answer = town.client.post(member, data={"proposition": uid, "action": "envoyer"}, files=files)
        assert heading(answer).startswith("Merci")
    assert len(proposed(town)) == len(town.mails()) == 1


def test_a_proposal_that_was_sent_is_not_changed_from_a_page_left_open(town: Town, member: str) -> None:
    preview = town.client.post(member, data={**GOOD, "action": "apercu"}, files={"picture": ("", b"")})
    number = draft(preview)
    town.client.post(member, data={"proposition": number, "action": "envoyer"}, files={"x": ("", b"")})
    before = proposed(town)
    late = {**GOOD, "title": "Un tout autre titre, tapé plus tard", "proposition": number, "action": "apercu"}
    answer = town.client.post(member, data=late, files={"picture": ("", b"")})
    assert answer.status_code == 200 and heading(answer).startswith("Merci")
    assert proposed(town) == before


def test_a_draft_that_is_not_complete_is_not_sent(town: Town, member: str) -> None:
    kept = town.client.post(member, data={**GOOD, "summary": "", "action": "garder"}, files={"picture": ("", b"")})
    answer = town.client.post(member, data={"proposition": draft(kept), "action": "envoyer"}, files={"x": ("", b"")})
    assert answer.status_code == 422 and 'id="summary-erreur"' in answer.text
    assert proposed(town) == []


def test_a_picture_that_is_replaced_leaves_no_file(town: Town, member: str) -> None:
    number = ""
    for size in ((1600, 900), (1200, 800)):
        files = {"picture": ("photo.jpg", picture(size=size), "image/jpeg")}
        data = {**GOOD, **PHOTO, "action": "garder", **({"proposition": number} if number else {})}
        number = draft(town.client.post(member, data=data, files=files))
        shown = town.client.get(f"{member}/image/{number}")
    assert shown.status_code == 200 and Image.open(io.BytesIO(shown.content)).size == (1200, 800)
    kept = [f for f in town.workspace.root.rglob("*") if f.is_file() and f.read_bytes()[:2] == b"\xff\xd8"]
    assert [f.read_bytes() for f in kept] == [shown.content]


def test_somebody_elses_proposal_cannot_be_seen_changed_or_sent(town: Town, member: str) -> None:
    other = path_of(town, "autre@ville.example", town.member("Autre Ville"))
    files = {"picture": ("a.jpg", picture())}
    uid = draft(town.client.post(member, data={**GOOD, **PHOTO, "action": "apercu"}, files=files))
    assert town.client.get(f"{other}/image/{uid}").status_code == 404
    assert town.client.get(other, params={"proposition": uid}).status_code == 404
    assert town.client.get(other, params={"envoyee": uid}).status_code == 404
    for action in ("apercu", "brouillon", "envoyer", "supprimer"):
        answer = town.client.post(other, data={**GOOD, "proposition": uid, "action": action}, files={"x": ("", b"")})
        assert answer.status_code == 404
    assert proposed(town) == []


def test_only_contacts_of_current_members_may_propose(town: Town) -> None:
    ended = town.member("Ville partie")
    with town.workspace.database.write() as connection:
        organisations.end_period(connection, ended, date(2021, 1, 1), now=time.time())
    for address, organisation in (("seule@ailleurs.example", None), ("ancien@ville.example", ended)):
        path = path_of(town, address, organisation)
        assert town.client.get(path).status_code == 403
        answer = town.client.post(path, data={**GOOD, "action": "apercu"}, files={"picture": ("", b"")})
        assert answer.status_code == 409


@pytest.mark.parametrize(
    "spoil", [lambda t: t[:-1], lambda t: t + ".", lambda t: t.swapcase(), lambda t: t[1:], lambda t: "x"]
)
def test_a_spoilt_link_opens_no_form(town: Town, member: str, spoil) -> None:
    path, _slash, token = member.rpartition("/")
    for answer in (town.client.get(f"{path}/{spoil(token)}"), town.client.post(f"{path}/{spoil(token)}", data=GOOD)):
        assert answer.status_code == 404


def test_an_upload_without_a_link_is_not_even_read(town: Town) -> None:
    form = {"Content-Type": "multipart/form-data; boundary=y"}
    assert town.client.post("/proposer/x", content=b"no such thing", headers=form).status_code == 404


def test_a_person_sends_so_many_a_day_and_loses_none(town: Town, member: str) -> None:
    for n in range(11):
        last = send(town, member, {**GOOD, "title": f"{GOOD['title']} {n}"})
    assert last.status_code == 422
    assert "revenez demain" in last.text
    assert len(proposed(town)) == 10
    assert f"{GOOD['title']} 10" in town.client.get(member).text


def test_looking_changes_nothing(town: Town, member: str) -> None:
    uid = draft(town.client.post(member, data={**GOOD, "action": "apercu"}, files={"picture": ("", b"")}))
    for method in ("GET", "HEAD", "OPTIONS"):
        for query in ({}, {"proposition": uid}, {"proposition": uid, "action": "envoyer"}, {"action": "supprimer"}):
            town.client.request(method, member, params=query)
    assert proposed(town) == []
    assert GOOD["title"] in town.client.get(member).text


def test_the_word_of_the_editors_is_seen_with_the_same_link(town: Town, member: str) -> None:
    send(town, member, GOOD)
    (article,) = proposed(town)
    decisions.decline(town.workspace, article.slug, "Nous avons déjà publié un texte voisin.", "editor")
    page = town.client.get(member).text
    uid = re.search(r"proposition=(\w+)", page)[1]
    assert "texte voisin" in town.client.get(member, params={"proposition": uid}).text
    assert "texte voisin" in town.mails()[-1].get_body(("plain",)).get_content().replace("\n", " ")


@pytest.fixture
def served(town: Town) -> Iterator[str]:
    """The town's address on a free port."""
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(make_app(town.workspace), log_level="warning"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    server.should_exit = True
    thread.join()


@pytest.mark.browser
@pytest.mark.parametrize("script", [False, True])
def test_a_contact_proposes_in_a_browser(town: Town, member: str, served: str, mail_browser, script: bool) -> None:
    context = mail_browser.new_context(
        java_script_enabled=script, locale="fr-FR", viewport={"width": 320, "height": 640}
    )
    page = context.new_page()
    page.goto(served + member)
    page.get_by_role("button", name="Voir l’aperçu").click()
    page.get_by_role("alert").wait_for()
    page.get_by_label("Titre").fill(GOOD["title"])
    page.get_by_label("Résumé").fill(GOOD["summary"])
    page.get_by_label("Fichier de l’image").set_input_files(ROOT / "images" / "lille-marche.jpg")
    page.locator("#alt").fill(PHOTO["alt"])
    page.locator("#rights").check()
    page.get_by_role("button", name="Voir l’aperçu").click()
    page.get_by_role("img", name=PHOTO["alt"]).wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.get_by_role("button", name="Envoyer à l’équipe").click()
    page.get_by_role("heading", name="Merci, nous l’avons reçue").wait_for()
    page.reload()
    context.close()
    assert len(proposed(town)) == 1
