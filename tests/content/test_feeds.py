"""Feeds and calendars of others: read as they come, and never trusted."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.content import feeds
from newsletter.content.feed_found import FeedEntry
from newsletter.content.feed_links import canonical
from newsletter.errors import ContentError

PARIS = ZoneInfo("Europe/Paris")


def rss(*items: str) -> bytes:
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>S</title>{"".join(items)}</channel></rss>'.encode()


def item(title: str = "Un titre", link: str = "https://example.org/a", more: str = "") -> str:
    return f"<item><title>{title}</title><link>{link}</link>{more}</item>"


def ics(*lines: str) -> bytes:
    body = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:x",
        "BEGIN:VEVENT",
        "UID:1",
        *lines,
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return "\r\n".join([*body, ""]).encode()


def only(data: bytes) -> FeedEntry:
    (found,) = feeds.read_feed(data, "essai")
    return found


def test_an_rss_item_becomes_plain_words() -> None:
    text = "&lt;p&gt;Une &lt;b&gt;phrase&lt;/b&gt;.&lt;/p&gt;&lt;p&gt;L&amp;#8217;autre.&lt;/p&gt;"
    found = only(rss(item(more=f"<description>{text}</description><pubDate>Mon, 16 Nov 2026 23:30:00 +0100</pubDate>")))
    assert (found.title, found.link, found.summary) == ("Un titre", "https://example.org/a", "Une phrase. L’autre.")
    assert found.published == date(2026, 11, 16)


def test_an_atom_entry_is_read_too() -> None:
    found = only(
        b'<feed xmlns="http://www.w3.org/2005/Atom"><title>S</title><entry><title>Titre</title><id>1</id>'
        b'<link href="https://example.org/x"/><updated>2026-11-02T10:00:00Z</updated><summary>Mots.</summary></entry></feed>'
    )
    assert (found.title, found.link, found.published) == ("Titre", "https://example.org/x", date(2026, 11, 2))


@pytest.mark.parametrize(
    "title",
    [
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        "&lt;img src=x onerror=alert(1)&gt;",
        "<![CDATA[<script>alert(1)</script>]]>",
        "&amp;lt;script&amp;gt;alert(1)",
        "a\u202eb",
        "qz7slot-unsub-7zq",
        "QZ7SLOT-email-7zq",
        "a&#10;b&#13;c&#x2028;d",
    ],
)
def test_hostile_titles_come_out_as_harmless_text(title: str) -> None:
    for found in feeds.read_feed(rss(item(title=title)), "essai"):
        assert "\n" not in found.title
        assert "\u202e" not in found.title
        assert "qz7slot" not in found.title.lower()
        assert "<img" not in found.title
        assert "\u2028" not in found.title


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "//x", "http://", "x"]
)
def test_a_link_that_is_no_web_address_is_dropped(link: str) -> None:
    assert only(rss(item(link=link))).link == ""


@pytest.mark.parametrize(
    ("other", "same"),
    [
        ("http://www.example.org/a/?utm_source=lettre&utm_medium=mail", True),
        ("https://example.org/a#haut", True),
        ("https://WWW.EXAMPLE.ORG/a?fbclid=1&xtor=RSS-1", True),
        ("https://example.org/a?page=2", False),
        ("https://example.org/A", False),
        ("https://autre.example.org/a", False),
    ],
)
def test_one_article_under_two_addresses_is_one(other: str, same: bool) -> None:
    assert (canonical(other) == canonical("https://example.org/a")) is same
    assert len(feeds.read_feed(rss(item(), item(link=other.replace("&", "&amp;"))), "essai")) == (1 if same else 2)


@pytest.mark.parametrize(
    ("text", "private"),
    [("Ressource privée : Oui", True), ("Ressource privee: oui", True), ("Ressource privée : Non", False), ("", False)],
)
def test_a_private_resource_is_for_members(text: str, private: bool) -> None:
    found = only(rss(item(more=f"<description>Un guide. {text}</description>")))
    assert found.private is private
    assert found.summary == "Un guide."


def test_a_long_text_is_cut_after_a_whole_sentence() -> None:
    found = only(rss(item(more=f"<description>{'Une phrase de taille moyenne. ' * 60}</description>")))
    assert 500 < len(found.summary) <= 700
    assert found.summary.endswith("moyenne.")


BOMB = '<!DOCTYPE r [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;&a;">]><rss version="2.0"><channel>&b;</channel></rss>'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be", "utf-32-le"])
def test_entity_bombs_are_refused_in_every_encoding(encoding: str) -> None:
    with pytest.raises(ContentError, match="entities"):
        feeds.read_feed(BOMB.encode(encoding), "bombe")


@pytest.mark.parametrize(
    "data", [b"", b"<html><body>Bonjour</body></html>", b"\x00\xff\xfe", b"x" * (feeds.MAX_BYTES + 1)]
)
def test_what_is_no_feed_is_refused_by_name(data: bytes) -> None:
    with pytest.raises(ContentError, match="essai"):
        feeds.read_feed(data, "essai")


def test_an_address_given_as_content_is_not_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    def connect(*_args: object, **_kwargs: object) -> None:
        raise AssertionError("it went to the network")

    monkeypatch.setattr("socket.create_connection", connect)
    monkeypatch.setattr("socket.getaddrinfo", connect)
    with pytest.raises(ContentError):
        feeds.read_feed(b"http://127.0.0.1/feed", "essai")


@pytest.mark.parametrize(
    ("lines", "start", "end", "all_day"),
    [
        (["DTSTART:20270114T083000Z", "DTEND:20270114T160000Z"], (2027, 1, 14, 9, 30), (2027, 1, 14, 17, 0), False),
        (["DTSTART;TZID=Europe/Paris:20270328T033000"], (2027, 3, 28, 3, 30), None, False),
        (["DTSTART:20270601T140000"], (2027, 6, 1, 14, 0), None, False),
        (["DTSTART:20270601T120000Z", "DURATION:PT90M"], (2027, 6, 1, 14, 0), (2027, 6, 1, 15, 30), False),
        (["DTSTART;VALUE=DATE:20270929", "DTEND;VALUE=DATE:20271006"], (2027, 9, 29), (2027, 10, 5), True),
        (["DTSTART;VALUE=DATE:20270929", "DTEND;VALUE=DATE:20270930"], (2027, 9, 29), None, True),
        (["DTSTART;VALUE=DATE:20270929", "DTEND:20270930T120000Z"], (2027, 9, 29), None, True),
    ],
)
def test_a_calendar_event_keeps_its_time_in_paris(
    lines: list[str], start: tuple, end: tuple | None, all_day: bool
) -> None:
    event = only(ics("SUMMARY:Une rencontre", *lines)).event
    assert event is not None
    assert event.start == datetime(*start, tzinfo=PARIS)
    assert event.end == (datetime(*end, tzinfo=PARIS) if end else None)
    assert event.all_day is all_day


def test_a_calendar_gives_names_and_never_addresses() -> None:
    found = only(
        ics(
            "SUMMARY:A\\, b <b>c</b>",
            "DTSTART:20270601T140000",
            "LOCATION:Lille\\, mairie",
            "CLASS:PRIVATE",
            "ORGANIZER;CN=CNFPT:mailto:a@b.example",
            "URL:javascript:alert(1)",
            "DESCRIPTION:x",
        )
    )
    assert found.title == "A, b <b>c</b>"
    assert found.event is not None
    assert (found.event.place, found.event.organisers, found.link) == ("Lille, mairie", ("CNFPT",), "")
    assert found.private


def test_cancelled_and_broken_events_are_left_out() -> None:
    assert feeds.read_feed(ics("SUMMARY:x", "DTSTART:20270601T140000", "STATUS:CANCELLED"), "essai") == []
    assert feeds.read_feed(ics("SUMMARY:sans date"), "essai") == []
    assert feeds.read_feed(ics("SUMMARY:d’un autre temps", "DTSTART:16010101T000000"), "essai") == []


@pytest.mark.parametrize(
    ("summary", "kept"),
    [
        ("Un résumé [&amp;#8230;] L’article Un guide est apparu en premier sur Site.", "Un résumé…"),
        ("A summary [...] The post A guide appeared first on Site.", "A summary…"),
        ("The post A guide first appeared on Site.", ""),
        ("Un livre est apparu en premier sur la liste.", "Un livre est apparu en premier sur la liste."),
        ("L’article dit tout. " + "Mot. " * 80 + "Il est apparu en premier sur la page.", None),
        ("Un résumé entier.", "Un résumé entier."),
    ],
)
def test_what_wordpress_puts_behind_a_summary_is_left_out(summary: str, kept: str | None) -> None:
    plain = summary.replace("&amp;#8230;", "…")
    found = only(rss(item(more=f"<description>{summary}</description>")))
    assert found.summary == (plain if kept is None else kept)


@pytest.mark.parametrize(
    ("stamp", "day"),
    [
        ("Mon, 16 Nov 2026 10:00:00 +0100", date(2026, 11, 16)),
        ("Mon, 16 Nov 2026 23:30:00 +0000", date(2026, 11, 17)),
        ("Mon, 15 Jun 2026 22:30:00 GMT", date(2026, 6, 16)),
        ("2026-11-16", date(2026, 11, 16)),
        ("Mon, 16 Nov 0026 10:00:00 +0100", None),
        ("hier", None),
    ],
)
def test_an_entry_is_dated_as_the_day_is_in_paris(stamp: str, day: date | None) -> None:
    assert only(rss(item(more=f"<pubDate>{stamp}</pubDate>"))).published == day


def entry(**values: str) -> FeedEntry:
    return FeedEntry(title=values.pop("title", "Titre"), **values)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"guid": "https://a.example/?p=1"}, {"guid": "http://www.a.example/?p=1"}, True),
        ({"guid": "https://a.example/?p=1"}, {"guid": "https://a.example/?p=2"}, False),
        ({"guid": "https://a.example/#1"}, {"guid": "https://a.example/#2"}, False),
        ({"guid": "1", "link": "https://a.example/x"}, {"guid": "2", "link": "http://a.example/x/"}, True),
        ({"guid": "1", "link": "https://a.example/x"}, {"guid": "1", "link": "https://a.example/y"}, True),
        ({"link": "https://a.example/x"}, {"link": "https://a.example/y"}, False),
        (
            {"guid": "https://a.example/", "link": "https://a.example/x"},
            {"guid": "https://a.example/", "link": "https://a.example/y"},
            False,
        ),
        ({"title": "Titre"}, {"title": "Titre"}, True),
        ({"title": "Titre"}, {"title": "Autre"}, False),
        ({"title": "Édito", "link": "https://a.example/x"}, {"title": "Édito", "link": "https://a.example/y"}, False),
    ],
)
def test_an_entry_is_known_again_by_its_identifier_or_its_address(one: dict, other: dict, same: bool) -> None:
    (first,), (second,) = (feeds.marks([entry(**values)], "https://a.example/feed") for values in (one, other))
    assert bool(set(first) & set(second)) == same


def test_an_identifier_that_is_no_address_is_good_for_one_site_only() -> None:
    here, there = (feeds.marks([entry(guid="1")], f"https://{host}/feed")[0] for host in ("a.example", "b.example"))
    assert not set(here) & set(there)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300))
def test_no_bytes_are_more_than_refused(data: bytes) -> None:
    for beginning in (
        b"",
        b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART:",
        b'<rss version="2.0"><channel><item><title>',
    ):
        try:
            found = feeds.read_feed(beginning + data, "essai")
        except ContentError:
            continue
        assert all(len(one.title) <= 300 and "\n" not in one.title for one in found)
