"""The proof-reader on a letter: each bad value is named, and the same value mended is not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from newsletter.messages import Letter, PublishedPicture
from newsletter.model import Severity
from newsletter.rendering import checks
from newsletter.theme import DARK, LIGHT, Theme

LETTER = Letter(
    issue="2026-11-lettre",
    publication="lettre",
    subject="La lettre",
    preheader="",
    html="<html><body><h1>La lettre</h1><h3>Élu·es\u202f: «\u202fun titre\u202f»</h3>"
    '<a href="https://rtes.fr/a?b=1&amp;c=2">En savoir plus</a><a href="mailto:a@rtes.fr">écrire</a>'
    '<a href="#top">haut</a><a href="qz7slot-web-7zq">web</a><img src="https://rtes.fr/p.jpg" alt=""></body></html>',
    text="LA LETTRE\n\nÉlu·es : « un\ntitre »\nhttps://rtes.fr/a?b=1&c=2\na@rtes.fr\nqz7slot-web-7zq\n",
)
PICTURE = PublishedPicture("https://rtes.fr/p.jpg", width=168, height=112, bytes=40_000, pixels=336)


def found(letter: Letter = LETTER, theme: Theme | None = None, **pictures: PublishedPicture) -> dict[str, Severity]:
    return {f.code: f.level for f in checks.check_letter(letter, theme or Theme(), pictures)}


def padded(size: int, filling: str = "a") -> Letter:
    return replace(LETTER, html=LETTER.html + filling * (size - len(LETTER.html.encode())))


@pytest.mark.parametrize(
    ("code", "level", "bad", "mended"),
    [
        ("html-heavy", "warning", {"letter": padded(90_000)}, {"letter": padded(89_000)}),
        ("html-heavy", "warning", {"letter": padded(80_000, "=")}, {"letter": padded(80_000)}),
        ("html-too-heavy", "error", {"letter": padded(102_400)}, {"letter": padded(102_399)}),
        ("picture-heavy", "warning", {"p": replace(PICTURE, bytes=300_001)}, {"p": replace(PICTURE, bytes=300_000)}),
        ("picture-small", "warning", {"p": replace(PICTURE, pixels=335)}, {"p": replace(PICTURE, pixels=336)}),
        ("picture-small", "warning", {"p": replace(PICTURE, pixels=1)}, {"p": replace(PICTURE, pixels=0)}),
        ("pictures-heavy", "warning", {"p": replace(PICTURE, bytes=1_000_001)}, {"p": PICTURE}),
        (
            "contrast-low",
            "error",
            {"theme": Theme(light=LIGHT.model_copy(update={"secondary": "#9AA5AA"}))},
            {"theme": Theme(light=LIGHT)},
        ),
        (
            "contrast-low",
            "error",
            {"theme": Theme(dark=DARK.model_copy(update={"on_masthead": "#0F4F4A"}))},
            {"theme": Theme(dark=DARK)},
        ),
        (
            "text-incomplete",
            "error",
            {"letter": replace(LETTER, text=LETTER.text.replace("titre", "mot"))},
            {"letter": LETTER},
        ),
        (
            "text-incomplete",
            "error",
            {"letter": replace(LETTER, text=LETTER.text.replace("c=2", ""))},
            {"letter": LETTER},
        ),
    ],
)
def test_a_slip_is_named_and_its_correction_is_not(code, level, bad, mended):
    assert found(**bad).get(code) == level
    assert code not in found(**mended)


def test_a_sound_letter_has_no_findings():
    assert checks.check_letter(LETTER, Theme(), {"images/p.jpg@168x112": PICTURE}) == []


def test_a_picture_is_named_by_its_source():
    heavy = replace(PICTURE, bytes=400_000)
    (finding,) = checks.check_letter(LETTER, Theme(), {"images/p.jpg@168x112": heavy})
    assert finding.where == "images/p.jpg"
    assert "400 Ko" in finding.message


def test_a_picture_that_the_letter_does_not_show_counts_for_nothing():
    other = replace(PICTURE, url="https://rtes.fr/other.jpg", bytes=2_000_000)
    assert checks.check_letter(LETTER, Theme(), {"x": other}) == []


def test_one_file_shown_twice_weighs_once():
    heavy = replace(PICTURE, bytes=250_000)
    assert checks.check_letter(LETTER, Theme(), {f"p@{n}": heavy for n in range(8)}) == []


@pytest.mark.parametrize(
    ("first", "second", "ratio"),
    [
        ("#000000", "#FFFFFF", 21.0),
        ("#777777", "#FFFFFF", 4.48),
        ("#1D2B2F", "#FFFFFF", 14.6),
        ("#0F4F4A", "#0F4F4A", 1.0),
    ],
)
def test_contrast_is_that_of_wcag(first, second, ratio):
    assert checks.contrast(first, second) == pytest.approx(ratio, abs=0.05)
    assert checks.contrast(second, first) == checks.contrast(first, second)
