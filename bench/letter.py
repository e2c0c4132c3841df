"""Rendering the sample lettre, Markdown to inlined HTML and text, against npm's mjml compile step alone."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from newsletter.actions.issues.files import read_issue
from newsletter.actions.letters import pictures
from newsletter.actions.operations.start import init
from newsletter.actions.workspace import Workspace, open_workspace
from newsletter.content.compose import compose
from newsletter.rendering import letter as letters
from newsletter.rendering import mjml

ISSUE = "2026-11-lettre"
ROUNDS = 15
# Compiles the same MJML again and again in one warm process and prints the median in milliseconds.
NODE = """
const fs = require('fs'); const mjml = require('mjml'); const compile = mjml.default || mjml;
const source = fs.readFileSync(process.argv[2], 'utf8');
(async () => {
  const times = [];
  for (let i = 0; i < 18; i++) {
    const start = process.hrtime.bigint();
    await compile(source, {validationLevel: 'skip'});
    times.push(Number(process.hrtime.bigint() - start) / 1e9);
  }
  times.splice(0, 3); times.sort((a, b) => a - b);
  console.log(JSON.stringify(times[Math.floor(times.length / 2)]));
})();
"""


def _median(action: Callable[[], object]) -> float:
    action()
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return median(times)


def _ours(workspace: Workspace) -> tuple[float, str]:
    pool, settings = workspace.pool(), workspace.settings
    issue = read_issue(workspace, ISSUE)
    publication = settings.publication(issue.publication)
    ready, _findings = pictures.publish(workspace, compose(issue, pool, publication, settings.network))
    sources: list[str] = []
    compiled = mjml.to_html

    def render() -> None:
        composed = compose(issue, pool, publication, settings.network)
        letters.render(composed, publication, settings.network, settings.theme, settings.web.base_url, ready)

    def keep(source: str, css: str) -> str:
        sources.append(source)
        return compiled(source, css)

    letters.to_html = keep
    render()
    letters.to_html = compiled
    return _median(render), sources[0]


def _npm(source: str, folder: Path) -> float | None:
    """Return the seconds of one warm `mjml` compile; None where npm or its registry is out of reach."""
    if not shutil.which("npm"):
        return None
    (folder / "letter.mjml").write_text(source, encoding="utf-8")
    (folder / "bench.js").write_text(NODE, encoding="utf-8")
    installed = subprocess.run(
        ["npm", "install", "--silent", "--no-audit", "mjml"], cwd=folder, check=False, timeout=300
    )
    if installed.returncode:
        return None
    done = subprocess.run(["node", "bench.js", "letter.mjml"], cwd=folder, capture_output=True, text=True, check=True)
    return float(json.loads(done.stdout))


def run() -> list[dict[str, object]]:
    """Return rows `what`, `seconds` (medians) and `ratio` to the whole of ours."""
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory)
        init(folder / "ws", sample=True)
        workspace = open_workspace(folder / "ws")
        ours, source = _ours(workspace)
        workspace.close()
        rows: list[dict[str, object]] = [
            {"what": "lettre of 28 items: Markdown to HTML and text", "seconds": ours, "ratio": 1.0}
        ]
        theirs = _npm(source, folder)
    if theirs is not None:
        rows.append({"what": "npm mjml: the compile step alone, warm", "seconds": theirs, "ratio": theirs / ours})
    return rows


if __name__ == "__main__":
    for row in run():
        print(f"{row['what']:50} {row['seconds']:.4f} s  {row['ratio']:.2f}")
