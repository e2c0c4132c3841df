"""`newsletter count` and `newsletter report`: figures at any date, each with its rule."""

from __future__ import annotations

from datetime import datetime

import click

from newsletter.actions import report as reports
from newsletter.cli.output import DATE, Session, json_option, pass_session, print_json, print_table

_GROUPINGS = click.Choice(sorted({by for groupings in reports.GROUPINGS.values() for by in groupings}))


@click.command()
@click.option("--on", type=DATE, help="The day, at its end in Paris (default: today).")
@click.option("--by", type=_GROUPINGS, help="Group the total.")
@click.option("--what", type=click.Choice(list(reports.GROUPINGS)), default="subscribers", show_default=True)
@json_option
@pass_session
def count(session: Session, on: datetime | None, by: str | None, what: reports.What, as_json: bool) -> None:
    """Count active subscribers, or member organisations, at the end of any past day."""
    made = reports.count(session.workspace, on=on.date() if on else None, by=by or "", what=what)
    if as_json:
        print_json(
            {"on": made.on.isoformat(), "what": made.what, "by": made.by, "rule": made.rule, "total": made.total,
             "groups": made.groups}
        )  # fmt: skip
        return
    click.echo(f"{made.total} {made.what} on {made.on}. {made.rule}")
    if made.by:
        print_table(f"by {made.by}", (made.by, made.what), made.groups.items())


COMMANDS = (count,)
