import unicodedata
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsletter.content import article as articles
from newsletter.errors import ContentError
from newsletter.model import Article, EventTime, Picture, Restriction, Speaker, Status, Tag, Visibility
from newsletter.paris import PARIS

FULL = """\
---
# relu par Anne
title: "LILLE : une « coopérative » de quartier"   # 56 signes au moins
tags: [territoires, agenda]
date: 2026-11-02
mot_du_site: 7421
summary: >-
  Un résumé plié
  sur deux lignes.
link: https://exemple.fr/coop
image:
  src: images/coop.jpg
  alt: Des habitantes devant la halle
  credit: Ville de Lille
organisations: [Ville de Lille]
event:
  start: 2026-11-24 09:30   # accueil à 9h
  end: 2026-11-24 17:00
  salle: Pasteur
  place: Lille, hôtel de ville
  organisers:
    - Ville de Lille
deadline: 2026-11-20
contact: coop@exemple.fr
people:
  - name: Jeanne Durand
    function: Adjointe à l'ESS
    portrait: {src: images/jeanne.jpg, alt: Portrait}
quote: « Partir des habitants. »
restrict:
  regions: [Hauts-de-France]
cta: Lire l'entretien
---

Le **corps**.
"""
SMALL = "---\ntitle: Un titre\ntags: [rtes]\ndate: 2026-11-02\n---\nLe corps.\n"


def test_every_field_is_read(place, tmp_path):
    article = articles.read_article(place(FULL), tmp_path)
    assert article == Article(
        slug="un-article",
        path="articles/un-article.md",
        title="LILLE : une « coopérative » de quartier",
        tags=(Tag.TERRITOIRES, Tag.AGENDA),
        date=date(2026, 11, 2),
        summary="Un résumé plié sur deux lignes.",
        link="https://exemple.fr/coop",
        picture=Picture("images/coop.jpg", "Des habitantes devant la halle", credit="Ville de Lille"),
        organisations=("Ville de Lille",),
        event=EventTime(
            start=datetime(2026, 11, 24, 9, 30, tzinfo=PARIS),
            end=datetime(2026, 11, 24, 17, tzinfo=PARIS),
            place="Lille, hôtel de ville",
            organisers=("Ville de Lille",),
        ),
        deadline=datetime(2026, 11, 20, 23, 59, tzinfo=PARIS),
        contact="coop@exemple.fr",
        speakers=(Speaker("Jeanne Durand", "Adjointe à l'ESS", portrait=Picture("images/jeanne.jpg", "Portrait")),),
        quote="« Partir des habitants. »",
        restriction=Restriction(regions=("Hauts-de-France",)),
        cta="Lire l'entretien",
        body="Le **corps**.",
    )
    assert article.where("event") == "articles/un-article.md:16, event"


def test_scalars_stay_text(place, tmp_path):
    article = articles.read_article(place(SMALL.replace("Un titre", "No").replace("Le corps.", "")), tmp_path)
    assert (article.title, article.body) == ("No", "")


@pytest.mark.parametrize(
    ("written", "utc"),
    [
        ("2026-11-24 09:30", datetime(2026, 11, 24, 8, 30, tzinfo=UTC)),
        ("2026-07-01T09:30:15", datetime(2026, 7, 1, 7, 30, 15, tzinfo=UTC)),
        ("2026-07-01 09:30Z", datetime(2026, 7, 1, 9, 30, tzinfo=UTC)),
        ("2026-10-25 02:30+01:00", datetime(2026, 10, 25, 1, 30, tzinfo=UTC)),
    ],
)
def test_hours_are_those_of_paris_in_summer_and_winter(place, tmp_path, written, utc):
    path = place(SMALL.replace("---\nLe", f"event:\n  start: {written}\n---\nLe"))
    article = articles.read_article(path, tmp_path)
    assert article.event.start.astimezone(UTC) == utc
    moved = articles.write_article(path, replace(article, event=replace(article.event, place="Lille")))
    assert abs(moved.event.start.astimezone(UTC) - utc) < timedelta(minutes=1)


def test_an_event_without_hours_lasts_all_day(place, tmp_path):
    text = SMALL.replace("---\nLe", "event: {start: 2026-09-29, end: 2026-10-05}\n---\nLe")
    event = articles.read_article(place(text), tmp_path).event
    assert event.all_day
    assert event.last_day == date(2026, 10, 5)


