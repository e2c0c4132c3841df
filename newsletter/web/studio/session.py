"""Who uses a Studio page: the session's cookie, rights, and proof that a form comes from the Studio.

A handler that changes something takes no `Form()` parameters: `Visit.form` is read only after session, right, origin
and CSRF token are checked, so a stranger's upload is never parsed.
"""

from __future__ import annotations

import hmac
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

from fastapi import Depends, HTTPException, Path, Request
from fastapi.responses import RedirectResponse, Response
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile

from newsletter.actions.team import factors, sessions, users
from newsletter.actions.team.sessions import Requester, SignedIn
from newsletter.actor import Actor
from newsletter.pasted import clean_pasted
from newsletter.web.security import mask
from newsletter.web.site import Site

if TYPE_CHECKING:
    from newsletter.store.team.sessions import UserSession
    from newsletter.store.team.users import User

COOKIE, DEVICE = "studio", "studio-device"
_DEVICE_SECONDS = sessions.DEVICE_DAYS * 86_400
CSRF_FIELD, CSRF_HEADER = "csrf", "x-csrf-token"
log = logging.getLogger("newsletter.web")
_SAFE = ("GET", "HEAD", "OPTIONS")
Number = Annotated[int, Path(ge=0, le=2**63 - 1)]  # what the database can hold as an id


@dataclass(frozen=True, slots=True)
class Visit:
    """One request of a signed-in user; `form` is empty unless the request changes something."""

    request: Request
    session: UserSession
    form: FormData = field(default_factory=FormData)

    @property
    def user(self) -> User:
        """The signed-in user."""
        return self.session.user

    @property
    def by(self) -> Actor:
        """Who acts, for the journal: the user's name with the ids of user and session."""
        return self.session.actor

    def may(self, right: str) -> bool:
        """Tell whether the user has a right: content, people, figures, settings, send."""
        return right in users.rights(self.user)

    def text(self, name: str) -> str:
        """Return a field of the form without surrounding blanks; an empty text when it is not there."""
        value = self.form.get(name, "")
        return _typed(value) if isinstance(value, str) else ""

    @property
    def was_cleaned(self) -> bool:
        """Tell whether invisible characters were taken out of what was typed or pasted."""
        texts = [value for value in self.form.values() if isinstance(value, str)]
        return any(clean_pasted(text) != text for text in texts)

    def number(self, name: str) -> int:
        """Return a whole number of the form or of the query; 0 when it is none, or too long."""
        text = self.text(name) or self.query(name)
        return int(text) if text.isdecimal() and len(text) < 10 else 0

    def texts(self, name: str) -> list[str]:
        """Return every value of a field that is in the form several times."""
        return [_typed(value) for value in self.form.getlist(name) if isinstance(value, str)]

    @property
    def fields(self) -> list[tuple[str, str]]:
        """Every text of the form as it was sent: what a page that asks again hands on."""
        return [(name, value) for name, value in self.form.multi_items() if isinstance(value, str)]

    def file(self, name: str) -> UploadFile | None:
        """Return an uploaded file, or None when none was chosen."""
        value = self.form.get(name)
        return value if isinstance(value, UploadFile) and value.filename else None

    def query(self, name: str) -> str:
        """Return a value of the address's query without surrounding blanks."""
        return _typed(self.request.query_params.get(name, ""))

    def queries(self, name: str) -> list[str]:
        """Return every value that the address's query has several times."""
        return [_typed(value) for value in self.request.query_params.getlist(name)]


def _typed(text: str) -> str:
    return clean_pasted(text).strip()  # NUL among them, which PostgreSQL does not take


class FreshProofError(Exception):
    """What was asked needs its user proven anew; `visit` is the whole request.

    `reason` says why; empty for what cannot be taken back by a user who was last proven too long ago.
    """

    def __init__(self, visit: Visit, *, reason: str = "") -> None:
        super().__init__(visit.request.url.path)
        self.visit, self.reason = visit, reason


