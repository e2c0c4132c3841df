"""Wide scenes of places, 1200 x 600 units: valleys, squares, bridges."""

from __future__ import annotations

import math
from itertools import pairwise

from scripts.pictures import motifs
from scripts.pictures.canvas import (
    BLUE,
    BRICK,
    DEEP,
    GREEN,
    INK,
    MINT,
    NIGHT,
    OCHRE,
    PAPER,
    ROSE,
    SAGE,
    SAND,
    SKY,
    SUN,
    TERRA,
    WHITE,
    WOOD,
    Canvas,
    curve,
    scatter,
)


def valley(c: Canvas) -> None:
    """Patchwork fields, a village around its steeple, a winding road."""
    c.fade("#F3D9A6", PAPER, 330)
    c.disc(930, 150, 70, SUN)
    c.wave(250, 46, 900, SAGE, 0.1)
    c.wave(300, 36, 760, "#6FA08C", 0.55)
    c.wave(345, 22, 1300, GREEN, 0.2)
    colours = (OCHRE, SAGE, SAND, TERRA, MINT, "#B9C98A", SUN, GREEN)
    for row in range(4):
        top, bottom = 350 + row * row * 16 + row * 18, 350 + (row + 1) ** 2 * 16 + (row + 1) * 18
        for i in range(-1, 7):
            width = 210 + row * 40
            left = i * width - row * 70
            skew = -34
            field = [(left, top), (left + width, top), (left + width + skew, bottom), (left + skew, bottom)]
            c.poly(field, colours[(i * 3 + row * 5) % len(colours)])
            if (i + row) % 3 == 0:
                for k in range(1, 6):
                    shift = width * k / 6
                    c.line([(left + shift, top + 3), (left + shift + skew, bottom - 3)], DEEP, 2)
    road = curve((760, 620), (380, 520), (560, 460)) + curve((560, 460), (760, 420), (640, 362))
    c.line(road, PAPER, 26)
    motifs.village(c, 640, 366, 300)
    for x, y, size in (
        (130, 420, 90),
        (190, 428, 70),
        (1010, 430, 96),
        (1080, 440, 76),
        (930, 520, 120),
        (300, 560, 130),
    ):
        motifs.tree(c, x, y, size, DEEP, GREEN)
    motifs.cloud(c, 250, 130, 180)
    motifs.cloud(c, 560, 90, 120)


def climb(c: Canvas) -> None:
    """A path marked by four flags, up to a village on a hill."""
    c.fade(SKY, PAPER, 420)
    c.disc(210, 150, 64, SUN)
    c.wave(420, 50, 1000, MINT, 0.4)
    c.wave(470, 40, 800, SAGE, 0.1)
    c.poly(
        [
            (330, 600),
            *curve((330, 600), (820, 560), (900, 220)),
            *curve((900, 220), (1010, 190), (1200, 330)),
            (1200, 600),
        ],
        GREEN,
    )
    motifs.village(c, 965, 232, 250)
    path = (
        curve((180, 600), (560, 560), (640, 500))
        + curve((640, 500), (960, 470), (820, 400))
        + curve((820, 400), (760, 330), (930, 240))
    )
    c.line(path, DEEP, 24)
    c.line(path, PAPER, 16)
    for (x, y), colour in zip(
        ((300, 572), (640, 500), (870, 437), (838, 322)), (BRICK, OCHRE, TERRA, SUN), strict=True
    ):
        c.line([(x, y), (x, y - 84)], INK, 5)
        c.poly([(x + 2, y - 84), (x + 62, y - 66), (x + 2, y - 46)], colour)
    for i, x in enumerate((246, 276)):
        motifs.person(c, x - 40, 594, 84 - i * 6, i * 2 + 1)
    for x, y, size in (
        (1090, 420, 120),
        (1150, 470, 140),
        (1020, 520, 150),
        (480, 470, 70),
        (90, 470, 90),
        (720, 590, 90),
    ):
        motifs.tree(c, x, y, size, DEEP, SAGE)
    motifs.cloud(c, 520, 130, 190)


