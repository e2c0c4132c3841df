"""What people write for an hour to come, and what is refused: past, doubled by the clocks, or no time at all."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.actions.sending.schedule import parse_moment
from newsletter.errors import Refused
from newsletter.french import month_words, weekday_words
from newsletter.paris import PARIS

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=PARIS)  # a Tuesday


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("mardi 9h31", "2026-11-24T09:31+01:00"),
        ("mardi 9h30", "2026-12-01T09:30+01:00"),
        ("Mercredi à 8 h", "2026-11-25T08:00+01:00"),
        ("demain 8h", "2026-11-25T08:00+01:00"),
        ("8h", "2026-11-25T08:00+01:00"),
        ("aujourd’hui 18:05", "2026-11-24T18:05+01:00"),
        ("1er décembre 9h", "2026-12-01T09:00+01:00"),
        ("24/11 9:31", "2026-11-24T09:31+01:00"),
        ("23/11 9h", "2027-11-23T09:00+01:00"),
        ("vendredi 27/11 9h", "2026-11-27T09:00+01:00"),
        ("2027-07-01 09:30", "2027-07-01T09:30+02:00"),
        ("2026-12-01T08:00Z", "2026-12-01T09:00+01:00"),
        ("2027-03-28 03:00", "2027-03-28T03:00+02:00"),
        ("2 décembre à 10 heures", "2026-12-02T10:00+01:00"),
        ("le 2 Décembre 2026 à 10 heures 30", "2026-12-02T10:30+01:00"),
        ("2 déc. 10h", "2026-12-02T10:00+01:00"),
        ("mercredi 2 decembre, 10 h 05", "2026-12-02T10:05+01:00"),
        ("lundi 8 h", "2026-11-30T08:00+01:00"),
        ("lundi prochain à 8 heures", "2026-11-30T08:00+01:00"),
        ("dimanche prochain à 18 heures et demie", "2026-11-29T18:30+01:00"),
        ("après-demain à midi", "2026-11-26T12:00+01:00"),
        ("demain à 9", "2026-11-25T09:00+01:00"),
        ("dans 2 heures", "2026-11-24T11:30+01:00"),
        ("dans une heure", "2026-11-24T10:30+01:00"),
        ("Dans une demi-heure", "2026-11-24T10:00+01:00"),
        ("dans 1h30", "2026-11-24T11:00+01:00"),
        ("dans 45 minutes", "2026-11-24T10:15+01:00"),
        ("dans 3 jours", "2026-11-27T09:30+01:00"),
        ("2026-12-01T09:30", "2026-12-01T09:30+01:00"),
    ],
)
def test_an_hour_to_come_is_read_as_in_paris(text, moment):
    assert parse_moment(text, NOW) == datetime.fromisoformat(moment)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("aujourd’hui 8h", "is past"),
        ("2026-11-24 09:30", "is past"),
        ("2027-03-28 02:30", "does not exist or comes twice"),
        ("2027-10-31 02:30", "does not exist or comes twice"),
        ("jeudi 27/11 9h", "not a jeudi"),
        ("29/02 9h", "no time"),
        ("24/13 9h", "no time"),
        ("24/² 9h30", "no time"),
        ("mardi 24h", "no time"),
        ("mardi", "names no hour"),
        ("demain matin", "names no hour"),
        ("2 décembre", "names no hour"),
        ("2026-12-01", "names no hour"),
        ("dans deux lunes", "no time"),
        ("dans 0 minute", "no time"),
        ("dans 2", "no time"),
        ("8 heures du soir", "no time"),
        ("", "no time"),
        ("0001-01-01 00:00", "no time"),
        ("0001-01-01T00:00+14:00", "no time"),
        ("9999-12-31T23:59-12:00", "no time"),
    ],
)
def test_what_is_no_hour_to_come_is_refused_in_words(text, why):
    with pytest.raises(Refused, match=why) as refused:
        parse_moment(text, NOW)
    assert refused.value.told


@given(
    st.datetimes(datetime(2026, 11, 24, 9, 31), datetime(2027, 11, 23, 23, 59)).map(
        lambda d: d.replace(second=0, microsecond=0)
    ),
    st.sampled_from(
        [
            "{d.day} {month} {d.year} à {d:%H} heures {d:%M}",
            "{weekday} {d.day} {month} {d.year} {d.hour} h {d:%M}",
            "le {d.day}/{d.month}/{d.year} à {d.hour}h{d:%M}",
            "{d:%Y-%m-%dT%H:%M}",
        ]
    ),
)
def test_however_a_moment_is_written_it_is_that_moment(moment, pattern):
    words = {"month": month_words(moment.date(), year=False), "weekday": weekday_words(moment.date())}
    try:
        found = parse_moment(pattern.format(d=moment, **words), NOW)
    except Refused as refused:
        assert "does not exist" in str(refused)  # the two nights when the clocks change
    else:
        assert found.replace(tzinfo=None) == moment


@given(
    st.text(max_size=40) | st.from_regex(r"(dans|lundi|le)? ?[0-9]{0,4} ?[a-zé/:]{0,9} ?[0-9]{0,3}h?", fullmatch=True)
)
def test_whatever_is_typed_gives_a_moment_to_come_or_a_sentence(text):
    try:
        assert parse_moment(text, NOW) > NOW
    except Refused as refused:
        assert refused.told
