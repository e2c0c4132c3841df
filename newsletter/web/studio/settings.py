"""Settings pages: identity, looks, publications and their sections, feeds. All of them write `newsletter.toml`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, get_args

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from newsletter.actions.people import audience_form
from newsletter.actions.team import settings_edits
from newsletter.actions.team.settings_edits import Change
from newsletter.audience import formula
from newsletter.audience_parser import parse_rule
from newsletter.errors import AudienceError, NotFound, Refused, SettingsError
from newsletter.i18n import Sentence
from newsletter.model import Tag
from newsletter.settings import Feed, Layout, Publication
from newsletter.theme import Palette
from newsletter.web.site import Site, say, told
from newsletter.web.studio import database_labels
from newsletter.web.studio.audiences import sent_rule
from newsletter.web.studio.content_labels import tag_words
from newsletter.web.studio.session import Visit, allow
from newsletter.web.studio.shell import Shell

_HOME = "/studio/reglages"
_IDENTITY = (
    "name",
    "short_name",
    "baseline",
    "address",
    "phone",
    "email",
    "website",
    "director",
    "host",
    "dpo",
    "privacy_url",
)
_PUBLICATION = ("title", "description", "subject", "link_label", "reply_to", "archive")
_MODES = ("light", "dark")
_NEW_SECTIONS = 2


def router(site: Site) -> APIRouter:
    """Return the routes of the settings in `newsletter.toml`."""
    routes = APIRouter(prefix=_HOME, include_in_schema=False)
    allowed = allow(site, "settings")
    pages = _SettingsPages(site, Shell(site))

    @routes.get("")
    def start(_visit: Visit = allowed) -> Response:
        return RedirectResponse(f"{site.prefix}{_HOME}/identite", 303)

    @routes.get("/identite")
    def identity(visit: Visit = allowed) -> Response:
        return pages.show(visit, "identity")

    @routes.post("/identite")
    def save_identity(visit: Visit = allowed) -> Response:
        return pages.save(visit, "identity", f"{_HOME}/identite", _identity(visit))

    @routes.get("/apparence")
    def theme(visit: Visit = allowed) -> Response:
        return pages.show(visit, "theme", findings=settings_edits.theme_findings(site.workspace.settings))

    @routes.post("/apparence")
    def save_theme(visit: Visit = allowed) -> Response:
        return pages.save(visit, "theme", f"{_HOME}/apparence", _theme(visit))

    @routes.get("/flux")
    def feeds(visit: Visit = allowed) -> Response:
        return pages.show(visit, "feeds", feeds=_feed_rows(visit, site.workspace.settings.feeds), names=tag_words())

    @routes.post("/flux")
    def save_feeds(visit: Visit = allowed) -> Response:
        rows = _feed_rows(visit, site.workspace.settings.feeds)
        return pages.save(visit, "feeds", f"{_HOME}/flux", _feeds(visit), feeds=rows, names=tag_words())

    @routes.get("/publications")
    def publications(visit: Visit = allowed) -> Response:
        return pages.show(visit, "publications")

    @routes.get("/publications/{key}")
    def publication(key: str, visit: Visit = allowed) -> Response:
        return pages.show(visit, "publication", **_publication_page(site, key))

    @routes.post("/publications/{key}")
    def save_publication(key: str, visit: Visit = allowed) -> Response:
        shown, path = _publication_page(site, key), f"{_HOME}/publications/{key}"
        try:
            changes = _publication(visit, key)
        except AudienceError as error:
            return pages.shell.back(path, told(error), bad=True)
        return pages.save(visit, "publication", path, changes, **shown)

    return routes


@dataclass(frozen=True, slots=True)
class _SettingsPages:
    """Shows and saves the forms; each is `settings_<what>.html`."""

    site: Site
    shell: Shell

    def show(self, visit: Visit, what: str, *, status: int = 200, **more: Any) -> Response:
        """Answer with a form, filled with what was entered or with the settings in force."""
        values = {
            "version": settings_edits.version(self.site.workspace),
            "entered": {name: value for name, value in visit.form.items() if isinstance(value, str)},
            "error": None,
            "findings": (),
            "colours": tuple(Palette.model_fields),
            "modes": _MODES,
            "tags": tuple(Tag),
            "layouts": get_args(Layout),
            "rows": _rows(visit, more.get("publication")),
        }
        return self.shell.page(visit, f"settings_{what}.html", status=status, **{**values, **more})

    def save(self, visit: Visit, what: str, path: str, changes: Sequence[Change], **more: Any) -> Response:
        """Write the changes and go back to `path`, or show the form again with what is wrong."""
        try:
            made = settings_edits.draft(self.site.workspace, changes, visit.text("version"))
        except SettingsError as error:
            return self.show(visit, what, status=422, error=error, **more)
        except Refused:
            return self._changed(path)
        if what == "theme" and (findings := settings_edits.theme_findings(made.settings)):
            return self.show(visit, what, status=422, findings=findings, **more)
        try:
            settings_edits.save_settings(self.site.workspace, made, what, visit.by)
        except Refused:
            return self._changed(path)
        self.site.refresh()
        return self.shell.back(path, say("Réglages enregistrés. Ils valent dès maintenant."))

    def _changed(self, path: str) -> Response:
        words = say("Les réglages ont changé entre-temps. Voici leur état : refaites votre changement.")
        return self.shell.back(path, words, bad=True)


def _identity(visit: Visit) -> list[Change]:
    # An empty field is removed, so that the file stays readable; a required one is then named as missing.
    changes: list[Change] = [(("network", name), visit.text(name) or None) for name in _IDENTITY]
    accounts = dict(zip(visit.texts("account_name"), visit.texts("account_url"), strict=False))
    changes.append((("network", "accounts"), {name: url for name, url in accounts.items() if name and url}))
    funders = [line.strip() for line in visit.text("funders").splitlines() if line.strip()]
    return [*changes, (("network", "funders"), funders)]


def _theme(visit: Visit) -> list[Change]:
    changes: list[Change] = [
        (("theme", mode, name), visit.text(f"{mode}_{name}")) for mode in _MODES for name in Palette.model_fields
    ]
    return [*changes, *((("theme", font), visit.text(font)) for font in ("heading_font", "body_font"))]


def _feeds(visit: Visit) -> list[Change]:
    """Return the change of the table of feeds; without any it is taken out, and a row without an address goes."""
    rows = []
    for row in _entered_feeds(visit):
        if not row["url"]:
            continue
        kept = {"url": row["url"], "tags": row["tags"], "categories": _categories(row["categories"])}
        days = int(row["days"]) if row["days"].isascii() and row["days"].isdigit() else row["days"]
        default = Feed.model_fields["days"].default
        rows.append({name: v for name, v in {**kept, "days": days}.items() if v not in ([], {}, "", default)})
    return [(("feeds",), rows or None)]


def _entered_feeds(visit: Visit) -> list[dict[str, Any]]:
    columns = (visit.texts("feed_url"), visit.texts("feed_days"), visit.texts("feed_categories"))
    return [
        {"url": url, "days": days, "categories": words, "tags": visit.texts(f"feed_tags_{n}")}
        for n, (url, days, words) in enumerate(zip(*columns, strict=False))
    ]


def _categories(text: str) -> dict[str, str]:
    """Return what lines of `category = tag` say."""
    pairs = (line.rpartition("=") for line in text.splitlines() if line.strip())
    return {name.strip(): tag.strip() for name, _equals, tag in pairs}


def _feed_rows(visit: Visit, feeds: Sequence[Feed]) -> list[dict[str, Any]]:
    """Return the rows of the form: those entered or in force, and an empty one for a new feed."""
    if entered := _entered_feeds(visit):
        return entered
    rows = [
        {
            "url": feed.url,
            "days": feed.days,
            "tags": feed.tags,
            "categories": "\n".join(f"{name} = {tag}" for name, tag in feed.categories.items()),
        }
        for feed in feeds
    ]
    return [*rows, {"url": "", "days": Feed.model_fields["days"].default, "tags": (), "categories": ""}]


def _publication(visit: Visit, key: str) -> list[Change]:
    changes: list[Change] = [(("publications", key, name), visit.text(name) or None) for name in _PUBLICATION]
    kept = [row for row in _sections(visit) if row["title"]]
    kept.sort(key=lambda row: row.pop("place"))
    whom = (("publications", key, "for"), formula(sent_rule(visit)) or None)
    return [*changes, whom, (("publications", key, "sections"), kept)]


def _publication_page(site: Site, key: str) -> dict[str, Any]:
    """Return a publication with the form of its audience."""
    publication, workspace = _known(site, key), site.workspace
    return {
        "publication": publication,
        "form": audience_form.form_of_rule(workspace, parse_rule(publication.for_)),
        "choices": audience_form.audience_choices(workspace),
        "level": database_labels.level,
    }


def _sections(visit: Visit) -> list[dict[str, Any]]:
    columns = (visit.texts("section_title"), visit.texts("section_tag"), visit.texts("section_layout"))
    places = [int(text) if text.isascii() and text.isdigit() else 999 for text in visit.texts("section_place")]
    return [
        {"tag": tag, "title": title, "layout": layout, "place": place}
        for title, tag, layout, place in zip(*columns, places, strict=False)
    ]


def _rows(visit: Visit, publication: Publication | None) -> list[dict[str, Any]]:
    """Return the rows of the table of sections: those entered or in force, and empty ones for new sections."""
    if publication is None:
        return []
    entered = _sections(visit)
    if entered:
        return entered
    rows: list[dict[str, Any]] = [
        {"tag": s.tag, "title": s.title, "layout": s.layout, "place": n} for n, s in enumerate(publication.sections, 1)
    ]
    empty = {"tag": Tag.RTES, "title": "", "layout": "news"}
    return rows + [{**empty, "place": len(rows) + n} for n in range(1, _NEW_SECTIONS + 1)]


def _known(site: Site, key: str) -> Publication:
    if key not in site.workspace.settings.publications:
        raise NotFound(
            f"there is no publication `{key}`",
            where="newsletter.toml",
            hint="see the list",
            said=Sentence("Cette publication n’existe pas. Choisissez-en une dans la liste."),
        )
    return site.workspace.settings.publications[key]
