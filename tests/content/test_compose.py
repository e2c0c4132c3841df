from datetime import date, datetime

import pytest

from newsletter import i18n
from newsletter.content.compose import compose
from newsletter.content.pool import Pool
from newsletter.errors import ContentError
from newsletter.model import Article, EventTime, Issue, ItemPlan, Picture, Restriction, SectionPlan, Tag, Visibility
from newsletter.paris import PARIS
from newsletter.settings import Network, Publication, SectionSetting

N, B = "\u202f", "\u00a0"
NETWORK = Network(
    name="Réseau d'essai",
    short_name="Essai",
    baseline="Les collectivités solidaires",
    address="1 rue Haute",
    email="a@exemple.fr",
    website="https://exemple.fr",
)
SECTIONS = (
    SectionSetting(tag="rtes", title="Les actualités du réseau"),
    SectionSetting(tag="territoires", title="L'actualité des territoires", layout="cards"),
    SectionSetting(tag="appel", title="Appels", layout="calls"),
    SectionSetting(tag="agenda", title="Agenda", layout="agenda"),
)
LETTRE = Publication(key="lettre", title="La lettre", audience="subscribers", sections=SECTIONS)
FLASH = Publication(
    key="flash",
    title="Flash",
    audience="members",
    archive="members",
    layout="flash",
    subject="Flash – {date}",
    link_label="Agir",
    sections=(SECTIONS[2], SECTIONS[0], SECTIONS[3]),
)
DAY = date(2026, 11, 10)


def article(slug: str, *tags: str, **more) -> Article:
    more.setdefault("date", date(2026, 11, 5))
    more.setdefault("title", f"Titre de {slug}")
    return Article(slug=slug, path=f"articles/{slug}.md", tags=tuple(Tag(t) for t in tags or ("rtes",)), **more)


def event(*when: int, **more) -> EventTime:
    return EventTime(start=datetime(*when, tzinfo=PARIS), **more)  # type: ignore[misc, arg-type] # a date in pieces


def issue(*sections: SectionPlan, **more) -> Issue:
    more.setdefault("subject", "")
    return Issue(
        key="2026-11-lettre", path="issues/2026-11-lettre.md", publication="lettre", date=DAY, sections=sections, **more
    )


def plan(tag: str, *slugs: str, **more) -> SectionPlan:
    items = tuple(ItemPlan(slug=s, line=10 + n) for n, s in enumerate(slugs))
    return SectionPlan(tag=tag, title=more.pop("title", ""), items=items, **more)


def test_an_item_is_its_article_with_what_the_issue_overrides():
    picture = Picture("images/b.jpg", "L'autre : ici", credit="Ville d'Arras")
    pool = Pool((article("a", summary="Le résumé !", link="https://exemple.fr/a", cta="Voir"), article("b")))
    items = (
        ItemPlan(slug="a", title="Un « autre » titre", summary="Bref : voilà", picture=picture, cta="S'inscrire"),
        ItemPlan(slug="b"),
    )
    composed = compose(issue(SectionPlan(tag="rtes", title="", items=items)), pool, LETTRE, NETWORK)
    first, second = composed.items
    assert (first.title, first.summary, first.cta) == (f"Un «{N}autre{N}» titre", f"Bref{B}: voilà", "S’inscrire")
    assert first.picture == Picture("images/b.jpg", f"L’autre{B}: ici", credit="Ville d’Arras")
    assert first.link == "https://exemple.fr/a"
    assert first.article is pool.get("a")
    assert (second.title, second.cta, second.picture) == ("Titre de b", "En savoir plus", None)


def test_sections_take_from_the_publication_what_they_leave_open():
    pool = Pool((article("a"), article("b", "territoires")))
    composed = compose(
        issue(plan("rtes", "a"), plan("rtes"), plan("territoires", "b", title="Chez nous", layout="news")),
        pool,
        LETTRE,
        NETWORK,
    )
    assert [(s.title, s.layout) for s in composed.sections] == [
        ("Les actualités du réseau", "news"),
        ("Chez nous", "news"),
    ]
    assert compose(issue(plan("territoires", "b")), pool, LETTRE, NETWORK).sections[0].layout == "cards"


def test_the_agenda_is_sorted_and_what_is_past_never_appears():
    pool = Pool(
        (
            article("tard", event=event(2026, 12, 1)),
            article("hier", event=event(2026, 11, 9, 18)),
            article("ce-jour", event=event(2026, 11, 10, 9)),
            article("en-cours", event=event(2026, 11, 8, end=datetime(2026, 11, 10, tzinfo=PARIS), all_day=True)),
        )
    )
    composed = compose(issue(plan("agenda", "tard", "hier", "ce-jour", "en-cours")), pool, LETTRE, NETWORK)
    assert [i.article.slug for i in composed.items] == ["en-cours", "ce-jour", "tard"]
    gone = compose(issue(plan("agenda", "hier")), pool, LETTRE, NETWORK)
    assert gone.sections == ()


