"""The text part: the same content, readable in 70 columns, every address alone on its line."""

from __future__ import annotations

import re
from functools import cache

import lxml.html
import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.rendering import text
from newsletter.rendering.letter import render
from tests.rendering import samples

PICTURES = samples.prepare(samples.lettre(), samples.flash())[0]


@cache
def letter(name):
    issue, publication = (samples.lettre(), samples.LETTRE) if name == "lettre" else (samples.flash(), samples.FLASH)
    return render(issue, publication, samples.NETWORK, samples.THEME, samples.BASE_URL, PICTURES)


BOTH = pytest.mark.parametrize("name", ["lettre", "flash"])


@BOTH
def test_no_line_is_longer_than_seventy_columns_but_an_address(name):
    for line in letter(name).text.splitlines():
        assert len(line) <= 70 or re.fullmatch(r" *\S+", line), line


@BOTH
def test_every_web_address_is_alone_on_its_line(name):
    for line in letter(name).text.splitlines():
        if "://" in line:
            assert re.fullmatch(r" *https?://\S+", line), line


@BOTH
def test_every_address_of_the_html_is_in_the_text(name):
    made = letter(name)
    lines = {line.strip() for line in made.text.splitlines()}
    hrefs = {a.get("href") for a in lxml.html.document_fromstring(made.html).iter("a")}
    assert {h for h in hrefs if h.startswith(("http", "qz7slot"))} <= lines


@BOTH
def test_every_heading_of_the_html_is_in_the_text(name):
    made = letter(name)
    flat = re.sub(r"\s", "", made.text).lower()
    for node in lxml.html.document_fromstring(made.html).iter("h1", "h2", "h3"):
        assert re.sub(r"\s", "", node.text_content().replace("\u2060", "")).lower() in flat


@BOTH
def test_the_text_is_made_of_plain_characters(name):
    made = letter(name).text
    assert not set("\u202f\u2060\u200b\r\t") & set(made)
    assert "-- \n" not in made  # clients grey what follows a signature line
    assert "\n\n\n" not in made
    assert made.endswith("\n")


def test_no_entity_nor_tag_reaches_the_text():
    assert not re.search(r"&[a-z#]+\w*;|</?\w+", letter("lettre").text)


@pytest.mark.parametrize(
    ("value", "first", "folded"),
    [
        ("un deux", "", "un deux"),
        ("un deux", "* ", "* un deux"),
        ("aaa " * 20, "* ", "* " + "aaa " * 16 + "aaa\n  aaa aaa aaa"),
        ("un\n\ndeux", "  ", "  un\n\n  deux"),
        ("- un\n- deux", "  ", "  - un\n  - deux"),
        ("a" * 80, "  ", "  " + "a" * 80),
        ("a" * 66 + "\u00a0?", "  ", "  " + "a" * 66 + "\u00a0?"),
        ("", "  ", ""),
    ],
)
def test_paragraphs_fold_at_blanks_only(value, first, folded):
    assert text.wrap(value, first) == folded


def test_a_heading_is_underlined_to_its_length():
    assert text.heading("Élu·es", "-") == "Élu·es\n------"


@given(st.lists(st.text(alphabet="abcé.,-'\u00a0", min_size=1, max_size=90), max_size=40))
def test_folding_keeps_every_word_in_order_and_cuts_none(words):
    words = [word for word in words if word.strip()]
    assert text.wrap(" ".join(words), "* ").replace("* ", "", 1).split() == " ".join(words).split()
