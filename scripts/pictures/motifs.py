"""What the scenes are made of: houses, trees, people, stalls, garlands. (x, y) is where a thing touches the ground."""

from __future__ import annotations

from collections.abc import Sequence

from scripts.pictures.canvas import (
    BRICK,
    DEEP,
    GREEN,
    INK,
    OCHRE,
    PAPER,
    ROSE,
    SAGE,
    SAND,
    SUN,
    TERRA,
    WHITE,
    WOOD,
    Canvas,
    Point,
    curve,
)

SKINS = ("#E9B894", "#8C5A3C", "#C98F6B", "#F0CBA8", "#6F4630")
COATS = (DEEP, BRICK, OCHRE, GREEN, INK, TERRA, SAGE)


def house(c: Canvas, x: float, y: float, width: float, height: float, wall: str, roof: str, pane: str = SUN) -> None:
    """A house of two storeys with a pitched roof, a door and windows; x is its left side."""
    c.rect(x, y - height, width, height, wall)
    eaves, ridge = width * 0.08, height * 0.5
    c.poly([(x - eaves, y - height), (x + width / 2, y - height - ridge), (x + width + eaves, y - height)], roof)
    c.rect(x + width * 0.72, y - height - ridge * 0.85, width * 0.1, ridge * 0.5, roof)
    door = width * 0.2
    c.rect(x + width * 0.4, y - height * 0.36, door, height * 0.36, roof, door * 0.2)
    for column in (0.14, 0.68):
        for row in (0.84, 0.4):
            c.rect(x + width * column, y - height * row, width * 0.18, height * 0.22, pane, 2)


