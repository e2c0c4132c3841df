"""Audiences in the Studio: named, counted while chosen, put on an item, an issue, a publication and an export."""

from __future__ import annotations

import re
import shutil
from html import unescape

import pytest

from newsletter.actions.issues import versions
from newsletter.actions.operations import start
from newsletter.actions.people import audiences
from newsletter.actions.sending import mailings
from newsletter.actions.workspace import open_workspace
from newsletter.audience import EVERYONE, formula
from newsletter.audience_parser import parse_rule
from tests.web.studio.conftest import Desk, sign_in

FLASH = "2026-11-17-flash"
BOARD, SENDING = f"/studio/numeros/{FLASH}", f"/studio/numeros/{FLASH}/envoi"
HOME = "/studio/public/publics"


@pytest.fixture(scope="session")
def network(tmp_path_factory):
    """The sample month with its organisations and 40 people, nothing sent."""
    path = tmp_path_factory.mktemp("audiences") / "ws"
    start.init(path, sample=True)
    workspace = open_workspace(path)
    start.load_organisations(workspace, path / "data" / "organisations.csv")
    start.load_people(workspace, 40)
    workspace.close()
    return path


@pytest.fixture
def desk(network, tmp_path) -> Desk:
    shutil.copytree(network, tmp_path / "ws")
    workspace = open_workspace(tmp_path / "ws")
    yield sign_in(workspace, "admin", may_send=True)
    workspace.close()


def words(answer) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", answer.text)))


def version(desk: Desk) -> str:
    return versions.issue_version(desk.workspace, FLASH).version


def issue(desk: Desk):
    return versions.issue_version(desk.workspace, FLASH).issue


def test_an_audience_is_named_counted_listed_explained_and_deleted_with_a_way_back(desk):
    made = desk.post(
        f"{HOME}/enregistrer", titre="Les départements", niveaux=["departement"], membre="oui", regle="", regle_avant=""
    )
    assert made.url.path == f"{HOME}/les-departements" and "Public enregistré." in made.text
    assert "les contacts des départements adhérents" in words(made)
    rule = (desk.workspace.root / "audiences" / "les-departements.md").read_text()
    assert "for: level = departement and member" in rule
    listed = desk.get(HOME)
    n = int(re.search(r"regle=les-departements[^>]*>(\d+)", listed.text)[1])
    people = desk.get(f"{HOME}/personnes?regle=les-departements")
    assert n > 0 and f"{n} personne" in words(people)
    someone = re.search(r"[\w.+-]+@[\w.-]+", re.search(r"<tbody>(.*)", people.text, re.DOTALL)[1])[0]
    assert "Oui, elle en est." in desk.get(f"{HOME}/les-departements?adresse={someone}").text
    assert "n’est pas dans la liste" in words(desk.get(f"{HOME}/les-departements?adresse=x@nulle-part.fr"))
    twin = desk.post(f"{HOME}/enregistrer", titre="Autre", regle="member and level = departement", regle_avant="")
    assert twin.status_code == 422 and "dit déjà la même chose" in words(twin)
    gone = desk.post(f"{HOME}/les-departements/supprimer")
    assert not (desk.workspace.root / "audiences" / "les-departements.md").exists()
    fields = dict(re.findall(r'name="(titre|note|simple|regle)" value="([^"]*)"', gone.text))
    desk.post(f"{HOME}/enregistrer", **{name: unescape(value) for name, value in fields.items()})
    assert (desk.workspace.root / "audiences" / "les-departements.md").read_text() == rule


def test_a_renamed_audience_comes_back_under_the_key_that_rules_name(desk):
    desk.post(f"{HOME}/enregistrer", titre="Bretons", regle="region = Bretagne", regle_avant="")
    desk.post(f"{HOME}/enregistrer", key="bretons", titre="Les Bretons", regle="region = Bretagne", regle_avant="")
    gone = desk.post(f"{HOME}/bretons/supprimer")
    form = re.search(r'action="[^"]*/enregistrer">(.*?)</form>', gone.text, re.DOTALL)[1]
    fields = {name: unescape(value) for name, value in re.findall(r'name="(?!csrf)([^"]+)" value="([^"]*)"', form)}
    desk.post(f"{HOME}/enregistrer", **fields)
    assert [(one.key, one.title) for one in desk.workspace.audiences()] == [("bretons", "Les Bretons")]


