"""Gestures on an issue: what each does, and what none of them may do: lose an item or invent one."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.actions.issues import article_form
from newsletter.actions.issues import board as issue_board
from newsletter.actions.issues import gestures as board_gestures
from newsletter.actions.issues.gestures import LEAD, Place
from newsletter.actions.operations.start import init
from newsletter.actions.workspace import open_workspace
from newsletter.errors import Refused
from newsletter.model import Issue, ItemPlan, SectionPlan


def plan(slug: str) -> ItemPlan:
    return ItemPlan(slug=slug)


def issue(*sections: str, lead: str = "") -> Issue:
    """An issue whose sections hold one item per letter."""
    made = tuple(SectionPlan(tag="rtes", title=f"S{n}", items=tuple(map(plan, s))) for n, s in enumerate(sections))
    return Issue(
        key="x",
        path="issues/x.md",
        publication="lettre",
        date=date(2026, 11, 24),
        subject="",
        sections=made,
        lead=plan(lead) if lead else None,
    )


def shape(found: Issue) -> str:
    """`L|ab|c`: the lead, then each section's items."""
    lead = found.lead.slug if found.lead else ""
    return "|".join([lead, *("".join(p.slug for p in s.items) for s in found.sections)])


@pytest.mark.parametrize(
    ("place", "to", "after"),
    [
        (Place(0, 0), Place(0, 2), "L|bac|de"),
        (Place(0, 2), Place(0, 0), "L|cab|de"),
        (Place(0, 1), Place(0, 1), "L|abc|de"),
        (Place(0, 1), Place(1, 0), "L|ac|bde"),
        (Place(1, 1), Place(0, 99), "L|abce|d"),
        (Place(1, 0), LEAD, "d|abc|Le"),
        (LEAD, Place(1, 1), "|abc|dLe"),
    ],
)
def test_an_item_moves_before_the_one_it_is_dropped_on(place, to, after):
    assert shape(board_gestures.move_item(issue("abc", "de", lead="L"), place, to)) == after


@pytest.mark.parametrize(
    ("place", "by", "after"),
    [
        (Place(0, 1), -1, "L|ba|cd"),
        (Place(0, 0), 1, "L|ba|cd"),
        (Place(0, 1), 1, "L|a|bcd"),
        (Place(1, 0), -1, "L|abc|d"),
        (Place(0, 0), -1, "L|ab|cd"),
        (Place(1, 1), 1, "L|ab|cd"),
    ],
)
def test_a_step_goes_on_into_the_next_section_and_stops_at_the_edges(place, by, after):
    assert shape(board_gestures.step_item(issue("ab", "cd", lead="L"), place, by)) == after


def test_a_lead_is_added_over_the_present_one_which_opens_the_first_section():
    assert shape(board_gestures.add_item(issue("ab", lead="L"), "n", LEAD.section)) == "n|Lab"
    assert shape(board_gestures.add_item(issue("ab"), "n", LEAD.section)) == "n|ab"


def test_an_article_stands_once_in_a_section_but_may_stand_in_two():
    made = board_gestures.add_item(issue("a", "b"), "a", 1)
    assert shape(made) == "|a|ba"
    with pytest.raises(Refused, match="déjà dans cette rubrique"):
        board_gestures.add_item(made, "a", 1)


def test_a_section_is_split_renamed_moved_and_removed():
    made = board_gestures.split_section(issue("abc", "d"), Place(0, 1), "La suite")
    assert shape(made) == "|a|bc|d" and [s.title for s in made.sections] == ["S0", "La suite", "S1"]
    assert board_gestures.rename_section(made, 1, "Autre").sections[1].title == "Autre"
    assert shape(board_gestures.move_section(made, 2, -1)) == "|a|d|bc"
    assert shape(board_gestures.remove_section(made, 1)) == "|a|d"
    with pytest.raises(Refused, match="après son premier"):
        board_gestures.split_section(made, Place(0, 0), "")


def test_what_is_overridden_follows_its_item_and_can_be_taken_back():
    made = board_gestures.override_item(issue("ab", "c"), Place(0, 1), title="Titre", summary="Résumé.")
    made = board_gestures.move_item(made, Place(0, 1), Place(1, 0))
    assert made.sections[1].items[0] == ItemPlan(slug="b", title="Titre", summary="Résumé.")
    assert board_gestures.override_item(made, Place(1, 0), title="", summary="").sections[1].items[0] == plan("b")


@pytest.mark.parametrize(
    "gesture",
    [
        lambda i: board_gestures.remove_item(i, Place(0, 9)),
        lambda i: board_gestures.move_item(i, Place(0, 0), Place(9, 0)),
        lambda i: board_gestures.step_item(i, Place(-3, 0), 1),
        lambda i: board_gestures.lead_item(i, Place(4, 0)),
        lambda i: board_gestures.remove_item(i, LEAD),
        lambda i: board_gestures.rename_section(i, 7, "x"),
        lambda i: board_gestures.remove_section(i, -1),
        lambda i: board_gestures.add_item(i, "x", 5),
    ],
)
def test_a_place_that_is_not_there_is_refused(gesture):
    with pytest.raises(Refused, match="plus à jour"):
        gesture(issue("ab"))


