"""Counts and the yearly report over a million subscribers with three years of history, as ratios to a bare SQL count.

The bare count is one `SELECT count(DISTINCT subscriber_id)` over the same table: no day, no people told apart by when.
`python -m bench.counts [PEOPLE] [postgresql]`.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from datetime import date
from functools import partial
from pathlib import Path
from statistics import median

import sqlalchemy as sa

from bench.postgres import postgresql
from newsletter.actions.operations import start
from newsletter.actions.reports import report
from newsletter.actions.reports.year import end_of
from newsletter.actions.workspace import Workspace, open_workspace
from newsletter.store.people import organisations
from newsletter.store.tables.core import subscriptions

SUBSCRIBERS = 1_000_000
FIRST, LAST = end_of(date(2022, 12, 31)), end_of(date(2025, 12, 31))
ON = date(2025, 6, 30)
NOW = end_of(date(2026, 1, 31))
ROUNDS = 3
_BLOCK = 50_000
BARE = sa.text("SELECT count(DISTINCT subscriber_id) FROM subscriptions WHERE state = 'active'")

Span = tuple[int, str, str, str, str, int | None, float, float | None]


def histories(people: int, offices: int, seed: int = 1) -> Iterator[Span]:
    """Yield the spans of `people`: most stay, one in seven leaves, some bounce, move to another office, come back."""
    chance = random.Random(seed)
    for number in range(1, people + 1):
        office = chance.randrange(1, offices + 1) if chance.random() < 0.4 else None
        role = chance.choice(("elu", "technicien", "partner", "press", "other"))
        for publication in ("lettre", "flash")[: 2 if office else 1]:
            moments = sorted(chance.uniform(FIRST - 3e7, LAST) for _ in range(4))
            fate = chance.random()
            states = ["active"]
            if fate < 0.17:
                states += ["left"] if fate < 0.14 else ["left", "active"]
            elif fate < 0.22:
                states += ["bounced"]
            elif fate < 0.30:
                states += ["active"]
            for i, state in enumerate(states):
                until = moments[i + 1] if i + 1 < len(states) else None
                yield (number, publication, state, "consent", role, office, moments[i], until)


def load(workspace: Workspace, people: int) -> int:
    """Fill the workspace's database with made-up histories; returns the number of spans."""
    start.load_organisations(workspace, workspace.root / "data" / "organisations.csv")
    names = ("subscriber_id", "publication", "state", "basis", "role", "organisation_id", "from_at", "to_at")
    insert = subscriptions.insert()
    spans, block = 0, []
    with workspace.database.write() as connection:
        offices = len(organisations.list_organisations(connection))
        for span in histories(people, offices):
            block.append(dict(zip(names, span, strict=True)))
            if len(block) == _BLOCK:
                connection.execute(insert, block)
                spans, block = spans + len(block), []
        connection.execute(insert, block)
    return spans + len(block)


def _seconds(work: Callable[[], object]) -> float:
    took = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        work()
        took.append(time.perf_counter() - began)
    return median(took)


def run(people: int = SUBSCRIBERS, url: str = "") -> list[dict[str, object]]:
    """Return rows `what`, `seconds` (median of three) and `ratio` to the bare count; on SQLite, or on `url`."""
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        start.init(root, sample=True)
        if url:
            settings = root / "newsletter.toml"
            settings.write_text(settings.read_text().replace("sqlite:///subscribers.db", url))
        workspace = open_workspace(root, lambda: NOW)
        try:
            spans = load(workspace, people)

            def bare() -> None:
                with workspace.database.read() as connection:
                    connection.scalar(BARE)

            base = _seconds(bare)
            rows: list[dict[str, object]] = [{"what": f"bare SQL count, {spans} spans", "seconds": base, "ratio": 1.0}]
            for by in ("", *report.GROUPINGS["subscribers"]):
                took = _seconds(partial(report.count, workspace, on=ON, by=by))
                rows.append({"what": f"count --on {ON} --by {by}" if by else f"count --on {ON}", "seconds": took})
            rows.append({"what": "report 2025", "seconds": _seconds(lambda: report.report(workspace, 2025))})
            return [{**row, "ratio": float(str(row["seconds"])) / base} for row in rows]
        finally:
            workspace.close()


if __name__ == "__main__":
    with postgresql() if sys.argv[2:] == ["postgresql"] else nullcontext("") as chosen:
        rows = run(*map(int, sys.argv[1:2]), url=chosen)
    for row in rows:
        print(f"{row['what']:40} {row['seconds']:8.3f} s  {row['ratio']:6.1f}x")
