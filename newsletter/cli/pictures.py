"""`newsletter pictures`: where the published pictures are kept."""

from __future__ import annotations

import click

from newsletter.actions import published_pictures
from newsletter.cli.output import CommandRun, json_option, pass_session, print_json


@click.group()
def pictures() -> None:
    """Published pictures: in files, or in the database ([web] media)."""


@pictures.command()
@json_option
@pass_session
def gather(session: CommandRun, as_json: bool) -> None:
    """Copy the pictures from the other place to where [web] media says; nothing is deleted there."""
    brought, known = published_pictures.gather(session.workspace)
    place = session.workspace.settings.web.media
    if as_json:
        print_json({"media": place, "brought": brought, "known": known})
        return
    click.echo(f"{brought} brought into {place}, {known} there already")


COMMANDS = (pictures,)
