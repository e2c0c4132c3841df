"""Settings: written whole and validated, without losing a comment; the team; the journal; the outbox."""

from __future__ import annotations

import re
import tomllib
from html import unescape

import pytest

from newsletter.actions.operations import outbox_view
from newsletter.actions.team import users
from newsletter.web.studio.settings import _IDENTITY
from tests.web.conftest import heading

HOME = "/studio/reglages"


def form(desk, path):
    """Return the fields of the page's first form as a browser would send them."""
    text = desk.get(path).text.split("<main")[1]
    fields = {}
    for tag in re.findall(r"<input[^>]*>", text):
        found = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        if found.get("name") and found.get("type") != "checkbox":
            fields.setdefault(found["name"], []).append(unescape(found.get("value", "")))
    for name, body in re.findall(r'<textarea[^>]*name="(\w+)"[^>]*>(.*?)</textarea>', text, re.DOTALL):
        fields[name] = [unescape(body)]
    for name, options in re.findall(r'<select[^>]*name="(\w+)"[^>]*>(.*?)</select>', text, re.DOTALL):
        fields.setdefault(name, []).append(re.search(r'value="([^"]*)" selected', options)[1])
    return fields


def file(desk):
    return (desk.workspace.root / "newsletter.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", ["identite", "apparence", "publications/lettre", "publications/flash"])
def test_a_form_sent_back_unchanged_changes_no_meaning(admin, path):
    before = file(admin)
    answer = admin.post(f"{HOME}/{path}", **form(admin, f"{HOME}/{path}"))
    assert "Réglages enregistrés" in answer.text
    then, now = tomllib.loads(before), tomllib.loads(file(admin))
    theme = now.pop("theme", {})
    assert now == then, "only what was a default may now be written out"
    assert theme.get("light", {}).get("ink", "#1d2b2f") == "#1d2b2f"
    assert [line for line in before.splitlines() if line.startswith("#")] == [
        line for line in file(admin).splitlines() if line.startswith("#")
    ], "comments stay"


def test_a_new_name_shows_at_once_everywhere(admin):
    fields = form(admin, f"{HOME}/identite")
    admin.post(f"{HOME}/identite", **{**fields, "short_name": "Réseau & Cie <b>"})
    assert "Réseau &amp; Cie &lt;b&gt;" in admin.get("/studio").text
    assert admin.workspace.settings.network.short_name == "Réseau & Cie <b>"


@pytest.mark.parametrize(("name", "value"), [("name", ""), ("short_name", ""), ("email", "")])
def test_a_missing_value_is_named_and_nothing_is_written(admin, name, value):
    before = file(admin)
    fields = {**form(admin, f"{HOME}/identite"), "phone": "01 02 03 04 05", name: value}
    answer = admin.post(f"{HOME}/identite", **fields)
    assert answer.status_code == 422
    assert f"network.{name}" in answer.text
    assert "01 02 03 04 05" in answer.text, "what was entered is still there"
    assert file(admin) == before


def test_two_people_do_not_undo_each_others_settings(admin):
    mine = form(admin, f"{HOME}/identite")
    admin.post(f"{HOME}/identite", **{**mine, "phone": "03 20 00 00 01"})
    late = admin.post(f"{HOME}/identite", **{**mine, "baseline": "Une autre devise"})
    assert 'role="alert"' in late.text
    assert admin.workspace.settings.network.phone == "03 20 00 00 01"


def test_colours_that_cannot_be_read_are_refused(admin):
    before = file(admin)
    answer = admin.post(f"{HOME}/apparence", **{**form(admin, f"{HOME}/apparence"), "light_ink": "#f0f0f0"})
    assert answer.status_code == 422
    assert "contraste" in answer.text
    assert file(admin) == before


def test_a_new_colour_reaches_the_style_sheet(admin):
    admin.post(f"{HOME}/apparence", **{**form(admin, f"{HOME}/apparence"), "light_primary": "#123456"})
    sheet = re.search(r'href="(/static/app\.[^"]+\.css)"', admin.get("/studio").text)[1]
    assert "--primary:#123456" in admin.get(sheet).text


