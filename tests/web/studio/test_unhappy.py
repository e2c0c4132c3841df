"""Buttons pressed twice, too late, or with nothing in the form: each answers in a sentence and changes nothing."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from newsletter.actions import mail
from newsletter.actions.issues import versions
from newsletter.actions.letters import proofs
from newsletter.actions.operations import doctor
from newsletter.actions.sending import mailings
from newsletter.providers.wire import Outcome
from tests.web.studio.conftest import Desk, sign_in
from tests.web.studio.test_articles import EVENT, slug_of
from tests.web.studio.test_board import ISSUE, KEY, gesture, issue, version
from tests.web.studio.test_board import editor as editor
from tests.web.studio.test_board import month as month
from tests.web.studio.test_refusals import words
from tests.web.studio.test_sending import ENVOI, approve, mailing
from tests.web.studio.test_sending import sender as sender

SLUG = "lyon-cantine-solidaire"
ARTICLE, PEOPLE, SETTINGS = f"/studio/articles/{SLUG}", "/studio/public", "/studio/reglages"


def article_version(desk: Desk) -> str:
    return versions.article_version(desk.workspace, SLUG).version


def text_of(desk: Desk, name: str) -> str:
    return (desk.workspace.root / name).read_text()


@pytest.mark.parametrize("path", [ARTICLE, ISSUE], ids=["article", "issue"])
def test_there_is_nothing_to_take_back_before_the_first_change(editor, path):
    now = article_version(editor) if path == ARTICLE else version(editor)
    answer = editor.post(f"{path}/annuler", version=now)
    assert "Il n’y a rien à annuler." in answer.text and "notice--error" in answer.text


@pytest.mark.parametrize("path", [ARTICLE, ISSUE], ids=["article", "issue"])
def test_who_takes_back_what_somebody_changed_since_sees_both_texts(editor, path):
    old = article_version(editor) if path == ARTICLE else version(editor)
    if path == ARTICLE:
        kept = versions.article_version(editor.workspace, SLUG).article
        versions.save_article(editor.workspace, replace(kept, title="Un titre de Claire, tout neuf"), old)
    else:
        gesture(editor, "retirer:0:0")
    answer = editor.post(f"{path}/annuler", version=old)
    assert answer.status_code == 409 and "La version enregistrée" in answer.text


@pytest.mark.parametrize(
    ("path", "file"), [(ARTICLE, f"articles/{SLUG}.md"), (ISSUE, f"issues/{KEY}.md")], ids=["article", "issue"]
)
def test_a_conflict_is_settled_with_the_whole_text_that_was_chosen(editor, path, file):
    text = text_of(editor, file).replace("\n---\n", "\n# vu par Claire\n---\n", 1)
    now = article_version(editor) if path == ARTICLE else version(editor)
    browser = text.replace("\n", "\r\n")
    assert "Votre version est enregistrée" in editor.post(f"{path}/choisir", version=now, texte=browser).text
    assert text_of(editor, file) == text
    late = editor.post(f"{path}/choisir", version=now, texte=text + "Autre chose.")
    assert late.status_code == 409 and "Autre chose." in late.text
    now = article_version(editor) if path == ARTICLE else version(editor)
    broken = editor.post(f"{path}/choisir", version=now, texte="---\ntitle: [\n---\n")
    assert "Ce texte ne peut pas être enregistré" in broken.text and text_of(editor, file) == text


def test_an_article_of_no_kind_is_none(editor):
    answer = editor.post("/studio/articles", **{**EVENT, "sorte": "poème"})
    assert answer.status_code == 409 and "Choisissez une sorte d’article." in answer.text


def test_what_a_file_cannot_hold_is_named_beside_its_field(editor):
    made = slug_of(editor.post("/studio/articles", **EVENT))
    answer = editor.post("/studio/articles", **{**EVENT, "title": "Un titre sans fin " * 20})
    assert answer.status_code == 422 and 'id="title-erreur"' in answer.text and made not in answer.text


def test_a_person_is_added_by_hand_once_with_a_name(staff):
    answer = staff.post(f"{PEOPLE}/ajouter", address="zoe@ville.fr", publication="lettre", first_name="Zoé")
    page_of_zoe = words(answer)
    assert "zoe@ville.fr est abonné·e à « La lettre du RTES »." in page_of_zoe
    assert "fiche modifiée par Une staff champs : prénom" in page_of_zoe
    page = answer.url.path
    assert "peut pas être utilisée" in staff.post(f"{PEOPLE}/ajouter", address="zoe@", publication="lettre").text
    staff.post(f"{page}/desabonner", publication="lettre")
    again = staff.post(f"{page}/desabonner", publication="lettre")
    assert "Cet abonnement était déjà terminé." in again.text and "notice--error" in again.text
    for path, fields in ((f"{PEOPLE}/ajouter", {"address": "zoe@ville.fr"}), (f"{page}/abonner", {})):
        refused = staff.post(path, publication="lettre", asked="", **fields)
        assert "Si elle a demandé à revenir, dites comment" in refused.text
    back = staff.post(f"{page}/abonner", publication="lettre", asked="son courriel du 3 novembre")
    assert "Abonnement enregistré." in back.text


def test_a_file_to_import_has_to_be_chosen(staff):
    assert "Choisissez un fichier." in staff.post(f"{PEOPLE}/importer", publication="lettre").text


@pytest.mark.parametrize("publication", ["lettre", "organisations", "nulle-part"])
def test_a_file_that_cannot_be_imported_is_refused_and_forgotten(staff, publication):
    files = {"file": ("gens.xlsx", b"PK\x03\x04 rien", "application/octet-stream")}
    answer = staff.post(f"{PEOPLE}/importer", files=files, publication=publication)
    assert 'role="alert"' in answer.text
    assert not list((staff.workspace.root / ".uploads").rglob("*.xlsx"))


def test_former_members_are_found_alone(staff):
    page = staff.get(f"{PEOPLE}/organisations?etat=anciennes").text
    assert "Ville de Saint-Nazaire" in page and "Ville de Lille" not in re.sub(r"<select.*?</select>", "", page)


@pytest.mark.parametrize("fields", [{"begin": "2026-03-01"}, {"begin": "bientôt"}], ids=["one is running", "no day"])
def test_a_membership_that_cannot_be_renewed_says_why(staff, fields):
    answer = staff.post(f"{PEOPLE}/organisations/3/reconduire", **fields)
    assert "Cette adhésion court déjà, ou les dates ne se suivent pas." in answer.text


def test_a_comment_on_an_issue_is_answered_and_settled(editor):
    assert "Commentaire ajouté." in editor.post(f"{ISSUE}/commentaires", texte="Et la date ?").text
    (comment,) = proofs.comments(editor.workspace, KEY)
    assert f'name="fait" value="{comment.id}"' in editor.get(ISSUE).text
    assert "Commentaire traité." in editor.post(f"{ISSUE}/commentaires", fait=comment.id).text
    assert f'name="fait" value="{comment.id}"' not in editor.get(ISSUE).text


def test_an_article_is_dropped_at_a_place_of_another_section(editor):
    slug = issue(editor).sections[0].items[0].slug
    assert "Article déplacé." in gesture(editor, "deplacer:0:0", vers="1:0").text
    assert issue(editor).sections[1].items[0].slug == slug


def test_a_doubtful_recipient_is_settled_one_way_or_the_other(sender):
    approve(sender)
    assert sender.post(f"{ENVOI}/trancher", geste="peut-être").status_code == 422
    for geste in ("renvoyer", "parti"):
        answer = sender.post(f"{ENVOI}/trancher", geste=f"{geste}:nobody@ville.fr")
        assert "Ce n’était plus possible" in answer.text


def test_a_proof_that_left_says_to_whom(sender):
    page = sender.post(f"{ENVOI}/epreuve", a="admin@rtes.example").text
    assert "L’épreuve est partie vers admin@rtes.example." in page


def test_who_may_not_send_does_not_replace_what_is_about_to_leave(sender):
    approve(sender)
    sender.post(f"{ENVOI}/partir", empreinte=mailing(sender).content_hash, quand="heure", heure="demain 8h")
    before = mailing(sender).uid
    colleague = sign_in(sender, "editor", name="samir")
    assert colleague.post(f"{ENVOI}/bon-a-tirer").status_code == 403
    assert mailing(sender).uid == before and mailings.mailing_receipt(sender.workspace, KEY).open == 20


def test_the_examination_of_sending_asks_the_network_only_by_a_button(admin, monkeypatch):
    asked: list[bool] = []
    real = doctor.examine

    def examine(workspace, *, offline=False):
        asked.append(offline)
        return real(workspace, offline=True)

    monkeypatch.setattr(doctor, "examine", examine)
    assert admin.get(f"{SETTINGS}/envoi").status_code == 200 and asked == [True]
    assert admin.post(f"{SETTINGS}/envoi/examen").status_code == 200 and asked == [True, False]


def test_a_test_message_that_the_provider_refuses_gives_its_words(admin, monkeypatch):
    monkeypatch.setattr(mail, "send", lambda *_a, **_k: Outcome(0, "refused", code=550, text="550 no such sender"))
    page = words(admin.post(f"{SETTINGS}/envoi/essai"))
    assert "Le message d’essai n’est pas parti. Le prestataire répond :" in page and "550 no such sender" in page


def test_a_key_needs_a_name_and_ends_once(admin):
    assert "Donnez un nom à la clé" in admin.post(f"{SETTINGS}/cles", name=" ", scope="read").text
    assert "Cette clé ne servait déjà plus." in admin.post(f"{SETTINGS}/cles/fin", token="0" * 64).text
