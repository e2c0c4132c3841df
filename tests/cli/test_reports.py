"""`count` and `report` as commands: their JSON contracts, files, exit codes and words."""

from __future__ import annotations

import sys

import pytest

from newsletter.cli import main
from tests.cli.conftest import Ran
from tests.workspaces import copy_sample


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """One sample workspace for all: figures change nothing."""
    made = tmp_path_factory.mktemp("figures") / "ws"
    return copy_sample(made, 60, deliver=False)


@pytest.fixture
def newsletter(root, monkeypatch, capsys):
    """The `newsletter` command in that workspace, without the second a new process takes."""

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["newsletter", "-w", str(root), *arguments])
        code = 0
        try:
            main()
        except SystemExit as end:
            code = end.code
        return Ran(code, *capsys.readouterr())

    return call


def test_count_answers_in_the_shape_of_its_contract(newsletter):
    counted = newsletter("count", "--json").json
    assert set(counted) >= {"on", "rule", "total", "groups"}
    assert counted["total"] == sum(counted["groups"].values()) == 60


@pytest.mark.parametrize("by", ["publication", "status", "level", "region", "departement", "role", "month"])
def test_every_grouping_adds_up(newsletter, by):
    counted = newsletter("count", "--by", by, "--on", "2026-11-01", "--json").json
    assert counted["total"] == sum(counted["groups"].values()) >= 60
    assert (counted["by"], counted["on"]) == (by, "2026-11-01")


def test_members_are_counted_at_a_past_day(newsletter):
    assert newsletter("count", "--what", "members", "--on", "2020-12-31", "--json").json["total"] == 141
    lines = newsletter("count", "--what", "members", "--by", "level", "--on", "2020-12-31").out.splitlines()
    assert lines[0].startswith("141 members on 2020-12-31")
    assert sum(int(line.split("\t")[1]) for line in lines[1:]) == 141


@pytest.mark.parametrize(
    ("arguments", "code", "word"),
    [
        (("count", "--on", "2999-01-01"), 1, "future"),
        (("count", "--on", "hier"), 2, "does not match"),
        (("count", "--by", "age"), 2, "is not one of"),
        (("count", "--what", "members", "--by", "role"), 1, "cannot be grouped"),
        (("report", "2999"), 1, "nothing to report"),
        (("report", "l'an dernier"), 2, "is not a valid integer"),
        (("report", "2026", "--format", "csv", "--json"), 2, "contradict"),
        (("report", "2026", "--out", "nowhere/at/all.html"), 1, "cannot write"),
    ],
)
def test_what_cannot_be_answered_is_refused_in_a_sentence(newsletter, arguments, code, word):
    ran = newsletter(*arguments)
    assert (ran.code, ran.out) == (code, "")
    assert word in ran.err and "Traceback" not in ran.err


def test_report_prints_one_json_document_with_every_figure(newsletter):
    report = newsletter("report", "2026", "--json").json
    assert report["year"] == 2026 and not report["complete"]
    figures = {figure["key"]: figure for figure in report["figures"]}
    assert figures["subscribers_end"]["value"] == 60
    assert figures["members_end"]["value"] == sum(figures["members_by_level"]["value"].values()) == 182
    assert figures["delivery_rate"]["value"] is None
    assert all(figure["rule"] for figure in figures.values())


def test_report_is_text_by_default_and_a_file_when_asked(newsletter, tmp_path):
    text = newsletter("report", "2026").out
    assert text.startswith("Les lettres du RTES en 2026\n") and "182 collectivités adhérentes" in text
    page = tmp_path / "rapport.html"
    assert newsletter("report", "2026", "--format", "html", "--out", str(page)).code == 0
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")
