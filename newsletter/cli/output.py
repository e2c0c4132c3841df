"""What commands share: the workspace opened when first needed, and printing as tables or as one JSON document."""

from __future__ import annotations

import getpass
import json
import os
import sys
from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from newsletter.actions.workspace import Workspace, open_workspace
from newsletter.model import Finding, Severity

json_option = click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout, nothing else.")
_STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.ADVICE: "cyan"}


class CommandRun:
    """One run of the command line."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @cached_property
    def workspace(self) -> Workspace:
        """The workspace, opened when a command first needs it."""
        return open_workspace(self.root)

    @property
    def user(self) -> str:
        """The person who runs the command, for the journal."""
        try:
            return os.environ.get("NEWSLETTER_USER") or getpass.getuser()
        except (KeyError, OSError):
            return "unknown"

    def close(self) -> None:
        """Close what was opened."""
        if "workspace" in self.__dict__:
            self.workspace.close()


pass_session = click.make_pass_decorator(CommandRun)


def console() -> Console:
    """Return the terminal: colours and boxes only if it is one."""
    return Console(highlight=False, soft_wrap=True)


def print_json(document: Any) -> None:
    """Print one JSON document."""
    click.echo(json.dumps(document, ensure_ascii=False, indent=2, default=str))


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Print rows as a table on a terminal, as tab-separated lines otherwise."""
    screen = console()
    texts = [["" if cell is None else str(cell) for cell in row] for row in rows]
    if not screen.is_terminal:
        for row in texts:
            click.echo("\t".join(row))
        return
    table = Table(title=title, title_justify="left", header_style="bold", box=None, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in texts:
        table.add_row(*(Text(cell) for cell in row))
    screen.print(table)


def print_findings(findings: Sequence[Finding]) -> None:
    """Print the proof-reader's findings, one a line, the gravest first."""
    screen = console()
    order = list(Severity)
    for finding in sorted(findings, key=lambda f: order.index(f.level)):
        line = Text(f"{finding.level:8}", style=_STYLES[finding.level])
        line.append(f"{finding.code:24} ", style="dim")
        line.append(finding.message)
        if finding.where:
            line.append(f"  [{finding.where}]", style="dim")
        screen.print(line)
    counts = [f"{sum(f.level is level for f in findings)} {level}" for level in order]
    screen.print(", ".join(counts))


def seconds(value: float) -> str:
    """Return a duration for people: `4.2 s`, `3 min 20 s`, `2 h 05 min`."""
    if round(value, 1) < 60:
        return f"{value:.1f} s"
    minutes, rest = divmod(round(value), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min {rest:02d} s"


def sure(question: str, *, yes: bool) -> None:
    """Ask a person at a terminal; a script confirms with an option. Raises click.Abort on a no."""
    if not yes and sys.stdin.isatty():
        click.confirm(question, abort=True)


DATE = click.DateTime(["%Y-%m-%d"])
