"""Articles in the Studio: found, written by kind, checked, given a picture; proposals; what comes from a feed."""

from __future__ import annotations

import io
import re

import pytest
from PIL import Image

from newsletter.actions.issues import feed_import, versions
from newsletter.content.feeds import FeedEntry
from newsletter.model import Status
from tests.web.studio.conftest import Desk
from tests.web.studio.test_board import HOSTILE
from tests.web.studio.test_board import editor as editor
from tests.web.studio.test_board import month as month

EVENT = {
    "sorte": "evenement",
    "title": "Visite de la ressourcerie de Douai, portes ouvertes aux élu·es du territoire",
    "summary": "Deux heures pour voir le tri, la réparation et la vente, et parler du marché réservé.",
    "tags": "agenda",
    "day": "2027-03-09",
    "hour": "14:00",
    "last_hour": "16:30",
    "place": "Douai, la Ressourcerie",
    "status": "ready",
    "link": "https://www.rtes.fr/visite-douai",
    "date": "2026-11-20",
    "visibility": "public",
}


def picture(kind: str = "JPEG") -> bytes:
    out = io.BytesIO()
    Image.effect_noise((1300, 800), 60).convert("RGB").save(out, kind)
    return out.getvalue()


def article(desk: Desk, slug: str):
    return desk.workspace.pool().find(slug)


def slug_of(answer) -> str:
    return answer.url.path.rpartition("/")[2]


@pytest.mark.parametrize(
    ("query", "shown", "hidden"),
    [
        ("etiquette=elu", "entretien-helene-vasseur", "lyon-cantine-solidaire"),
        ("statut=proposed", "proposition-villeurbanne-textile", "lyon-cantine-solidaire"),
        ("paru=non", "foire-aux-questions-scic", "lyon-cantine-solidaire"),
        ("q=CANTINE+solidaire", "lyon-cantine-solidaire", "redon-habitat-participatif"),
        ("mois=2026-10", "retour-rencontres-automne", "lyon-cantine-solidaire"),
    ],
)
def test_the_pool_is_narrowed(editor, query, shown, hidden):
    links = set(re.findall(r'/studio/articles/([\w-]+)"', editor.get(f"/studio/articles?{query}").text))
    assert shown in links and hidden not in links


@pytest.mark.parametrize(
    ("kind", "has", "lacks"),
    [
        ("evenement", {"day", "place"}, {"deadline", "name0", "organisations"}),
        ("appel", {"deadline", "contact"}, {"day", "name0"}),
        ("entretien", {"name0", "quote"}, {"day", "deadline"}),
        ("territoire", {"organisations"}, {"day", "deadline", "quote"}),
        ("actualite", {"title", "summary", "link"}, {"day", "deadline", "quote", "organisations"}),
    ],
)
def test_a_kind_shows_its_own_fields_only(editor, kind, has, lacks):
    names = set(re.findall(r' name="(\w+)"', editor.get(f"/studio/articles/nouveau?sorte={kind}").text))
    assert has <= names and not lacks & names


def test_an_event_is_written_once_with_its_picture(editor):
    files = {"upload": ("../../photo.png", picture(), "image/png")}
    made = article(
        editor, slug_of(editor.post("/studio/articles", files=files, alt="Un étal de vélos réparés", **EVENT))
    )
    assert made.event and (made.event.start.hour, made.event.end.minute) == (14, 30)
    assert re.fullmatch(r"images/[0-9a-f]{24}\.(?:jpg|png)", made.picture.source)
    assert (editor.workspace.root / made.picture.source).is_file()
    assert "Douai" in editor.get(f"/studio/articles/{made.slug}/apercu").text


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.mark.parametrize("data", [SVG, b"GIF89a" + b"\0" * 20, b"<html>", picture()[:400]])
def test_what_is_no_picture_is_refused_and_nothing_is_lost(editor, data):
    before = len(editor.workspace.pool())
    answer = editor.post(
        "/studio/articles", files={"upload": ("photo.png", data, "image/png")}, alt="Une photo", **EVENT
    )
    assert answer.status_code == 422 and "ne peut pas être lue" in answer.text
    assert EVENT["place"] in answer.text and len(editor.workspace.pool()) == before


def test_a_field_in_the_wrong_is_named_beside_it(editor):
    answer = editor.post("/studio/articles", **{**EVENT, "title": "", "link": "javascript:alert(1)", "day": "bientôt"})
    assert answer.status_code == 422
    for name in ("title", "link", "day"):
        assert f'id="{name}-erreur"' in answer.text and f'href="#{name}"' in answer.text


