"""A file of organisations: matched, completed, never doubled, doubtful ones left to a human."""

from __future__ import annotations

import pytest

from newsletter.actions.imports import organisations, reviews
from newsletter.actions.people import members
from tests.actions.audience_desk import desk

HEADER = "nom;siren;code insee;region;date d'adhesion;fin\n"


@pytest.fixture
def workspace(tmp_path):
    with desk(tmp_path, "sqlite:///test.db") as made:
        yield made


def bring(workspace, text, **more):
    path = workspace.root / "members.csv"
    path.write_text(HEADER + text, encoding="utf-8")
    return organisations.import_organisations(workspace, organisations.open_organisations(path), by="anna", **more)


@pytest.mark.parametrize(
    ("row", "action", "reason"),
    [
        ("Ville de Brest;;29019;Bretagne;2024-01-01;", "accept", ""),
        ("Lille;;59350;;;", "merge", "complétés"),
        ("Ville de Lille;;;;2020-01-01;", "keep", "rien à changer"),
        ("Ville de Lille;;;;2020-01-01;2026-12-31", "merge", "fin d’adhésion"),
        ("Ville de Foix;;;;2027-01-01;", "merge", "période"),
        ("Ville de Lille;;;;2021-01-01;", "review", "contredisent"),
        ("Ville de Lile;;;;;", "review", "ressemble"),
        ("Ville de Brest;123456789;;;;", "review", "SIREN invalide"),
        (";;59350;;;", "reject", "manque"),
    ],
)
def test_every_row_has_an_outcome_that_a_rehearsal_foretells(workspace, row, action, reason):
    rehearsed = bring(workspace, row + "\n", dry_run=True)
    before = members.list_members(workspace, everybody=True)
    assert reviews.list_reviews(workspace) == []
    done = bring(workspace, row + "\n")
    assert len(before) == 3
    assert done == rehearsed
    assert [one.action for one in done.outcomes] == [action]
    assert reason in done.outcomes[0].reason


def test_the_same_file_again_changes_nothing(workspace):
    text = "Ville de Brest;;29019;Bretagne;2024-01-01;2025-12-31\nVille de Lile;;;;;\n"
    bring(workspace, text)
    before = members.list_members(workspace, everybody=True), reviews.list_reviews(workspace)
    assert bring(workspace, text).counts == {"keep": 1, "review": 1}
    assert (members.list_members(workspace, everybody=True), reviews.list_reviews(workspace)) == before


def test_a_doubtful_row_is_taken_as_a_known_organisation_or_a_new_one(workspace):
    bring(workspace, "Ville de Lile;;59350;;;\nVille de Lile-sur-Mer;;;;2024-01-01;\n")
    for question in reviews.list_reviews(workspace, kind="member-row"):
        named = "Ville de Lille" if question.subject == "Ville de Lile" else ""
        reviews.settle_review(workspace, question.id, accept=True, by="anna", organisation=named)
    assert members.show_organisation(workspace, "59350").organisation.name == "Ville de Lille"
    assert members.show_organisation(workspace, "Ville de Lile-sur-Mer").member
