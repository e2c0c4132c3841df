"""The proof-reader on an issue: what stands twice, what is over, what may not be there, and the lines of the inbox."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from newsletter.content import checks
from newsletter.content.compose import compose
from newsletter.content.fields import UnknownKey
from newsletter.content.pool import Pool
from newsletter.model import EventTime, Issue, ItemPlan, Picture, SectionPlan, Severity, Status, Visibility
from newsletter.paris import PARIS
from newsletter.settings import Network, Publication, SectionSetting
from tests.content.test_checks_articles import ARTICLE, WHOLE

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=PARIS)
SECTIONS = (SectionSetting(tag="bref", title="En bref"), SectionSetting(tag="agenda", title="Agenda", layout="agenda"))
LETTRE = Publication(key="lettre", title="La lettre", audience="subscribers", sections=SECTIONS)
FLASH = Publication(key="flash", title="Flash", audience="members", archive="members", sections=SECTIONS)
EVENT = EventTime(datetime(2026, 12, 10, 9, tzinfo=PARIS))
REDON = ARTICLE
LILLE = replace(
    ARTICLE, slug="lille", path="articles/lille.md", title="Lille : un marché", link="https://rtes.fr/lille"
)
NANTES = replace(ARTICLE, slug="nantes", path="articles/nantes.md", title="Nantes : la journée", event=EVENT)
ISSUE = Issue(
    key="2026-11-lettre",
    path="issues/2026-11-lettre.md",
    publication="lettre",
    date=date(2026, 11, 24),
    subject="La lettre – novembre 2026",
    lead=ItemPlan(slug="lille", line=6),
    sections=(
        SectionPlan(
            tag="bref", title="En bref", items=(ItemPlan(slug="redon", line=9), ItemPlan(slug="nantes", line=10))
        ),
        SectionPlan(tag="agenda", title="Agenda", items=(ItemPlan(slug="nantes", line=13),), line=11),
    ),
    lines={"subject": 4, "preheader": 5, "body": 15},
)
OLD = replace(ISSUE, key="2026-10-lettre", date=date(2026, 10, 20), lead=None, sections=(ISSUE.sections[1],))


def pool(**changes: object) -> Pool:
    """Return the three articles, with `changes` made to the one from Redon."""
    return Pool((replace(REDON, **changes), LILLE, NANTES))


def codes(
    issue: Issue = ISSUE, articles: Pool | None = None, publication: Publication = LETTRE, **more
) -> dict[str, Severity]:
    found = checks.check(issue, articles or pool(), publication, more.get("now", NOW), more.get("history", ()))
    return {finding.code: finding.level for finding in found}


def bref(*items: ItemPlan) -> dict[str, Issue]:
    return {"issue": replace(ISSUE, sections=(replace(ISSUE.sections[0], items=items), ISSUE.sections[1]))}


def issue(**changes: object) -> dict[str, Issue]:
    return {"issue": replace(ISSUE, **changes)}


def articles(**changes: object) -> dict[str, Pool]:
    return {"articles": pool(**changes)}


YESTERDAY = EventTime(NOW - timedelta(days=1))
PAST_AGENDA = Pool((REDON, LILLE, replace(NANTES, event=YESTERDAY)))
PATTERN = Publication(key="lettre", title="", audience="subscribers", subject="{title}", sections=SECTIONS)
HISTORY = {"history": (replace(OLD, sections=(replace(ISSUE.sections[0], items=(ItemPlan(slug="redon"),)),)),)}


@pytest.mark.parametrize(
    ("code", "level", "bad", "mended"),
    [
        ("subject-empty", "error", {**issue(subject=""), "publication": PATTERN}, issue(subject="")),
        ("subject-long", "warning", issue(subject="a" * 71), issue(subject="a" * 70)),
        ("preheader-length", "warning", issue(preheader="a" * 29), issue(preheader="a" * 30)),
        ("preheader-length", "warning", issue(preheader="a" * 151), issue(preheader="")),
        ("article-unknown", "error", bref(ItemPlan(slug="redonn")), bref(ItemPlan(slug="redon"))),
        ("article-not-ready", "error", articles(status=Status.DRAFT), articles(status=Status.READY)),
        ("article-not-ready", "error", articles(status=Status.PROPOSED), articles()),
        ("members-only", "error", articles(visibility=Visibility.MEMBERS), articles()),
        (
            "members-only",
            "error",
            articles(visibility=Visibility.MEMBERS),
            {**articles(visibility=Visibility.MEMBERS), "publication": FLASH},
        ),
        ("event-past", "warning", articles(event=YESTERDAY), articles(event=EVENT)),
        (
            "event-past",
            "warning",
            articles(event=EventTime(NOW + timedelta(days=1))),
            articles(event=EventTime(NOW + timedelta(days=2))),
        ),
        (
            "deadline-past",
            "error",
            articles(deadline=NOW + timedelta(days=1)),
            articles(deadline=NOW + timedelta(days=3)),
        ),
        ("event-missing", "error", {"articles": Pool((REDON, LILLE, replace(NANTES, event=None)))}, {}),
        ("section-empty", "warning", bref(), {}),
        ("section-empty", "warning", {"articles": PAST_AGENDA}, {}),
        ("issue-empty", "error", issue(lead=None, sections=()), issue(sections=())),
        ("item-repeated", "warning", bref(ItemPlan(slug="redon"), ItemPlan(slug="redon")), {}),
        ("item-repeated", "warning", bref(ItemPlan(slug="lille")), bref(ItemPlan(slug="nantes"))),
        ("item-already-printed", "warning", HISTORY, {"history": (OLD, ISSUE)}),
        (
            "same-name",
            "warning",
            articles(title="Lille : un marché"),
            articles(title="Lille : un marché", link="https://rtes.fr/lille"),
        ),
        (
            "year-missing",
            "warning",
            articles(summary=WHOLE + " Le 8 janvier."),
            articles(summary=WHOLE + " Le 8 janvier 2027."),
        ),
        ("year-missing", "warning", issue(editorial="Au 8 janvier."), issue(editorial="Au 8 décembre.")),
        (
            "weekday-wrong",
            "error",
            issue(editorial="Lundi 24 novembre 2026."),
            issue(editorial="Mardi 24 novembre 2026."),
        ),
        ("weekday-wrong", "error", issue(subject="Lundi 24 novembre 2026"), issue(subject="Mardi 24 novembre 2026")),
        ("placeholder", "error", issue(editorial="TODO"), issue(editorial="Bonjour.")),
        ("link-insecure", "warning", issue(editorial="[a](http://rtes.fr)"), issue(editorial="[a](https://rtes.fr)")),
        ("summary-cut", "warning", articles(summary=WHOLE[:-1]), bref(ItemPlan(slug="redon", summary=WHOLE))),
        ("alt-missing", "error", bref(ItemPlan(slug="redon", picture=Picture("a.jpg"))), bref(ItemPlan(slug="redon"))),
    ],
    ids=lambda v: v if isinstance(v, str) else None,
)
def test_a_slip_is_named_and_its_correction_is_not(code, level, bad, mended):
    assert codes(**bad).get(code) == level
    assert code not in codes(**mended)


def test_a_sound_issue_has_no_findings():
    assert checks.check(ISSUE, pool(), LETTRE, NOW, (OLD,)) == []


def test_an_override_is_judged_in_place_of_what_it_overrides():
    plan = ItemPlan(slug="redon", summary="Coupé au", line=9)
    found = checks.check(bref(plan)["issue"], pool(), LETTRE, NOW)
    assert {(f.code, f.where) for f in found} == {
        ("summary-short", "issues/2026-11-lettre.md:9, summary"),
        ("summary-cut", "issues/2026-11-lettre.md:9, summary"),
    }


def test_an_event_of_today_is_not_past():
    assert "event-past" not in codes(**articles(event=EventTime(datetime(2026, 11, 24, 0, tzinfo=PARIS))))


def test_an_issue_sent_late_is_judged_on_the_day_it_leaves():
    assert "event-past" in codes(now=datetime(2026, 12, 11, 8, tzinfo=PARIS))


def test_an_article_in_its_section_and_in_the_agenda_is_read_once():
    articles_ = Pool((REDON, LILLE, replace(NANTES, summary=WHOLE[:-1])))
    assert [f.code for f in checks.check(ISSUE, articles_, LETTRE, NOW)] == ["summary-cut"]


def test_unknown_keys_are_told_for_the_articles_of_the_issue_only():
    keys = tuple(UnknownKey(path, 3, "tilte", "did you mean `title`?") for path in (REDON.path, "articles/other.md"))
    found = checks.check(ISSUE, Pool((REDON, LILLE, NANTES), unknown=keys), LETTRE, NOW)
    assert [(f.code, f.where) for f in found] == [("key-unknown", "articles/redon.md:3, tilte")]


def test_a_missing_article_is_told_with_the_nearest_name():
    found = checks.check(bref(ItemPlan(slug="redonn", line=9))["issue"], pool(), LETTRE, NOW)
    assert [(f.message, f.where) for f in found] == [
        ("Il n’y a pas d’article « redonn ». Fallait-il écrire « redon » ?", "issues/2026-11-lettre.md:9, redonn")
    ]


def test_a_title_with_quotes_is_cited_with_inner_quotes():
    found = checks.check(ISSUE, pool(title="« Oui » à Redon", status=Status.DRAFT), LETTRE, NOW)
    assert "« “Oui” à Redon »" in found[0].message


def test_links_are_those_a_reader_can_open_each_once():
    article = replace(REDON, body="[a](https://rtes.fr/a?x=1&y=2) ![p](https://rtes.fr/p.jpg) [m](mailto:a@rtes.fr)")
    changed = replace(ISSUE, editorial="Voir [ici](https://rtes.fr/e?a=1&b=2).")
    network = Network(name="RTES", short_name="RTES", address="Lille", email="a@rtes.fr", website="https://www.rtes.fr")
    composed = compose(changed, Pool((article, LILLE, NANTES)), LETTRE, network)
    assert checks.links(composed) == [
        ("https://rtes.fr/e?a=1&b=2", "issues/2026-11-lettre.md, body"),
        ("https://rtes.fr/lille", "articles/lille.md:8, link"),
        ("https://www.rtes.fr/redon", "articles/redon.md:8, link"),
        ("https://rtes.fr/a?x=1&y=2", "articles/redon.md:14, body"),
    ]
