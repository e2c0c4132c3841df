"""CSS inlined into the elements it applies to, because several French webmails drop `<style>` (La Poste, SFR)."""

from __future__ import annotations

import logging
import re

_MARKED = '<style data-premailer="ignore"'
# A `<` is escaped everywhere but in tags, so what begins with one is a tag and not an author's text.
_STYLED = re.compile(r'(<[a-z][^<>]* style=")([^"]*)')
_STYLE = re.compile(r"<style(?=[ >])")


def inline(html: str, css: str) -> str:
    """Return `html` with the rules of `css` inlined; its own `<style>` elements stay as they are.

    premailer's defaults would drop the doctype and most `!important`, blow pictures up to 100 % and inline the table
    reset into every cell; each option below takes one of these away. No network, no validation, links untouched.
    """
    import premailer  # importing it takes a tenth of a second: not for commands that make no letter

    document = _STYLE.sub(_MARKED, html).replace("<!doctype html>", "<!DOCTYPE html>", 1)
    done = premailer.transform(
        document,
        css_text=[css],
        keep_style_tags=False,
        strip_important=False,
        disable_leftover_css=True,
        disable_validation=True,
        cssutils_logging_level=logging.CRITICAL,
        allow_network=False,
        disable_link_rewrites=True,
        align_floating_images=False,
        remove_classes=False,
        disable_basic_attributes=["width", "height", "align", "valign", "bgcolor"],
    )
    # premailer leaves its mark on the style elements inside conditional comments, which it does not read.
    return _STYLED.sub(_tighten, str(done).replace(_MARKED, "<style"))


def _tighten(tag: re.Match[str]) -> str:
    """Remove the blanks that premailer writes into a style: 3 % of a letter."""
    return tag[1] + tag[2].replace("; ", ";").replace(": ", ":").replace(", ", ",")