PLACES = st.builds(Place, st.integers(-1, 3), st.integers(0, 4))


@settings(max_examples=200)
@given(
    st.lists(st.text("abcdefgh", max_size=4), min_size=1, max_size=4),
    st.sampled_from(["", "L"]),
    st.lists(st.tuples(st.sampled_from(["move", "step", "lead", "split", "section"]), PLACES, PLACES), max_size=8),
)
def test_no_moving_about_loses_or_doubles_an_item(sections, lead, gestures):
    made = issue(*sections, lead=lead)
    before = Counter(p.slug for p in issue_board.plans(made))
    for name, place, to in gestures:
        try:
            if name == "move":
                made = board_gestures.move_item(made, place, to)
            elif name == "step":
                made = board_gestures.step_item(made, place, 1 if to.item % 2 else -1)
            elif name == "lead":
                made = board_gestures.lead_item(made, place)
            elif name == "split":
                made = board_gestures.split_section(made, place, "x")
            else:
                made = board_gestures.move_section(made, place.section, 1)
        except Refused:
            continue
        assert Counter(p.slug for p in issue_board.plans(made)) == before


# --- on the sample month ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    root = tmp_path_factory.mktemp("composing")
    init(root, sample=True)
    return open_workspace(root)


def badges(workspace, key: str, slug: str) -> set[str]:
    board = issue_board.board(workspace, key, words=slug, everything=True)
    return {b.words for card in board.cards if card.article.slug == slug for b in card.badges}


@pytest.mark.parametrize(
    ("key", "slug", "words"),
    [
        ("2026-11-lettre", "agenda-atelier-clauses", "événement passé"),
        ("2026-11-lettre", "points-de-reperess-juridique", "réservé aux adhérents"),
        ("2026-11-lettre", "appel-nord-pas-de-calais", "déjà dans un Flash"),
        ("2026-11-lettre", "entretien-helene-vasseur", "déjà dans ce numéro"),
        ("2026-11-lettre", "proposition-villeurbanne-textile", "pas encore prêt"),
        ("2026-11-lettre", "proposition-villeurbanne-textile", "pas mis en avant depuis un an"),
    ],
)
def test_a_badge_says_what_to_know_before_adding(workspace, key, slug, words):
    assert words in badges(workspace, key, slug)


def test_what_is_for_members_bears_no_warning_in_the_flash(workspace):
    assert "réservé aux adhérents" not in badges(workspace, "2026-11-17-flash", "points-de-reperess-juridique")


def test_a_remark_leads_to_its_item_or_to_its_article(workspace):
    board = issue_board.board(workspace, "2026-11-lettre")
    (advice,) = [r for r in board.remarks if r.finding.code == "inclusive-domain"]
    assert (advice.article, advice.field, advice.anchor) == ("parcours-nouveaux-elus", "summary", "")
    october = issue_board.board(workspace, "2026-10-lettre")
    anchors = {row.anchor for block in october.blocks for row in block.rows} | {"une", "numero"}
    placed = [r for r in october.remarks if r.anchor.startswith("i")]
    assert placed and {r.anchor for r in placed} <= anchors


def test_an_issue_begun_from_the_last_one_has_its_sections_and_what_slipped(workspace):
    made = board_gestures.from_last(workspace, "flash", date(2026, 12, 8))
    last = next(i for i in issue_board.history(workspace) if i.key == "2026-11-17-flash")
    assert [s.title for s in made.sections] == [s.title for s in last.sections]
    carried = [workspace.pool().find(p.slug).date for p in issue_board.plans(made)]
    assert all(day <= last.date for day in carried)


# --- articles as forms -----------------------------------------------------------------------------------------------


def test_every_article_of_the_sample_survives_its_own_form(workspace):
    for article in workspace.pool():
        form = article_form.values(article)
        same = article_form.filled(article, form, list(article.tags), article_form.groups_of(article))
        assert same == article, article.slug


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"title": ""}, "title"),
        ({"link": "javascript:alert(1)"}, "link"),
        ({"event_link": "data:text/html,x"}, "event_link"),
        ({"day": "32/13/2026"}, "day"),
        ({"hour": "25h"}, "hour"),
        ({"day": "", "place": "Lille"}, "day"),
        ({"hour": "", "last_hour": "16:00"}, "hour"),
        ({"last_day": "2020-01-01"}, "last_day"),
        ({"picture": "images/x.jpg", "alt": "", "decorative": ""}, "alt"),
        ({"date": "hier"}, "date"),
    ],
)
def test_a_field_that_cannot_be_is_named(workspace, change, field):
    article = workspace.pool().find("agenda-atelier-clauses")
    with pytest.raises(article_form.Problems) as caught:
        article_form.filled(article, {**article_form.values(article), **change}, list(article.tags), ["event"])
    assert field in caught.value.fields


def test_the_form_leaves_what_it_does_not_show(workspace):
    article = workspace.pool().find("appel-nord-pas-de-calais")
    assert article.restriction
    changed = article_form.filled(
        article, {**article_form.values(article), "title": "Un autre titre"}, list(article.tags), []
    )
    assert changed.restriction == article.restriction and changed.deadline == article.deadline
