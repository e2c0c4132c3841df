"""`newsletter members` and `mailings compare` as a user runs them."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.slow


def names(ran) -> list[str]:
    return [one["name"] for one in ran.json]


def test_the_life_of_a_member(newsletter):
    add = newsletter("members", "add", "Ville de Trifouilly", "--level", "commune", "--joined", "2026-01-01")
    assert add.out == "Ville de Trifouilly: member since 2026-01-01\n"
    assert newsletter("members", "add", "Ville de Trifouilly").code == 1
    assert "Ville de Trifouilly" in names(newsletter("members", "list", "--without-contact", "--json"))
    newsletter("members", "end", "Ville de Trifouilly", "--on", "2026-03-31")
    changes = newsletter("members", "list", "--changes-since", "2026-01-01", "--on", "2026-03-31", "--json").json
    mine = [(c["day"], c["change"]) for c in changes if c["organisation"] == "Ville de Trifouilly"]
    assert mine == [("2026-01-01", "joined"), ("2026-03-31", "ended")]
    newsletter("members", "renew", "Ville de Trifouilly", "--from", "2026-09-01")
    shown = newsletter("members", "show", "Ville de Trifouilly", "--json").json
    assert shown["periods"] == [
        {"joined": "2026-01-01", "ended": "2026-03-31"},
        {"joined": "2026-09-01", "ended": None},
    ]


def test_a_file_of_members_is_rehearsed_and_imported(newsletter, workspace):
    file = workspace / "members.csv"
    file.write_text("nom;siren;adhesion\nVille de Trifouilly;;2026-01-01\nVille de Lille;;\n;;\n")
    rehearsed = newsletter("members", "import", str(file), "--dry-run", "--json").json
    done = newsletter("members", "import", str(file), "--json").json
    assert rehearsed == done
    assert done["counts"] == {"accept": 1, "keep": 1, "ignore": 1}
    assert set(done["outcomes"][0]) == {"record", "line", "name", "action", "reason", "fields"}


def test_a_comparison_without_mailings_says_so(newsletter):
    ran = newsletter("mailings", "compare", "a", "b")
    assert (ran.code, ran.err) == (
        1,
        "error: issue `a` has no mailing. `newsletter mailings list` shows them\n",
    )
