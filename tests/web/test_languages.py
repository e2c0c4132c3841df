"""No sentence of the product escapes translation: every page and letter in a language made of marks.

In that language each sentence of the catalogue stands between ⟦ and ⟧. What stands outside of them was typed by an
editor, is a name, a number or a date; anything else is a sentence that a translator could never reach.
"""

from __future__ import annotations

import re
import shutil
import unicodedata
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest

from newsletter import i18n
from newsletter.actions.letters import editions
from newsletter.actions.workspace import open_workspace
from newsletter.exchange.departements import DEPARTEMENTS
from tests.conftest import ROOT
from tests.translations import sentences
from tests.web.conftest import BASE
from tests.web.studio.conftest import Desk, sign_in

SILENT = ("script", "style", "textarea", "code")  # what stands in `code` is typed as it is, in whatever language
SPOKEN = ("alt", "title", "aria-label", "placeholder", "label")
# Words that are the same everywhere: names of products, formats and codes, of months and days in English.
NAMES = """Studio English Français RSS iCalendar CSV JSON XLSX SMTP API URL DKIM SPF DMARC MX PTR HTML Ctrl Markdown
January February March April May June July August September October November December
SIREN RTES CNIL formulaire defenseurdesdroits Une admin testclient example Mastodon LinkedIn
Monday Tuesday Wednesday Thursday Friday Saturday Sunday Jan Feb Mar Apr Jun Jul Aug Sep Sept Oct Nov Dec am pm"""
# What was frozen when it was approved, or written by whoever did something, stays in the words of that day.
FROZEN = r"/envoi/lettre|^/lettres/|/boite/[^/]+/|/reglages/journal|[?&]lang="
COMMON = set(NAMES.lower().split())


@cache
def plurals() -> dict[str, str]:
    """The plural of each sentence that has one."""
    return {m[0]: m[1] for m, _path, _line in sentences() if isinstance(m, tuple)}


class Marked(dict):
    """A catalogue that translates whatever it is asked for, into marks."""

    def get(self, key, default=None):
        one = f"⟦{key}⟧"
        return one if default is not None else (one, f"⟦{plurals().get(key, key)}⟧")


