"""The composing page: its buttons without a script, its frame, two editors at once, and who may open it."""

from __future__ import annotations

import re
import shutil
from html import unescape

import pytest

from newsletter.actions.issues import versions
from newsletter.actions.letters.editions import edition
from newsletter.actions.operations.start import init
from newsletter.actions.workspace import open_workspace
from tests.web.studio.conftest import Desk, sign_in

KEY = "2026-11-lettre"
ISSUE = f"/studio/numeros/{KEY}"
HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(1)>'


@pytest.fixture(scope="session")
def month(tmp_path_factory):
    """The sample month, its database made and its pictures published."""
    path = tmp_path_factory.mktemp("month") / "ws"
    init(path, sample=True)
    workspace = open_workspace(path)
    edition(workspace, KEY)
    workspace.close()
    return path


@pytest.fixture
def editor(month, tmp_path) -> Desk:
    """Somebody who composes, on a copy of the sample month."""
    shutil.copytree(month, tmp_path / "ws")
    workspace = open_workspace(tmp_path / "ws")
    yield sign_in(workspace, "editor")
    workspace.close()


def issue(desk: Desk):
    return versions.issue_version(desk.workspace, KEY).issue


def version(desk: Desk) -> str:
    return versions.issue_version(desk.workspace, KEY).version


def gesture(desk: Desk, geste: str, **more):
    return desk.post(f"{ISSUE}/geste", geste=geste, version=more.pop("version", version(desk)), **more)


def slugs(desk: Desk, section: int) -> list[str]:
    return [plan.slug for plan in issue(desk).sections[section].items]


def test_buttons_alone_add_move_rewrite_and_remove(editor):
    before = slugs(editor, 0)
    assert gesture(editor, "ajouter:0::groupe-commande-publique").status_code == 200
    assert slugs(editor, 0) == [*before, "groupe-commande-publique"]
    gesture(editor, f"monter:0:{len(before)}")
    assert slugs(editor, 0)[-2] == "groupe-commande-publique"
    answer = gesture(editor, "remplacer:0:0", titre="Un titre\nà nous", resume="")
    assert "Un titre à nous" in answer.text and issue(editor).sections[0].items[0].title == "Un titre à nous"
    gesture(editor, "deplacer:0:0", vers="1")
    assert slugs(editor, 1)[-1] == before[0]
    gesture(editor, "retirer:1:0")
    gesture(editor, "une:0:0")
    assert issue(editor).lead.slug not in before[:1] and "entretien-helene-vasseur" in slugs(editor, 0)


def test_sections_are_renamed_split_added_and_dropped(editor):
    n = len(issue(editor).sections)
    gesture(editor, "renommer:0", titre="Chez nous")
    gesture(editor, "couper:0:2", titre="Et encore")
    gesture(editor, "rubrique", etiquette_rubrique="appel", titre="À saisir")
    made = issue(editor).sections
    assert [made[0].title, made[1].title, made[-1].title, made[-1].tag] == [
        "Chez nous",
        "Et encore",
        "À saisir",
        "appel",
    ]
    gesture(editor, f"retirer-rubrique:{len(made) - 1}")
    assert len(issue(editor).sections) == n + 1


def test_the_last_change_is_taken_back(editor):
    before = issue(editor)
    gesture(editor, "retirer:0:0")
    assert issue(editor) != before
    editor.post(f"{ISSUE}/annuler", version=version(editor))
    assert issue(editor) == before


@pytest.mark.parametrize(
    "geste", ["", "exploser:0:0", "retirer:99:99", "ajouter:0::nulle-part", "deplacer:0:0:x", "monter:-5:2", "une:²:0"]
)
def test_a_gesture_that_cannot_be_changes_nothing_and_says_so(editor, geste):
    before = version(editor)
    answer = gesture(editor, geste, vers="77")
    assert answer.status_code == 200 and "notice--error" in answer.text
    assert version(editor) == before


def test_two_editors_lose_nothing(editor):
    old = version(editor)
    editor.post(f"{ISSUE}/textes", version=old, objet="L’objet de Claire", apercu_texte="", date="", editorial="A")
    answer = editor.post(
        f"{ISSUE}/textes", version=old, objet="L’objet de Samir", apercu_texte="", date="", editorial="B"
    )
    assert answer.status_code == 409 and "L’objet de Samir" in answer.text and "L’objet de Claire" in answer.text
    assert issue(editor).subject == "L’objet de Claire"
    mine = unescape(re.search(r"<textarea[^>]*>(.*?)</textarea>", answer.text, re.DOTALL)[1])
    editor.post(f"{ISSUE}/choisir", version=version(editor), texte=mine)
    assert issue(editor).subject == "L’objet de Samir"
    editor.post(f"{ISSUE}/annuler", version=version(editor))
    assert issue(editor).subject == "L’objet de Claire"


