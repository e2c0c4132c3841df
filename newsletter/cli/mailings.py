"""`newsletter mailings`: what was approved and sent, and every lever while it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

import click

from newsletter.actions import documents
from newsletter.actions.documents import moment
from newsletter.actions.sending import corrections
from newsletter.actions.sending import mailings as sending_mailings
from newsletter.actions.sending.compare_audiences import Group, compare
from newsletter.cli.output import CommandRun, json_option, pass_session, print_json, print_table, sure
from newsletter.cli.sending import print_receipt

if TYPE_CHECKING:
    from newsletter.store.sending.receipts import Receipt


@click.group()
def mailings() -> None:
    """Letters frozen for sending, and their receipts."""


@mailings.command("list")
@json_option
@pass_session
def list_(session: CommandRun, as_json: bool) -> None:
    """List the mailings, newest first."""
    found = sending_mailings.list_mailings(session.workspace)
    if as_json:
        print_json([documents.mailing(m) for m in found])
        return
    rows = [(moment(m.approved_at), m.issue, m.status, m.approved_by, m.subject) for m in found]
    print_table(f"{len(rows)} mailings", ("approved", "issue", "status", "by", "subject"), rows)


@mailings.command()
@click.argument("issue")
@json_option
@pass_session
def show(session: CommandRun, issue: str, as_json: bool) -> None:
    """Show a mailing with its journal."""
    mailing, events = sending_mailings.story(session.workspace, issue)
    still = sending_mailings.standstill(session.workspace, mailing)
    if as_json:
        print_json(
            {
                "issue": mailing.issue,
                "mailing": mailing.uid,
                "status": mailing.status,
                "subject": mailing.subject,
                "content_hash": mailing.content_hash,
                "approved_by": mailing.approved_by,
                "not_before": moment(mailing.not_before),
                "started_at": moment(mailing.started_at),
                "ended_at": moment(mailing.ended_at),
                "pause_reason": mailing.pause_reason,
                "provider": mailing.provider,
                "late": bool(still and not still.silence),
                "silent_since": moment(still.silence.since) if still and still.silence else None,
                "answer": still.silence.answer if still and still.silence else "",
                "events": [{"at": moment(e.at), "kind": e.kind, "actor": e.actor, **(e.detail or {})} for e in events],
            }
        )
        return
    click.echo(f"{mailing.issue}: {mailing.status} {mailing.pause_reason}".rstrip())
    if still and still.silence:
        click.echo(
            f"  the provider takes nothing since {moment(still.silence.since)}: {still.silence.answer or 'no answer'}. "
            "it is tried again by itself; see `newsletter doctor`"
        )
    elif still:
        click.echo(f"  its hour was missed. it waits for a word: `newsletter send {mailing.issue}`, or cancel it")
    for event in events:
        click.echo(f"  {moment(event.at)}  {event.kind}  {event.actor}".rstrip())
    print_receipt(sending_mailings.mailing_receipt(session.workspace, issue))


@mailings.command()
@click.argument("issue")
@json_option
@pass_session
def receipt(session: CommandRun, issue: str, as_json: bool) -> None:
    """Print the receipt: candidates = sent + refused + excluded + cancelled + doubtful + open."""
    _print(sending_mailings.mailing_receipt(session.workspace, issue), as_json)


@mailings.command()
@click.argument("issue")
@click.option("--why", default="", help="The reason, for the journal.")
@pass_session
def pause(session: CommandRun, issue: str, why: str) -> None:
    """Hand nothing more over; what is in flight is settled."""
    click.echo(f"{issue}: {sending_mailings.pause_mailing(session.workspace, issue, session.user, why).status}")


@mailings.command()
@click.argument("issue")
@pass_session
def resume(session: CommandRun, issue: str) -> None:
    """Let a paused mailing go on (`newsletter send ISSUE` delivers it)."""
    click.echo(f"{issue}: {sending_mailings.resume_mailing(session.workspace, issue, session.user).status}")


@mailings.command()
@click.argument("issue")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@pass_session
def cancel(session: CommandRun, issue: str, yes: bool, as_json: bool) -> None:
    """Cancel everything that has not left; what was sent stays sent."""
    sure(f"Cancel {issue}?", yes=yes)
    _print(sending_mailings.cancel_mailing(session.workspace, issue, session.user), as_json)


@mailings.command()
@click.argument("issue")
@pass_session
def confirm(session: CommandRun, issue: str) -> None:
    """Give the second person's word, where the settings ask for one."""
    mailing = sending_mailings.confirm_mailing(session.workspace, issue, session.user)
    click.echo(f"{issue}: confirmed by {mailing.confirmed_by}")


