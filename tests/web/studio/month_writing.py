"""The month, first half: what comes in, the lettre composed by hand and by keyboard, and read by the élue."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.web.studio.month import ELU, ISSUE, Town, walk
from tests.web.studio.scenes import FEED

PROPOSED = (
    (
        "Une conciergerie solidaire ouvre dans l’ancienne gare",
        "Depuis octobre, une association y rend des services du "
        "quotidien : colis, relais, petites réparations. Six personnes y travaillent.",
    ),
    ("Grande braderie de la rentrée", "Venez nombreux à la braderie de la rentrée, organisée par les commerçants."),
)
FEED_TITLE = "Une ressourcerie mutualisée entre trois intercommunalités"


def propose_without_script(town: Town, browser: Browser) -> None:
    """Two contacts of members propose by the link of their letters; a third proposal lies in the pool already."""
    for contact, (title, summary) in zip(town.contacts(), PROPOSED, strict=False):
        with town.visitor(browser, script=False, width=375) as page:
            page.goto(town.workspace.links.proposal(contact.uid))
            page.locator("#title").fill(title)
            page.locator("#summary").fill(summary)
            page.get_by_role("button", name="Voir l’aperçu").click()
            page.get_by_role("button", name="Envoyer à l’équipe").click()
            expect(page.get_by_role("heading", level=1)).to_contain_text("Merci")


def accept_two_and_decline_one(town: Town, page: Page) -> None:
    page.goto("/studio")
    waiting = page.get_by_role("link", name=re.compile("propositions d’articles à lire"))
    expect(waiting).to_contain_text("3")
    waiting.click()
    for title in ("Ville de Villeurbanne", PROPOSED[0][0]):
        offer = page.locator("article", has_text=title)
        offer.get_by_role("button", name="Retenir").click()
        expect(page.get_by_role("status")).to_contain_text("est prêt pour le prochain numéro")
    offer = page.locator("article", has_text=PROPOSED[1][0])
    offer.get_by_text("Reporter ou écarter").click()
    offer.get_by_label("Un mot pour dire pourquoi").fill("Merci ! La lettre parle d’économie sociale et solidaire.")
    offer.get_by_role("button", name="Écarter").click()
    expect(page.get_by_role("status")).to_contain_text("la personne prévenue")
    expect(page.get_by_text("Aucune proposition n’attend.")).to_be_visible()


def import_a_feed(page: Page, folder: Path) -> None:
    file = folder / "flux.xml"
    file.write_text(FEED, encoding="utf-8")
    page.goto("/studio/articles/importer")
    page.get_by_label("Ou un fichier").set_input_files(file)
    page.get_by_role("button", name="Regarder").click()
    expect(page.get_by_text("2 nouveautés")).to_be_visible()
    page.get_by_label("Les marchés réservés").uncheck()
    page.get_by_label("Étiquette").select_option("territoires")
    page.get_by_role("button", name="Prendre en brouillon").click()
    expect(page.locator(".flash")).to_contain_text("1 brouillon est arrivé")
    page.get_by_role("link", name=FEED_TITLE).click()
    page.get_by_label("L’image est décorative").check()
    page.get_by_label("État").select_option("ready")
    page.get_by_role("button", name="Enregistrer", exact=True).click()
    expect(page.locator(".flash")).to_be_visible()


def titles(page: Page, section: int) -> list[str]:
    return page.locator(f"#s{section} .row__title").all_inner_texts()


def drag_it_into_its_section(page: Page) -> None:
    page.goto(f"{ISSUE}?q=Villeurbanne")
    card = page.locator("[data-article=proposition-villeurbanne-textile]")
    expect(card).to_be_visible()
    before = len(titles(page, 1))
    target = page.locator("#i1-1")
    target.scroll_into_view_if_needed()
    card.locator(".pick__meta").hover()
    page.mouse.down()
    box = target.bounding_box()
    assert box
    page.mouse.move(box["x"] + 40, box["y"] + 30, steps=8)
    page.mouse.move(box["x"] + 40, box["y"] + 4, steps=2)
    page.mouse.up()
    expect(page.locator("#s1 .row")).to_have_count(before + 1)
    assert "Villeurbanne" in titles(page, 1)[1]
    expect(page.locator("#enregistre")).to_contain_text("est dans le numéro")


def compose_with_the_keyboard_alone(page: Page) -> None:
    """Find the article of the feed, add it, move it up and take a step back, without a pointer."""
    page.goto(ISSUE)
    walk(page, "Chercher")
    page.keyboard.type("ressourcerie mutualisée")
    page.keyboard.press("Enter")
    expect(page.locator(".pick")).to_have_count(1)
    walk(page, f"Ajouter à Les actualités des territoires {FEED_TITLE}")
    page.keyboard.press("Enter")
    added = page.locator("#s1 .row").last
    expect(added).to_contain_text(FEED_TITLE)
    expect(added).to_be_focused()
    last = page.locator("#s1 .row").count() - 1
    walk(page, f"Monter : {FEED_TITLE}")
    for step in (1, 2):
        page.keyboard.press("Enter")
        expect(page.locator(f"#i1-{last - step} .row__title")).to_contain_text(FEED_TITLE)
        expect(page.locator(f"#i1-{last - step} [value^=monter]")).to_be_focused()
    walk(page, "Annuler la dernière modification", "Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.locator(f"#i1-{last - 1} .row__title")).to_contain_text(FEED_TITLE)


def mend_a_check(page: Page) -> None:
    page.get_by_text("Objet, aperçu et éditorial").click()
    subject = page.get_by_label("Objet du message")
    subject.fill("La lettre du RTES de novembre 2026, avec vraiment tout ce qui s’est passé partout")
    long = page.locator("#controles").get_by_role("link", name=re.compile("les messageries le coupent"))
    expect(long).to_be_visible(timeout=15_000)
    expect(page.locator("#enregistre")).to_contain_text("Enregistré à")
    long.click()
    subject.fill("La lettre du RTES – novembre 2026")
    expect(long).to_have_count(0, timeout=15_000)


def let_the_elue_validate(page: Page, browser: Browser) -> None:
    page.goto(f"{ISSUE}/faire-relire/{ELU}")
    page.get_by_label("Nom de la personne").fill("Hélène Vasseur-Koné")
    page.get_by_role("button", name="Faire le lien").click()
    link = page.locator("code.break").inner_text()
    context = browser.new_context(java_script_enabled=False, locale="fr-FR")
    reader = context.new_page()
    reader.goto(link)
    reader.get_by_label("Une remarque").fill("Une virgule en trop au titre <script>alert(1)</script>")
    reader.get_by_role("button", name="Envoyer ma remarque").click()
    expect(reader.get_by_role("status")).to_contain_text("votre remarque est arrivée")
    reader.get_by_role("button", name="je valide").click()
    expect(reader.get_by_role("status")).to_contain_text("vous avez validé")
    context.close()
    page.goto(ISSUE)
    expect(page.locator(".comments")).to_contain_text("Une virgule en trop au titre <script>alert(1)</script>")
    expect(page.locator(".comments .tag--good")).to_have_text("bon à tirer")
