"""`newsletter issues`: compose, check, preview, proof, approve."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import click

from newsletter import paris
from newsletter.actions import documents
from newsletter.actions.issues import files, link_check
from newsletter.actions.letters import editions
from newsletter.actions.sending import mailings, schedule
from newsletter.actions.sending.approval import approve_issue
from newsletter.cli.output import (
    DATE,
    CommandRun,
    json_option,
    pass_session,
    print_findings,
    print_json,
    print_table,
)
from newsletter.model import Severity


@click.group()
def issues() -> None:
    """The issues in issues/: one Markdown file each."""


@issues.command("list")
@json_option
@pass_session
def list_(session: CommandRun, as_json: bool) -> None:
    """List the issues, newest first, with the state of their mailing."""
    found, errors = files.list_issues(session.workspace)
    if as_json:
        print_json([documents.issue(s) for s in found])
    else:
        rows = [(s.issue.date, s.issue.key, s.issue.publication, s.status, s.issue.subject) for s in found]
        print_table(f"{len(rows)} issues", ("date", "issue", "publication", "status", "subject"), rows)
    for error in errors:
        click.echo(f"error: {error}", err=True)


@issues.command()
@click.argument("publication")
@click.option("--date", "on", type=DATE, help="The day it is to be sent (default: today).")
@click.option("--key", help="The name of the file (default: made from the day and the publication).")
@json_option
@pass_session
def new(session: CommandRun, publication: str, on: datetime | None, key: str | None, as_json: bool) -> None:
    """Compose an issue from what came in since the last one, and write its file."""
    proposal = files.new_issue(session.workspace, publication, on.date() if on else session.workspace.today(), key)
    issue = proposal.issue
    if as_json:
        sections = [{"tag": s.tag, "title": s.title, "articles": [i.slug for i in s.items]} for s in issue.sections]
        print_json(
            {
                "issue": issue.key,
                "publication": issue.publication,
                "path": issue.path,
                "subject": issue.subject,
                "lead": issue.lead.slug if issue.lead else None,
                "sections": sections,
                "left_out": dict(proposal.left_out),
            }
        )
        return
    click.echo(f"{issue.path}: {issue.subject}")
    for section in issue.sections:
        click.echo(f"  {section.title}: {len(section.items)}")
    for slug, reason in proposal.left_out.items():
        click.echo(f"  left out: {slug} ({reason})")
    for error in session.workspace.pool().errors:
        click.echo(f"  left out, it cannot be read: {error}")
    if not (issue.lead or issue.sections):
        click.echo("Nothing is in it: no article that is ready is dated since the last issue (see `articles list`).")
    click.echo(f"Edit the file, then: newsletter issues check {issue.key}")


@issues.command()
@click.argument("issue")
@click.option("--online", "follow", is_flag=True, help="Check every link online too.")
@json_option
@pass_session
def check(session: CommandRun, issue: str, follow: bool, as_json: bool) -> None:
    """Proof-read an issue; exit 1 when there are errors."""
    found = list(editions.findings(session.workspace, issue))
    if follow:
        found += link_check.follow_links(session.workspace, issue)
    variants = editions.issue_variants(session.workspace, issue)
    if as_json:
        print_json(
            {"issue": issue, "warnings": documents.findings(found), "variants": [asdict(one) for one in variants]}
        )
    else:
        print_findings(found)
        for one in variants:
            click.echo(f"variant {one.number}: {one.people} people, {one.items} items: {one.words}")
    if any(f.level is Severity.ERROR for f in found):
        raise SystemExit(1)


@issues.command()
@click.argument("issue")
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), required=True, help="The directory to write to."
)
@json_option
@pass_session
def preview(session: CommandRun, issue: str, out: Path, as_json: bool) -> None:
    """Write letter.html, letter.txt and letter.eml, as a reader would get them."""
    made = editions.preview(session.workspace, issue, out)
    if as_json:
        print_json(documents.preview(issue, made))
        return
    for path in made.files:
        click.echo(f"{path}  {path.stat().st_size} bytes")
    print_findings(made.findings)


@issues.command()
@click.argument("issue")
@click.option("--to", required=True, help="Where the proof goes.")
@json_option
@pass_session
def proof(session: CommandRun, issue: str, to: str, as_json: bool) -> None:
    """Send one copy to an address, marked as a proof."""
    answer = editions.proof(session.workspace, issue, to, by=session.user, may_send=True)
    if as_json:
        print_json({"issue": issue, "to": to, "answer": answer})
    else:
        click.echo(f"proof of {issue} to {to}: {answer}")


@issues.command()
@click.argument("issue")
@click.option("--at", help='When it is to be sent: "mardi 9h30" or 2026-11-24 09:30 (Europe/Paris).')
@click.option("--now", is_flag=True, help="Without the recall window.")
@json_option
@pass_session
def approve(session: CommandRun, issue: str, at: str | None, now: bool, as_json: bool) -> None:
    """Give the "bon à tirer": freeze content and audience; nothing leaves yet."""
    moment = schedule.parse_moment(at, schedule.clock(session.workspace)) if at else None
    mailing = approve_issue(session.workspace, issue, by=session.user, at=moment, now=now)
    receipt = mailings.mailing_receipt(session.workspace, issue)
    due = paris.moment(mailing.not_before)
    if as_json:
        print_json(
            {
                "issue": issue,
                "mailing": mailing.uid,
                "content_hash": mailing.content_hash,
                "candidates": receipt.candidates,
                "excluded_by": dict(receipt.excluded_by),
                "not_before": due.isoformat(),
            }
        )
    else:
        click.echo(f"approved {issue}: {receipt.open} recipients, {receipt.excluded} excluded")
        click.echo(f"content {mailing.content_hash[:16]}; it may leave from {due:%d/%m/%Y %H:%M:%S}")


COMMANDS = (issues,)