@mailings.command()
@click.argument("issue")
@click.option("--resend", "how", flag_value="resend", help="Send them again, with the same Message-ID.")
@click.option("--sent", "how", flag_value="sent", help="Count them as sent.")
@click.option("--address", default="", help="Only this one (default: all doubtful ones).")
@click.option(
    "--from-log",
    "log",
    type=click.File("r", encoding="utf-8", errors="replace"),
    help="Settle by the Message-IDs in a log of Postfix or Exim, or in a provider's export (JSON, CSV); - is stdin.",
)
@click.option(
    "--resend-absent", is_flag=True, help="With --from-log: send again what the log, covering all of it, does not name."
)
@json_option
@pass_session
def settle(
    session: CommandRun,
    issue: str,
    how: str | None,
    address: str,
    log: TextIO | None,
    resend_absent: bool,
    as_json: bool,
) -> None:
    """Settle doubtful deliveries: nobody knows whether the provider took them."""
    if log is not None:
        if how or address:
            raise click.UsageError("--from-log settles by itself: leave out --resend, --sent and --address")
        _settle_from_log(session, issue, log, resend_absent=resend_absent, as_json=as_json)
        return
    if how is None or resend_absent:
        raise click.UsageError("say --resend or --sent, or give --from-log FILE")
    receipt = sending_mailings.settle_doubtful(
        session.workspace, issue, resend=how == "resend", by=session.user, address=address
    )
    _print(receipt, as_json)


def _settle_from_log(session: CommandRun, issue: str, log: TextIO, *, resend_absent: bool, as_json: bool) -> None:
    made = corrections.settle_from_log(session.workspace, issue, log, session.user, resend_absent=resend_absent)
    if as_json:
        settled = {"sent": made.sent, "refused": made.refused, "again": made.again, "left": made.left}
        print_json({**documents.receipt(made.receipt), "settled": settled})
        return
    click.echo(
        f"by the log: {made.sent} sent, {made.refused} refused, {made.again} go again, {made.left} still doubtful"
    )
    print_receipt(made.receipt)


@mailings.command()
@click.argument("issue")
@json_option
@pass_session
def doubtful(session: CommandRun, issue: str, as_json: bool) -> None:
    """List the doubtful messages with their Message-IDs, to look for in the relay's log."""
    found = corrections.list_doubtful(session.workspace, issue)
    if as_json:
        print_json(
            [
                {
                    "address": one.address,
                    "message_id": one.message_id,
                    "handed_at": one.handed_at.isoformat() if one.handed_at else None,
                    "answer": one.answer,
                }
                for one in found
            ]
        )
        return
    rows = [
        (one.address, one.message_id, f"{one.handed_at:%Y-%m-%d %H:%M:%S}" if one.handed_at else "", one.answer)
        for one in found
    ]
    print_table(f"{len(rows)} doubtful", ("address", "Message-ID", "handed over", "why"), rows)


@mailings.command()
@click.argument("issue")
@json_option
@pass_session
def refused(session: CommandRun, issue: str, as_json: bool) -> None:
    """List who was refused, with the provider's answer."""
    found = corrections.list_refused(session.workspace, issue)
    if as_json:
        print_json([{"address": one.address, "answer": one.answer} for one in found])
        return
    print_table(f"{len(found)} refused", ("address", "answer"), [(one.address, one.answer) for one in found])


@mailings.command()
@click.argument("issue")
@click.option("--reason", default="", help="Only those whose answer holds this text.")
@click.option("--domain", default="", help="Only the recipients of this domain.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@pass_session
def retry(session: CommandRun, issue: str, reason: str, domain: str, yes: bool, as_json: bool) -> None:
    """Send again to people refused by mistake, with the same Message-ID (`newsletter send ISSUE` delivers it)."""
    sure(f"Send {issue} again to those who were refused?", yes=yes)
    receipt = corrections.retry_refused(session.workspace, issue, session.user, reason=reason, domain=domain)
    _print(receipt, as_json)


@mailings.command("compare")
@click.argument("first")
@click.argument("second")
@json_option
@pass_session
def compare_(session: CommandRun, first: str, second: str, as_json: bool) -> None:
    """Compare the recipients of two issues' mailings and say why they differ."""
    found = compare(session.workspace, first, second)
    if as_json:
        print_json(
            {
                "first": found.first,
                "second": found.second,
                "recipients_first": found.recipients_first,
                "recipients_second": found.recipients_second,
                "fewer": [_group(g) for g in found.fewer],
                "more": [_group(g) for g in found.more],
            }
        )
        return
    click.echo(f"{first}: {found.recipients_first} recipients, {second}: {found.recipients_second}")
    if not (found.fewer or found.more):
        click.echo("  the same people")
    for word, groups in (("fewer", found.fewer), ("more", found.more)):
        for one in groups:
            click.echo(f"  {one.count} {word}: {one.sentence}")


def _group(one: Group) -> dict[str, object]:
    return {
        "count": one.count,
        "reason": one.reason,
        "sentence": one.sentence,
        "organisation": one.organisation,
        "day": one.day,
    }


def _print(made: Receipt, as_json: bool) -> None:
    if as_json:
        print_json(documents.receipt(made))
    else:
        print_receipt(made)


COMMANDS = (mailings,)