def test_dates_are_told_in_words():
    pool = Pool((article("a", event=event(2026, 12, 1, 14), deadline=datetime(2026, 12, 12, 23, 59, tzinfo=PARIS)),))
    item = compose(issue(plan("rtes", "a")), pool, LETTRE, NETWORK).items[0]
    assert item.when == f"Mardi 1er{B}décembre 2026 à 14h"
    assert item.until == f"jusqu’au 12{B}décembre 2026"


def test_the_language_of_whoever_composes_never_enters_the_letter():
    deadline = datetime(2026, 12, 12, 17, tzinfo=PARIS)
    held = event(2026, 12, 1, 14, end=datetime(2026, 12, 1, 16, tzinfo=PARIS))
    values = issue(plan("rtes", "a")), Pool((article("a", event=held, deadline=deadline),)), LETTRE, NETWORK
    with i18n.speaking("en"):
        abroad = compose(*values)
    assert abroad == compose(*values)


def test_an_agenda_entry_leads_to_the_event_and_the_news_to_the_article():
    pool = Pool(
        (
            article("a", link="https://exemple.fr/a", event=event(2026, 12, 1, link="https://exemple.fr/e")),
            article("b", event=event(2026, 12, 1, link="https://exemple.fr/e")),
        )
    )
    composed = compose(issue(plan("rtes", "a", "b"), plan("agenda", "a")), pool, LETTRE, NETWORK)
    assert [i.link[-1] for i in composed.items] == ["a", "e", "e"]


@pytest.mark.parametrize(
    ("more", "subject"),
    [
        ({}, "La lettre – novembre 2026"),
        (
            {"subject": "{title} n° {number} : l'été du {date}", "number": 142},
            f"La lettre n°{B}142{B}: l’été du 10{B}novembre 2026",
        ),
        ({"subject": "{publication.__class__} {x} {{title}}"}, "{publication.__class__} {x} {La lettre}"),
    ],
)
def test_a_subject_pattern_is_filled_in_once_and_nothing_else_is_a_pattern(more, subject):
    assert compose(issue(**more), Pool(), LETTRE, NETWORK).subject == subject


def test_the_editorial_and_bodies_are_markdown():
    composed = compose(
        issue(plan("rtes", "a"), editorial="**Bonjour** !"), Pool((article("a", body="- x"),)), LETTRE, NETWORK
    )
    assert composed.editorial_html == f"<p><strong>Bonjour</strong>{N}!</p>"
    assert composed.editorial_text == f"Bonjour{B}!"
    assert (composed.items[0].body_html, composed.items[0].body_text) == ("<ul>\n<li>x</li>\n</ul>", "- x")


def test_without_a_preheader_the_first_titles_stand_for_it():
    pool = Pool((article("a", title="Une première nouvelle du réseau"), article("b", title="Une autre : là")))
    composed = compose(issue(plan("rtes", "a", "b"), plan("rtes", "a")), pool, LETTRE, NETWORK)
    assert composed.preheader == f"Une première nouvelle du réseau · Une autre{B}: là"
    assert compose(issue(preheader="Voilà !"), pool, LETTRE, NETWORK).preheader == f"Voilà{N}!"


def test_a_message_without_items_is_announced_by_its_first_words():
    said = "Rendez-vous le 3 décembre à Lille pour la rencontre nationale des collectivités."
    composed = compose(issue(editorial=said), Pool(()), LETTRE, NETWORK)
    assert composed.items == () and composed.preheader == said.replace("3 d", "3\N{NO-BREAK SPACE}d")


def test_items_for_some_readers_only_are_still_there():
    pool = Pool((article("a", restriction=Restriction(levels=("region",))),))
    assert compose(issue(plan("rtes", "a")), pool, LETTRE, NETWORK).items[0].audience == "level = region"


@pytest.mark.parametrize(
    ("found", "asked", "tag", "says"),
    [
        (article("coop-de-lille"), "coop-de-lile", "rtes", "did you mean `coop-de-lille`"),
        (article("prive", visibility=Visibility.MEMBERS), "prive", "rtes", "for members only"),
        (article("sans-date"), "sans-date", "agenda", "has no event"),
    ],
)
def test_an_item_that_cannot_stand_there_is_refused_with_its_line(found, asked, tag, says):
    with pytest.raises(ContentError, match=says) as caught:
        compose(issue(plan(tag, asked)), Pool((found,)), LETTRE, NETWORK)
    assert caught.value.where == f"issues/2026-11-lettre.md:10, {asked}"
    assert caught.value.hint


def test_what_is_for_members_stands_in_their_publication():
    pool = Pool((article("prive", visibility=Visibility.MEMBERS),))
    assert compose(issue(plan("rtes", "prive")), pool, FLASH, NETWORK).items[0].cta == "Agir"


@pytest.mark.parametrize("hidden", ["&#113;z7slot-unsub-7zq", "q&#x2060;z7slot-unsub-7zq", "a&#x202e;b", "a&#x2028;b"])
def test_an_entity_hides_nothing_that_is_refused_in_the_open(hidden):
    with pytest.raises(ContentError, match="not allowed"):
        compose(issue(plan("rtes", "a")), Pool((article("a", body=hidden),)), LETTRE, NETWORK)
