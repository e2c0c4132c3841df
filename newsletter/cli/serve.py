"""`newsletter serve`: the public pages, the Studio and the recurring work, in one process or in several."""

from __future__ import annotations

import logging.config
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from types import FrameType
from typing import Any
from urllib.parse import urlsplit

import click

from newsletter import logs
from newsletter.actions.team import signin
from newsletter.actions.workspace import Workspace
from newsletter.cli.output import CommandRun, pass_session
from newsletter.jobs.loop import run_loop
from newsletter.settings import Settings

GRACE_SECONDS = 10


def log_config(settings: Settings) -> dict[str, Any]:
    """Return the logging of the web server, its access log without tokens and IP addresses."""
    config = logs.config(settings)
    config["filters"] = {"discreet": {"()": "newsletter.web.security.Discreet"}}
    config["loggers"]["uvicorn.access"] = {"filters": ["discreet"]}
    return config


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen.")
@click.option("--port", type=click.IntRange(0, 65535), default=8025, show_default=True, help="0 takes a free port.")
@click.option(
    "--processes",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    help="How many processes serve pages.",
)
@click.option("--readers-only", is_flag=True, help="Only what needs no files: no Studio, no proposals, no agenda.")
@click.option("--no-jobs", is_flag=True, help="Leave the recurring work to `newsletter worker`.")
@pass_session
def serve(session: CommandRun, host: str, port: int, processes: int, readers_only: bool, no_jobs: bool) -> None:
    """Serve the public pages and the Studio, and do the recurring work."""
    # Only this command pays for loading the web server.
    import uvicorn

    from newsletter.web import app, connections

    workspace = session.workspace
    settings = workspace.settings
    workspace.database.migrate()
    if not readers_only and (link := signin.first_link(workspace)):
        click.echo(f"The Studio has no user yet. This link makes you its admin, once: {link}")
    _tell_address(settings.web.base_url, port)
    proxies = list(settings.web.trusted_proxies)
    # Several processes open the workspace each by itself: they share nothing but files and database.
    os.environ[app.WORKSPACE] = str(workspace.root)
    name = f"{app.__name__}:{'readers' if readers_only else 'whole'}"
    made = app.make_app(workspace, readers_only=readers_only) if processes == 1 else name
    # Before the recurring work logs its first line: the web server would configure logging only later.
    logging.config.dictConfig(log_config(settings))
    with _ended_by_sigterm(), nullcontext() if no_jobs else _recurring(workspace):
        uvicorn.run(
            made,
            factory=processes > 1,
            workers=processes,
            timeout_worker_healthcheck=30,
            host=host,
            port=port,
            http=connections.bounded_protocol(connections.connection_limits(settings.web)),
            # How many connections one turn of the accept loop takes, each a file, before they are counted.
            backlog=connections.BACKLOG,
            ws="none",
            log_config=log_config(settings),
            # Without a proxy that is trusted by name, only the connection says who the client is.
            proxy_headers=bool(proxies),
            forwarded_allow_ips=proxies,
            server_header=False,
            timeout_graceful_shutdown=GRACE_SECONDS,
        )


def _tell_address(base_url: str, port: int) -> None:
    """Warn where links lead elsewhere than to the port served, with no proxy between them."""
    parts = urlsplit(base_url)
    # Port 0 is any free one: then no link is followed.
    if port and parts.hostname in ("localhost", "127.0.0.1") and parts.port != port:
        click.echo(f"Links lead to {base_url}, not to port {port}: set NEWSLETTER_WEB__BASE_URL, or serve that port.")


@contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """Let SIGTERM end the block as Ctrl-C does; a second one ends the process at once.

    When the web server has stopped, it raises again the signal that stopped it: without a handler here that would
    end the process before a delivery under way has been put down.
    """

    def leave(number: int, _frame: FrameType | None) -> None:
        signal.signal(number, signal.SIG_DFL)
        raise SystemExit(0)

    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def _recurring(workspace: Workspace) -> Iterator[None]:
    """Do the recurring work beside the block; at its end, wait until work in progress has stopped safely."""
    stop = threading.Event()
    loop = threading.Thread(target=run_loop, args=(workspace, stop), name="jobs")
    loop.start()
    try:
        yield
    finally:
        stop.set()
        loop.join()


COMMANDS = (serve,)
