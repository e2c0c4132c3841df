"""`newsletter bounces`: what came back, read, explained, listed and corrected."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from newsletter import paris
from newsletter.actions.returns import bounces as actions
from newsletter.actions.returns.failing import (
    Trouble,
    failing_addresses,
    failing_json,
    reverse_bounce,
    trouble_json,
    troubles_by_organisation,
)
from newsletter.actions.returns.provider_reports import Received
from newsletter.cli.output import CommandRun, json_option, pass_session, print_json, print_table

_PATHS = click.Path(exists=True, path_type=Path)


@click.group()
def bounces() -> None:
    """What came back: mail that could not be delivered, complaints, answers."""


@bounces.command()
@click.argument("paths", nargs=-1, type=_PATHS)
@click.option("--imap", is_flag=True, help="Read the mailbox of [bounces] instead of files.")
@json_option
@pass_session
def read(session: CommandRun, paths: tuple[Path, ...], imap: bool, as_json: bool) -> None:
    """Read messages, mbox files, Maildirs or the IMAP mailbox; each acts once, if it answers one of our letters."""
    if imap == bool(paths):
        raise click.UsageError("name paths, or say --imap")
    found = actions.collect_bounces(session.workspace) if imap else actions.read_bounces(session.workspace, paths)
    _print(found, as_json)


def _print(found: Received, as_json: bool) -> None:
    if as_json:
        print_json({"messages": sum(found.counts.values()), "effects": found.effects, "counts": dict(found.counts)})
        return
    click.echo(f"{sum(found.counts.values())} messages")
    for outcome, n in sorted(found.counts.items(), key=lambda item: (-item[1], item[0])):
        click.echo(f"{n:6}  {outcome}")


@bounces.command()
@click.argument("paths", nargs=-1, required=True, type=_PATHS)
@json_option
def classify(paths: tuple[Path, ...], as_json: bool) -> None:
    """Say what messages are; nothing is changed."""
    judged = actions.judge(paths)
    if as_json:
        print_json([one.as_json() for one in judged])
        return
    rows = [(j.found.kind, j.found.status, " ".join(j.found.recipients), j.file) for j in judged]
    print_table(f"{len(rows)} messages", ("kind", "status", "recipients", "file"), rows)


@bounces.command("list")
@click.option("--by-organisation", is_flag=True, help="Group by organisation, with who else is a contact there.")
@json_option
@pass_session
def list_(session: CommandRun, by_organisation: bool, as_json: bool) -> None:
    """List the addresses that fail: suppressed for good, or returned for now lately."""
    if by_organisation:
        _print_troubles(troubles_by_organisation(session.workspace), as_json)
        return
    found = [failing_json(one) for one in failing_addresses(session.workspace)]
    if as_json:
        print_json([_dated(one) for one in found])
        return
    columns = ("state", "since", "email", "organisation", "why")
    print_table(f"{len(found)} failing addresses", columns, [_row(one) for one in found])


def _print_troubles(troubles: list[Trouble], as_json: bool) -> None:
    found = [trouble_json(trouble) for trouble in troubles]
    if as_json:
        print_json([{**one, "failing": [_dated(each) for each in one["failing"]]} for one in found])
        return
    for one in found:
        n = len(one["failing"])
        click.echo(f"{one['organisation'] or 'no organisation'}: {n} {'addresses' if n > 1 else 'address'} failing")
        for each in one["failing"]:
            click.echo("  " + "  ".join(filter(None, _row(each)[:3])) + f"  {each['name']}".rstrip())
        for contact in one["others"]:
            parts = (contact["name"], contact["function"], contact["address"], contact["phone"])
            click.echo("  call: " + ", ".join(filter(None, parts)))


def _row(one: dict[str, Any]) -> tuple[str, ...]:
    why = " ".join(filter(None, (one["status"], one["said"])))
    state = one["state"] if one["state"] == "bounced" else f"soft x{one['soft']}"
    return state, _dated(one)["since"][:10], one["email"], one["organisation"], why


def _dated(one: dict[str, Any]) -> dict[str, Any]:
    return {**one, "since": paris.iso(one["since"])}


@bounces.command()
@click.argument("email")
@click.option("--why", required=True, help="The reason, for the journal.")
@json_option
@pass_session
def reverse(session: CommandRun, email: str, why: str, as_json: bool) -> None:
    """Lift the suppression of an address that bounced by mistake; a complaint is final."""
    again = reverse_bounce(session.workspace, email, why, session.user)
    if as_json:
        print_json({"email": email, "publications": again})
    else:
        click.echo(f"{email}: receives {', '.join(again) or 'nothing, but may be written to'} again")


COMMANDS = (bounces,)
