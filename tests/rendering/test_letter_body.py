"""The Markdown bodies inside a letter."""

from __future__ import annotations

import pytest

from newsletter.errors import RenderingError
from newsletter.messages import PublishedPicture
from newsletter.rendering.body import body

PLAN = {"images/plan.png@576": PublishedPicture("https://x.fr/plan.png", 576, 300)}


def done(xhtml, level=3):
    return str(body(xhtml, where="articles/a.md:9, body", level=level, pictures=PLAN))


@pytest.mark.parametrize(
    ("xhtml", "printed"),
    [
        ("", ""),
        ("  \n", ""),
        ("<p>a &amp; b &lt; c</p>", "<p>a &amp; b &lt; c</p>"),
        ("texte nu &lt;b&gt;", "texte nu &lt;b&gt;"),
        ("<p>a<br />b</p>\n<hr />", "<p>a<br/>b</p>\n<hr/>"),
        ('<a href="https://x.fr/?a=1&amp;b=2" title="t">x</a>', '<a href="https://x.fr/?a=1&amp;b=2" title="t">x</a>'),
        ('<p><a href="javascript:alert(1)">x</a></p>', "<p><span>x</span></p>"),
        ('<p class="c" style="color:red" onclick="x()">x</p>', "<p>x</p>"),
        ('<td style="text-align:right">x</td>', "<td>x</td>"),
        ('<ol start="3"><li>x</li></ol>', '<ol start="3"><li>x</li></ol>'),
        ('<p><img src="images/autre.png" alt="Un &quot;plan&quot;" /></p>', '<p><em>Un "plan"</em></p>'),
        (
            '<p><img src="images/plan.png" alt="Plan" title="t" /></p>',
            '<p><img src="https://x.fr/plan.png" alt="Plan" width="576" '
            'style="display:block;width:100%;max-width:576px;height:auto"/></p>',
        ),
        ("<p>a<!-- caché -->b</p>", "<p>ab</p>"),
    ],
)
def test_a_text_is_printed(xhtml, printed):
    assert done(xhtml) == printed


@pytest.mark.parametrize(
    ("levels", "printed"),
    [
        ((1,), (3,)),
        ((2, 3), (3, 4)),
        ((2, 4), (3, 4)),
        ((3, 2), (3, 3)),
        ((1, 6, 2), (3, 4, 4)),
        ((1, 2, 3, 4, 5, 6), (3, 4, 5, 6, 6, 6)),
    ],
)
def test_headings_begin_at_their_level_and_skip_none(levels, printed):
    source = "".join(f"<h{n}>x</h{n}>" for n in levels)
    assert done(source) == "".join(f"<h{n}>x</h{n}>" for n in printed)


@pytest.mark.parametrize(
    "xhtml",
    [
        "<p>",
        "<p></b>",
        "a & b",
        "&nbsp;",
        "<script>x</script>",
        "<style>p{}</style>",
        "<iframe></iframe>",
        "<svg></svg>",
        "<form></form>",
        "<mj-text>x</mj-text>",
        "</div><p>x</p><div>",
        '<x:p xmlns:x="u">x</x:p>',
        "<object></object>",
    ],
)
def test_what_no_markdown_holds_is_refused_and_its_file_named(xhtml):
    with pytest.raises(RenderingError) as caught:
        done(xhtml)
    assert caught.value.where == "articles/a.md:9, body"
    assert caught.value.hint
