from dataclasses import replace
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsletter.content import issue as issues
from newsletter.errors import ContentError
from newsletter.model import Issue, ItemPlan, Picture, SectionPlan

TEXT = """\
---
publication: lettre
number: 142
date: 2026-11-10
subject: La lettre – {month} {year}   # vu avec Anne
lead: {article: voeux, title: Bonne année, image: {src: images/v.jpg, decorative: true}}
sections:
  # l'ordre a été discuté
  - tag: rtes
    title: Les actualités du réseau
    items:
      - assemblee        # à relire
      - article: guide
        couleur: bleu
        cta: Lire le guide
  - tag: agenda
    layout: agenda
    items: [assemblee]
imprimeur: aucun
---
Chères lectrices, chers lecteurs,
"""


@pytest.fixture
def path(tmp_path):
    (tmp_path / "issues").mkdir()
    return tmp_path / "issues" / "2026-11-lettre.md"


def test_an_issue_file_says_what_stands_where(path, tmp_path):
    path.write_text(TEXT)
    assert issues.read_issue(path, tmp_path) == Issue(
        key="2026-11-lettre",
        path="issues/2026-11-lettre.md",
        publication="lettre",
        number=142,
        date=date(2026, 11, 10),
        subject="La lettre – {month} {year}",
        lead=ItemPlan(slug="voeux", title="Bonne année", picture=Picture("images/v.jpg", decorative=True)),
        sections=(
            SectionPlan(
                tag="rtes",
                title="Les actualités du réseau",
                items=(ItemPlan(slug="assemblee"), ItemPlan(slug="guide", cta="Lire le guide")),
            ),
            SectionPlan(tag="agenda", title="", layout="agenda", items=(ItemPlan(slug="assemblee"),)),
        ),
        editorial="Chères lectrices, chers lecteurs,",
    )


def test_items_and_sections_know_their_lines(path, tmp_path):
    path.write_text(TEXT)
    issue = issues.read_issue(path, tmp_path)
    rows = TEXT.splitlines()
    assert "assemblee" in rows[issue.sections[0].items[0].line - 1]
    assert "guide" in rows[issue.sections[0].items[1].line - 1]
    assert "agenda" in rows[issue.sections[1].line - 1]


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("tag: agenda", "tag: agenta", 16, "did you mean `agenda`"),
        ("layout: agenda", "layout: agendas", 17, "did you mean `agenda`"),
        ("142", "-3", 3, "is no number"),
        ("publication: lettre\n", "", 1, "`publication` is missing"),
        ("items: [assemblee]", "items: assemblee", 18, "must be a list"),
        ("article: guide", "titre: guide", 13, "article` is missing"),
        ("- assemblee ", "- [a, b] ", 12, "must be an article's name"),
        ("2026-11-10", "demain", 4, "is no date"),
    ],
)
def test_a_wrong_line_is_named(path, tmp_path, old, new, line, says):
    assert old in TEXT
    path.write_text(TEXT.replace(old, new))
    with pytest.raises(ContentError, match=says) as caught:
        issues.read_issue(path, tmp_path)
    assert caught.value.where.startswith(f"issues/2026-11-lettre.md:{line}, ")


def test_unknown_keys_are_told_and_kept(path, tmp_path):
    path.write_text(TEXT)
    assert [(u.line, u.name) for u in issues.load_issue(path, tmp_path).unknown] == [
        (14, "sections.items.couleur"),
        (19, "imprimeur"),
    ]
    issue = issues.read_issue(path, tmp_path)
    turned = replace(issue.sections[0], items=issue.sections[0].items[::-1])
    issues.write_issue(path, replace(issue, sections=(turned, issue.sections[1])))
    assert "couleur: bleu" in path.read_text()
    assert "imprimeur: aucun" in path.read_text()


def test_nothing_changed_is_nothing_written(path, tmp_path):
    path.write_text(TEXT)
    issues.write_issue(path, issues.read_issue(path, tmp_path))
    assert path.read_text() == TEXT


