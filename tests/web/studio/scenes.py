"""Every page of the Studio in every state it can be in, one after the other: for axe, and for pictures to look at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pyotp

from newsletter.actions.issues import files, versions
from newsletter.actions.letters import proofs
from newsletter.actions.operations import outbox_view
from newsletter.actions.people import audiences, custom_fields, directory, groups
from newsletter.actions.sending import mailings
from newsletter.actions.sending.approval import approve_issue
from newsletter.actions.sending.deliveries import deliver_mailing
from newsletter.actions.team import signin, users
from newsletter.audience import formula
from newsletter.audience_parser import parse_rule
from newsletter.filters import PersonFilter
from newsletter.settings_web import OidcSettings
from newsletter.store.team import factors
from newsletter.store.team.factors import Passkey
from tests.web.studio.stage import ISSUE, KEY, Stage, mailing_at, user

ENVOI = f"{ISSUE}/envoi"
CSV = "email;prénom;nom\nnouvelle@ville.example;Anne;Petit\npas une adresse;Zoé;\n".encode()
MEMBERS = "nom;niveau;région;adhésion\nVille de Tulle;commune;Nouvelle-Aquitaine;2026-01-01\n".encode()
FEED = """<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>RTES</title>
<item><title>Une ressourcerie mutualisée entre trois intercommunalités</title><link>https://www.rtes.fr/a</link>
<description>Trois intercommunalités ouvrent ensemble une ressourcerie et se partagent les postes.</description>
<pubDate>Wed, 18 Nov 2026 09:00:00 +0100</pubDate></item>
<item><title>Les marchés réservés, en huit questions</title><link>https://www.rtes.fr/b</link>
<description>Un point de repère pour qui achète : quand réserver un marché, et comment l’écrire.</description>
<pubDate>Tue, 10 Nov 2026 09:00:00 +0100</pubDate></item>
</channel></rss>"""
SETTINGS = (
    "identite",
    "apparence",
    "publications",
    "publications/lettre",
    "flux",
    "envoi",
    "equipe",
    "cles",
    "journal",
)


def at_the_door(stage: Stage) -> Iterator[str]:
    """Before anybody is signed in."""
    page, workspace = stage.page, stage.workspace
    page.context.clear_cookies()
    if not users.everybody(workspace):
        page.goto(stage.local(signin.first_link(workspace)))
        yield "premier"
        page.get_by_label("Votre nom").fill("Claire Morel")
        page.get_by_label("Adresse électronique").fill("claire@rtes.example")
        page.get_by_role("button", name="Entrer").click()
        page.context.clear_cookies()
    stage.open("/studio/connexion")
    yield "connexion"
    page.get_by_label("Adresse électronique").fill("quelquun@ailleurs.example")
    page.get_by_role("button", name="Recevoir mon lien").click()
    yield "connexion-envoyee"
    link = stage.local(signin.link_for(workspace, users.everybody(workspace)[0]))
    page.goto(link)
    yield "connexion-lien"
    page.goto(link + "x")
    yield "connexion-perdue"


def empty(stage: Stage) -> Iterator[str]:
    """A workspace in which nothing was done yet."""
    stage.enter(users.everybody(stage.workspace)[0])
    for path in (
        "",
        "/articles",
        "/articles/nouveau",
        "/articles/propositions",
        "/articles/importer",
        "/numeros",
        "/public",
        "/public/organisations",
        "/public/publics",
        "/public/publics/nouveau",
        "/public/groupes",
        "/public/champs",
        "/public/importer",
        "/public/a-trancher",
        "/public/rebonds",
        "/chiffres",
        "/chiffres/annee/2026",
        "/chiffres/envois",
        "/chiffres/territoires",
        "/chiffres/reponses",
        "/boite",
        "/compte",
    ):
        stage.open(f"/studio{path}")
        yield f"vide{path.replace('/', '-') or '-accueil'}"


def home(stage: Stage) -> Iterator[str]:
    """The first page as each role sees it, what is closed to one, what is not there."""
    for role in ("editor", "staff", "admin"):
        stage.enter(user(stage.workspace, role))
        stage.open("/studio")
        yield f"accueil-{role}"
        if role == "editor":
            stage.open("/studio/reglages/equipe", 403)
            yield "interdit"
            stage.open("/studio")
            stage.page.locator("details.who summary").click()
            yield "accueil-menu"
            stage.page.get_by_role("button", name="Se déconnecter").click()
            yield "sortie"
    stage.open("/studio/numeros/nulle-part", 404)
    yield "introuvable"


def articles(stage: Stage) -> Iterator[str]:
    """The pool, writing, proposals, feeds."""
    page = stage.page
    stage.open("/studio/articles")
    yield "articles"
    stage.open("/studio/articles?q=zzz")
    yield "articles-aucun"
    stage.open("/studio/articles/nouveau")
    yield "articles-sortes"
    for kind in ("actualite", "territoire", "entretien", "evenement", "appel"):
        stage.open(f"/studio/articles/nouveau?sorte={kind}")
        yield f"article-nouveau-{kind}"
    page.locator("form#article button").last.click()
    yield "article-refuse"
    stage.open("/studio/articles/entretien-helene-vasseur")
    yield "article"
    stage.open("/studio/articles/propositions")
    yield "propositions"
    page.locator("details.more summary").first.click()
    yield "propositions-ecarter"
    stage.open("/studio/articles/importer")
    page.get_by_label("Adresse du flux").fill("https://127.0.0.1/flux.xml")
    page.get_by_role("button", name="Regarder").click()
    yield "importer-flux-refuse"
    page.get_by_label("Adresse du flux").fill("")
    page.get_by_label("Ou un fichier").set_input_files(
        {"name": "flux.xml", "mimeType": "application/rss+xml", "buffer": FEED.encode()}
    )
    page.get_by_role("button", name="Regarder").click()
    yield "importer-flux"


def composing(stage: Stage) -> Iterator[str]:
    """The composing page and its conflict."""
    page, workspace = stage.page, stage.workspace
    stage.open("/studio/numeros")
    yield "numeros"
    stage.open(ISSUE)
    page.wait_for_load_state("networkidle")
    yield "composer"
    stage.open(f"{ISSUE}?ouvrir=i1-1&place=i1-1")
    yield "composer-article"
    stage.open(f"{ISSUE}?ouvrir=s1&place=s1")
    yield "composer-rubrique"
    stage.open(f"{ISSUE}?q=zzz&place=objet")
    yield "composer-textes"
    old = versions.issue_version(workspace, KEY)
    stage.open(f"{ISSUE}?place=objet")
    versions.save_issue(workspace, replace(old.issue, subject=f"{old.issue.subject}, relue"), old.version)
    page.get_by_label("Éditorial").fill("Bonjour à toutes et à tous,\n\nvoici novembre.")
    page.get_by_role("heading", name="Quelqu’un d’autre").wait_for()
    yield "conflit"
    versions.undo_issue(workspace, KEY, versions.issue_version(workspace, KEY).version)
    stage.open(f"{ISSUE}/faire-relire/entretien-helene-vasseur")
    yield "faire-relire"
    page.get_by_label("Nom de la personne").fill("Hélène Vasseur-Koné")
    page.get_by_role("button", name="Faire le lien").click()
    yield "faire-relire-lien"
    link = stage.local(page.locator("code.break").inner_text())
    page.goto(link)
    yield "epreuve"
    page.get_by_label("Une remarque").fill("Mon titre exact : vice-présidente à l’économie.")
    page.get_by_role("button", name="Envoyer ma remarque").click()
    yield "epreuve-merci"
    page.goto(link + "x")
    yield "epreuve-perdue"
    proofs.add_comment(workspace, KEY, "On garde la photo du marché ?", by="Samir Haddad")
    stage.open(f"{ISSUE}#commentaires")
    yield "composer-commentaires"


def departing(stage: Stage) -> Iterator[str]:
    """The send page from draft to done."""
    page, workspace = stage.page, stage.workspace
    file = versions.issue_version(workspace, KEY)
    section = file.issue.sections[0]
    broken = replace(section, items=(*section.items, replace(section.items[0], slug="nulle-part")))
    versions.save_issue(workspace, replace(file.issue, sections=(broken, *file.issue.sections[1:])), file.version)
    stage.open(ENVOI)
    yield "envoi-a-corriger"
    stage.open(ISSUE)
    yield "composer-a-corriger"
    versions.undo_issue(workspace, KEY, versions.issue_version(workspace, KEY).version)
    stage.open(ENVOI)
    yield "envoi-brouillon"
    page.get_by_role("button", name="Donner le bon à tirer").click()
    yield "envoi-approuve"
    page.get_by_label("À une heure choisie").check()
    page.get_by_label("Jour et heure").fill("quand vous voudrez")
    page.get_by_role("button", name="Programmer").click()
    yield "envoi-heure-refusee"
    page.get_by_label("Jour et heure").fill("mardi 9h30")
    page.get_by_role("button", name="Programmer").click()
    yield "envoi-programme"
    page.get_by_role("button", name="Rappeler").click()
    yield "envoi-rappele"
    mailing = approve_issue(workspace, KEY, by="Claire Morel")
    mailings.begin_mailing(workspace, mailing)
    mailing_at(workspace, 241)
    stage.open(ENVOI)
    yield "envoi-en-cours"
    mailings.pause_mailing(workspace, KEY, "Claire Morel", "mis en pause par Claire Morel")
    stage.open(ENVOI)
    yield "envoi-en-pause"
    mailing_at(workspace, 10_000 if _open(stage) < 8 else _open(stage) - 5, doubtful=3)
    stage.open(ENVOI)
    yield "envoi-douteux"
    mailings.settle_doubtful(workspace, KEY, resend=False, by="Claire Morel")
    mailings.resume_mailing(workspace, KEY, "Claire Morel")
    deliver_mailing(workspace, mailings.current_mailing(workspace, KEY))
    stage.open(ENVOI)
    yield "envoi-fini"
    stage.open(ISSUE)
    yield "composer-fini"


def _open(stage: Stage) -> int:
    return mailings.mailing_receipt(stage.workspace, KEY).open


def audience(stage: Stage) -> Iterator[str]:
    """People, organisations, imports, figures."""
    page, workspace = stage.page, stage.workspace
    stage.enter(user(workspace, "staff"))
    someone = directory.search(workspace, PersonFilter(publication="flash", state="active"))[0][0]
    lost = directory.search(workspace, PersonFilter(state="suppressed"))[0][0]
    for name, path in (
        ("public", ""),
        ("public-personne", "?q=nobody"),
        ("personne", f"/personnes/{someone.uid}"),
        ("personne-bloquee", f"/personnes/{lost.uid}"),
        ("organisations", "/organisations"),
        ("organisations-sans-contact", "/organisations?etat=sans-contact"),
        ("organisation", "/organisations/3"),
        ("importer", "/importer"),
        ("a-trancher", "/a-trancher"),
        ("rebonds", "/rebonds"),
        ("demandes", "/demandes"),
    ):
        stage.open(f"/studio/public{path}")
        yield name
    stage.open("/studio/public/importer")
    page.get_by_label("Fichier", exact=True).set_input_files(
        {"name": "liste.csv", "mimeType": "text/csv", "buffer": CSV}
    )
    page.get_by_role("button", name="Voir ce que cela donnerait").click()
    yield "importer-avant"
    page.get_by_role("button", name="Importer").click()
    yield "importer-fait"
    stage.open("/studio/public/importer")
    page.get_by_label("Fichier", exact=True).set_input_files(
        {"name": "page.csv", "mimeType": "text/csv", "buffer": b"<!doctype html><html><body>rien</body></html>"}
    )
    page.get_by_role("button", name="Voir ce que cela donnerait").click()
    yield "importer-refuse-fichier"
    stage.open("/studio/public/importer")
    page.get_by_label("Fichier", exact=True).set_input_files(
        {"name": "membres.csv", "mimeType": "text/csv", "buffer": MEMBERS}
    )
    page.get_by_label("Ce qu’il contient").select_option("organisations")
    page.get_by_role("button", name="Voir ce que cela donnerait").click()
    yield "importer-organisations"
    for path in ("", "?par=region", "?quoi=members&par=level", "?date=2031-01-01", "/annee/2026", "/envois"):
        stage.open(f"/studio/chiffres{path}")
        yield f"chiffres{path.replace('/', '-').replace('?', '-').replace('&', '-')}"


def choosing(stage: Stage) -> Iterator[str]:
    """For whom, in words: audiences, groups, fields of one's own, and the answers that lead to people."""
    page, workspace = stage.page, stage.workspace
    stage.enter(user(workspace, "staff"))
    for name in ("publics", "groupes", "champs"):
        stage.open(f"/studio/public/{name}")
        yield f"{name}-aucun"
    rule = parse_rule("member and level = departement")
    audiences.save_audience(workspace, "", "Départements adhérents", formula(rule), "Pour le Flash.", "Une staff")
    group = groups.save_group(workspace, "", "Groupe commande publique", "Réuni chaque trimestre.", "Une staff")
    groups.change_by_audience(workspace, group, rule, "Une staff")
    custom_fields.save_field(workspace, "person", "", "Thèmes suivis", "choices", ["santé", "achats"], "Une staff")
    for name, path in (
        ("publics", "/public/publics"),
        ("public-nouveau", "/public/publics/nouveau"),
        ("public-adherents", "/public/publics/departements-adherents"),
        ("public-personnes", "/public/publics/personnes?regle=member"),
        ("groupes", "/public/groupes"),
        ("groupe", f"/public/groupes/{group}"),
        ("champs", "/public/champs"),
        ("territoires", "/chiffres/territoires"),
        ("reponses", "/chiffres/reponses"),
    ):
        stage.open(f"/studio{path}")
        yield name
    stage.open(f"/studio/public/groupes/{group}")
    page.get_by_label("Adresses électroniques").fill("quelquun@nulle-part.example")
    page.get_by_role("button", name="Faire entrer…").first.click()
    yield "groupe-avant"


