"""The sample workspace is believable: right counts, right weekdays, real pictures, every kind of article and event."""

from __future__ import annotations

import csv
import re
from collections import Counter
from datetime import date, datetime, time
from functools import cache
from zoneinfo import ZoneInfo

import pytest
from PIL import Image

from newsletter.content import checks
from newsletter.content.compose import compose
from newsletter.content.issue import read_issues
from newsletter.content.pool import Pool, read_pool
from newsletter.model import EventTime, Finding, Issue, Severity, Status, Tag, Visibility
from newsletter.settings_file import load_settings
from tests.conftest import ROOT

TODAY = date(2026, 11, 22)
PARIS = ZoneInfo("Europe/Paris")
WEEKDAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
MONTHS = {"octobre": 10, "novembre": 11, "décembre": 12, "janvier": 1}
DATED = re.compile(rf"({'|'.join(WEEKDAYS)}) (\d+)(?:er)? (?:et \w+ (\d+) )?({'|'.join(MONTHS)})", re.IGNORECASE)


@cache
def pool() -> Pool:
    return read_pool(ROOT)


@cache
def issues() -> dict[str, Issue]:
    found, errors = read_issues(ROOT)
    assert errors == ()
    return {issue.key: issue for issue in found}


@cache
def organisations() -> tuple[dict[str, str], ...]:
    with (ROOT / "data" / "organisations.csv").open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file, delimiter=";"))


def members(day: date) -> list[dict[str, str]]:
    return [o for o in organisations() if o["joined"] <= str(day) and (not o["ended"] or o["ended"] >= str(day))]


def slugs(issue: Issue, tag: str = "") -> list[str]:
    return [item.slug for section in issue.sections for item in section.items if tag in ("", section.tag)]


def findings(issue: Issue) -> list[Finding]:
    earlier = [other for other in issues().values() if other.date < issue.date]
    morning = datetime.combine(issue.date, time(9), PARIS)
    return checks.check(issue, pool(), load_settings(ROOT, {}).publication(issue.publication), morning, earlier)


def test_every_article_file_can_be_read_and_no_slug_comes_twice():
    files = list((ROOT / "articles").glob("*.md"))
    assert len(files) >= 24
    assert {a.slug for a in pool()} == {f.stem for f in files}


def test_every_tag_has_articles_and_every_standing_occurs():
    tags = Counter(tag for a in pool() for tag in a.tags)
    assert min(tags[tag] for tag in Tag) >= 2
    assert {Status.READY, Status.DRAFT, Status.PROPOSED} <= {a.status for a in pool()}


def test_titles_and_summaries_have_the_lengths_of_real_letters():
    assert [f"{a.path}: title of {len(a.title)} characters" for a in pool() if not 56 <= len(a.title) <= 121] == []
    wrong = [a for a in pool() if not 191 <= len(a.summary) <= 493 or a.summary[-1] not in ".!?"]
    assert [f"{a.path}: summary of {len(a.summary)} characters: {a.summary[-20:]}" for a in wrong] == []


def test_titles_hold_what_makes_titles_hard():
    titles = " | ".join(a.title for a in pool())
    for hard in ("« ", "“", "&", "(s)", "🚲", "élu·es", "élu.es", "À "):
        assert hard in titles
    assert any(len(a.title) >= 120 for a in pool())


def test_news_that_are_events_too_calls_interviews_and_private_resources_are_there():
    both = [a for a in pool() if a.event and set(a.tags) - {"agenda"} and "agenda" in a.tags]
    calls = [a for a in pool() if "appel" in a.tags]
    interviews = [a for a in pool() if "elu" in a.tags]
    assert len(both) >= 3
    assert len(calls) >= 3 and all(a.deadline and a.contact for a in calls)
    assert sorted(len(a.speakers) for a in interviews) == [1, 2]
    assert all(a.title.startswith("«") and a.quote.startswith("«") for a in interviews)
    assert sum(a.visibility is Visibility.MEMBERS for a in pool()) == 2
    assert [a.restriction.departements for a in pool() if a.restriction] == [("59", "62")]


def shape(event: EventTime) -> str:
    if not event.all_day:
        return "timed" if event.end else "without end"
    days = (event.last_day - event.start.date()).days
    if event.start.month != event.last_day.month:
        return "over two months"
    return {0: "one day", 1: "two days"}.get(days, "range")


def test_the_agenda_has_every_shape_of_date_and_place():
    events = [a.event for a in pool() if a.event]
    assert {shape(e) for e in events} == {"timed", "without end", "one day", "two days", "range", "over two months"}
    places = {e.place for e in events}
    assert {"En ligne", "Partout en France"} <= places
    assert any(place.endswith(" et en ligne") for place in places)


def test_weekdays_written_out_are_those_of_the_calendar():
    wrong = []
    for path in sorted([*(ROOT / "articles").glob("*.md"), *(ROOT / "issues").glob("*.md")]):
        for word, first, second, month in DATED.findall(" ".join(path.read_text(encoding="utf-8").split())):
            number = MONTHS[month.lower()]
            for offset, text in enumerate(filter(None, (first, second))):
                day = date(2027 if number == 1 else 2026, number, int(text))
                if WEEKDAYS[(day.weekday() - offset) % 7] != word.lower():
                    wrong.append(f"{path.relative_to(ROOT)}: {word} {text} {month}")
    assert wrong == []


def test_the_weekday_check_sees_the_dates_of_the_sample():
    texts = " ".join(a.summary for a in pool())
    assert len(DATED.findall(texts)) >= 10


