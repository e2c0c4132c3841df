"""`newsletter articles`: the pool."""

from __future__ import annotations

from datetime import datetime

import click

from newsletter.actions import content
from newsletter.cli.output import (
    DATE,
    Session,
    findings_json,
    json_option,
    pass_session,
    print_findings,
    print_json,
    print_table,
)
from newsletter.model import Severity


@click.group()
def articles() -> None:
    """The articles in articles/."""


@articles.command("list")
@click.option("--tag", help="Only articles with this tag.")
@click.option("--status", help="Only draft, proposed, ready or declined ones.")
@click.option("--unused", is_flag=True, help="Only those that stand in no issue.")
@json_option
@pass_session
def list_(session: Session, tag: str | None, status: str | None, unused: bool, as_json: bool) -> None:
    """List the articles, newest first."""
    pool, used = session.workspace.pool(), content.used_in(session.workspace)
    chosen = [
        a for a in pool
        if (not tag or tag in a.tags) and (not status or a.status == status) and not (unused and used[a.slug])
    ]  # fmt: skip
    if as_json:
        print_json(
            [
                {
                    "article": a.slug, "title": a.title, "tags": list(a.tags), "date": a.date.isoformat(),
                    "status": a.status, "visibility": a.visibility, "path": a.path, "issues": used[a.slug],
                }
                for a in chosen
            ]
        )  # fmt: skip
        return
    rows = [(a.date, a.slug, ",".join(a.tags), a.status, used[a.slug] or "", a.title) for a in chosen]
    print_table(f"{len(rows)} articles", ("date", "article", "tags", "status", "issues", "title"), rows)
    for error in pool.errors:
        click.echo(f"error: {error}", err=True)


@articles.command()
@click.argument("title")
@click.option(
    "--tag", "tags", multiple=True, required=True, help="rtes, territoires, elu, agenda, europe, bref, appel..."
)
@click.option("--date", "on", type=DATE, help="The day of publication (default: today).")
@json_option
@pass_session
def new(session: Session, title: str, tags: tuple[str, ...], on: datetime | None, as_json: bool) -> None:
    """Create a draft article and print its file."""
    day = on.date() if on else session.workspace.today()
    made = content.new_article(session.workspace, title, tags, day)
    if as_json:
        print_json({"article": made.slug, "path": made.path})
    else:
        click.echo(f"{made.path}: a draft; set `status: ready` when it may be printed")


@articles.command()
@json_option
@pass_session
def check(session: Session, as_json: bool) -> None:
    """Proof-read all articles; exit 1 when there are errors."""
    found = content.check_articles(session.workspace.pool())
    if as_json:
        print_json({"warnings": findings_json(found)})
    else:
        print_findings(found)
    if any(f.level is Severity.ERROR for f in found):
        raise SystemExit(1)


COMMANDS = (articles,)
