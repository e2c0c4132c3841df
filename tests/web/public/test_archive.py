"""The archive: what everybody may read, what members may, and pages that hold nothing personal."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date

import feedparser
import pytest
import sqlalchemy as sa
from PIL import Image

from newsletter.actions.archive import public_letters
from newsletter.actions.sending import mailings as sending_mailings
from newsletter.actions.sending.approval import approve_issue
from newsletter.actions.sending.deliveries import deliver_mailing
from newsletter.store.people import entitlement, organisations, people
from newsletter.store.people.erasure import erase_person
from newsletter.store.people.people import Consent
from newsletter.store.tables.core import mailings, subscribers
from newsletter.store.tables.pages import archive_pages
from newsletter.web.public.archive import events_json
from tests.web.conftest import BASE, Town, heading

LETTRE, FLASH = "/lettres/2026-11-lettre", "/lettres/2026-12-01-flash"


def reader(town: Town):
    """Return a person who may read the Flash."""
    with town.workspace.database.read() as connection:
        key = connection.scalar(sa.select(subscribers.c.address_key).where(subscribers.c.organisation_id.is_not(None)))
        return people.by_key(connection, key)


def key_of(town: Town, person, issue: str = "2026-12-01-flash") -> str:
    return town.workspace.links.web_version(issue, person.uid).partition("?cle=")[2]


def test_the_front_page_lists_public_letters_by_year_and_no_members_letter(standing: Town) -> None:
    page = standing.client.get("/").text
    assert LETTRE in page
    assert '<h2 id="y2026">2026</h2>' in page
    assert "flash" not in page.casefold()


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("régie", True),
        ("REGIE rurale", True),
        ("Hélène Vasseur-Koné", True),
        ("régie licorne", False),
        ("%", True),  # no word in it: everything, as without a search
        ("_", True),
        ("strong", False),  # the page's markup is no text
        ("petites grandes", True),
    ],
)
def test_the_search_finds_letters_with_all_words(standing: Town, words: str, found: bool) -> None:
    page = standing.client.get("/", params={"q": words}).text
    assert (LETTRE in page) is found


def test_what_was_searched_comes_back_as_text(standing: Town) -> None:
    page = standing.client.get("/", params={"q": '"><script>alert(1)</script>'}).text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_a_letter_is_a_page_with_headings_contents_and_no_recipient_in_it(standing: Town) -> None:
    page = standing.client.get(LETTRE).text
    assert len(page.encode()) < 50_000
    assert page.count("<h1") == 1
    anchors = re.findall(r'<li><a href="#([^"]+)"', page)
    assert anchors
    assert all(f'id="{anchor}"' in page for anchor in anchors)
    identifiers = re.findall(r' id="([^"]+)"', page)
    assert len(identifiers) == len(set(identifiers))
    for personal in ("qz7slot", "/desabonnement/", "/preferences/", "/proposer/", "cle="):
        assert personal not in page


def test_every_picture_of_a_letter_is_served_in_its_forms_without_metadata(standing: Town) -> None:
    page = standing.client.get(LETTRE).text
    files = set(re.findall(r"/images/([\w-]+\.(?:webp|jpg|png))", page))
    assert any(name.endswith(".webp") for name in files)
    for name in files:
        assert standing.client.get(f"/images/{name}").status_code == 200
        with Image.open(standing.workspace.published() / name) as image:
            assert not image.getexif()
    for picture in re.findall(r"<img[^>]+>", page):
        assert 'alt="' in picture
        assert 'width="' in picture
        assert 'height="' in picture


def test_a_letter_tells_search_engines_its_events_and_its_picture(standing: Town) -> None:
    page = standing.client.get(LETTRE).text
    found = json.loads(re.search(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)[1])
    events = {event["name"]: event for event in found["@graph"]}
    day = next(event for name, event in events.items() if name.startswith("Journée nationale"))
    assert day["startDate"] == "2026-12-10T09:30:00+01:00"
    assert day["location"]["name"].startswith("Nantes")
    assert f'<meta property="og:url" content="{BASE}{LETTRE}">' in page
    image = re.search(r'og:image" content="([^"]+)"', page)[1]
    assert standing.client.get(image).status_code == 200


def test_no_event_breaks_out_of_the_structured_data(standing: Town) -> None:
    page = public_letters.read_letter(standing.workspace, "2026-11-lettre").page
    item = next(item for item in page.items if item.event)
    evil = replace(page, lead=replace(item, slug="evil", title="</script><script>alert(1)</script> & <!--"))
    text = str(events_json(evil, BASE))
    assert "<" not in text
    assert json.loads(text)["@graph"][0]["name"] == "</script><script>alert(1)</script> & <!--"


def test_a_restricted_article_is_on_no_page(sent: Town) -> None:
    path = sent.workspace.root / "articles" / "bretagne-energie-citoyenne.md"
    text = path.read_text("utf-8")
    assert "restrict" not in text
    path.write_text(text.replace("tags:", "restrict:\n  regions: [Bretagne]\ntags:", 1))
    issue = sent.workspace.root / "issues" / "2026-12-essai.md"
    issue.write_text(
        "---\npublication: lettre\ndate: 2026-12-20\nsubject: Essai\nsections:\n  - tag: territoires\n    items:\n"
        "      - bretagne-energie-citoyenne\n      - redon-habitat-participatif\n---\nBonjour.\n"
    )
    deliver_mailing(
        sent.workspace,
        sending_mailings.begin_mailing(sent.workspace, approve_issue(sent.workspace, issue.stem, by="a", now=True)),
    )
    for address in ("/lettres/2026-12-essai", "/articles.rss", "/?q=bretagne+energie+citoyenne"):
        page = sent.client.get(address).text
        assert "bretagne-energie-citoyenne" not in page
    assert "redon-habitat-participatif" in sent.client.get("/lettres/2026-12-essai").text


def send_for_brittany(town: Town, header: str = "", item: str = "", publication: str = "lettre") -> str:
    """Send a letter of one article for some readers only; returns its path on the web."""
    issue = town.workspace.root / "issues" / "2026-12-essai.md"
    issue.write_text(
        f"---\npublication: {publication}\ndate: 2026-12-20\nsubject: Redon, habitat participatif\n{header}sections:\n"
        f"  - tag: territoires\n    items:\n      - article: redon-habitat-participatif\n{item}---\n"
    )
    approved = approve_issue(town.workspace, issue.stem, by="a", now=True)
    deliver_mailing(town.workspace, sending_mailings.begin_mailing(town.workspace, approved))
    return f"/lettres/{issue.stem}"


ONLY_SOME = [("for: region = Bretagne\n", ""), ("", "        for: region = Bretagne\n")]


@pytest.mark.parametrize(("header", "item"), ONLY_SOME, ids=["the letter", "its only item"])
def test_a_letter_for_some_readers_only_says_so_on_the_web_and_tells_nothing_of_itself(
    sent: Town, header: str, item: str
) -> None:
    path = send_for_brittany(sent, header, item)
    page = sent.client.get(path).text
    assert "Ce numéro ne contient rien de public" in page
    for address in (path, "/", "/lettres.rss", "/articles.rss"):
        text = sent.client.get(address).text
        assert address != path or "redon-habitat-participatif" not in text
        assert "Redon, habitat participatif" not in text


def test_a_members_letter_for_some_opens_for_those_it_was_sent_to_only(sent: Town) -> None:
    path = send_for_brittany(sent, "for: region = Bretagne\n", publication="flash")
    with sent.workspace.database.read() as connection:
        keys = connection.scalars(
            sa.select(subscribers.c.address_key).where(subscribers.c.organisation_id.is_not(None))
        ).all()
        everyone = [people.by_key(connection, key) for key in keys]
        rule = sent.workspace.rule(sent.workspace.settings.publication("flash"))
        today = sent.workspace.today()
        members = [p for p in everyone if not entitlement.reason(connection, rule, p.id, today)]
        inside = {
            p.id for p in members if organisations.get_organisation(connection, p.organisation_id).region == "Bretagne"
        }
    opened = {
        p.id for p in members if sent.client.get(path, params={"cle": key_of(sent, p, "2026-12-essai")}).is_success
    }
    assert opened == inside
    assert 0 < len(inside) < len(members)


@pytest.mark.parametrize("change", [{"status": "approved", "started_at": None}, {"status": "cancelled"}])
def test_a_letter_that_is_not_out_has_no_page(sent: Town, change: dict[str, object]) -> None:
    with sent.workspace.database.write() as connection:
        connection.execute(mailings.update().where(mailings.c.issue == "2026-11-lettre").values(change))
    assert sent.client.get(LETTRE).status_code == 404
    assert LETTRE not in sent.client.get("/").text


def test_a_members_letter_opens_with_a_readers_own_key_only(standing: Town) -> None:
    person = reader(standing)
    closed = standing.client.get(FLASH)
    assert closed.status_code == 403
    assert "réservée" in heading(closed)
    opened = standing.client.get(FLASH, params={"cle": key_of(standing, person)})
    assert opened.status_code == 200
    assert opened.headers["Cache-Control"] == "no-store"
    assert "noindex" in opened.headers["X-Robots-Tag"]
    assert "noindex" in opened.text
    assert "og:title" not in opened.text


@pytest.mark.parametrize(
    "spoil",
    [
        lambda key: key[:-1],
        lambda key: key + ".",
        lambda key: key + " ",
        lambda key: key.swapcase(),
        lambda key: "A" + key[1:] if key[0] != "A" else "B" + key[1:],
        lambda key: "",
        lambda key: "\N{SNOWMAN}",
    ],
)
def test_a_spoilt_key_opens_nothing(standing: Town, spoil) -> None:
    key = key_of(standing, reader(standing))
    assert standing.client.get(FLASH, params={"cle": spoil(key)}).status_code == 403


def test_a_key_made_for_something_else_opens_nothing(standing: Town) -> None:
    person, links = reader(standing), standing.workspace.links
    others = (
        key_of(standing, person, "2026-11-lettre"),
        links.preferences(person.uid).rpartition("/")[2],
        links.unsubscribe(person.uid, "2026-12-01-flash").rpartition("/")[2],
    )
    assert {standing.client.get(FLASH, params={"cle": key}).status_code for key in others} == {403}


@pytest.mark.parametrize("loss", ["membership", "subscription", "erasure"])
def test_a_key_stops_working_with_the_right_behind_it(sent: Town, loss: str) -> None:
    person = reader(sent)
    key = key_of(sent, person)
    with sent.workspace.database.write() as connection:
        now = sent.workspace.database.now(connection)
        if loss == "membership":
            organisations.end_period(connection, person.organisation_id, date(2020, 6, 1), now=now)
        elif loss == "subscription":
            people.move_subscription(connection, person, "flash", "left", Consent("", "test"), now)
        else:
            erase_person(connection, person, "f" * 64, now, reason="asked")
    assert sent.client.get(FLASH, params={"cle": key}).status_code == 403


def test_asking_for_a_key_answers_the_same_and_mails_only_who_may_read(sent: Town) -> None:
    person = reader(sent)
    addresses = (person.address, "personne@ailleurs.example")
    answers = [sent.client.post(FLASH, data={"adresse": address}) for address in addresses]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].text == answers[1].text
    (mail,) = sent.mails()
    assert mail["To"] == person.address
    link = re.search(rf"{re.escape(BASE)}(/lettres/\S+)", mail.get_body(("plain",)).get_content())[1]
    assert sent.client.get(link).status_code == 200


def test_a_hundred_requests_for_a_key_are_one_mail_whatever_the_letters(sent: Town) -> None:
    person = reader(sent)
    # The other Flash of the sample, as if it had left too.
    with sent.workspace.database.write() as connection:
        first = connection.execute(sa.select(mailings).where(mailings.c.issue == "2026-12-01-flash")).mappings().one()
        copy = {**first, "id": 99, "uid": "other", "issue": "2026-11-17-flash"}
        connection.execute(mailings.insert().values(copy))
        page = (
            connection.execute(sa.select(archive_pages).where(archive_pages.c.mailing_id == first["id"]))
            .mappings()
            .one()
        )
        connection.execute(archive_pages.insert().values({**page, "mailing_id": 99}))
    for n in range(100):
        with sent.workspace.database.write() as connection:
            connection.exec_driver_sql("DELETE FROM limits WHERE name LIKE 'subscribe:ip:%'")
        path = FLASH if n % 2 else "/lettres/2026-11-17-flash"
        assert sent.client.post(path, data={"adresse": person.address.upper()}).status_code == 200
    assert [mail["To"] for mail in sent.mails()] == [person.address]


def test_one_ip_asks_for_so_many_keys_and_unknown_addresses_use_up_nothing(sent: Town) -> None:
    person, cap = reader(sent), sent.workspace.settings.web.requests_per_ip
    strangers = [{"adresse": f"someone{n}@ailleurs.example"} for n in range(cap + 2)]
    assert [sent.client.post(FLASH, data=one).status_code for one in strangers] == [200] * cap + [429] * 2
    for _ in range(public_letters.MOST_KEYS):
        public_letters.mail_key(sent.workspace, "2026-12-01-flash", "someone@ailleurs.example")
    public_letters.mail_key(sent.workspace, "2026-12-01-flash", person.address)
    assert [mail["To"] for mail in sent.mails()] == [person.address]


def test_an_address_that_is_none_is_told_to_who_typed_it(standing: Town) -> None:
    answer = standing.client.post(FLASH, data={"adresse": '"><script>@'})
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    assert "<script>" not in answer.text


def test_nothing_is_asked_of_who_reads_a_public_letter(standing: Town) -> None:
    assert standing.client.post(LETTRE, data={"adresse": "a@b.example"}).status_code == 404
    assert standing.mails() == []


@pytest.mark.parametrize("name", ["nope", "../newsletter.toml", "%2e%2e%2fnewsletter.toml", "2026-11-lettre%00"])
def test_an_unknown_letter_is_a_page_not_found(standing: Town, name: str) -> None:
    assert standing.client.get(f"/lettres/{name}").status_code == 404


def test_the_feed_of_letters_is_read_by_a_feed_reader(standing: Town) -> None:
    answer = standing.client.get("/lettres.rss")
    assert answer.headers["content-type"].startswith("application/rss+xml")
    feed = feedparser.parse(answer.content)
    assert not feed.bozo
    assert [entry.link for entry in feed.entries] == [f"{BASE}{LETTRE}"]
    assert feed.entries[0].published_parsed


def test_the_feed_of_articles_names_each_once_and_leads_into_the_letter(standing: Town) -> None:
    feed = feedparser.parse(standing.client.get("/articles.rss").content)
    names = [entry.id.rpartition("/")[2] for entry in feed.entries]
    assert len(names) == len(set(names)) > 10
    letter = standing.client.get(LETTRE).text
    for entry in feed.entries:
        assert f'id="{entry.link.partition("#")[2]}"' in letter


def test_addresses_come_from_the_settings_whatever_the_host_header_says(standing: Town) -> None:
    headers = {"Host": "evil.example", "X-Forwarded-Host": "evil.example"}
    for address in ("/", LETTRE, "/lettres.rss", "/articles.rss", "/agenda.ics"):
        assert "evil.example" not in standing.client.get(address, headers=headers).text


def test_the_page_stays_what_was_sent_when_an_article_changes(sent: Town) -> None:
    before = sent.client.get(LETTRE).text
    path = sent.workspace.root / "articles" / "redon-habitat-participatif.md"
    path.write_text(path.read_text("utf-8").replace("title:", "title: Autre chose #", 1), "utf-8")
    assert sent.client.get(LETTRE).text == before


def test_a_letter_without_a_frozen_page_is_not_listed(sent: Town) -> None:
    with sent.workspace.database.write() as connection:
        connection.execute(archive_pages.delete())
    assert sent.client.get(LETTRE).status_code == 404
    assert sent.client.get("/").status_code == 200
