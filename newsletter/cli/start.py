"""`newsletter init` and `newsletter demo`: from nothing to a workspace, and to a delivered letter."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from pathlib import Path

import click

from newsletter.actions import documents
from newsletter.actions.operations import start
from newsletter.cli.output import CommandRun, json_option, pass_session, print_json, seconds
from newsletter.cli.sending import print_receipt
from newsletter.model import Severity


@click.command()
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False))
@click.option("--sample", is_flag=True, help="With the sample month's articles, issues and pictures.")
def init(directory: Path, sample: bool) -> None:
    """Make DIRECTORY a workspace: settings, folders and a fresh secret. Never overwrites anything."""
    for path in start.init(directory, sample=sample):
        click.echo(f"made {path}")
    click.echo(f"Next: edit {directory}/newsletter.toml, then: newsletter -w {directory} articles new TITLE --tag rtes")


@click.command()
@click.option("--dir", "directory", type=click.Path(path_type=Path, file_okay=False), default="demo", show_default=True)
@click.option("--subscribers", type=click.IntRange(1, 1_000_000), default=500, show_default=True)
@click.option("--no-send", is_flag=True, help="Stop with the issues composed and the audience loaded.")
@json_option
@pass_session
def demo(_session: CommandRun, directory: Path, subscribers: int, no_send: bool, as_json: bool) -> None:
    """The whole main task on sample content, in a scratch workspace: no network, no account."""

    def say(text: str) -> None:
        if not as_json:
            click.echo(f"  {text}")

    made = start.demo(directory, subscribers, deliver=not no_send, say=say)
    if as_json:
        print_json(
            {
                "workspace": str(made.workspace),
                "issues": [{"issue": issue, "publication": publication} for issue, publication in made.issues],
                "organisations": made.organisations,
                "subscribers": made.subscribers,
                "receipts": [documents.receipt(receipt) for receipt in made.receipts],
                "seconds": made.seconds,
            }
        )
        return
    for issue, found in made.findings.items():
        counts = ", ".join(f"{sum(f.level is level for f in found)} {level}" for level in Severity)
        click.echo(f"  proof-reader on {issue}: {counts}")
    for receipt in made.receipts:
        print_receipt(receipt)
    _next_steps(made)


def _next_steps(made: start.Demo) -> None:
    click.echo(f"\nDone in {seconds(made.seconds)}. Look at:")
    for path in made.previews:
        click.echo(f"  {path}")
    if made.receipts:
        click.echo(f"  {made.workspace}/outbox/{made.receipts[0].issue}/index.html  every message, as it would arrive")
    command = f"{_own_name()} -w {shlex.quote(str(made.workspace))}"
    click.echo("Try next:")
    for line in ("issues check 2026-11-lettre", "issues new lettre --date 2026-12-15", "mailings list"):
        click.echo(f"  {command} {line}")
    if not made.receipts:
        click.echo(f"  {command} send 2026-11-lettre")


def _own_name() -> str:
    """Return how this program can be called again from here: by its name, or by Python and its path in a checkout."""
    if shutil.which("newsletter"):
        return "newsletter"
    script = Path(sys.argv[0])
    if script.suffix != ".py":
        return shlex.quote(os.path.relpath(script))
    name = Path(sys.executable).name
    python = name if shutil.which(name) == sys.executable else shlex.quote(sys.executable)
    return f"{python} " + ("-m newsletter" if script.name == "__main__.py" else shlex.quote(os.path.relpath(script)))


COMMANDS = (init, demo)
