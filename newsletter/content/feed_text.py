"""The words of feeds: markup taken off, the tails that site programs add cut away, sentences kept whole."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

import nh3
from lxml import etree
from lxml import html as markup

TITLE, SUMMARY = 300, 700
_MOST = 100_000
_HEADLINE = 120  # of a title made from the text

_BLOCKS = re.compile(
    r"</?(?:p|div|br|li|ul|ol|h\d|tr|td|th|table|section|article|figure|figcaption|blockquote|pre|hr|dt|dd)\b"
    r"[^<>]{0,1000}>",
    re.IGNORECASE,
)
# Markup that shows after it was unescaped once: the site escaped it twice.
_AGAIN = re.compile(
    r"</?(?:p|br|div|span|a|strong|em|b|i|u|ul|ol|li|h[1-6]|img|table|tr|td|blockquote|figure|figcaption|sup|sub|font|"
    r"iframe|section|hr)\b[^<>]{0,2000}>|&(?:#\d{1,6}|#x[0-9a-f]{1,6}|amp|lt|gt|quot|apos|nbsp|[lr][sda]quo|hellip|"
    r"[a-z](?:acute|grave|circ|uml|cedil)|[no]dash|euro|deg|oelig|aelig);",
    re.IGNORECASE,
)
# What XML cannot hold, and a parser of markup refuses.
_UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_SLOT = re.compile("qz7slot", re.IGNORECASE)
_SENTENCE = re.compile(r"(?<=[.!?…])\s+(?=[\WA-ZÀ-Ý])")
# Bytes of Windows-1252 in a file that calls itself Latin-1 arrive as these control characters.
_WINDOWS = {n: bytes((n,)).decode("cp1252", "ignore") or " " for n in range(0x80, 0xA0)}

_MORE = re.compile(r" ?\[(?:…|\.\.\.|&hellip;)\]")
_CREDITS = (
    ("L’article ", " est apparu en premier sur "),
    ("Cet article ", " est apparu en premier sur "),
    ("The post ", " appeared first on "),
    ("The post ", " first appeared on "),
)
_READ_ON = re.compile(
    r"[\s\[(…>»-]*\b(?:lire la suite(?: de)?|lire (?:l['’]article|plus|l['’]actualité|la suite)(?: complet| en "
    r"entier)?|"
    r"en savoir (?:plus|\+)|voir (?:la suite|plus|l['’]article)|la suite|continuer la lecture(?: de)?|read more|"
    r"(?:continue|keep) reading|plus d['’]infos?|cliquez ici)\b(?P<rest>[^.!?]{0,200}?)[\s\])….>»→⟶›+-]*$",
    re.IGNORECASE,
)
_SHORTCODE = re.compile(
    r"\{/?(?:load(?:position|module|moduleid)|modulepos\w*|module|jcomments|gallery|slider|tabs?|youtube|vimeo|mp3|"
    r"source|"
    r"phocagallery|phocadownload|rokbox|jb_\w+|xtypo_\w+|edocs|pdf|googlemap|mosimage|mospagebreak)\b[^{}]{0,300}\}|"
    r"\[/?(?:caption|gallery|embed|audio|video|playlist|vc_\w+|et_pb_\w+|contact-form(?:-7)?|fusion_\w+|av_\w+|su_\w+|"
    r"wp_\w+|ngg\w*|nggallery|elementor\w*|button|column|row|one_\w+|sc\w*|gravityform|mailpoet\w*|dt_\w+|ess_grid|"
    r"rev_slider|tribe_\w+|ultimate\w*|toc|footnote)\b[^\[\]]{0,500}\]|<(?:doc|img|emb|document|image|"
    r"video)\d+[^<>]{0,60}>",
    re.IGNORECASE,
)
# Fields that Drupal prints around the text, and blocks that sites add for sharing.
_FURNITURE = re.compile(
    r"\b(?:field--name-(?:title|uid|created|changed|node-title|links)|field__label|field-label|feedflare|sharedaddy|"
    r"jp-relatedposts|more-link|read-?more|readon|lire-la-suite|node__links|visually-hidden|sr-only|social-share\w*|"
    r"addtoany\w*|wp-block-buttons?|submitted)\b",
    re.IGNORECASE,
)
_TAXONOMY = frozenset({"directory", "tag", "category"})
_SPACER = re.compile(
    r"(?:pixel|spacer|blank|transparent|1x1|feedburner\.com/~|/b\.gif|doubleclick|piwik|matomo|stats\.)", re.I
)


@dataclass(frozen=True, slots=True)
class Body:
    """A text with markup, read: its words on one line, its first picture with its alternative, its first link."""

    words: str = ""
    picture: str = ""
    alternative: str = ""
    link: str = ""


def plain(text: str, limit: int) -> str:
    """Return the words of an HTML text on one line, whole sentences up to `limit` characters."""
    words = text[:_MOST]
    for _turn in range(3):
        words = html.unescape(nh3.clean(_BLOCKS.sub(" ", words), tags=set()))
        if not _AGAIN.search(words):
            break
    return cut_text(one_line(words), limit)


def one_line(words: str) -> str:
    """Return readable words on one line: composed, without control, format and private characters."""
    composed = unicodedata.normalize("NFC", words).translate(_WINDOWS)
    seen = "".join(" " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in composed)
    line = " ".join("".join(c for c in seen if unicodedata.category(c) not in ("Cf", "Cs", "Cn")).split())
    return _SLOT.sub("qz7 slot", line)


def cut_text(text: str, limit: int) -> str:
    """Return whole sentences of `text` up to `limit` characters; a first sentence that is longer ends in `…`."""
    if len(text) <= limit:
        return text
    kept = ""
    for sentence in _SENTENCE.split(text[: limit + 1]):
        longer = f"{kept} {sentence}".strip()
        if len(longer) >= limit:
            break
        kept = longer
    return kept or text[: limit - 1].rpartition(" ")[0] + "…"


def headline(words: str) -> str:
    """Return a title for a text without one: its first sentence, cut after a whole word where it is long."""
    first = _SENTENCE.split(words, maxsplit=1)[0]
    return first if len(first) <= _HEADLINE else first[: _HEADLINE - 1].rpartition(" ")[0] + "…"


def own_words(summary: str, title: str = "") -> str:
    """Return a summary without what site programs put behind it: credits, `[…]`, "Lire la suite", shortcodes."""
    summary = _SHORTCODE.sub(" ", summary).strip()
    for opening, middle in _CREDITS:
        head, said, site = summary.rpartition(middle)
        words, opened, named = head.rpartition(opening)
        if said and opened and len(named) <= TITLE and len(site) <= 200:
            summary = words.strip()
    summary = _without_read_on(summary, title)
    return " ".join(_MORE.sub("…", summary).split())


def _without_read_on(summary: str, title: str) -> str:
    found = _READ_ON.search(summary, max(0, len(summary) - 300))
    if not found:
        return summary
    rest = found["rest"].strip(" :«»\"“”'[]()→>")
    # Behind it stands nothing, or the title once more; any other words are the author's.
    if rest and not (title and _letters(rest) and _letters(title).startswith(_letters(rest))):
        return summary
    ended = found[0].lstrip()[:1] in "…["
    return summary[: found.start()].rstrip(" -–—|") + ("…" if ended and summary[: found.start()].strip() else "")


def _letters(text: str) -> str:
    return "".join(c for c in text.casefold() if c.isalnum())


def read_body(text: str) -> Body:
    """Read a text with markup; never raises, since what cannot be read as markup is read as words."""
    text = _UNFIT.sub(" ", text[:_MOST])
    if _AGAIN.search(html.unescape(text)) and "<" not in text:
        text = html.unescape(text)
    if "<" not in text:
        return Body(plain(text, _MOST))
    try:
        tree = markup.fragment_fromstring(_SHORTCODE.sub(" ", text), create_parent="div")
    except (etree.LxmlError, ValueError, AssertionError, TypeError):
        return Body(plain(text, _MOST))
    picture, alternative = next(_pictures(tree), ("", ""))
    link = next((href for a in tree.iter("a") if (href := str(a.get("href") or "")).startswith("http")), "")
    _drop_furniture(tree)
    words = plain(etree.tostring(tree, encoding="unicode", method="html"), _MOST)
    return Body(words, picture, alternative, link)


def _pictures(tree: markup.HtmlElement) -> Iterator[tuple[str, str]]:
    """Yield the pictures that show something: no pixel that counts, no smiley, nothing drawn in the address itself."""
    for image in tree.iter("img"):
        source = str(image.get("data-src") or image.get("src") or "").strip()
        small = any(
            str(image.get(side) or "").strip().removesuffix("px") in ("0", "1", "2") for side in ("width", "height")
        )
        smiley = "smiley" in str(image.get("class") or "") or "emoji" in str(image.get("class") or "")
        if source and not source.startswith("data:") and not (small or smiley or _SPACER.search(source)):
            yield source, one_line(str(image.get("alt") or ""))[:300]


def _drop_furniture(tree: markup.HtmlElement) -> None:
    for element in list(tree.iter()):
        if not isinstance(element.tag, str):
            continue
        labels = set(str(element.get("rel") or "").lower().split())
        if element.tag in ("script", "style", "noscript", "iframe", "object", "svg", "button", "form"):
            _drop(element)
        elif element.tag == "a" and labels & _TAXONOMY:
            _drop_tail(element)
        elif _FURNITURE.search(str(element.get("class") or "")):
            _drop(element)


def _drop(element: markup.HtmlElement) -> None:
    """Take an element out; the text behind it stays."""
    if element.getparent() is not None:
        element.drop_tree()


def _drop_tail(link: markup.HtmlElement) -> None:
    """Take out a link to a rubric or a keyword (SPIP) with the dash, the slash or the comma around it."""
    parent, before = link.getparent(), link.getprevious()
    if parent is None:
        return
    if link.tail and not link.tail.strip(" \t\r\n\xa0-–—/,;|·"):
        link.tail = " "
    if before is not None and before.tail:
        before.tail = before.tail.rstrip(" \t\r\n\xa0-–—/,;|·") + " "
    elif before is None and parent.text:
        parent.text = parent.text.rstrip(" \t\r\n\xa0-–—/,;|·") + " "
    link.drop_tree()
