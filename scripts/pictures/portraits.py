"""Flat portraits of people who do not exist, 400 x 400 units."""

from __future__ import annotations

from scripts.pictures.canvas import BRICK, DEEP, INK, MINT, OCHRE, PAPER, ROSE, SAND, TERRA, WHITE, Canvas, curve


def _bust(c: Canvas, skin: str, shade: str, coat: str) -> None:
    c.rect(70, 300, 260, 140, coat, 80)
    c.rect(168, 250, 64, 86, shade)
    c.pie(200, 312, 52, 0, 180, skin)
    c.oval(200, 196, 72, 88, skin)


def _face(c: Canvas, shade: str, hair: str, lip: str) -> None:
    for x in (172, 228):
        c.oval(x, 192, 7, 8, INK)
        c.line(curve((x - 17, 172), (x, 162), (x + 17, 172)), hair, 6)
    c.line(curve((200, 194), (192, 222), (204, 224)), shade, 5)
    c.line(curve((176, 246), (200, 262), (224, 246)), lip, 7)


def vasseur(c: Canvas) -> None:
    """Brown curls, a green jacket."""
    hair, skin, shade = "#3B2418", "#A86F4B", "#935C3B"
    c.rect(0, 0, 400, 400, SAND)
    c.disc(200, 210, 176, OCHRE)
    for x, y, radius in (
        (112, 190, 52),
        (288, 190, 52),
        (116, 250, 48),
        (284, 250, 48),
        (140, 130, 58),
        (260, 130, 58),
        (200, 104, 64),
    ):
        c.disc(x, y, radius, hair)
    _bust(c, skin, shade, DEEP)
    for x, y, radius in ((152, 118, 34), (200, 108, 36), (248, 118, 34)):
        c.disc(x, y, radius, hair)
    _face(c, shade, hair, BRICK)
    c.poly([(148, 312), (252, 312), (200, 384)], PAPER)
    c.pie(200, 306, 36, 0, 180, skin)
    for side in (-1, 1):
        c.poly([(200 + side * 30, 298), (200 + side * 72, 300), (200 + side * 62, 350), (200, 392)], "#0B3E3A")
    c.disc(128, 240, 8, OCHRE)
    c.disc(272, 240, 8, OCHRE)


def arquetout(c: Canvas) -> None:
    """Short silver hair, round glasses."""
    hair, skin, shade = "#C9CCC6", "#F0CBA8", "#DDB08C"
    c.rect(0, 0, 400, 400, MINT)
    c.disc(200, 210, 176, "#9CC0AB")
    c.oval(200, 164, 92, 98, hair)
    _bust(c, skin, shade, BRICK)
    c.poly(
        curve((118, 196), (130, 150), (232, 132))
        + curve((232, 132), (272, 150), (284, 196))
        + curve((284, 196), (290, 70), (200, 74))
        + curve((200, 74), (110, 70), (118, 196)),
        hair,
    )
    _face(c, shade, "#9A9D97", TERRA)
    for x in (170, 230):
        c.ring(x, 192, 27, INK, 5)
    c.line([(196, 188), (204, 188)], INK, 5)
    c.line([(144, 188), (128, 182)], INK, 5)
    c.line([(256, 188), (272, 182)], INK, 5)
    for i in range(7):
        c.disc(140 + i * 20, 318 + (18, 26, 31, 33, 31, 26, 18)[i], 7, WHITE)


def benhalima(c: Canvas) -> None:
    """A short beard, an ochre pullover."""
    hair, skin, shade = "#2A1D17", "#C98F6B", "#B27954"
    c.rect(0, 0, 400, 400, ROSE)
    c.disc(200, 210, 176, TERRA)
    for x in (127, 273):
        c.oval(x, 202, 12, 20, shade)
    _bust(c, skin, shade, OCHRE)
    c.rect(140, 306, 120, 70, OCHRE)
    c.rect(146, 290, 108, 34, "#B98529", 17)
    for i in range(5):
        c.rect(86, 346 + i * 14, 228, 4, "#C8932F", 2)
    c.pie(200, 206, 74, 0, 180, hair)
    c.oval(200, 258, 54, 34, hair)
    c.oval(200, 208, 58, 46, skin)
    c.oval(200, 240, 38, 14, hair)
    c.poly(
        curve((126, 206), (118, 84), (204, 84))
        + curve((204, 84), (284, 84), (274, 206))
        + curve((262, 176), (262, 142), (214, 140))
        + curve((214, 140), (140, 138), (138, 176)),
        hair,
    )
    _face(c, shade, hair, "#D98A6A")