def test_an_article_is_changed_taken_back_and_kept_from_a_clash(editor):
    slug = "lyon-cantine-solidaire"
    path, file = f"/studio/articles/{slug}", versions.article_version(editor.workspace, "lyon-cantine-solidaire")
    form = {
        "version": file.version,
        "title": "Un nouveau titre pour la cantine",
        "summary": file.article.summary,
        "tags": list(file.article.tags),
        "date": file.article.date.isoformat(),
        "status": "ready",
        "picture": file.article.picture.source,
        "alt": file.article.picture.alt,
    }
    editor.post(path, **form)
    assert article(editor, slug).title == "Un nouveau titre pour la cantine"
    assert article(editor, slug).organisations == file.article.organisations
    late = editor.post(path, **{**form, "title": "Le titre d’une autre"})
    assert late.status_code == 409 and "Le titre d’une autre" in late.text and "Un nouveau titre" in late.text
    editor.post(f"{path}/annuler", version=versions.article_version(editor.workspace, slug).version)
    assert article(editor, slug).title == file.article.title


def test_the_proof_reader_follows_what_is_typed(editor):
    typed = {**EVENT, "sorte": "appel", "groupe": "deadline", "tags": "appel", "title": "TOUT EN CAPITALES"}
    answer = editor.post("/studio/articles/controle", **typed)
    assert "pas de date limite" in answer.text and 'href="#deadline"' in answer.text
    assert "adresse complète" in editor.post("/studio/articles/controle", **{**typed, "link": "x"}).text


def test_hostile_words_in_every_field_run_nowhere(editor):
    fields = ("title", "summary", "place", "organisers", "credit", "contact", "quote", "body", "name0", "organisations")
    typed = {**EVENT, **dict.fromkeys(fields, HOSTILE)}
    slug = slug_of(editor.post("/studio/articles", **typed))
    for path in (f"/studio/articles/{slug}", "/studio/articles", f"/studio/articles/{slug}/apercu"):
        text = editor.get(path).text
        assert "<script>alert" not in text and "<img src=x" not in text, path


def test_a_proposal_is_accepted_postponed_or_declined_with_a_word(editor):
    name = "proposition-villeurbanne-textile"
    path = f"/studio/articles/propositions/{name}"
    assert "Villeurbanne" in editor.get("/studio/articles/propositions").text
    assert "pas enregistrée" in editor.post(path, geste="ecarter", mot=" ").text
    assert "pas enregistrée" in editor.post(path, geste="reporter", jusqu="2001-01-01").text
    assert article(editor, name).status is Status.PROPOSED
    assert "est prêt pour le prochain" in editor.post(path, geste="accepter").text
    assert article(editor, name).status is Status.READY


def test_a_feed_shows_what_it_holds_before_anything_is_taken(editor, monkeypatch):
    found = (
        FeedEntry(title="Une nouvelle du site", link="https://www.rtes.fr/nouvelle"),
        FeedEntry(title=HOSTILE, link="https://x.example/2"),
    )
    monkeypatch.setattr(feed_import, "look_at_feed", lambda _workspace, source: feed_import.Harvest(source, found, ()))
    before, source = len(editor.workspace.pool()), "https://www.rtes.fr/rss"
    page = editor.post("/studio/articles/importer", source=source)
    assert "Une nouvelle du site" in page.text and "<script>alert" not in page.text
    assert len(editor.workspace.pool()) == before
    chosen = re.search(r'name="pris" value="([^"]+)"', page.text)[1]
    editor.post("/studio/articles/importer", source=source, geste="prendre", pris=chosen)
    new = [a for a in editor.workspace.pool() if a.link == "https://www.rtes.fr/nouvelle"]
    assert len(editor.workspace.pool()) == before + 1 and new[0].status is Status.DRAFT


@pytest.mark.parametrize("source", ["/etc/passwd", "file:///etc/passwd", "newsletter.toml", "http://127.0.0.1/x", ""])
def test_a_feed_is_no_way_into_the_machine(editor, source):
    answer = editor.post("/studio/articles/importer", source=source)
    assert answer.status_code == 422 and "root:" not in answer.text and "[network]" not in answer.text


