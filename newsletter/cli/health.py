"""`newsletter health`: whether the database answers and the recurring work is done, for monitors."""

from __future__ import annotations

import sys

import click

from newsletter.actions.operations import health as actions
from newsletter.cli.output import CommandRun, json_option, pass_session, print_json


@click.command()
@json_option
@pass_session
def health(session: CommandRun, as_json: bool) -> None:
    """Tell whether the database answers and no recurring job is more than an hour late; exit 1 if not (as /sante)."""
    found = actions.check_health(session.workspace)
    if as_json:
        print_json({"well": found.well, "database": found.database, "late_jobs": list(found.late_jobs)})
    else:
        click.echo(f"database: {found.database}")
        click.echo(f"late jobs: {', '.join(found.late_jobs) or 'none'}")
    if not found.well:
        sys.exit(1)


COMMANDS = (health,)
