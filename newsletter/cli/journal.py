"""`newsletter journal`: who did what, for an auditor."""

from __future__ import annotations

from datetime import date, datetime

import click

from newsletter.actions.team import audit_log
from newsletter.cli.output import CommandRun, pass_session

_DAY = click.DateTime(formats=["%Y-%m-%d"])


@click.command()
@click.option("--since", type=_DAY, help="The first day, 2026-01-01; from the beginning without it.")
@click.option("--until", type=_DAY, help="The last day, included; to now without it.")
@pass_session
def journal(session: CommandRun, since: datetime | None, until: datetime | None) -> None:
    """Write the journal as CSV on stdout: when, who (name, user, session), what, on what."""
    first, last = (moment.date() if moment else None for moment in (since, until))
    pieces = audit_log.export_journal(
        session.workspace, first or date.min, last or date.max, by=session.user, plain=True
    )
    for piece in pieces:
        click.echo(piece, nl=False)


COMMANDS = (journal,)
