"""Calendars of every maker, event by event: one that is broken keeps no other back."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.content import feeds
from newsletter.content.feed_calendar import decoded
from newsletter.content.feed_found import FeedEntry
from newsletter.errors import ContentError
from newsletter.paris import PARIS

TODAY = date(2026, 11, 28)
GOOD = "DTSTART:20261210T090000Z"


def event(*lines: str, title: str = "Réunion") -> str:
    return "\r\n".join(["BEGIN:VEVENT", f"UID:{random.random()}@e", f"SUMMARY:{title}", *lines, "END:VEVENT"])


def ics(*events: str, head: str = "") -> bytes:
    return "\r\n".join(
        ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:x", *filter(None, [head]), *events, "END:VCALENDAR", ""]
    ).encode()


def gather(data: bytes, today: date | None = TODAY) -> feeds.Gathered:
    return feeds.gather(data, "agenda.ics", today)


def only(data: bytes, today: date | None = TODAY) -> FeedEntry:
    (found,) = gather(data, today).entries
    return found


BAD = [
    ("DTSTART:",),
    ("DTSTART;VALUE=DATE:20240230",),
    ("DTSTART:bientôt",),
    (),
    ("DTSTART:99991301T000000Z",),
    ("DTSTART:00010101T000000Z",),
]


@pytest.mark.parametrize("lines", BAD)
def test_one_bad_event_is_named_and_the_others_are_read(lines):
    gathered = gather(ics(event(GOOD, title="Avant"), event(*lines, title="La cassée"), event(GOOD, title="Après")))
    assert [one.title for one in gathered.entries] == ["Avant", "Après"]
    assert "La cassée" in str(gathered.notes[0])


def test_a_broken_zone_loses_no_event():
    zone = "BEGIN:VTIMEZONE\r\nBEGIN:STANDARD\r\nDTSTART:x\r\nEND:STANDARD\r\nEND:VTIMEZONE"
    assert [one.title for one in gather(ics(event(GOOD), event(GOOD, title="B"), head=zone)).entries] == [
        "Réunion",
        "B",
    ]


@pytest.mark.parametrize(
    ("lines", "end"),
    [
        (("DURATION:-PT1H",), None),
        (("DURATION:-PT1W",), None),
        (("DURATION:x",), None),
        (("DURATION:PT90M",), datetime(2026, 12, 10, 11, 30, tzinfo=PARIS)),
        (("DTEND:x",), None),
        (("DTSTART:20261211T090000Z",), None),
    ],
)
def test_a_bad_length_costs_the_end_and_nothing_else(lines, end):
    found = only(ics(event(GOOD, *lines)))
    assert found.event
    assert (found.event.start, found.event.end) == (datetime(2026, 12, 10, 10, tzinfo=PARIS), end)


def test_several_calendars_in_one_file_and_a_bare_event_are_read():
    two = ics(event(GOOD, title="A")) + ics(event(GOOD, title="B"))
    assert [one.title for one in gather(two).entries] == ["A", "B"]
    assert only(event(GOOD).encode()).title == "Réunion"


@pytest.mark.parametrize("charset", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("end", ["\r\n", "\n"])
def test_a_calendar_is_read_in_the_charsets_that_programs_write(charset, end):
    text = ics(event(GOOD, title="Réunion à Évry")).decode().replace("\r\n", end)
    assert only(text.encode(charset)).title == "Réunion à Évry"


def test_a_line_folded_within_a_letter_is_made_whole():
    assert decoded("SUMMARY:é".encode()[:-1] + b"\r\n " + "é".encode()[-1:]) == "SUMMARY:é"


def test_a_cancelled_event_is_left_out_and_said():
    gathered = gather(ics(event(GOOD, "STATUS:CANCELLED"), event(GOOD, title="B")))
    assert [one.title for one in gathered.entries] == ["B"]
    assert str(gathered.notes[0]).endswith("1.")


WEEKLY = ("DTSTART;TZID=Europe/Paris:20250107T183000", "DTEND;TZID=Europe/Paris:20250107T200000")


def test_a_series_is_one_entry_at_its_next_date_that_says_the_others():
    found = only(ics(event(*WEEKLY, "RRULE:FREQ=WEEKLY;BYDAY=TU")))
    assert found.event
    assert found.event.start == datetime(2026, 12, 1, 18, 30, tzinfo=PARIS)
    assert found.event.end == datetime(2026, 12, 1, 20, 0, tzinfo=PARIS)
    assert found.summary.startswith("Rendez-vous répété. Autres dates : mardi 8 décembre, mardi 15 décembre")
    assert found.dates[1] - found.dates[0] == timedelta(days=7)


def test_dates_added_and_taken_out_are_followed():
    lines = (
        "DTSTART:20261208T090000Z",
        "RRULE:FREQ=WEEKLY;COUNT=3",
        "EXDATE:20261208T090000Z",
        "RDATE:20270105T090000Z",
    )
    assert [moment.day for moment in only(ics(event(*lines))).dates] == [15, 22, 5]


def test_a_series_of_days_stays_one_of_days():
    found = only(
        ics(event("DTSTART;VALUE=DATE:20260105", "DTEND;VALUE=DATE:20260106", "RRULE:FREQ=MONTHLY;BYMONTHDAY=5"))
    )
    assert found.event
    assert (found.event.start.date(), found.event.end, found.event.all_day) == (date(2026, 12, 5), None, True)


def test_a_series_keeps_its_hour_over_a_change_of_clock():
    found = only(ics(event(*WEEKLY, "RRULE:FREQ=WEEKLY;BYDAY=TU")), date(2027, 3, 24))
    assert [moment.hour for moment in found.dates[:2]] == [18, 18]


def test_a_series_that_is_over_is_left_out_and_said():
    gathered = gather(ics(event(*WEEKLY, "RRULE:FREQ=WEEKLY;COUNT=4"), event(GOOD, title="B")))
    assert [one.title for one in gathered.entries] == ["B"]
    assert str(gathered.notes[0]).endswith("1.")


@pytest.mark.parametrize("rule", ["FREQ=SECONDLY", "FREQ=MINUTELY;INTERVAL=2", "FREQ=X", "x", "FREQ=DAILY;UNTIL=x"])
def test_a_rule_that_cannot_be_followed_leaves_the_first_date(rule):
    found = only(ics(event(GOOD, f"RRULE:{rule}")))
    assert found.event
    assert found.event.start == datetime(2026, 12, 10, 10, tzinfo=PARIS)


def test_markup_in_the_description_becomes_words_and_gives_the_link():
    found = only(
        ics(event(GOOD, 'DESCRIPTION:<p>Inscription : <a href="https://r.example/i">ici</a></p><br>À&nbsp;bientôt'))
    )
    assert (found.summary, found.link) == ("Inscription : ici À bientôt", "https://r.example/i")


@pytest.mark.parametrize(
    ("line", "link"),
    [
        ("DESCRIPTION:Programme : https://r.example/p?a=1&b=2.", "https://r.example/p?a=1&b=2"),
        ("LOCATION:https://visio.example/salle (en ligne)", "https://visio.example/salle"),
        ("DESCRIPTION:Sans lien", ""),
    ],
)
def test_the_link_is_found_in_the_text(line, link):
    assert only(ics(event(GOOD, line))).link == link


def test_the_event_s_own_link_comes_first():
    assert (
        only(ics(event(GOOD, "DESCRIPTION:https://b.example/", "URL:https://a.example/"))).link == "https://a.example/"
    )


def test_of_a_long_calendar_what_is_to_come_is_taken_first():
    old = [event(f"DTSTART:2020{1 + n % 12:02}01T090000Z", title=f"Passé {n}") for n in range(310)]
    gathered = gather(ics(*old, event(GOOD, title="À venir")))
    assert "À venir" in [one.title for one in gathered.entries]
    assert "311" in str(gathered.notes[0])


WORDS = st.sampled_from(
    [
        b"DTSTART",
        b"DTEND",
        b"RRULE",
        b"RDATE",
        b"EXDATE",
        b"DURATION",
        b"TZID",
        b"BEGIN:VEVENT",
        b"END:VEVENT",
        b":",
        b";",
    ]
)


@given(st.lists(st.binary(max_size=12) | WORDS, max_size=30), st.sampled_from([b"", b"\r\n", b"\n "]))
@settings(max_examples=250, deadline=None)
def test_no_bytes_are_anything_but_events_or_an_error_in_words(pieces, between):
    noise = between.join(pieces)
    for data in (b"BEGIN:VCALENDAR\r\n" + noise, ics(event(GOOD)).replace(b"END:VEVENT", noise + b"\r\nEND:VEVENT")):
        try:
            assert isinstance(gather(data), feeds.Gathered)
        except ContentError as error:
            assert error.said


@given(
    st.from_regex(
        r"FREQ=(DAILY|WEEKLY|MONTHLY|YEARLY)(;(COUNT|INTERVAL|BYMONTHDAY|BYMONTH|BYSETPOS)=-?\d{1,4}){0,4}",
        fullmatch=True,
    )
)
@settings(max_examples=60, deadline=None)
def test_no_rule_makes_the_reader_raise(rule):
    assert len(gather(ics(event("DTSTART:19950101T090000Z", f"RRULE:{rule}"))).entries) <= 1
