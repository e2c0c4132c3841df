"""A canvas in design units that is drawn twice as large and scaled down, so that every edge is smooth."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw

Point = tuple[float, float]

PAPER, SAND, WHITE = "#F6F0E2", "#E9DDC3", "#FFFDF7"
DEEP, GREEN, SAGE, MINT = "#0F4F4A", "#2F7A6B", "#8FB39A", "#CFE0D2"
BRICK, TERRA, ROSE = "#A3431C", "#C9683A", "#E7B394"
OCHRE, SUN = "#D9A23B", "#F0C766"
INK, NIGHT, BLUE, SKY = "#1D2B2F", "#15353A", "#6E9FA3", "#DCE8E2"
WOOD = "#8A5A36"

_SCALE = 2
_QUALITY = 82


class Canvas:
    """A drawing of `width` x `height` design units; y grows downwards."""

    def __init__(self, width: int, height: int, background: str) -> None:
        self.width, self.height = width, height
        self._image = Image.new("RGB", (width * _SCALE, height * _SCALE), background)
        self._draw = ImageDraw.Draw(self._image)

    def poly(self, points: Sequence[Point], fill: str) -> None:
        """Fill a polygon."""
        self._draw.polygon([(x * _SCALE, y * _SCALE) for x, y in points], fill=fill)

    def rect(self, x: float, y: float, width: float, height: float, fill: str, radius: float = 0) -> None:
        """Fill a rectangle given by its top left corner, with rounded corners if `radius` says so."""
        box = (x * _SCALE, y * _SCALE, (x + width) * _SCALE - 1, (y + height) * _SCALE - 1)
        self._draw.rounded_rectangle(box, radius * _SCALE, fill=fill)

    def oval(self, x: float, y: float, rx: float, ry: float, fill: str) -> None:
        """Fill an ellipse around (x, y)."""
        self._draw.ellipse([(x - rx) * _SCALE, (y - ry) * _SCALE, (x + rx) * _SCALE, (y + ry) * _SCALE], fill=fill)

    def disc(self, x: float, y: float, radius: float, fill: str) -> None:
        """Fill a circle around (x, y)."""
        self.oval(x, y, radius, radius, fill)

    def pie(self, x: float, y: float, radius: float, start: float, end: float, fill: str) -> None:
        """Fill a sector from `start` to `end` degrees, clockwise from three o'clock."""
        box = [(x - radius) * _SCALE, (y - radius) * _SCALE, (x + radius) * _SCALE, (y + radius) * _SCALE]
        self._draw.pieslice(box, start, end, fill=fill)

    def ring(self, x: float, y: float, radius: float, fill: str, width: float) -> None:
        """Draw a circle's outline, `width` units thick."""
        box = [(x - radius) * _SCALE, (y - radius) * _SCALE, (x + radius) * _SCALE, (y + radius) * _SCALE]
        self._draw.ellipse(box, outline=fill, width=round(width * _SCALE))

    def line(self, points: Sequence[Point], fill: str, width: float) -> None:
        """Draw a line with round joints and ends."""
        scaled = [(x * _SCALE, y * _SCALE) for x, y in points]
        self._draw.line(scaled, fill=fill, width=round(width * _SCALE), joint="curve")
        for x, y in points:
            self.disc(x, y, width / 2, fill)

    def star(self, x: float, y: float, radius: float, fill: str) -> None:
        """Fill a five-pointed star that stands upright."""
        radii = [radius, radius * 0.42] * 5
        angles = [math.radians(36 * i - 90) for i in range(10)]
        self.poly([(x + r * math.cos(a), y + r * math.sin(a)) for r, a in zip(radii, angles, strict=True)], fill)

    def wave(self, level: float, height: float, length: float, fill: str, phase: float = 0) -> None:
        """Fill everything below a rolling line around `level`: a hill, a sea, a lawn."""
        tops = [(x, level - height * math.sin(2 * math.pi * (x / length + phase))) for x in range(0, self.width + 8, 8)]
        self.poly([(0, self.height), *tops, (self.width + 8, self.height)], fill)

    def fade(self, top: str, bottom: str, until: float) -> None:
        """Fill the upper part, down to `until`, with a vertical gradient: a sky."""
        first, last = _rgb(top), _rgb(bottom)
        rows = round(until * _SCALE)
        for row in range(rows):
            share = row / max(rows - 1, 1)
            colour = tuple(round(a + (b - a) * share) for a, b in zip(first, last, strict=True))
            self._draw.line([(0, row), (self.width * _SCALE, row)], fill=colour)

    def save(self, path: Path, size: tuple[int, int]) -> None:
        """Write the drawing as a JPEG of `size` pixels."""
        small = self._image.resize(size, Image.Resampling.LANCZOS)
        small.save(path, "JPEG", quality=_QUALITY, optimize=True, progressive=True)


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def curve(start: Point, control: Point, end: Point, steps: int = 24) -> list[Point]:
    """Return points of the quadratic Bézier curve from `start` to `end`."""
    found = []
    for i in range(steps + 1):
        t = i / steps
        a, b, c = (1 - t) ** 2, 2 * t * (1 - t), t * t
        found.append((a * start[0] + b * control[0] + c * end[0], a * start[1] + b * control[1] + c * end[1]))
    return found


def scatter(number: int, span: float, step: float) -> float:
    """Return the place of thing `number` within `span`: irrational steps look strewn, and never change."""
    return (number + 1) * step % 1 * span
