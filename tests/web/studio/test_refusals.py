"""What the Studio refuses, it refuses in the language of who sits before it, without a command's name."""

from __future__ import annotations

import re
from html import unescape

import pytest

from newsletter.actions.operations.start import load_people
from newsletter.actions.sending import mailings
from newsletter.actions.sending.approval import approve_issue
from tests.web.studio.conftest import Desk, sign_in
from tests.web.studio.test_board import ISSUE, KEY, version
from tests.web.studio.test_board import editor as editor
from tests.web.studio.test_board import month as month

ENVOI = f"{ISSUE}/envoi"


@pytest.fixture
def desk(editor) -> Desk:
    """Somebody who may do everything, on a copy of the sample month with three subscribers."""
    load_people(editor.workspace, 3)
    return sign_in(editor, "admin", may_send=True)


def words(answer) -> str:
    """Return what a page says, with plain spaces."""
    text = re.sub(r"<(script|style).*?</\1>|<[^>]*>", " ", answer.text, flags=re.DOTALL)
    return re.sub(r"\s+", " ", unescape(text).replace("\u2060", ""))


def leaving(desk: Desk, when: str):
    approve_issue(desk.workspace, KEY, by="test")
    seen = mailings.current_mailing(desk.workspace, KEY).content_hash
    return desk.post(f"{ENVOI}/partir", quand="heure", heure=when, empreinte=seen)


def texts(desk: Desk, **typed: str):
    fields = {"objet": "Un objet", "apercu_texte": "", "date": "", "editorial": "", **typed}
    return desk.post(f"{ISSUE}/textes", version=version(desk), **fields)


def broken_file(desk: Desk):
    path = desk.workspace.root / "articles" / "casse.md"
    path.write_text("---\ntitle: x\ntags: [rtes]\ndate: hier\n---\n", "utf-8")
    return desk.get("/studio/articles")


REFUSALS = {
    "an hour that is no time": (
        lambda d: leaving(d, "quand vous voudrez"),
        "« quand vous voudrez » n’est pas une heure à venir. Écrivez par exemple :",
        "“quand vous voudrez” is not a time to come. Write for example:",
    ),
    "an hour that is past": (
        lambda d: leaving(d, "2020-01-02 08:00"),
        "Le 02/01/2020 à 08:00 est déjà passé. Donnez une heure à venir.",
        "02/01/2020 at 08:00 is already past. Give a time to come.",
    ),
    "a weekday beside its date": (
        lambda d: leaving(d, "lundi 24/12/2030 9h"),
        "Le 24/12/2030 n’est pas un lundi. Vérifiez la date.",
        "24/12/2030 is not a “lundi”. Check the date.",
    ),
    "a pause before the approval": (
        lambda d: d.post(f"{ENVOI}/pause"),
        "Ce n’était plus possible : Ce numéro n’a pas encore de bon à tirer. Donnez-le d’abord.",
        "This issue is not approved yet. Approve it first.",
    ),
    "an article that is nowhere": (
        lambda d: d.post(f"{ISSUE}/geste", geste="ajouter:0::nulle-part", version=version(d)),
        "Il n’y a pas d’article « nulle-part »",
        "There is no article “nulle-part”",
    ),
    "a page of an article that is nowhere": (
        lambda d: d.get("/studio/articles/nulle-part"),
        "Il n’y a pas d’article « nulle-part ». Choisissez-en un dans la liste.",
        "There is no article “nulle-part”. Choose one from the list.",
    ),
    "a page of an issue that is nowhere": (
        lambda d: d.get("/studio/numeros/nulle-part"),
        "Il n’y a pas de numéro « nulle-part »",
        "There is no issue “nulle-part”",
    ),
    "an issue of no publication": (
        lambda d: d.post("/studio/numeros", publication="gazette", date="2026-12-24"),
        "Cette publication n’existe pas. Choisissez-en une dans la liste.",
        "There is no such publication. Choose one from the list.",
    ),
    "a subject without end": (
        lambda d: texts(d, objet="x" * 400),
        "Le champ « Objet du message » dépasse 300 signes. Raccourcissez-le.",
        "The field “Subject of the message” exceeds 300 characters. Shorten it.",
    ),
    "a word kept for the program": (
        lambda d: texts(d, editorial="qz7slot-x"),
        "Le texte contient un caractère invisible ou un mot réservé (`qz7slot`). Supprimez-le.",
        "The text holds an invisible character or a reserved word (`qz7slot`). Delete it.",
    ),
    "a file that cannot be read": (
        broken_file,
        "Un fichier ne peut pas être lu : articles/casse.md:4, date « hier » n’est pas une date. Écrivez 2026-11-24",
        "“hier” is no date. Write 2026-11-24",
    ),
    "a person that is nowhere": (
        lambda d: d.get("/studio/public/personnes/" + "0" * 32),
        "Nous ne trouvons pas cette personne : elle n’est plus dans la liste",
        "We cannot find this person: they are no longer in the list",
    ),
    "a message that is nowhere": (
        lambda d: d.get("/studio/boite/nulle-part"),
        "Cet envoi n’est plus dans la boîte.",
        "This mailing is no longer in the box.",
    ),
}


@pytest.mark.parametrize("case", REFUSALS)
@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_refusal_is_in_the_language_of_the_page(desk, case, language):
    act, french, english = REFUSALS[case]
    desk.client.headers["Accept-Language"] = language
    said = words(act(desk))
    assert (french if language == "fr" else english) in said
    assert "newsletter " not in said.replace("newsletter.toml", ""), "no command stands on a page"


@pytest.mark.parametrize("language", ["fr", "en"])
def test_why_a_mailing_paused_is_kept_in_the_language_of_the_network(desk, language):
    desk.workspace.settings.network.__dict__["locale"] = language
    approve_issue(desk.workspace, KEY, by="test")
    kept = mailings.pause_mailing(desk.workspace, KEY, by="claire@rtes.example").pause_reason
    assert kept == {"fr": "Mis en pause par claire@rtes.example.", "en": "Paused by claire@rtes.example."}[language]
