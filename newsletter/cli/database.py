"""`newsletter database`: its version, its health, and its move to another engine."""

from __future__ import annotations

import click

from newsletter.actions.operations import database_check, database_copy, database_migrate
from newsletter.cli.output import CommandRun, json_option, pass_session, print_json, print_table
from newsletter.cli.progress import tables


@click.group()
def database() -> None:
    """The workspace's database: migrate, check, copy to another one."""


@database.command()
@click.option(
    "--patience",
    type=click.FloatRange(0),
    default=database_migrate.PATIENCE_SECONDS,
    show_default=True,
    help="Seconds to wait for letters in flight.",
)
@json_option
@pass_session
def migrate(session: CommandRun, patience: float, as_json: bool) -> None:
    """Bring the schema to this version; mailings are paused meanwhile and go on afterwards."""
    made = database_migrate.migrate(session.workspace, patience=patience)
    if as_json:
        print_json({"from": made.before, "to": made.after, "halted": list(made.halted)})
        return
    if made.before == made.after:
        click.echo(f"the database is at version {made.after} already")
    else:
        click.echo(f"migrated from {made.before or 'nothing'} to {made.after}")
    for issue in made.halted:
        click.echo(f"  {issue} was paused and goes on")


@database.command()
@json_option
@pass_session
def check(session: CommandRun, as_json: bool) -> None:
    """Check the database: version, engine, keys, spans, receipts, sequences. Exit 1 when something is wrong."""
    found = database_check.check_database(session.workspace)
    well = all(one.ok for one in found)
    if as_json:
        print_json({"ok": well, "checks": [{"check": c.name, "ok": c.ok, "fault": c.fault} for c in found]})
    else:
        print_table(
            "database", ("check", "", "what is wrong"), [(c.name, "ok" if c.ok else "WRONG", c.fault) for c in found]
        )
    if not well:
        first = next(one for one in found if not one.ok)
        click.echo(
            f"error: the database fails the check `{first.name}`: {first.fault}. see the operator guide", err=True
        )
        raise SystemExit(1)


@database.command()
@click.option(
    "--to", "url", required=True, help="The URL of an empty database (a relative SQLite path: from the workspace)."
)
@click.option("--anew", is_flag=True, help="Throw away what an interrupted copy has left there.")
@click.option("--replace-nul", is_flag=True, help="Write U+FFFD for a NUL character, which PostgreSQL cannot hold.")
@json_option
@pass_session
def copy(session: CommandRun, url: str, anew: bool, replace_nul: bool, as_json: bool) -> None:
    """Copy everything to another database, SQLite or PostgreSQL, compared row by row. Run again, it resumes."""
    with tables(quiet=as_json) as progress:
        moved = database_copy.copy_to(session.workspace, url, anew=anew, replace_nul=replace_nul, progress=progress)
    rows = moved.copied.rows
    if as_json:
        print_json(
            {"to": moved.url, "rows": dict(rows), "digests": dict(moved.copied.digests), "waiting": list(moved.waiting)}
        )
        return
    click.echo(f"copied and compared {sum(rows.values())} rows of {len(rows)} tables to {moved.url}")
    for issue in moved.waiting:
        click.echo(f"  {issue} waits in both databases: let only one of them send it")
    click.echo(
        "Next: stop the programs that use the old database, set [database] url to the new one, start them again."
    )


COMMANDS = (database,)
