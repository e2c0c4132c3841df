"""The rule behind a figure: who exactly the people of a group of a count are, so that the figure leads to them."""

from __future__ import annotations

from newsletter.audience import AllOf, AudienceRule, Condition, Except, canonical, formula
from newsletter.model import Territory
from newsletter.store.reports.counts import NONE

_VALUES = {"publication": "subscribed", "region": "region", "departement": "departement", "role": "role"}


def group_rule(by: str, key: str) -> str | None:
    """Return the formula of the people whom a count `by` puts under `key`; None where no rule says it."""
    rule = _rule(by, key)
    return None if rule is None else formula(canonical(rule))


def cell_rule(by: str, row: str, across: str, column: str) -> str:
    """Return the formula of the people in one cell of a crossed count."""
    parts = tuple(rule for rule in (_rule(by, row), _rule(across, column)) if rule is not None)
    return formula(canonical(AllOf(parts)))


def _rule(by: str, key: str) -> AudienceRule | None:
    if by == "level":
        levels = tuple(Territory)
        return Except(Condition("level", levels)) if key == NONE else Condition("level", (key,))
    if by in _VALUES:
        return Condition(_VALUES[by], ("" if key == NONE else key,))
    if by == "month":
        year, month = (int(part) for part in key.split("-"))
        after = f"{year + month // 12}-{month % 12 + 1:02d}-01"
        return Condition("joined", since=f"{key}-01", before=after)
    return AllOf() if key == "active" else None
