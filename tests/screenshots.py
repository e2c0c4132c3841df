"""The pictures of the documentation: `python -m tests.screenshots` (`make screenshots`) writes all of docs/images.

`tests/test_screenshots.py` draws them again and compares. Every page of the Studio in every state, to look at and not
kept: `python -m tests.web.studio.look DIR`.
"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page

from newsletter.actions.letters.editions import SAMPLE_ADDRESS, edition, personal
from newsletter.actions.people import directory
from newsletter.actions.sending import mailings
from newsletter.actions.sending.approval import approve_issue
from newsletter.actions.sending.deliveries import deliver_mailing
from newsletter.actions.workspace import Workspace
from newsletter.filters import PersonFilter
from tests.browser import chromium, letter_page
from tests.conftest import ROOT
from tests.web.studio import stage
from tests.web.studio.stage import ISSUE, KEY, Stage

OUT = ROOT / "docs" / "images"
TALLEST = 3600  # pixels; what lies below repeats what is seen
COLOURS = 192
FOLD, GAP = 1000, 24
FLASH = "2026-11-17-flash"
LETTERS = tuple(
    (name, key, width, dark)
    for name, key in (("lettre", KEY), ("flash", FLASH))
    for width in (375, 640)
    for dark in (False, True)
)
ON_TOP = ("lettre-640-light", "flash-375-dark")  # side by side at the top of the README
BY = "Claire Morel"


def drawn(browser: Browser) -> Iterator[tuple[str, Image.Image]]:
    """Draw every picture of docs/images, by name: one month, its clock stopped, on one server, from draft to sent."""
    page = browser.new_context(locale="fr-FR", reduced_motion="reduce").new_page()
    with tempfile.TemporaryDirectory() as folder, stage.opened(page, stage.month(Path(folder) / "month")) as here:
        letters = dict(_letters(browser, here.workspace))
        yield from letters.items()
        yield "letters", _beside([letters[name] for name in ON_TOP])
        here.enter(stage.user(here.workspace, "admin"))
        yield from _writing(here)
        yield from _sending(here)
        yield from _people(here)
        page.context.clear_cookies()
        yield from _readers(here)
    page.context.close()


def _letters(browser: Browser, workspace: Workspace) -> Iterator[tuple[str, Image.Image]]:
    for name, key, width, dark in LETTERS:
        look = "dark" if dark else "light"
        yield f"{name}-{width}-{look}", _letter(browser, workspace, key, width=width, dark=dark)


def _beside(images: Sequence[Image.Image]) -> Image.Image:
    """Put the beginnings of several pictures side by side."""
    sheet = Image.new("RGB", (sum(image.width + GAP for image in images) - GAP, FOLD), "white")
    left = 0
    for image in images:
        sheet.paste(image.convert("RGB"), (left, 0))
        left += image.width + GAP
    return sheet.quantize(COLOURS, dither=Image.Dither.NONE)


def _letter(browser: Browser, workspace: Workspace, key: str, *, width: int, dark: bool) -> Image.Image:
    """Draw a letter as a sample reader gets it."""
    made = edition(workspace, key)
    values = personal(workspace, made.publication, key, "parts").values(SAMPLE_ADDRESS, bytes(16), 0, workspace.now())
    files = {p.url: (workspace.published() / Path(p.url).name).read_bytes() for p in made.pictures.values()}
    with letter_page(browser, made.skeletons[0].parts(values).html, files, width=width, dark=dark) as page:
        return _shot(page, whole=True)


def _writing(here: Stage) -> Iterator[tuple[str, Image.Image]]:
    yield "studio-home", _seen(here, "/studio", 1280, 1190)
    yield "studio-article", _seen(here, "/studio/articles/entretien-helene-vasseur", 1280, 1000, settled=True)
    yield "studio-compose", _seen(here, ISSUE, 1280, 900, settled=True)
    yield "studio-compose-phone", _seen(here, ISSUE, 375, 900, settled=True)
    here.page.emulate_media(color_scheme="dark")
    yield "studio-compose-dark", _seen(here, ISSUE, 1280, 900, settled=True)
    here.page.emulate_media(color_scheme="light")


def _sending(here: Stage) -> Iterator[tuple[str, Image.Image]]:
    """Approve, schedule, lose an answer, and come to the end."""
    workspace = here.workspace
    leaves = stage.NOW.replace(hour=14, minute=30)
    approve_issue(workspace, KEY, by=BY, at=leaves)
    yield "studio-send", _seen(here, f"{ISSUE}/envoi", 1280, 860, settled=True)
    mailings.cancel_mailing(workspace, KEY, by=BY)
    mailing = mailings.begin_mailing(workspace, approve_issue(workspace, KEY, by=BY, now=True))
    left = mailings.mailing_receipt(workspace, KEY).open
    stage.mailing_at(workspace, left - 5, doubtful=3)
    mailings.pause_mailing(workspace, KEY, BY, f"mis en pause par {BY}")
    yield "studio-receipt", _seen(here, f"{ISSUE}/envoi", 1280, 1090)
    mailings.settle_doubtful(workspace, KEY, resend=False, by=BY)
    mailings.resume_mailing(workspace, KEY, BY)
    deliver_mailing(workspace, mailing)


def _people(here: Stage) -> Iterator[tuple[str, Image.Image]]:
    someone = directory.search(here.workspace, PersonFilter(publication="flash", state="active"))[0][0]
    yield "studio-person", _seen(here, f"/studio/public/personnes/{someone.uid}", 1280, 860)
    yield "studio-figures", _seen(here, "/studio/chiffres", 1280, 1000)


def _readers(here: Stage) -> Iterator[tuple[str, Image.Image]]:
    """Draw what a member's contact sees."""
    links = here.workspace.links
    someone = directory.search(here.workspace, PersonFilter(publication="flash", state="active"))[0][0]
    uid = bytes.fromhex(someone.uid)
    pages = {
        "archive": "/",
        "lettre": f"/lettres/{KEY}",
        "reservee": f"/lettres/{FLASH}",
        "agenda": "/agenda",
        "abonnement": "/abonnement",
        "preferences": links.preferences(uid),
        "desabonnement": links.unsubscribe(uid, "flash"),
        "proposer": links.proposal(uid),
    }
    for name, link in pages.items():
        for width in (375, 1280):
            status = 403 if name == "reservee" else 200  # it asks for an address
            path = here.local(link).removeprefix(here.address)
            yield f"web-{name}-{width}", _seen(here, path, width, 900, status=status)


def _seen(here: Stage, path: str, width: int, height: int, *, settled: bool = False, status: int = 200) -> Image.Image:
    """Draw the first screen of a page, which must answer `status`.

    `settled` waits for what it fetches later, such as the letter in its frame.
    """
    here.page.set_viewport_size({"width": width, "height": height})
    here.open(path, status)
    if settled:
        here.page.wait_for_load_state("networkidle")
    return _shot(here.page)


def _shot(page: Page, *, whole: bool = False) -> Image.Image:
    """Draw what is seen, in few colours to keep the file small."""
    image = Image.open(io.BytesIO(page.screenshot(full_page=whole, animations="disabled")))
    seen = image.crop((0, 0, image.width, min(image.height, TALLEST))).convert("RGB")
    return seen.quantize(COLOURS, dither=Image.Dither.NONE)


def main() -> None:
    """Write every picture, and remove what is drawn no more."""
    OUT.mkdir(parents=True, exist_ok=True)
    with chromium() as browser:
        made = {f"{name}.png": image for name, image in drawn(browser)}
    for name, image in made.items():
        image.save(OUT / name, optimize=True)
    for path in OUT.glob("*.png"):
        if path.name not in made:
            path.unlink()


if __name__ == "__main__":
    main()
