"""`newsletter help` and `newsletter completion`: the manual of every command, and the shell's Tab key."""

from __future__ import annotations

from collections.abc import Iterator

import click
from click.shell_completion import get_completion_class

from newsletter import __version__

SHELLS = ("bash", "zsh", "fish")
_SECTIONS = """.SH ENVIRONMENT
.TP
\\fBNEWSLETTER_WORKSPACE\\fR
The workspace, where \\fB\\-\\-workspace\\fR does not name one.
.TP
\\fBNEWSLETTER_<SECTION>__<KEY>\\fR
Overrides a setting of newsletter.toml.
.TP
\\fBNEWSLETTER_SECRET\\fR, \\fBNEWSLETTER_<PROVIDER>_...\\fR
Secrets: from the environment, or from the file .env of the workspace.
.SH EXIT STATUS
0 done; 1 refused or failed, with a line on stderr; 2 wrong usage.
"""


@click.command("help")
@click.argument("command", nargs=-1)
@click.option("--man", is_flag=True, help="The manual page of all commands, for `man -l`.")
@click.pass_context
def help_(context: click.Context, command: tuple[str, ...], man: bool) -> None:
    """Explain COMMAND, or list the commands."""
    assert context.parent
    if man:
        click.echo(manual_page(context.parent), nl=False)
        return
    found = context.parent
    for name in command:
        made = found.command.get_command(found, name) if isinstance(found.command, click.Group) else None
        if made is None:
            raise click.UsageError(f"No such command '{' '.join(command)}'.", context.parent)
        found = click.Context(made, info_name=name, parent=found)
    click.echo(found.get_help())


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the lines that let the Tab key complete `newsletter` in SHELL."""
    kind = get_completion_class(shell)
    assert kind and context.parent
    click.echo(kind(context.parent.command, {}, "newsletter", "_NEWSLETTER_COMPLETE").source())


def manual_page(root: click.Context) -> str:
    """Return the manual page of the command of `root` and of all below it, in the language of man(7)."""
    commands = "".join(_entry(path, context) for path, context in walk(root) if context is not root)
    about = root.command.get_short_help_str(200)
    return (
        f'.TH NEWSLETTER 1 "" "newsletter {__version__}" "User Commands"\n'
        f".SH NAME\nnewsletter \\- {_roff(about)}\n"
        f".SH SYNOPSIS\n\\fBnewsletter\\fR {_roff(' '.join(root.command.collect_usage_pieces(root)))}\n"
        f".SH OPTIONS\n{_options(root)}.SH COMMANDS\n{commands}{_SECTIONS}"
    )


def walk(context: click.Context, path: str = "newsletter") -> Iterator[tuple[str, click.Context]]:
    """Yield every command below and including that of `context`, with its full name."""
    yield path, context
    if isinstance(context.command, click.Group):
        for name in context.command.list_commands(context):
            made = context.command.get_command(context, name)
            assert made
            yield from walk(click.Context(made, info_name=name, parent=context), f"{path} {name}")


def _entry(path: str, context: click.Context) -> str:
    usage = " ".join(context.command.collect_usage_pieces(context))
    return f".SS {_roff(path)} {_roff(usage)}\n{_roff(context.command.help or '')}\n{_options(context)}"


def _options(context: click.Context) -> str:
    options = [param for param in context.command.params if isinstance(param, click.Option)]
    records = filter(None, (option.get_help_record(context) for option in options))
    return "".join(f".TP\n\\fB{_roff(names)}\\fR\n{_roff(text)}\n" for names, text in records)


def _roff(text: str) -> str:
    """Return `text` for man(7): no backslash, dash or line start of it is a command."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-")
    return "\n".join(f"\\&{line}" if line[:1] in (".", "'") else line for line in escaped.splitlines() if line.strip())


COMMANDS = (help_, completion)
