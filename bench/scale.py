"""What a very large audience costs on PostgreSQL: approve, claim, hand over, settle, count, report; and the plans.

`python -m bench.scale [PEOPLE] [--plans FILE]` prints seconds and keeps EXPLAIN's word on the slowest statement of each
step. Costs grow with the audience or they do not: run it at two sizes and compare.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import psycopg
import sqlalchemy as sa

from bench import audience
from newsletter.actions.reports import report
from newsletter.actions.workspace import Workspace
from newsletter.store.people.entitlement import Rule
from newsletter.store.sending import candidates, ledger, mailings
from newsletter.store.sending.ledger import Settlement
from newsletter.store.sending.ledger_counts import count_states
from newsletter.store.sending.mailings import Frozen, Mailing
from newsletter.store.sending.receipts import count_receipt

GROUPS, GROUP = 400, 100
CAPS = {"orange": ("orange.example",)}


class Plans:
    """Listens to an engine and asks PostgreSQL how it does the slowest statement of each step."""

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine
        self.kept: list[tuple[str, str]] = []
        self.slowest: tuple[float, str, Any] = (0.0, "", None)
        self.began = 0.0
        sa.event.listen(engine, "before_cursor_execute", self._before)
        sa.event.listen(engine, "after_cursor_execute", self._after)

    def _before(self, *_: Any) -> None:
        self.began = time.perf_counter()

    def _after(self, _c: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, many: bool) -> None:
        seconds = time.perf_counter() - self.began
        if seconds > self.slowest[0] and not many:
            self.slowest = (seconds, statement, parameters)

    @contextmanager
    def of(self, step: str) -> Iterator[None]:
        """Keep the plan of the slowest statement in the block."""
        self.slowest = (0.0, "", None)
        yield
        seconds, statement, parameters = self.slowest
        with self.engine.connect() as connection:
            cursor = psycopg.ClientCursor(connection.connection.driver_connection)
            rows = cursor.execute(f"EXPLAIN {statement}", parameters).fetchall()
        self.kept.append((f"{step}: {seconds:.4f} s", "\n".join(row[0][:160] for row in rows)))

    def text(self) -> str:
        """Return all plans for reading."""
        return "\n\n".join(f"## {title}\n\n```\n{plan}\n```" for title, plan in self.kept) + "\n"


def approve(workspace: Workspace) -> tuple[Mailing, list[float]]:
    """Approve a letter to everybody as `actions.approval` does; return it and the seconds of each transaction."""
    now, frozen, took, after = time.time(), [Frozen((), b"x" * 60_000)], [], 0
    today = datetime.fromtimestamp(now, UTC).date()
    mailing = None
    while after is not None:
        began = time.perf_counter()
        with workspace.database.write() as connection:
            mailing = mailing or mailings.freeze(
                connection,
                issue="bench",
                subject="La lettre",
                content_hash="",
                rule=Rule("lettre", False),
                record={},
                frozen=frozen,
                approved_by="bench",
                now=now,
                not_before=now,
            )
            after = mailings.load_mailing(
                connection, mailing, mailings.ALIKE, CAPS, today, now, after=after, slice_=candidates.SLICE
            )
            if after is None:
                mailings.change_mailing(connection, mailing.id, "sending", only=("loading",), started_at=now)
        took.append(time.perf_counter() - began)
    return mailing, took


def turns(workspace: Workspace, mailing: Mailing, groups: int) -> dict[str, list[float]]:
    """Take turns as a worker does, nothing leaving: seconds of each claim, hand-over, settlement and commit."""
    took: dict[str, list[float]] = {"claim": [], "hand": [], "settle": [], "commit": []}
    today = datetime.now(UTC).date()
    ids: list[int] = []
    known: list[Settlement] = []

    def timed(name: str, work: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        began = time.perf_counter()
        made = work(*arguments, **options)
        took[name].append(time.perf_counter() - began)
        return made

    for _group in range(groups):
        with workspace.database.write() as connection:
            now = workspace.database.now(connection)
            timed("settle", ledger.settle_deliveries, connection, "w", known, now)
            handed = timed(
                "hand",
                ledger.hand_deliveries,
                connection,
                mailing.id,
                mailing.rule,
                "w",
                ids,
                now=now,
                lease=300,
                today=today,
            )
            known = [Settlement(h.id, "sent", "250 ok", f"id{h.id}") for h in handed]
            ids = timed(
                "claim",
                ledger.claim_deliveries,
                connection,
                mailing.id,
                "w",
                GROUP,
                now=now,
                lease=300,
                caps={},
                after=max(ids, default=0),
            )
            began = time.perf_counter()
        took["commit"].append(time.perf_counter() - began)
    return took


def measure(workspace: Workspace, plans: Plans) -> Iterator[tuple[str, float]]:
    """Yield each step and its seconds."""
    before = _wal(workspace)
    with plans.of("approve"):
        mailing, took = approve(workspace)
    written = _wal(workspace)
    with workspace.database.read() as connection:
        candidates_all = sum(count_states(connection, mailing.id).values())
    yield f"approve, in {len(took)} transactions", sum(took)
    yield "approve, the longest transaction", max(took)
    yield "approve, KB of write-ahead log a candidate", (written - before) / candidates_all / 1000
    before = written
    costs = turns(workspace, mailing, GROUPS)
    yield "claim to settlement, KB of write-ahead log a delivery", (_wal(workspace) - before) / GROUPS / GROUP / 1000
    with plans.of("a turn: claim, hand over, settle"):
        turns(workspace, mailing, 3)
    tenth = GROUPS // 10
    for name, seconds in costs.items():
        yield f"{name}, a group of {GROUP}: median of the first {tenth}", median(seconds[1:tenth])
        yield f"{name}, a group of {GROUP}: median of the last {tenth}", median(seconds[-tenth:])
    steps: dict[str, Callable[[], object]] = {
        "receipt": lambda: _read(workspace, lambda c: count_receipt(c, mailing, time.time())),
        "candidates counted": lambda: _read(
            workspace, lambda c: candidates.count_candidates(c, mailing.rule, datetime.now(UTC).date())
        ),
        "count": lambda: report.count(workspace),
        **{f"count --by {by}": partial(report.count, workspace, by=by) for by in report.GROUPINGS["subscribers"]},
        "report of this year": lambda: report.report(workspace, datetime.now(UTC).year),
    }
    for name, work in steps.items():
        began = time.perf_counter()
        with plans.of(name):
            work()
        yield name, time.perf_counter() - began
    with workspace.database.read() as connection:
        size = connection.exec_driver_sql("SELECT pg_database_size(current_database())").scalar()
        ledger_size = connection.exec_driver_sql("SELECT pg_total_relation_size('deliveries')").scalar()
    yield "bytes of a delivery, indexes included", int(ledger_size or 0) / candidates_all
    yield "size of the database in GB", int(size or 0) / 1e9


def _wal(workspace: Workspace) -> int:
    """Return how many bytes the server has ever written ahead."""
    with workspace.database.read() as connection:
        return int(connection.exec_driver_sql("SELECT pg_current_wal_lsn() - '0/0'").scalar() or 0)


def _read(workspace: Workspace, work: Callable[[sa.Connection], object]) -> object:
    with workspace.database.read() as connection:
        return work(connection)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("people", type=int, nargs="?", default=1_000_000)
    parser.add_argument("--plans", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        began = time.perf_counter()
        with audience.stage(Path(directory), options.people, lambda text: print(text, flush=True)) as workspace:
            print(f"{'made':58} {time.perf_counter() - began:12.4f} s", flush=True)
            plans = Plans(workspace.database.engine)
            for what, seconds in measure(workspace, plans):
                print(f"{what:58} {seconds:12.4f}", flush=True)
            if options.plans:
                options.plans.write_text(plans.text(), encoding="utf-8")


if __name__ == "__main__":
    main()
