"""The first page: what comes next, what waits, where the network stands."""

from __future__ import annotations

import re
from datetime import date
from html import unescape

import pytest

from newsletter.actions import fetch
from newsletter.actions.home import month_ends
from newsletter.actions.issues import feed_reader, files
from newsletter.actions.sending import mailings
from newsletter.actions.sending.approval import approve_issue
from newsletter.actions.sending.deliveries import deliver_mailing
from newsletter.actions.team import audit_log
from newsletter.settings import Feed
from newsletter.store.imports import reviews
from newsletter.store.imports.reviews import Review
from newsletter.web.studio import report_charts
from tests.web.conftest import heading


def test_an_empty_workspace_shows_three_doors(admin):
    page = admin.get("/studio").text
    assert "Pour commencer" in page
    assert {"/studio/public/importer", "/studio/articles/nouveau"} <= set(re.findall(r'href="([^"]+)"', page))
    assert "Installer l’exemple" in page


def test_the_next_issue_of_each_publication_is_named(staff):
    files.new_issue(staff.workspace, "lettre", date(2026, 12, 15))
    page = staff.get("/studio").text
    assert "décembre 2026" in page
    assert "en préparation" in page


def test_a_draft_passed_over_is_no_coming_issue(looking):
    page = looking.get("/studio").text
    assert "octobre 2026" not in page, "the draft of October was never sent, and November's was"
    assert "Aucun numéro en préparation" in page


def test_what_waits_is_counted_and_leads_where_it_is_settled(staff):
    with staff.workspace.database.write() as connection:
        reviews.ask(connection, [Review(kind="organisation", subject=f"Ville {n}", at=1.0) for n in range(3)])
    page = staff.get("/studio").text
    found = re.search(r'<a href="/studio/public/a-trancher"><span>cas à trancher</span><span[^>]*>(\d+)<', page)
    assert found[1] == "3"


def test_what_waits_for_others_is_no_link(staff):
    assert 'href="/studio/articles' not in staff.get("/studio").text


def test_todays_numbers_are_those_of_the_count(looking):
    page = looking.get("/studio").text
    assert re.findall(r'figure__value">(\d+)<', page) == ["30", "182"]


def test_the_line_has_its_table(looking):
    page = looking.get("/studio").text
    assert page.count("Les mêmes chiffres en tableau") == 2
    table = re.search(r"<tbody>(.*?)</tbody>", page, re.DOTALL)[1]
    assert table.count("<tr>") == 13


def test_trial_mode_is_said_on_every_page(looking):
    for path in ("/studio", "/studio/public", "/studio/reglages/equipe"):
        assert "Mode d’essai" in looking.get(path).text


def test_the_page_greets_by_name(looking):
    assert "Une admin" in heading(looking.get("/studio"))


@pytest.mark.parametrize(
    ("today", "first", "last"),
    [
        (date(2026, 11, 22), date(2025, 11, 30), date(2026, 10, 31)),
        (date(2028, 3, 31), date(2027, 3, 31), date(2028, 2, 29)),
        (date(2026, 1, 1), date(2025, 1, 31), date(2025, 12, 31)),
    ],
)
def test_twelve_months_end_today(today, first, last):
    days = month_ends(today, 12)
    assert (days[0], days[-2], days[-1], len(days)) == (first, last, today, 13)


@pytest.mark.parametrize("values", [[0], [0, 0, 0], [7], [5, 9, 6540], [6540] * 13, [999, 1000], [1, 10**9]])
def test_every_value_lies_on_the_chart(values):
    line = report_charts.line([(str(n), value) for n, value in enumerate(values)])
    assert all(0 <= y <= report_charts.HEIGHT and 0 <= x <= report_charts.WIDTH for x, y, _label, _value in line.dots)
    heights = {value: y for _x, y, _label, value in line.dots}
    assert [heights[v] for v in sorted(heights)] == sorted(heights.values(), reverse=True), "more stands higher"


def test_the_sample_month_is_installed_by_a_button_where_nothing_is(admin):
    answer = admin.post("/studio/exemple")
    assert answer.url.path == "/studio/numeros/2026-11-lettre" and "rien ne part" in answer.text
    assert "Installer l’exemple" not in admin.get("/studio").text
    before = len(files.list_issues(admin.workspace)[0])
    assert "sert déjà" in admin.post("/studio/exemple").text
    assert len(files.list_issues(admin.workspace)[0]) == before > 0


def test_the_first_article_written_here_counts(admin):
    """The Studio writes into a folder a year."""
    own = {"sorte": "actualite", "title": "Notre premier article", "tags": "rtes", "date": "2026-11-20"}
    admin.post("/studio/articles", **own)
    assert "Installer l’exemple" not in admin.get("/studio").text


