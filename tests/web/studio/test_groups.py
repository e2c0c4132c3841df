"""Groups and custom fields in the Studio: seen before they change, taken back, kept on the page of a person."""

from __future__ import annotations

import re

import pytest

from newsletter.actions.people import audiences, custom_fields, groups
from newsletter.actions.team import users
from newsletter.audience_parser import parse_rule
from newsletter.errors import Refused
from tests.web.studio.conftest import first_person
from tests.web.studio.test_audiences import desk, network, words

HOME = "/studio/public/groupes"
__all__ = ["desk", "network"]


def count(desk, rule):
    return audiences.count_people(desk.workspace, parse_rule(rule))


def test_a_group_is_filled_by_addresses_after_a_look_and_taken_back(desk):
    assert desk.post(HOME, titre="Groupe de travail", note="Achats").url.path == f"{HOME}/groupe-de-travail"
    page = desk.get(first_person(desk.workspace)).text
    address = re.search(r'<p class="lead">([^ <]+@[^ <]+)', page)[1]
    fields = {"par": "adresses", "adresses": f"{address}; inconnue@nulle-part.fr\npas@une@adresse", "sens": "entrer"}
    seen = desk.post(f"{HOME}/groupe-de-travail", **fields)
    assert "1 personne entrerait dans le groupe." in words(seen) and "inconnue@nulle-part.fr" in seen.text
    assert count(desk, "group = groupe-de-travail") == 0
    done = desk.post(f"{HOME}/groupe-de-travail", **fields, sure="oui")
    assert "1 personne est entrée dans le groupe." in words(done) and count(desk, "group = groupe-de-travail") == 1
    assert "Groupe de travail" in words(desk.get(first_person(desk.workspace)))
    when = re.search(r'name="quand" value="([^"]+)"', done.text)[1]
    desk.post(f"{HOME}/groupe-de-travail/reprendre", quand=when)
    assert count(desk, "group = groupe-de-travail") == 0


def test_a_group_is_filled_by_an_audience_and_emptied(desk):
    groups.save_group(desk.workspace, "", "Presse", "", "test")
    chosen = {"par": "public", "niveaux": ["departement"], "regle": "", "regle_avant": ""}
    expected = count(desk, "level = departement")
    assert expected and f"{expected} personnes entreraient" in words(
        desk.post(f"{HOME}/presse", **chosen, sens="entrer")
    )
    desk.post(f"{HOME}/presse", **chosen, sens="entrer", sure="oui")
    assert count(desk, "group = presse") == expected
    assert count(desk, "level = departement without group = presse") == 0
    desk.post(f"{HOME}/presse", **chosen, sens="sortir", sure="oui")
    assert count(desk, "group = presse") == 0
    assert desk.post(HOME, titre="Presse").url.path == HOME and len(groups.list_groups(desk.workspace)) == 1


def test_a_field_is_made_filled_on_the_page_of_a_person_and_used_in_a_rule(desk):
    fields = {"sur": "person", "nom": "Thèmes suivis", "sorte": "choices", "choix": "santé\nachats"}
    assert "Champ enregistré." in desk.post("/studio/public/champs", **fields).text
    page = first_person(desk.workspace)
    desk.post(f"{page}/champs", **{"champ_themes-suivis": ["", "achats"]})
    assert count(desk, "person.themes-suivis = achats") == 1
    assert re.search(r'value="achats" checked', desk.get(page).text)
    desk.post(f"{page}/champs", **{"champ_themes-suivis": [""]})
    assert count(desk, "person.themes-suivis = achats") == 0 and "achats (du" in words(desk.get(page))
    refused = desk.post(f"{page}/champs", **{"champ_themes-suivis": ["pêche"]})
    assert "ne convient pas au champ « Thèmes suivis »" in words(refused).replace("\u202f", " ")
    assert desk.post("/studio/public/champs", **{**fields, "choix": ""}).status_code == 422
    assert desk.post(f"{page}/champs", champ_rien=["achats"]).status_code == 404


