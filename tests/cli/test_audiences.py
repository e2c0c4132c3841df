"""`newsletter audiences` as a user runs it."""

from __future__ import annotations

import pytest

PEOPLE = (
    "email;prenom;collectivite;fonction\na@bretagne.fr;Anne;Conseil de l’Essai;Présidente\n"
    "b@lille.fr;Bob;Commune de Contre-Essai;Maire\nc@presse.fr;;;Journaliste\n"
)


@pytest.fixture
def network(newsletter, workspace):
    (workspace / "people.csv").write_text(PEOPLE, encoding="utf-8")
    newsletter(
        "members", "add", "Conseil de l’Essai", "--level", "region", "--region", "Essai", "--joined", "2020-01-01"
    )
    newsletter("members", "add", "Commune de Contre-Essai", "--level", "commune", "--region", "Autre")
    done = newsletter("subscribers", "import", str(workspace / "people.csv"), "--publication", "lettre", "--json")
    assert done.json["counts"] == {"accept": 3}
    (workspace / "audiences").mkdir()
    (workspace / "audiences" / "bretagne.md").write_text("---\ntitle: La Bretagne\nfor: region = Essai\n---\n")
    return workspace


def test_an_audience_is_listed_shown_counted_explained_and_exported(newsletter, network):
    listed = newsletter("audiences", "list", "--json").json
    assert [(one["audience"], one["people"], one["rule"]) for one in listed] == [("bretagne", 1, "region = Essai")]
    shown = newsletter(
        "audiences", "show", "role = elu and region = Essai, Autre without audience = bretagne", "--json"
    ).json
    assert shown["people"] == 1 and "hors du public « La Bretagne »" in shown["sentence"].replace("\u202f", " ")
    assert "rule    region = Essai\n" in newsletter("audiences", "show", "bretagne").out
    assert newsletter("audiences", "count", "region = Essai, Autre without audience = bretagne").out.strip() == "1"
    assert newsletter("audiences", "count", "bretagne", "--on", "2020-01-01", "--json").json["total"] == 0
    why = newsletter("audiences", "why", "b@lille.fr", "role = elu and region = Essai", "--json").json
    assert not why["inside"] and [one["holds"] for one in why["conditions"]] == [False, True]
    assert newsletter("audiences", "export", "bretagne", "--out", str(network / "out.csv")).code == 0
    lines = (network / "out.csv").read_text("utf-8-sig").splitlines()
    assert lines[0].startswith("Adresse électronique;Civilité;Prénom;Nom;Fonction;Rôle;Téléphone;Organisation;Niveau")
    assert lines[1].startswith("a@bretagne.fr;") and "Conseil de l’Essai;Région;Essai" in lines[1] and len(lines) == 2


FAULTS = [
    (("count", "regoin = Bretagne"), "did you mean `region`"),
    (("count", "audience = bretagn"), "did you mean `bretagne`"),
    (("count", "function = maire", "--on", "2025-01-01"), "is not kept"),
    (("count", "member", "--on", "2999-01-01"), "still to come"),
    (("why", "a", "member"), "error:"),
]


def test_what_cannot_be_answered_says_why(newsletter, workspace):
    (workspace / "audiences").mkdir()
    (workspace / "audiences" / "bretagne.md").write_text("---\ntitle: La Bretagne\nfor: region = Essai\n---\n")
    for arguments, says in FAULTS:
        ran = newsletter("audiences", *arguments)
        assert ran.code == 1 and says in ran.err, (arguments, ran.err)
    (workspace / "audiences" / "faux.md").write_text("---\ntitle: Faux\nfor: region Bretagne\n---\n")
    ran = newsletter("audiences", "list")
    assert ran.code == 1 and "audiences/faux.md:3, for" in ran.err
