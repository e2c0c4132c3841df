"""`newsletter groups` and `fields`: lists of people kept by hand, and what a network knows beside the rest."""

from __future__ import annotations

from pathlib import Path

import click

from newsletter.actions.people import audiences as audience_verbs
from newsletter.actions.people import custom_fields
from newsletter.actions.people import groups as verbs
from newsletter.cli.output import CommandRun, json_option, pass_session, print_json, print_table
from newsletter.errors import NewsletterError

_ABOUT = click.Choice(("person", "organisation"))
_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.group()
def groups() -> None:
    """The groups: lists of people kept by hand, with dates in and out."""


@groups.command("list")
@json_option
@pass_session
def list_(session: CommandRun, as_json: bool) -> None:
    """List the groups with their people of now."""
    found = verbs.list_groups(session.workspace)
    if as_json:
        print_json([{"group": g.key, "title": g.title, "note": g.note, "people": g.people} for g in found])
    else:
        rows = [(g.key, g.people, g.title) for g in found]
        print_table(f"{len(rows)} groups", ("group", "people", "title"), rows)


@groups.command()
@click.argument("title")
@click.option("--note", default="")
@pass_session
def new(session: CommandRun, title: str, note: str) -> None:
    """Make the group TITLE; its key, which rules name, is made from it."""
    click.echo(verbs.save_group(session.workspace, "", title, note, session.user))


def _change(session: CommandRun, group: str, file: Path | None, audience: str, dry_run: bool, *, leave: bool) -> None:
    if (file is None) == (not audience):
        raise click.UsageError("name either a file of addresses or --audience")
    if file is None:
        rule = audience_verbs.read_rule(session.workspace, audience)
        done = verbs.change_by_audience(session.workspace, group, rule, session.user, leave=leave, dry_run=dry_run)
    else:
        text = file.read_text(encoding="utf-8", errors="replace")
        done = verbs.change_by_addresses(session.workspace, group, text, session.user, leave=leave, dry_run=dry_run)
    word = ("would leave" if dry_run else "left") if leave else ("would join" if dry_run else "joined")
    click.echo(f"{group}: {len(done.changed)} {word}, {done.same} unchanged")
    for text in done.unknown:
        click.echo(f"  not known: {text}")


@groups.command()
@click.argument("group")
@click.argument("file", type=_FILE, required=False)
@click.option("--audience", default="", help="The people of this audience instead of a file.")
@click.option("--dry-run", is_flag=True, help="Only say what would change.")
@pass_session
def add(session: CommandRun, group: str, file: Path | None, audience: str, dry_run: bool) -> None:
    """Put into GROUP the people whose addresses FILE holds, or those of an audience."""
    _change(session, group, file, audience, dry_run, leave=False)


@groups.command()
@click.argument("group")
@click.argument("file", type=_FILE, required=False)
@click.option("--audience", default="", help="The people of this audience instead of a file.")
@click.option("--dry-run", is_flag=True, help="Only say what would change.")
@pass_session
def remove(session: CommandRun, group: str, file: Path | None, audience: str, dry_run: bool) -> None:
    """Take the people whose addresses FILE holds, or those of an audience, out of GROUP."""
    _change(session, group, file, audience, dry_run, leave=True)


@click.group()
def fields() -> None:
    """The custom fields of people and organisations."""


@fields.command("list")
@json_option
@pass_session
def list_fields(session: CommandRun, as_json: bool) -> None:
    """List the fields."""
    found = custom_fields.list_fields(session.workspace)
    if as_json:
        print_json(
            [{"field": f"{f.about}.{f.key}", "label": f.label, "kind": f.kind, "choices": f.choices} for f in found]
        )
    else:
        rows = [(f"{f.about}.{f.key}", f.kind, f.label, ", ".join(f.choices)) for f in found]
        print_table(f"{len(rows)} fields", ("field", "kind", "label", "choices"), rows)


@fields.command("new")
@click.argument("label")
@click.option("--about", type=_ABOUT, default="person", show_default=True)
@click.option("--kind", type=click.Choice(custom_fields.KINDS), default="text", show_default=True)
@click.option("--choice", "choices", multiple=True, help="One value of a choice; may be given several times.")
@pass_session
def new_field(session: CommandRun, label: str, about: str, kind: str, choices: tuple[str, ...]) -> None:
    """Define the field LABEL."""
    made = custom_fields.save_field(session.workspace, about, "", label, kind, choices, session.user)
    click.echo(f"{made.about}.{made.key}")


@fields.command("set")
@click.argument("email")
@click.argument("field")
@click.argument("values", nargs=-1)
@pass_session
def set_(session: CommandRun, email: str, field: str, values: tuple[str, ...]) -> None:
    """Give FIELD (its key) of the person EMAIL its VALUES; none empties it."""
    changed = custom_fields.set_person_values(session.workspace, email, {field: values}, session.user)
    click.echo(f"{email}: {', '.join(changed) or 'unchanged'}")


@fields.command("import")
@click.argument("file", type=_FILE)
@click.option("--about", type=_ABOUT, default="person", show_default=True)
@click.option("--dry-run", is_flag=True, help="Only say what would change.")
@pass_session
def import_(session: CommandRun, file: Path, about: str, dry_run: bool) -> None:
    """Fill fields from FILE: a column of addresses (or organisations), and one per field, headed by its label."""
    done = custom_fields.import_values(session.workspace, file, about, session.user, dry_run=dry_run)
    if done.not_read:
        click.echo(f"columns not read: {', '.join(done.not_read)}")
    if done.refused:
        raise NewsletterError(
            f"{len(done.refused)} of {done.rows} rows are refused, nothing is written: {'; '.join(done.refused[:5])}",
            where=str(file),
            hint="correct them and import again",
        )
    click.echo(f"{done.rows} rows, {done.changed} {'would change' if dry_run else 'changed'}")


COMMANDS = (groups, fields)