def allow(site: Site, right: str = "", *, fresh: bool = False, bare: bool = False, half: bool = False) -> Any:
    """Return the dependency `visit: Visit = allow(site, "people")`: signed in, with that right, the form proven.

    `fresh` asks for a proof of the user from the last minutes. `bare` pages open to whoever must still add a second
    factor, `half` pages to whoever must still give theirs.
    """

    async def visit(request: Request) -> Visit:
        cookie = read_cookie(site, request, COOKIE)
        session = await run_in_threadpool(sessions.find_session, site.workspace, cookie)
        if session is None:
            raise _elsewhere(site, "/studio/connexion")
        if session.half_open and not half:
            raise _elsewhere(site, "/studio/second-facteur")
        if not bare and factors.needs_second(site.workspace, session):
            raise _elsewhere(site, "/studio/compte/securite")
        if right and right not in users.rights(session.user):
            log.warning("403 for user %d: %s %s", session.user.id, request.method, mask(request.url.path))
            raise HTTPException(403)
        found = Visit(request, session)
        if request.method not in _SAFE:
            own_origin(site, request)
            form = await request.form()
            sent = request.headers.get(CSRF_HEADER) or form.get(CSRF_FIELD, "")
            if not isinstance(sent, str) or not hmac.compare_digest(sent.encode(), session.csrf.encode()):
                raise HTTPException(403)
            found = Visit(request, session, form)
        if fresh and not factors.is_fresh(site.workspace, session):
            raise FreshProofError(found)
        return found

    return Depends(visit)


def _elsewhere(site: Site, path: str) -> HTTPException:
    return HTTPException(303, headers={"Location": f"{site.prefix}{path}"})


def own_origin(site: Site, request: Request) -> None:
    """Refuse (403) a request that another site's page made the browser send.

    Browsers say so in `Sec-Fetch-Site` on secure addresses and in `Origin` everywhere; scripts outside of browsers send
    neither, and hold no cookie of another browser.
    """
    fetched = request.headers.get("sec-fetch-site")
    if fetched:
        if fetched not in ("same-origin", "none"):
            raise HTTPException(403)
        return
    origin = request.headers.get("origin")
    if origin is None:
        return
    base = urlsplit(site.workspace.settings.web.base_url)
    host = urlsplit(origin).netloc
    if not host or host not in (base.netloc, request.headers.get("host")):
        raise HTTPException(403)


def requester_of(site: Site, request: Request) -> Requester:
    """Return who asks: the browser, its IP address, and its mark if somebody signed in from it before."""
    ip = request.client.host if request.client else ""
    return Requester(request.headers.get("user-agent", ""), ip, read_cookie(site, request, DEVICE)[:100])


def remember(site: Site, response: Response, opened: SignedIn) -> None:
    """Give the browser its session, and its mark as a known device."""
    give_cookie(site, response, DEVICE, opened.device, _DEVICE_SECONDS)
    keep_session(site, response, opened.cookie)


def admit(site: Site, request: Request, opened: SignedIn) -> Response:
    """Let somebody who has signed in enter; a device never seen before is told to its user by mail.

    Whatever session this browser had before is closed: the new one has a new name.
    """
    if old := read_cookie(site, request, COOKIE):
        sessions.sign_out(site.workspace, old)
    response = RedirectResponse(f"{site.prefix}/studio", 303)
    remember(site, response, opened)
    if opened.surprising:
        asked = requester_of(site, request)
        response.background = BackgroundTask(sessions.mail_new_device, site.workspace, opened.user, asked)
    return response


def keep_session(site: Site, response: Response, cookie: str) -> None:
    """Give the browser the secret of its session."""
    give_cookie(site, response, COOKIE, cookie, int(site.workspace.settings.studio.session_days * 86_400))


def forget(site: Site, response: Response) -> None:
    """Remove the session from the browser, which stays a known device."""
    drop_cookie(site, response, COOKIE)


def read_cookie(site: Site, request: Request, name: str) -> str:
    """Return a cookie of the Studio; an empty text without it."""
    return request.cookies.get(_named(site, name), "")


def give_cookie(site: Site, response: Response, name: str, value: str, seconds: int) -> None:
    """Give the browser a cookie that no script reads.

    With https no other site of the domain can have set it, nor anybody on the way: `__Host-` (RFC 6265bis, 4.1.3.2).
    """
    response.set_cookie(
        _named(site, name),
        value,
        max_age=seconds,
        path=_path(site),
        secure=site.secure,
        httponly=True,
        samesite="lax",
    )


def drop_cookie(site: Site, response: Response, name: str) -> None:
    """Remove a cookie of the Studio from the browser."""
    response.delete_cookie(_named(site, name), path=_path(site), secure=site.secure, httponly=True, samesite="lax")


def _named(site: Site, name: str) -> str:
    return f"__Host-{name}" if site.secure else name


def _path(site: Site) -> str:
    return "/" if site.secure else f"{site.prefix}/studio"
