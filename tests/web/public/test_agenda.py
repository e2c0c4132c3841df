"""The agenda: what is public and to come, as a page and as calendars that a calendar library reads back."""

from __future__ import annotations

import email
import re
from datetime import UTC, date, datetime, timedelta
from email.policy import default
from pathlib import Path

import pytest
from icalendar import Calendar

from tests.web.conftest import Town

ARTICLE = """---
title: "{title}"
tags: [agenda]
date: 2026-11-01
summary: Une phrase, avec des virgules ; et des points-virgules \\ et un retour.
link: https://example.org/{slug}
{more}event:
{event}status: {status}
---
"""


def write(
    town: Town, slug: str, event: str, more: str = "", status: str = "ready", title: str = "Un rendez-vous"
) -> Path:
    """Write an article with an event into the workspace."""
    path = town.workspace.root / "articles" / f"{slug}.md"
    path.parent.mkdir(exist_ok=True)
    lines = "".join(f"  {line}\n" for line in event.split("; "))
    path.write_text(ARTICLE.format(slug=slug, event=lines, more=more, status=status, title=title), "utf-8")
    return path


def component(town: Town, slug: str):
    """Return the event of a calendar file, read back."""
    answer = town.client.get(f"/agenda/{slug}.ics")
    assert answer.status_code == 200
    (event,) = Calendar.from_ical(answer.content).walk("VEVENT")
    return event


def coming(days: int = 30) -> date:
    return date.today() + timedelta(days=days)  # noqa: DTZ011 - within a day is enough


@pytest.mark.parametrize(
    ("event", "start", "end"),
    [
        (
            "start: 2027-01-14 09:30; end: 2027-01-14 17:00",
            datetime(2027, 1, 14, 8, 30, tzinfo=UTC),
            datetime(2027, 1, 14, 16, 0, tzinfo=UTC),
        ),
        # Summer time is two hours ahead of UTC; the night of the change is in between.
        (
            "start: 2027-03-27 20:00; end: 2027-03-28 10:00",
            datetime(2027, 3, 27, 19, 0, tzinfo=UTC),
            datetime(2027, 3, 28, 8, 0, tzinfo=UTC),
        ),
        ("start: 2027-10-31 02:30+01:00", datetime(2027, 10, 31, 1, 30, tzinfo=UTC), None),
        ("start: 2027-06-10 14:00", datetime(2027, 6, 10, 12, 0, tzinfo=UTC), None),
        # The last day of an all-day event is exclusive in the file.
        ("start: 2027-09-29; end: 2027-10-05", date(2027, 9, 29), date(2027, 10, 6)),
        ("start: 2027-12-31", date(2027, 12, 31), date(2028, 1, 1)),
        ("start: 2027-10-31", date(2027, 10, 31), date(2027, 11, 1)),
    ],
)
def test_an_event_keeps_its_hours_in_every_calendar(town: Town, event: str, start: object, end: object) -> None:
    write(town, "rendez-vous", event)
    found = component(town, "rendez-vous")
    assert found["DTSTART"].dt == start
    assert (found["DTEND"].dt if "DTEND" in found else None) == end


def test_a_calendar_file_is_well_formed_text(town: Town) -> None:
    write(town, "long", "start: 2027-01-14 09:30; place: Lille", title="Œuvrer « ensemble », partout : " + "é" * 120)
    data = town.client.get("/agenda/long.ics").content
    assert data.replace(b"\r\n", b"").count(b"\n") == 0
    assert all(len(line) <= 75 for line in data.split(b"\r\n"))
    found = component(town, "long")
    assert str(found["SUMMARY"]).startswith("Œuvrer « ensemble », partout")
    assert str(found["DESCRIPTION"]).startswith("Une phrase, avec des virgules ; et des points-virgules \\ et")
    assert "METHOD" not in data.decode()  # it would have to name an organizer with an address (RFC 5546)


def test_a_change_raises_the_sequence_and_a_second_look_does_not(town: Town) -> None:
    path = write(town, "suivi", "start: 2027-01-14 09:30")
    first = [component(town, "suivi") for _ in range(3)]
    assert {int(e["SEQUENCE"]) for e in first} == {0}
    assert len({e["DTSTAMP"].to_ical() for e in first}) == 1
    path.write_text(path.read_text("utf-8").replace("09:30", "10:00"), "utf-8")
    moved = component(town, "suivi")
    assert int(moved["SEQUENCE"]) == 1
    assert moved["UID"] == first[0]["UID"]
    path.write_text(path.read_text("utf-8").replace("tags: [agenda]", "tags: [agenda, rtes]"), "utf-8")
    assert int(component(town, "suivi")["SEQUENCE"]) == 1


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ("visibility: members\n", "ready"),
        ("restrict:\n  regions: [Bretagne]\n", "ready"),
        ("", "draft"),
        ("", "proposed"),
        ("", "declined"),
    ],
)
def test_what_is_not_for_everybody_is_in_no_calendar(town: Town, more: str, status: str) -> None:
    write(town, "prive", f"start: {coming()}", more, status)
    assert town.client.get("/agenda/prive.ics").status_code == 404
    assert b"prive" not in town.client.get("/agenda.ics").content
    assert "prive" not in town.client.get("/agenda").text