def test_every_picture_exists_at_its_size_and_says_what_it_shows():
    wrong = []
    for article in pool():
        for picture in filter(None, [article.picture, *(speaker.portrait for speaker in article.speakers)]):
            path = ROOT / picture.source
            with Image.open(path) as image:
                size = image.size
            if size not in {(1200, 600), (800, 533), (400, 400)} or path.stat().st_size >= 120_000:
                wrong.append(f"{article.path}: {picture.source}: {size}, {path.stat().st_size} bytes")
            if len(picture.alt) <= 25:
                wrong.append(f"{article.path}: {picture.source}: the alternative says too little: {picture.alt}")
    assert wrong == []


def test_every_picture_of_the_sample_is_used_once():
    used = [p.source for a in pool() for p in (a.picture, *(s.portrait for s in a.speakers)) if p]
    assert Counter(used).most_common(1)[0][1] == 1
    assert {f"images/{p.name}" for p in (ROOT / "images").iterdir()} == set(used)


def test_links_lead_to_the_network_or_to_names_reserved_for_examples():
    hosts = {
        re.match(r"https://([^/]+)", link)[1] for a in pool() for link in (a.link, a.event and a.event.link) if link
    }
    assert hosts == {"www.rtes.fr", "example.org"}


@pytest.mark.parametrize("key", ["2026-10-lettre", "2026-11-10-flash", "2026-11-17-flash", "2026-11-lettre"])
def test_every_issue_composes_without_an_error_and_without_anything_over(key):
    issue, settings = issues()[key], load_settings(ROOT, {})
    publication = settings.publication(issue.publication)
    composed = compose(issue, pool(), publication, settings.network)
    assert [
        item.article.slug for item in composed.items if item.article.event and item.article.event.last_day < issue.date
    ] == []
    assert [f for f in findings(issue) if f.level is Severity.ERROR] == []
    assert {section.tag for section in issue.sections} <= {section.tag for section in publication.sections}


def test_issues_leave_on_tuesdays_and_only_the_flash_holds_private_resources():
    assert {issue.date.weekday() for issue in issues().values()} == {1}
    private = {a.slug for a in pool() if a.visibility is Visibility.MEMBERS}
    for issue in issues().values():
        assert bool(private & set(slugs(issue))) == (issue.publication == "flash")


def test_the_november_letter_has_the_size_of_a_real_one():
    letter = issues()["2026-11-lettre"]
    news = [letter.lead.slug] + [slug for slug in slugs(letter) if slug not in slugs(letter, "agenda")]
    twice = set(slugs(letter, "agenda")) & {s for tag in Tag if tag != "agenda" for s in slugs(letter, tag)}
    assert 17 <= len(news) + len(twice) <= 19
    assert 8 <= len(slugs(letter, "agenda")) <= 9
    assert len(twice) == 3
    assert 100 <= len(letter.editorial.split()) <= 140
    assert letter.date == date(2026, 11, 24)


def test_the_november_letter_repeats_nothing_of_october():
    october, november = issues()["2026-10-lettre"], issues()["2026-11-lettre"]
    assert not {october.lead.slug, *slugs(october)} & {november.lead.slug, *slugs(november)}


def test_articles_speak_of_current_members_only():
    current = {o["name"] for o in members(TODAY)}
    cited = {name for a in pool() for name in a.organisations}
    assert len(cited) >= 12
    assert cited <= current


def test_the_182_members_are_counted_by_level():
    assert Counter(o["level"] for o in members(TODAY)) == {
        "region": 8,
        "departement": 15,
        "outre-mer": 4,
        "metropole": 19,
        "intercommunalite": 60,
        "commune": 76,
    }


@pytest.mark.parametrize(
    ("day", "expected"),
    [("2017-12-31", 118), ("2020-12-31", 141), ("2025-08-26", 182), ("2026-11-22", 182), ("2027-01-01", 180)],
)
def test_members_can_be_counted_at_any_date(day, expected):
    assert len(members(date.fromisoformat(day))) == expected


def test_fourteen_members_joined_in_2020_and_some_this_year():
    years = Counter(o["joined"][:4] for o in organisations())
    assert years["2020"] == 14
    assert years["2026"] >= 3
    assert min(years) == "2002"


def test_organisations_have_unique_names_and_well_formed_codes():
    names = [o["name"] for o in organisations()]
    assert len(names) == len(set(names))
    for o in organisations():
        assert re.fullmatch(r"(\d{9})?", o["siren"]), o
        assert re.fullmatch(r"(\d{5}|2[AB]\d{3})?", o["insee"]), o
        assert re.fullmatch(r"(\d{2,3}|2[AB])?", o["departement"]), o
        assert bool(o["insee"]) == (o["level"] == "commune"), o
        assert o["insee"].startswith(o["departement"]) or o["level"] != "commune", o
        assert o["region"] and o["joined"] < (o["ended"] or "9999"), o
    assert any(o["insee"].startswith("0") for o in organisations())
    assert any(o["insee"].startswith("2A") for o in organisations())


def test_the_siren_numbers_given_have_a_right_check_digit():
    def luhn(siren: str) -> int:
        digits = [int(d) * (2 if i % 2 else 1) for i, d in enumerate(reversed(siren))]
        return sum(sum(divmod(d, 10)) for d in digits) % 10

    given = [(o["name"], o["siren"]) for o in organisations() if o["siren"]]
    assert len(given) >= 8
    assert [f"data/organisations.csv: {name}: {siren}" for name, siren in given if luhn(siren)] == []
