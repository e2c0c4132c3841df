"""`newsletter backup` and `newsletter restore`."""

from __future__ import annotations

from pathlib import Path

import click

from newsletter.actions.operations import backup as saving
from newsletter.actions.operations import restore as restoring
from newsletter.cli.output import CommandRun, json_option, pass_session, print_json
from newsletter.cli.progress import tables

_DIRECTORY = click.Path(path_type=Path, file_okay=False)


@click.command()
@click.argument("directory", type=_DIRECTORY)
@json_option
@pass_session
def backup(session: CommandRun, directory: Path, as_json: bool) -> None:
    """Save database and files below DIRECTORY, dated; letters may be sent meanwhile. It holds no secrets."""
    with tables(quiet=as_json) as progress:
        made = saving.backup(session.workspace, directory, progress)
    if as_json:
        print_json({"path": str(made.path), "files": made.files, "bytes": made.bytes, "left_out": list(made.left_out)})
        return
    click.echo(f"saved {made.files} files, {made.bytes / 1e6:.1f} MB: {made.path}")
    for what in made.left_out:
        click.echo(f"  left out: {what}")
    click.echo("Not in it: NEWSLETTER_SECRET and passwords. Keep them elsewhere; old links need the secret.")


@click.command()
@click.argument("directory", type=_DIRECTORY)
@click.option("--force", is_flag=True, help="Move the existing workspace aside.")
@json_option
@pass_session
def restore(session: CommandRun, directory: Path, force: bool, as_json: bool) -> None:
    """Restore the backup in DIRECTORY into the workspace (-w) and the database that its settings name."""
    with tables(quiet=as_json) as progress:
        made = restoring.restore(session.root, directory, force=force, progress=progress)
    if as_json:
        print_json(
            {
                "made_at": made.made_at,
                "files": made.files,
                "paused": list(made.paused),
                "aside": str(made.aside) if made.aside else None,
                "sent_since": made.since.sent,
                "doubtful_since": made.since.doubtful,
                "unknown_departures": dict(made.unknown),
            }
        )
        return
    click.echo(f"restored {made.files} files as of {made.made_at}")
    if made.aside:
        click.echo(f"  the former workspace is in {made.aside}")
    for issue in made.paused:
        click.echo(f"  {issue} is paused: compare what your provider sent since with its receipt before you resume it")
    if made.since:
        click.echo(
            f"  by the departure logs {made.since.sent} messages were sent since the backup, and {made.since.doubtful} "
            "may have been: `newsletter mailings doubtful ISSUE`, `mailings settle ISSUE --from-log FILE`"
        )
    for issue, count in made.unknown.items():
        click.echo(f"  {issue}: {count} messages left under an approval made after the backup; they are not in it")
    click.echo("Who left, complained or was erased since that backup is not known here: see the operator guide.")


COMMANDS = (backup, restore)
