"""Letters read by an accessibility engine and by readers without pictures, without styles, in the dark."""

from __future__ import annotations

import re
from functools import cache
from itertools import pairwise

import lxml.html
import pytest

from newsletter.rendering.letter import render
from tests import axe
from tests.browser import letter_page
from tests.rendering import samples

PICTURES, FILES = samples.prepare(samples.lettre(), samples.flash())
NAMES = ("lettre", "flash")
BOTH = pytest.mark.parametrize("name", NAMES)
# A message stands inside a mail client's page, which brings the landmarks; the letter itself is one `article`.
PAGE_RULES = ("region", "landmark-one-main", "bypass")


@cache
def html(name):
    issue, publication = (samples.lettre(), samples.LETTRE) if name == "lettre" else (samples.flash(), samples.FLASH)
    return render(issue, publication, samples.NETWORK, samples.THEME, samples.BASE_URL, PICTURES).html


def root(name):
    return lxml.html.document_fromstring(html(name))


@BOTH
def test_language_and_direction_stand_on_the_document_and_on_the_outer_element(name):
    document = root(name)
    outer = document.find("body").find("div")
    for node in (document, outer):
        assert (node.get("lang"), node.get("dir")) == ("fr", "ltr")


@BOTH
def test_every_layout_table_says_it_is_no_data(name):
    tables = list(root(name).iter("table"))
    assert len(tables) > 10
    assert {table.get("role") for table in tables} == {"presentation"}


@BOTH
def test_tables_for_outlook_say_it_too(name):
    hidden = [
        t
        for comment in re.findall(r"<!--\[if.*?-->", html(name), re.DOTALL)
        for t in re.findall("<table[^>]*>", comment)
    ]
    assert hidden
    assert all('role="presentation"' in table for table in hidden)


def test_every_picture_has_an_alternative_and_a_width():
    pictures = list(root("lettre").iter("img"))
    assert len(pictures) == 13
    assert all(img.get("alt") and img.get("width") for img in pictures)


def test_a_decorative_picture_has_an_empty_alternative_and_is_no_link():
    picture = samples.Picture("images/a.jpg", decorative=True)
    issue = samples.issue(samples.section("x", "news", samples.item("x", picture=picture)))
    made = render(issue, samples.LETTRE, samples.NETWORK, samples.THEME, samples.BASE_URL, samples.prepare(issue)[0])
    image = lxml.html.document_fromstring(made.html).find(".//img")
    assert image.get("alt") == ""
    assert image.getparent().tag == "div"


@BOTH
def test_one_first_heading_then_no_level_is_skipped(name):
    levels = [int(node.tag[1]) for node in root(name).iter("h1", "h2", "h3", "h4", "h5", "h6")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


@BOTH
def test_no_readable_text_is_smaller_than_fourteen_pixels(name):
    sizes = {}
    for node in root(name).iter("*"):
        for size in re.findall(r"font-size:\s*(\d+)px", node.get("style", "")):
            sizes.setdefault(int(size), []).append("".join(node.itertext()).replace("\u00a0", "").strip())
    small = {size: [text for text in texts if text] for size, texts in sizes.items() if size < 14}
    # Sizes of 0 and 1 belong to MJML's frames and to the hidden preheader, whose content sets its own.
    assert {size for size, texts in small.items() if texts} <= {0, 1}


@BOTH
def test_the_frames_never_lend_their_size_to_text(name):
    for node in root(name).iter("div", "td"):
        if re.search(r"font-size:\s*0", node.get("style", "")):
            assert not (node.text or "").strip()
            assert not [child for child in node if (child.tail or "").strip()]


@pytest.mark.browser
@pytest.mark.xdist_group("browser")
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [375, 640])
@BOTH
def test_axe_finds_nothing(mail_browser, name, width, dark):
    options = {"rules": {rule: {"enabled": False} for rule in PAGE_RULES}}
    with letter_page(mail_browser, html(name), FILES, width=width, dark=dark) as page:
        assert axe.faults(page, options=options) == []


@pytest.mark.browser
@pytest.mark.xdist_group("browser")
@pytest.mark.parametrize("styled", [True, False], ids=["styled", "without style sheets"])
@pytest.mark.parametrize("width", [320, 375, 640])
@BOTH
def test_nothing_is_wider_than_the_screen_and_stories_have_room(mail_browser, name, width, styled):
    letter = html(name) if styled else re.sub(r"<style.*?</style>", "", html(name), flags=re.DOTALL)
    with letter_page(mail_browser, letter, FILES, width=width) as page:
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        paragraphs = page.eval_on_selector_all("p.x", "nodes => nodes.map(n => n.getBoundingClientRect().width)")
    assert min(paragraphs) >= 180


@pytest.mark.browser
@pytest.mark.xdist_group("browser")
def test_an_endless_word_breaks_instead_of_widening_the_letter(mail_browser):
    long = samples.item("x" * 3000, "y" * 3000)
    issue = samples.issue(
        *[samples.section("z" * 300, layout, long, long) for layout in ("news", "briefs", "calls", "agenda")]
    )
    made = render(issue, samples.LETTRE, samples.NETWORK, samples.THEME, samples.BASE_URL, {})
    with letter_page(mail_browser, made.html, {}, width=375) as page:
        assert page.evaluate("document.documentElement.scrollWidth") <= 375


@pytest.mark.browser
@pytest.mark.xdist_group("browser")
def test_columns_stand_side_by_side_on_a_wide_screen_and_stack_on_a_narrow_one(mail_browser):
    tops = {}
    for width in (375, 640):
        with letter_page(mail_browser, html("lettre"), FILES, width=width) as page:
            tops[width] = page.eval_on_selector_all(".cd", "nodes => nodes.map(n => n.getBoundingClientRect().top)")
    assert tops[640][0] == tops[640][1] < tops[640][2] == tops[640][3]
    assert tops[375] == sorted(set(tops[375]))


@pytest.mark.browser
@pytest.mark.xdist_group("browser")
def test_without_pictures_every_title_stays(mail_browser):
    with letter_page(mail_browser, html("lettre"), {}, width=640) as page:
        seen = " ".join(page.inner_text("body").split())
        loaded = page.eval_on_selector_all("img", "nodes => nodes.filter(n => n.naturalWidth).length")
    assert loaded == 0
    assert [item.title for item in samples.lettre().items if " ".join(item.title.split()) not in seen] == []