@pytest.mark.parametrize("colour", ["red", "#12345", "url(x)", "#123456;}"])
def test_what_is_no_colour_is_no_colour(admin, colour):
    fields = {**form(admin, f"{HOME}/apparence"), "light_rule": colour}
    assert admin.post(f"{HOME}/apparence", **fields).status_code == 422


def test_sections_are_reordered_renamed_dropped_and_added(admin):
    fields = form(admin, f"{HOME}/publications/flash")
    titles = fields["section_title"]
    fields["section_title"] = ["Nouveau nom", "", *titles[2:-2], "Tout nouveau", ""]
    fields["section_place"] = ["9", *fields["section_place"][1:-2], "1", "12"]
    admin.post(f"{HOME}/publications/flash", **fields)
    sections = [s.title for s in admin.workspace.settings.publications["flash"].sections]
    assert sections == ["Tout nouveau", *titles[2:-2], "Nouveau nom"]


def test_a_wrong_pattern_is_refused_with_its_name(admin):
    fields = {**form(admin, f"{HOME}/publications/lettre"), "subject": "{titre} de {month}"}
    answer = admin.post(f"{HOME}/publications/lettre", **fields)
    assert answer.status_code == 422
    assert "titre" in answer.text


def test_the_form_knows_every_text_of_the_network(admin):
    shown = form(admin, f"{HOME}/identite")
    assert all(shown[name] == [getattr(admin.workspace.settings.network, name)] for name in _IDENTITY)


def test_a_colleague_is_invited_changed_and_leaves(admin):
    page = f"{HOME}/equipe"
    admin.post(page, address="paul@rtes.example", name="Paul", role="editor")
    paul = users.find_user(admin.workspace, "paul@rtes.example")
    assert (paul.role, paul.may_send) == ("editor", False)
    admin.post(f"{page}/{paul.id}", name="Paul", role="staff", may_send="yes")
    paul = users.find_user(admin.workspace, "paul@rtes.example")
    assert (paul.role, paul.may_send) == ("staff", True)
    admin.post(f"{page}/{paul.id}/fin")
    assert [user.address for user in users.everybody(admin.workspace)] == ["admin@rtes.example"]


def test_the_invitation_holds_no_key(admin, town):
    admin.post(f"{HOME}/equipe", address="paul@rtes.example", name="Paul", role="editor")
    text = town.mails()[-1].get_body(("plain",)).get_content()
    assert "/studio/connexion" in text
    assert not re.search(r"/studio/connexion/\S", text)


@pytest.mark.parametrize("address", ["not an address", "admin@rtes.example", ""])
def test_an_invitation_that_cannot_be_says_why(admin, address):
    answer = admin.post(f"{HOME}/equipe", address=address, role="editor")
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text


def test_the_last_admin_stays(admin):
    for path, fields in ((f"{admin.user.id}/fin", {}), (str(admin.user.id), {"role": "editor", "name": "x"})):
        assert "besoin d’une personne qui l’administre" in admin.post(f"{HOME}/equipe/{path}", **fields).text
    assert users.everybody(admin.workspace)[0].role == "admin"


def test_an_api_key_is_shown_once_and_revoked(admin):
    answer = admin.post(f"{HOME}/cles", name="Site du réseau", scope="read")
    key = re.search(r"<code>(nl_[\w-]+)</code>", answer.text)[1]
    listed = admin.get(f"{HOME}/cles").text
    assert "jamais" in listed
    assert "lire les articles, les numéros et les chiffres" in listed
    assert key not in listed
    assert users.digest(key) in listed
    admin.post(f"{HOME}/cles/fin", token=users.digest(key))
    assert "ne sert plus" in admin.get(f"{HOME}/cles").text


def test_the_journal_says_who_changed_the_settings(admin):
    admin.post(f"{HOME}/identite", **{**form(admin, f"{HOME}/identite"), "phone": "03 20 00 00 01"})
    page = admin.get(f"{HOME}/journal").text
    assert re.search(r"<td>Une admin<br>.*?</td><td>réglages changés", page)


def test_a_long_journal_turns_its_pages(looking):
    first = looking.get(f"{HOME}/journal").text
    older = re.search(r'href="(/studio/reglages/journal\?avant=\d+)"', first)[1]
    rows = re.compile(r"<tr><td.*?</tr>", re.DOTALL)
    assert not set(rows.findall(first)) & set(rows.findall(looking.get(older).text))


