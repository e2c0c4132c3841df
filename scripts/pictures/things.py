"""Wide scenes of things and gatherings, 1200 x 600 units, and the covers of publications, 1200 x 800."""

from __future__ import annotations

import math

from scripts.pictures import motifs
from scripts.pictures.canvas import (
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
    SUN,
    TERRA,
    WHITE,
    WOOD,
    Canvas,
    curve,
)

_FRANCE = (
    (600, 60),
    (655, 95),
    (720, 130),
    (800, 165),
    (850, 180),
    (835, 250),
    (800, 300),
    (770, 330),
    (800, 370),
    (795, 430),
    (820, 480),
    (770, 520),
    (700, 515),
    (650, 505),
    (625, 545),
    (560, 540),
    (500, 520),
    (450, 495),
    (470, 420),
    (480, 350),
    (440, 300),
    (400, 265),
    (330, 255),
    (320, 220),
    (400, 205),
    (450, 205),
    (440, 160),
    (475, 165),
    (540, 150),
    (575, 110),
)


def hall(c: Canvas) -> None:
    """A round hall seen from the back: rows of people before a lit stage."""
    c.fade(NIGHT, DEEP, 600)
    c.poly([(430, 60), (770, 60), (950, 330), (250, 330)], "#2C6B63")
    c.rect(360, 90, 480, 170, PAPER, 8)
    c.pie(600, 260, 90, 180, 360, OCHRE)
    c.disc(470, 165, 34, BRICK)
    c.poly([(680, 260), (740, 130), (800, 260)], GREEN)
    c.oval(600, 330, 330, 34, SAND)
    for i, place in enumerate((480, 560, 640, 720)):
        motifs.person(c, place, 332, 120, i + 4)
    for row in range(4):
        count = 11 + row * 2
        size = 1 + row * 0.22
        for i in range(count):
            share = i / (count - 1) - 0.5
            x = 600 + share * (900 + row * 150)
            y = 425 + row * 52 - share * share * 190
            coat = motifs.COATS[(i * 2 + row * 3) % 7]
            c.rect(x - 28 * size, y, 56 * size, 90 * size, coat if coat != DEEP else SAGE, 20 * size)
            c.disc(x, y - 6 * size, 17 * size, (INK, WOOD, "#3A2A20", SAND)[(i + row * 2) % 4])
    for lamp in (430, 770):
        c.disc(lamp, 56, 16, SUN)


def coins(c: Canvas) -> None:
    """Five piles of coins, each higher than the last, and a sprout on the highest."""
    c.fade(MINT, PAPER, 470)
    c.rect(0, 470, 1200, 130, SAND)
    c.rect(0, 466, 1200, 8, OCHRE)
    for i, count in enumerate((2, 4, 6, 8, 10)):
        x = 210 + i * 195
        c.oval(x, 512, 86, 20, "#CFC09C")
        for k in range(count):
            y = 500 - k * 27
            c.oval(x, y, 76, 20, BRICK if i % 2 else DEEP)
            c.rect(x - 76, y - 17, 152, 17, BRICK if i % 2 else DEEP)
            c.oval(x, y - 17, 76, 20, TERRA if i % 2 else GREEN)
            c.oval(x, y - 18, 52, 12, OCHRE)
    top = (990, 222)
    c.line(curve(top, (984, 160), (1000, 92)), GREEN, 9)
    c.poly(curve((992, 150), (880, 150), (884, 78)) + curve((884, 78), (975, 70), (992, 150)), DEEP)
    c.poly(curve((998, 112), (1090, 120), (1098, 48)) + curve((1098, 48), (1010, 34), (998, 112)), GREEN)
    c.disc(190, 150, 60, SUN)
    for i in range(5):
        c.rect(300 + i * 62, 120 - i * 4, 40, 8, WHITE, 4)
    for i in range(4):
        c.rect(330 + i * 62, 158, 36, 8, WHITE, 4)


