"""What N deliveries a day would ask of each part, from costs measured on one machine; what gives way first.

`python -m bench.simulate [--hours H]` prints, for each size, how many times over each part of the reference machine is
used: `deliveries a second x cost of one / what one unit gives`. No queueing, no luck: above 0.7 add units.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass

SIZES = (100_000, 1_000_000, 10_000_000, 100_000_000)


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the pipeline: what one delivery costs it, what one unit gives a second, and what a unit is."""

    name: str
    cost: float
    gives: float
    unit: str
    source: str


# Measured on 2 busy cores (docs/scale.md, docs/performance.md): change a cost here and run it again.
PARTS = (
    Part("worker, Python", 74e-6 + 94e-6, 1.0, "cores", "message 38 + links 36 us, our side of the ledger 94 us"),
    Part("PostgreSQL, the ledger", 0.38e-3 + 29e-6, 1.0, "connections", "claim to commit 0.38 ms, approval 29 us"),
    Part("PostgreSQL, write-ahead log", 2.1e3, 100e6, "disks of 100 MB/s", "1.69 KB a delivery, 0.41 at approval"),
    Part(
        "the shared speed limit, if set", 0.31e-3, 1.0, "rows (providers)", "hand-over to commit, one worker at a time"
    ),
    Part("connections to the provider", 1 / 12.5, 1.0, "connections", "12.5 messages/s each at 25 ms each way"),
    Part("network to the provider", 65e3 * 8, 1e9, "links of 1 Gbit/s", "a letter of 65 KB"),
)
ROW_BYTES = 450  # a delivery with its indexes: 301 measured with a fifth of them settled, the rest reckoned


def load(deliveries: int, hours: float) -> Iterator[tuple[Part, float]]:
    """Yield each part with how many of its units are used while `deliveries` leave within `hours`."""
    rate = deliveries / (hours * 3600)
    for part in PARTS:
        yield part, rate * part.cost / part.gives


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=float, default=10.0, help="within how many hours a day's deliveries leave")
    hours = parser.parse_args().hours
    print(f"within {hours:g} hours{'':22}" + "".join(f"{n:>14,}" for n in SIZES))
    print(f"{'deliveries a second':38}" + "".join(f"{n / hours / 3600:14.1f}" for n in SIZES))
    for part in PARTS:
        used = [dict(load(n, hours))[part] for n in SIZES]
        print(f"{part.name:38}" + "".join(f"{u:14.2f}" for u in used) + f"  {part.unit}")
    print(f"{'GB of ledger a day':38}" + "".join(f"{n * ROW_BYTES / 1e9:14.1f}" for n in SIZES))


if __name__ == "__main__":
    main()
