"""Unbroken memberships: periods that touch are one."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.store.figures import Stay, stays
from newsletter.store.organisations import Organisation, Period

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
