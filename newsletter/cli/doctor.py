"""`newsletter doctor`: is everything in place for letters to leave, arrive and come back?"""

from __future__ import annotations

from dataclasses import asdict

import click
from rich.text import Text

from newsletter.actions.operations.doctor import examine, worst
from newsletter.actions.operations.doctor_lines import DoctorLine, Level
from newsletter.cli.output import CommandRun, console, json_option, pass_session, print_json
from newsletter.errors import Refused

_STYLES = {Level.GREEN: "green", Level.AMBER: "yellow", Level.RED: "bold red"}


@click.command()
@click.option("--offline", is_flag=True, help="Make no network queries: those lines stay amber.")
@json_option
@pass_session
def doctor(session: CommandRun, offline: bool, as_json: bool) -> None:
    """Check secret, database, clock, provider, DNS of the sender, pictures and returns; exit 1 when a line is red."""
    lines = examine(session.workspace, offline=offline)
    if as_json:
        print_json({"level": worst(lines), "checks": [asdict(line) for line in lines]})
    else:
        _print(lines)
    red = sum(line.level is Level.RED for line in lines)
    if red:
        raise Refused(f"{red} of {len(lines)} checks are red", hint="take the next steps that they name")


def _print(lines: list[DoctorLine]) -> None:
    screen = console()
    for line in lines:
        shown = Text(f"{line.level:6}", style=_STYLES[line.level])
        shown.append(f" {line.code:10} ", style="dim").append(line.text, style="default")
        screen.print(shown)
        if line.advice:
            screen.print(Text(f"{'':18}→ {line.advice}"))


COMMANDS = (doctor,)
