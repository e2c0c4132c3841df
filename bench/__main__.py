"""`make bench`: every benchmark, or those named: `python -m bench message letter`."""

from __future__ import annotations

import importlib
import platform
import sys
from pathlib import Path

NAMES = sorted(p.stem for p in Path(__file__).parent.glob("*.py") if not p.stem.startswith("_"))


def main(chosen: list[str]) -> None:
    print(f"{platform.platform()}, Python {platform.python_version()}")
    for name in chosen or NAMES:
        run = getattr(importlib.import_module(f"bench.{name}"), "run", None)
        if run is None:
            continue
        print(f"\n{name}")
        for row in run():
            seconds = f"{row['seconds']:.6f} s" if row.get("seconds") is not None else ""
            print(f"  {row['what']:58} {seconds:>14}  {row['ratio']:8.2f}")


if __name__ == "__main__":
    main(sys.argv[1:])