@pytest.mark.parametrize(
    ("old", "new", "line", "field", "says"),
    [
        ("tags: [rtes]", "tags: [territoire]", 3, "tags", "did you mean `territoires`?"),
        ("tags: [rtes]", "status: prêt\ntags: [rtes]", 3, "status", "`prêt` is unknown"),
        ("title: Un titre\n", "", 1, "title", "`title` is missing"),
        ("tags: [rtes]\n", "", 1, "tags", "`tags` is missing"),
        ("2026-11-02", "02/11/2026", 4, "date", "write 2026-11-24"),
        ("2026-11-02", "2026-13-02", 4, "date", "is no date"),
        ("2026-11-02", "0206-11-02", 4, "date", "is out of range"),
        ("Un titre", "x" * 301, 2, "title", "longer than 300"),
        ("Un titre", "[a, b]", 2, "title", "must be a text"),
        ("Un titre", '"a\\0b"', 2, "title", "U+0000"),
        ("Un titre", '"a\\u2028b"', 2, "title", "U+2028"),
        ("Un titre", '"qz7\\x73lot-unsub-7zq"', 2, "title", "recipients' links"),
        ("Un titre", "LILLE : la coop", 2, "", "between quotes"),
        ("Un titre", "!!python/object:os.system x", 2, "", "tags are not allowed"),
        ("Un titre", "&a x", 2, "", "anchors"),
        ("Un titre", "x\ntitle: y", 3, "", "given twice"),
        ("Un titre", "x\n<<: {a: b}", 3, "", "must be a word"),
        ("Un titre", "[" * 20 + "]" * 20, 2, "", "nested too deep"),
        ("Un titre", "[" * 90_000, 2, "", "nested too deep"),
        ("---\nLe", "link: javascript:alert(1)\n---\nLe", 5, "link", "no link"),
        ("---\nLe", "link: www.rtes.fr/a\n---\nLe", 5, "link", "https://www.rtes.fr/a"),
        ("---\nLe", 'link: "https://a.fr/\\" onclick=x"\n---\nLe', 5, "link", "no link"),
        ("---\nLe", "link: https://[a/\n---\nLe", 5, "link", "no link"),
        ("---\nLe", "image: ../../etc/passwd\n---\nLe", 5, "image", "no picture"),
        ("---\nLe", "image: /etc/passwd\n---\nLe", 5, "image", "no picture"),
        ("---\nLe", "image:\n  src: data:image/png;base64,xx\n---\nLe", 6, "image.src", "no picture"),
        ("---\nLe", "image: {src: a.jpg, alt: b, decorative: true}\n---\nLe", 5, "image.decorative", "decorative"),
        ("---\nLe", "event: {place: Lille}\n---\nLe", 5, "event.start", "is missing"),
        ("---\nLe", "event:\n  start: 2026-03-29 02:30\n---\nLe", 6, "event.start", "does not exist"),
        ("---\nLe", "event:\n  start: 2026-03-20\n  end: 2026-03-19\n---\nLe", 7, "event.end", "before its start"),
        ("---\nLe", "event:\n  start: 2026-03-20 10:00\n  end: 2026-03-20\n---\nLe", 7, "event.end", "an hour"),
        ("---\nLe", "event: demain\n---\nLe", 5, "event", "must hold fields"),
        ("---\nLe", "people: Jeanne\n---\nLe", 5, "people", "must be a list"),
        ("---\nLe", "people:\n  - function: x\n---\nLe", 6, "people.name", "is missing"),
        ("Le corps.", "a\n\x07b", 7, "", "U+0007"),
        ("Le corps.", "a\n\u202eb", 7, "", "U+202E"),
        ("Le corps.", "a\n[x](https://mal.fr/qz7slot-unsub-7zq)", 7, "", "recipients' links"),
        ("Le corps.", "qz7\u2060slot-unsub-7zq", 6, "", "recipients' links"),
        ("---\ntitle", "title", 1, "", "no front matter"),
        ("---\nLe", "\nLe", 1, "", "no front matter"),
        (SMALL, "---\n---\n", 2, "", "holds no fields"),
    ],
)
def test_what_is_wrong_is_refused_with_its_line_and_field(place, tmp_path, old, new, line, field, says):
    assert old in SMALL
    with pytest.raises(ContentError) as caught:
        articles.read_article(place(SMALL.replace(old, new)), tmp_path)
    where, _, name = caught.value.where.partition(", ")
    assert (where, name) == (f"articles/un-article.md:{line}", field)
    assert says in str(caught.value)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (SMALL.replace("Un titre", "Été").encode("latin-1"), "not UTF-8"),
        (b"---\ntitle: x\n---\n" + b"a" * 200_000, "larger than 200 kB"),
        (b"", "no front matter"),
    ],
)
def test_what_is_no_text_of_ours_is_refused(place, tmp_path, content, says):
    with pytest.raises(ContentError, match=says):
        articles.read_article(place(content), tmp_path)


def test_a_link_out_of_the_workspace_is_not_followed(tmp_path):
    root = tmp_path / "workspace"
    (root / "articles").mkdir(parents=True)
    (tmp_path / "secret.md").write_text(SMALL)
    (root / "articles" / "secret.md").symlink_to(tmp_path / "secret.md")
    with pytest.raises(ContentError, match="outside the workspace"):
        articles.read_article(root / "articles" / "secret.md", root)


