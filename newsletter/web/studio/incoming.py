"""What comes in: members' proposals to accept, postpone or decline, and articles taken from a feed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from fastapi import APIRouter
from fastapi.responses import Response

from newsletter.actions import articles_import, proposals_desk
from newsletter.actions.articles_import import Harvest
from newsletter.errors import NewsletterError, Refused
from newsletter.web.site import Site, say
from newsletter.web.studio.session import Visit, allow
from newsletter.web.studio.shell import Shell
from newsletter.web.studio.words import tag_words

_INBOX, _IMPORT = "/studio/articles/propositions", "/studio/articles/importer"


def router(site: Site) -> APIRouter:
    """Return the routes of proposals and imports."""
    shell = Shell(site)
    routes = APIRouter(prefix="/studio/articles", include_in_schema=False)
    allowed = allow(site, "content")

    @routes.get("/propositions")
    def inbox(visit: Visit = allowed) -> Response:
        states = ("accepted", "declined") if visit.query("etat") == "closes" else proposals_desk.OPEN
        found = proposals_desk.offers(site.workspace, states)
        later = site.workspace.today() + timedelta(days=28)
        return shell.page(visit, "articles_inbox.html", offers=found, closed=states[0] == "accepted", later=later)

    @routes.post("/propositions/{name}")
    def decide(name: str, visit: Visit = allowed) -> Response:
        try:
            done = _decide(site, visit, name)
        except (NewsletterError, ValueError):
            words = say(
                "La décision n’est pas enregistrée : il manque un mot ou une date à venir, ou elle était prise."
            )
            return shell.back(_INBOX, words, bad=True)
        return shell.back(_INBOX, done)

    @routes.get("/importer")
    def source(visit: Visit = allowed) -> Response:
        return shell.page(visit, "articles_import.html", harvest=None, tags=tag_words(), source="", problem="")

    @routes.post("/importer")
    def bring(visit: Visit = allowed) -> Response:
        address = visit.text("source")
        try:
            harvest = _look(site, address)
        except NewsletterError as error:
            problem = (
                error.what if isinstance(error, Refused) else f"{say('Cette adresse ne donne rien :')} {error.what}"
            )
            return shell.page(
                visit,
                "articles_import.html",
                status=422,
                harvest=None,
                tags=tag_words(),
                source=address,
                problem=problem,
            )
        if visit.text("geste") != "prendre":
            return shell.page(
                visit, "articles_import.html", harvest=harvest, tags=tag_words(), source=address, problem=""
            )
        # The feed is read again: only what is in it now and was chosen is taken.
        chosen = {*visit.texts("pris")}
        kept = replace(harvest, new=tuple(one for one in harvest.new if (one.link or one.title) in chosen))
        taken = articles_import.take(site.workspace, kept, [visit.text("etiquette")] if visit.text("etiquette") else [])
        words = say("{n} brouillons sont arrivés.") if len(taken) > 1 else say("{n} brouillon est arrivé.")
        return shell.back("/studio/articles?statut=draft", words.format(n=len(taken)))

    return routes


def _look(site: Site, address: str) -> Harvest:
    if not address.startswith(("https://", "http://")):
        raise Refused(say("Donnez l’adresse complète du flux, qui commence par https://"), hint="give an address")
    return articles_import.look(site.workspace, address)


def _decide(site: Site, visit: Visit, name: str) -> str:
    workspace, verb = site.workspace, visit.text("geste")
    if verb == "accepter":
        article = proposals_desk.accept(workspace, name, visit.by)
        return say("« {title} » est prêt pour le prochain numéro.").format(title=article.title)
    if verb == "reporter":
        until = date.fromisoformat(visit.text("jusqu"))
        article = proposals_desk.postpone(workspace, name, until, visit.by)
        return say("« {title} » attendra.").format(title=article.title)
    proposals_desk.decline(workspace, name, visit.text("mot"), visit.by)
    return say("La proposition est écartée, et la personne prévenue.")
