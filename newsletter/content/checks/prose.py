"""Titles, summaries, alternatives and texts of one article, read as a proof-reader would."""

from __future__ import annotations

import re
from collections.abc import Iterator

from newsletter.french import WORD_JOINER, typography
from newsletter.i18n import _
from newsletter.model import Finding, Picture, Severity

TITLE_LIMIT = 130
SUMMARY_MIN, SUMMARY_MAX = 190, 500

# What an unfinished text leaves behind.
_PLACEHOLDER = re.compile(
    r"\b(?:TODO|FIXME|TBD)\b|(?i:lorem ipsum|\bx{3,}\b)|\?{3,}|\[(?!\^|…\]|\.\.\.\]|[ xX]\] )[^\]\n]{1,60}\](?![(\[:])"
)
# These words also occur in good sentences ("trois modèles à compléter"): alone, they mark an unfinished text.
_BLANK = re.compile(
    r"(?:^|\(|[.:–-][ \t])[ \t]*(?P<words>à (?:compléter|remplir|rédiger|préciser)|texte à venir)[ \t]*(?:$|[.…)!])",
    re.IGNORECASE | re.MULTILINE,
)
_MARKDOWN_LINK = re.compile(r"!?\[([^\[\]]{0,1000})\]\([^()]{0,2000}\)")
_CLOSING = "»”\"'’)] \u00a0\u202f"
_FILE = re.compile(r"\.(?:jpe?g|png|gif|webp|svg|bmp|tiff?|heic)\Z|\A\S*[_/\\]\S*\d\S*\Z", re.IGNORECASE)
_GENERIC = re.compile(
    r"(?:une? |l['’]|la )?(?:photo(?:graphie)?|image|img|dscn?|picture|pict?|illustration|visuel|logo|banni[èe]re|alt"
    r"|affiche|capture(?: d['’][ée]cran)?|screenshot|sans[ -]titre|untitled|test)(?:[ _-]*\(?\d*\)?)",
    re.IGNORECASE,
)
_KEYBOARD = re.compile(r"azert|qwert|qsdf|asdf|wxcv|zxcv|hjkl|(.)\1\1|[bcdfghjklmnpqrstvwxz]{5}", re.IGNORECASE)
_VOWEL = re.compile(r"[aeiouyàâäéèêëîïôöùûüœæ]", re.IGNORECASE)


def cited(text: str) -> str:
    """Return `text` as quoted between « »: quotation marks inside become “ ”."""
    return re.sub(r"«\s*", "“", re.sub(r"\s*»", "”", text))


def check_title(title: str, where: str) -> Iterator[Finding]:
    """Yield a finding for a title typed in capitals (the letter styles them), and for one that is too long."""
    if _in_capitals(title):
        message = _(
            "Le titre « {titre} » est en capitales. Écrivez-le en minuscules, avec ses accents : "
            "la mise en page s’en charge."
        )
        yield Finding("title-capitals", Severity.WARNING, message.format(titre=cited(title)), where)
    if len(title) > TITLE_LIMIT:
        message = _("Le titre compte {n} caractères. Restez sous {limite} pour qu’il se lise d’un coup d’œil.")
        yield Finding("title-long", Severity.WARNING, message.format(n=len(title), limite=TITLE_LIMIT), where)


def _in_capitals(title: str) -> bool:
    """Tell whether the title, or its part before the colon, is in capitals; a lone acronym does not count."""
    for part in (title, title.partition(" :")[0]):
        letters = [character for character in part if character.isalpha()]
        if len(letters) >= 12 and sum(map(str.isupper, letters)) >= 0.8 * len(letters) and len(part.split()) > 1:
            return True
    return False


def check_summary(summary: str, where: str) -> Iterator[Finding]:
    """Yield a finding for a summary that is missing, too short, too long, or that stops in the middle of a sentence."""
    size = len(summary)
    if not summary:
        message = _("Il manque un résumé : deux ou trois phrases entières, de {mini} à {maxi} caractères.")
        yield Finding("summary-missing", Severity.WARNING, message.format(mini=SUMMARY_MIN, maxi=SUMMARY_MAX), where)
        return
    if size < SUMMARY_MIN:
        message = _("Le résumé est court ({n} caractères). Visez au moins {mini} caractères, en phrases entières.")
        yield Finding("summary-short", Severity.ADVICE, message.format(n=size, mini=SUMMARY_MIN), where)
    if size > SUMMARY_MAX:
        message = _("Le résumé est long ({n} caractères). Ramenez-le sous {maxi} caractères.")
        yield Finding("summary-long", Severity.WARNING, message.format(n=size, maxi=SUMMARY_MAX), where)
    if not _is_whole(summary):
        message = _("Le résumé s’arrête au milieu d’une phrase (« …{fin} »). Terminez-la par un point.")
        yield Finding("summary-cut", Severity.WARNING, message.format(fin=summary[-30:]), where)


def _is_whole(summary: str) -> bool:
    """Tell whether the last sentence ends; a full stop inside élu.e.s ends nothing, since a letter follows it."""
    end = summary.rstrip(_CLOSING)
    return end.endswith((".", "!", "?")) and not end.endswith("..")


def check_picture(picture: Picture | None, where: str) -> Iterator[Finding]:
    """Yield a finding for a picture without an alternative text, or with one that describes nothing."""
    if picture is None or picture.decorative:
        return
    if not picture.alt.strip():
        message = _(
            "L’image n’a pas de texte de remplacement. Décrivez-la en une phrase, ou dites qu’elle est décorative "
            "si elle n’apporte rien."
        )
        yield Finding("alt-missing", Severity.ERROR, message, where)
    elif _is_noise(picture.alt.strip()):
        message = _(
            "« {alt} » ne décrit pas l’image. Dites ce qu’elle montre, comme à quelqu’un qui ne la voit pas : "
            "qui, quoi, où."
        )
        yield Finding("alt-noise", Severity.ERROR, message.format(alt=picture.alt.strip()), where)


def _is_noise(alt: str) -> bool:
    if _FILE.search(alt) or _GENERIC.fullmatch(alt) or len(re.findall(r"[^\W\d_]", alt)) < 3:
        return True
    lone = not re.search(r"\s", alt)
    return lone and not alt.isupper() and (not _VOWEL.search(alt) or _KEYBOARD.search(alt) is not None)


def check_text(text: str, where: str) -> Iterator[Finding]:
    """Yield a finding for text still to be written, and one for endings that look like web addresses."""
    words = _MARKDOWN_LINK.sub(r"\1", text)
    blank = _BLANK.search(words)
    waiting = blank["words"] if blank else next((match[0] for match in _PLACEHOLDER.finditer(words)), "")
    if waiting:
        message = _("« {texte} » est resté dans le texte. Complétez ce passage ou retirez-le.")
        yield Finding("placeholder", Severity.ERROR, message.format(texte=waiting), where)
    dotted = [word for word in words.split() if "." in word[:-1] and len(word) < 60]
    endings = [word for word in dotted if WORD_JOINER in typography(word)]
    if endings:
        message = _(
            "{mots} : une messagerie pourrait y voir une adresse web. L’envoi protège ce mot ; avec un point médian "
            "(élu·es), la question ne se pose plus."
        )
        listed = ", ".join(f"« {word.strip(',;:.!?()«»')} »" for word in dict.fromkeys(endings))
        yield Finding("inclusive-domain", Severity.ADVICE, message.format(mots=listed), where)
