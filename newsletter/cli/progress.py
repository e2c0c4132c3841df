"""Progress through tables: a bar on a terminal, a line per table otherwise; on stderr, so that stdout stays clean."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

Told = Callable[[str, str, int, int], None]


@contextmanager
def tables(*, quiet: bool) -> Iterator[Told]:
    """Return the function that an action calls with its step, the table, its rows in all and its rows done."""
    screen = Console(stderr=True, highlight=False)
    if quiet:
        yield lambda *_: None
    elif screen.is_terminal:
        with _bar(screen) as bar:
            tasks: dict[tuple[str, str], TaskID] = {}

            def advance(step: str, table: str, total: int, done: int) -> None:
                if (step, table) not in tasks:
                    tasks[step, table] = bar.add_task(f"{step} {table}", total=total)
                bar.update(tasks[step, table], completed=done)

            yield advance
    else:
        yield _line


def _bar(screen: Console) -> Progress:
    columns = (TextColumn("{task.description:26}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, TimeRemainingColumn(), console=screen)


def _line(step: str, table: str, total: int, done: int) -> None:
    if total and done >= total:
        click.echo(f"{step} {table}: {total} rows", err=True)