def test_the_sample_month_is_taken_away_and_what_the_team_made_stays(admin):
    admin.post("/studio/exemple")
    own = {"sorte": "actualite", "title": "Notre premier article", "tags": "rtes", "date": "2026-11-20"}
    assert "Article créé" in admin.post("/studio/articles", **own).text
    mailing = approve_issue(admin.workspace, "2026-11-lettre", by="test", now=True)
    deliver_mailing(admin.workspace, mailings.begin_mailing(admin.workspace, mailing))
    admin.post("/studio/exemple/retirer")
    assert "Retirer l’exemple" in admin.get("/studio").text, "a bare POST takes nothing away"
    page = admin.post("/studio/exemple/retirer", certain="oui").text
    assert "place à votre réseau" in page and "Installer" not in page and "Importer mes abonnés" in page
    assert [article.title for article in admin.workspace.pool().articles] == ["Notre premier article"]
    assert not files.list_issues(admin.workspace)[0] and not list((admin.workspace.root / "images").iterdir())
    kinds = [deed.kind for deed in audit_log.latest_deeds(admin.workspace, limit=50)]
    assert "sample-removed" in kinds and "mailing-approved" not in kinds
    assert "Retirer l’exemple" not in admin.get("/studio").text


def test_nothing_is_taken_away_where_one_address_might_be_somebodys(admin, town):
    admin.post("/studio/exemple")
    town.person("elue@ville.fr", lettre="active")
    assert "Retirer l’exemple" not in admin.get("/studio").text
    before = admin.workspace.pool()
    assert "rien n’a été retiré" in admin.post("/studio/exemple/retirer", certain="oui").text
    assert len(admin.workspace.pool()) == len(before) > 20


def test_fictional_people_never_join_real_ones(admin, town):
    town.person("elue@ville.example", lettre="active")
    assert "Installer l’exemple" not in admin.get("/studio").text
    assert "sert déjà" in admin.post("/studio/exemple").text
    assert not list((admin.workspace.root / "articles").glob("*.md"))


def test_the_line_is_what_a_count_at_each_day_says(town):
    """It is made from one count and from who came and went; people who leave, come back or take two count once."""
    from newsletter.actions import home
    from newsletter.actions.reports import report
    from newsletter.store.people import people
    from newsletter.store.people.people import Consent

    today, proof = town.workspace.today(), Consent("consent", "test")
    start = town.workspace.clock() - 400 * 86_400
    for n in range(40):
        person = town.person(f"p{n}@ville.example")
        with town.workspace.database.write() as c:
            for step, (publication, state) in enumerate(
                (("lettre", "active"), ("flash", "active"), ("lettre", "left"), ("flash", "left"), ("lettre", "active"))
            ):
                if (n + step) % 5 or step == 0:
                    people.move_subscription(c, person, publication, state, proof, start + (9 * n + 61 * step) * 86_400)
    for point in home.points(town.workspace, today, 13):
        assert point.subscribers == report.count(town.workspace, on=point.day).total, point.day


def feed(desk, monkeypatch, body):
    """Let the site's feed answer with `body`, and read it."""
    url = "https://www.site.example/feed/"
    desk.workspace.settings = desk.workspace.settings.model_copy(update={"feeds": (Feed(url=url),)})
    monkeypatch.setattr(fetch, "fetch_page", lambda *_a, **_k: fetch.FetchedPage(url, 200, "text/xml", body.encode()))
    feed_reader.read_all(desk.workspace)


def test_what_came_from_the_site_is_counted_until_it_was_read_and_the_link_shows_it_alone(at_desk, monkeypatch):
    editor = at_desk("editor")
    files.new_article(editor.workspace, "Un brouillon à nous", ("rtes",), date(2026, 11, 1))
    items = "".join(f"<item><title>Venu {n}</title><link>https://site.example/{n}</link></item>" for n in range(3))
    feed(editor, monkeypatch, f"<rss version='2.0'><channel>{items}</channel></rss>")
    row = r'<a href="([^"]+)"><span>articles? arrivés? du site, à relire</span><span[^>]*>(\d+)<'
    path, n = re.search(row, editor.get("/studio").text).groups()
    assert n == "3"
    listed = editor.get(unescape(path)).text
    assert ["Venu 0" in listed, "Venu 2" in listed, "Un brouillon à nous" in listed] == [True, True, False]
    first, second, _third = (a for a in editor.workspace.pool() if a.title.startswith("Venu"))
    (editor.workspace.root / first.path).unlink()
    ready = (editor.workspace.root / second.path).read_text("utf-8").replace("status: draft", "status: ready")
    (editor.workspace.root / second.path).write_text(ready, "utf-8")
    assert re.search(row, editor.get("/studio").text)[2] == "1"


def test_a_feed_that_turned_into_a_page_is_told_once_in_plain_words(admin, monkeypatch):
    feed(admin, monkeypatch, "<!doctype html><html><body>Maintenance</body></html>")
    page = admin.get("/studio").text
    assert page.count("Plus rien n’arrive de https://www.site.example/feed/") == 1
    assert "ce n’est pas un flux RSS ou Atom" in page
    assert "/studio/reglages/flux" in page
    assert "Nothing has come from" in admin.get("/studio?lang=en").text
    feed(admin, monkeypatch, "<rss version='2.0'><channel></channel></rss>")
    assert "Plus rien n’arrive" not in admin.get("/studio").text
