"""The command line: one command = one action + printing. Exit 0 done, 1 refused or failed, 2 usage."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from newsletter import __version__
from newsletter.cli import (
    articles,
    bounces,
    doctor,
    figures,
    issues,
    links,
    mailings,
    members,
    proposals,
    sending,
    serve,
    start,
    subscribers,
    users,
)
from newsletter.cli.output import Session
from newsletter.errors import NewsletterError


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="newsletter")
@click.option("--workspace", "-w", type=click.Path(path_type=Path), envvar="NEWSLETTER_WORKSPACE", default=".",
              help="The directory with newsletter.toml (default: here).")  # fmt: skip
@click.pass_context
def cli(context: click.Context, workspace: Path) -> None:
    """Compose, check and send the letters of a network of local authorities."""
    context.obj = Session(workspace)
    context.call_on_close(context.obj.close)


COMMANDS = (
    start, articles, issues, sending, mailings, figures, serve, bounces, doctor, users, subscribers, members,
    proposals, links,
)  # fmt: skip
for module in COMMANDS:
    for command in module.COMMANDS:
        cli.add_command(command)


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