def facade(c: Canvas, x: float, y: float, width: float, height: float, wall: str, roof: str, pane: str = SUN) -> None:
    """A town house of the north with a stepped gable and rows of windows; x is its left side."""
    c.rect(x, y - height, width, height, wall)
    step = width / 7
    for i in range(1, 4):
        c.rect(x + step * i, y - height - step * 0.9 * i, width - 2 * step * i, step * 0.9 + 1, wall)
    c.rect(x, y - height - 3, width, 6, roof)
    for row in range(int(height // 70)):
        for column in range(3):
            c.rect(x + width * (0.14 + 0.28 * column), y - height + 22 + 70 * row, width * 0.16, 38, pane, 3)


def tree(c: Canvas, x: float, y: float, size: float, crown: str = GREEN, light: str = SAGE) -> None:
    """A round tree as high as `size`."""
    c.rect(x - size * 0.035, y - size * 0.5, size * 0.07, size * 0.5, WOOD)
    c.oval(x, y - size * 0.65, size * 0.29, size * 0.35, crown)
    c.oval(x - size * 0.09, y - size * 0.72, size * 0.13, size * 0.17, light)


def pine(c: Canvas, x: float, y: float, size: float, crown: str = DEEP) -> None:
    """An umbrella pine of the Atlantic coast."""
    c.poly([(x - size * 0.03, y), (x + size * 0.03, y), (x + size * 0.015, y - size * 0.8), (x, y - size * 0.8)], WOOD)
    c.oval(x, y - size * 0.78, size * 0.32, size * 0.13, crown)
    c.oval(x - size * 0.08, y - size * 0.88, size * 0.2, size * 0.1, crown)


def palm(c: Canvas, x: float, y: float, size: float, leaf: str = GREEN) -> None:
    """A palm that leans a little."""
    top = (x + size * 0.12, y - size * 0.72)
    c.line(curve((x, y), (x - size * 0.02, y - size * 0.4), top), WOOD, size * 0.05)
    for dx, dy in ((-0.42, 0.05), (-0.34, -0.2), (-0.12, -0.33), (0.14, -0.33), (0.35, -0.18), (0.42, 0.06)):
        end = (top[0] + dx * size, top[1] + dy * size + size * 0.08)
        bend = (top[0] + dx * size * 0.5, top[1] + dy * size - size * 0.12)
        spine = curve(top, bend, end, 12)
        back = curve(end, (bend[0], bend[1] + size * 0.13), top, 12)
        c.poly(spine + back, leaf)


def person(c: Canvas, x: float, y: float, size: float, number: int) -> None:
    """A standing figure seen from afar; `number` chooses coat and skin."""
    coat, skin = COATS[number % len(COATS)], SKINS[number * 3 % len(SKINS)]
    c.rect(x - size * 0.11, y - size * 0.36, size * 0.09, size * 0.36, INK)
    c.rect(x + size * 0.02, y - size * 0.36, size * 0.09, size * 0.36, INK)
    c.rect(x - size * 0.17, y - size * 0.76, size * 0.34, size * 0.48, coat, size * 0.13)
    c.disc(x, y - size * 0.88, size * 0.115, skin)
    c.pie(x, y - size * 0.89, size * 0.125, 175, 365, INK if number % 3 else WOOD)


def stall(c: Canvas, x: float, y: float, width: float, height: float, stripe: str) -> None:
    """A market stall with a striped awning and crates of fruit; x is its left side."""
    for post in (x + 6, x + width - 14):
        c.rect(post, y - height, 8, height, WOOD)
    counter = y - height * 0.36
    c.rect(x, counter, width, height * 0.36, SAND)
    c.rect(x, counter, width, 10, WOOD)
    count = 6
    crate = width / count
    for i in range(count):
        for j in range(3):
            c.disc(x + crate * i + crate * (0.25 + 0.25 * j), counter - 8, crate * 0.14, (TERRA, GREEN, OCHRE)[i % 3])
    band = width * 1.12 / 8
    for i in range(8):
        colour = stripe if i % 2 == 0 else WHITE
        left = x - width * 0.06 + band * i
        inner = x + width * 0.04 + width * 0.92 / 8 * i
        bottom = y - height * 0.74
        c.poly(
            [(inner, y - height), (inner + width * 0.92 / 8, y - height), (left + band, bottom), (left, bottom)], colour
        )
        c.pie(left + band / 2, bottom, band / 2, 0, 180, colour)


def garland(c: Canvas, start: Point, end: Point, sag: float, colours: Sequence[str], *, lamps: bool = False) -> None:
    """A string of pennants, or of round lamps, hung between two points."""
    middle = ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2 + sag * 2)
    string = curve(start, middle, end, 28)
    c.line(string, INK, 2)
    for i, (x, y) in enumerate(string[2:-1:2]):
        colour = colours[i % len(colours)]
        if lamps:
            c.oval(x, y + 15, 11, 13, colour)
            c.rect(x - 5, y, 10, 4, INK)
        else:
            c.poly([(x - 13, y), (x + 13, y), (x, y + 32)], colour)


def cloud(c: Canvas, x: float, y: float, size: float, fill: str = WHITE) -> None:
    """A flat cloud, `size` wide."""
    c.rect(x - size / 2, y - size * 0.1, size, size * 0.2, fill, size * 0.1)
    c.disc(x - size * 0.14, y - size * 0.08, size * 0.17, fill)
    c.disc(x + size * 0.13, y - size * 0.05, size * 0.13, fill)


def church(c: Canvas, x: float, y: float, size: float, wall: str = PAPER, roof: str = BRICK) -> None:
    """A village church with its steeple on the left."""
    c.rect(x, y - size * 0.42, size * 0.75, size * 0.42, wall)
    c.poly(
        [
            (x - 4, y - size * 0.42),
            (x + size * 0.12, y - size * 0.64),
            (x + size * 0.75, y - size * 0.64),
            (x + size * 0.8, y - size * 0.42),
        ],
        roof,
    )
    c.rect(x - size * 0.06, y - size * 0.8, size * 0.24, size * 0.8, wall)
    c.poly(
        [(x - size * 0.1, y - size * 0.8), (x + size * 0.06, y - size * 1.2), (x + size * 0.22, y - size * 0.8)], roof
    )
    c.rect(x + size * 0.02, y - size * 0.7, size * 0.08, size * 0.14, INK, size * 0.04)


def village(c: Canvas, x: float, y: float, size: float) -> None:
    """A cluster of small houses around a church, centred on x."""
    walls, roofs = (PAPER, ROSE, SAND, WHITE), (BRICK, TERRA, DEEP)
    church(c, x - size * 0.1, y - size * 0.08, size * 0.4)
    for i, (dx, high) in enumerate(((-0.5, 0.2), (-0.32, 0.26), (0.2, 0.27), (0.4, 0.21), (-0.12, 0.18), (0.06, 0.16))):
        house(c, x + dx * size, y, size * 0.19, size * high * 0.75, walls[i % 4], roofs[i % 3], OCHRE)


def shadow(c: Canvas, x: float, y: float, width: float, fill: str) -> None:
    """A flat shadow under a thing."""
    c.oval(x, y, width / 2, width * 0.04, fill)