@pytest.mark.parametrize("key", ["../articles/x", "..", "a/b", "Bretons", "a b"])
def test_the_key_of_a_form_names_no_other_file(desk, key):
    before = sorted(desk.workspace.root.rglob("*.md"))
    answer = desk.post(f"{HOME}/enregistrer", key=key, titre="X", regle="region = Bretagne", regle_avant="")
    assert answer.status_code == 404 and sorted(desk.workspace.root.rglob("*.md")) == before


def test_a_value_that_is_not_on_offer_stays_in_the_rule(desk):
    rule = "group = presse and not group = bureau"
    desk.post(f"{HOME}/enregistrer", titre="Presse", regle=rule, regle_avant="")
    page = desk.get(f"{HOME}/presse").text
    sent = {name: [value] for name, value in re.findall(r'name="(groupes|sauf_groupes)" value="(\w+)" checked', page)}
    desk.post(f"{HOME}/enregistrer", key="presse", titre="Presse", regle=rule, regle_avant=rule, **sent)
    assert [formula(one.rule) for one in desk.workspace.audiences()] == [rule]


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"niveaux": ["commune"]}, "les contacts des communes : "),
        ({"regle": "level = region and member", "regle_avant": ""}, "les contacts des régions adhérentes"),
        ({"departements": "29, 59"}, "les personnes des départements 29 ou 59 : "),
        ({"sauf_groupes": ["presse"]}, "les personnes hors du groupe « presse » : "),
        ({"regle": "regoin = X", "regle_avant": ""}, "ne se lit pas à partir de « regoin = X »"),
        ({"regle": "audience = rien", "regle_avant": ""}, "Il n’y a pas de public « rien »"),
        ({}, "tout le monde : 40 personnes"),
    ],
)
def test_a_rule_is_counted_while_it_is_chosen(desk, fields, says):
    answer = desk.post("/studio/publics/compter", **fields).json()
    assert says in answer["words"].replace("\u00a0", " ").replace("\u202f", " ").replace("\u2060", "")


def test_an_item_and_an_issue_are_targeted_on_the_board_and_the_send_page_shows_the_versions(desk):
    fields = {"niveaux": ["departement"], "regle": "", "regle_avant": ""}
    answer = desk.post(f"{BOARD}/geste", geste="public:0:0", version=version(desk), **fields)
    assert "Pour : les contacts des départements" in words(answer)
    assert formula(issue(desk).sections[0].items[0].audience) == "level = departement"
    opened = desk.get(f"{BOARD}?ouvrir=i0-0").text
    assert re.search(r'name="niveaux" value="departement" checked', opened)
    whole = desk.post(
        f"{BOARD}/geste", geste="public-numero", version=version(desk), membre="oui", regle="", regle_avant=""
    )
    assert formula(issue(desk).audience) == "member" and "Ce numéro va à : les personnes d’une collectivité" in words(
        whole
    )
    shown = words(desk.get(SENDING))
    assert "versions de la lettre, selon le public" in shown and "Les contacts des départements" in shown
    desk.post(f"{BOARD}/geste", geste="public-numero", version=version(desk), regle="", regle_avant="member")
    assert issue(desk).audience == EVERYONE


