"""`newsletter subscribers import`: rehearse, import, undo, and the list of imports."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from newsletter import paris
from newsletter.actions.imports import columns, subscribers
from newsletter.actions.imports.refused_rows import refused_csv
from newsletter.actions.imports.subscribers import BASES
from newsletter.cli.output import CommandRun, console, json_option, pass_session, print_json, print_table
from newsletter.private_files import write_private

if TYPE_CHECKING:
    from newsletter.exchange.plan import ImportPlan, ImportRow

_SHOWN = 50
_COLUMN_HELP = (
    "Read a column as: email, first_name, last_name, full_name, organisation, role, phone, consent_date, "
    "departement, siren, insee, status, consent, stop, confirmed, keep (with the proof), ignore, or field:KEY "
    "(a custom field of people, see `newsletter fields list`). Several times."
)
_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command("import")
@click.argument("file", type=_FILE, required=False)
@click.option("--publication", default="", help="The publication that the people in the file subscribe to.")
@click.option("--dry-run", is_flag=True, help="Only say what would become of every row.")
@click.option("--undo", type=click.IntRange(1), help="Take import number N back instead.")
@click.option("--basis", default="", type=click.Choice(("", *BASES)), help="Default: by the publication's audience.")
@click.option("--wording", default="", help="The version of the text that the people agreed to.")
@click.option("--column", "column", multiple=True, metavar="HEADER=MEANING", help=_COLUMN_HELP)
@click.option("--refused", type=_FILE, help="Write the refused rows there, in the shape of FILE, with the reason.")
@json_option
@pass_session
def import_(
    session: CommandRun,
    file: Path | None,
    publication: str,
    dry_run: bool,
    undo: int | None,
    basis: str,
    wording: str,
    column: tuple[str, ...],
    refused: Path | None,
    as_json: bool,
) -> None:
    """Import FILE (CSV, XLSX, XLS, ODS, vCard, LDIF; exports of other tools) in one transaction.

    Nobody who left comes back. A column that looks like a status and is not understood stops the import.
    """
    if undo is not None:
        _undo(session, undo, as_json)
        return
    if file is None or not publication:
        raise click.UsageError("name a FILE and a --publication")
    source = columns.open_people(session.workspace, file, _choices(column))
    reasons: dict[int, str] = {}
    with tempfile.TemporaryFile("w+", encoding="utf-8") as spool, _progress(source.lines, quiet=as_json) as advance:
        notable: list[ImportRow] = []

        def each(row: ImportRow) -> None:
            advance()
            if row.action == "reject":
                reasons[row.record] = row.reason
            if as_json:
                spool.write((", " if spool.tell() else "") + json.dumps(row.to_json(), ensure_ascii=False))
            elif row.action in ("suppress", "reject", "review") and len(notable) < _SHOWN:
                notable.append(row)

        plan, number = subscribers.import_subscribers(
            session.workspace,
            source,
            publication,
            by=session.user,
            dry_run=dry_run,
            basis=basis,
            wording=wording,
            each=each,
        )
        if as_json:
            _print_document(plan, number, spool)
    if refused and (table := columns.table_of(source)):
        write_private(refused, refused_csv(table, reasons))
    if not as_json:
        _print_plan(plan, number, notable, dry_run=dry_run)
    if plan.file_action == "refuse":
        raise SystemExit(1)


def _choices(columns: tuple[str, ...]) -> dict[str, str]:
    """Return what `--column HEADER=MEANING` says, by header."""
    pairs = [text.rpartition("=") for text in columns]
    if wrong := next((text for text, pair in zip(columns, pairs, strict=True) if not pair[0]), ""):
        raise click.UsageError(f"`{wrong}` is not HEADER=MEANING")
    return {header.strip(): meaning.strip() for header, _equals, meaning in pairs}


def _print_document(plan: ImportPlan, number: int | None, spool: IO[str]) -> None:
    """Print the plan with the outcomes of the spool: a million of them are never in memory at once."""
    head = {name: value for name, value in plan.to_json().items() if name != "outcomes"}
    sys.stdout.write(json.dumps({**head, "import": number}, ensure_ascii=False)[:-1] + ', "outcomes": [')
    spool.seek(0)
    shutil.copyfileobj(spool, sys.stdout)
    sys.stdout.write("]}\n")


def _print_plan(plan: ImportPlan, number: int | None, notable: list[ImportRow], *, dry_run: bool) -> None:
    if plan.file_action == "refuse":
        click.echo(f"error: nothing was imported: {plan.reason}", err=True)
        for asked in plan.questions:
            click.echo(f"  say what it means: --column '{asked.header}=MEANING' (or =ignore)", err=True)
        return
    form = f"{plan.encoding}, delimiter {plan.delimiter!r}" if plan.delimiter else plan.encoding
    click.echo(f"{plan.rows} rows, {form}" + (", rehearsal" if dry_run else ""))
    for action, n in sorted(plan.counts.items(), key=lambda pair: -pair[1]):
        click.echo(f"  {action}: {n}")
    for note in plan.notes:
        click.echo(f"  {note}")
    if plan.unread:
        click.echo("  columns not read: " + ", ".join(column.header for column in plan.unread))
    if notable:
        rows = [(row.line, row.action, row.email, row.reason) for row in notable]
        print_table("worth a look", ("line", "action", "email", "why"), rows)
        if len(notable) == _SHOWN:
            click.echo(f"these are the first {_SHOWN}; --json has every row")
    if number is not None:
        click.echo(f"import {number}; take it back with: newsletter subscribers import --undo {number}")


def _undo(session: CommandRun, number: int, as_json: bool) -> None:
    counts = subscribers.take_back(session.workspace, number, session.user)
    if as_json:
        print_json({"import": number, "undone": counts})
    else:
        words = ", ".join(f"{n} {what}" for what, n in counts.items())
        click.echo(f"import {number} undone: {words}")


@click.command("imports")
@json_option
@pass_session
def list_imports(session: CommandRun, as_json: bool) -> None:
    """List the imports, newest first."""
    found = subscribers.list_imports(session.workspace)
    if as_json:
        print_json(
            [
                {
                    "import": i.id,
                    "at": paris.iso(i.at),
                    "file": i.file_name,
                    "publication": i.publication,
                    "by": i.actor,
                    "counts": dict(i.counts),
                    "undone": i.undone_at is not None,
                }
                for i in found
            ]
        )
        return
    rows = [
        (
            i.id,
            paris.iso(i.at),
            i.publication,
            i.file_name,
            i.actor,
            "undone" if i.undone_at else "",
            ", ".join(f"{n} {a}" for a, n in i.counts.items()),
        )
        for i in found
    ]
    print_table(f"{len(rows)} imports", ("import", "at", "publication", "file", "by", "", "rows"), rows)


@contextmanager
def _progress(total: int, *, quiet: bool) -> Iterator[Callable[[], None]]:
    """Show a bar on a terminal; rows are counted in steps, so that the bar costs nothing."""
    screen = console()
    bar = Progress(
        TextColumn("importing"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=screen,
        disable=quiet or not screen.is_terminal,
        transient=True,
    )
    task, count = bar.add_task("", total=total or None), 0

    def advance() -> None:
        nonlocal count
        count += 1
        if count % 1000 == 0:
            bar.update(task, completed=count)

    with bar:
        yield advance


COMMANDS = (import_, list_imports)
