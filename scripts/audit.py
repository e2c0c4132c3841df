"""Known vulnerabilities of what constraints.txt pins: `python -m scripts.audit`, by pip-audit.

Exit 0: every package was looked up and none has a known one. 1: at least one has, whatever else could not be looked up.
3: nothing found, but not everything could be looked up; `--if-reachable` turns that into 0, with the same words.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
UNKNOWN = 3


@dataclass(frozen=True)
class Verdict:
    """What an audit says, in lines for people and as an exit code."""

    lines: tuple[str, ...]
    code: int


def judge(packages: Sequence[Mapping[str, Any]] | None, *, lenient: bool = False) -> Verdict:
    """Judge pip-audit's list of packages; None when it could not ask its service at all."""
    left = [p["name"] for p in packages or () if p.get("skip_reason")]
    if packages is None or len(left) == len(packages):
        return Verdict(("AUDIT NOT DONE: the vulnerability service could not be reached",), 0 if lenient else UNKNOWN)
    bad = [
        f"{p['name']} {p['version']}: {v['id']}, mended in {', '.join(v['fix_versions']) or 'no version yet'}"
        for p in packages
        for v in p.get("vulns", ())
    ]
    counted = f"{len(packages) - len(left)} of {len(packages)} packages looked up"
    if left:
        counted += f"; AUDIT NOT COMPLETE, the service knew nothing of: {', '.join(left)}"
    summary = f"{counted}; {len(bad)} known vulnerabilities"
    if bad:
        return Verdict((*bad, summary), 1)
    return Verdict((summary,), UNKNOWN if left and not lenient else 0)


def ask() -> list[dict[str, Any]] | None:
    """Run pip-audit over the pinned packages; None when its service does not answer."""
    command = (
        "-m",
        "pip_audit",
        "-r",
        "constraints.txt",
        "--no-deps",
        "--disable-pip",
        "-f",
        "json",
        "--timeout",
        "20",
    )
    done = subprocess.run(
        [sys.executable, *command, "--progress-spinner", "off"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    try:
        found: list[dict[str, Any]] = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        print(done.stderr.strip()[-500:], file=sys.stderr)
        return None
    return found


def main() -> None:
    """Print the verdict and exit with its code."""
    verdict = judge(ask(), lenient="--if-reachable" in sys.argv[1:])
    print("\n".join(verdict.lines))
    raise SystemExit(verdict.code)


if __name__ == "__main__":
    main()