def route_sheet(c: Canvas) -> None:
    """A long unfolded sheet on a table: a dotted way through three boxes."""
    c.fade("#B98955", "#A87646", 600)
    for y in (130, 290, 450):
        c.rect(0, y, 1200, 3, WOOD)
    c.poly([(90, 130), (420, 96), (440, 486), (110, 524)], PAPER)
    c.poly([(420, 96), (770, 132), (790, 524), (440, 486)], WHITE)
    c.poly([(770, 132), (1100, 92), (1120, 480), (790, 524)], PAPER)
    way = (
        curve((170, 440), (260, 180), (400, 330))
        + curve((400, 330), (560, 520), (640, 300))
        + curve((640, 300), (720, 170), (890, 205))
    )
    for dot in way[::2]:
        c.disc(*dot, 6, BRICK)
    for x, y, colour in ((170, 410, SAGE), (560, 340, OCHRE), (940, 210, GREEN)):
        c.rect(x - 56, y - 46, 120, 92, colour, 14)
        c.line([(x - 24, y), (x - 2, y + 22), (x + 36, y - 22)], WHITE, 12)
    c.rect(940, 360, 130, 14, SAND, 7)
    c.rect(940, 390, 96, 14, SAND, 7)
    c.rect(150, 190, 150, 14, SAND, 7)
    c.rect(150, 220, 104, 14, SAND, 7)
    c.poly([(980, 556), (1150, 420), (1172, 446), (1002, 582)], BRICK)
    c.poly([(980, 556), (1002, 582), (958, 590)], SUN)
    c.disc(100, 556, 74, WHITE)
    c.disc(100, 556, 58, WOOD)


def map_of_members(c: Canvas) -> None:
    """A mosaic in the shape of France, strewn with pins."""
    c.fade(MINT, "#BFD6CB", 600)
    tints = (PAPER, SAND, WHITE, "#EFE3C4", ROSE, "#D9CFAE")
    for row in range(16):
        for column in range(20):
            x, y = 310 + column * 30, 50 + row * 33
            if _inside(x + 14, y + 14):
                c.rect(x, y, 27, 30, tints[(row * 7 + column * 5 + row * column) % 6], 5)
    for k in range(3):
        c.rect(880 + k % 2 * 6, 468 + k * 33, 27, 30, tints[k], 5)
    pins = (
        (600, 120),
        (520, 210),
        (610, 230),
        (400, 240),
        (760, 215),
        (700, 300),
        (520, 330),
        (590, 420),
        (720, 400),
        (540, 490),
        (690, 490),
        (780, 470),
        (480, 440),
        (660, 180),
        (640, 340),
    )
    for i, (x, y) in enumerate(pins):
        colour = (DEEP, BRICK, OCHRE)[i % 3]
        c.oval(x, y + 3, 10, 4, "#9DB5A8")
        c.poly([(x - 15, y - 34), (x + 15, y - 34), (x, y)], colour)
        c.disc(x, y - 38, 17, colour)
        c.disc(x, y - 38, 7, WHITE)
    for x, y, radius in ((130, 140, 60), (1050, 430, 84), (1090, 130, 40), (160, 470, 46)):
        c.ring(x, y, radius, WHITE, 5)
        c.ring(x, y, radius * 0.62, WHITE, 4)


def _inside(x: float, y: float) -> bool:
    odd = False
    for (x0, y0), (x1, y1) in zip(_FRANCE, _FRANCE[1:] + _FRANCE[:1], strict=True):
        if (y0 > y) != (y1 > y) and x < (x1 - x0) * (y - y0) / (y1 - y0) + x0:
            odd = not odd
    return odd


def _cover(c: Canvas, desk: str, sheet: str) -> None:
    """Lay a booklet on a desk; scenes draw between x 430-770 and y 90-710."""
    c.rect(0, 0, 1200, 800, desk)
    c.poly([(370, 82), (830, 82), (850, 760), (390, 760)], _darker(desk))
    c.rect(350, 60, 460, 680, sheet, 6)
    c.rect(350, 60, 22, 680, _darker(sheet))


def _darker(colour: str) -> str:
    return "#" + "".join(f"{int(int(colour[i : i + 2], 16) * 0.82):02X}" for i in (1, 3, 5))