class Words(HTMLParser):
    """What a page says: its text and the attributes that are read out."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self.links: list[str] = []
        self.silent = 0

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.silent += tag in SILENT
        self.said += [found[name] for name in SPOKEN if found.get(name)]
        if tag == "input" and found.get("type") in ("submit", "button"):
            self.said.append(found.get("value") or "")
        self.links += [found[name] for name in ("href", "src") if tag in ("a", "iframe") and found.get(name)]

    def handle_endtag(self, tag):
        self.silent -= tag in SILENT

    def handle_data(self, data):
        if not self.silent:
            self.said.append(data)


def unmarked(text: str) -> str:
    """Return what stands outside of the marks, whatever is filled in within them left out too."""
    text = re.sub(r"⟦[^⟦⟧]*$", " ", text)  # a label that was cut
    while "⟦" in (shorter := re.sub(r"⟦[^⟦⟧]*⟧", " ", text)) and shorter != text:
        text = shorter
    return shorter


def phrases(text: str) -> list[str]:
    """Return the runs of words between numbers and punctuation, in one spelling."""
    plain = unicodedata.normalize("NFC", text).replace("’", "'").replace("\u2011", "-").replace(" · ", " | ").lower()
    return [" ".join(run.split()) for run in re.findall(r"[^\W\d_][^\W\d_'·\s-]*(?:[ \s'·-]+[^\W\d_]+)*", plain)]


@pytest.fixture(scope="module")
def typed(standing) -> str:
    """What people typed: articles, issues, settings, names of organisations and persons."""
    files = [
        *(ROOT / "articles").rglob("*.md"),
        *(ROOT / "issues").glob("*.md"),
        ROOT / "newsletter.toml",
        ROOT / "data" / "organisations.csv",
    ]
    texts = [path.read_text(encoding="utf-8") for path in files]
    texts += DEPARTEMENTS.values()  # names, the same in every language
    with standing.workspace.database.read() as connection:
        rows = connection.exec_driver_sql("SELECT address, first_name, last_name, function FROM subscribers")
        texts += [" ".join(row) for row in rows]
    return f" {' | '.join(phrase for text in texts for phrase in phrases(text))} "


@pytest.fixture
def marked(monkeypatch):
    """The product speaks in marks, its letters too."""
    monkeypatch.setattr(i18n, "_catalogue", lambda locale: Marked() if locale == "en" else {})
    monkeypatch.setenv("NEWSLETTER_NETWORK__LOCALE", "en")


@pytest.fixture
def desk(marked, sample_workspace, tmp_path) -> Iterator[Desk]:
    """An admin who reads the sample month in marks."""
    shutil.copytree(sample_workspace, tmp_path / "ws")
    workspace = open_workspace(tmp_path / "ws")
    desk = sign_in(workspace, "admin", may_send=True)
    desk.client.headers["Accept-Language"] = "en"
    yield desk
    workspace.close()


def leftovers(html: str, typed: str) -> tuple[set[str], list[str]]:
    """Return what of a page is neither marked nor typed by somebody, and where its links lead."""
    page = Words()
    page.feed(html)
    found = {phrase for text in page.said for phrase in phrases(unmarked(text)) if len(phrase) > 2}
    return {phrase for phrase in found if not known(phrase, typed)}, page.links


def known(phrase: str, typed: str) -> bool:
    """Tell whether somebody typed these words, in this order; or they are names, each by itself."""
    return bool(re.search(rf"(?<!\w){re.escape(phrase)}(?!\w)", typed)) or set(phrase.split()) <= COMMON


def kind(path: str) -> str:
    """Return the kind of page that an address leads to: numbers, slugs and tokens left out."""
    return re.sub(r"/[^/]*(\d|@)[^/]*|/[^/]{24,}|/[a-z]+(?:-[a-z]+)+", "/*", urlsplit(path).path)


def test_every_page_of_the_site_and_the_studio(desk, typed):
    todo, seen, found = ["/", "/abonnement", "/studio", "/nothing-here"], set(), {}
    while todo:
        path = todo.pop(0)
        answer = desk.get(path)
        if "html" not in answer.headers.get("content-type", ""):
            continue
        left, links = leftovers(answer.text, typed)
        if left:
            found[path] = left
        for link in links:
            local = link.removeprefix(BASE)
            if local.startswith("/") and kind(local) not in seen and not re.search(FROZEN, local):
                seen.add(kind(local))
                todo.append(local)
    assert found == {}


@pytest.mark.parametrize("key", ["2026-11-lettre", "2026-12-01-flash"])
def test_every_letter(desk, typed, key, tmp_path):
    editions.preview(desk.workspace, key, tmp_path / "seen")
    html, _links = leftovers((tmp_path / "seen" / "letter.html").read_text(encoding="utf-8"), typed)
    text = (tmp_path / "seen" / "letter.txt").read_text(encoding="utf-8")
    # Lines are broken elsewhere than where they were typed, so here each word counts by itself.
    said = {word for p in phrases(unmarked(re.sub(r"https?://\S+", "", text))) for word in p.split() if len(word) > 2}
    plain = {word for word in said if not known(word, typed)}
    assert (html, plain) == (set(), set())


@pytest.mark.parametrize(
    ("html", "found"),
    [
        ("<p>⟦Envoyer à {n}⟧</p>", set()),
        ("<p>⟦Bonjour ⟦Madame⟧ {name}⟧</p>", set()),
        ("<p>Envoyer tout de suite</p>", {"envoyer tout de suite"}),
        ('<input type="submit" value="Envoyer tout"><img alt="⟦Logo⟧">', {"envoyer tout"}),
        ('<button aria-label="Fermer la fenêtre">⟦Fermer⟧</button>', {"fermer la fenêtre"}),
        ("<p>Département de la Gironde, 3 November 2026</p><script>let sentence</script>", set()),
    ],
)
def test_what_is_left_over_is_seen(typed, html, found):
    assert leftovers(html, typed)[0] == found
