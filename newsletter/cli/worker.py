"""`newsletter worker`: one of several processes, on as many machines as wanted, that deliver and do recurring work."""

from __future__ import annotations

import logging

import click

from newsletter import logs
from newsletter.cli.output import CommandRun, pass_session
from newsletter.jobs.worker import work


@click.command()
@click.option(
    "--connections",
    type=click.IntRange(1, 256),
    default=None,
    help="How many of `[sending] connections` this worker opens at most (default: all).",
)
@pass_session
def worker(session: CommandRun, connections: int | None) -> None:
    """Deliver mailings and do the recurring work beside other workers, until it is told to stop.

    For PostgreSQL, with the extra `postgres`. Start it on as many machines as wanted, each with a workspace that holds
    newsletter.toml and the same secrets; articles, issues and pictures are not needed. All workers together keep to
    `[sending] rate`, `daily` and `connections`, and to the limits of mailbox operators.

    Ctrl-C or SIGTERM: what is handed over is finished, what is claimed is given back, exit 0. A worker that is killed
    is noticed after 20 seconds by the others; what it had in flight becomes doubtful and is named in the receipt.
    """
    logs.install(session.workspace.settings)
    # Procrastinate's log of every task says nothing that this program's log does not.
    logging.getLogger("procrastinate").setLevel(logging.WARNING)
    work(session.workspace, connections or 0)


COMMANDS = (worker,)
