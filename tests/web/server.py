"""The pages on a real server, on a free port, for the length of a block."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from newsletter.actions.workspace import Workspace
from newsletter.cli.serve import log_config
from newsletter.web.app import make_app


@contextmanager
def serving(workspace: Workspace, port: int = 0) -> Iterator[str]:
    """Serve `workspace`, on a free port unless one is named, and give the address, without a final slash."""
    config = uvicorn.Config(
        make_app(workspace), port=port, log_config=log_config(workspace.settings), server_header=False
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
