"""Scenes of country and road for the territories' cards, 1200 x 800 units."""

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
)


def garage(c: Canvas) -> None:
    """An open workshop lorry on a square planted with pines, near a town hall."""
    c.fade(SKY, PAPER, 520)
    c.disc(990, 140, 64, SUN)
    motifs.cloud(c, 520, 130, 200)
    c.rect(420, 270, 420, 250, WHITE)
    c.poly([(400, 272), (460, 200), (800, 200), (860, 272)], BRICK)
    c.rect(590, 130, 80, 130, WHITE)
    c.poly([(580, 132), (630, 84), (680, 132)], BRICK)
    c.disc(630, 172, 22, SAND)
    for i in range(5):
        c.rect(448 + i * 78, 310, 44, 74, SAGE, 4)
    c.rect(600, 410, 60, 110, DEEP, 8)
    c.wave(524, 6, 700, "#E3CF9F", 0.1)
    for x, size in ((110, 430), (270, 340), (1010, 400), (1130, 330)):
        motifs.pine(c, x, 560, size)
    c.oval(560, 716, 420, 26, "#CDB887")
    c.rect(240, 440, 470, 240, DEEP, 12)
    c.rect(290, 480, 330, 170, SUN, 6)
    c.poly([(270, 470), (640, 470), (690, 410), (220, 410)], OCHRE)
    for i in range(4):
        c.line([(330 + i * 76, 500), (330 + i * 76, 550)], INK, 8)
        c.disc(330 + i * 76, 500, 15, INK)
    c.rect(290, 600, 330, 16, WOOD)
    c.poly([(710, 500), (820, 500), (876, 590), (890, 680), (710, 680)], GREEN)
    c.poly([(736, 520), (808, 520), (846, 590), (736, 590)], SKY)
    for x in (340, 620, 800):
        c.disc(x, 690, 48, INK)
        c.disc(x, 690, 20, SAND)
    motifs.person(c, 180, 724, 200, 5)
    motifs.person(c, 980, 730, 196, 1)
    motifs.person(c, 1050, 734, 180, 9)


def terraces(c: Canvas) -> None:
    """Garden terraces with palms before a volcano."""
    c.fade("#F3C9A0", "#FBEBCB", 460)
    c.disc(260, 190, 76, SUN)
    c.poly([(380, 470), (640, 150), (690, 176), (750, 140), (1180, 470)], "#5E7F78")
    c.poly([(640, 150), (690, 176), (750, 140), (800, 184), (720, 226), (660, 206), (596, 204)], BRICK)
    motifs.cloud(c, 690, 110, 190, PAPER)
    c.wave(440, 26, 800, GREEN, 0.3)
    for i, colour in enumerate((SAGE, "#9DB56F", OCHRE, SAGE, DEEP)):
        level = 470 + i * 68
        c.wave(level, 18, 1500, colour, 0.15 + i * 0.07)
        for k in range(22):
            x = k * 58 + i % 2 * 28
            y = level + 36 - 18 * math.sin(2 * math.pi * (x / 1500 + 0.15 + i * 0.07))
            if i % 3 == 0:
                c.disc(x, y, 12, GREEN)
            elif i % 3 == 1:
                c.poly([(x - 10, y + 8), (x, y - 18), (x + 10, y + 8)], DEEP)
            else:
                c.disc(x, y, 11, TERRA)
    motifs.palm(c, 120, 640, 400, DEEP)
    motifs.palm(c, 1050, 620, 380, DEEP)
    motifs.palm(c, 960, 520, 220, GREEN)
    for i, x in enumerate((420, 560, 720)):
        motifs.person(c, x, 690 - i * 34, 130, i + 1)


def shared_garden(c: Canvas) -> None:
    """Terraced houses around a common garden, laundry between two trees."""
    c.fade(SKY, PAPER, 460)
    motifs.cloud(c, 230, 110, 190)
    motifs.cloud(c, 900, 90, 150)
    for i, (wall, roof) in enumerate(((ROSE, BRICK), (WHITE, DEEP), (OCHRE, BRICK), (SAND, TERRA), (SAGE, DEEP))):
        motifs.house(c, 60 + i * 218, 480, 206, 220 + i % 2 * 30, wall, roof, PAPER if i in (2, 4) else SUN)
    c.rect(0, 476, 1200, 324, "#9DBF8E")
    c.wave(560, 14, 900, "#88AF7B", 0.3)
    c.line(curve((600, 480), (540, 640), (640, 820)), SAND, 70)
    motifs.tree(c, 170, 660, 320, DEEP, GREEN)
    motifs.tree(c, 470, 640, 250, DEEP, GREEN)
    string = curve((176, 520), (330, 560), (462, 516))
    c.line(string, INK, 3)
    for i, (x, y) in enumerate(string[4:-3:4]):
        c.rect(x - 20, y, 42, 66 - i % 2 * 18, (WHITE, BRICK, SUN, WHITE, TERRA)[i % 5], 3)
    for row in range(3):
        c.rect(760, 580 + row * 62, 340, 42, "#8A6A44", 8)
        for k in range(8):
            x, y = 784 + k * 42, 590 + row * 62
            if row == 1:
                c.disc(x, y, 13, TERRA)
            else:
                c.disc(x, y, 16, GREEN if row else DEEP)
    for i, x in enumerate((620, 690, 1140)):
        motifs.person(c, x, 690 + i * 14, 150 - i * 8, i * 2 + 1)
    motifs.person(c, 560, 724, 96, 2)


