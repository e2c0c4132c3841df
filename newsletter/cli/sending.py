"""`newsletter send`: approve and deliver, with progress; run again, it resumes."""

from __future__ import annotations

import json
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

import click
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from newsletter.actions import documents
from newsletter.actions.sending import mailings, schedule
from newsletter.actions.sending.deliveries import DeliveryProgress, deliver_mailing
from newsletter.actions.workspace import Workspace
from newsletter.cli.output import CommandRun, console, json_option, pass_session, print_json, seconds
from newsletter.errors import Refused

if TYPE_CHECKING:
    from newsletter.store.sending.mailings import Mailing
    from newsletter.store.sending.receipts import Receipt


def print_receipt(receipt: Receipt) -> None:
    """Print a receipt as its equation, the doubtful recipients named."""
    click.echo(f"{receipt.issue}: {receipt.status}, {seconds(receipt.seconds)}")
    click.echo(
        f"  candidates {receipt.candidates} = sent {receipt.sent} + refused {receipt.refused} + excluded "
        f"{receipt.excluded} + cancelled {receipt.cancelled} + doubtful {receipt.doubtful} + open {receipt.open}"
        f"  [{'balanced' if receipt.balanced else 'NOT BALANCED'}]"
    )
    for reason, n in receipt.excluded_by.items():
        click.echo(f"  excluded, {reason}: {n}")
    for name in receipt.doubtful_names:
        click.echo(f"  doubtful: {name}")
    if receipt.pause_reason:
        click.echo(f"  paused: {receipt.pause_reason}")
    click.echo(f"  content {receipt.content_hash[:16]}")


@click.command("send")
@click.argument("issue")
@click.option("--at", help='When it shall leave: "mardi 9h30" or 2026-11-24 09:30 (Europe/Paris).')
@click.option("--now", is_flag=True, help="Without the recall window.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--rehearse", is_flag=True, help="The full path into a local sink, with faults; nothing real leaves.")
@click.option(
    "--faults", type=click.FloatRange(0, 1), default=0.05, show_default=True, help="Share of faults in a rehearsal."
)
@click.option("--no-wait", is_flag=True, help="Do not wait for deferred recipients; `serve` or a later `send` goes on.")
@click.option("--json-progress", is_flag=True, help="Progress as JSON lines on stderr.")
@json_option
@pass_session
def send_(
    session: CommandRun,
    issue: str,
    at: str | None,
    now: bool,
    yes: bool,
    rehearse: bool,
    faults: float,
    no_wait: bool,
    json_progress: bool,
    as_json: bool,
) -> None:
    """Approve ISSUE if need be and deliver it; ends with the receipt. Run again, it resumes."""
    workspace = session.workspace
    if rehearse:
        _rehearse(workspace, issue, faults, as_json)
        return
    moment = schedule.parse_moment(at, schedule.clock(workspace)) if at else None
    mailing = _approved(session, issue, moment, now=now, yes=yes)
    if moment and mailing.status == "approved":
        _report(mailings.mailing_receipt(workspace, issue), as_json)
        click.echo(f"it leaves on {moment:%d/%m/%Y at %H:%M}; `newsletter serve` sends it", err=True)
        return
    _await_recall(workspace, mailing, now=now)
    if mailing.status == "approved":
        mailing = mailings.begin_mailing(workspace, mailing)
    receipt, troubles = _deliver(workspace, mailing, wait=not no_wait, as_json=as_json, lines=json_progress)
    _report(receipt, as_json)
    for trouble in troubles:
        click.echo(f"error: {trouble}. nothing is lost: `newsletter serve` goes on, or run this again", err=True)
    if receipt.status == "cancelled" and not receipt.sent:
        _tell_who_delivers(workspace, mailing)
    if receipt.status == "done" and not receipt.sent:
        click.echo(f"error: nobody was served ({issue}). see `newsletter mailings refused {issue}`", err=True)
    if receipt.status != "done" or not receipt.sent:
        raise SystemExit(1)


def _tell_who_delivers(workspace: Workspace, mailing: Mailing) -> None:
    """Say so when another approval took the place of this one before anything left."""
    other = mailings.current_mailing(workspace, mailing.issue)
    if other and other.id != mailing.id:
        click.echo(
            f"error: another command approved `{mailing.issue}` at the same moment, and its mailing is the one that "
            f"leaves ({other.status}). nothing left from here: see `newsletter mailings show {mailing.issue}`",
            err=True,
        )


