"""Markdown to XHTML and to plain text: no raw HTML, no pictures, links to the web, mail and telephone only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererProtocol
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from newsletter.content.urls import is_url
from newsletter.french import plain, typography

_SCHEMES = ("https", "http", "mailto", "tel")


def render(source: str) -> tuple[str, str]:
    """Return `source` as well-formed XHTML and as plain text, both with French typography.

    Raw HTML comes out as text. A heading becomes a bold paragraph: the letter's own headings must not be broken into.
    In the text, paragraphs are separated by blank lines, lists have `- ` or numbers, links are `words (address)`.
    """
    parser = _parser()
    tokens = parser.parse(typography(source))
    xhtml = str(parser.renderer.render(tokens, parser.options, {}))
    return xhtml.strip(), plain(_blocks(tokens)).strip()


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "xhtmlOut": True})
    parser.disable(["image", "html_inline", "html_block"])
    parser.validateLink = _allowed  # type: ignore[method-assign]  # its documented hook
    parser.add_render_rule("heading_open", _bold_open)
    parser.add_render_rule("heading_close", _bold_close)
    return parser


def _allowed(url: str) -> bool:
    return is_url(url.strip(), _SCHEMES)


def _bold_open(
    _self: RendererProtocol, _tokens: Sequence[Token], _index: int, _options: OptionsDict, _env: EnvType
) -> str:
    return "<p><strong>"


def _bold_close(
    _self: RendererProtocol, _tokens: Sequence[Token], _index: int, _options: OptionsDict, _env: EnvType
) -> str:
    return "</strong></p>\n"


def _blocks(tokens: Iterable[Token]) -> str:
    """Return the text of block tokens; lists keep their marks, everything else is a paragraph."""
    lines: list[str] = []
    marks: list[str] = []  # the mark of each open list; a number is increased
    pending = ""
    for token in tokens:
        if token.type == "bullet_list_open":
            marks.append("- ")
        elif token.type == "ordered_list_open":
            marks.append(str(token.attrGet("start") or 1))
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            marks.pop()
            lines += [""] if not marks else []
        elif token.type == "list_item_open":
            pending, marks[-1] = _next_mark(marks[-1])
        elif token.type in ("inline", "code_block", "fence"):
            indent = "  " * (len(marks) - 1 if pending else len(marks))
            text = _inline(token.children or []) if token.type == "inline" else token.content.rstrip()
            lines.append(indent + pending + text)
            pending = ""
            lines += [""] if not marks else []
    return "\n".join(lines)


def _next_mark(mark: str) -> tuple[str, str]:
    return (mark, mark) if mark == "- " else (f"{mark}. ", str(int(mark) + 1))


def _inline(tokens: Iterable[Token]) -> str:
    words: list[str] = []
    links: list[tuple[str, int]] = []
    for token in tokens:
        if token.type in ("text", "code_inline"):
            words.append(token.content)
        elif token.type in ("softbreak", "hardbreak"):
            words.append("\n" if token.type == "hardbreak" else " ")
        elif token.type == "link_open":
            links.append((str(token.attrGet("href") or ""), len(words)))
        elif token.type == "link_close":
            url, start = links.pop()
            address = url.removeprefix("mailto:").removeprefix("tel:")
            if "".join(words[start:]) not in (url, address):
                words.append(f" ({address})")
    return "".join(words)