def test_a_test_message_reaches_the_one_who_asked(admin, town):
    assert "en route" in admin.post(f"{HOME}/envoi/essai").text
    assert town.mails()[-1]["To"] == "admin@rtes.example"


def test_the_outbox_reads_like_a_mailbox(looking):
    (folder,) = [f for f in outbox_view.folders(looking.workspace) if f.name == "2026-11-lettre"]
    assert folder.messages == 30
    line = outbox_view.messages(looking.workspace, folder.name, 0, 1)[0]
    page = looking.get(f"/studio/boite/{folder.name}/{line.file}")
    assert heading(page) == "La lettre du RTES – novembre 2026"
    assert line.address in page.text
    assert "<html" in looking.get(f"/studio/boite/{folder.name}/{line.file}/html").text


FEED = """
[[feeds]]
url = "https://www.site.example/feed/"
tags = ["rtes", "bref"]
categories = { "Europe & monde" = "europe", Agenda = "agenda" }

[[feeds]]
url = "https://autre.example/flux"
days = 0
"""


@pytest.fixture
def fed(admin):
    """An admin in a workspace whose settings name two feeds."""
    with (admin.workspace.root / "newsletter.toml").open("a", encoding="utf-8") as toml:
        toml.write(FEED)
    admin.workspace.reload()
    return admin


def feed_form(desk):
    """Return the fields of the form of feeds, boxes that are ticked included."""
    ticked = {}
    for name, value in re.findall(r'name="(feed_tags_\d)" value="(\w+)" checked', desk.get(f"{HOME}/flux").text):
        ticked.setdefault(name, []).append(value)
    text = desk.get(f"{HOME}/flux").text
    words = [unescape(t) for t in re.findall(r'name="feed_categories"[^>]*>(.*?)</textarea>', text, re.DOTALL)]
    return {**form(desk, f"{HOME}/flux"), "feed_categories": words, **ticked}


def test_the_form_of_feeds_sent_back_unchanged_changes_nothing(fed):
    before = file(fed)
    assert "Réglages enregistrés" in fed.post(f"{HOME}/flux", **feed_form(fed)).text
    assert tomllib.loads(file(fed)) == tomllib.loads(before)


def test_a_feed_is_added_changed_and_taken_out(fed):
    fields = feed_form(fed)
    fields["feed_url"] = ["", "https://autre.example/flux", "https://trois.example/agenda.ics"]
    fields["feed_categories"] = ["", "Brèves du jour = bref\n\n", ""]
    fields["feed_tags_2"] = ["agenda"]
    fields["feed_days"] = ["60", "60", "7"]
    fed.post(f"{HOME}/flux", **fields)
    assert [(f.url, f.tags, dict(f.categories), f.days) for f in fed.workspace.settings.feeds] == [
        ("https://autre.example/flux", (), {"Brèves du jour": "bref"}, 60),
        ("https://trois.example/agenda.ics", ("agenda",), {}, 7),
    ]
    fed.post(f"{HOME}/flux", **{**feed_form(fed), "feed_url": ["", "", ""]})
    assert fed.workspace.settings.feeds == ()
    assert "feeds" not in tomllib.loads(file(fed))


@pytest.mark.parametrize(
    ("name", "values", "said"),
    [
        ("feed_url", ["ftp://site.example/flux", "", ""], "feeds.0.url"),
        ("feed_url", ["https://a.example/f", "https://a.example/f", ""], "feeds"),
        ("feed_categories", ["Europe = eurpe", "", ""], "feeds.0.categories"),
        ("feed_days", ["beaucoup", "0", "60"], "feeds.0.days"),
        ("feed_days", ["-1", "0", "60"], "feeds.0.days"),
    ],
)
def test_a_feed_that_cannot_be_is_named_and_what_was_entered_stays(fed, name, values, said):
    before = file(fed)
    answer = fed.post(f"{HOME}/flux", **{**feed_form(fed), name: values})
    assert (answer.status_code, said in answer.text) == (422, True)
    assert values[0] in unescape(answer.text)
    assert file(fed) == before
