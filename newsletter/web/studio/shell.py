"""The frame of every Studio page: navigation by right, notices with their undo, the trial-mode line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse
from markupsafe import Markup

from newsletter.errors import TokenError
from newsletter.web.site import Site, say
from newsletter.web.studio.session import CSRF_FIELD, Visit, drop_cookie, give_cookie, read_cookie

# The page asks its own pages where a form came from; other sites still learn nothing.
HEADERS: Mapping[str, str] = {"Referrer-Policy": "same-origin"}
_NOTICE, _PURPOSE = "avis", "studio-notice"


@dataclass(frozen=True, slots=True)
class Undo:
    """A button beside a notice: POSTs `fields` to `path`."""

    path: str
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Shell:
    """Makes the answers of Studio pages."""

    site: Site

    def page(
        self, visit: Visit, template: str, *, status: int = 200, headers: Mapping[str, str] | None = None, **values: Any
    ) -> HTMLResponse:
        """Answer with `templates/web/studio/<template>`, which extends `studio/base.html`; `values` fill it.

        In the template: `visit`, `csrf` (put `{{ csrf }}` into every form that POSTs), and all that `Site.page` gives.
        """
        frame = {
            "visit": visit,
            "csrf": _csrf(visit),
            "role": role_words(visit.user.role),
            "nav": self._navigation(visit),
            "notice": self._notice(visit.request),
            "trial": self._trial,
        }
        headers = {**HEADERS, **(headers or {})}
        response = self.site.page(
            visit.request, f"studio/{template}", status=status, headers=headers, **frame, **values
        )
        if read_cookie(self.site, visit.request, _NOTICE):
            drop_cookie(self.site, response, _NOTICE)
        return response

    def open_page(self, request: Request, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
        """Answer with a page for a visitor who is not signed in."""
        return self.site.page(request, f"studio/{template}", status=status, headers=HEADERS, **values)

    def back(self, path: str, sentence: str = "", *, undo: Undo | None = None, bad: bool = False) -> RedirectResponse:
        """Go to the Studio page at `path` (`/studio/...`) after a POST; there `sentence` is shown once, with its undo.

        `bad` shows it as a refusal.
        """
        response = RedirectResponse(f"{self.site.prefix}{path}", 303)
        if sentence:
            note: dict[str, Any] = {"text": sentence, "bad": bad}
            if undo:
                note |= {"undo": undo.path, "fields": dict(undo.fields)}
            # Signed, so that no other site can put words or buttons into a user's Studio.
            sealed = self.site.workspace.signer.seal(_PURPOSE, json.dumps(note, ensure_ascii=False).encode())
            give_cookie(self.site, response, _NOTICE, sealed, 120)
        return response

    def _notice(self, request: Request) -> Mapping[str, Any] | None:
        try:
            sealed = self.site.workspace.signer.open(_PURPOSE, read_cookie(self.site, request, _NOTICE))
        except TokenError:
            return None
        note: Mapping[str, Any] = json.loads(sealed)
        return note

    @property
    def _trial(self) -> bool:
        return self.site.workspace.settings.sending.provider == "outbox"

    def _navigation(self, visit: Visit) -> list[dict[str, Any]]:
        entries = (
            ("/studio", say("Accueil"), ""),
            ("/studio/articles", say("Articles"), "content"),
            ("/studio/numeros", say("Numéros"), "content"),
            ("/studio/public", say("Public"), "people"),
            ("/studio/chiffres", say("Chiffres"), "figures"),
            ("/studio/reglages", say("Réglages"), "settings"),
        )
        here = visit.request.url.path.removeprefix(self.site.prefix)
        return [
            {"path": path, "label": label, "here": _here(path, here)}
            for path, label, right in entries
            if not right or visit.may(right)
        ]


def role_words(role: str) -> str:
    """Return a role as users read it."""
    return {"editor": say("Rédaction"), "staff": say("Suivi"), "admin": say("Administration")}[role]


def _here(path: str, here: str) -> str:
    """Return the value of `aria-current` for a navigation entry: this page, a page above it, or neither."""
    if here == path:
        return "page"
    return "true" if path != "/studio" and here.startswith(f"{path}/") else ""


def _csrf(visit: Visit) -> Markup:
    return Markup('<input type="hidden" name="{}" value="{}">').format(CSRF_FIELD, visit.session.csrf)