def test_a_name_with_capitals_or_blanks_is_refused_with_a_better_one(place, tmp_path):
    with pytest.raises(ContentError, match=r"un-ete-a-lille\.md"):
        articles.read_article(place(SMALL, "Un été à Lille.md"), tmp_path)


def test_words_are_kept_in_composed_form(place, tmp_path):
    article = articles.read_article(place(SMALL.replace("Un titre", "E\u0301te\u0301")), tmp_path)
    assert article.title == "Été"


@pytest.mark.parametrize(
    "text", [FULL, SMALL, FULL.replace("\n", "\r\n"), "\ufeff" + SMALL, "a\r\nb\nc\n".join((SMALL, ""))]
)
def test_an_article_written_as_it_was_read_keeps_every_byte(place, tmp_path, text):
    path = place(text)
    articles.write_article(path, articles.read_article(path, tmp_path))
    assert path.read_bytes().decode() == text


def test_a_change_touches_its_own_lines_and_no_others(place, tmp_path):
    path = place(FULL)
    article = articles.read_article(path, tmp_path)
    event = replace(article.event, place="Roubaix")
    articles.write_article(path, replace(article, title="Autre", cta="", event=event, contact=""))
    before, after = FULL.splitlines(), path.read_text().splitlines()
    gone, come = [x for x in before if x not in after], [x for x in after if x not in before]
    assert [line.strip().split(":")[0] for line in gone if "start" not in line] == ["title", "place", "contact", "cta"]
    assert [line.split("#")[0].strip() for line in come if "start" not in line] == ['title: "Autre"', "place: Roubaix"]
    assert come[0].endswith("# 56 signes au moins")
    assert any("start: 2026-11-24 09:30" in line and "# accueil à 9h" in line for line in after)


def test_a_refused_change_leaves_the_file_alone(place, tmp_path):
    path = place(FULL)
    article = articles.read_article(path, tmp_path)
    for wrong in (replace(article, link="javascript:alert(1)"), replace(article, title="a\x00b")):
        with pytest.raises(ContentError):
            articles.write_article(path, wrong)
    assert path.read_text() == FULL
    assert [p.name for p in path.parent.iterdir()] == [path.name]


lines = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp", "Cf"]), max_size=60).map(
    lambda text: unicodedata.normalize("NFC", " ".join(text.split()))
)
words = lines.filter(bool)
moments = st.datetimes(datetime(2000, 1, 1), datetime(2090, 1, 1)).map(
    lambda d: d.replace(second=0, microsecond=0, tzinfo=UTC).astimezone(PARIS)
)


@given(
    title=words,
    summary=lines,
    quote=lines,
    body=lines,
    organisations=st.lists(words, unique=True, max_size=3),
    start=moments,
    visibility=st.sampled_from(Visibility),
    status=st.sampled_from(Status),
    person=words,
    alt=lines,
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_written_reads_back(
    tmp_path, title, summary, quote, body, organisations, start, visibility, status, person, alt
):
    path = tmp_path / "articles" / "un-article.md"
    article = Article(
        slug="un-article",
        path="articles/un-article.md",
        title=title,
        tags=(Tag.RTES,),
        date=date(2026, 1, 1),
        summary=summary,
        quote=quote,
        body=body,
        organisations=tuple(organisations),
        visibility=visibility,
        status=status,
        event=EventTime(start=start, place=summary),
        deadline=start,
        speakers=(Speaker(person, portrait=Picture("images/a.jpg", alt)),),
    )
    assert articles.write_article(path, article) == article
    assert articles.read_article(path, tmp_path) == article


@pytest.mark.parametrize("blank", ["\u00a0", "'  '", "\u2003"])
def test_a_title_of_blanks_is_no_title(place, tmp_path, blank):
    path = place(f"---\ntitle: {blank}\ntags: rtes\ndate: 2026-01-01\n---\n".encode())
    with pytest.raises(ContentError, match="`title` is missing"):
        articles.read_article(path, tmp_path)


@given(st.text(max_size=200))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_is_read_or_refused_by_name(place, tmp_path, text):
    for content in (text, f"---\n{text}\n---\n{text}", f"---\ntitle: {text}\ntags: rtes\ndate: 2026-01-01\n---\n"):
        try:
            read = articles.read_article(place(content.encode("utf-8", "surrogatepass")), tmp_path)
        except ContentError as error:
            assert error.where.startswith("articles/un-article.md")
        else:
            assert read.title


def test_new_articles_of_one_title_get_names_of_their_own(tmp_path):
    made = [
        articles.new_article(tmp_path, title="L'été : à Lille", tags=("rtes",), date=date(2026, 7, 1), body="Bonjour")
        for _ in range(2)
    ]
    assert [a.slug for a in made] == ["2026-07-01-l-ete-a-lille", "2026-07-01-l-ete-a-lille-2"]
    assert [a.status for a in made] == [Status.DRAFT] * 2
    assert articles.read_article(tmp_path / made[0].path, tmp_path) == made[0]