def test_a_past_event_never_appears(town: Town) -> None:
    write(town, "passe", f"start: {coming(-1)}")
    write(town, "avenir", f"start: {coming(3)}")
    write(town, "encours", f"start: {coming(-2)}; end: {coming(2)}")
    page = town.client.get("/agenda").text
    assert 'id="passe"' not in page
    assert page.index('id="encours"') < page.index('id="avenir"')
    uids = [str(e["UID"]) for e in Calendar.from_ical(town.client.get("/agenda.ics").content).walk("VEVENT")]
    assert [uid.partition("@")[0] for uid in uids] == ["encours", "avenir"]


def test_an_empty_agenda_says_so(town: Town) -> None:
    assert "Aucun rendez-vous" in town.client.get("/agenda").text
    assert Calendar.from_ical(town.client.get("/agenda.ics").content).walk("VEVENT") == []


@pytest.mark.parametrize("slug", ["nope", "../newsletter", "%2e%2e", 'a"b', "a%0d%0aX-Evil:%201"])
def test_an_unknown_event_is_a_page_not_found(town: Town, slug: str) -> None:
    answer = town.client.get(f"/agenda/{slug}.ics")
    assert answer.status_code == 404
    assert "X-Evil" not in answer.headers


def test_every_calendar_link_of_a_letter_that_was_sent_leads_to_a_file(standing: Town) -> None:
    mail = next((standing.workspace.root / "outbox" / "2026-11-lettre").glob("*.eml"))
    html = email.message_from_bytes(mail.read_bytes(), policy=default).get_body(("html",)).get_content()
    links = set(re.findall(r'href="http://localhost:8025(/agenda/[^"]+\.ics)"', html))
    assert links
    for link in links:
        answer = standing.client.get(link)
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/calendar")


def fill(town: Town, many: int, summary: str = "Une phrase.") -> None:
    """Announce so many rendezvous, one a day."""
    for n in range(many):
        path = write(town, f"rdv-{n:03d}", f"start: {coming(n + 1)} 09:30; place: Lille", title=f"Rendez-vous {n:03d}")
        path.write_text(re.sub("summary: .*", f"summary: {summary}", path.read_text("utf-8")), "utf-8")


@pytest.mark.parametrize(
    "summary", ["Une phrase courte.", "L’été à Besançon, où l’on répare. " * 20], ids=["short", "longest"]
)
def test_every_page_of_300_events_is_light_and_each_event_stands_once_in_order(town: Town, summary: str) -> None:
    fill(town, 300, summary)
    path, seen, pages = "/agenda", [], 0
    while path:
        page = town.client.get(path, headers={"Accept-Encoding": "identity"})
        assert (page.status_code, len(page.content) < 50_000) == (200, True)
        seen += re.findall(r'<li id="([^"]+)">', page.text)
        pages += 1
        following = re.search(r'<a [^>]*rel="next" href="([^"]+)"', page.text)
        path = following[1] if following else ""
    assert seen == [f"rdv-{n:03d}" for n in range(300)]
    assert pages == 15
    assert len(Calendar.from_ical(town.client.get("/agenda.ics").content).walk("VEVENT")) == 300


def test_a_page_of_the_agenda_says_which_it_is_and_leads_to_its_neighbours(town: Town) -> None:
    fill(town, 41)
    first, second, third = (town.client.get(f"/agenda?page={n}&lang=en").text for n in (1, 2, 3))
    assert "– Page 2 of 3 –" in re.search("<title>(.*)</title>", second)[1]
    for text, neighbours in (
        (first, {"next": "/agenda?lang=en&amp;page=2"}),
        (second, {"prev": "/agenda?lang=en", "next": "/agenda?lang=en&amp;page=3"}),
        (third, {"prev": "/agenda?lang=en&amp;page=2"}),
    ):
        assert dict(re.findall(r'<a [^>]*rel="(prev|next)" href="([^"]+)"', text)) == neighbours
        assert dict(re.findall(r'<link rel="(prev|next)" href="([^"]+)"', text)) == neighbours


def test_a_short_agenda_has_one_page_and_says_nothing_of_pages(town: Town) -> None:
    fill(town, 20)
    page = town.client.get("/agenda").text
    assert page.count("<li id=") == 20
    assert "pager" not in page
    assert "Page" not in re.search("<title>(.*)</title>", page)[1]


@pytest.mark.parametrize("page", ["0", "-1", "3", "x", "", "²", "1e3", "9" * 30])
def test_a_page_that_the_agenda_has_not_is_not_found(town: Town, page: str) -> None:
    fill(town, 21)
    answer = town.client.get("/agenda", params={"page": page})
    assert answer.status_code == 404
    assert "L’agenda n’a pas cette page" in answer.text or "Page introuvable" in answer.text


def test_the_page_offers_a_subscription_and_the_file(town: Town) -> None:
    page = town.client.get("/agenda").text
    base = town.workspace.settings.web.base_url.partition("://")[2]
    assert f'href="webcal://{base}/agenda.ics"' in page
    assert 'href="/agenda.ics"' in page
