"""Applications that tests use one after the other: to make one takes longer than most tests do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

from fastapi import FastAPI

from newsletter.actions.workspace import Workspace
from newsletter.web.app import make_app

_free: list[tuple[FastAPI, StandIn]] = []


class StandIn:
    """What an application takes for its workspace: that of the test which has the application now."""

    def __init__(self, workspace: Workspace) -> None:
        object.__setattr__(self, "_workspace", workspace)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._workspace, name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._workspace, name, value)

    def stand_for(self, workspace: Workspace) -> None:
        """Give the application to another test."""
        object.__setattr__(self, "_workspace", workspace)


@contextmanager
def application(workspace: Workspace) -> Iterator[FastAPI]:
    """Give an application of `workspace` for the length of the block, as fresh as a new one."""
    if _free:
        app, stand_in = _free.pop()
        stand_in.stand_for(workspace)
        kept = vars(app.state.site)
        for name in set(kept) - {"workspace"}:
            del kept[name]
        app.middleware_stack = None  # made again for the first request, with counters at nought
    else:
        stand_in = StandIn(workspace)
        app = make_app(cast(Workspace, stand_in))
    yield app
    _free.append((app, stand_in))
