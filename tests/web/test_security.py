"""What every page promises: headers, limits, no cookie, no secret in a log, and calm French errors."""

from __future__ import annotations

import logging
import os
import re
import time
from pathlib import Path

import httpx
import lxml.html
import pytest
from starlette.testclient import TestClient

from newsletter.actions.operations.start import init
from newsletter.actions.workspace import open_workspace
from newsletter.web.app import make_app
from newsletter.web.public import legal
from newsletter.web.security import BODY_LIMITS, Discreet, mask
from tests.web.conftest import BASE, heading

PUBLIC = ("/", "/abonnement", "/mentions-legales", "/confidentialite", "/accessibilite")
TOKENED = ("/confirmation/x", "/preferences/x", "/desabonnement/x", "/effacement/x", "/mes-donnees/x")


@pytest.mark.parametrize("path", [*PUBLIC, *TOKENED, "/nothing", "/sante", "/robots.txt"])
def test_every_answer_carries_the_security_headers_and_no_cookie(town, path):
    headers = town.client.get(path).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "set-cookie" not in headers


@pytest.mark.parametrize("path", PUBLIC)
def test_pages_are_light_have_no_inline_script_or_style_and_ask_nobody_else(town, path):
    page = town.client.get(path).text
    assert len(page.encode()) < 50_000
    assert not any(part in page for part in ("<style", " style=", "<script>", " onclick=", "javascript:"))
    assert not any(f'{attribute}="http' in page for attribute in ("src", "data", "action"))


@pytest.mark.parametrize("path", TOKENED)
def test_pages_of_one_person_are_neither_indexed_nor_stored(town, path):
    answer = town.client.get(path)
    assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
    assert answer.headers["Cache-Control"] == "no-store"
    assert '<meta name="robots" content="noindex, nofollow">' in answer.text


@pytest.fixture
def https_client(tmp_path):
    """The pages under a public https address with a path."""
    init(tmp_path)
    env = {"NEWSLETTER_WEB__BASE_URL": "https://lettre.example.org/rtes"}
    before = os.environ.copy()
    os.environ.update(env)
    try:
        workspace = open_workspace(tmp_path)
        yield TestClient(make_app(workspace), base_url="https://lettre.example.org")
        workspace.close()
    finally:
        os.environ.clear()
        os.environ.update(before)


def test_https_is_asked_for_where_it_is_served_and_not_elsewhere(town, https_client):
    assert "Strict-Transport-Security" in https_client.get("/rtes/abonnement").headers
    assert "Strict-Transport-Security" not in town.client.get("/abonnement").headers


def test_a_site_under_a_path_keeps_its_links_there(https_client):
    page = https_client.get("/rtes/abonnement")
    assert 'action="/rtes/abonnement"' in page.text
    assert 'href="/rtes/static/app.' in page.text
    assert https_client.get("/rtes/confirmation/x").headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("header", ["Host", "X-Forwarded-Host", "Forwarded"])
def test_a_forged_host_reaches_neither_the_mail_nor_the_page(town, header):
    town.client.headers[header] = "host=evil.example" if header == "Forwarded" else "evil.example"
    page = town.ask("jeanne@ville.example")
    mail = town.mails()[-1].as_string()
    assert "evil.example" not in page.text + mail
    assert town.link("/confirmation/")


@pytest.mark.parametrize(
    ("method", "path", "status", "title"),
    [
        ("GET", "/nothing", 404, "Page introuvable"),
        ("GET", "/static/app.css", 404, "Page introuvable"),
        ("DELETE", "/abonnement", 405, "Action impossible ici"),
        ("GET", "/%00", 404, "Page introuvable"),
        ("GET", "/" + "a" * 3000, 404, "Page introuvable"),
    ],
)
def test_errors_are_pages_in_french(town, method, path, status, title):
    answer = town.client.request(method, path)
    assert (answer.status_code, heading(answer)) == (status, title)


def test_a_fault_of_ours_is_a_page_without_its_reason_and_a_line_in_the_log(town, monkeypatch, caplog):
    def broken(_workspace):
        raise RuntimeError("the secret reason")

    monkeypatch.setattr(legal, "purpose", broken)
    answer = TestClient(town.client.app, raise_server_exceptions=False).get("/confidentialite")
    assert (answer.status_code, heading(answer)) == (500, "Une erreur est survenue")
    assert "secret reason" not in answer.text
    assert "Content-Security-Policy" in answer.headers
    assert "the secret reason" in caplog.text


