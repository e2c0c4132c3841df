"""The pages on a real server, on a free port, for the length of a block."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

from newsletter.actions.workspace import Workspace
from newsletter.cli.serve import log_config
from newsletter.web.app import make_app
from newsletter.web.connections import ConnectionLimits, bounded_protocol, connection_limits


@contextmanager
def serving(workspace: Workspace, limits: ConnectionLimits | None = None, port: int = 0) -> Iterator[str]:
    """Serve `workspace`, on a free port unless one is named, and give the address, without a final slash."""
    limits = limits or connection_limits(workspace.settings.web)
    with serving_app(make_app(workspace), limits, log_config(workspace.settings), port) as url:
        yield url


@contextmanager
def serving_app(app: Any, limits: ConnectionLimits, log: dict[str, Any] | None = None, port: int = 0) -> Iterator[str]:
    """Serve an ASGI application as `newsletter serve` does."""
    config = uvicorn.Config(
        app,
        port=port,
        log_config=log,
        server_header=False,
        http=bounded_protocol(limits),
        ws="none",
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive(), "the server did not start"
            time.sleep(0.02)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
