"""Whatever an author, a feed or a member writes comes out as text, in the right place, and nowhere else."""

from __future__ import annotations

from dataclasses import replace

import html5lib
import lxml.html
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.model import EventTime, Picture, Speaker
from newsletter.rendering import clean
from newsletter.rendering.letter import render
from tests.rendering import samples

# html5lib's lxml tree cannot name `xmlns:v`, which Outlook wants.
pytestmark = pytest.mark.filterwarnings("ignore::html5lib.constants.DataLossWarning")

HOSTILE = {
    "ampersand": "R&D &amp; co &nbsp; &#233;",
    "less-than": "a < b > c <b>gras</b>",
    "quotes": "dire \"oui\" et 'non' « si »",
    "script": "<script>alert(1)</script>",
    "attribute": '"><img src=x onerror=alert(1)>',
    "mjml": "</mj-text></mj-column><mj-include path='/etc/passwd'/>",
    "comment": "<!-- fin --> -- <![endif]-->",
    "cdata": "]]> <![CDATA[x]]>",
    "jinja": "{{ 7*7 }} {% raw %} {{config}} {# x #}",
    "placeholders": "${7*7} <%= 7*7 %> %%EMAIL%% *|EMAIL|*",
    "no-break": "« Prix »\u00a0: 6\u202f540\u00a0€ l\u00adong \u200bzéro",
    "backslash": "C:\\u{a0}\\temp \\n",
    "emoji": "Bravo 🎉 à tou·tes 👩🏽‍🌾",
    "decomposed": "E\u0301lu e\u0301 ",
    "right-to-left": "\u202eabc\u202c",
    "style": ' style="a; b" data-premailer="ignore"',
    "long": "mot " * 2500,
    "unbroken": "x" * 10_000,
}
CASES = pytest.mark.parametrize("value", HOSTILE.values(), ids=HOSTILE.keys())


def letter(item, layout="news", pictures=None, **values):
    issue = samples.issue(samples.section("Rubrique", layout, item), **values)
    if pictures is None:
        pictures = samples.prepare(issue)[0]
    return render(issue, samples.LETTRE, samples.NETWORK, samples.THEME, samples.BASE_URL, pictures)


def parsed(html):
    tree = html5lib.parse(html, treebuilder="lxml", namespaceHTMLElements=False)
    return tree.getroot()


def text_of(node):
    return " ".join("".join(node.itertext()).split())


def seen(value):
    return " ".join(clean.text(value).split())


def raw(title, **values):
    """Make an item whose words reach the letter exactly as given, without typography."""
    return replace(samples.item("x", **values), title=title, summary=title)


@CASES
def test_titles_and_summaries_are_printed_as_written(value):
    root = parsed(letter(raw(value)).html)
    assert text_of(root.find(".//h3")) == seen(value)
    assert seen(value) in [text_of(p) for p in root.iter("p")]


@CASES
def test_alternative_texts_and_accessible_names_are_printed_as_written(value):
    root = parsed(letter(raw(value, picture=Picture("images/a.jpg", value))).html)
    assert [seen(img.get("alt")) for img in root.iter("img")] == [seen(value)]
    names = [a.get("aria-label") for a in root.iter("a") if a.get("aria-label")]
    assert names == [f"En savoir plus – {clean.text(value)}"]


@CASES
def test_the_subject_is_the_title_of_the_document(value):
    root = parsed(letter(raw("x"), subject=value).html)
    assert text_of(root.find(".//title")) == seen(value)
    outer = root.find(".//div[@role='article']")
    assert seen(outer.get("aria-label")) == seen(value)
    assert set(outer.attrib) == {"aria-label", "aria-roledescription", "role", "lang", "dir", "class", "style"}


@CASES
def test_the_text_part_says_the_same_words(value):
    made = letter(raw(value))
    flat = "".join(made.text.split())
    assert "".join(clean.text(value).replace("\u202f", "").split()) in flat