@pytest.mark.parametrize("path", ["/abonnement", "/api/v1/abonnement", "/desabonnement/x/raison"])
def test_a_body_beyond_the_limit_is_refused_announced_or_not(town, path):
    limit = next(most for beginning, most in BODY_LIMITS if path.startswith(beginning))
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    if path.startswith("/api/"):
        form = {"Content-Type": "application/json"}
    announced = town.client.post(path, content=b"a" * (limit + 1), headers=form)
    streamed = town.client.post(path, content=(b"a" * 10_000 for _n in range(limit // 10_000 + 2)), headers=form)
    assert (announced.status_code, streamed.status_code) == (413, 413)


def test_head_answers_like_get_without_the_body(town):
    answer = town.client.head("/abonnement")
    assert (answer.status_code, answer.content) == (200, b"")
    assert town.client.head("/nothing").status_code == 404


def test_static_files_live_for_ever_under_the_name_of_their_content(town):
    page = town.client.get("/abonnement").text
    style = page.partition('rel="stylesheet" href="')[2].partition('"')[0]
    answer = town.client.get(style)
    assert answer.headers["Content-Type"].startswith("text/css")
    assert "immutable" in answer.headers["Cache-Control"]
    assert "--primary:#0F4F4A" in answer.text


@pytest.mark.parametrize(
    "name",
    [
        "../subscribers.db",
        "..%2fsubscribers.db",
        "%2e%2e/.env",
        ".env",
        "a.svg",
        "a.html",
        "a.png/..",
        "",
        "a\\b.png",
        "link.png%00.html",
        "CON.png",
    ],
)
def test_only_published_pictures_are_served(town, name):
    published = town.workspace.published()
    published.mkdir()
    for bad in ("a.svg", "a.html"):
        (published / bad).write_text("<script>")
    assert town.client.get(f"/images/{name}").status_code == 404


def test_a_published_picture_may_be_shown_by_a_webmail(town):
    town.workspace.published().mkdir()
    (town.workspace.published() / "a1b2.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    answer = town.client.get("/images/a1b2.png")
    assert answer.status_code == 200
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"


def test_health_tells_when_the_database_is_gone_and_why_in_the_log_only(town, caplog):
    assert town.client.get("/sante").json() == {"status": "ok", "database": "ok", "late_jobs": []}
    town.workspace.database.close()
    for path in town.workspace.root.glob("subscribers.db*"):
        path.unlink()
    Path(town.workspace.root / "subscribers.db").mkdir()
    answer = town.client.get("/sante")
    assert answer.status_code == 503
    assert answer.json() == {"status": "failing", "database": "failing", "late_jobs": []}
    assert "unable to open" in caplog.text


def test_a_job_that_is_being_done_for_the_first_time_is_not_late(town):
    with town.workspace.database.write() as connection:
        connection.exec_driver_sql(
            "INSERT INTO jobs (name, next_at, holder, held_until) VALUES ('purge', 0, 'here', ?)", (time.time() + 600,)
        )
    assert town.client.get("/sante").status_code == 200


def test_a_job_that_is_late_fails_the_health_check(town):
    with town.workspace.database.write() as connection:
        connection.exec_driver_sql("INSERT INTO jobs (name, next_at) VALUES ('purge', 1000)")
    answer = town.client.get("/sante")
    assert (answer.status_code, answer.json()["late_jobs"]) == (503, ["purge"])


def test_robots_are_kept_from_every_private_page(town):
    text = town.client.get("/robots.txt").text
    assert all(f"Disallow: {path}" in text for path in ("/desabonnement/", "/preferences/", "/studio", "/api/"))


@pytest.mark.parametrize(
    ("path", "logged"),
    [
        ("/desabonnement/AbCd-_9", "/desabonnement/…"),
        ("/desabonnement/AbCd/annuler", "/desabonnement/…/annuler"),
        ("/preferences/AbCd?lang=en", "/preferences/…?lang=en"),
        ("/mes-donnees/AbCd/fichier", "/mes-donnees/…/fichier"),
        ("/lettres/2026-11-flash?cle=AbCd", "/lettres/2026-11-flash?cle=…"),
        ("/hooks/brevo?token=AbCd&x=1", "/hooks/brevo?token=…&x=1"),
        ("/abonnement?lang=en", "/abonnement?lang=en"),
    ],
)
def test_no_token_stands_in_a_log(path, logged):
    assert mask(path) == logged


def test_the_access_log_has_neither_token_nor_ip_address():
    line = logging.LogRecord(
        "uvicorn.access",
        logging.INFO,
        "",
        0,
        '%s - "%s %s HTTP/%s" %d',
        ("203.0.113.7:5050", "POST", "/preferences/AbCd", "1.1", 200),
        None,
    )
    assert Discreet().filter(line)
    assert line.getMessage() == '- - "POST /preferences/… HTTP/1.1" 200'


class TestLanguage:
    def test_french_unless_english_is_asked_for_first(self, town):
        for header, lang in [("fr", "fr"), ("", "fr"), ("de", "fr"), ("en-GB,fr", "en"), ("fr,en", "fr")]:
            page = town.client.get("/abonnement", headers={"Accept-Language": header}).text
            assert f'<html lang="{lang}"' in page, header

    def test_the_switch_holds_through_the_form(self, town):
        page = town.client.get("/abonnement?lang=en").text
        assert 'action="/abonnement?lang=en"' in page
        assert 'href="/abonnement?lang=fr" lang="fr"' in page

    @pytest.mark.parametrize("lang", ["xx", "../etc", "<script>", "en%00"])
    def test_an_unknown_language_is_french(self, town, lang):
        page = town.client.get(f"/abonnement?lang={lang}")
        assert '<html lang="fr"' in page.text
        assert "<script>" not in page.text


def test_the_privacy_notice_names_processors_and_retention_from_the_settings(town):
    page = town.client.get("/confidentialite").text
    assert "30 jours" in page.replace("\u00a0", " ").replace("\u202f", " ")
    assert BASE not in page


@pytest.mark.parametrize(
    ("path", "words", "lang"),
    [
        ("/abonnement", "La lettre du RTES", "fr"),
        ("/agenda", "Add to my calendar", "en"),
        ("/agenda", "Webinaire", "fr"),
        ("/lettres/2026-11-lettre", "In this issue", "en"),
        ("/lettres/2026-11-lettre", "Chères lectrices", "fr"),
        ("/", "La lettre du RTES", "fr"),
    ],
)
def test_english_pages_mark_what_is_french_in_them_and_french_pages_need_no_mark(standing, path, words, lang):
    english = lxml.html.fromstring(standing.client.get(path, params={"lang": "en"}).content)
    found = next(e for e in english.iter() if e.tag != "title" and e.text and words in e.text)
    assert found.xpath("ancestor-or-self::*[@lang]/@lang")[-1] == lang
    french = lxml.html.fromstring(standing.client.get(path).content)
    assert french.xpath("//main//@lang") == []


@pytest.mark.parametrize("path", ["//evil.example/x", "///evil.example", "/abonnement/", "/studio/", "/lettres/x/"])
def test_no_page_leads_to_a_host_that_the_request_named(town, path):
    asked = httpx.Request("GET", BASE, headers={"Host": "evil.example"})
    asked.url = asked.url.copy_with(raw_path=path.encode())
    answer = town.client.send(asked, follow_redirects=False)
    leads = [answer.headers.get("location", ""), *re.findall(r'(?:href|action)="([^"]*)"', answer.text)]
    assert not any(re.match(r"(?:https?:)?//+evil", target) for target in leads)


@pytest.mark.parametrize("path", ["/abonnement/", "/desabonnement/x/"])
def test_an_address_with_one_stroke_too_many_is_found(town, path):
    straight = town.client.get(path.rstrip("/"))
    answer = town.client.get(path)
    assert (answer.status_code, heading(answer)) == (straight.status_code, heading(straight))


@pytest.mark.parametrize("path", ["/studio/connexion", "/studio/premier/x"])
def test_a_stranger_at_the_door_sends_little(town, path):
    assert town.client.post(path, files={"address": ("a", b"a" * 100_000)}).status_code == 413