def square(c: Canvas) -> None:
    """A village square in celebration: pennants between the houses, stalls below."""
    c.fade("#F7E3B8", PAPER, 460)
    walls = ((ROSE, BRICK), (WHITE, DEEP), (SAND, TERRA), (MINT, BRICK), (ROSE, DEEP), (WHITE, TERRA))
    for i, (wall, roof) in enumerate(walls):
        motifs.house(c, 14 + i * 200, 450, 176, 210 + (i * 37) % 60, wall, roof, OCHRE if i % 2 else SAGE)
    c.rect(0, 448, 1200, 152, SAND)
    for i in range(9):
        c.poly([(i * 150 - 30, 600), (i * 150 + 20, 600), (i * 134 + 70, 448), (i * 134 + 50, 448)], "#E1D2B2")
    colours = (BRICK, OCHRE, DEEP, WHITE, TERRA, GREEN)
    for start, end, sag in (((0, 120), (420, 150), 46), ((420, 150), (830, 120), 50), ((830, 120), (1200, 150), 44)):
        motifs.garland(c, start, end, sag, colours)
    for i, x in enumerate((90, 500, 890)):
        motifs.stall(c, x, 556, 220, 190, (BRICK, DEEP, OCHRE)[i])
    for i, x in enumerate((372, 412, 456, 770, 812, 1150, 40)):
        motifs.person(c, x, 574 + i % 3 * 7, 118 - i % 2 * 22, i)


def street(c: Canvas) -> None:
    """Four houses of different colours linked by lamps, at dusk."""
    c.fade(NIGHT, "#3B6C69", 500)
    c.disc(600, 110, 46, SUN)
    for x, y in ((120, 70), (300, 120), (450, 60), (760, 90), (870, 50), (1120, 70), (60, 180)):
        c.star(x, y, 7, SUN)
    for i, (wall, roof) in enumerate(((TERRA, INK), (OCHRE, DEEP), (PAPER, BRICK), (SAGE, INK))):
        motifs.house(c, 70 + i * 280, 500, 216, 200 + i % 2 * 40, wall, roof, SUN)
    c.rect(0, 498, 1200, 102, DEEP)
    c.rect(0, 498, 1200, 8, GREEN)
    for left in (178, 458, 738):
        motifs.garland(c, (left, 262), (left + 280, 262), 34, (SUN, ROSE, WHITE, TERRA), lamps=True)
    for i, x in enumerate((180, 440, 500, 720, 990, 1040)):
        motifs.person(c, x, 570, 92, i + (2 if i % 2 else 1))


def islands(c: Canvas) -> None:
    """Coloured islands joined by bridges, under a ring of twelve stars."""
    c.fade("#C6DCD8", "#8FB9B8", 600)
    for i in range(12):
        angle = math.radians(30 * i)
        c.star(600 + 170 * math.cos(angle), 170 + 120 * math.sin(angle), 19, OCHRE)
    spots = ((140, 430, SAGE), (370, 470, OCHRE), (600, 430, ROSE), (830, 470, TERRA), (1060, 430, GREEN))
    for (x0, y0, _), (x1, y1, _) in pairwise(spots):
        arch = curve((x0 + 60, y0 + 14), ((x0 + x1) / 2, (y0 + y1) / 2 - 90), (x1 - 60, y1 + 14))
        for x, y in arch[3:-3:3]:
            c.line([(x, y), (x, (y0 + y1) / 2 + 34)], PAPER, 5)
        c.line(arch, INK, 15)
        c.line(arch, PAPER, 9)
    for i, (x, y, colour) in enumerate(spots):
        c.oval(x, y + 32, 98, 44, DEEP)
        c.oval(x, y + 16, 98, 42, colour)
        for k in (-1, 0, 1):
            wall, roof = (PAPER, WHITE, SAND)[k], (BRICK, DEEP)[(i + k) % 2]
            motifs.house(c, x + k * 46 - 21, y + 14, 40, 52 + (i + k) % 3 * 18, wall, roof, OCHRE)
        motifs.tree(c, x + 72, y + 28, 58, DEEP, GREEN)
    for i in range(12):
        x, y = scatter(i, 1120, 0.7549), 530 + scatter(i, 60, 0.5698)
        c.line([(x, y), (x + 60, y)], WHITE, 3)


