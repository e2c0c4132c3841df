"""What staff ask beside the report: crossed counts that add up, figures that lead to their people, territories."""

from __future__ import annotations

import pytest

from newsletter.actions.people import audiences
from newsletter.actions.reports import answers, report
from newsletter.actions.reports.figure_rules import cell_rule, group_rule
from newsletter.actions.workspace import open_workspace
from newsletter.audience_parser import parse_rule
from newsletter.errors import Refused
from newsletter.exchange.departements import DEPARTEMENTS
from newsletter.exchange.regions import REGIONS
from tests.workspaces import copy_sample


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    path = tmp_path_factory.mktemp("answers") / "ws"
    copy_sample(path, 300)
    made = open_workspace(path)
    yield made
    made.close()


def people(workspace, rule):
    return audiences.count_people(workspace, parse_rule(rule))


@pytest.mark.parametrize("by", ["publication", "level", "region", "departement", "role", "month", ""])
def test_every_figure_leads_to_as_many_people_as_it_says(workspace, by):
    for key, n in report.count(workspace, by=by).groups.items():
        assert people(workspace, group_rule(by, key)) == n, key


def test_a_crossed_count_adds_up_and_each_cell_leads_to_its_people(workspace):
    crossed = report.cross(workspace, "level", "role")
    assert crossed.total == report.count(workspace).total
    assert {row: crossed.row_total(row) for row in crossed.rows} == report.count(workspace, by="level").groups
    assert {one: crossed.column_total(one) for one in crossed.columns} == report.count(workspace, by="role").groups
    for (row, column), n in crossed.cells.items():
        assert people(workspace, cell_rule("level", row, "role", column)) == n


@pytest.mark.parametrize(("by", "across"), [("level", "level"), ("level", "month"), ("publication", "level")])
def test_what_cannot_be_crossed_is_refused(workspace, by, across):
    with pytest.raises(Refused, match="cannot be crossed"):
        report.cross(workspace, by, across)


def test_every_territory_is_there_with_or_without_a_contact(workspace):
    found = answers.reach(workspace)
    assert [one.code for one in found.departements] == list(DEPARTEMENTS)
    assert [one.name for one in found.regions] == list(REGIONS)
    assert any(one.contacts == 0 for one in found.departements) and any(one.contacts for one in found.departements)
    for one in found.departements:
        assert one.contacts == people(workspace, f'member and departement = "{one.code}"')


def test_every_departement_of_a_region_has_a_name_and_no_region_shares_one():
    codes = [code for codes in REGIONS.values() for code in codes]
    assert len(codes) == len(set(codes)) and set(codes) <= set(DEPARTEMENTS)


def test_messages_are_told_by_the_operator_of_the_mailbox(workspace):
    found = answers.year_answers(workspace, workspace.today().year)
    assert sum(one.sent for one in found.operators) > 300 and found.reasons == {}
    assert all(one.sent + one.refused for one in found.operators)
