"""What every page needs: the workspace, the templates, the style sheet and the words of the reader's language."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.types import Scope

from newsletter import french, i18n, paris, resources
from newsletter.actions.archive.link_counts import Bursts
from newsletter.actions.team.oidc import Discovery
from newsletter.actions.workspace import Workspace
from newsletter.errors import NewsletterError
from newsletter.paris import PARIS
from newsletter.theme import Palette, Theme
from newsletter.web.labels import said


@dataclass(frozen=True)
class Site:
    """One workspace on the web. A router takes it as its only argument: `def router(site: Site) -> APIRouter`."""

    workspace: Workspace

    @cached_property
    def prefix(self) -> str:
        """The path of the public base URL, under which all pages are (mostly empty)."""
        return urlsplit(self.workspace.settings.web.base_url).path.rstrip("/")

    @cached_property
    def secure(self) -> bool:
        """Whether the public address is https."""
        return self.workspace.settings.web.base_url.startswith("https://")

    @cached_property
    def bursts(self) -> Bursts:
        """Who followed counted links of late."""
        return Bursts()

    @cached_property
    def discovery(self) -> Discovery:
        """What the OpenID Connect provider said of itself."""
        return Discovery()

    @cached_property
    def static(self) -> Mapping[str, bytes]:
        """The static files by their public names, which carry a hash of the content (`app.1f0c2a9b.css`)."""
        folder = resources.templates() / "web" / "static"
        files = {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()}
        files["app.css"] = tokens_css(self.workspace.settings.theme).encode() + files["app.css"]
        return {_hashed(name, data): data for name, data in files.items()}

    @cached_property
    def _assets(self) -> Mapping[str, str]:
        return {f"{Path(name).stem.rpartition('.')[0]}{Path(name).suffix}": name for name in self.static}

    def refresh(self) -> None:
        """Rebuild style sheet and templates after the settings have changed."""
        for name in ("static", "_assets", "templates"):
            self.__dict__.pop(name, None)

    def renew(self) -> None:
        """Apply settings that another process has changed, and rebuild what depends on them."""
        if self.workspace.renew():
            self.refresh()

    def asset(self, name: str) -> str:
        """Return the address of a static file; a KeyError is a fault of the template."""
        return f"{self.prefix}/static/{self._assets[name]}"

    def page(
        self,
        request: Request,
        template: str,
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        **values: Any,
    ) -> HTMLResponse:
        """Answer with `templates/web/<template>` filled with `values`; `url()` in it keeps a chosen language."""
        chosen = request.query_params.get("lang", "")
        lang = chosen if chosen in i18n.LOCALES else ""
        text = self.templates.get_template(template).render(
            request=request,
            status=status,
            url=self._maker(lang),
            lang=i18n.locale(),
            **self._tongues(),
            switch=self._switch(request),
            **values,
        )
        return HTMLResponse(text, status, dict(headers or {}))

    def _tongues(self) -> dict[str, Markup]:
        """Return the attributes that mark words in the language of the content, and words of the page amid them."""
        content, page = self.workspace.settings.network.locale, i18n.locale()
        marks = {"content_lang": content, "page_lang": page}
        return {name: Markup(' lang="{}"').format(to) if content != page else Markup() for name, to in marks.items()}

    def _maker(self, lang: str) -> Callable[..., str]:
        def url(path: str, **query: str) -> str:
            query = {**({"lang": lang} if lang else {}), **query}
            return f"{self.prefix}{path}" + (f"?{urlencode(query)}" if query else "")

        return url

    def _switch(self, request: Request) -> str:
        """Return this page's address in the other language; nothing for the answer to a POST."""
        if request.method != "GET":
            return ""
        other = "en" if i18n.locale() == "fr" else "fr"
        query = [(k, v) for k, v in request.query_params.multi_items() if k != "lang"]
        # A leading `//` would lead to another host.
        path = f"/{request.url.path.lstrip('/')}"
        return f"{path}?{urlencode([*query, ('lang', other)])}"

    def language(self, scope: Scope) -> str:
        """Return the language to answer in: `?lang=`, else the first of Accept-Language that is spoken, else French."""
        request = Request(scope)
        asked = [request.query_params.get("lang", "")]
        for part in request.headers.get("accept-language", "")[:200].split(","):
            asked.append(part.partition(";")[0].strip().partition("-")[0].lower())
        return next((name for name in asked if name in i18n.LOCALES), self.workspace.settings.network.locale)

    @cached_property
    def templates(self) -> Environment:
        """The Jinja environment of the pages: everything is escaped, an unknown name is an error."""
        env = Environment(
            loader=FileSystemLoader(resources.templates() / "web"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        settings = self.workspace.settings
        env.globals.update(
            _=say,
            ngettext=_count,
            asset=self.asset,
            settings=settings,
            network=settings.network,
            publications=settings.publications,
        )
        env.filters.update(fr=french.printed, day=day_words, moment=moment_words, said=said, n=french.number_words)
        return env


def say(sentence: str) -> str:
    """Return `sentence` in the current language, French with its no-break spaces."""
    return french.printed(i18n._(sentence))


def told(error: NewsletterError, *, place: bool = False) -> str:
    """Return what a page says of `error`, in the current language; with `place`, the file and line it speaks of too."""
    where = f" ({error.where})" if place and error.where else ""
    return french.printed(error.told) + where


def _count(one: str, many: str, n: float) -> str:
    return french.printed(i18n.ngettext(one, many, n))


def day_words(moment: float | date) -> str:
    """Return a day in words: `3 novembre 2026`, in English `3 November 2026`."""
    day = moment if isinstance(moment, date) else paris.day(moment)
    return french.date_words(day)


def moment_words(moment: float | str) -> str:
    """Return a day and an hour in Paris, for tables: `03/11/2026 09:30`; `moment` is POSIX seconds or an ISO text."""
    when = datetime.fromisoformat(moment) if isinstance(moment, str) else paris.moment(moment)
    return when.astimezone(PARIS).strftime("%d/%m/%Y %H:%M")


def tokens_css(theme: Theme) -> str:
    """Return the design tokens of a theme as CSS custom properties, light and dark."""

    def block(palette: Palette) -> str:
        return "".join(f"--{name.replace('_', '-')}:{value};" for name, value in palette)

    fonts = f"--heading-font:{theme.heading_font};--body-font:{theme.body_font};"
    dark = f"@media (prefers-color-scheme:dark){{:root{{{block(theme.dark)}}}}}"
    return f":root{{color-scheme:light dark;{block(theme.light)}{fonts}}}\n{dark}\n"


def _hashed(name: str, data: bytes) -> str:
    path = Path(name)
    return f"{path.stem}.{hashlib.sha256(data).hexdigest()[:8]}{path.suffix}"
