"""What people write for an hour to come, and what is refused: past, doubled by the clocks, or no time at all."""

from __future__ import annotations

from datetime import datetime

import pytest

from newsletter.actions.sending.schedule import parse_moment
from newsletter.errors import Refused
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
        ("mardi", "no time"),
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
