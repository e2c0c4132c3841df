"""What comes in: members' proposals to accept, postpone or decline, and articles taken from a feed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from fastapi import APIRouter
from fastapi.responses import Response

from newsletter.actions.imports import uploads
from newsletter.actions.issues import feed_import
from newsletter.actions.issues.feed_import import Harvest
from newsletter.actions.proposals import decisions
from newsletter.errors import NewsletterError, Refused
from newsletter.web.site import Site, say, told
from newsletter.web.studio.content_labels import tag_words
from newsletter.web.studio.session import Visit, allow
from newsletter.web.studio.shell import Shell

_INBOX, _IMPORT = "/studio/articles/propositions", "/studio/articles/importer"


def router(site: Site) -> APIRouter:
    """Return the routes of proposals and imports."""
    shell = Shell(site)
    routes = APIRouter(prefix="/studio/articles", include_in_schema=False)
    allowed = allow(site, "content")

    @routes.get("/propositions")
    def inbox(visit: Visit = allowed) -> Response:
        states = ("accepted", "declined") if visit.query("etat") == "closes" else decisions.OPEN
        found = decisions.offers(site.workspace, states)
        later = site.workspace.today() + timedelta(days=28)
        return shell.page(visit, "proposals.html", offers=found, closed=states[0] == "accepted", later=later)

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
        seen = _Import("", "", tag_words())
        return shell.page(visit, "articles_import.html", harvest=None, seen=seen, problem="")

    @routes.post("/importer")
    def bring(visit: Visit = allowed) -> Response:
        seen = _Import(visit.text("source"), visit.text("jeton"), tag_words())
        try:
            if upload := visit.file("fichier"):
                seen = replace(seen, token=uploads.keep_upload(site.workspace, upload.file, upload.filename or ""))
            harvest = _look(site, seen)
        except NewsletterError as error:
            problem = told(error) if isinstance(error, Refused) else f"{say('Rien à prendre ici :')} {told(error)}"
            return shell.page(visit, "articles_import.html", status=422, harvest=None, seen=seen, problem=problem)
        if visit.text("geste") != "prendre":
            return shell.page(visit, "articles_import.html", harvest=harvest, seen=seen, problem="")
        # The feed is read again: only what is in it now and was chosen is taken.
        chosen = {*visit.texts("pris")}
        kept = replace(harvest, new=tuple(one for one in harvest.new if one.choice in chosen))
        taken = feed_import.take_entries(
            site.workspace, kept, [visit.text("etiquette")] if visit.text("etiquette") else []
        )
        if seen.token:
            uploads.forget_upload(site.workspace, seen.token)
        words = say("{n} brouillons sont arrivés.") if len(taken) > 1 else say("{n} brouillon est arrivé.")
        return shell.back("/studio/articles?statut=draft", words.format(n=len(taken)))

    return routes


@dataclass(frozen=True, slots=True)
class _Import:
    """What the form of an import says: an address, or the token of a file that was given."""

    address: str
    token: str
    tags: Mapping[str, str]


def _look(site: Site, seen: _Import) -> Harvest:
    if seen.token:
        return feed_import.look_at_feed(site.workspace, str(uploads.file(site.workspace, seen.token)))
    if not seen.address.startswith(("https://", "http://")):
        words = say("Donnez un fichier, ou l’adresse complète du flux, qui commence par https://")
        raise Refused(words, hint="give an address or a file")
    return feed_import.look_at_feed(site.workspace, seen.address)


def _decide(site: Site, visit: Visit, name: str) -> str:
    workspace, verb = site.workspace, visit.text("geste")
    if verb == "accepter":
        article = decisions.accept(workspace, name, visit.by)
        return say("« {title} » est prêt pour le prochain numéro.").format(title=article.title)
    if verb == "reporter":
        until = date.fromisoformat(visit.text("jusqu"))
        article = decisions.postpone(workspace, name, until, visit.by)
        return say("« {title} » attendra.").format(title=article.title)
    decisions.decline(workspace, name, visit.text("mot"), visit.by)
    return say("La proposition est écartée, et la personne prévenue.")
