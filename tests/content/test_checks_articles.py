"""The proof-reader on one article: one row for each slip, with its correction."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.content import checks
from newsletter.content.checks import dates, targets
from newsletter.content.fields import UnknownKey
from newsletter.french import WEEKDAYS, date_words
from newsletter.i18n import speaking
from newsletter.model import Article, EventTime, Picture, Speaker
from newsletter.paris import PARIS

WHOLE = (
    "Réunis en coopérative, dix foyers transforment un ancien couvent en logements. Chacun a son chez-soi ; la "
    "buanderie, l'atelier et le jardin sont communs. L'agglomération a porté le foncier pendant deux ans."
)
ARTICLE = Article(
    slug="redon",
    path="articles/redon.md",
    title="Redon : dix foyers, un jardin, une buanderie",
    tags=("bref",),
    date=date(2026, 11, 16),
    summary=WHOLE,
    link="https://www.rtes.fr/redon",
    lines={"title": 2, "summary": 5, "link": 8, "image": 9, "body": 14},
)
START = datetime(2026, 12, 10, 9, 30, tzinfo=PARIS)
ANNE = Speaker(name="Anne Le Goff")


def with_alt(alt: str) -> dict[str, object]:
    return {"picture": Picture("images/redon.jpg", alt)}


def codes(**changes: object) -> dict[str, str]:
    return {finding.code: finding.level.value for finding in checks.check_article(replace(ARTICLE, **changes))}


def body(text: str) -> dict[str, object]:
    return {"body": text}


GOOD_ALT = with_alt("Des maisons mitoyennes autour d'un jardin")
SLIPS = [
    ("title-capitals", "warning", {"title": "RENNES MÉTROPOLE OUVRE SES MARCHÉS"}, {"title": "Rennes Métropole ouvre"}),
    ("title-capitals", "warning", {"title": "MÉTROPOLE DE LYON : une cantine"}, {"title": "ESS & CRESS : une cantine"}),
    ("title-long", "warning", {"title": "a" * 131}, {"title": "a" * 130}),
    ("summary-missing", "warning", {"summary": ""}, {"summary": WHOLE}),
    ("summary-short", "advice", {"summary": "a" * 188 + "."}, {"summary": "a" * 189 + "."}),
    ("summary-long", "warning", {"summary": "a" * 500 + "."}, {"summary": "a" * 499 + "."}),
    ("summary-cut", "warning", {"summary": WHOLE[:-1]}, {"summary": WHOLE}),
    ("summary-cut", "warning", {"summary": WHOLE + " Et puis…"}, {"summary": WHOLE + " « Et puis voilà ! »"}),
    ("summary-cut", "warning", {"summary": WHOLE + " Et..."}, {"summary": WHOLE + " (Entrée libre.)"}),
    ("summary-cut", "warning", {"summary": WHOLE + " Avec les élu.e.s"}, {"summary": WHOLE + " Avec les élu.e.s."}),
    ("alt-missing", "error", with_alt(""), {"picture": Picture("images/redon.jpg", decorative=True)}),
    ("alt-missing", "error", {"speakers": (replace(ANNE, portrait=Picture("a.jpg")),)}, {"speakers": (ANNE,)}),
    *(
        ("alt-noise", "error", with_alt(noise), GOOD_ALT)
        for noise in (
            "dfbdb",
            "image1.jpg",
            "photo",
            "Une photo",
            "IMG_2034",
            "a",
            "x y",
            "2034",
            "Image (2)",
            "azerty",
            "DSC 0042",
            "aaaa",
            "l’image",
            "redon_couvent_2026",
            "---",
            "Capture d’écran",
            "ghjkfd",
        )
    ),
    ("alt-noise", "error", with_alt("logo"), with_alt("Logo du RTES")),
    ("alt-noise", "error", with_alt("dfbdb"), with_alt("CNFPT")),
    *(
        ("placeholder", "error", body(f"Le texte {waiting}"), body("Trois modèles à compléter par la commune [^1]."))
        for waiting in (
            "TODO",
            "Lorem ipsum dolor",
            "xxx",
            "XXXX",
            ": à compléter",
            "(à préciser)",
            "[titre]",
            "[..]",
            "???",
        )
    ),
    ("placeholder", "error", {"title": "À compléter"}, {"title": "Une feuille de route à remplir"}),
    ("placeholder", "error", {"summary": WHOLE + " [nom]."}, {"summary": WHOLE + " La XXXe édition."}),
    ("placeholder", "error", {"quote": "TODO"}, {"quote": "« Tout […] est là. »"}),
    ("placeholder", "error", body("[ville]"), body("[la ville](https://rtes.fr/ville)")),
    ("link-missing", "warning", {"link": ""}, {"link": "", "body": "Tout le texte."}),
    ("link-missing", "warning", {"link": ""}, {"link": "", "contact": "a@rtes.fr"}),
    *(
        ("link-malformed", "error", {"link": bad}, {"link": "https://rtes.fr/page"})
        for bad in (
            "www.rtes.fr",
            "https://",
            "https:///page",
            "javascript:alert(1)",
            "https://a b.fr",
            "https://[::1",
            "https://user@rtes.fr/",
            "https://rtes.fr:99999/",
            "ftp://rtes.fr/a",
            "mailto:personne",
            "tel:a",
            "https://rtes..fr",
        )
    ),
    ("link-malformed", "error", body("[ici](rtes.fr/page)"), body("[ici](mailto:a@rtes.fr), [là](tel:0320971797)")),
    *(
        ("link-private", "error", {"link": bad}, {"link": "https://8.8.8.8/page"})
        for bad in (
            "http://localhost:8025/",
            "https://127.0.0.1/",
            "https://192.168.1.4/a",
            "https://[::1]/",
            "https://intranet/page",
            "https://wiki.local/",
            "http://0x7f000001/",
            "https://2130706433/",
            "https://169.254.169.254/",
        )
    ),
    ("link-insecure", "warning", {"link": "http://www.rtes.fr/a"}, {"link": "https://www.rtes.fr/a"}),
    *(
        (
            "link-tracking",
            "warning",
            {"link": f"https://rtes.fr/a?id=3&{mark}=x"},
            {"link": "https://rtes.fr/a?id=3&p=2"},
        )
        for mark in ("utm_source", "UTM_medium", "fbclid", "gclid", "mc_eid", "msclkid", "at_campaign", "xtor")
    ),
    ("link-tracking", "warning", body("<https://rtes.fr/?utm_source=x>"), body("<https://rtes.fr/?source=x>")),
    ("weekday-wrong", "error", body("Le mercredi 24 novembre 2026."), body("Le mardi 24 novembre 2026.")),
    ("weekday-wrong", "warning", body("Rendez-vous vendredi 10 décembre."), body("Rendez-vous jeudi 10 décembre.")),
    ("weekday-wrong", "error", {"title": "Lundi 1er décembre 2026"}, {"title": "Mardi 1er décembre 2026"}),
    ("date-impossible", "error", body("Jusqu'au 31 novembre."), body("Jusqu'au 30 novembre.")),
    ("inclusive-domain", "advice", {"title": "Les élu.es et les agents"}, {"title": "Les élu·es et les agents"}),
    (
        "event-reversed",
        "error",
        {"event": EventTime(START, START - timedelta(hours=1))},
        {"event": EventTime(START, START)},
    ),
    ("event-missing", "warning", {"tags": ("agenda",)}, {"tags": ("agenda",), "event": EventTime(START)}),
    ("deadline-missing", "warning", {"tags": ("appel",)}, {"tags": ("appel",), "deadline": START}),
    ("speakers-missing", "warning", {"tags": ("elu",)}, {"tags": ("elu",), "speakers": (ANNE,)}),
    (
        "organisation-missing",
        "warning",
        {"tags": ("territoires",)},
        {"tags": ("territoires",), "organisations": ("Redon Agglomération",)},
    ),
]


@pytest.mark.parametrize(("code", "level", "bad", "mended"), SLIPS, ids=lambda v: v if isinstance(v, str) else None)
def test_a_slip_is_named_and_its_correction_is_not(code, level, bad, mended):
    assert codes(**bad).get(code) == level
    assert code not in codes(**mended)


def test_a_sound_article_has_no_findings():
    assert checks.check_article(ARTICLE) == []


@pytest.mark.parametrize("row", SLIPS, ids=lambda row: row[0])
def test_a_finding_is_a_french_sentence_with_a_place(row):
    for finding in checks.check_article(replace(ARTICLE, **row[2])):
        assert finding.where.startswith("articles/redon.md")
        assert finding.message.endswith((".", "?")) or finding.code == "link-tracking"
        assert len(finding.message) > 30
        assert not re.search(r"\{\w+\}|\b(?:None|True|False|Article|Picture)\b", finding.message)
        with speaking("en"):
            assert re.fullmatch(r"[a-z]+(-[a-z]+)*", finding.code)


def test_the_place_names_the_line_of_the_field():
    (finding,) = checks.check_article(replace(ARTICLE, summary=WHOLE[:-1]))
    assert finding.where == "articles/redon.md:5, summary"


def test_a_tracked_link_comes_back_clean():
    link = "https://rtes.fr/a?utm_source=nl&id=3&q=%C3%A9+t&fbclid=Iw#haut"
    (finding,) = checks.check_article(replace(ARTICLE, link=link))
    assert finding.message.endswith(" https://rtes.fr/a?id=3&q=%C3%A9+t#haut")


@pytest.mark.parametrize("link", ["https://rtes.fr/?a=&b", "https://rtes.fr/a?ref=2&fbclidx=3#utm_source=4"])
def test_a_link_without_trackers_is_left_as_it_is(link):
    assert targets.without_trackers(link) == link


def test_the_weekday_says_which_day_it_is():
    (finding,) = checks.check_article(replace(ARTICLE, body="Le mercredi 24 novembre 2026."))
    assert finding.message == (
        "« mercredi 24 novembre 2026 » : le 24 novembre 2026 est un mardi. Corrigez le jour ou la date."
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mardi 8 et mercredi 9 décembre", [(1, 8, 12, None), (2, 9, 12, None)]),
        ("du 29 septembre au 5 octobre 2025", [(None, 29, 9, 2025), (None, 5, 10, 2025)]),
        ("du 30 décembre au 3 janvier 2027", [(None, 30, 12, 2026), (None, 3, 1, 2027)]),
        ("le 1er\u00a0juillet 2025", [(None, 1, 7, 2025)]),
        ("les 7, 8 et 9 mai", [(None, 7, 5, None), (None, 8, 5, None), (None, 9, 5, None)]),
        ("LUNDI 30 NOVEMBRE", [(0, 30, 11, None)]),
        ("12 mai. Le 13, tout change", [(None, 12, 5, None)]),
        ("vingt places, 12 euros, 2026, 1 500 personnes", []),
        ("3,5 mai", []),
        ("le mardi, 30 personnes ; le 3 on mange", []),
    ],
)
def test_dates_are_found_in_prose(text, expected):
    assert [(m.weekday, m.number, m.month, m.year) for m in dates.mentions(text)] == expected


@given(st.dates(date(2000, 1, 1), date(2090, 12, 31)), st.integers(0, 6))
def test_every_right_weekday_passes_and_every_wrong_one_does_not(when, shift):
    text = f"Rendez-vous {WEEKDAYS[(when.weekday() + shift) % 7]} {date_words(when)} à 9h."
    found = list(dates.check_weekdays(text, "x", date(2026, 11, 1)))
    assert bool(found) is (shift != 0)


@pytest.mark.parametrize(
    ("text", "sent", "ambiguous"),
    [
        ("le 8 janvier", date(2026, 11, 24), True),
        ("le 8 janvier 2027", date(2026, 11, 24), False),
        ("le 14 décembre", date(2026, 11, 24), False),
        ("le 14 décembre", date(2027, 1, 12), True),
        ("du 30 décembre au 3 janvier 2027", date(2026, 12, 15), False),
    ],
)
def test_a_year_is_asked_for_around_new_year(text, sent, ambiguous):
    assert [f.code for f in dates.check_years(text, "x", sent)] == (["year-missing"] if ambiguous else [])


@pytest.mark.parametrize(
    ("hint", "words"),
    [("did you mean `title`?", "fallait-il écrire « title »"), ("known: `date`, `title`", "elle reste sans effet")],
)
def test_an_unknown_key_is_told_with_the_nearest_one(hint, words):
    (finding,) = checks.unknown_keys([UnknownKey("articles/redon.md", 3, "tilte", hint)])
    assert (finding.code, finding.level, finding.where) == ("key-unknown", "warning", "articles/redon.md:3, tilte")
    assert "« tilte »" in finding.message and words in finding.message


@pytest.mark.parametrize(
    "piece",
    ["[", "[](", "[](x", "<http:", "\n", " ", "à compléter ", "mardi 3 ", "1 ", "élu.es", "x", "?", "!["],
    ids=ascii,
)
def test_no_text_holds_the_proof_reader_up(piece):
    began = time.process_time()
    checks.check_article(replace(ARTICLE, body=piece * (200_000 // len(piece))))
    assert time.process_time() - began < 10, "seconds for the longest file that is read: something is quadratic"