@pytest.mark.parametrize(
    ("texts", "stored"),
    [
        (["Oui, sans réserve"], ("Oui, sans réserve",)),
        (["oui, sans réserve", "Santé ; soin"], ("Oui, sans réserve", "Santé ; soin")),
        (["Oui, sans réserve; Non"], ("Oui, sans réserve", "Non")),
        (["Non, achats\nSanté ; soin"], ("Non", "achats", "Santé ; soin")),
        (["Non,,; "], ("Non",)),
    ],
)
def test_a_choice_may_hold_the_signs_that_stand_between_choices(texts, stored):
    choices = ("Non achats", "Oui, sans réserve", "Non", "achats", "Santé ; soin")
    field = custom_fields.CustomField(about="person", key="x", label="X", kind="choices", choices=choices)
    assert custom_fields.parse_values(field, texts) == stored


@pytest.mark.parametrize(
    ("kind", "text", "stored"),
    [
        ("text", " deux  mots ", "deux mots"),
        ("number", "1 234,5", "1234.5"),
        ("number", "douze", None),
        ("date", "3/2/2026", "2026-02-03"),
        ("date", "2026-02-30", None),
        ("choice", "SANTE", "santé"),
        ("choice", "pêche", None),
    ],
)
def test_a_value_is_stored_in_one_form_or_refused_by_name(kind, text, stored):
    field = custom_fields.CustomField(about="person", key="x", label="X", kind=kind, choices=("santé",))
    if stored is None:
        with pytest.raises(Refused, match=r"is no value of `person\.x`"):
            custom_fields.parse_values(field, [text])
    else:
        assert custom_fields.parse_values(field, [text]) == (stored,)


def test_a_file_fills_fields_whole_or_not_at_all(desk, tmp_path):
    custom_fields.save_field(desk.workspace, "person", "", "Mandat depuis", "date", (), "test")
    address = re.search(r'<p class="lead">([^ <]+@[^ <]+)', desk.get(first_person(desk.workspace)).text)[1]
    file = tmp_path / "mandats.csv"
    file.write_text(f"email;Mandat depuis;Remarque\n{address};15/03/2020;x\ninconnue@nulle-part.fr;2020-03-15;\n")
    done = custom_fields.import_values(desk.workspace, file, "person", "test")
    assert (done.rows, done.changed, done.not_read) == (2, 0, ("Remarque",)) and "line 3" in done.refused[0]
    file.write_text(f"email;Mandat depuis;Remarque\n{address};15/03/2020;x\n")
    assert custom_fields.import_values(desk.workspace, file, "person", "test", dry_run=True).changed == 1
    assert count(desk, "person.mandat-depuis since 2020-01-01") == 0
    assert custom_fields.import_values(desk.workspace, file, "person", "test").changed == 1
    assert count(desk, "person.mandat-depuis since 2020-01-01 before 2021-01-01") == 1


def test_another_program_puts_people_into_a_group_and_is_told_nothing_about_them(desk):
    groups.save_group(desk.workspace, "", "Presse", "", "test")
    key = users.make_token(desk.workspace, "Site", "write", "test")
    address = re.search(r'<p class="lead">([^ <]+@[^ <]+)', desk.get(first_person(desk.workspace)).text)[1]
    said = set()
    for sent in ([address], ["inconnue@nulle-part.fr"]):
        headers = {"Authorization": f"Bearer {key}"}
        answer = desk.client.post("/api/v1/groups/presse/people", json={"addresses": sent}, headers=headers)
        said.add((answer.status_code, answer.text))
    assert len(said) == 1 and count(desk, "group = presse") == 1
    listed = desk.client.get("/api/v1/groups", headers=headers).json()
    assert listed == {"groups": [{"group": "presse", "title": "Presse", "people": 1}]}


def test_a_column_of_a_file_is_read_as_a_field_on_the_page_of_columns(desk):
    custom_fields.save_field(desk.workspace, "person", "", "Thème", "choice", ("santé", "achats"), "test")
    home = "/studio/public/importer"
    content = "Courriel;Sujet\nnouvelle@ville.example;sante\nautre@ville.example;pêche\n".encode()
    page = desk.post(home, publication="lettre", files={"file": ("liste.csv", content)})
    assert "Champ : Thème" in words(page)
    token = re.search(r'name="token" value="([^"]+)"', page.text)[1]
    fields = {"token": token, "publication": "lettre", "header": ["Courriel", "Sujet"]}
    read = desk.post(f"{home}/colonnes", **fields, meaning=["", "field:theme"])
    assert "ligne 3, colonne « Sujet » : « pêche » ne convient pas au champ « Thème »" in words(read)
    desk.post(f"{home}/faire", token=token, publication="lettre")
    assert count(desk, "person.theme = santé") == 1