@CASES
def test_places_contacts_and_people_are_printed_as_text(value):
    event = EventTime(samples.at(3, hour=9), place=value, organisers=(value,))
    agenda = letter(raw("x", event=event, contact=value), "agenda")
    speaker = Speaker(value, value, value)
    voice = letter(raw("x", speakers=(speaker,), tags=("elu",)), "interview")
    for made in (agenda, voice):
        root = parsed(made.html)
        assert not list(root.iter("script"))
        assert not [node for node in root.iter("*") if any(name.startswith("on") for name in node.attrib)]
        assert "mj-include" not in {node.tag for node in root.iter("*")}


LINKS = {
    "javascript:alert(1)": "",
    "JaVaScRiPt:alert(1)": "",
    " javascript:alert(1)": "",
    "java\nscript:alert(1)": "",
    "data:text/html,<script>": "",
    "vbscript:x": "",
    "file:///etc/passwd": "",
    "//evil.example": "",
    "/relative": "",
    "https://": "",
    "https:///chemin": "",
    "http://[::1": "",
    "": "",
    "https://www.rtes.fr/a?b=1&c=%C3%A9": "https://www.rtes.fr/a?b=1&c=%C3%A9",
    "https://www.rtes.fr/élu es": "https://www.rtes.fr/%C3%A9lu%20es",
    'https://x.fr/"onclick="a': "https://x.fr/%22onclick=%22a",
    "mailto:a@b.fr": "mailto:a@b.fr",
    "tel:+33320971797": "tel:+33320971797",
}


@pytest.mark.parametrize(("link", "href"), LINKS.items())
def test_only_harmless_links_are_kept(link, href):
    made = letter(replace(raw("Titre"), link=link))
    title = parsed(made.html).find(".//h3")
    assert [a.get("href") for a in title.iter("a")] == ([href] if href else [])
    if href:
        assert f"  {href}" in made.text.splitlines()
    else:
        assert "En savoir plus" not in made.text


@pytest.mark.parametrize("field", ["title", "summary", "link", "body", "editorial", "cta"])
def test_an_author_cannot_have_a_readers_token_or_address(field):
    stolen = "https://mechant.example/?u=qz7slot-unsub-7zq&e=qz7slot-email-7zq"
    item = raw("Titre")
    values = {}
    if field == "body":
        item = replace(
            item, link="", body_html=f"<p><a href='{stolen}'>{stolen}</a></p>".replace("&", "&amp;"), body_text=stolen
        )
    elif field == "editorial":
        values = {"editorial_html": f"<p>{stolen}</p>".replace("&", "&amp;"), "editorial_text": stolen}
    else:
        item = replace(item, **{field: stolen})
    made, plain = letter(item, **values), letter(raw("Titre"))
    for slot in ("unsub", "email"):
        assert made.html.count(f"qz7slot-{slot}-7zq") == plain.html.count(f"qz7slot-{slot}-7zq")
        assert made.text.count(f"qz7slot-{slot}-7zq") == plain.text.count(f"qz7slot-{slot}-7zq")


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=60))
def test_any_text_comes_out_of_the_html_as_it_went_in(value):
    root = lxml.html.document_fromstring(letter(raw(value), pictures={}).html)
    assert " ".join(root.find(".//h3").text_content().split()) == seen(value)
    assert [a.get("aria-label") for a in root.iter("a") if a.get("aria-label")] == [
        f"En savoir plus – {clean.text(value)}"
    ]


@given(st.text(max_size=80))
def test_cleaning_twice_changes_nothing_more(value):
    once = clean.text(value)
    assert clean.text(once) == once
    assert "qz7slot-" not in once


@given(st.text(max_size=80))
def test_a_kept_link_always_has_a_known_scheme_and_no_blank(value):
    href = clean.href(value)
    assert href == "" or (href.split(":")[0].lower() in clean.SCHEMES and not any(c.isspace() for c in href))
