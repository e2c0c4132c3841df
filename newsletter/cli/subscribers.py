"""`newsletter subscribers`: who receives what, since when, on which basis; import, export, erasure."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from newsletter import paris
from newsletter.actions import documents
from newsletter.actions.imports.subscribers import BASES
from newsletter.actions.letters import picture_cleanup
from newsletter.actions.people import data_rights, subscriptions
from newsletter.actions.sending import deliveries
from newsletter.cli import imports, reviews
from newsletter.cli.output import CommandRun, json_option, pass_session, print_json, print_table, sure
from newsletter.errors import NewsletterError
from newsletter.private_files import open_private

_ROLES = ("elu", "technicien", "partner", "press", "other")


@click.group()
def subscribers() -> None:
    """People on the lists, with their subscriptions."""


@subscribers.command()
@click.argument("email")
@click.option("--publication", required=True)
@click.option("--first-name", default="")
@click.option("--last-name", default="")
@click.option("--salutation", default="", help="The preferred form of address.")
@click.option("--function", default="")
@click.option("--role", default="", type=click.Choice(("", *_ROLES)))
@click.option("--phone", default="")
@click.option("--organisation", default="", help="Name, SIREN or INSEE code of an organisation that is known.")
@click.option("--basis", default="", type=click.Choice(("", *BASES)))
@click.option("--wording", default="", help="The version of the text that the person agreed to.")
@click.option("--asked", default="", help="How the person asked for it; needed for one who left or was erased.")
@pass_session
def add(
    session: CommandRun,
    /,
    email: str,
    publication: str,
    organisation: str,
    basis: str,
    wording: str,
    asked: str,
    **details: str,
) -> None:
    """Subscribe EMAIL to a publication."""
    person = subscriptions.add_subscription(
        session.workspace,
        email,
        publication,
        by=session.user,
        details=details,
        organisation=organisation,
        basis=basis,
        wording=wording,
        asked=asked,
    )
    click.echo(f"{person.address}: subscribed to {publication}")


@subscribers.command("list")
@click.option("--publication", default="")
@click.option("--state", default="", help="active, pending, left, bounced, complained or expired.")
@click.option("--without-organisation", is_flag=True, help="Only people who belong to no organisation.")
@click.option("--limit", default=200, show_default=True, type=click.IntRange(1))
@json_option
@pass_session
def list_(
    session: CommandRun, publication: str, state: str, without_organisation: bool, limit: int, as_json: bool
) -> None:
    """List people, one line per publication, by address."""
    rows = data_rights.list_people(
        session.workspace, publication=publication, state=state, unplaced=without_organisation, limit=limit
    )
    if as_json:
        print_json(
            [
                {
                    "email": r.person.address,
                    "name": f"{r.person.first_name} {r.person.last_name}".strip(),
                    "role": r.person.role,
                    "organisation": r.organisation,
                    "publication": r.publication,
                    "state": r.state,
                    "basis": r.basis,
                    "since": paris.iso(r.since),
                }
                for r in rows
            ]
        )
        return
    cells = [(r.person.address, r.publication, r.state, r.basis, r.organisation) for r in rows]
    print_table(f"{len(rows)} rows", ("email", "publication", "state", "basis", "organisation"), cells)


@subscribers.command()
@click.argument("email")
@json_option
@pass_session
def show(session: CommandRun, email: str, as_json: bool) -> None:
    """Show everything that is kept about EMAIL (right of access)."""
    found = data_rights.whole_record(session.workspace, email)
    if as_json:
        print_json(found)
        return
    details = {name: value for name, value in found["details"].items() if value and name != "created_at"}
    click.echo(f"{found['email']}  {found['organisation'] or 'no organisation'}")
    for name, value in details.items():
        click.echo(f"  {name}: {value}")
    for one in found["subscriptions"]:
        click.echo(f"  {one['publication']}: {one['state']} since {one['since']}, basis {one['basis'] or 'none'}")
    for event in found["events"]:
        words = (event["at"], event["kind"], event["publication"], event["actor"] and f"by {event['actor']}")
        click.echo("  " + "  ".join(word for word in words if word))
    click.echo(f"  letters: {len(found['deliveries'])}")


@subscribers.command()
@click.option("--publication", default="")
@click.option("--plain", is_flag=True, help="UTF-8 with commas, instead of a file for Excel in French.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="A file (default: stdout).")
@pass_session
def export(session: CommandRun, publication: str, plain: bool, out: Path | None) -> None:
    """Write all people as CSV, safe to open in a spreadsheet; `subscribers import` reads it back unchanged."""
    pieces = data_rights.export(session.workspace, by=session.user, publication=publication, plain=plain)
    if out is None:
        for piece in pieces:
            sys.stdout.buffer.write(piece)
        sys.stdout.buffer.flush()
        return
    try:
        with open_private(out) as file:
            file.writelines(pieces)
    except OSError as error:
        raise NewsletterError(
            f"the file cannot be written: {error.strerror}", where=str(out), hint="check the directory"
        ) from error
    click.echo(f"wrote {out}")


@subscribers.command()
@click.argument("email")
@click.option("--publication", default="", help="Only this one (default: all).")
@pass_session
def unsubscribe(session: CommandRun, email: str, publication: str) -> None:
    """End the subscriptions of EMAIL; nothing but the person's own act brings them back."""
    ended = subscriptions.unsubscribe(session.workspace, email, by=session.user, publication=publication)
    click.echo(f"{email}: left {', '.join(ended)}" if ended else f"{email}: nothing to end")


