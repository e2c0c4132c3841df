"""`newsletter users`: who has access to the Studio."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from newsletter.actions.team import factors, signin, signin_limits
from newsletter.actions.team import users as team_users
from newsletter.cli.output import CommandRun, json_option, pass_session, print_json, print_table

if TYPE_CHECKING:
    from newsletter.store.team.users import User

_ROLE = click.Choice(tuple(team_users.RIGHTS))


@click.group()
def users() -> None:
    """Who has access to the Studio."""


@users.command("invite")
@click.argument("email")
@click.option("--role", type=_ROLE, required=True, help="editor composes, staff sees people and counts, admin all.")
@click.option("--may-send", is_flag=True, help="May approve and send, a right of its own.")
@click.option("--name", default="", help="The name shown to colleagues and in the journal.")
@pass_session
def invite(session: CommandRun, email: str, role: str, may_send: bool, name: str) -> None:
    """Give EMAIL access and print a one-time link for them."""
    user = team_users.invite_user(session.workspace, email, role, may_send=may_send, name=name, by=session.user)
    click.echo(f"{user.address} is {role}{', may send' if may_send else ''}")
    _print_link(session, user)


@users.command("link")
@click.argument("email")
@pass_session
def link(session: CommandRun, email: str) -> None:
    """Print a one-time sign-in link for EMAIL, for when no mail arrives."""
    _print_link(session, team_users.find_user(session.workspace, email))


@users.command("list")
@json_option
@pass_session
def listing(session: CommandRun, as_json: bool) -> None:
    """List all users with access."""
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
def end(session: CommandRun, email: str) -> None:
    """Remove EMAIL's access and close their sessions at once."""
    user = team_users.find_user(session.workspace, email)
    team_users.end_access(session.workspace, user.id, session.user)
    click.echo(f"{user.address} no longer has access")


@users.command("reset")
@click.argument("email")
@pass_session
def reset(session: CommandRun, email: str) -> None:
    """Remove EMAIL's passkeys, app and recovery codes, when all are lost; closes their sessions."""
    user = team_users.find_user(session.workspace, email)
    factors.reset_factors(session.workspace, user.id, session.user)
    factors.mail_change(session.workspace, user)
    click.echo(f"{user.address} signs in by a mailed link alone")


def _print_link(session: CommandRun, user: User) -> None:
    minutes = round(signin_limits.LINK_SECONDS / 60)
    click.echo(f"opens the Studio once, within {minutes} minutes: {signin.link_for(session.workspace, user)}")


COMMANDS = (users,)