def test_autosave_answers_with_the_next_version_and_a_conflict_with_409(editor):
    data = {"csrf": editor.csrf, "objet": "Un", "apercu_texte": "", "date": "2026-11-24", "editorial": "Bonjour"}
    asked = {"Accept": "application/json"}
    old = version(editor)
    saved = editor.client.post(f"{ISSUE}/textes", data={**data, "version": old}, headers=asked)
    assert saved.json()["version"] == version(editor) != old
    late = editor.client.post(f"{ISSUE}/textes", data={**data, "objet": "Deux", "version": old}, headers=asked)
    assert late.status_code == 409 and issue(editor).subject == "Un"


@pytest.mark.parametrize(
    ("field", "value"),
    [("date", "hier"), ("objet", "x" * 400), ("editorial", "qz7slot-unsub-7zq")],
)
def test_what_cannot_be_saved_is_given_back_as_it_was_typed(editor, field, value):
    before = version(editor)
    typed = {"objet": "Un objet", "apercu_texte": "", "date": "2026-11-24", "editorial": "Bonjour", field: value}
    answer = editor.post(f"{ISSUE}/textes", version=before, **typed)
    assert answer.status_code == 422 and 'role="alert"' in answer.text and version(editor) == before


def test_the_preview_is_nobodys_origin_and_runs_nothing(editor):
    made = editor.get(f"{ISSUE}/apercu")
    policy = made.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "sandbox" in policy and "script-src" not in policy
    assert "allow-same-origin" not in policy and "frame-ancestors 'self'" in policy
    page = editor.get(ISSUE).text
    assert re.search(r"<iframe[^>]* sandbox title=", page) and "allow-same-origin" not in page


def test_the_preview_shows_each_reader_dark_light_without_pictures_and_as_text(editor):
    light, dark = editor.get(f"{ISSUE}/apercu?theme=clair").text, editor.get(f"{ISSUE}/apercu?theme=sombre").text
    assert "@media not all" in light and "@media all" in dark and "prefers-color-scheme" not in dark
    assert "img-src" not in editor.get(f"{ISSUE}/apercu?images=sans").headers["content-security-policy"]
    assert editor.get(f"{ISSUE}/apercu?format=texte").headers["content-type"].startswith("text/plain")
    assert editor.get(f"{ISSUE}/apercu?lecteur=99").status_code == 200


def test_a_targeted_call_is_seen_as_the_readers_it_is_for(editor):
    from newsletter.actions.operations.start import load_organisations, load_people

    load_organisations(editor.workspace, editor.workspace.root / "data" / "organisations.csv")
    load_people(editor.workspace, 400)
    flash = "/studio/numeros/2026-11-17-flash"
    options = re.findall(r'<option value="(\d+)"[^>]*>([^<]+)', editor.get(flash).text.split('id="vue-lecteur"')[1])
    assert options[0][1].startswith("Lecteurs sans contenu ciblé (") and len(options) > 1
    call = "Nord"
    assert call not in editor.get(f"{flash}/apercu?lecteur=0&format=texte").text
    assert call in editor.get(f"{flash}/apercu?lecteur={options[1][0]}&format=texte").text


def test_an_issue_is_prepared_from_a_publication_and_a_day(editor):
    answer = editor.post("/studio/numeros", publication="lettre", date="2026-12-15", depart="articles")
    assert answer.url.path == "/studio/numeros/2026-12-lettre" or "2026-12" in answer.url.path
    empty = editor.post("/studio/numeros", publication="flash", date="2026-12-08", depart="rubriques")
    assert "2026-12-08" in empty.url.path
    bad = editor.post("/studio/numeros", publication="lettre", date="demain", depart="articles")
    assert "Choisissez le jour" in bad.text


def test_hostile_words_are_shown_as_text_on_every_page(editor):
    gesture(editor, "remplacer:0:0", titre=HOSTILE, resume=HOSTILE)
    gesture(editor, "renommer:0", titre=HOSTILE)
    editor.post(
        f"{ISSUE}/textes", version=version(editor), objet=HOSTILE, apercu_texte=HOSTILE, date="", editorial=HOSTILE
    )
    editor.post(f"{ISSUE}/commentaires", texte=HOSTILE)
    assert HOSTILE.replace('"', "") in issue(editor).subject.replace('"', "")
    pages = (
        ISSUE,
        f"{ISSUE}?q={HOSTILE}&ouvrir=i0-0&place={HOSTILE}",
        f"{ISSUE}/envoi",
        f"{ISSUE}/controles",
        f"{ISSUE}/apercu",
        "/studio/numeros",
    )
    for path in pages:
        text = editor.get(path).text
        assert "<script>alert" not in text and "<img src=x" not in text, path


@pytest.mark.parametrize("role", ["staff"])
@pytest.mark.parametrize(
    "path", ["/studio/numeros", ISSUE, f"{ISSUE}/apercu", f"{ISSUE}/envoi", "/studio/articles", f"{ISSUE}/envoi/flux"]
)
def test_pages_of_the_editors_are_closed_to_others(editor, role, path):
    other = sign_in(editor, role)
    assert other.get(path).status_code == 403


def test_a_form_without_its_token_changes_nothing(editor):
    before = version(editor)
    answer = editor.client.post(f"{ISSUE}/geste", data={"geste": "retirer:0:0", "version": before})
    assert answer.status_code == 403 and version(editor) == before
