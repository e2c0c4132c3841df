"""The plain-text part: a full equivalent of the HTML from the same values, 70 columns wide."""

from __future__ import annotations

import re
import textwrap

from newsletter.french import plain

WIDTH = 70
_EMPTY_LINES = re.compile(r"\n{3,}")
_TRAILING = re.compile(r"[ \t]+$", re.MULTILINE)


def wrap(value: str, first: str = "", rest: str | None = None, width: int = WIDTH) -> str:
    """Return the paragraphs of `value` folded at blanks only: a word, an address or a no-break space is never cut.

    `first` and `rest` begin the first and the following lines.
    """
    indent = " " * len(first) if rest is None else rest
    paragraphs = [part for part in re.split(r"\n\s*\n", value.strip()) if part.strip()]
    return "\n\n".join(
        _fold(part, first if not index else indent, indent, width) for index, part in enumerate(paragraphs)
    )


def _fold(paragraph: str, first: str, rest: str, width: int) -> str:
    """Fold one paragraph; a line of it that begins a list or is marked as a line of its own stays one."""
    lines = paragraph.split("\n")
    folded = []
    for index, line in enumerate(lines):
        folder = textwrap.TextWrapper(
            width=width,
            initial_indent=rest if index else first,
            subsequent_indent=rest,
            break_long_words=False,
            break_on_hyphens=False,
        )
        folded.append(folder.fill(line))
    return "\n".join(folded)


def heading(value: str, underline: str) -> str:
    """Return `value` folded and underlined to its longest line."""
    folded = wrap(value)
    return folded + "\n" + underline * min(WIDTH, max((len(line) for line in folded.splitlines()), default=0))


def tidy(value: str) -> str:
    """Return the text in plain characters, with at most one empty line in a row and one line end at its end."""
    value = _EMPTY_LINES.sub("\n\n", _TRAILING.sub("", plain(value)))
    return value.strip("\n") + "\n"
