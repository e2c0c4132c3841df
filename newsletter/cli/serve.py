"""`newsletter serve`: the public pages, the Studio and the recurring work, in one process."""

from __future__ import annotations

import copy
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from newsletter import jobs
from newsletter.actions import signin
from newsletter.actions.workspace import Workspace
from newsletter.cli.output import Session, pass_session


def log_config() -> dict[str, Any]:
    """Return uvicorn's logging, its access log without tokens and IP addresses."""
    from uvicorn.config import LOGGING_CONFIG

    config = copy.deepcopy(LOGGING_CONFIG)
    config["filters"] = {"discreet": {"()": "newsletter.web.security.Discreet"}}
    config["handlers"]["access"]["filters"] = ["discreet"]
    config["loggers"]["newsletter"] = {"handlers": ["default"], "level": logging.INFO, "propagate": False}
    return config


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen.")
@click.option("--port", type=click.IntRange(0, 65535), default=8025, show_default=True, help="0 takes a free port.")
@pass_session
def serve(session: Session, host: str, port: int) -> None:
    """Serve the public pages and the Studio, and do the recurring work."""
    # Only this command pays for loading the web server.
    import uvicorn

    from newsletter.web.app import make_app

    workspace = session.workspace
    workspace.database.migrate()
    if link := signin.first_link(workspace):
        click.echo(f"The Studio has no user yet. This link makes you its admin, once: {link}")
    proxies = list(workspace.settings.web.trusted_proxies)
    with working(workspace):
        uvicorn.run(
            make_app(workspace),
            host=host,
            port=port,
            log_config=log_config(),
            # Without a proxy that is trusted by name, nobody says who is at the other end but the connection.
            proxy_headers=bool(proxies),
            forwarded_allow_ips=proxies,
            server_header=False,
            timeout_graceful_shutdown=10,
        )


@contextmanager
def working(workspace: Workspace) -> Iterator[None]:
    """Do the recurring work beside the block; at its end, wait until what is under way has been put down safely."""
    stop = threading.Event()
    loop = threading.Thread(target=jobs.run_loop, args=(workspace, stop), name="jobs")
    loop.start()
    try:
        yield
    finally:
        stop.set()
        loop.join()


COMMANDS = (serve,)
