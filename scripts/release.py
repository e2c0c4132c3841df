"""A release in one command: `make release VERSION=1.2.3`. It ends with a tag here; nothing is pushed.

Before it: the version in newsletter/__init__.py, and "Unreleased" in CHANGELOG.md renamed to `## 1.2.3 – 2026-12-01`,
both committed.
"""

from __future__ import annotations

import re
import subprocess
import sys

from newsletter import __version__
from scripts import dist


def faults(version: str) -> list[str]:
    """Return what keeps the last commit from being released as `version`."""
    found = []
    if not re.fullmatch(r"\d+\.\d+\.\d+", version):
        found.append(f"`{version}` is no version of the form 1.2.3")
    if version != __version__:
        found.append(f"newsletter/__init__.py says {__version__}: write {version} there and commit it")
    changes = (dist.ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    if not re.search(rf"^## {re.escape(version)} – \d{{4}}-\d\d-\d\d$", changes, re.MULTILINE):
        found.append(f"CHANGELOG.md has no heading `## {version} – YYYY-MM-DD`: rename `## Unreleased` and commit it")
    if dist.run("git", "status", "--porcelain").strip():
        found.append("the tree is not clean: commit or remove what `git status` shows")
    if dist.run("git", "tag", "--list", f"v{version}").strip():
        found.append(f"the tag v{version} is there already")
    return found


def main() -> None:
    """Check, test, build, tag."""
    version = sys.argv[1] if len(sys.argv) > 1 else ""
    if found := faults(version):
        raise SystemExit("\n".join(f"error: {line}" for line in found))
    for target in ("test", "audit"):
        subprocess.run(["make", target], cwd=dist.ROOT, check=True)
    dist.main()
    dist.run("git", "tag", "--annotate", f"v{version}", "--message", f"Version {version}")
    print(f"Tagged v{version}. Look at dist/, then: git push origin v{version}")


if __name__ == "__main__":
    main()