def settings(stage: Stage) -> Iterator[str]:
    """Settings, their refusals, the outbox, the user's own page."""
    page, workspace = stage.page, stage.workspace
    stage.enter(user(workspace, "admin"))
    for name in SETTINGS:
        stage.open(f"/studio/reglages/{name}")
        yield f"reglages-{name.replace('/', '-')}"
    stage.open("/studio/reglages/apparence")
    page.locator('[data-mode="light"]').get_by_label("Texte", exact=False).first.fill("#eeeeee")
    page.locator("main form button").last.click()
    yield "apparence-refusee"
    stage.open("/studio/reglages/equipe")
    page.locator("input[name=address]").fill("claire@rtes.example")
    page.locator("main form:has(input[name=address]) button").click()
    yield "equipe-refusee"
    stage.open("/studio/reglages/cles")
    page.locator("input[name=name]").fill("Site du réseau")
    page.locator("main form:has(input[name=name]) button").click()
    yield "cle-faite"
    line = outbox_view.messages(workspace, "2026-11-17-flash", 0, 1)[0]
    for path in ("/boite", "/boite/2026-11-17-flash", f"/boite/2026-11-17-flash/{line.file}", "/compte"):
        stage.open(f"/studio{path}")
        yield "boite-message" if line.file in path else path[1:].replace("/", "-")
    (workspace.root / "articles" / "casse.md").write_text("---\ntitle: [\n---\n")
    (workspace.root / "issues" / "2026-12-casse.md").write_text("---\n- rien\n---\n")
    files.list_issues(workspace)
    for path in ("", "/articles", "/numeros"):
        stage.open(f"/studio{path}")
        yield f"fichier-casse{path.replace('/', '-')}"


