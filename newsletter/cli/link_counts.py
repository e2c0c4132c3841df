"""`newsletter links`: how often the links of an issue were followed, if the settings count them."""

from __future__ import annotations

from dataclasses import asdict

import click

from newsletter.actions.archive import link_counts
from newsletter.cli.output import CommandRun, json_option, pass_session, print_json, print_table

METHOD = "anonymous visits; HEAD, robots and bursts of one source are not counted; the text part is not counted"


@click.command()
@click.argument("issue")
@json_option
@pass_session
def links(session: CommandRun, issue: str, as_json: bool) -> None:
    """Show the anonymous totals of an issue's links, and each section's share ([web] count_links)."""
    counted = link_counts.totals(session.workspace, issue)
    shares = link_counts.shares(counted)
    if as_json:
        document = {"issue": issue, "method": METHOD, "links": [asdict(link) for link in counted], "shares": shares}
        print_json(document)
        return
    if not counted:
        click.echo(f"No link of {issue} is counted: see count_links in docs/settings.md.", err=True)
    print_table(f"{issue}: {METHOD}", ("visits", "section", "address"), [(x.n, x.section, x.url) for x in counted])
    for section, share in shares.items():
        click.echo(f"{share:.0%} {section}")


COMMANDS = (links,)