def _approved(session: CommandRun, issue: str, moment: datetime | None, *, now: bool, yes: bool) -> Mailing:
    """Return the issue's live mailing, approving the issue when it has none."""
    workspace = session.workspace
    mailing = mailings.ready_mailing(workspace, issue, by=session.user, at=moment, now=now)
    if mailing.status == "approved":
        _ask(workspace, mailing, yes=yes)
    return mailing


def _ask(workspace: Workspace, mailing: Mailing, *, yes: bool) -> None:
    """Ask before anything real leaves; the outbox needs no question."""
    if yes or workspace.settings.sending.provider == "outbox":
        return
    receipt = mailings.mailing_receipt(workspace, mailing.issue)
    near = mailings.close_by(workspace, mailing)
    sentence = f"{mailing.subject}: {receipt.open} recipients through {workspace.settings.sending.provider}"
    if near:
        sentence += f"; `{near.issue}` of the same publication leaves within a day of it"
    if not sys.stdin.isatty():
        raise Refused(sentence, hint="add --yes to send it without a question")
    click.confirm(f"{sentence}. Send?", abort=True)


def _await_recall(workspace: Workspace, mailing: Mailing, *, now: bool) -> None:
    """Count down the recall window; `newsletter mailings cancel` in another terminal calls it back."""
    while mailing.status == "approved" and not now:
        left = mailings.due_in(workspace, mailing).total_seconds()
        current = mailings.current_mailing(workspace, mailing.issue)
        if left <= 0:
            return
        if current is None or current.id != mailing.id or current.status != "approved":
            raise Refused(f"`{mailing.issue}` was called back", hint="see `newsletter mailings show`")
        click.echo(
            f"\rleaves in {seconds(left)}; cancel: newsletter mailings cancel {mailing.issue}   ", nl=False, err=True
        )
        time.sleep(min(1.0, left))


def _deliver(
    workspace: Workspace, mailing: Mailing, *, wait: bool, as_json: bool, lines: bool
) -> tuple[Receipt, list[str]]:
    stop = threading.Event()
    with _stopping(stop), _progress(workspace, mailing, quiet=as_json, lines=lines) as progress:
        return deliver_mailing(workspace, mailing, progress=progress, wait=wait, stop=stop)


@contextmanager
def _stopping(stop: threading.Event) -> Iterator[None]:
    """Let Ctrl-C and SIGTERM finish what is handed over and give back the rest; a second one ends at once."""

    def handler(_number: int, _frame: object) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()
        click.echo("\nstopping: finishing what is in flight...", err=True)

    before = {number: signal.signal(number, handler) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)


@contextmanager
def _progress(workspace: Workspace, mailing: Mailing, *, quiet: bool, lines: bool) -> Iterator[DeliveryProgress]:
    receipt = mailings.mailing_receipt(workspace, mailing.issue)
    total, counts, lock, began = receipt.open, Counter[str](), threading.Lock(), time.monotonic()
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total}"),
        TextColumn("{task.fields[rate]:.0f}/s"),
        TextColumn("refused {task.fields[refused]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=console(),
        disable=quiet or lines or not console().is_terminal,
    )
    task = bar.add_task(mailing.issue, total=total, rate=0.0, refused=0)

    def advance(settled: Mapping[str, int]) -> None:
        with lock:
            counts.update(settled)
            done = sum(n for state, n in counts.items() if state not in ("queued", "deferred"))
            rate = done / max(time.monotonic() - began, 0.001)
            bar.update(task, completed=done, rate=rate, refused=counts["refused"])
            if lines:
                click.echo(json.dumps({"done": done, "total": total, "rate": round(rate, 1), **counts}), err=True)

    with bar:
        yield advance


def _report(receipt: Receipt, as_json: bool) -> None:
    if as_json:
        print_json(documents.receipt(receipt))
    else:
        print_receipt(receipt)


def _rehearse(workspace: Workspace, issue: str, faults: float, as_json: bool) -> None:
    from newsletter.actions.sending.rehearsals import rehearse_issue

    rehearsal = rehearse_issue(workspace, issue, faults)
    if as_json:
        print_json(
            {
                **documents.receipt(rehearsal.receipt),
                "bytes": rehearsal.bytes,
                "estimate": rehearsal.estimate,
                "faults": dict(rehearsal.faults),
            }
        )
        return
    print_receipt(rehearsal.receipt)
    for sentence in rehearsal.sentences():
        click.echo(f"  {sentence}")


COMMANDS = (send_,)
