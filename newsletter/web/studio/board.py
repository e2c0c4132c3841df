"""Composing an issue: what is available, the issue by sections, its words, its checks, its preview."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter
from fastapi.responses import JSONResponse, RedirectResponse, Response

from newsletter.actions.issues import board as issue_board
from newsletter.actions.issues import files, versions
from newsletter.actions.issues.board import Board
from newsletter.actions.issues.versions import Conflict, IssueVersion
from newsletter.actions.letters import editions, previews, proofs
from newsletter.actions.people import audience_form, audiences
from newsletter.actions.sending import mailings
from newsletter.audience import EVERYONE
from newsletter.errors import AudienceError, ContentError, NewsletterError, Refused
from newsletter.model import Issue
from newsletter.web.site import Site, say, told
from newsletter.web.studio import database_labels, gestures
from newsletter.web.studio.audiences import who_words
from newsletter.web.studio.content_labels import level_words, state_words, tag_words
from newsletter.web.studio.frames import frame, text_frame
from newsletter.web.studio.session import Visit, allow
from newsletter.web.studio.shell import Shell, Undo

_FILTERS = ("etiquette", "q", "tout")


def router(site: Site) -> APIRouter:
    """Return the routes of one issue being composed."""
    routes = APIRouter(prefix="/studio/numeros/{key}", include_in_schema=False)
    allowed = allow(site, "content")
    pages = _BoardPages(site, Shell(site))

    @routes.get("")
    def show(key: str, visit: Visit = allowed) -> Response:
        return pages.board(visit, key)

    @routes.get("/controles")
    def checks(key: str, visit: Visit = allowed) -> Response:
        issue, pool = files.read_issue(site.workspace, key), site.workspace.pool()
        found = issue_board.remarks(issue, pool, editions.findings(site.workspace, key))
        return pages.shell.page(visit, "board_checks.html", key=key, remarks=found, levels=level_words())

    @routes.get("/apercu")
    def preview(key: str, visit: Visit = allowed) -> Response:
        scheme = visit.query("theme")
        try:
            look = previews.issue_look(
                site.workspace,
                key,
                visit.number("lecteur"),
                "sombre" if scheme == "sombre" else "clair",
                site.prefix,
            )
        except NewsletterError as error:
            return text_frame(f"{say('L’aperçu reviendra quand ce point sera réglé :')}\n\n{told(error, place=True)}")
        if visit.query("format") == "texte":
            return text_frame(look.text)
        return frame(visit.request, look.html, pictures=visit.query("images") != "sans")

    @routes.post("/geste")
    def gesture(key: str, visit: Visit = allowed) -> Response:
        return pages.gesture(visit, key)

    @routes.post("/textes")
    def words(key: str, visit: Visit = allowed) -> Response:
        return pages.words(visit, key)

    @routes.post("/annuler")
    def undo(key: str, visit: Visit = allowed) -> Response:
        return pages.undo(visit, key)

    @routes.post("/choisir")
    def choose(key: str, visit: Visit = allowed) -> Response:
        return pages.choose(visit, key)

    @routes.post("/commentaires")
    def comment(key: str, visit: Visit = allowed) -> Response:
        path = f"/studio/numeros/{key}#commentaires"
        if done := visit.number("fait"):
            proofs.settle_comment(site.workspace, done)
            return pages.shell.back(path, say("Commentaire traité."))
        proofs.add_comment(site.workspace, key, visit.text("texte"), by=visit.by)
        return pages.shell.back(path, say("Commentaire ajouté."))

    return routes


@dataclass(frozen=True, slots=True)
class _BoardPages:
    """The answers of the composing page."""

    site: Site
    shell: Shell

    def board(
        self, visit: Visit, key: str, *, status: int = 200, problem: str = "", typed: Mapping[str, str] | None = None
    ) -> Response:
        """Show the issue; with `typed`, what was entered and could not be saved."""
        workspace = self.site.workspace
        values = {name: visit.query(name) or visit.text(name) for name in _FILTERS}
        found = issue_board.board(
            workspace, key, tag=values["etiquette"], words=values["q"], everything=values["tout"] == "oui"
        )
        mailing = mailings.current_mailing(workspace, key)
        return self.shell.page(
            visit,
            "board.html",
            status=status,
            board=found,
            filters=values,
            tags=tag_words(),
            levels=level_words(),
            state=mailing.status if mailing else "draft",
            states=state_words(),
            problem=problem,
            typed=typed or _texts(found.issue),
            key=key,
            place=visit.query("place"),
            opened=visit.query("ouvrir"),
            view=_view(visit),
            here=_here(visit, values),
            readers=previews.readers(workspace, key),
            comments=proofs.comments(workspace, key),
            titles=proofs.titles(workspace, key),
            sender=workspace.settings.network.short_name,
            **self._audiences(found, visit.query("ouvrir")),
        )

    def _audiences(self, found: Board, opened: str) -> dict[str, Any]:
        """Return who each targeted item and the issue are for, and the form of the one that is opened."""
        workspace = self.site.workspace
        rows = [row for row in (found.lead, *(row for block in found.blocks for row in block.rows)) if row]
        rules = {row.anchor: row.rule for row in rows if row.rule != EVERYONE}
        row = next((row for row in rows if row.anchor == opened), None)
        rule = row.rule if row else found.issue.audience if opened == "public" else None
        try:
            whole = found.issue.audience
            described = {one: audiences.describe_rule(workspace, one) for one in {*rules.values(), whole}}
            chosen = {
                "form": audience_form.form_of_rule(workspace, rule) if rule is not None else None,
                "choices": audience_form.audience_choices(workspace) if rule is not None else None,
            }
        except ContentError as error:
            targets = {anchor: told(error) for anchor in rules}
            return {"targets": targets, "issue_target": None, "level": None, "form": None, "choices": None}
        targets = {anchor: who_words(described[rule]) for anchor, rule in rules.items()}
        issue_target = who_words(described[whole]) if whole != EVERYONE else None
        return {"targets": targets, "issue_target": issue_target, "level": database_labels.level, **chosen}

    def gesture(self, visit: Visit, key: str) -> Response:
        """Do what a button says."""
        issue = versions.issue_version(self.site.workspace, key).issue
        try:
            changed, anchor, sentence = gestures.perform(issue, visit, self.site)
        except (Refused, ContentError, AudienceError) as refused:
            return self._back(visit, key, "numero", told(refused), bad=True)
        return self._save(visit, key, changed, anchor, sentence)

    def words(self, visit: Visit, key: str) -> Response:
        """Save subject, preheader, date and éditorial; a script that asks for JSON gets the new version."""
        typed = {name: visit.text(name) for name in ("objet", "apercu_texte", "date", "editorial")}
        issue = versions.issue_version(self.site.workspace, key).issue
        try:
            changed = replace(
                issue,
                subject=typed["objet"],
                preheader=typed["apercu_texte"],
                editorial=typed["editorial"],
                date=date.fromisoformat(typed["date"]) if typed["date"] else issue.date,
            )
            saved = versions.save_issue(self.site.workspace, changed, visit.text("version"))
            if visit.request.headers.get("accept") == "application/json":
                hour = f"{self.site.workspace.now():%H:%M}"
                return JSONResponse({"version": saved.version, "message": say("Enregistré à {h}").format(h=hour)})
            return self._saved(visit, key, saved, "objet", say("Textes enregistrés."))
        except Conflict as conflict:
            return self.conflict(visit, key, conflict)
        except (ContentError, ValueError) as error:
            problem = (
                told(error) if isinstance(error, ContentError) else say("La date doit être un jour du calendrier.")
            )
            return self.board(visit, key, status=422, problem=problem, typed=typed)

    def undo(self, visit: Visit, key: str) -> Response:
        """Undo the last save."""
        try:
            versions.undo_issue(self.site.workspace, key, visit.text("version"))
        except Conflict as conflict:
            return self.conflict(visit, key, conflict)
        except Refused:
            return self._back(visit, key, "numero", say("Il n’y a rien à annuler."), bad=True)
        return self._back(visit, key, "numero", say("La dernière modification est annulée."))

    def choose(self, visit: Visit, key: str) -> Response:
        """Settle a conflict: the whole text that was chosen becomes the file; the other stays in its history."""
        text = str(visit.form.get("texte", "")).replace("\r\n", "\n")
        try:
            versions.save_issue_text(self.site.workspace, key, text, visit.text("version"))
        except Conflict as conflict:
            return self.conflict(visit, key, Conflict(f"{key}.md", text, conflict.theirs))
        except ContentError as error:
            words = f"{say('Ce texte ne peut pas être enregistré :')} {told(error, place=True)}"
            return self._back(visit, key, "numero", words, bad=True)
        return self._back(visit, key, "numero", say("Votre version est enregistrée. L’autre peut être rappelée."))

    def conflict(self, visit: Visit, key: str, conflict: Conflict) -> Response:
        """Show both texts; nothing was written."""
        version = versions.issue_version(self.site.workspace, key).version
        return self.shell.page(
            visit,
            "board_conflict.html",
            status=409,
            path=f"/studio/numeros/{key}",
            mine=conflict.mine,
            theirs=conflict.theirs,
            version=version,
        )

    def _save(self, visit: Visit, key: str, changed: Issue, anchor: str, sentence: str) -> Response:
        try:
            saved = versions.save_issue(self.site.workspace, changed, visit.text("version"))
        except Conflict as conflict:
            return self.conflict(visit, key, conflict)
        except ContentError as error:
            return self._back(visit, key, anchor, told(error), bad=True)
        return self._saved(visit, key, saved, anchor, sentence)

    def _saved(self, visit: Visit, key: str, saved: IssueVersion, anchor: str, sentence: str) -> Response:
        undo = Undo(f"/studio/numeros/{key}/annuler", {"version": saved.version}) if saved.can_undo else None
        return self._back(visit, key, anchor, sentence, undo=undo)

    def _back(
        self, visit: Visit, key: str, anchor: str, sentence: str, *, undo: Undo | None = None, bad: bool = False
    ) -> RedirectResponse:
        kept = {name: visit.text(name) for name in _FILTERS if visit.text(name)}
        query = urlencode({**kept, "place": anchor})
        return self.shell.back(f"/studio/numeros/{key}?{query}#{anchor}", sentence, undo=undo, bad=bad)


def _texts(issue: Issue) -> dict[str, str]:
    return {
        "objet": issue.subject,
        "apercu_texte": issue.preheader,
        "date": issue.date.isoformat(),
        "editorial": issue.editorial,
    }


def _here(visit: Visit, filters: Mapping[str, str]) -> str:
    """Return the beginning of an address of this page; there are fifty in it, so it is kept short."""
    kept = {name: value for name, value in {"lang": visit.query("lang"), **filters}.items() if value}
    return f"?{urlencode(kept)}&" if kept else "?"


def _view(visit: Visit) -> dict[str, str]:
    """Return how the preview is requested without a script."""
    choices = {
        "taille": ("telephone", "ordinateur"),
        "theme": ("clair", "sombre"),
        "images": ("avec", "sans"),
        "format": ("html", "texte"),
    }
    found = {name: visit.query(name) if visit.query(name) in known else known[0] for name, known in choices.items()}
    return found | {"lecteur": str(visit.number("lecteur"))}
