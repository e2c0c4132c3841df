"""The packages and their bill of materials: `python -m scripts.dist` writes dist/ from the last commit.

Everything is built twice, in other places, and must come out the same byte for byte: the source archive from two copies
of the commit, the wheel from a copy and from the source archive.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DIST = ROOT / "dist"


def run(*command: str | Path, cwd: Path = ROOT, **environ: str) -> str:
    """Return what a command printed; SystemExit with its own words when it fails."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"error: {' '.join(map(str, command))} failed\n{done.stdout}{done.stderr}")
    return done.stdout


def export(to: Path, commit: str = "HEAD") -> Path:
    """Lay the files of a commit under `to`, so that nothing untracked gets into a package."""
    archive = to.with_suffix(".tar")
    run("git", "archive", "--output", archive, commit)
    with tarfile.open(archive) as packed:
        packed.extractall(to, filter="data")
    return to


def build(source: Path, *targets: str) -> list[Path]:
    """Build `sdist` and `wheel` of the tree `source`; returns the files, by name."""
    out = source / "dist"
    epoch = os.environ.get("SOURCE_DATE_EPOCH") or run("git", "log", "-1", "--format=%ct").strip()
    wanted = [part for target in targets for part in ("-t", target)]
    run(sys.executable, "-m", "hatchling", "build", *wanted, "-d", out, cwd=source, SOURCE_DATE_EPOCH=epoch)
    return sorted(out.iterdir())


def packages(scratch: Path) -> list[Path]:
    """Build source archive and wheel twice under `scratch`; SystemExit when a byte differs."""
    wheel, archive = sorted(build(export(scratch / "one"), "sdist", "wheel"), key=lambda path: path.suffix != ".whl")
    (second,) = build(export(scratch / "another"), "sdist")
    with tarfile.open(archive) as packed:
        packed.extractall(scratch / "unpacked", filter="data")
    (unpacked,) = (scratch / "unpacked").iterdir()
    (third,) = build(unpacked, "wheel")
    for first, again in ((archive, second), (wheel, third)):
        if first.read_bytes() != again.read_bytes():
            raise SystemExit(f"error: {first.name} differs between two builds: compare {first} with {again}")
    return [archive, wheel]


def bill_of_materials(wheel: Path, scratch: Path) -> str:
    """Return what is installed with the wheel and its extra `postgres`, as CycloneDX JSON without places and hosts."""
    python = scratch / "venv" / "bin" / "python"
    run(sys.executable, "-m", "venv", "--without-pip", python.parent.parent)
    pip = (sys.executable, "-m", "pip", "--python", python, "install", "--quiet")
    run(*pip, "--constraint", ROOT / "constraints.txt", f"{wheel}[postgres]")
    text = run(
        sys.executable,
        "-m",
        "cyclonedx_py",
        "environment",
        "--output-reproducible",
        "--short-PURLs",
        "--pyproject",
        ROOT / "pyproject.toml",
        python,
    )
    bom = json.loads(text)
    # Links of the tools and of where a file was fetched say something about this machine, not about the product.
    for tool in bom["metadata"]["tools"]["components"]:
        tool.pop("externalReferences", None)
    for component in bom["components"]:
        links = [r for r in component.get("externalReferences", ()) if r["type"] != "distribution"]
        component["externalReferences"] = links
    text = json.dumps(bom, ensure_ascii=False, indent=1, sort_keys=True)
    for private in (str(scratch), str(ROOT), "file:/"):
        if private in text:
            raise SystemExit(f"error: the bill of materials names `{private}`")
    return text + "\n"


def main() -> None:
    """Write source archive, wheel and bill of materials to dist/."""
    with tempfile.TemporaryDirectory() as directory:
        scratch = Path(directory)
        made = packages(scratch)
        shutil.rmtree(DIST, ignore_errors=True)
        DIST.mkdir()
        for path in made:
            shutil.copyfile(path, DIST / path.name)
        wheel = made[1]
        name = "-".join(wheel.name.split("-")[:2])
        (DIST / f"{name}.cdx.json").write_text(bill_of_materials(wheel, scratch), encoding="utf-8")
    for path in sorted(DIST.iterdir()):
        print(f"{path.relative_to(ROOT)}  {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
