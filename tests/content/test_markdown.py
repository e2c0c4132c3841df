import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from newsletter.content.markdown import render

N, B = "\u202f", "\u00a0"


@pytest.mark.parametrize(
    ("source", "xhtml", "text"),
    [
        ("Un **mot** !", f"<p>Un <strong>mot</strong>{N}!</p>", f"Un mot{B}!"),
        ("« *oui* »", f"<p>«{N}<em>oui</em>{N}»</p>", f"«{B}oui{B}»"),
        ("# Un titre", "<p><strong>Un titre</strong></p>", "Un titre"),
        ("a  \nb", "<p>a<br />\nb</p>", "a\nb"),
        ("a\nb", "<p>a\nb</p>", "a b"),
        ("un\n\ndeux", "<p>un</p>\n<p>deux</p>", "un\n\ndeux"),
        (
            "[RTES](https://www.rtes.fr/a?b=1&c=2)",
            '<p><a href="https://www.rtes.fr/a?b=1&amp;c=2">RTES</a></p>',
            "RTES (https://www.rtes.fr/a?b=1&c=2)",
        ),
        (
            "<https://www.rtes.fr/>",
            '<p><a href="https://www.rtes.fr/">https://www.rtes.fr/</a></p>',
            "https://www.rtes.fr/",
        ),
        ("[Écrire](mailto:a@rtes.fr)", '<p><a href="mailto:a@rtes.fr">Écrire</a></p>', "Écrire (a@rtes.fr)"),
        ("- un\n- deux\n\nfin", "<ul>\n<li>un</li>\n<li>deux</li>\n</ul>\n<p>fin</p>", "- un\n- deux\n\nfin"),
        ("3. un\n4. deux", '<ol start="3">\n<li>un</li>\n<li>deux</li>\n</ol>', "3. un\n4. deux"),
        ("- a\n  - b", "<ul>\n<li>a\n<ul>\n<li>b</li>\n</ul>\n</li>\n</ul>", "- a\n  - b"),
        ("", "", ""),
    ],
)
def test_markdown_becomes_xhtml_and_text(source, xhtml, text):
    assert render(source) == (xhtml, text)


@pytest.mark.parametrize(
    "source",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](&#106;avascript:alert(1))",
        "[x](data:text/html,<b>)",
        "[x](vbscript:a)",
        "[x](//mal.fr/)",
        "![x](https://mal.fr/pixel.gif)",
        '[x](https://a.fr/"onclick="alert)',
        "[x]: javascript:alert(1)\n\n[x]",
        "<javascript:alert(1)>",
        "--><mj-raw>",
    ],
)
def test_nothing_active_comes_out(source):
    tree = etree.fromstring(f"<div>{render(source)[0]}</div>")
    assert {element.tag for element in tree.iter()} <= {"div", "p", "a"}
    for link in tree.iter("a"):
        assert re.match(r"(https?|mailto|tel):", link.get("href"))
        assert set(link.attrib) == {"href"}


@given(
    st.text(st.characters(exclude_categories=["Cc", "Cs"], include_characters="\n"), max_size=80)
    | st.text(st.sampled_from("[]()<>*_`#-+>!&;:/\\ \n1.a\"'éhtps"), max_size=80)
)
@settings(max_examples=300, deadline=None)
def test_whatever_is_typed_is_well_formed_xhtml_without_a_foreign_tag(source):
    # Non-characters such as U+FFFE are none of XML's; they are refused where a file is read.
    source = re.sub("[\ufffe\uffff]", "", source)
    tree = etree.fromstring(f"<div>{render(source)[0]}</div>")
    known = {"div", "p", "a", "strong", "em", "br", "ul", "ol", "li", "blockquote", "code", "pre", "hr"}
    assert {element.tag for element in tree.iter()} <= known