def test_who_would_get_an_empty_letter_is_left_out_and_counted(desk):
    for section in range(len(issue(desk).sections) - 1, 0, -1):
        desk.post(f"{BOARD}/geste", geste=f"retirer-rubrique:{section}", version=version(desk))
    while len(issue(desk).sections[0].items) > 1:
        desk.post(f"{BOARD}/geste", geste="retirer:0:1", version=version(desk))
    if issue(desk).lead:
        desk.post(f"{BOARD}/geste", geste="retirer:-1:0", version=version(desk))
    fields = {"regle": "level = departement", "regle_avant": ""}
    desk.post(f"{BOARD}/geste", geste="public:0:0", version=version(desk), **fields)
    page = desk.get(SENDING)
    assert "aucun article ne leur est destiné" in words(page) and "recevront rien" in words(page)
    seen = re.search(r'name="empreinte" value="([^"]+)"', page.text)[1]
    desk.post(f"{SENDING}/bon-a-tirer", empreinte=seen)
    receipt = mailings.mailing_receipt(desk.workspace, FLASH)
    assert receipt.balanced and receipt.excluded_by["nothing-for-them"] > 0 and receipt.open > 0


def test_a_rule_that_cannot_be_read_changes_nothing_on_the_board(desk):
    before = version(desk)
    answer = desk.post(f"{BOARD}/geste", geste="public:0:0", version=before, regle="regoin = X", regle_avant="")
    assert "ne se lit pas" in words(answer) and version(desk) == before


def test_a_publication_goes_to_an_audience_only(desk):
    page = desk.get("/studio/reglages/publications/lettre").text
    fields = {
        name: unescape(value)
        for name, value in re.findall(r'name="(version|title|subject)"[^>]* value="([^"]*)"', page)
    }
    rows = {
        name: re.findall(rf'name="{name}"[^>]* value="([^"]*)"', page) for name in ("section_place", "section_title")
    }
    chosen = {
        name: re.findall(r'<option value="([^"]*)" selected', block)
        for name, block in (
            ("section_tag", "".join(re.findall(r'name="section_tag">.*?</select>', page, re.DOTALL))),
            ("section_layout", "".join(re.findall(r'name="section_layout">.*?</select>', page, re.DOTALL))),
        )
    }
    rows["section_title"] = [unescape(title) for title in rows["section_title"]]
    sent = {**fields, **rows, **chosen, "archive": "public", "niveaux": ["departement"], "regle": "", "regle_avant": ""}
    answer = desk.post("/studio/reglages/publications/lettre", **sent)
    assert "Réglages enregistrés" in answer.text
    assert desk.workspace.settings.publications["lettre"].for_ == "level = departement"
    assert "hors du public" in words(desk.get("/studio/numeros/2026-11-lettre/envoi"))


def test_an_export_is_chosen_where_it_is_made(desk):
    assert "Exporter ce public" in desk.get("/studio/public").text
    answer = desk.post(f"{HOME}/exporter", champs="oui", niveaux=["departement"], regle="", regle_avant="")
    lines = answer.content.decode("utf-8-sig").splitlines()
    assert answer.headers["content-type"].startswith("text/csv") and lines[0].startswith("Adresse électronique;")
    assert len(lines) > 1 and all(";Département;" in line for line in lines[1:])


def test_the_letter_is_seen_as_one_person_gets_it(desk):
    desk.post(f"{BOARD}/geste", geste="public:0:0", version=version(desk), regle="level = departement", regle_avant="")
    title = (
        issue(desk).sections[0].items[0].title or desk.workspace.pool().get(issue(desk).sections[0].items[0].slug).title
    )
    for rule, shown in (("level = departement", True), ("not level = departement", False)):
        person = audiences.list_people(desk.workspace, parse_rule(f"subscribed = flash and {rule}"))[0][0]
        text = desk.get(f"{BOARD}/apercu?format=texte&adresse={person.address}").text
        assert (" ".join(title.split())[:30] in " ".join(text.split())) == shown
    assert "Nous ne trouvons pas" in desk.get(f"{BOARD}/apercu?adresse=x@nulle-part.fr").text
    desk.post(
        f"{BOARD}/geste", geste="public-numero", version=version(desk), regle="level = departement", regle_avant=""
    )
    assert "ne recevrait pas ce numéro" in desk.get(f"{BOARD}/apercu?adresse={person.address}").text
