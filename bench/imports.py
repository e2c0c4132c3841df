"""Importing subscribers against the sqlite3 shell's `.import` of the same file into one table with a unique index.

Ours reads any table, checks every address, matches organisations and writes for each a person, a subscription, a proof
and a note for the undoing, in one transaction; the shell splits lines. The bar is a tenth of its rate, memory flat.
On PostgreSQL the peer is psql's `\\copy` into such a table: `python -m bench.imports [ROWS] [postgresql]`.
"""

from __future__ import annotations

import csv
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from bench.postgres import empty, postgresql
from newsletter.actions.imports import subscribers
from newsletter.actions.operations import start
from newsletter.actions.workspace import open_workspace
from newsletter.exchange.generate import people

COLUMNS = ("email", "first_name", "last_name", "function", "role", "organisation", "consent_date")


def write(path: Path, n: int, organisations: list[str]) -> None:
    """Write `n` invented people as a French Excel would."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(COLUMNS)
        for p in people(n, organisations):
            writer.writerow((p.email, p.first_name, p.last_name, p.function, p.role, p.organisation, p.joined))


def shell(path: Path, database: Path) -> float:
    """Return the seconds that the sqlite3 shell takes."""
    columns = ", ".join(f"{name} TEXT" for name in COLUMNS)
    script = (
        f"CREATE TABLE t ({columns});\nCREATE UNIQUE INDEX u ON t (email);\n"
        f'.mode csv\n.separator ;\n.import --skip 1 "{path}" t\n'
    )
    began = time.perf_counter()
    subprocess.run(["sqlite3", str(database)], input=script, text=True, check=True)
    return time.perf_counter() - began


def psql(path: Path, url: str) -> float:
    """Return the seconds that psql takes."""
    columns = ", ".join(f"{name} TEXT" for name in COLUMNS)
    script = (
        f"CREATE TABLE t ({columns});\nCREATE UNIQUE INDEX u ON t (email);\n"
        f"\\copy t from '{path}' with (format csv, header, delimiter ';')\nDROP TABLE t;\n"
    )
    began = time.perf_counter()
    command = ["psql", "-q", "-v", "ON_ERROR_STOP=1", url.replace("+psycopg", "")]
    subprocess.run(command, input=script, text=True, check=True)
    return time.perf_counter() - began


def ours(root: Path, path: Path) -> tuple[float, float]:
    """Return the seconds that our import takes, and the peak memory of this process in MB."""
    workspace = open_workspace(root)
    began = time.perf_counter()
    plan, _number = subscribers.import_subscribers(workspace, subscribers.open_source(path), "lettre", by="bench")
    seconds = time.perf_counter() - began
    workspace.close()
    assert plan.counts == {"accept": plan.rows}, plan.counts
    return seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def run(n: int = 1_000_000, url: str = "") -> Iterator[dict[str, Any]]:
    """Yield our rate as a share of the peer's (bar: 0.10), and our memory for all against that for a tenth of them."""
    if shutil.which("psql" if url else "sqlite3") is None:
        return
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        start.init(root / "ws", sample=True)
        with (root / "ws" / "data" / "organisations.csv").open(encoding="utf-8", newline="") as file:
            names = [row["name"] for row in csv.DictReader(file, delimiter=";")]
        write(root / "tenth.csv", n // 10, names)
        write(root / "all.csv", n, names)
        _seconds, small = ours(_workspace(root, "small", url), root / "tenth.csv")
        theirs = psql(root / "all.csv", url) if url else shell(root / "all.csv", root / "shell.db")
        seconds, large = ours(_workspace(root, "large", url), root / "all.csv")
        peer = r"psql \copy" if url else "sqlite3 shell, .import"
        yield {"what": f"{peer} of {n:,} rows", "seconds": theirs, "ratio": 1.0}
        yield {
            "what": "subscribers import, share of that rate (bar 0.10)",
            "seconds": seconds,
            "ratio": theirs / seconds,
        }
        yield {"what": f"peak memory {large:.0f} MB, to that of a tenth ({small:.0f} MB)", "ratio": large / small}


def _workspace(root: Path, name: str, url: str) -> Path:
    """Return a workspace with organisations and no people; on PostgreSQL all share one database, emptied each time."""
    home = root / name
    shutil.copytree(root / "ws", home)
    if url:
        settings = home / "newsletter.toml"
        settings.write_text(settings.read_text().replace("sqlite:///subscribers.db", url))
        empty(url)
    workspace = open_workspace(home)
    start.load_organisations(workspace, home / "data" / "organisations.csv")
    workspace.close()
    return home


if __name__ == "__main__":
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with postgresql() if sys.argv[2:] == ["postgresql"] else nullcontext("") as chosen:
        for row in run(rows, chosen):
            print(row)