def cargo_bike(c: Canvas) -> None:
    """A loaded cargo bike crosses a bridge before half-timbered houses."""
    c.fade("#F5DFB7", PAPER, 470)
    for i in range(6):
        x, top = 10 + i * 200, 190 + (i * 47) % 70
        c.rect(x, top, 186, 400, (WHITE, ROSE, PAPER, SAND, WHITE, MINT)[i])
        c.poly([(x - 12, top), (x + 93, top - 120), (x + 198, top)], BRICK if i % 2 else TERRA)
        for k in range(3):
            y = top + 12 + k * 96
            c.rect(x, y, 186, 8, WOOD)
            for column in (0, 60, 118, 178):
                c.rect(x + column, y, 8, 96, WOOD)
            c.line([(x + 6, y + 92), (x + 60, y + 8)], WOOD, 7)
            c.line([(x + 180, y + 92), (x + 126, y + 8)], WOOD, 7)
            c.rect(x + 74, y + 26, 38, 46, DEEP, 3)
    c.rect(0, 640, 1200, 160, BLUE)
    c.poly([(0, 560), *curve((0, 560), (600, 480), (1200, 560)), (1200, 800), (0, 800)], "#C9A77C")
    for x in (300, 900):
        c.pie(x, 800, 150, 180, 360, "#4E8389")
        c.rect(x - 150, 780, 300, 20, "#4E8389")
    c.line(curve((0, 566), (600, 486), (1200, 566)), SAND, 22)
    rear, front, y = 380, 800, 476
    for x in (rear, front):
        c.ring(x, y, 66, INK, 10)
        c.disc(x, y, 10, INK)
        for k in range(4):
            dx, dy = 60 * math.cos(k * 0.785), 60 * math.sin(k * 0.785)
            c.line([(x - dx, y - dy), (x + dx, y + dy)], "#6B7A7C", 2)
    c.line([(rear, y), (480, y), (440, 350), (rear, y)], BRICK, 10)
    c.line([(480, y), (560, 372), (440, 372)], BRICK, 10)
    c.line([(560, 372), (580, 440), (760, 440), (front, y)], BRICK, 10)
    c.line([(560, 380), (545, 310), (575, 300)], INK, 8)
    for i, (x, top) in enumerate(((588, 350), (672, 350), (630, 268))):
        c.rect(x, top, 80, 80, (OCHRE, DEEP, TERRA)[i], 6)
        c.rect(x + 8, top + 14, 64, 8, PAPER, 4)
    c.rect(412, 338, 70, 14, INK, 7)
    c.line([(446, 330), (500, 410), (486, 478)], INK, 24)
    c.line([(444, 330), (480, 226)], DEEP, 52)
    c.line([(480, 236), (520, 290), (562, 304)], DEEP, 18)
    c.disc(496, 168, 32, motifs.SKINS[2])
    c.pie(496, 164, 36, 170, 362, OCHRE)


def solar_roofs(c: Canvas) -> None:
    """Roofs covered with solar panels, a wind turbine, the sea on the horizon."""
    c.fade("#F8E4BC", PAPER, 380)
    c.disc(240, 180, 90, SUN)
    for k in range(12):
        angle = math.radians(30 * k)
        c.line(
            [
                (240 + 112 * math.cos(angle), 180 + 112 * math.sin(angle)),
                (240 + 140 * math.cos(angle), 180 + 140 * math.sin(angle)),
            ],
            SUN,
            8,
        )
    c.rect(0, 360, 1200, 160, BLUE)
    for i in range(9):
        c.rect((i * 271) % 1120, 378 + (i * 31) % 80, 90, 4, MINT, 2)
    c.poly([(560, 372), (640, 290), (640, 372)], WHITE)
    c.rect(560, 372, 96, 10, DEEP)
    c.wave(470, 26, 1100, SAGE, 0.2)
    c.wave(520, 18, 900, GREEN, 0.6)
    c.poly([(992, 560), (1008, 560), (1004, 180), (996, 180)], WHITE)
    for turn in (20, 140, 260):
        angle = math.radians(turn)
        tip = (1000 + 170 * math.cos(angle), 180 + 170 * math.sin(angle))
        side = (1000 + 40 * math.cos(angle + 0.35), 180 + 40 * math.sin(angle + 0.35))
        c.poly([(1000, 180), side, tip], WHITE)
    c.disc(1000, 180, 14, DEEP)
    for x, y, width, wall in ((60, 720, 300, PAPER), (430, 690, 270, ROSE), (760, 730, 320, WHITE)):
        c.rect(x, y - 150, width, 150, wall)
        c.poly([(x - 24, y - 146), (x + 40, y - 280), (x + width - 40, y - 280), (x + width + 24, y - 146)], INK)
        for row in range(2):
            top, bottom = y - 272 + row * 62, y - 216 + row * 62
            for k in range(4):
                corners = [(k, top), (k + 0.92, top), (k + 0.92, bottom), (k, bottom)]
                c.poly([(_on_roof(x, width, y, column, level), level) for column, level in corners], "#3F6E86")
                left, right = (_on_roof(x, width, y, column, top + 28) for column in (k, k + 0.92))
                c.line([(left, top + 28), (right, top + 28)], SKY, 2)
        c.rect(x + width * 0.42, y - 96, 52, 96, BRICK, 6)
        c.rect(x + 28, y - 110, 50, 54, SUN, 4)
        c.rect(x + width - 84, y - 110, 50, 54, SUN, 4)
    c.rect(0, 716, 1200, 84, DEEP)
    for i, x in enumerate((390, 730, 1130)):
        motifs.person(c, x, 764, 120, i)
    motifs.tree(c, 30, 730, 160, DEEP, SAGE)


def _on_roof(x: float, width: float, y: float, column: float, level: float) -> float:
    """Return the abscissa of column 0-4 at a height of a roof that widens towards its eaves."""
    spread = 28 - (level - y + 280) / 134 * 60
    return x + spread + (width - 2 * spread) * column / 3.92
