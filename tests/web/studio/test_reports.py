"""Figures: at any past date, with their rule, the same as the command line's."""

from __future__ import annotations

import json
import re

import pytest

from newsletter.actions.reports import report

HOME = "/studio/chiffres"


def total(desk, query=""):
    return int(re.search(r'figure__value">(?:<a[^>]*>)?(\d+)<', desk.get(HOME + query).text)[1])


def test_the_count_is_that_of_the_command_line(looking):
    assert total(looking) == report.count(looking.workspace).total == 30


@pytest.mark.parametrize("what", report.GROUPINGS)
def test_every_grouping_adds_up(looking, what):
    for by in report.GROUPINGS[what]:
        page = looking.get(f"{HOME}?quoi={what}&par={by}").text
        (table,) = re.findall(r"<caption.*?</caption>.*?</table>", page.split('id="line"')[0], re.DOTALL)
        assert (
            sum(int(n) for n in re.findall(r'class="number">(?:<a[^>]*>)?(\d+)<', table))
            == report.count(looking.workspace, what=what, by=by).total
        )


def test_a_past_day_is_counted_as_it_was(looking):
    assert total(looking, "?date=2005-01-01") < total(looking)


@pytest.mark.parametrize("day", ["2999-01-01", "hier", "0000-00-00"])
def test_a_day_that_cannot_be_counted_says_so(looking, day):
    answer = looking.get(f"{HOME}?date={day}")
    assert answer.status_code == 200
    assert "Choisissez un jour passé" in answer.text


def test_an_unknown_grouping_counts_the_whole(looking):
    assert total(looking, "?par=password") == 30


def test_every_figure_of_the_year_stands_with_its_rule(looking):
    page = looking.get(f"{HOME}/annee/2026").text
    made = report.report(looking.workspace, 2026)
    assert page.count('<td class="small secondary">') == len(made.figures)
    assert "La lettre du RTES" in page.split('id="mailings"')[1]


def test_the_year_is_taken_away_as_csv_and_json(looking):
    csv = looking.get(f"{HOME}/annee/2026/rapport.csv")
    assert csv.headers["content-type"].startswith("text/csv")
    document = json.loads(looking.get(f"{HOME}/annee/2026/rapport.json").text)
    values = {f["key"]: f["value"] for f in document["figures"]}
    assert (values["subscribers_end"], values["members_end"]) == (30, 182)
    assert looking.get(f"{HOME}/annee/2026/rapport.exe").status_code == 404


def test_the_printed_report_runs_nothing(looking):
    answer = looking.get(f"{HOME}/annee/2026/imprimer")
    assert "script" not in answer.headers["content-security-policy"]
    assert "<script" not in answer.text


def test_mailings_stand_side_by_side_and_two_of_them_are_compared(staff):
    page = staff.get("/studio/chiffres/envois").text
    assert "2 envois" in page and "100,0" in page and "ni pixel" in page
    assert "1 envoi<" in staff.get("/studio/chiffres/envois?publication=flash").text
    both = staff.get("/studio/chiffres/envois?premier=2026-11-lettre&deuxieme=2026-12-01-flash").text
    assert "De 30 à 30 destinataires." in both and "Personne." in both
    assert staff.get("/studio/chiffres/envois?premier=rien&deuxieme=%3Cscript%3E").status_code == 200
