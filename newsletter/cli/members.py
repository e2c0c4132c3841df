"""`newsletter members`: member organisations, their periods and contacts."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from newsletter import paris
from newsletter.actions import documents
from newsletter.actions.imports import organisations
from newsletter.actions.people import members
from newsletter.cli.output import DATE, CommandRun, json_option, pass_session, print_json, print_table
from newsletter.model import Territory

if TYPE_CHECKING:
    from newsletter.store.people.organisations import Organisation


def _day(value: datetime | None) -> date | None:
    return value.date() if value else None


@click.group("members")
def group() -> None:
    """Member organisations and their membership periods."""


@group.command("list")
@click.option("--on", type=DATE, help="The members on this day (default: today).")
@click.option("--all", "everybody", is_flag=True, help="Former members and other organisations too.")
@click.option("--changes-since", type=DATE, help="Who joined and who ended since that day.")
@click.option(
    "--ending-within", type=click.IntRange(0), metavar="DAYS", help="Whose membership ends within so many days."
)
@click.option("--without-contact", is_flag=True, help="Only those without a contact on the lists.")
@json_option
@pass_session
def list_(
    session: CommandRun,
    on: datetime | None,
    everybody: bool,
    changes_since: datetime | None,
    ending_within: int | None,
    without_contact: bool,
    as_json: bool,
) -> None:
    """List member organisations by name."""
    if changes_since:
        _print_changes(session, changes_since.date(), _day(on), as_json)
        return
    found = members.list_members(
        session.workspace,
        on=_day(on),
        everybody=everybody,
        ending_within=ending_within,
        without_contact=without_contact,
    )
    if as_json:
        print_json([documents.member(row) for row in found])
        return
    rows = [
        (o.name, o.level, o.departement, o.region, _last(o), row.contacts) for row in found for o in (row.organisation,)
    ]
    print_table(f"{len(rows)} organisations", ("name", "level", "dép.", "region", "member", "contacts"), rows)


def _print_changes(session: CommandRun, since: date, until: date | None, as_json: bool) -> None:
    found = members.changes(session.workspace, since, until)
    if as_json:
        print_json([{"day": c.day, "change": c.kind, "organisation": c.organisation.name} for c in found])
        return
    rows = [(c.day, c.kind, c.organisation.name, c.organisation.level) for c in found]
    print_table(f"{len(rows)} changes", ("day", "change", "name", "level"), rows)


def _last(organisation: Organisation) -> str:
    if not organisation.periods:
        return "never"
    period = organisation.periods[-1]
    return f"{period.joined} - {period.ended or ''}".rstrip()


@group.command()
@click.argument("name")
@click.option("--level", type=click.Choice([level.value for level in Territory]), default="other", show_default=True)
@click.option("--siren", default="")
@click.option("--insee", default="")
@click.option("--region", default="")
@click.option("--departement", default="")
@click.option("--joined", type=DATE, help="The first day of membership; none for an organisation that is not a member.")
@pass_session
def add(session: CommandRun, /, joined: datetime | None, **values: str) -> None:
    """Add the organisation NAME."""
    made = members.add_member(session.workspace, members.organisation(**values), _day(joined), by=session.user)
    click.echo(f"{made.name}: {'member since ' + made.periods[0].joined if made.periods else 'no member'}")


@group.command()
@click.argument("name")
@click.option("--from", "begin", type=DATE, help="The first day, when the last membership has ended (default: today).")
@click.option("--until", type=DATE, help="The last day (default: open).")
@pass_session
def renew(session: CommandRun, name: str, begin: datetime | None, until: datetime | None) -> None:
    """Renew the membership of NAME."""
    made = members.renew_membership(session.workspace, name, begin=_day(begin), until=_day(until), by=session.user)
    click.echo(f"{made.name}: member {_last(made)}")


@group.command()
@click.argument("name")
@click.option("--on", type=DATE, help="The last day of membership (default: today).")
@pass_session
def end(session: CommandRun, name: str, on: datetime | None) -> None:
    """End the membership of NAME; from the next day on its contacts get no letter for members."""
    made = members.end_membership(session.workspace, name, _day(on), by=session.user)
    click.echo(f"{made.name}: member {_last(made)}")


@group.command()
@click.argument("name")
@json_option
@pass_session
def show(session: CommandRun, name: str, as_json: bool) -> None:
    """Show an organisation (by name, SIREN or INSEE code) with its contacts."""
    card = members.show_organisation(session.workspace, name)
    if as_json:
        events = [{"at": paris.iso(e.at), "kind": e.kind, "actor": e.actor, **(e.detail or {})} for e in card.events]
        contacts = [{"email": email, "role": role} for email, role in card.contacts]
        place = documents.organisation(card.organisation)
        print_json({**place, "member": card.member, "contacts": contacts, "events": events})
        return
    click.echo(f"{card.organisation.name} ({card.organisation.level}): {'member' if card.member else 'not a member'}")
    for period in card.organisation.periods:
        click.echo(f"  from {period.joined} to {period.ended or 'now'}")
    for email, role in card.contacts:
        click.echo(f"  {email}  {role}".rstrip())
    for event in card.events:
        click.echo(f"  {paris.iso(event.at)}  {event.kind}  {event.actor}".rstrip())


@group.command("import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--dry-run", is_flag=True, help="Only say what would become of every row.")
@json_option
@pass_session
def import_(session: CommandRun, file: Path, dry_run: bool, as_json: bool) -> None:
    """Import organisations from FILE: matched by SIREN, INSEE code or name; doubtful ones wait in the reviews."""
    plan = organisations.import_organisations(
        session.workspace, organisations.open_organisations(file), by=session.user, dry_run=dry_run
    )
    if as_json:
        print_json(
            {
                "file_action": plan.file_action,
                "reason": plan.reason,
                "encoding": plan.encoding,
                "delimiter": plan.delimiter,
                "rows": len(plan.outcomes),
                "counts": plan.counts,
                "outcomes": [row._asdict() for row in plan.outcomes],
            }
        )
    elif plan.file_action == "refuse":
        click.echo(f"error: nothing was imported: {plan.reason}", err=True)
    else:
        click.echo(f"{len(plan.outcomes)} rows" + (", rehearsal" if dry_run else ""))
        for action, n in plan.counts.items():
            click.echo(f"  {action}: {n}")
        rows = [(r.line, r.action, r.name, r.reason) for r in plan.outcomes if r.action in ("review", "reject")]
        if rows:
            print_table("worth a look", ("line", "action", "name", "why"), rows)
    if plan.file_action == "refuse":
        raise SystemExit(1)


COMMANDS = (group,)
