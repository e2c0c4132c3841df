"""`newsletter subscribers reviews`: what waits for a human decision."""

from __future__ import annotations

import click

from newsletter import paris
from newsletter.actions.imports import reviews as import_reviews
from newsletter.cli.output import CommandRun, json_option, pass_session, print_json, print_table


@click.group("reviews")
def reviews() -> None:
    """Doubtful rows and organisations of imports, requests, replies."""


@reviews.command("list")
@click.option("--kind", default="", help="import-row, organisation, organisations, member-row, ...")
@click.option("--done", is_flag=True, help="The settled ones.")
@json_option
@pass_session
def list_(session: CommandRun, kind: str, done: bool, as_json: bool) -> None:
    """List what waits, oldest first."""
    found = import_reviews.list_reviews(session.workspace, kind=kind, done=done)
    if as_json:
        print_json(
            [
                {
                    "review": r.id,
                    "at": paris.iso(r.at),
                    "kind": r.kind,
                    "subject": r.subject,
                    "publication": r.publication,
                    "detail": dict(r.detail),
                    "outcome": r.outcome,
                    "by": r.done_by,
                }
                for r in found
            ]
        )
        return
    rows = [
        (r.id, r.kind, r.subject, r.outcome or r.detail.get("reason") or r.detail.get("explanation")) for r in found
    ]
    print_table(f"{len(rows)} reviews", ("review", "kind", "subject", "why"), rows)


@reviews.command()
@click.argument("number", type=int)
@click.option("--accept", "accept", flag_value="accept", help="Do what was asked.")
@click.option("--decline", "accept", flag_value="decline", help="Do nothing.")
@click.option("--email", default="", help="The corrected address of a row.")
@click.option("--organisation", default="", help="The organisation that was meant.")
@pass_session
def settle(session: CommandRun, number: int, accept: str | None, email: str, organisation: str) -> None:
    """Settle review NUMBER; the same question about other people is settled with it."""
    if accept is None:
        raise click.UsageError("say --accept or --decline")
    n = import_reviews.settle_review(
        session.workspace, number, accept=accept == "accept", by=session.user, email=email, organisation=organisation
    )
    click.echo(f"{n} settled")


COMMANDS = (reviews,)
