"""`newsletter count` and `newsletter report`: figures at any date, each with its rule."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from newsletter.actions import documents
from newsletter.actions.reports import formats
from newsletter.actions.reports import report as reports
from newsletter.cli.output import DATE, CommandRun, json_option, pass_session, print_json, print_table
from newsletter.errors import Refused

_GROUPINGS = click.Choice(sorted({by for groupings in reports.GROUPINGS.values() for by in groupings}))


@click.command()
@click.option("--on", type=DATE, help="The day, at its end in Paris (default: today).")
@click.option("--by", type=_GROUPINGS, help="Group the total.")
@click.option("--what", type=click.Choice(list(reports.GROUPINGS)), default="subscribers", show_default=True)
@json_option
@pass_session
def count(session: CommandRun, on: datetime | None, by: str | None, what: reports.What, as_json: bool) -> None:
    """Count active subscribers, or member organisations, at the end of any past day."""
    made = reports.count(session.workspace, on=on.date() if on else None, by=by or "", what=what)
    if as_json:
        print_json(documents.count(made))
        return
    click.echo(f"{made.total} {made.what} on {made.on}. {made.rule}")
    if made.by:
        print_table(f"by {made.by}", (made.by, made.what), made.groups.items())


@click.command()
@click.argument("year", type=int)
@click.option("--format", "form", type=click.Choice(formats.FORMS), help="Default: text.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write to this file.")
@json_option
@pass_session
def report(session: CommandRun, year: int, form: formats.Form | None, out: Path | None, as_json: bool) -> None:
    """Make the report of YEAR, the year before beside it: text, JSON, CSV for a spreadsheet, or a page to print."""
    if as_json and form not in (None, "json"):
        raise click.UsageError(f"--json and --format {form} contradict each other")
    made = reports.report(session.workspace, year)
    written = formats.write_report(session.workspace, made, "json" if as_json else form or "text")
    if out is None:
        click.echo(written, nl=False)
        return
    try:
        out.write_bytes(written)
    except OSError as error:
        raise Refused(
            f"cannot write: {error.strerror}", where=str(out), hint="name a file in a directory that exists"
        ) from None
    if not as_json:
        click.echo(f"wrote {out}", err=True)


COMMANDS = (count, report)