def test_comments_follow_their_items(path, tmp_path):
    path.write_text(TEXT)
    issue = issues.read_issue(path, tmp_path)
    first, second = issue.sections[0].items
    moved = replace(issue.sections[0], items=(second, replace(first, title="Un autre titre"), ItemPlan(slug="neuf")))
    written = issues.write_issue(path, replace(issue, sections=(issue.sections[1], moved)))
    assert written.sections == (issue.sections[1], moved)
    row = next(line for line in path.read_text().splitlines() if "article: assemblee" in line)
    assert row.endswith("# à relire")
    assert "# vu avec Anne" in path.read_text()
    back = issues.write_issue(path, issue)
    assert back == issue
    row = next(line for line in path.read_text().splitlines() if line.strip().startswith("- assemblee"))
    assert row.endswith("# à relire")


def test_a_new_file_carries_notes_for_its_editor(path, tmp_path):
    two = (ItemPlan(slug="a"), ItemPlan(slug="b", cta="Lire"))
    issue = Issue(
        key="2026-11-lettre",
        path="issues/2026-11-lettre.md",
        publication="lettre",
        number=1,
        date=date(2026, 11, 10),
        subject="Novembre : le sujet",
        lead=ItemPlan(slug="une"),
        sections=(SectionPlan(tag="rtes", title="Le réseau", items=two),),
        editorial="Bonjour",
    )
    notes = {("rtes", "a"): "aussi dans l'agenda", ("rtes", "b"): "déjà\nparu", ("", "une"): "proposé à la une"}
    assert issues.write_issue(path, issue, notes, ["Laissés de côté :", "c\nd"]) == issue
    assert path.read_text() == (
        "---\n"
        "publication: lettre\n"
        "number: 1\n"
        "date: 2026-11-10\n"
        "subject: 'Novembre : le sujet'\n"
        "lead: une # proposé à la une\n"
        "sections:\n"
        "  - tag: rtes\n"
        "    title: Le réseau\n"
        "    items:\n"
        "      - a # aussi dans l'agenda\n"
        "      - article: b # déjà paru\n"
        "        cta: Lire\n"
        "# Laissés de côté :\n"
        "# c d\n"
        "---\n"
        "\n"
        "Bonjour\n"
    )


slugs = st.sampled_from(["assemblee", "guide", "voeux", "neuf"])
words = st.sampled_from(
    ["", "Un titre", "LILLE : « non » #1", "- x", "'l'été'", "null", "yes", "{title}", "2026-01-01"]
)
items = st.builds(ItemPlan, slug=slugs, title=words, summary=words, cta=words)
sections = st.builds(
    SectionPlan, tag=st.sampled_from(["rtes", "agenda"]), title=words, items=st.lists(items, max_size=4).map(tuple)
)


@given(
    sections=st.lists(sections, max_size=4).map(tuple),
    subject=words,
    lead=st.none() | items,
    editorial=words,
    number=st.none() | st.integers(1, 999),
)
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_change_reads_back_as_it_was_meant(path, tmp_path, sections, subject, lead, editorial, number):
    path.write_text(TEXT)
    issue = replace(
        issues.read_issue(path, tmp_path),
        sections=sections,
        subject=subject,
        lead=lead,
        editorial=editorial,
        number=number,
    )
    assert issues.write_issue(path, issue) == issue
    assert issues.read_issue(path, tmp_path) == issue
    assert "imprimeur: aucun" in path.read_text()


def test_a_broken_issue_does_not_hide_the_others(path, tmp_path):
    path.write_text(TEXT)
    (path.parent / "2026-12-lettre.md").write_text(TEXT.replace("2026-11-10", "2026-12-08"))
    (path.parent / "faux.md").write_text("rien")
    found, errors = issues.read_issues(tmp_path)
    assert [i.key for i in found] == ["2026-12-lettre", "2026-11-lettre"]
    assert [e.where for e in errors] == ["issues/faux.md:1"]