def account(stage: Stage) -> Iterator[str]:
    """What proves a user: an app, recovery codes, passkeys; the second factor, and the proof before a letter leaves."""
    page, workspace = stage.page, stage.workspace
    admin = user(workspace, "admin")
    stage.open("/studio/compte/securite")
    yield "moyens"
    page.get_by_role("button", name="Ajouter une application").click()
    yield "moyens-application"
    secret = page.locator("code.break").inner_text()
    page.locator("#code").fill("000000")
    page.get_by_role("button", name="Confirmer").click()
    yield "moyens-code-faux"
    page.locator("#code").fill(pyotp.TOTP(secret).at(int(workspace.clock())))
    page.get_by_role("button", name="Confirmer").click()
    page.get_by_text("ils ne seront plus montrés").wait_for()
    yield "moyens-codes-de-secours"
    with workspace.database.write() as connection:
        key = Passkey("a2V5", admin.id, b"key", 0, "Ordinateur du bureau", workspace.clock(), None)
        factors.add_passkey(connection, key)
    stage.open("/studio/compte/securite")
    yield "moyens-cle"
    stage.open("/studio/reglages/equipe")
    yield "equipe-second-facteur"
    with workspace.database.write() as connection:
        connection.exec_driver_sql("UPDATE sessions SET proved_at = 0")
    stage.open("/studio/reglages/cles")
    page.get_by_label("Pour quoi").fill("Site du réseau")
    page.get_by_role("button", name="Faire la clé").click()
    yield "preuve"
    stage.enter(admin)
    yield "second-facteur"
    setting = OidcSettings(issuer="http://127.0.0.1:9", client_id="lettre", label="ProConnect")
    studio = workspace.settings.studio.model_copy(update={"oidc": setting})
    workspace.settings = workspace.settings.model_copy(update={"studio": studio})
    page.context.clear_cookies()
    stage.open("/studio/oidc", 403)
    yield "organisation-refusee"


MONTH = (home, articles, composing, departing, audience, choosing, settings, account)
