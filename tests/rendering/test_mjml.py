"""The traps of mrml and Jinja, each with its case: what would go wrong, and that it does not."""

from __future__ import annotations

import mjml
import pytest

from newsletter.errors import RenderingError
from newsletter.rendering.environment import environment
from newsletter.rendering.mjml import to_html

HEAD = "<mj-attributes><mj-all font-family='Arial'/></mj-attributes>"


def document(content="", head=HEAD, title="Titre"):
    text = f"<mj-text>{content}</mj-text>"
    return (
        f"<mjml lang='fr' dir='ltr'><mj-head><mj-title>{title}</mj-title>{head}</mj-head>"
        f"<mj-body><mj-section><mj-column>{text}</mj-column></mj-section></mj-body></mjml>"
    )


@pytest.mark.parametrize("odd", ["\u00a0", "\u202f", "\u00ad", "\u200b", "e\u0301", "\\", "\t", "\u2060", "🎉"])
def test_trap_attributes_are_printed_as_rust_debug_strings(odd):
    html = to_html(document(f'<p title="a{odd}b">x</p>'), "")
    assert "\\" not in html
    assert "&#" in html or odd in html or odd == "\t"


def test_mrml_alone_does_fall_into_that_trap():
    assert "\\u{a0}" in mjml.mjml2html(document('<p title="a\u00a0b">x</p>'), fonts={})


@pytest.mark.parametrize("quote", ['"', "&quot;", "&#34;"])
def test_trap_a_quotation_mark_in_the_title_ends_the_accessible_name(quote):
    html = to_html(document(title=f"{quote} onclick={quote}x"), "")
    assert 'aria-label="&#34; onclick=&#34;x"' in html


@pytest.mark.parametrize(
    "broken",
    ["<table><tr><td>", "</td>", "<b>x</i>", "a < b", "<img alt=x>", "<p>", "&nbsp;", "<!-- a -- b -->", "x & y"],
)
def test_trap_a_tag_left_open_swallows_what_follows(broken):
    with pytest.raises(RenderingError, match="not well-formed"):
        to_html(document(broken), "")


def test_a_fault_names_the_article_it_stands_in():
    source = document("\n<!-- from articles/a.md:3 -->\n<p>x</p>\n<!-- from articles/b.md:7 -->\n<p>x</b>\n")
    with pytest.raises(RenderingError) as caught:
        to_html(source, "")
    assert caught.value.where == "articles/b.md:7"
    assert "<p>x</b>" in caught.value.what


@pytest.mark.parametrize("blank", [" ", "\t", "\r\n", "\n  ", "  \n\t"])
def test_trap_blanks_in_the_head_are_unexpected_tokens(blank):
    head = HEAD.replace("><", f">{blank}<")
    assert "Bonjour" in to_html(document("Bonjour", head=f"{blank}{head}{blank}").replace("\n", "\r\n"), "")


def test_trap_an_empty_cell_must_not_become_a_start_tag():
    html = to_html(document("<table role='presentation'><tr><td></td><td>x</td></tr></table>"), "")
    assert "<td></td>" in html


def test_trap_includes_are_never_followed():
    source = document().replace("<mj-section>", "<mj-include path='/etc/hostname'/><mj-section>", 1)
    with pytest.raises(RenderingError, match="mrml refuses"):
        to_html(source, "")


def test_trap_an_unknown_element_is_not_sent():
    source = document().replace("<mj-section>", "<mj-raw><mj-sectoin>x</mj-sectoin></mj-raw><mj-section>", 1)
    with pytest.raises(RenderingError, match=r"mj-sectoin|MJML element|mrml refuses"):
        to_html(source, "")


def test_trap_no_font_is_fetched_from_google_even_without_a_font_family():
    assert "googleapis" not in to_html(document("x", head=""), "")


def test_conditional_comments_for_outlook_stay_and_ours_go():
    html = to_html(
        document(
            "<!-- from articles/a.md --><!--[if mso]><table><tr><td><![endif]-->x"
            "<!--[if mso]></td></tr></table><![endif]-->"
        ),
        "",
    )
    assert "articles/a.md" not in html
    assert "<!--[if mso]><table><tr><td><![endif]-->x<!--[if mso]></td></tr></table><![endif]-->" in html


def test_no_external_entity_is_read():
    source = "<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'><!ENTITY f 'root:'>]>" + document("&e;&f;")
    assert "root:" not in to_html(source, "")


def test_a_style_sheet_keeps_its_child_selectors():
    assert ".a>td{color:red}</style></head>" in to_html(document(), ".a>td{color:red}")


@pytest.mark.parametrize("name", ["lettre.mjml.j2", "blocks/news.mjml.j2", "x.mjml"])
def test_trap_jinja_escapes_in_mjml_templates(name):
    env = environment()
    assert callable(env.autoescape)
    assert env.autoescape(name) is True


def test_text_templates_are_not_escaped():
    env = environment()
    assert callable(env.autoescape)
    assert env.autoescape("lettre.txt.j2") is False


def test_no_template_uses_what_mrml_gets_wrong():
    names = [name for name in environment().list_templates() if ".mjml" in name]
    assert len(names) > 10
    for name in names:
        source = environment().loader.get_source(environment(), name)[0]
        for banned in ("mj-include", "mj-table", "mj-social", "mj-hero", "mj-html-attributes", 'inline="inline"'):
            assert banned not in source, (name, banned)