def viaduct(c: Canvas) -> None:
    """A train on a viaduct between two towns, at sunrise."""
    c.fade("#F2B88C", "#F9E9C8", 420)
    c.disc(600, 300, 110, SUN)
    c.wave(400, 40, 700, ROSE, 0.3)
    c.wave(450, 30, 900, SAGE, 0.7)
    for i in range(4):
        motifs.facade(c, -20 + i * 66, 380, 62, 150 + (i * 53) % 90, (BRICK, OCHRE, DEEP, TERRA)[i], INK)
    for i in range(4):
        motifs.house(
            c, 930 + i * 72, 380, 68, 110 + (i * 41) % 70, (PAPER, WHITE, SAND, ROSE)[i], (DEEP, BRICK)[i % 2], OCHRE
        )
    c.rect(1040, 130, 34, 250, PAPER)
    c.pie(1057, 132, 26, 180, 360, DEEP)
    c.rect(0, 378, 1200, 222, PAPER)
    for x in range(-50, 1200, 132):
        c.rect(x, 470, 104, 130, SAGE)
        c.pie(x + 52, 471, 52, 180, 360, SAGE)
    c.rect(0, 402, 1200, 6, SAND)
    c.wave(560, 12, 500, BLUE, 0.1)
    for i, x in enumerate((360, 520, 680)):
        c.rect(x, 312, 152, 58, DEEP if i < 2 else BRICK, 12)
        c.rect(x, 346, 152, 8, OCHRE)
        for k in range(4):
            c.rect(x + 14 + k * 34, 324, 22, 18, SUN, 3)
        c.disc(x + 34, 372, 9, INK)
        c.disc(x + 118, 372, 9, INK)
    c.rect(0, 378, 1200, 5, WOOD)


def town_hall(c: Canvas) -> None:
    """A town hall under a starry sky, coloured flags at its windows."""
    c.fade(NIGHT, "#2F6360", 520)
    for i in range(26):
        c.star(scatter(i, 1200, 0.7549), 14 + scatter(i, 230, 0.5698), 5 + i % 3 * 3, SUN)
    c.rect(0, 510, 1200, 90, DEEP)
    c.rect(200, 270, 800, 240, SAND)
    c.poly([(180, 270), (240, 200), (960, 200), (1020, 270)], BRICK)
    c.rect(540, 90, 120, 200, PAPER)
    c.poly([(526, 92), (600, 22), (674, 92)], DEEP)
    c.disc(600, 150, 36, WHITE)
    c.ring(600, 150, 36, INK, 5)
    c.line([(600, 150), (600, 126)], INK, 5)
    c.line([(600, 150), (618, 158)], INK, 5)
    colours = (BRICK, OCHRE, GREEN, TERRA, BLUE, DEEP)
    for i in range(8):
        x = 236 + i * 98
        c.rect(x, 310, 42, 74, SUN, 18)
        c.line([(x + 48, 388), (x + 66, 330)], WOOD, 4)
        c.poly([(x + 66, 330), (x + 92, 344), (x + 84, 384), (x + 56, 366)], colours[i % 6])
    for i in range(9):
        c.rect(228 + i * 92, 412, 14, 98, PAPER)
        if i < 8:
            c.rect(252 + i * 92, 424, 58, 86, SUN if i == 4 else "#C9B98F", 26)
    c.rect(180, 504, 840, 16, PAPER)
    for i, x in enumerate((130, 330, 470, 640, 760, 1080)):
        motifs.person(c, x, 570 + i % 2 * 8, 96, i + 1)
    motifs.tree(c, 80, 530, 190, GREEN, SAGE)
    motifs.tree(c, 1120, 530, 190, GREEN, SAGE)


def mural(c: Canvas) -> None:
    """People before a large mural, under autumn trees."""
    c.fade("#F6E2BC", PAPER, 520)
    c.rect(150, 110, 900, 330, WHITE, 6)
    pieces = (DEEP, OCHRE, BRICK, SAGE, ROSE, GREEN, SUN, TERRA, MINT)
    for i in range(9):
        for j in range(3):
            x, y, kind = 170 + i * 96, 128 + j * 100, (i * 2 + j * 3) % 4
            colour, other = pieces[(i * 4 + j * 7) % 9], pieces[(i * 2 + j * 5 + 3) % 9]
            c.rect(x, y, 90, 94, other)
            if kind == 0:
                c.disc(x + 45, y + 47, 38, colour)
            elif kind == 1:
                c.poly([(x, y + 94), (x + 45, y + 6), (x + 90, y + 94)], colour)
            elif kind == 2:
                c.pie(x, y + 94, 90, 270, 360, colour)
            else:
                for k in range(3):
                    c.rect(x, y + 8 + k * 30, 90, 15, colour)
    c.wave(500, 8, 900, "#C9A25E", 0.2)
    for x, size, crown in ((70, 380, BRICK), (1130, 400, OCHRE), (1010, 250, TERRA), (180, 240, OCHRE)):
        motifs.tree(c, x, 520, size, crown, SUN)
    for i, x in enumerate((300, 352, 430, 560, 610, 700, 790, 842, 930)):
        motifs.person(c, x, 560 + i % 3 * 10, 150 - i % 2 * 14, i)
    for i in range(26):
        c.oval(scatter(i, 1200, 0.7549), 526 + scatter(i, 66, 0.5698), 9, 5, (BRICK, OCHRE, TERRA)[i % 3])
