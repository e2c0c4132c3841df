"""premailer's defaults break letters: each defect with the option that keeps it away."""

from __future__ import annotations

import pytest

from newsletter.rendering.inline import inline
from newsletter.rendering.letter import render
from tests.rendering import samples

CSS = "p{margin:0 0 4px}.a{color:#111111!important}td{padding:1px}"
HEAD = (
    "<style type='text/css'>table,td{border-collapse:collapse}.x{color:red!important}\n"
    "@media (max-width:479px){.y>td{width:100%!important}}\n[data-ogsc] .z{color:blue!important}\n#outlook a{padding:0}"
    "</style><!--[if lte mso 11]><style type='text/css'>.o{width:100%!important}</style><![endif]-->"
)


def done(body, head=HEAD, css=CSS):
    return inline(f"<!doctype html><html><head>{head}</head><body>{body}</body></html>", css)


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        ('<img width="576" height="20" alt="" src="https://x.fr/a.jpg">', 'width="576" height="20"'),
        ("<p>x</p>", '<p style="margin:0 0 4px">x</p>'),
        ('<a href="qz7slot-unsub-7zq">x</a>', 'href="qz7slot-unsub-7zq"'),
        ('<a href="https://x.fr/?a=1&amp;b=%C3%A9">x</a>', 'href="https://x.fr/?a=1&amp;b=%C3%A9"'),
        ('<p class="a b">x</p>', 'class="a b"'),
        ("<!--[if mso]><td width='3'><![endif]-->", "<!--[if mso]><td width='3'><![endif]-->"),
        ("&#160;&#8239;&#233;🎉", "\u00a0\u202fé🎉"),
    ],
)
def test_the_body_keeps(body, kept):
    assert kept in done(body)


def test_the_doctype_is_kept():
    assert done("x").startswith("<!DOCTYPE html>")


@pytest.mark.parametrize(
    "rule",
    [
        "@media (max-width:479px){.y>td{width:100%!important}}",
        "[data-ogsc] .z",
        "#outlook a",
        ".x{color:red!important}",
    ],
)
def test_the_head_keeps_its_style(rule):
    assert rule in done("x")


def test_the_table_reset_of_the_head_is_not_inlined():
    assert "border-collapse" not in done("<table><tr><td>x</td></tr></table>").split("<body>")[1]


def test_a_width_style_does_not_become_an_attribute():
    assert "width=" not in done('<div class="w">x</div>', css=".w{width:100%}")


def test_no_mark_of_the_tool_is_left():
    assert "data-premailer" not in done("x")


@pytest.mark.parametrize("what", ["!important", "<!--[if", "<style"])
def test_a_whole_letter_keeps_as_many(what, monkeypatch):
    seen = {}
    monkeypatch.setattr("newsletter.rendering.letter.inline", lambda html, css: seen.setdefault("html", html))
    render(samples.lettre(), samples.LETTRE, samples.NETWORK, samples.THEME, samples.BASE_URL, {})
    before = seen["html"]
    assert before.count(what) > 0
    assert inline(before, "p{margin:0}").count(what) == before.count(what)
