"""`newsletter proposals`: what members proposed, and the editors' answers."""

from __future__ import annotations

from datetime import datetime

import click

from newsletter.actions.proposals import decisions
from newsletter.cli.output import DATE, CommandRun, json_option, pass_session, print_json, print_table

STATES = ("sent", "postponed", "accepted", "declined")


@click.group()
def proposals() -> None:
    """Articles and events that members proposed."""


@proposals.command("list")
@click.option("--state", type=click.Choice(STATES), help="Only these (default: sent and postponed).")
@json_option
@pass_session
def list_(session: CommandRun, state: str | None, as_json: bool) -> None:
    """List the proposals, newest first."""
    found = decisions.offers(session.workspace, (state,) if state else decisions.OPEN)
    if as_json:
        print_json(
            [
                {
                    "article": o.article.slug,
                    "proposal": o.proposal.uid if o.proposal else None,
                    "state": o.state,
                    "organisation": o.organisation,
                    "title": o.article.title,
                    "date": o.article.date.isoformat(),
                    "path": o.article.path,
                }
                for o in found
            ]
        )
        return
    rows = [(o.article.date, o.state, o.article.slug, o.organisation, o.article.title) for o in found]
    print_table(f"{len(rows)} proposals", ("date", "state", "article", "from", "title"), rows)


@proposals.command()
@click.argument("proposal")
@json_option
@pass_session
def accept(session: CommandRun, proposal: str, as_json: bool) -> None:
    """Make a proposal ready for the next issue."""
    article = decisions.accept(session.workspace, proposal, session.user)
    _tell(article.slug, article.path, "accepted: the next issue takes it", as_json)


@proposals.command()
@click.argument("proposal")
@click.option("--until", type=DATE, required=True, help="The first day of an issue it may be in.")
@json_option
@pass_session
def postpone(session: CommandRun, proposal: str, until: datetime, as_json: bool) -> None:
    """Keep a proposal for a later issue."""
    article = decisions.postpone(session.workspace, proposal, until.date(), session.user)
    _tell(article.slug, article.path, f"postponed to issues from {until:%Y-%m-%d}", as_json)


@proposals.command()
@click.argument("proposal")
@click.option("--word", required=True, help="What to answer, in French: it is mailed to the person who proposed it.")
@json_option
@pass_session
def decline(session: CommandRun, proposal: str, word: str, as_json: bool) -> None:
    """Decline a proposal, with an answer."""
    article = decisions.decline(session.workspace, proposal, word, session.user)
    _tell(article.slug, article.path, "declined", as_json)


def _tell(slug: str, path: str, what: str, as_json: bool) -> None:
    if as_json:
        print_json({"article": slug, "path": path, "outcome": what.partition(":")[0].partition(" ")[0]})
    else:
        click.echo(f"{path}: {what}")


COMMANDS = (proposals,)
