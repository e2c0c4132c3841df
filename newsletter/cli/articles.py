"""`newsletter articles`: the pool."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from newsletter.actions import documents
from newsletter.actions.issues import feed_import, feed_reader, files
from newsletter.cli.output import (
    DATE,
    CommandRun,
    json_option,
    pass_session,
    print_findings,
    print_json,
    print_table,
)
from newsletter.i18n import speaking
from newsletter.model import Severity

if TYPE_CHECKING:
    from newsletter.content.feed_found import FeedEntry


@click.group()
def articles() -> None:
    """The articles in articles/."""


@articles.command("list")
@click.option("--tag", help="Only articles with this tag.")
@click.option("--status", help="Only draft, proposed, ready or declined ones.")
@click.option("--unused", is_flag=True, help="Only those that are in no issue.")
@json_option
@pass_session
def list_(session: CommandRun, tag: str | None, status: str | None, unused: bool, as_json: bool) -> None:
    """List the articles, newest first."""
    pool, used = session.workspace.pool(), files.used_in(session.workspace)
    chosen = [
        a
        for a in pool
        if (not tag or tag in a.tags) and (not status or a.status == status) and not (unused and used[a.slug])
    ]
    if as_json:
        print_json([documents.article(a, used[a.slug]) for a in chosen])
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
def new(session: CommandRun, title: str, tags: tuple[str, ...], on: datetime | None, as_json: bool) -> None:
    """Create a draft article and print its file."""
    day = on.date() if on else session.workspace.today()
    made = files.new_article(session.workspace, title, tags, day)
    if as_json:
        print_json({"article": made.slug, "path": made.path})
    else:
        click.echo(f"{made.path}: a draft; write it, then set `status: ready`: only what is ready gets into an issue")


@articles.command()
@json_option
@pass_session
def check(session: CommandRun, as_json: bool) -> None:
    """Proof-read all articles; exit 1 when there are errors."""
    found = files.check_articles(session.workspace.pool())
    if as_json:
        print_json({"warnings": documents.findings(found)})
    else:
        print_findings(found)
    if any(f.level is Severity.ERROR for f in found):
        raise SystemExit(1)


@articles.command("import")
@click.argument("source", required=False)
@click.option("--tag", "tags", multiple=True, help="The tags they get (default: rtes, or agenda for events).")
@click.option("--yes", is_flag=True, help="Write the drafts; without it, only show what would be taken.")
@click.option("--feeds", is_flag=True, help="Read the feeds of the settings now, as the running service does.")
@json_option
@pass_session
def import_(
    session: CommandRun, source: str | None, tags: tuple[str, ...], yes: bool, feeds: bool, as_json: bool
) -> None:
    """Take articles from SOURCE: the address or file of an RSS or Atom feed, or an .ics file.

    With --feeds, bring what is new in the feeds of newsletter.toml as drafts; exit 1 when one cannot be read.
    """
    if feeds == bool(source) or (feeds and (tags or yes)):
        raise click.UsageError("give either SOURCE, with --tag and --yes, or --feeds alone")
    if source is None:
        _read_feeds(session, as_json)
        return
    harvest = feed_import.look_at_feed(session.workspace, source)
    written = feed_import.take_entries(session.workspace, harvest, tags) if yes else []
    slugs = [article.slug for article in written] if yes else [None for _found in harvest.new]
    if as_json:
        new = [{**_found_json(found), "article": slug} for found, slug in zip(harvest.new, slugs, strict=True)]
        known = [{**_found_json(found), "article": article.slug} for found, article in harvest.known]
        print_json({"source": source, "written": yes, "new": new, "known": known, "notes": _notes(harvest)})
        return
    rows = [("new", *_found_row(found), slug or "") for found, slug in zip(harvest.new, slugs, strict=True)]
    rows += [("known", *_found_row(found), article.slug) for found, article in harvest.known]
    print_table(f"{len(harvest.new)} new, {len(harvest.known)} known", ("", "date", "for", "title", "article"), rows)
    for note in _notes(harvest):
        click.echo(note)
    if harvest.new and not yes:
        click.echo("Nothing is written yet: run it again with --yes.")


def _read_feeds(session: CommandRun, as_json: bool) -> None:
    brought = feed_reader.read_all(session.workspace)
    if as_json:
        print_json({"feeds": [_feed_json(one) for one in brought]})
    else:
        rows = [(a.date, ",".join(a.tags), a.title, a.slug) for one in brought for a in one.new]
        print_table(f"{len(rows)} new from {len(brought)} feeds", ("date", "tags", "title", "article"), rows)
        for one in brought:
            if one.later:
                click.echo(f"{one.url}: {one.later} more come on the days after, {feed_reader.MOST_A_DAY} a day")
            if one.error:
                click.echo(f"error: {one.error}", err=True)
        if not brought:
            click.echo("There is no feed in newsletter.toml yet: see [[feeds]] in docs/settings.md.")
    if any(one.error for one in brought):
        raise SystemExit(1)


def _feed_json(one: feed_reader.Brought) -> dict[str, Any]:
    new = [{"article": a.slug, "title": a.title, "link": a.link, "tags": list(a.tags)} for a in one.new]
    error = str(one.error) if one.error else None
    return {"url": one.url, "new": new, "later": one.later, "unchanged": one.unchanged, "error": error}


def _notes(harvest: feed_import.Harvest) -> list[str]:
    with speaking("en"):
        return [str(note) for note in harvest.notes]


def _found_row(found: FeedEntry) -> tuple[str, str, str]:
    when = found.event.start.date() if found.event else found.published
    return (when.isoformat() if when else "", "members" if found.private else "all", found.title)


def _found_json(found: FeedEntry) -> dict[str, Any]:
    date, visibility, title = _found_row(found)
    shown = "members" if visibility == "members" else "public"
    return {
        "title": title,
        "link": found.link,
        "date": date or None,
        "visibility": shown,
        "summary": found.summary,
        "picture": found.picture or None,
        "alternative": found.alternative,
        "dates": [moment.isoformat() for moment in found.dates],
    }


COMMANDS = (articles,)