def test_a_feed_is_imported_from_a_file_that_is_forgotten_afterwards(editor):
    from tests.web.studio.scenes import FEED

    files = {"fichier": ("flux.xml", FEED.encode(), "application/rss+xml")}
    page = editor.post("/studio/articles/importer", files=files).text
    assert "2 nouveautés" in page
    token = re.search(r'name="jeton" value="([^"]+)"', page)[1]
    chosen = re.search(r'name="pris" value="([^"]+)"', page)[1]
    answer = editor.post("/studio/articles/importer", jeton=token, geste="prendre", pris=chosen)
    assert "1 brouillon est arrivé" in answer.text and "ressourcerie" in answer.text
    assert editor.post("/studio/articles/importer", jeton=token, geste="prendre").status_code == 422
    assert not any((editor.workspace.root / ".uploads").iterdir())


@pytest.mark.parametrize("jeton", ["", "../../newsletter.toml", "x" * 30])
def test_an_import_without_address_or_file_says_what_to_give(editor, jeton):
    answer = editor.post("/studio/articles/importer", source="", jeton=jeton)
    assert answer.status_code == 422 and 'role="alert"' in answer.text


@pytest.mark.parametrize("sorte", ["actualite", "territoire", "entretien", "evenement", "appel"])
def test_what_is_being_typed_is_seen_as_it_will_look_before_it_is_saved(editor, sorte):
    before = len(editor.workspace.pool())
    page = editor.get(f"/studio/articles/nouveau?sorte={sorte}").text
    assert 'formtarget="apercu-article"' in page
    tags = re.findall(r'name="tags" value="(\w+)" checked', page)
    groups = re.findall(r'name="groupe" value="(\w+)"', page)
    typed = {
        "sorte": sorte,
        "title": "Un titre tapé",
        "summary": HOSTILE,
        "tags": tags,
        "groupe": groups,
        "date": "2026-11-20",
        "status": "draft",
        "visibility": "public",
        "start": "2030-01-09",
    }
    answer = editor.post("/studio/articles/apercu", **typed)
    assert answer.status_code == 200 and "sandbox" in answer.headers["content-security-policy"]
    assert "Un titre tapé" in answer.text or "corriger" in answer.text
    assert "<script>alert" not in answer.text and len(editor.workspace.pool()) == before


def test_a_preview_of_what_cannot_be_says_what_is_missing(editor):
    answer = editor.post("/studio/articles/apercu", sorte="actualite", title="", tags="rtes")
    assert answer.headers["content-type"].startswith("text/plain") and "titre" in answer.text


def test_a_picture_chosen_in_a_form_that_was_refused_need_not_be_chosen_again(editor):
    files = {"upload": ("photo.png", picture(), "image/png")}
    refused = editor.post("/studio/articles", files=files, alt="", **EVENT)
    kept = re.search(r'name="picture" value="(images/[^"]+)"', refused.text)
    assert refused.status_code == 422 and kept, "a browser gives no file back to a form"
    made = article(editor, slug_of(editor.post("/studio/articles", picture=kept[1], alt="Un étal", **EVENT)))
    assert made.picture.source == kept[1]


def test_a_picture_just_chosen_is_in_the_preview(editor):
    files = {"upload": ("photo.png", picture(), "image/png")}
    seen = editor.post("/studio/articles/apercu", files=files, alt="Un étal de vélos réparés", **EVENT).text
    assert "Un étal de vélos réparés" in seen and '<h2 id="article"' in seen


def test_a_form_with_nothing_in_it_is_not_called_right(editor):
    assert "Rien à signaler" not in editor.get("/studio/articles/nouveau?sorte=actualite").text
    assert "Rien à signaler" not in editor.post("/studio/articles/controle", picture="photo.png", alt="", **EVENT).text


def test_one_button_saves_and_makes_ready(admin):
    form = {
        "sorte": "actualite",
        "title": "Une halle pour les producteurs",
        "tags": "rtes",
        "status": "draft",
        "summary": "La halle ouvre le samedi.",
        "date": "2026-11-12",
    }
    drafted = admin.post("/studio/articles", **form)
    assert "en brouillon" in drafted.text and "Enregistrer comme prêt" in drafted.text
    slug = drafted.url.path.rpartition("/")[2]
    version = admin.field(f"/studio/articles/{slug}", "version")
    saved = admin.post(f"/studio/articles/{slug}", **{**form, "version": version, "pret": "oui"})
    assert admin.workspace.pool().get(slug).status == "ready"
    assert "Enregistrer comme prêt" not in saved.text
