"""Text pasted from other programs: invisible characters become what they meant, or are removed."""

from __future__ import annotations

import re

# Soft line ends of PowerPoint, Word, InDesign and web pages.
_LINE_ENDS = re.compile("[\u000b\u000c\u0085\u2028\u2029]")
# Letters of Windows that lost their charset on the way: `l\u0092économie`.
_WINDOWS = {n: letter for n in range(0x80, 0xA0) if (letter := bytes((n,)).decode("cp1252", "ignore"))} | {0x85: "…"}
# Controls, marks of files and of the reading direction, characters that are none.
_INVISIBLE = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]")


def clean_pasted(text: str) -> str:
    """Return `text` without invisible characters; what can be seen stays as it is, and doing it twice changes nothing.

    Soft line ends become line ends, lost letters of Windows-1252 those letters; all else that cannot be seen goes.
    """
    if text.isascii() and text.isprintable():
        return text
    text = _LINE_ENDS.sub(lambda found: "…" if found[0] == "\x85" else "\n", text)
    return _INVISIBLE.sub("", text.translate(_WINDOWS))