@subscribers.command()
@click.argument("email")
@click.option("--yes", is_flag=True, help="Do not ask.")
@pass_session
def forget(session: CommandRun, email: str, yes: bool) -> None:
    """Erase EMAIL for good: only a keyed hash stays, which refuses a later import."""
    sure(f"Erase {email} and everything known about them? This cannot be undone", yes=yes)
    data_rights.forget_person(session.workspace, email, by=session.user)
    click.echo(f"{email}: erased")


@subscribers.command()
@click.argument("email")
@click.argument("publication")
@json_option
@pass_session
def why(session: CommandRun, email: str, publication: str, as_json: bool) -> None:
    """Explain whether EMAIL receives PUBLICATION today: address, person, organisation, periods, subscription."""
    found = subscriptions.why(session.workspace, email, publication)
    if as_json:
        print_json(documents.why(found))
    else:
        for line in _chain(found):
            click.echo(line)


def _chain(found: subscriptions.Why) -> list[str]:
    person, place, subscription = found.person, found.organisation, found.subscription
    since = f" since {found.since}" if found.since else ""
    verdict = f"{'receives' if found.receives else 'does not receive'} {found.publication}{since}"
    if person is None:
        known = "erased: only a hash is kept" if found.reason == "erased" else "not known"
        return [f"address       {found.email} ({known})", f"verdict       {verdict}: {found.reason}"]
    name = f"{person.first_name} {person.last_name}".strip() or "no name"
    lines = [f"address       {found.email}" + (f" (suppressed: {person.suppressed})" if person.suppressed else "")]
    lines.append(f"person        {name}" + (f", {person.function or person.role}" if person.role else ""))
    lines.append(f"organisation  {place.name} ({place.level})" if place else "organisation  none")
    for period in place.periods if place else ():
        lines.append(f"  member      from {period.joined} to {period.ended or 'now'}")
    if subscription:
        began = paris.iso(subscription.since)
        lines.append(f"subscription  {subscription.state} since {began}, basis {subscription.basis or 'none'}")
    else:
        lines.append("subscription  none")
    if found.exception:
        lines.append("exception     named in the settings, no membership needed")
    return [*lines, f"verdict       {verdict}" + (f": {found.reason}" if found.reason else "")]


for command in (*imports.COMMANDS, *reviews.COMMANDS):
    subscribers.add_command(command)


@click.command()
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@json_option
@pass_session
def purge(session: CommandRun, dry_run: bool, as_json: bool) -> None:
    """Apply the retention periods of the settings, to pictures and departure logs too, and say what was done."""
    counts: dict[str, int | str] = {
        **data_rights.purge_expired(session.workspace, by=session.user, dry_run=dry_run).counts()
    }
    counts["departure_logs"] = deliveries.purge_departures(session.workspace, dry_run=dry_run)
    counts |= picture_cleanup.sweep_pictures(session.workspace, by=session.user, dry_run=dry_run).counts()
    if as_json:
        print_json({"dry_run": dry_run, **counts})
        return
    if dry_run:
        click.echo("rehearsal, nothing is changed:")
    held = counts.pop("pictures_held")
    for name, n in counts.items():
        click.echo(f"{name.replace('_', ' ')}: {n}")
    if held:
        click.echo(f"pictures are left alone: {held}")


COMMANDS = (subscribers, purge)
