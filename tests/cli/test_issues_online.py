"""`newsletter issues check --online`: each link of an issue is followed, and what leads nowhere is named."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from newsletter.actions import fetch
from newsletter.actions.operations import start
from newsletter.errors import ExchangeError

ARTICLE = """\
---
title: Une conciergerie solidaire ouvre dans l’ancienne gare de la ville
date: 2026-11-20
tags: [rtes]
status: ready
link: {link}
summary: >-
  Depuis octobre, une association y rend des services du quotidien et emploie six personnes. Elle répare, garde des
  colis, prête des outils, et reçoit chaque semaine une centaine de personnes.
---
"""
ISSUE = """\
---
publication: flash
date: 2026-11-24
subject: Flash hebdo
sections:
  - tag: rtes
    items: [{slugs}]
---
"""


class Site(BaseHTTPRequestHandler):
    """A site on which some pages are there and some are not."""

    def do_HEAD(self) -> None:
        self._answer(404 if self.path == "/seulement-get" else 0)

    def do_GET(self) -> None:
        self._answer(0)

    def _answer(self, code: int) -> None:
        moved = {"/deplace": "/page", "/deplace-accent": "/actualités".encode().decode("latin-1"), "/boucle": "/boucle"}
        codes = {"/perdu": 404, "/retire": 410, "/en-panne": 500, "/interdit": 403}
        self.send_response(302 if self.path in moved else code or codes.get(self.path, 200))
        if self.path in moved:
            self.send_header("Location", moved[self.path])
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_words: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Site) as server:
        Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield f"http://ville.example:{server.server_port}"
        server.shutdown()


@pytest.fixture
def follow(tmp_path, inside, monkeypatch):
    """Check an issue whose articles have these links; `ville.example` stands here, `interne.example` says it does."""
    real = fetch.public_address

    def address(host: str, port: int) -> str:
        return "127.0.0.1" if host == "ville.example" else real(host.replace("interne.example", "10.0.0.1"), port)

    def check(*links: str, more: tuple[str, ...] = ("--json",)):
        monkeypatch.setattr(fetch, "public_address", address)
        start.init(tmp_path / "ws")
        return inside(_with_articles(tmp_path / "ws", links), "issues", "check", "essai", "--online", *more)

    return check


def _with_articles(root: Path, links: tuple[str, ...]) -> Path:
    for n, link in enumerate(links):
        (root / "articles" / f"a{n}.md").write_text(ARTICLE.format(link=link).replace("ouvre", f"ouvre ({n})"))
    slugs = ", ".join(f"a{n}" for n, _link in enumerate(links))
    (root / "issues" / "essai.md").write_text(ISSUE.format(slugs=slugs))
    return root


@pytest.mark.parametrize(
    "path",
    ["/page", "/deplace", "/seulement-get", "/actualités?thème=insertion", "/actualit%C3%A9s", "/deplace-accent"],
)
def test_a_link_that_leads_to_a_page_is_not_spoken_of(follow, site, path):
    ran = follow(site + path)
    assert ran.code == 0
    assert [f for f in ran.json["warnings"] if f["code"] == "link-dead"] == []


@pytest.mark.parametrize(
    ("link", "level", "words"),
    [
        ("{site}/perdu", "error", "répond par une erreur 404"),
        ("{site}/retire", "error", "répond par une erreur 410"),
        ("{site}/en-panne", "warning", "répond par une erreur 500"),
        ("{site}/interdit", "warning", "répond par une erreur 403"),
        ("{site}/boucle", "warning", "renvoie sans cesse ailleurs"),
        ("http://ville.example:1/", "warning", "le site ne répond pas"),
        ("http://interne.example/admin", "warning", "mène dans un réseau privé"),
    ],
)
def test_a_link_that_leads_nowhere_is_named_with_what_is_wrong_and_where_it_stands(follow, site, link, level, words):
    address = link.format(site=site)
    ran = follow(address)
    (found,) = (f for f in ran.json["warnings"] if f["code"] == "link-dead")
    assert (found["level"], found["where"]) == (level, "articles/a0.md:6, link")
    assert address in found["message"] and words in found["message"]
    assert ran.code == (level == "error")


def test_dead_links_are_told_in_the_order_of_the_issue_and_each_once(follow, site):
    ran = follow(*(f"{site}/{path}" for path in ("retire", "page", "perdu", "retire")), more=())
    told = [line for line in ran.out.splitlines() if "link-dead" in line]
    assert [line.split(":6")[0].rpartition("[")[2] for line in told] == ["articles/a0.md", "articles/a2.md"]
    assert ran.out.splitlines()[-1].startswith("2 error, ")


def test_a_link_that_cannot_be_followed_is_no_error_of_the_program(follow):
    ran = follow("http://nulle-part.invalid/")
    assert "ce nom de site est inconnu" in next(f["message"] for f in ran.json["warnings"] if f["code"] == "link-dead")


def test_a_port_that_is_none_is_named():
    with pytest.raises(ExchangeError, match="its port is no number"):
        fetch.status("http://ville.example:99999/")
