"""The geometry of the report's charts: numbers in, coordinates out; the template only prints them.

Every chart is drawn on a canvas 400 units wide, so that its letters stay readable on a telephone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from newsletter import french

WIDTH = 400.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 46.0, 8.0, 16.0, 24.0
_PLOT_HEIGHT = 160.0
_ROW, _ROW_BAR, _NAME = 24.0, 14.0, 168.0
_LETTERS = 27  # of a name before a row
_LABELS = 12  # at most so many names fit under a chart


@dataclass(frozen=True, slots=True)
class Mark:
    """A label at a place: the axis' numbers, the names under columns or before rows."""

    x: float
    y: float
    text: str


@dataclass(frozen=True, slots=True)
class Bar:
    """A rectangle of series 0 or 1."""

    x: float
    y: float
    width: float
    height: float
    series: int = 0


@dataclass(frozen=True, slots=True)
class Chart:
    """What is drawn: rules across with their numbers, names, and bars or one line with its dots."""

    height: float
    rules: tuple[Mark, ...] = ()
    names: tuple[Mark, ...] = ()
    values: tuple[Mark, ...] = ()
    bars: tuple[Bar, ...] = ()
    dots: tuple[Mark, ...] = ()

    @property
    def line(self) -> str:
        """The points of the line, as SVG writes them."""
        return " ".join(f"{dot.x},{dot.y}" for dot in self.dots)


def scale(low: float, high: float) -> list[int]:
    """Return three to seven round numbers, evenly spaced, that span `low` to `high`."""
    span = max(high - low, 1.0)
    size = 10.0 ** math.floor(math.log10(span / 3))
    step = max(1, round(next(size * m for m in (1, 2, 5, 10) if span / (size * m) <= 5)))
    first, last = math.floor(low / step), max(math.ceil(high / step), math.floor(low / step) + 1)
    return [step * n for n in range(first, last + 1)]


def line(points: Sequence[tuple[str, int]]) -> Chart:
    """Draw a curve; its axis begins near the lowest value, because changes are what it shows."""
    values = [value for _name, value in points]
    ticks = scale(min(values), max(values))
    step = (WIDTH - _LEFT - _RIGHT - 20) / max(len(points) - 1, 1)
    dots = tuple(
        Mark(round(_LEFT + 10 + i * step, 1), _height(value, ticks), french.number_words(value))
        for i, value in enumerate(values)
    )
    names = tuple(Mark(dot.x, _TOP + _PLOT_HEIGHT + 16, name) for dot, (name, _v) in zip(dots, points, strict=True))
    return Chart(_TOP + _PLOT_HEIGHT + _BOTTOM, _rules(ticks), _thin(names), dots=dots)


def columns(groups: Sequence[tuple[str, Sequence[int]]], labels: int = _LABELS) -> Chart:
    """Draw groups of one or two vertical bars from zero; at most `labels` of them are named."""
    ticks = scale(0, max(value for _name, values in groups for value in values))
    slot = (WIDTH - _LEFT - _RIGHT) / len(groups)
    width = min(slot * 0.76 / max(len(values) for _name, values in groups), 26.0)
    bars, names = [], []
    for i, (name, values) in enumerate(groups):
        middle = _LEFT + slot * (i + 0.5)
        names.append(Mark(round(middle, 1), _TOP + _PLOT_HEIGHT + 16, name))
        for series, value in enumerate(values):
            x, y = middle + (series - len(values) / 2) * width, _height(value, ticks)
            bars.append(Bar(round(x, 1), y, round(width - 1, 1), round(_TOP + _PLOT_HEIGHT - y, 1), series))
    return Chart(_TOP + _PLOT_HEIGHT + _BOTTOM, _rules(ticks), _thin(tuple(names), labels), bars=tuple(bars))


def rows(entries: Sequence[tuple[str, int]]) -> Chart:
    """Draw horizontal bars, each with its name before it and its number behind it."""
    most = max(1, *(value for _name, value in entries))
    room = WIDTH - _NAME - 44
    bars, names, values = [], [], []
    for i, (name, value) in enumerate(entries):
        top, length = i * _ROW + (_ROW - _ROW_BAR) / 2, round(room * value / most, 1)
        bars.append(Bar(_NAME, top, length, _ROW_BAR))
        names.append(Mark(_NAME - 8, top + 11, name if len(name) <= _LETTERS else name[: _LETTERS - 1] + "…"))
        values.append(Mark(_NAME + length + 6, top + 11, french.number_words(value)))
    return Chart(len(entries) * _ROW, names=tuple(names), values=tuple(values), bars=tuple(bars))


def _height(value: float, ticks: Sequence[int]) -> float:
    share = (value - ticks[0]) / (ticks[-1] - ticks[0])
    return round(_TOP + _PLOT_HEIGHT * (1 - share), 1)


def _rules(ticks: Sequence[int]) -> tuple[Mark, ...]:
    return tuple(Mark(_LEFT, _height(tick, ticks), french.number_words(tick)) for tick in ticks)


def _thin(names: tuple[Mark, ...], most: int = _LABELS) -> tuple[Mark, ...]:
    """Keep every n-th name, so that they do not run into each other."""
    return names[:: max(1, math.ceil(len(names) / most))]
