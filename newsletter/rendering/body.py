"""The Markdown bodies of articles inside a letter: checked, re-levelled, and dressed with prepared pictures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from lxml import etree
from markupsafe import Markup

from newsletter.errors import RenderingError
from newsletter.i18n import Sentence
from newsletter.messages import PublishedPicture
from newsletter.rendering import clean
from newsletter.rendering.picture_slots import BODY, picture_key

HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
ATTRIBUTES: Mapping[str, frozenset[str]] = {
    "a": frozenset({"href", "title"}),
    "img": frozenset({"src", "alt"}),
    "ol": frozenset({"start"}),
}
TAGS = frozenset(HEADINGS) | {
    "p",
    "br",
    "hr",
    "em",
    "strong",
    "s",
    "del",
    "ins",
    "sup",
    "sub",
    "code",
    "pre",
    "blockquote",
    "ul",
    "ol",
    "li",
    "a",
    "img",
    "span",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
}


def parse(xhtml: str, where: str) -> Any:
    """Return the XHTML fragment as an lxml `div`. Raises RenderingError naming `where` if it is not well-formed."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True)
    try:
        return etree.fromstring(f"<div>{xhtml}</div>".encode(), parser)
    except etree.XMLSyntaxError as error:
        raise RenderingError(
            f"the text is not well-formed XHTML: {error.msg}",
            where=where,
            hint="write it in plain Markdown",
            said=Sentence("Le texte contient du HTML qui n’est pas lisible. Écrivez-le simplement, sans HTML."),
        ) from None


def pictures_of(xhtml: str, where: str) -> Iterator[str]:
    """Yield the source of each picture of the text, in order."""
    if "<img" in xhtml:
        yield from (node.get("src", "") for node in parse(xhtml, where).iter("img"))


def body(xhtml: str, *, where: str, level: int, pictures: Mapping[str, PublishedPicture]) -> Markup:
    """Return `xhtml` ready for a letter, its topmost heading at `level` and no level skipped.

    Links of a refused scheme lose their address; a picture that was not prepared leaves its alternative text.
    Raises RenderingError for what Markdown cannot produce (scripts, forms, styles).
    """
    if not xhtml.strip():
        return Markup()
    root = parse(xhtml, where)
    nodes = list(root.iterdescendants())
    for node in nodes:
        _check(node, where)
    _level([node for node in nodes if node.tag in HEADINGS], level)
    for node in [node for node in nodes if node.tag == "img"]:
        _place(node, pictures)
    # Markup is safe here: every element and attribute of the tree has just been checked.
    inner = "".join(etree.tostring(node, encoding="unicode") for node in root)
    return Markup(str(Markup.escape(root.text or "")) + inner)  # noqa: S704 - the text is escaped, `inner` is ours


def _check(node: Any, where: str) -> None:
    if node.tag not in TAGS:
        raise RenderingError(
            f"`<{node.tag}>` is not allowed in a letter",
            where=where,
            hint="write the text in plain Markdown",
            said=Sentence(
                "« <{tag}> » ne peut pas figurer dans une lettre. Écrivez le texte simplement, sans HTML.", tag=node.tag
            ),
        )
    for name in set(node.attrib) - ATTRIBUTES.get(node.tag, frozenset()):
        del node.attrib[name]
    if node.tag == "a" and "href" in node.attrib:
        node.attrib["href"] = clean.href(node.attrib["href"])
    if node.tag == "a" and not node.get("href"):
        node.tag = "span"
        node.attrib.clear()


def _level(headings: list[Any], level: int) -> None:
    """Renumber headings from `level` on, so that none lies more than one below the heading before it."""
    if not headings:
        return
    top = min(int(node.tag[1]) for node in headings)
    before = level - 1
    for node in headings:
        before = min(level + int(node.tag[1]) - top, before + 1, 6)
        node.tag = f"h{before}"


def _place(node: Any, pictures: Mapping[str, PublishedPicture]) -> None:
    found, alt = pictures.get(picture_key(node.get("src", ""), *BODY)), node.get("alt", "")
    if found is None:
        node.tag, node.text = "em", alt
        node.attrib.clear()
        return
    node.attrib.update({"src": found.url, "alt": alt, "width": str(found.width)})
    node.attrib["style"] = f"display:block;width:100%;max-width:{found.width}px;height:auto"
