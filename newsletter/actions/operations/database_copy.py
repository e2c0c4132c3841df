"""Moving a workspace to another database: everything, compared row by row, while nothing can change."""

from __future__ import annotations

from dataclasses import dataclass

from newsletter.actions.workspace import Workspace
from newsletter.errors import Refused
from newsletter.store.engine import copy, halt
from newsletter.store.engine.copy import Copied, Progress
from newsletter.store.engine.database import Database


@dataclass(frozen=True, slots=True)
class Moved:
    """A finished copy: where it is (without password), what it holds, and the issues that would be sent from both."""

    url: str
    copied: Copied
    waiting: tuple[str, ...]


def copy_to(
    workspace: Workspace,
    url: str,
    *,
    anew: bool = False,
    replace_nul: bool = False,
    progress: Progress = lambda *_: None,
) -> Moved:
    """Copy the workspace's database to the empty one at `url`; writers wait meanwhile.

    An interrupted copy is continued; `replace_nul` writes U+FFFD for what PostgreSQL cannot hold. Raises
    Refused while a mailing is being sent, or when the target holds something else; StoreError when the copy
    differs in the end.
    """
    source, target = workspace.database, Database(url, workspace.root)
    try:
        name = source.engine.url.render_as_string(hide_password=True)
        words = target.engine.url.render_as_string(hide_password=True)
        if name == words:
            raise Refused("source and target are the same database", where=words, hint="name another one with --to")
        with source.quiet() as reading:
            sending, held = halt.moving(reading, ("loading", "sending")), halt.in_flight(reading)
            if sending:
                raise Refused(
                    f"`{sending[0]}` is being sent or approved",
                    hint=f"`newsletter mailings pause {sending[0]}` (or `cancel`), then run it again",
                )
            if held:
                raise Refused(
                    f"{held} deliveries are held by a sender",
                    hint="wait until it has settled them (`newsletter serve` takes over from one that has ended)",
                )
            copied = copy.fill(reading, name, target, anew=anew, replace_nul=replace_nul, progress=progress)
            return Moved(words, copied, tuple(halt.moving(reading, ("approved", "paused"))))
    finally:
        target.close()
