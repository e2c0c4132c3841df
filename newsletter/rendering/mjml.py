"""MJML to HTML with mrml, checked before and after, because mrml checks neither closing tags nor what it prints."""

from __future__ import annotations

import re
from typing import Any

import mjml
from lxml import etree

from newsletter.errors import RenderingError
from newsletter.i18n import Sentence

_VOID = frozenset({"br", "col", "hr", "img", "input", "link", "meta", "wbr"})
_TITLE = re.compile(r"<mj-title>.*?</mj-title>", re.DOTALL)
_SAID = Sentence(
    "Un modèle de lettre ou un texte ne donne pas un HTML lisible. Prévenez la personne qui administre le serveur."
)
_ORIGIN = re.compile(r"<!-- from (.*?) -->")


def to_html(source: str, css: str) -> str:
    """Return the HTML of an MJML document, with the style sheet `css` in its head.

    Raises RenderingError, naming the article at fault where it is known, for a document that is not well-formed XML
    or that mrml does not understand; mrml itself would silently lose everything after an unbalanced tag.
    """
    try:
        html = mjml.mjml2html(_normal(source), fonts={}, disable_comments=True)
    except ValueError as error:
        raise RenderingError(
            f"mrml refuses the letter: {error}",
            where="templates/email",
            hint="compare with the templates as shipped",
            said=_SAID,
        ) from None
    for trace, fault in (("<mj-", "an MJML element"), ("\\u{", "an escaped character")):
        if trace in html:
            near = html[html.index(trace) : html.index(trace) + 60]
            raise RenderingError(
                f"{fault} is left in the HTML: `{near}`", where="templates/email", hint="correct that block", said=_SAID
            )
    # Style sheets hold `>`, which the XML pass would escape: so this one is added to the head after mrml's own.
    return str(html).replace("</head>", f'<style type="text/css">{css}</style></head>', 1)


def _normal(source: str) -> str:
    """Return the document well-formed, pure ASCII, one line end.

    mrml prints attribute values as Rust debug strings (U+00A0 becomes `\\u{a0}`, a backslash two): numeric entities
    pass untouched, so everything beyond ASCII is written as one. It also trips over CRLF and over blanks in the head.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_pis=True)
    try:
        root = etree.fromstring(source.encode(), parser)
    except etree.XMLSyntaxError as error:
        raise _misformed(source, error) from None
    for node in root.iter(etree.Element):
        _open(node)
    for node in root.iterfind("mj-head//*"):
        if node.tag.startswith("mj-") and len(node):
            node.text = None
        node.tail = None
    text = etree.tostring(root, encoding="ascii").decode().replace("\\", "&#92;")
    # mrml copies the title into an aria-label, where a bare quotation mark would end the attribute.
    return _TITLE.sub(lambda title: title[0].replace('"', "&#34;"), text)


def _open(node: Any) -> None:
    """Keep `<td></td>` from becoming `<td/>`, which HTML reads as a start tag."""
    if not len(node) and node.text is None and node.tag not in _VOID and not node.tag.startswith("mj-"):
        node.text = ""


def _misformed(source: str, error: etree.XMLSyntaxError) -> RenderingError:
    lines = source.splitlines()
    line = error.lineno or 1
    origins = _ORIGIN.findall("\n".join(lines[:line]))
    near = lines[line - 1].strip()[:80] if line <= len(lines) else ""
    return RenderingError(
        f"the letter is not well-formed: {error.msg}, near `{near}`",
        where=origins[-1] if origins else "templates/email",
        hint="correct the block that prints it",
        said=_SAID,
    )
