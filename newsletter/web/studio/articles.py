"""The articles: the pool with its filters, and each one written, proof-read and seen as it will look."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from fastapi import APIRouter
from fastapi.responses import Response

from newsletter.actions.issues import article_form, versions
from newsletter.actions.issues.article_form import Problems
from newsletter.actions.issues.article_list import shelf
from newsletter.actions.issues.versions import Conflict
from newsletter.actions.letters import previews
from newsletter.errors import ContentError, NewsletterError, NotFound, Refused
from newsletter.i18n import Sentence
from newsletter.model import Article, Status
from newsletter.web.site import Site, say, told
from newsletter.web.studio.content_labels import kind_words, level_words, status_words, tag_words
from newsletter.web.studio.frames import frame, text_frame
from newsletter.web.studio.session import Visit, allow
from newsletter.web.studio.shell import Shell, Undo

_SIZE = 40
_FILTERS = ("etiquette", "statut", "mois", "organisation", "paru", "venus", "q")


def router(site: Site) -> APIRouter:
    """Return the routes of the articles."""
    routes = APIRouter(prefix="/studio/articles", include_in_schema=False)
    allowed = allow(site, "content")
    pages = _ArticlePages(site, Shell(site))

    @routes.get("")
    def shelf(visit: Visit = allowed) -> Response:
        return pages.shelf(visit)

    @routes.get("/nouveau")
    def new(visit: Visit = allowed) -> Response:
        kind = visit.query("sorte")
        if kind not in article_form.KINDS:
            return pages.shell.page(visit, "articles_new.html", kinds=kind_words())
        return pages.form(visit, article_form.blank(site.workspace, kind), kind=kind)

    @routes.post("")
    def create(visit: Visit = allowed) -> Response:
        return pages.create(visit)

    @routes.post("/apercu")
    def look(visit: Visit = allowed) -> Response:
        return pages.look(visit)

    @routes.post("/controle")
    def check(visit: Visit = allowed) -> Response:
        return pages.check(visit)

    @routes.get("/{slug}")
    def edit(slug: str, visit: Visit = allowed) -> Response:
        return pages.edit(visit, slug)

    @routes.post("/{slug}")
    def save(slug: str, visit: Visit = allowed) -> Response:
        return pages.save(visit, slug)

    @routes.get("/{slug}/apercu")
    def preview(slug: str, visit: Visit = allowed) -> Response:
        article = _found(site, slug)
        try:
            return frame(visit.request, previews.item_look(site.workspace, article, scheme="clair", prefix=site.prefix))
        except NewsletterError as error:
            return text_frame(f"{say('L’aperçu reviendra quand ce point sera réglé :')}\n\n{told(error, place=True)}")

    @routes.post("/{slug}/annuler")
    def undo(slug: str, visit: Visit = allowed) -> Response:
        return pages.undo(visit, slug)

    @routes.post("/{slug}/choisir")
    def choose(slug: str, visit: Visit = allowed) -> Response:
        return pages.choose(visit, slug)

    return routes


def _found(site: Site, slug: str) -> Article:
    article = site.workspace.pool().get(slug)
    if article is None:
        raise NotFound(
            f"there is no article `{slug}`",
            where="articles",
            hint="see the list",
            said=Sentence("Il n’y a pas d’article « {slug} ». Choisissez-en un dans la liste.", slug=slug),
        )
    return article


@dataclass(frozen=True, slots=True)
class _ArticlePages:
    site: Site
    shell: Shell

    def shelf(self, visit: Visit) -> Response:
        """Show the pool, as the filters narrow it."""
        wanted = {name: visit.query(name) for name in _FILTERS}
        start = visit.number("de")
        found = shelf(
            self.site.workspace,
            tag=wanted["etiquette"],
            status=wanted["statut"],
            month=wanted["mois"],
            organisation=wanted["organisation"],
            used=wanted["paru"],
            words=wanted["q"],
            arrived=wanted["venus"] == "flux",
            start=start,
            size=_SIZE,
        )
        return self.shell.page(
            visit,
            "articles.html",
            shelf=found,
            wanted=wanted,
            start=start,
            size=_SIZE,
            tags=tag_words(),
            statuses=status_words(),
        )

    def form(
        self,
        visit: Visit,
        article: Article,
        *,
        kind: str = "",
        file: versions.ArticleVersion | None = None,
        typed: Mapping[str, str] | None = None,
        tags: list[str] | None = None,
        problems: Mapping[str, str] | None = None,
    ) -> Response:
        """Show an article's form: as its file says it, or as it was typed with what is wrong."""
        values = {**article_form.values(article), **(typed or {})}
        groups = article_form.KINDS[kind].groups if kind else article_form.groups_of(article)
        return self.shell.page(
            visit,
            "article.html",
            status=422 if problems else 200,
            article=article,
            kind=kind,
            file=file,
            v=values,
            chosen=tags if tags is not None else list(article.tags),
            problems=problems or {},
            groups=groups,
            remarks=article_form.remarks(article) if file else [],
            read=bool(file),
            tags=tag_words(),
            statuses=status_words(),
            kinds=kind_words(),
            levels=level_words(),
            speakers=article_form.SPEAKERS,
        )

    def edit(self, visit: Visit, slug: str) -> Response:
        """Show an article for editing."""
        _found(self.site, slug)
        file = versions.article_version(self.site.workspace, slug)
        return self.form(visit, file.article, file=file)

    def create(self, visit: Visit) -> Response:
        """Write a new article."""
        kind = visit.text("sorte")
        if kind not in article_form.KINDS:
            raise Refused(say("Choisissez une sorte d’article."), where=kind, hint="choose one of the list")
        blank = article_form.blank(self.site.workspace, kind)
        form = _typed(visit)
        try:
            form = article_form.with_upload(self.site.workspace, form, _upload(visit))
            made = article_form.filled(blank, form, visit.texts("tags"), article_form.KINDS[kind].groups)
            article = article_form.create_article(self.site.workspace, made)
        except (Problems, ContentError) as error:
            return self.form(visit, blank, kind=kind, typed=form, tags=visit.texts("tags"), problems=_said(error))
        words = say("Article créé. Il sera proposé pour le prochain numéro.")
        if article.status is not Status.READY:
            words = say("Article créé, en brouillon. Il sera proposé pour un numéro quand il sera prêt.")
        return self.shell.back(f"/studio/articles/{article.slug}", words + _cleaned(visit))

    def save(self, visit: Visit, slug: str) -> Response:
        """Save an article from the version its form was made of."""
        _found(self.site, slug)
        file, form = versions.article_version(self.site.workspace, slug), _typed(visit)
        groups = [name for name in visit.texts("groupe") if name in ("organisations", "people", "event", "deadline")]
        try:
            form = article_form.with_upload(self.site.workspace, form, _upload(visit))
            made = article_form.filled(file.article, form, visit.texts("tags"), groups)
            saved = versions.save_article(self.site.workspace, made, visit.text("version"))
        except Conflict as conflict:
            return self.conflict(visit, slug, conflict)
        except (Problems, ContentError) as error:
            return self.form(
                visit, file.article, file=file, typed=form, tags=visit.texts("tags"), problems=_said(error)
            )
        undo = Undo(f"/studio/articles/{slug}/annuler", {"version": saved.version}) if saved.can_undo else None
        return self.shell.back(f"/studio/articles/{slug}", say("Article enregistré.") + _cleaned(visit), undo=undo)

    def check(self, visit: Visit) -> Response:
        """Proof-read what is being typed: a fragment of a page."""
        workspace, slug = self.site.workspace, visit.text("slug")
        article = workspace.pool().get(slug) or article_form.blank(workspace, visit.text("sorte"))
        try:
            made = article_form.filled(article, _typed(visit), visit.texts("tags"), visit.texts("groupe"))
        except Problems as problems:
            return self.shell.page(
                visit, "article_remarks.html", remarks=[], problems=problems.fields, levels=level_words()
            )
        return self.shell.page(
            visit, "article_remarks.html", remarks=article_form.remarks(made), problems={}, levels=level_words()
        )

    def look(self, visit: Visit) -> Response:
        """Show what is being typed as it will look in a letter, with the picture just chosen."""
        workspace, slug = self.site.workspace, visit.text("slug")
        article = workspace.pool().get(slug) or replace(
            article_form.blank(workspace, visit.text("sorte")), slug="apercu"
        )
        try:
            form = article_form.with_upload(workspace, _typed(visit), _upload(visit))
            made = article_form.filled(article, form, visit.texts("tags"), visit.texts("groupe"))
            html = previews.item_look(workspace, made, scheme="clair", prefix=self.site.prefix)
        except Problems as problems:
            return text_frame("\n".join([say("Il reste quelque chose à corriger"), "", *problems.fields.values()]))
        except NewsletterError as error:
            return text_frame(f"{say('L’aperçu reviendra quand ce point sera réglé :')}\n\n{told(error, place=True)}")
        return frame(visit.request, html)

    def undo(self, visit: Visit, slug: str) -> Response:
        """Undo the last save."""
        try:
            versions.undo_article(self.site.workspace, slug, visit.text("version"))
        except Conflict as conflict:
            return self.conflict(visit, slug, conflict)
        except Refused:
            return self.shell.back(f"/studio/articles/{slug}", say("Il n’y a rien à annuler."), bad=True)
        return self.shell.back(f"/studio/articles/{slug}", say("La dernière modification est annulée."))

    def choose(self, visit: Visit, slug: str) -> Response:
        """Settle a conflict with the whole text that was chosen."""
        text = str(visit.form.get("texte", "")).replace("\r\n", "\n")
        try:
            versions.save_article_text(self.site.workspace, slug, text, visit.text("version"))
        except Conflict as conflict:
            return self.conflict(visit, slug, Conflict(f"{slug}.md", text, conflict.theirs))
        except ContentError as error:
            words = f"{say('Ce texte ne peut pas être enregistré :')} {told(error, place=True)}"
            return self.shell.back(f"/studio/articles/{slug}", words, bad=True)
        return self.shell.back(f"/studio/articles/{slug}", say("Votre version est enregistrée."))

    def conflict(self, visit: Visit, slug: str, conflict: Conflict) -> Response:
        """Show both texts; nothing was written."""
        return self.shell.page(
            visit,
            "board_conflict.html",
            status=409,
            path=f"/studio/articles/{slug}",
            mine=conflict.mine,
            theirs=conflict.theirs,
            version=versions.article_version(self.site.workspace, slug).version,
        )


def _typed(visit: Visit) -> dict[str, str]:
    typed = {name: visit.text(name) for name in visit.form if isinstance(visit.form[name], str)}
    return typed | {"status": Status.READY} if typed.get("pret") else typed


def _cleaned(visit: Visit) -> str:
    """Return the sentence that says what was taken out of a pasted text, with a blank before it; empty when nothing."""
    if not visit.was_cleaned:
        return ""
    return " " + say("Des caractères invisibles, venus d’un autre logiciel, ont été retirés.")


def _upload(visit: Visit) -> bytes:
    file = visit.file("upload")
    return file.file.read() if file else b""


def _said(error: Problems | ContentError) -> Mapping[str, str]:
    if isinstance(error, Problems):
        return error.fields
    field = error.where.rpartition(", ")[2] if ", " in error.where else "title"
    return {field: told(error)}
