"""`newsletter audiences`: who is meant, in words; how many they are, on any day; why somebody is among them."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from newsletter.actions import documents
from newsletter.actions.people import audiences as verbs
from newsletter.cli.output import DATE, CommandRun, json_option, pass_session, print_json, print_table
from newsletter.errors import NewsletterError


@click.group()
def audiences() -> None:
    """The audiences in audiences/: a rule each. AUDIENCE is the name of one, or a rule ("region = Bretagne")."""


@audiences.command("list")
@json_option
@pass_session
def list_(session: CommandRun, as_json: bool) -> None:
    """List the named audiences with their people of today."""
    found = verbs.list_audiences(session.workspace)
    if as_json:
        print_json([documents.audience(one) for one in found])
        return
    rows = [(one.key, one.people if not one.trouble else f"error: {one.trouble}", one.sentence) for one in found]
    print_table(f"{len(rows)} audiences", ("audience", "people", "who"), rows)


@audiences.command()
@click.argument("audience")
@json_option
@pass_session
def show(session: CommandRun, audience: str, as_json: bool) -> None:
    """Say in one sentence who is in AUDIENCE, with its rule and its people of today."""
    found = verbs.describe_rule(session.workspace, verbs.read_rule(session.workspace, audience))
    if as_json:
        print_json(documents.audience(found))
        return
    click.echo(found.sentence)
    click.echo(f"rule    {found.formula or 'everyone'}")
    click.echo(f"people  {found.trouble or found.people}")


@audiences.command()
@click.argument("audience")
@click.option("--on", type=DATE, help="At the end of this day (default: today).")
@json_option
@pass_session
def count(session: CommandRun, audience: str, on: datetime | None, as_json: bool) -> None:
    """Count the people in AUDIENCE."""
    day = on.date() if on else None
    rule = verbs.read_rule(session.workspace, audience)
    n = verbs.count_people(session.workspace, rule, day)
    if as_json:
        sentence = verbs.describe_rule(session.workspace, rule).sentence
        print_json({"audience": audience, "on": day or session.workspace.today(), "rule": sentence, "total": n})
    else:
        click.echo(str(n))


@audiences.command()
@click.argument("email")
@click.argument("audience")
@json_option
@pass_session
def why(session: CommandRun, email: str, audience: str, as_json: bool) -> None:
    """Explain, condition by condition, whether EMAIL is in AUDIENCE today."""
    found = verbs.why_in_audience(session.workspace, email, verbs.read_rule(session.workspace, audience))
    if as_json:
        conditions = [{"condition": words, "holds": holds} for words, holds in found.conditions]
        print_json({"email": found.email, "inside": found.inside, "known": found.known, "conditions": conditions})
        return
    if not found.conditions:
        click.echo("not known" if not found.known else "no active subscription, so in no audience")
    for words, holds in found.conditions:
        click.echo(f"{'yes' if holds else 'no':4}{words}")
    click.echo(f"{found.email} is {'in' if found.inside else 'not in'} the audience")


@audiences.command()
@click.argument("audience")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True, help="The CSV file to write.")
@pass_session
def export(session: CommandRun, audience: str, out: Path) -> None:
    """Write the people in AUDIENCE as a CSV file for a French Excel."""
    pieces = verbs.export_people(session.workspace, verbs.read_rule(session.workspace, audience), by=session.user)
    try:
        with out.open("wb") as file:
            for piece in pieces:
                file.write(piece)
    except OSError as error:
        raise NewsletterError(
            f"the file cannot be written: {error.strerror}", where=str(out), hint="check the directory"
        ) from error
    click.echo(f"wrote {out}")


COMMANDS = (audiences,)
