"""Charts as numbers ready for an SVG: a template draws them, a table beside says the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 460, 200
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 16, 16, 28


@dataclass(frozen=True, slots=True)
class ChartLine:
    """One line: SVG points, the area under it, its dots (x, y, label, value) and the values of the grid (y, value)."""

    points: str
    area: str
    dots: tuple[tuple[float, float, str, int], ...]
    grid: tuple[tuple[float, int], ...]


def line(values: Sequence[tuple[str, int]]) -> ChartLine:
    """Return the line through `values` (label, value), on a scale that shows the change without hiding its size."""
    low, high = _scale([value for _label, value in values])
    step = (WIDTH - _LEFT - _RIGHT) / max(1, len(values) - 1)

    def y(value: float) -> float:
        return round(HEIGHT - _BOTTOM - (value - low) / (high - low) * (HEIGHT - _TOP - _BOTTOM), 1)

    dots = tuple((round(_LEFT + n * step, 1), y(value), label, value) for n, (label, value) in enumerate(values))
    points = " ".join(f"{x},{at}" for x, at, _label, _value in dots)
    area = f"{dots[0][0]},{HEIGHT - _BOTTOM} {points} {dots[-1][0]},{HEIGHT - _BOTTOM}" if dots else ""
    middle = (low + high) // 2
    return ChartLine(points, area, dots, tuple((y(value), value) for value in dict.fromkeys((low, middle, high))))


def _scale(values: Sequence[int]) -> tuple[int, int]:
    """Return the bottom and the top of a scale: round numbers around the values, zero when it is near."""
    if not values or max(values) == 0:
        return 0, 1
    low, high = min(values), max(values)
    room = max(high - low, high // 10, 1)
    unit = 10 ** max(0, len(str(room)) - 1)
    bottom = max(0, (low - room // 2) // unit * unit)
    return bottom, max(-(-(high + room // 4) // unit) * unit, bottom + unit)
