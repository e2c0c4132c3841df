"""`newsletter users`: who has access to the Studio."""

from __future__ import annotations

import click

from newsletter.actions.team import signin
from newsletter.actions.team import users as team_users
from newsletter.cli.output import Session, json_option, pass_session, print_json, print_table

_ROLE = click.Choice(tuple(team_users.RIGHTS))


@click.group()
def users() -> None:
    """Who has access to the Studio."""


@users.command("invite")
@click.argument("email")
@click.option("--role", type=_ROLE, required=True, help="editor composes, staff sees people and counts, admin all.")
@click.option("--may-send", is_flag=True, help="May approve and send, a right of its own.")
@click.option("--name", default="", help="As colleagues and the journal shall call them.")
@pass_session
def invite(session: Session, email: str, role: str, may_send: bool, name: str) -> None:
    """Give EMAIL access and print a one-time link for them."""
    user = team_users.invite(session.workspace, email, role, may_send=may_send, name=name, by=session.user)
    click.echo(f"{user.address} is {role}{', may send' if may_send else ''}")
    _print_link(session, user)


@users.command("link")
@click.argument("email")
@pass_session
def link(session: Session, email: str) -> None:
    """Print a one-time sign-in link for EMAIL, for when no mail arrives."""
    _print_link(session, team_users.find(session.workspace, email))


@users.command("list")
@json_option
@pass_session
def listing(session: Session, as_json: bool) -> None:
    """Show everybody with access."""
    found = team_users.everybody(session.workspace)
    if as_json:
        keys = ("address", "name", "role", "may_send", "created_at")
        print_json([{key: getattr(user, key) for key in keys} for user in found])
        return
    rows = [(user.address, user.name, user.role, "may send" if user.may_send else "") for user in found]
    print_table("Users", ("address", "name", "role", ""), rows)


@users.command("end")
@click.argument("email")
@pass_session
def end(session: Session, email: str) -> None:
    """Take EMAIL's access away and close their sessions at once."""
    user = team_users.find(session.workspace, email)
    team_users.end(session.workspace, user.id, session.user)
    click.echo(f"{user.address} has no access any more")


def _print_link(session: Session, user: team_users.User) -> None:
    minutes = round(signin.LINK_SECONDS / 60)
    click.echo(f"opens the Studio once, within {minutes} minutes: {signin.link_for(session.workspace, user)}")


COMMANDS = (users,)
