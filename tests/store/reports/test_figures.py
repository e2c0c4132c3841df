"""What became of mailings, and unbroken memberships: periods that touch are one."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.store.people.organisations import Organisation, Period
from newsletter.store.reports.figures import Stay, outcomes, stays
from newsletter.store.tables.core import deliveries
from tests.store.helpers import mailing, subscribe

FIRST = date(2024, 1, 1)


def made(*periods):
    return Organisation(name="Ville A", periods=tuple(Period(*period) for period in periods))


@pytest.mark.parametrize(
    ("periods", "expected"),
    [
        ([], []),
        ([("2024-01-01",)], [Stay(date(2024, 1, 1))]),
        ([("2024-01-01", "2024-12-31"), ("2025-01-01",)], [Stay(date(2024, 1, 1))]),
        (
            [("2024-01-01", "2024-12-31"), ("2025-01-02",)],
            [Stay(date(2024, 1, 1), date(2025, 1, 1)), Stay(date(2025, 1, 2))],
        ),
        ([("2024-01-01",), ("2024-06-01", "2024-07-01")], [Stay(date(2024, 1, 1))]),
        ([("2024-03-01", "2024-03-01")], [Stay(date(2024, 3, 1), date(2024, 3, 2))]),
    ],
)
def test_periods_become_unbroken_stays(periods, expected):
    assert stays(made(*periods)) == expected


DAYS = st.integers(0, 40)


@given(st.lists(st.tuples(DAYS, st.none() | st.integers(0, 15)), max_size=5))
def test_a_day_lies_in_a_stay_exactly_when_a_period_covers_it(spans):
    def day(n):
        return FIRST + timedelta(days=n)

    periods = {a: (day(a).isoformat(), None if n is None else day(a + n).isoformat()) for a, n in spans}
    organisation = made(*periods.values())
    found = stays(organisation)
    for n in range(60):
        inside = [s for s in found if s.first <= day(n) and (s.after is None or day(n) < s.after)]
        assert len(inside) == organisation.member_on(day(n))
    assert all(a.after is not None and a.after < b.first for a, b in pairwise(found))


def test_an_outcome_tells_what_left_what_came_back_and_who_left(database):
    fates = [
        ("sent", ""),
        ("sent", "delivered"),
        ("sent", "hard"),
        ("sent", "soft"),
        ("sent", "block"),
        ("sent", "complaint"),
        ("sent", "unsubscribe"),
        ("refused", ""),
        ("excluded", ""),
        ("cancelled", ""),
    ]
    with database.write() as c:
        subscribe(c, len(fates))
        first, second = mailing(c), mailing(c, issue="2026-12-lettre")
        ids = c.execute(deliveries.select().where(deliveries.c.mailing_id == first.id)).scalars().all()
        for number, (state, feedback) in zip(ids, fates, strict=True):
            c.execute(deliveries.update().where(deliveries.c.id == number).values(state=state, feedback=feedback))
        done, untouched = outcomes(c, [first, second])
    assert (done.candidates, done.tried, done.sent) == (10, 8, 7)
    assert (done.hard, done.soft, done.block, done.returned, done.left) == (1, 1, 1, 3, 2)
    assert (untouched.candidates, untouched.tried, untouched.sent, untouched.returned) == (10, 10, 0, 0)
