"""A database copied to the other engine and back: seconds, rows a second, peak memory; figures equal before and after.

`python -m bench.copying [PEOPLE]`. Each copy is a process of its own, so that its memory is its own.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench import audience
from tests import postgres

ROOT = Path(__file__).resolve().parent.parent
FIGURES = (("count", "--by", "publication"), ("count", "--by", "level", "--on", "2025-06-30"), ("report", "2026"))


def newsletter(root: Path, url: str, *arguments: str) -> str:
    """Run a command on the database at `url` and return what it prints."""
    command = [sys.executable, "-m", "newsletter", "-w", str(root), *arguments]
    env = {**os.environ, "NEWSLETTER_DATABASE__URL": url}
    return subprocess.run(command, cwd=ROOT, env=env, check=True, capture_output=True, text=True).stdout


def copy(root: Path, source: str, target: str) -> tuple[float, int, float]:
    """Copy and return seconds, rows and peak memory in MB."""
    script = (
        "import resource, sys\nfrom newsletter.cli import main\nmain()\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)"
    )
    command = [sys.executable, "-c", script, "-w", str(root), "database", "copy", "--to", target, "--json"]
    env = {**os.environ, "NEWSLETTER_DATABASE__URL": source}
    began = time.perf_counter()
    done = subprocess.run(command, cwd=ROOT, env=env, check=True, capture_output=True, text=True)
    seconds = time.perf_counter() - began
    found = re.search(r"(\d+)\s*\Z", done.stderr)
    assert found
    return seconds, sum(json.loads(done.stdout)["rows"].values()), int(found[1]) / 1024


def run(people: int = 100_000) -> Iterator[dict[str, Any]]:
    """Yield each direction with its seconds; the ratio is its memory to that of the first."""
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory) / "ws"
        with audience.stage(root, people) as workspace:
            home = Path(str(workspace.database.engine.url.query["host"]))
            first = workspace.database.engine.url.render_as_string(hide_password=False)
            workspace.close()
            there = f"sqlite:///{directory}/there.db"
            back = postgres.url(home, "back")
            before = [newsletter(root, first, *words, "--json") for words in FIGURES]
            base = 0.0
            for source, target in ((first, there), (there, back)):
                seconds, rows, memory = copy(root, source, target)
                assert [newsletter(root, target, *words, "--json") for words in FIGURES] == before, "figures differ"
                base = base or memory
                name = f"{source.partition(':')[0][:10]} to {target.partition(':')[0][:10]}"
                what = f"{name}: {rows:,} rows, {rows / seconds:,.0f}/s, {memory:.0f} MB"
                yield {"what": what, "seconds": seconds, "ratio": memory / base}


if __name__ == "__main__":
    for row in run(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000):
        print(row, flush=True)
