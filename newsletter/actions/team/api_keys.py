"""Callers of the API: a key is stored as a digest, allows what its scope says, and its calls are limited."""

from __future__ import annotations

from dataclasses import dataclass

from newsletter.actions.team.users import SCOPES, digest
from newsletter.actions.workspace import Workspace
from newsletter.store.people import limits
from newsletter.store.team import users

MINUTE, HOUR = 60, 3600
PER_MINUTE = 120
LONGEST = 200


@dataclass(frozen=True, slots=True)
class Caller:
    """A program that showed a valid key; `by` is its name in the journal."""

    digest: str
    name: str
    scope: str

    @property
    def rights(self) -> frozenset[str]:
        """What it may do: content, figures, people, write."""
        return SCOPES.get(self.scope, frozenset())

    @property
    def by(self) -> str:
        """The name in the journal and in proofs."""
        return f"API: {self.name}"


def caller(workspace: Workspace, authorization: str) -> Caller | None:
    """Return the caller of `Authorization: Bearer KEY`; None for no key, an unknown one, and one that was revoked.

    Only the digest is searched, so that the time of the answer reveals nothing about a key.
    """
    scheme, _space, key = authorization.partition(" ")
    if scheme.casefold() != "bearer" or not 0 < len(key.strip()) <= LONGEST:
        return None
    with workspace.database.read() as connection:
        found = users.token(connection, digest(key.strip()))
    return Caller(found.digest, found.name, found.scope) if found else None


def admit(workspace: Workspace, who: Caller) -> bool:
    """Count a call, and tell whether it may go on; only the hour in which a key was last used is kept."""
    with workspace.database.write() as connection:
        now = workspace.database.now(connection)
        n = limits.hit(connection, f"api:{who.digest}", now, MINUTE)
        if n == 1:
            users.token_used(connection, who.digest, now // HOUR * HOUR)
    return n <= PER_MINUTE
