"""Several workers on one PostgreSQL against one: `newsletter worker` in 1, 2 and 4 processes of 4 connections each.

The server holds every message for a tenth of a second on its connection, as a relay does that writes to its disk: it
has room for all of them, so workers are compared, not the server. `python -m bench.workers [PEOPLE]`.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from newsletter.actions.sending import mailings
from newsletter.actions.workspace import Workspace, open_workspace
from newsletter.store.engine import queue
from tests import postgres
from tests.actions.counting import Server, counting
from tests.actions.stage import ISSUE, Stage

DELAY = 0.1
EACH = 4  # connections of one worker
CREWS = (1, 2, 4)
ROUNDS = 3
PATIENCE = 300


def rate(stage: Stage, server: Server, crew: int) -> float:
    """Deliver the mailing with `crew` workers that wait for it; return messages a second, ends of the run left out."""
    stage.reset()
    workspace = open_workspace(stage.home)
    settings = {"SENDING__CONNECTIONS": EACH * max(CREWS)}
    before = len(server.moments())
    workers = [stage.newsletter(server, "worker", "--connections", str(EACH), **settings) for _ in range(crew)]
    try:
        _await(lambda: _at_the_queue(workspace) == 2 * crew)  # each is at two queues
        mailings.begin_mailing(workspace, mailings.current_mailing(workspace, ISSUE))
        _await(lambda: mailings.mailing_receipt(workspace, ISSUE).status == "done")
    finally:
        for process in workers:
            process.terminate()
        for process in workers:
            process.communicate()
        workspace.close()
    moments = server.moments()[before:]
    tenth = len(moments) // 10
    return (len(moments) - 2 * tenth - 1) / (moments[-tenth - 1] - moments[tenth])


def _at_the_queue(workspace: Workspace) -> int:
    with workspace.database.read() as connection:
        return queue.workers(connection)


def _await(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise SystemExit("the workers do not come to an end")
        time.sleep(0.2)


def run(people: int = 800, rounds: int = ROUNDS) -> list[dict[str, object]]:
    """Return rows `what`, `seconds` (median, per message) and `ratio` (speed against one worker's)."""
    rates: dict[int, list[float]] = {crew: [] for crew in CREWS}
    with postgres.cluster() as home, tempfile.TemporaryDirectory() as scratch:
        stage = Stage(Path(scratch) / "w", home, people)
        stage.prepare()
        os.environ["NEWSLETTER_DATABASE__URL"] = stage.url
        try:
            with counting(Path(scratch) / "taken", delay=DELAY) as server:
                for _ in range(rounds):
                    for crew, found in rates.items():
                        found.append(rate(stage, server, crew))
        finally:
            del os.environ["NEWSLETTER_DATABASE__URL"]
    one = median(rates[CREWS[0]])
    return [
        {
            "what": f"{crew} workers, {EACH} connections each, PostgreSQL",
            "seconds": 1 / median(found),
            "ratio": median(found) / one,
        }
        for crew, found in rates.items()
    ]


if __name__ == "__main__":
    load = os.getloadavg()[0]
    for row in run(int(sys.argv[1]) if sys.argv[1:] else 800):
        print(f"{row['what']:48} {1 / float(str(row['seconds'])):8.1f}/s  {row['ratio']:.2f}x")
    print(f"load {load:.1f} before, {os.getloadavg()[0]:.1f} after, {os.cpu_count()} cores")
