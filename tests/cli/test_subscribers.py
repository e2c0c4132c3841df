"""`newsletter subscribers` and `purge` as a user runs them."""

from __future__ import annotations

import csv
import io

PEOPLE = "email;prenom;collectivite;statut\na@ville.fr;Zoé;Ville de Lille;\nb@gmial.com;;;\nc@ville.fr;;;désabonné\n"


def test_a_column_that_is_not_understood_stops_the_import_until_it_is_named(newsletter, workspace):
    file = workspace / "zones.csv"
    file.write_text("email;Statut;Territoire\na@ville.fr;zone 1;Nord\npas une adresse;zone 2;Sud\n", encoding="utf-8")
    arguments = ("subscribers", "import", str(file), "--publication", "lettre")
    stopped = newsletter(*arguments)
    assert stopped.code == 1
    assert "--column 'Statut=MEANING'" in stopped.err
    asked = newsletter(*arguments, "--json").json
    assert [column["column"] for column in asked["columns"] if column["question"]] == ["Statut"]
    assert asked["columns"][1]["values"] == ["zone 1", "zone 2"]
    told = newsletter(*arguments, "--column", "Statut=ignore", "--refused", str(workspace / "refused.csv"))
    assert told.code == 0
    assert "columns not read: Territoire" in told.out
    assert "pas une adresse;zone 2;Sud;" in (workspace / "refused.csv").read_text("utf-8-sig")
    assert newsletter(*arguments, "--column", "Statut").code == 2
    assert newsletter(*arguments, "--column", "Statut=maybe").code == 1


def test_the_way_of_a_file_from_rehearsal_to_undoing(newsletter, workspace):
    file = workspace / "people.csv"
    file.write_text(PEOPLE)
    arguments = ("subscribers", "import", str(file), "--publication", "lettre", "--json")
    rehearsed, done = newsletter(*arguments, "--dry-run").json, newsletter(*arguments).json
    assert {**rehearsed, "import": 1} == done
    assert (done["file_action"], done["rows"], done["encoding"], done["delimiter"]) == ("import", 3, "utf-8", ";")
    assert done["counts"] == {"accept": 1, "review": 1, "suppress": 1}
    assert set(done["outcomes"][0]) == {"record", "line", "email", "action", "reason", "fields"}
    assert [r["subject"] for r in newsletter("subscribers", "reviews", "list", "--json").json] == ["b@gmial.com"]
    shown = newsletter("subscribers", "show", "a@ville.fr", "--json").json
    assert (shown["email"], shown["organisation"]) == ("a@ville.fr", "Ville de Lille")
    assert set(shown["subscriptions"][0]) == {"publication", "state", "basis", "since"}
    assert newsletter("subscribers", "import", "--undo", "1", "--json").json["undone"] == {"removed": 2}
    assert newsletter("subscribers", "show", "a@ville.fr").code == 1


def test_a_page_given_as_a_table_is_refused_with_exit_code_1(newsletter, workspace):
    file = workspace / "people.csv"
    file.write_text("<!doctype html><p>Session expirée</p>")
    ran = newsletter("subscribers", "import", str(file), "--publication", "lettre", "--json")
    assert (ran.code, ran.json["file_action"], ran.json["rows"]) == (1, "refuse", 0)
    assert "page web" in ran.json["reason"]
    missing = newsletter("subscribers", "import", str(workspace / "no.csv"), "--publication", "lettre")
    assert missing.code == 1
    assert missing.err.startswith("error: the file cannot be read")


def test_one_person_added_explained_unsubscribed_and_erased(newsletter):
    add = newsletter(
        "subscribers",
        "add",
        "z@ville.fr",
        "--publication",
        "flash",
        "--first-name",
        "Zoé",
        "--organisation",
        "Ville de Lille",
    )
    assert add.out == "z@ville.fr: subscribed to flash\n"
    chain = newsletter("subscribers", "why", "z@ville.fr", "flash").out
    for part in ("z@ville.fr", "Zoé", "Ville de Lille (commune)", "member      from", "active since", "receives flash"):
        assert part in chain
    assert newsletter("subscribers", "unsubscribe", "z@ville.fr").out == "z@ville.fr: left flash\n"
    why = newsletter("subscribers", "why", "z@ville.fr", "flash", "--json").json
    assert (why["receives"], why["reason"]) == (False, "left")
    assert newsletter("subscribers", "forget", "z@ville.fr", "--yes").code == 0
    assert "erased: only a hash is kept" in newsletter("subscribers", "why", "z@ville.fr", "flash").out
    assert "not known" in newsletter("subscribers", "why", "nobody@ville.fr", "flash").out


def test_an_export_has_everybody_in_the_flavour_asked_for(newsletter):
    text = newsletter("subscribers", "export", "--publication", "lettre", "--plain").out
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == 60
    assert {row["status"] for row in rows} == {"active"}


def test_a_purge_is_rehearsed_and_then_done(newsletter):
    rehearsed = newsletter("purge", "--dry-run", "--json").json
    done = newsletter("purge", "--json").json
    assert rehearsed == {**done, "dry_run": True}
    assert done["left_erased"] == 0
    assert (done["pictures_removed"], done["pictures_held"]) == (0, "")
