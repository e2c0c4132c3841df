"""The proof-reader on a rendered letter: its weight, its pictures, its colours, and whether its text is complete."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from lxml import html as lxml_html

from newsletter.french import number_words
from newsletter.i18n import _
from newsletter.messages import Letter, PublishedPicture
from newsletter.model import Finding, Severity
from newsletter.rendering import quoted
from newsletter.theme import Palette, Theme

# Gmail cuts a message off near 102 KB of HTML, the unsubscribe link with it; tests differ on whether it counts the
# decoded text or the encoded: the decoded is held below, and the encoded warned about.
HTML_WARNING, HTML_LIMIT = 90_000, 102_400
PICTURE_LIMIT, PICTURES_LIMIT = 300_000, 1_000_000
CONTRAST = 4.5  # WCAG 2.2, success criterion 1.4.3, level AA

_PAIRS = (
    ("ink", ("page", "sheet", "panel")),
    ("secondary", ("page", "sheet", "panel")),
    ("primary", ("page", "sheet", "panel")),
    ("accent", ("sheet", "panel")),
    ("on_masthead", ("masthead",)),
)


def check_letter(letter: Letter, theme: Theme, pictures: Mapping[str, PublishedPicture]) -> list[Finding]:
    """Return the findings on one rendered letter; `pictures` are those it was rendered with, by any key."""
    used = {key: picture for key, picture in pictures.items() if picture.url in letter.html}
    return [
        *_check_weight(letter.html),
        *_check_pictures(used),
        *check_theme(theme),
        *_check_text(letter),
    ]


def check_theme(theme: Theme) -> list[Finding]:
    """Return a finding for each pair of text and background colours with too little contrast."""
    return [*_check_palette(theme.light, "light"), *_check_palette(theme.dark, "dark")]


def contrast(first: str, second: str) -> float:
    """Return the contrast ratio of two #RRGGBB colours, from 1 to 21 (WCAG 2.2, definition of contrast ratio)."""
    high, low = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _check_palette(palette: Palette, name: str) -> Iterator[Finding]:
    for text, backgrounds in _PAIRS:
        for background in backgrounds:
            ratio = contrast(getattr(palette, text), getattr(palette, background))
            if ratio < CONTRAST:
                message = _(
                    "La couleur « {texte} » se lit mal sur « {fond} » : contraste de {ratio} pour 1, il en faut 4,5. "
                    "Foncez l’une ou éclaircissez l’autre."
                )
                shown = f"{int(ratio * 10) / 10}".replace(".", ",")
                words = message.format(texte=text, fond=background, ratio=shown)
                yield Finding("contrast-low", Severity.ERROR, words, f"newsletter.toml, theme.{name}.{text}")


def _check_weight(page: str) -> Iterator[Finding]:
    plain, encoded = len(page.encode()), len(quoted.fragment(page))
    if plain >= HTML_LIMIT:
        message = _(
            "La lettre pèse {n} Ko. Au-delà de {limite} Ko, Gmail la coupe, lien de désabonnement compris : "
            "retirez des articles ou raccourcissez des résumés."
        )
        yield _weight("html-too-heavy", Severity.ERROR, message, plain, HTML_LIMIT)
    elif plain >= HTML_WARNING or encoded >= HTML_LIMIT:
        message = _(
            "La lettre pèse {n} Ko, {encode} Ko une fois encodée pour le transport. Gmail coupe vers {limite} Ko : "
            "pensez à l’alléger d’un article ou deux."
        )
        words = message.format(n=_kilobytes(plain), encode=_kilobytes(encoded), limite=_kilobytes(HTML_LIMIT))
        yield Finding("html-heavy", Severity.WARNING, words)


def _weight(code: str, level: Severity, message: str, size: int, limit: int, where: str = "") -> Finding:
    return Finding(code, level, message.format(n=_kilobytes(size), limite=_kilobytes(limit)), where)


def _kilobytes(size: int) -> str:
    return number_words(round(size / 1000))


def _check_pictures(used: Mapping[str, PublishedPicture]) -> Iterator[Finding]:
    for key, picture in used.items():
        where = key.rpartition("@")[0] or key
        if picture.bytes > PICTURE_LIMIT:
            message = _(
                "L’image pèse {n} Ko, bien plus que nécessaire ({limite} Ko). Remplacez-la par une plus légère."
            )
            yield _weight("picture-heavy", Severity.WARNING, message, picture.bytes, PICTURE_LIMIT, where)
        if 0 < picture.pixels < 2 * picture.width:
            message = _(
                "L’image n’a que {n} pixels de large : elle paraîtra floue sur un écran récent. "
                "Prenez-en une de {mini} pixels ou plus."
            )
            words = message.format(n=number_words(picture.pixels), mini=number_words(2 * picture.width))
            yield Finding("picture-small", Severity.WARNING, words, where)
    weight = sum({picture.url: picture.bytes for picture in used.values()}.values())
    if weight > PICTURES_LIMIT:
        message = _("Les images pèsent {n} Ko en tout. Restez sous {limite} Ko : retirez-en ou allégez-les.")
        yield _weight("pictures-heavy", Severity.WARNING, message, weight, PICTURES_LIMIT)


def _check_text(letter: Letter) -> Iterator[Finding]:
    """Yield a finding for each title and link of the HTML that readers of the text part would miss."""
    tree = lxml_html.document_fromstring(letter.html)
    text, squeezed = letter.text, _squeeze(letter.text)
    for heading in dict.fromkeys(" ".join(str(h.xpath("string()")).split()) for h in tree.iter("h1", "h2", "h3")):
        if heading and _squeeze(heading) not in squeezed:
            message = _("Le titre « {titre} » manque dans la version texte. Signalez-le : c’est un défaut du modèle.")
            yield Finding("text-incomplete", Severity.ERROR, message.format(titre=heading), "")
    for target in dict.fromkeys(str(a.get("href")) for a in tree.iter("a") if a.get("href")):
        if not target.startswith("#") and target.removeprefix("mailto:").removeprefix("tel:") not in text:
            message = _("Le lien {lien} manque dans la version texte. Signalez-le : c’est un défaut du modèle.")
            yield Finding("text-incomplete", Severity.ERROR, message.format(lien=target), "")


def _squeeze(text: str) -> str:
    """Return only the letters and digits: the two parts fold and space their lines differently."""
    return re.sub(r"[\W_]+", "", text).casefold()
