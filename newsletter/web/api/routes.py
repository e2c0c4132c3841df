"""The API for other programs: `Authorization: Bearer KEY`, JSON, the same actions as the command line and the Studio.

No cookie counts and no other site's browser may call it. It sends no letter.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Depends, HTTPException, Path, Query, Request
from fastapi.security import HTTPBearer

from newsletter.actions.team import api_keys
from newsletter.actions.team.api_keys import Caller
from newsletter.web.api.shapes import ApiRefusal
from newsletter.web.site import Site

Limit = Annotated[int, Query(ge=1, le=200, description="How many at most.")]
After = Annotated[str, Query(max_length=200, description="The `next` of the part before.")]
Key = Annotated[str, Path(max_length=200, pattern=r"^[^\x00-\x1f/]+$")]
_SHOWN = Depends(HTTPBearer(auto_error=False, description="A key made in the Studio: Réglages > Clés de l’API."))
_Row = TypeVar("_Row")


def routes() -> APIRouter:
    """Return a router of the API whose refusals are described."""
    known: dict[int | str, dict[str, Any]] = {
        n: {"model": ApiRefusal} for n in (400, 401, 403, 404, 409, 413, 422, 429)
    }
    return APIRouter(prefix="/api/v1", responses=known)


def allow(site: Site, right: str) -> Any:
    """Return the dependency that lets a key with `right` in, counts its call, and gives the Caller."""

    def check(request: Request, _shown: object = _SHOWN) -> Caller:
        who = api_keys.caller(site.workspace, request.headers.get("authorization", ""))
        if who is None:
            raise declined(
                401, "no key in use was shown", "send `Authorization: Bearer KEY`", {"WWW-Authenticate": "Bearer"}
            )
        if not api_keys.admit(site.workspace, who):
            hint = f"at most {api_keys.PER_MINUTE} a minute: wait, then go on"
            raise declined(429, "too many calls with this key", hint, {"Retry-After": str(api_keys.MINUTE)})
        if right not in who.rights:
            has = ", ".join(sorted(who.rights)) or "none"
            raise declined(403, f"this key lacks the right `{right}`", f"it has: {has}; make another in the Studio")
        return who

    return Depends(check)


def declined(status: int, message: str, hint: str, headers: Mapping[str, str] | None = None) -> HTTPException:
    """Return the error that says in English what was declined and what to do."""
    return HTTPException(status, {"message": message, "hint": hint}, dict(headers or {}))


def page(rows: Sequence[_Row], key: Callable[[_Row], str], after: str, limit: int) -> tuple[Sequence[_Row], str | None]:
    """Return the part of `rows` that follows the one named `after`, and the name of its last if there are more."""
    start = 0
    if after:
        start = next((n for n, row in enumerate(rows, 1) if key(row) == after), 0)
        if not start:
            raise declined(409, "`after` names nothing in this list any more", "begin again without it")
    part = rows[start : start + limit]
    return part, key(part[-1]) if part and start + limit < len(rows) else None
