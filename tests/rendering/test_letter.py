"""The letter as a whole: what every letter holds, what it leaves out, and for whom."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from typing import get_args

import html5lib
import lxml.html
import pytest

from newsletter.errors import RenderingError
from newsletter.model import Restriction, Visibility
from newsletter.rendering.letter import has_something, keep, render
from newsletter.settings import Layout
from newsletter.theme import Palette, Theme
from tests.rendering import samples

BOTH = ("lettre", "flash")
PICTURES, FILES = samples.prepare(samples.lettre(), samples.flash())


def letter(issue=None, publication=samples.LETTRE, *, network=samples.NETWORK, theme=samples.THEME, variant=()):
    return render(issue or samples.lettre(), publication, network, theme, samples.BASE_URL, PICTURES, variant)


@cache
def sample(name):
    return letter() if name == "lettre" else letter(samples.flash(), samples.FLASH)


def parsed(html):
    return lxml.html.document_fromstring(html)


def words(node):
    return " ".join(node.text_content().split())


@pytest.mark.parametrize("name", BOTH)
def test_the_same_values_give_the_same_bytes(name):
    assert sample(name) == sample.__wrapped__(name)


@pytest.mark.parametrize("name", BOTH)
def test_the_html_has_no_parse_error_in_an_independent_parser(name):
    parser = html5lib.HTMLParser(strict=False)
    parser.parse(sample(name).html)
    assert parser.errors == []


@pytest.mark.parametrize("name", BOTH)
@pytest.mark.parametrize(
    "trace", ["<mj-", "\\u{", "fonts.googleapis", "&amp;nbsp;", "&amp;#", "<script", "data:", "data-premailer", "{{"]
)
def test_nothing_of_the_workshop_is_left_in_the_html(name, trace):
    assert trace not in sample(name).html


@pytest.mark.parametrize("name", BOTH)
def test_the_document_begins_with_its_doctype(name):
    assert sample(name).html.startswith("<!DOCTYPE html>")


def test_twenty_items_weigh_less_than_60_kilobytes():
    assert len(samples.lettre().items) == 20
    assert len(sample("lettre").html.encode()) < 60_000


@pytest.mark.parametrize("name", BOTH)
@pytest.mark.parametrize("slot", ["web", "unsub", "prefs"])
def test_recipient_links_are_slots_as_whole_addresses(name, slot):
    made = sample(name)
    assert f'href="qz7slot-{slot}-7zq"' in made.html
    assert f"qz7slot-{slot}-7zq" in made.text.splitlines()


@pytest.mark.parametrize("name", BOTH)
def test_slots_stand_in_links_and_the_footer_only(name):
    root = parsed(sample(name).html)
    for node in root.iter("*"):
        for attribute, value in node.attrib.items():
            assert "qz7slot" not in value or attribute == "href", (node.tag, attribute)
    assert "qz7slot" not in root.findtext(".//title")
    assert "qz7slot-email-7zq" in words(root)


def test_only_the_flash_asks_for_proposals():
    assert 'href="qz7slot-propose-7zq"' in sample("flash").html
    assert "qz7slot-propose" not in sample("lettre").html + sample("lettre").text


@pytest.mark.parametrize("part", ["html", "text"])
@pytest.mark.parametrize(
    "duty",
    [
        "Réseau des collectivités Territoriales",
        "75 rue Léon Gambetta, 59000 Lille",
        "03 20 97 17 97",
        "animation@rtes.fr",
        "Vous recevez ce message parce que vous êtes abonné·e",
        "Aucun traceur",
        "La présidence du RTES",
        "https://www.rtes.fr/mentions-legales",
        "protection des données",
        "https://www.linkedin.com/company/rtes",
        "Caisse des Dépôts",
        f"{samples.BASE_URL}/",
    ],
)
def test_the_footer_says_what_the_law_and_the_readers_expect(part, duty):
    made = sample("lettre")
    text = " ".join(made.text.split()) if part == "text" else made.html
    assert duty in text


def test_a_members_letter_names_no_public_archive():
    made = sample("flash")
    assert f'href="{samples.BASE_URL}/"' not in made.html
    assert f"{samples.BASE_URL}/" not in made.text.splitlines()
    assert "contact d’une collectivité adhérente" in made.html


def test_the_preheader_comes_first_and_is_not_in_the_text():
    made = letter(samples.issue(*samples.lettre().sections, preheader="Un avant-goût & plus"))
    body = parsed(made.html).find("body")
    assert words(body).startswith("Un avant-goût & plus")
    assert "avant-goût" not in made.text


def test_an_issue_without_preheader_prints_no_hidden_block():
    assert "mso-hide" not in letter(samples.issue(*samples.lettre().sections, preheader="")).html


def test_the_masthead_tells_month_year_and_number():
    assert "Novembre 2026 · n°\u00a0214" in sample("lettre").html
    assert "20 novembre 2026 · n°\u00a031" in sample("flash").html


def test_an_item_without_link_has_nothing_to_click_and_prints_its_own_text():
    item = samples.item("Vœux", "En bref", link="", body_html="<p>Tout le texte.</p>", body_text="Tout le texte.")
    made = letter(samples.issue(samples.section("Vie du réseau", "news", item)))
    assert "<p" in made.html
    assert "Tout le texte." in made.html
    assert "Tout le texte." in made.text
    assert "En savoir plus" not in made.html + made.text


def test_a_summary_taken_from_the_text_is_not_read_twice():
    item = samples.item(
        "Vœux",
        "Une bonne année.",
        link="",
        body_html="<p>Une bonne année. Et la suite.</p>",
        body_text="Une bonne année. Et la suite.",
    )
    made = letter(samples.issue(samples.section("Vie du réseau", "news", item)))
    assert made.html.count("Une bonne année.") == 1
    assert made.text.count("Une bonne année.") == 1


def test_identical_labels_are_told_apart_by_their_accessible_name():
    names = re.findall(r'aria-label="([^"]*)"', sample("lettre").html)
    labels = [name for name in names if name.startswith("En savoir plus")]
    assert len(labels) > 10
    assert len(set(labels)) == len(labels)


def test_every_event_of_the_agenda_can_be_added_to_a_calendar():
    made = sample("lettre")
    for slug in ("webinaire", "journee", "semaine"):
        assert f"{samples.BASE_URL}/agenda/{slug}.ics" in made.html
        assert f"  {samples.BASE_URL}/agenda/{slug}.ics" in made.text.splitlines()


def test_a_members_event_has_no_public_calendar_file():
    event = samples.events()[0]
    private = replace(event, article=replace(event.article, visibility=Visibility.MEMBERS))
    made = letter(samples.issue(samples.section("Agenda", "agenda", private)))
    assert ".ics" not in made.html + made.text


def test_a_picture_that_was_not_prepared_is_left_out_and_its_item_stays():
    made = render(samples.lettre(), samples.LETTRE, samples.NETWORK, samples.THEME, samples.BASE_URL, {})
    assert "<img" not in made.html
    assert words(parsed(made.html)).count("Budgets 2027") == 1


def test_all_colours_come_from_the_theme():
    shades = {name: f"#0{index:X}0{index:X}0{index:X}" for index, name in enumerate(Palette.model_fields)}
    used = set(
        re.findall(r"#[0-9A-Fa-f]{6}\b", letter(theme=Theme(light=Palette(**shades), dark=Palette(**shades))).html)
    )
    assert used <= set(shades.values())


def test_a_network_speaking_english_gets_an_english_document():
    made = letter(network=samples.NETWORK.model_copy(update={"locale": "en"}))
    assert parsed(made.html).get("lang") == "en"


def test_a_logo_replaces_nothing_but_stands_with_its_alternative():
    network = samples.NETWORK.model_copy(update={"logo": "images/logo.png", "logo_alt": "Le logo"})
    wanted = samples.prepare(samples.issue(), network=network)[0]
    made = render(samples.issue(), samples.LETTRE, network, samples.THEME, samples.BASE_URL, wanted)
    assert 'alt="Le logo"' in made.html


def test_an_interview_that_opens_the_letter_keeps_its_people():
    made = letter(samples.issue(lead=samples.interview()))
    for name in ("Camille Aubert", "Yanis Le Goff"):
        assert name in made.html
        assert name in made.text
    assert made.html.count("<img") == 2


@pytest.mark.parametrize(("count", "halves"), [(1, 0), (2, 2), (3, 2), (4, 4)])
def test_an_odd_last_card_leaves_no_empty_half_row(count, halves):
    root = parsed(letter(samples.issue(samples.section("Territoires", "cards", *samples.cards(count)))).html)
    assert len(root.find_class("cd")) == halves
    assert len(list(root.iter("h3"))) == len(list(root.iter("img"))) == count


@pytest.mark.parametrize("layout", ["new", "../base", ""])
def test_an_unknown_layout_is_named_with_its_issue(layout):
    with pytest.raises(RenderingError, match="is unknown") as caught:
        letter(samples.issue(samples.section("Vie", layout, samples.item("x"))))
    assert caught.value.where == "issues/2026-11-lettre.md"


@pytest.mark.parametrize("layout", get_args(Layout))
def test_every_layout_prints_an_item_that_has_but_a_title(layout):
    made = letter(samples.issue(samples.section("Vie", layout, samples.item("Rien qu’un titre", link=""))))
    assert "Rien qu’un titre" in made.html
    assert "Rien qu’un titre" in made.text


def restricted():
    north = samples.item("Pour les Hauts-de-France", slug="nord", restriction=Restriction(regions=("hdf",)))
    towns = samples.item("Pour les communes", slug="communes", restriction=Restriction(levels=("commune",)))
    return samples.issue(
        samples.section("Pour tous", "briefs", samples.item("Pour tout le monde"), north),
        samples.section("Pour certains", "briefs", towns),
    )


NORTH, TOWNS = "region = hdf", "level = commune"


@pytest.mark.parametrize("variant", [(), (TOWNS,), (NORTH,), (TOWNS, NORTH)])
def test_a_letter_holds_exactly_the_targeted_items_of_its_variant(variant):
    made = letter(restricted(), variant=variant)
    assert made.variant == variant
    for audience, title in ((NORTH, "Pour les Hauts-de-France"), (TOWNS, "Pour les communes")):
        assert (title in made.html) == (audience in variant)
        assert (title in made.text) == (audience in variant)
    assert "Pour tout le monde" in made.html


def test_an_emptied_section_vanishes_with_its_heading():
    made = letter(restricted(), variant=(NORTH,))
    assert "Pour certains" not in made.html + made.text


def test_a_restricted_lead_stays_out_of_the_other_variants():
    lead = samples.item("Une", slug="une", restriction=Restriction(levels=("region",)))
    assert keep(samples.issue(lead=lead), ()).lead is None
    assert keep(samples.issue(lead=lead), ("level = region",)).lead == lead


LINES = [
    # (subject, preheader) as written; those of readers who do not get the article about Rennes
    (("Novembre", "Ce mois-ci"), ("Novembre", "Ce mois-ci")),
    (("Budget participatif : la Ville de Rennes ouvre", "Ce mois-ci"), ("La lettre", "Ce mois-ci")),
    (("À RENNES, budget participatif : la ville de Rennes", "Ce mois-ci"), ("La lettre", "Ce mois-ci")),
    (("Novembre", "Rennes Métropole et les autres"), ("Novembre", "Une nouvelle pour tous · Ce que fait le réseau")),
    (("Rennes en bref", "Ce mois-ci"), ("Rennes en bref", "Ce mois-ci")),
]


@pytest.mark.parametrize(("written", "read"), LINES)
def test_subject_and_preheader_never_name_an_item_that_the_reader_does_not_get(written, read):
    rennes = samples.item(
        "Budget participatif : la Ville de Rennes ouvre",
        organisations=("Rennes Métropole",),
        restriction=Restriction(regions=("Bretagne",)),
    )
    issue = samples.issue(
        samples.section("Pour tous", "briefs", rennes, samples.item("Une nouvelle pour tous")),
        subject=written[0],
        preheader=written[1],
        plain_subject="La lettre",
        own_preheader=True,
        network_line="Ce que fait le réseau",
    )
    assert (keep(issue, ("region = Bretagne",)).subject, keep(issue, ("region = Bretagne",)).preheader) == written
    assert (keep(issue, ()).subject, keep(issue, ()).preheader) == read


def test_a_reader_without_an_item_has_nothing_and_an_editorial_alone_is_something():
    only = samples.issue(
        samples.section("À saisir", "briefs", samples.item("X", restriction=Restriction(("commune",))))
    )
    assert has_something(only, (TOWNS,)) and not has_something(only, ())
    assert has_something(samples.issue(editorial_text="Bonjour"), ()) and not has_something(samples.issue(), ())


def test_an_editorial_alone_is_a_letter_of_its_own_layout():
    words = "Rendez-vous le 3 décembre à Lille."
    made = letter(samples.issue(editorial_html=f"<p>{words}</p>", editorial_text=words))
    assert words in made.html and words in made.text
    assert "24 novembre 2026" in made.html and "Dans ce numéro" not in made.html
