"""What waits for a decision: one question per cause, its answers as buttons, several at once."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import Response

from newsletter.actions.imports import review_groups
from newsletter.actions.imports import reviews as import_reviews
from newsletter.actions.imports.review_groups import ReviewAnswer
from newsletter.errors import AddressError, NotFound, Refused
from newsletter.i18n import ngettext
from newsletter.web.site import Site, say
from newsletter.web.studio.import_labels import answer_words, facts
from newsletter.web.studio.session import Number, Visit, allow
from newsletter.web.studio.shell import Shell

_SHOWN_GROUPS = 100
_REVIEWS = "/studio/public/a-trancher"


def router(site: Site) -> APIRouter:
    """Return the routes of decisions."""
    shell = Shell(site)
    workspace = site.workspace
    routes = APIRouter(prefix="/studio/public", include_in_schema=False)
    allowed = allow(site, "people")

    @routes.get("/a-trancher")
    def waiting(visit: Visit = allowed) -> Response:
        groups = review_groups.group_reviews(workspace)
        return shell.page(
            visit,
            "reviews.html",
            groups=groups[:_SHOWN_GROUPS],
            total=sum(len(group.reviews) for group in groups),
            causes=len(groups),
            question=question,
            answer=answer_words,
            facts=facts,
        )

    @routes.post("/a-trancher/reponse")
    def answer(visit: Visit = allowed) -> Response:
        code, _colon, value = visit.text("answer").partition(":")
        numbers = _numbers(visit.texts("reviews"))
        given = ReviewAnswer(code, value)
        if code not in ("accept", "correct", "create", "decline", "organisation"):
            return shell.back(_REVIEWS, say("Choisissez une réponse."), bad=True)
        if code == "organisation" and not value.isdecimal():
            return shell.back(_REVIEWS, say("Choisissez une organisation de la liste."), bad=True)
        return _settled(shell, *review_groups.settle_group(workspace, numbers, given, visit.by))

    @routes.post("/a-trancher/proposees")
    def take_proposed(visit: Visit = allowed) -> Response:
        settled = failed = 0
        for number in _numbers(visit.texts("reviews")):
            try:
                proposed = review_groups.proposed_answer(workspace, number)
            except (NotFound, Refused):
                continue  # settled with another, or by another user meanwhile
            done, undone = review_groups.settle_group(workspace, [number], proposed, visit.by)
            settled, failed = settled + done, failed + undone
        return _settled(shell, settled, failed)

    @routes.post("/a-trancher/{number}")
    def settle(number: Number, visit: Visit = allowed) -> Response:
        try:
            n = import_reviews.settle_review(
                workspace,
                number,
                accept=visit.text("decision") == "accept",
                by=visit.by,
                email=visit.text("email"),
                organisation=visit.text("organisation"),
            )
        except (Refused, NotFound, AddressError):
            sentence = say("Impossible ainsi : précisez l’adresse ou l’organisation, ou écartez ce cas.")
            return shell.back(_REVIEWS, sentence, bad=True)
        return shell.back(_REVIEWS, say("{n} cas réglés.").format(n=n) if n > 1 else say("Cas réglé."))

    return routes


def _numbers(texts: list[str]) -> list[int]:
    """Return the numbers of questions in the fields of a form, each field holding one or several."""
    return [int(number) for text in texts for number in text.split() if number.isdecimal() and len(number) < 16]


def _settled(shell: Shell, settled: int, failed: int) -> Response:
    """Go back to what waits, saying what was settled and what could not be."""
    done = ngettext("{n} cas réglé.", "{n} cas réglés.", settled).format(n=settled)
    if not failed:
        return shell.back(_REVIEWS, done, bad=settled == 0)
    left = ngettext(
        "{n} n’a pas pu l’être : la personne est partie ou a été effacée, ou l’adresse est à préciser.",
        "{n} n’ont pas pu l’être : les personnes sont parties ou effacées, ou l’adresse est à préciser.",
        failed,
    ).format(n=failed)
    return shell.back(_REVIEWS, f"{done} {left}", bad=True)


def question(kind: str) -> str:
    """Return what is asked by a review."""
    return {
        "import-row": say("Une ligne d’import douteuse"),
        "organisation": say("Quelle organisation ?"),
        "organisations": say("Deux organisations possibles"),
        "member-row": say("Une ligne d’organisation douteuse"),
        "reply": say("Une réponse à lire"),
    }.get(kind, say("Une demande à examiner"))
