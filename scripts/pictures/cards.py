"""Scenes of town for the territories' cards, 1200 x 800 units."""

from __future__ import annotations

import math

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


def canteen(c: Canvas) -> None:
    """A laid table seen from above: plates, a steaming dish, bread."""
    c.rect(0, 0, 1200, 800, "#B9C9B5")
    for i in range(-8, 14):
        c.poly([(i * 100, 0), (i * 100 + 50, 0), (i * 100 + 250, 800), (i * 100 + 200, 800)], "#B1C3AE")
    c.rect(90, 150, 1020, 500, "#C98F5A", 60)
    for y in (270, 390, 510):
        c.rect(90, y, 1020, 4, "#B67C48")
    food = (TERRA, GREEN, OCHRE, SAGE, BRICK, SUN)
    for i in range(8):
        x, y = 220 + i % 4 * 254, 250 if i < 4 else 550
        c.disc(x, y, 84, "#A66C3B")
        c.disc(x - 4, y - 6, 84, WHITE)
        c.disc(x - 4, y - 6, 60, PAPER)
        c.pie(x - 4, y - 6, 48, 20 + i * 40, 170 + i * 40, food[i % 6])
        c.pie(x - 4, y - 6, 48, 170 + i * 40, 300 + i * 40, food[(i + 2) % 6])
        c.rect(x - 112, y - 50, 8, 92, SAND, 4)
        c.rect(x + 98, y - 50, 8, 92, SAND, 4)
    c.disc(600, 400, 112, INK)
    c.disc(600, 400, 94, BRICK)
    for i in range(11):
        angle = math.radians(i * 33)
        c.disc(
            600 + (22 + i * 5) * math.cos(angle), 400 + (22 + i * 5) * math.sin(angle), 15, (SUN, SAGE, OCHRE)[i % 3]
        )
    for x in (570, 610, 650):
        c.line(curve((x, 350), (x - 34, 310), (x, 276)) + curve((x, 276), (x + 30, 244), (x, 210)), WHITE, 8)
    c.oval(330, 402, 96, 40, OCHRE)
    for k in range(4):
        c.line([(272 + k * 36, 384), (290 + k * 36, 420)], BRICK, 6)
    c.disc(870, 400, 44, DEEP)
    c.disc(870, 400, 32, "#BFD9DC")
    c.disc(960, 420, 26, WHITE)
    c.disc(960, 420, 18, BRICK)
    for i in range(4):
        for y, turn in ((70, 0), (732, 180)):
            c.rect(160 + i * 254, y - 46, 120, 92, (DEEP, OCHRE, BRICK, GREEN)[(i + turn // 90) % 4], 40)


def sawtooth_hall(c: Canvas) -> None:
    """A brick hall with a sawtooth roof, doors open, by the water."""
    c.fade("#F4DDB0", PAPER, 520)
    c.disc(210, 170, 80, SUN)
    c.poly([(930, 500), (930, 150), (960, 150), (1120, 90), (1124, 104), (970, 170), (970, 500)], OCHRE)
    c.line([(1100, 100), (1100, 220)], INK, 4)
    for i in range(5):
        x = 130 + i * 170
        c.poly([(x, 380), (x, 250), (x + 170, 330), (x + 170, 380)], TERRA)
        c.poly([(x, 380), (x, 262), (x + 26, 274), (x + 26, 380)], SKY)
    c.rect(130, 340, 850, 220, BRICK)
    for row in range(6):
        for k in range(14):
            c.rect(136 + k * 60 + row % 2 * 28, 352 + row * 36, 30, 7, "#B4532A")
    for i in range(4):
        x = 176 + i * 206
        c.rect(x, 400, 136, 160, SUN, 0)
        c.pie(x + 68, 402, 68, 180, 360, SUN)
        c.rect(x + 64, 340, 8, 220, INK)
        c.rect(x - 34, 400, 36, 160, DEEP)
        c.rect(x + 136, 400, 36, 160, DEEP)
    c.rect(0, 556, 1200, 46, SAND)
    for i, x in enumerate((110, 250, 460, 500, 700, 860, 1040)):
        motifs.person(c, x, 594, 104 - i % 2 * 10, i)
    c.rect(0, 600, 1200, 200, BLUE)
    for i in range(14):
        c.rect((i * 217) % 1150, 628 + (i * 47) % 150, 110, 6, MINT if i % 2 else "#5B8D92", 3)
    c.poly([(760, 660), (1040, 660), (1000, 724), (800, 724)], DEEP)
    c.rect(850, 612, 100, 50, PAPER, 8)
    motifs.tree(c, 60, 560, 210)
    motifs.tree(c, 1130, 560, 170)


def winter_market(c: Canvas) -> None:
    """Striped stalls in the evening before stepped gables."""
    c.fade(NIGHT, "#3C6A66", 560)
    for i in range(24):
        c.disc(scatter(i, 1200, 0.7549), scatter(i, 300, 0.5698), 3 + i % 2, WHITE)
    walls = (BRICK, OCHRE, TERRA, SAGE, BRICK, SAND, TERRA)
    for i, wall in enumerate(walls):
        motifs.facade(c, i * 172 - 6, 560, 168, 270 + (i * 61) % 100, wall, INK, SUN)
    c.rect(0, 556, 1200, 244, "#24514E")
    motifs.garland(c, (0, 330), (600, 350), 36, (SUN, WHITE, ROSE), lamps=True)
    motifs.garland(c, (600, 350), (1200, 320), 36, (SUN, ROSE, WHITE), lamps=True)
    for i, x in enumerate((70, 460, 850)):
        c.oval(x + 140, 690, 190, 24, "#1B423F")
        motifs.stall(c, x, 690, 280, 250, (BRICK, DEEP, OCHRE)[i])
    for i, x in enumerate((390, 434, 790, 1160, 36, 610, 240)):
        motifs.person(c, x, 744 + i % 3 * 14, 168 - i % 2 * 36, i + 5)


def reuse(c: Canvas) -> None:
    """Racks with salvaged doors, windows, beams and tiles."""
    c.rect(0, 0, 1200, 800, SAND)
    c.rect(0, 660, 1200, 140, "#C8B58E")
    for i in range(6):
        colour = (DEEP, BRICK, OCHRE, SAGE, TERRA, GREEN)[i]
        x = 60 + i * 88
        c.rect(x, 250 - i % 2 * 24, 78, 420 + i % 2 * 24, colour, 4)
        for y in (280, 450):
            c.rect(x + 14, y, 50, 130, PAPER if i % 3 == 1 else _shade(colour), 4)
        c.disc(x + 66, 470, 6, SUN)
    c.rect(40, 660, 560, 16, WOOD)
    for y in (230, 400, 560):
        c.rect(650, y, 500, 14, WOOD)
    for x in (650, 1136):
        c.rect(x, 130, 14, 546, WOOD)
    for i in range(3):
        x = 680 + i * 152
        c.rect(x, 108, 126, 122, (WHITE, DEEP, BRICK)[i])
        for k in range(4):
            c.rect(x + 12 + k % 2 * 54, 120 + k // 2 * 54, 48, 46, SKY)
    for i in range(12):
        x = 680 + i % 6 * 76
        c.rect(x, 300 + i // 6 * 50, 68, 46, (OCHRE, MINT, TERRA, SAGE)[i % 4])
        c.pie(x, 346 + i // 6 * 50, 46, 270, 360, WHITE)
    for row in range(3):
        for i in range(4 - row):
            x = 700 + i * 104 + row * 52
            c.rect(x, 520 - row * 36, 100, 36, "#A56A3C")
            c.disc(x + 16, 538 - row * 36, 12, "#C98F5A")
    for i in range(4):
        c.line([(720 + i * 110, 572), (720 + i * 110, 606)], INK, 4)
        c.pie(720 + i * 110, 644, 40, 180, 360, (BRICK, SUN, DEEP, TERRA)[i])
    motifs.person(c, 600, 740, 260, 3)
    motifs.person(c, 900, 752, 250, 7)
    c.rect(640, 610, 240, 20, "#A56A3C", 4)


def _shade(colour: str) -> str:
    return "#" + "".join(f"{int(int(colour[i : i + 2], 16) * 0.8):02X}" for i in (1, 3, 5))


def sports(c: Canvas) -> None:
    """Skis, a ball and rackets against a wall, mountains in the window."""
    c.rect(0, 0, 1200, 800, "#E7CFA4")
    c.rect(0, 640, 1200, 160, "#B07A48")
    for x in range(0, 1200, 150):
        c.rect(x, 640, 4, 160, "#9C6838")
    c.rect(0, 630, 1200, 14, PAPER)
    c.rect(610, 90, 480, 340, WHITE, 8)
    c.rect(632, 112, 436, 296, "#BFD9DC")
    c.poly([(632, 408), (632, 330), (730, 210), (790, 270), (880, 150), (1000, 290), (1068, 240), (1068, 408)], DEEP)
    c.poly([(880, 150), (916, 192), (890, 206), (868, 192), (846, 206)], WHITE)
    c.poly([(730, 210), (760, 240), (732, 250), (706, 240)], WHITE)
    c.poly([(632, 408), (740, 350), (880, 390), (1068, 340), (1068, 408)], GREEN)
    c.rect(844, 112, 12, 296, WHITE)
    c.rect(590, 424, 520, 20, WOOD)
    for x, colour in ((170, BRICK), (236, BRICK), (310, OCHRE)):
        c.line([(x, 690), *curve((x + 34, 170), (x + 40, 100), (x + 70, 76), 60)], colour, 28)
        c.rect(x + 4, 400, 34, 70, INK, 8)
    for x in (380, 410):
        c.line([(x, 690), (x + 30, 270)], INK, 7)
        c.ring(x + 2, 660, 18, INK, 4)
    for x, turn, colour in ((560, -0.25, DEEP), (660, 0.3, BRICK)):
        top = (x + 190 * math.sin(turn), 690 - 190 * math.cos(turn))
        c.line([(x, 690), top], INK, 14)
        head = (x + 262 * math.sin(turn), 690 - 262 * math.cos(turn))
        c.disc(*head, 76, colour)
        c.disc(*head, 62, PAPER)
        for k in range(-3, 4):
            half = math.sqrt(62**2 - (k * 16) ** 2)
            c.line([(head[0] + k * 16, head[1] - half), (head[0] + k * 16, head[1] + half)], SAGE, 2)
            c.line([(head[0] - half, head[1] + k * 16), (head[0] + half, head[1] + k * 16)], SAGE, 2)
    c.oval(900, 722, 110, 14, "#8F5E31")
    c.disc(900, 622, 100, TERRA)
    c.ring(900, 622, 100, INK, 6)
    c.line([(900, 524), (900, 720)], INK, 6)
    c.line(curve((824, 556), (900, 622), (824, 690)), INK, 6)
    c.line(curve((976, 556), (900, 622), (976, 690)), INK, 6)
    c.disc(1050, 684, 36, SUN)
    c.line(curve((1022, 664), (1054, 684), (1030, 712)), WHITE, 5)
    c.rect(1110, 560, 60, 140, SAGE, 10)
    c.disc(1140, 560, 22, NIGHT)