def guide(c: Canvas) -> None:
    """A guide's cover: a basket, a pencil and a pair of scales on green."""
    _cover(c, SAND, DEEP)
    c.rect(410, 110, 220, 18, OCHRE, 9)
    c.rect(410, 146, 320, 18, PAPER, 9)
    c.line([(600, 250), (600, 400)], OCHRE, 12)
    c.line([(480, 280), (720, 250)], OCHRE, 10)
    for x, y in ((480, 280), (720, 250)):
        c.line([(x - 52, y + 90), (x, y), (x + 52, y + 90)], PAPER, 4)
        c.pie(x, y + 90, 60, 0, 180, TERRA)
    c.disc(600, 248, 16, SUN)
    for i in range(5):
        c.disc(500 + i * 44, 536 - i % 2 * 18, 34, (TERRA, SUN, SAGE)[i % 3])
    c.poly([(440, 550), (740, 550), (700, 690), (480, 690)], OCHRE)
    for k in range(3):
        c.rect(452 + k * 10, 576 + k * 36, 276 - k * 20, 10, WOOD)
    c.line(curve((450, 552), (590, 380), (730, 552)), WOOD, 11)
    c.poly([(900, 180), (950, 196), (868, 560), (818, 544)], BRICK)
    c.poly([(818, 544), (868, 560), (824, 616)], PAPER)
    c.poly([(826, 588), (842, 594), (824, 616)], INK)


def parcels(c: Canvas) -> None:
    """The cover of RepèrESS: fields seen from the sky, one marked with a red pin."""
    _cover(c, DEEP, PAPER)
    c.rect(410, 104, 260, 20, BRICK, 9)
    c.rect(410, 140, 180, 14, INK, 7)
    tints = (SAGE, OCHRE, MINT, GREEN, SUN, SAND, "#B9C98A", ROSE)
    xs = ((400, 500, 610, 780), (400, 560, 660, 780), (400, 480, 640, 780), (400, 540, 700, 780))
    for row, edges in enumerate(xs):
        for i in range(3):
            left, right = edges[i], edges[i + 1]
            c.rect(left, 200 + row * 128, right - left - 6, 122, tints[(row * 3 + i * 2) % 8])
            if (row + i) % 2:
                for k in range(1, 5):
                    c.line([(left + 8, 200 + row * 128 + k * 24), (right - 14, 200 + row * 128 + k * 24)], WHITE, 2)
    c.line(curve((400, 420), (560, 520), (660, 440)) + curve((660, 440), (730, 390), (774, 470)), "#86B4B8", 16)
    c.oval(620, 520, 22, 8, GREEN)
    c.poly([(578, 430), (662, 430), (620, 520)], BRICK)
    c.disc(620, 416, 45, BRICK)
    c.disc(620, 416, 18, WHITE)
    for x in (140, 1040):
        for k in range(5):
            c.ring(x, 400, 40 + k * 34, "#1D6059", 4)


def kit(c: Canvas) -> None:
    """The kit's cover: a compass on an open notebook, on ochre."""
    c.rect(0, 0, 1200, 800, OCHRE)
    for k in range(7):
        c.ring(600, 400, 380 + k * 60, "#E0AE4E", 6)
    c.poly([(224, 190), (980, 190), (1000, 650), (204, 650)], "#B5842A")
    c.poly([(210, 170), (600, 190), (600, 640), (190, 620)], WHITE)
    c.poly([(600, 190), (990, 170), (1010, 620), (600, 640)], PAPER)
    for k in range(9):
        c.line([(250, 230 + k * 40), (550, 238 + k * 40)], SAND, 4)
        c.line([(650, 238 + k * 40), (950, 230 + k * 40)], SAND, 4)
    c.rect(594, 190, 12, 450, SAND)
    c.poly([(840, 172), (890, 170), (890, 290), (865, 262), (840, 290)], BRICK)
    c.disc(600, 410, 176, INK)
    c.disc(600, 410, 160, DEEP)
    c.disc(600, 410, 132, PAPER)
    for i in range(24):
        angle = math.radians(15 * i)
        inner = 104 if i % 6 == 0 else 116
        c.line(
            [
                (600 + inner * math.cos(angle), 410 + inner * math.sin(angle)),
                (600 + 124 * math.cos(angle), 410 + 124 * math.sin(angle)),
            ],
            INK,
            6 if i % 6 == 0 else 3,
        )
    c.poly([(660, 320), (622, 432), (578, 388)], BRICK)
    c.poly([(540, 500), (578, 388), (622, 432)], SAGE)
    c.disc(600, 410, 14, INK)
