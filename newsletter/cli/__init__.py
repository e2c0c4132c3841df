"""The command line: one command = one action + printing. Exit 0 done, 1 refused or failed, 2 usage."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

import click

from newsletter import __version__
from newsletter.errors import NewsletterError

# Each command and its module. Only the one that is called is imported: all of them take two seconds.
COMMANDS = {
    "articles": "articles",
    "audiences": "audiences",
    "backup": "backup",
    "bounces": "returns",
    "completion": "manual",
    "count": "reports",
    "database": "database",
    "demo": "start",
    "doctor": "doctor",
    "fields": "groups",
    "groups": "groups",
    "health": "health",
    "help": "manual",
    "init": "start",
    "issues": "issues",
    "journal": "journal",
    "links": "link_counts",
    "mailings": "mailings",
    "members": "members",
    "pictures": "pictures",
    "proposals": "proposals",
    "purge": "subscribers",
    "report": "reports",
    "restore": "backup",
    "send": "sending",
    "serve": "serve",
    "subscribers": "subscribers",
    "users": "team",
    "worker": "worker",
}


class _Commands(click.Group):
    """The commands, each imported when it is called."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, _ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        made: tuple[click.Command, ...] = import_module(f"newsletter.cli.{COMMANDS[cmd_name]}").COMMANDS
        return next(command for command in made if command.name == cmd_name)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="newsletter")
@click.option(
    "--workspace",
    "-w",
    type=click.Path(path_type=Path),
    envvar="NEWSLETTER_WORKSPACE",
    default=".",
    help="The directory with newsletter.toml (default: here).",
)
@click.pass_context
def cli(context: click.Context, workspace: Path) -> None:
    """Compose, check and send the letters of a network of local authorities."""
    from newsletter.cli.output import CommandRun

    context.obj = CommandRun(workspace)
    context.call_on_close(context.obj.close)


def main() -> None:
    """Run the `newsletter` command; errors of the product become one line on stderr and exit code 1."""
    try:
        cli.main(standalone_mode=False, prog_name="newsletter")
    except NewsletterError as error:
        _fail(f"error: {error}", 1)
    except click.UsageError as error:
        error.show()
        sys.exit(2)
    except click.ClickException as error:
        _fail(f"error: {error.format_message()}", 1)
    except (click.Abort, KeyboardInterrupt):
        _fail("interrupted: nothing is lost, run the same command again to go on", 1)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)


def _fail(message: str, code: int) -> None:
    click.echo(message, err=True)
    sys.exit(code)
