"""Delivering a mailing that has begun: all of it in this process, or one share of it beside other workers."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict

from newsletter.actions.letters.editions import personal
from newsletter.actions.sending.claims import recover
from newsletter.actions.sending.departures import sweep_logs
from newsletter.actions.sending.dispatch import Dispatch
from newsletter.actions.sending.drain import drain
from newsletter.actions.workspace import Workspace
from newsletter.settings import Sending
from newsletter.store import journal
from newsletter.store.journal import Event
from newsletter.store.sending import candidates, mailings, taking_back
from newsletter.store.sending.ledger_counts import count_states, kept_back, open_count
from newsletter.store.sending.mailings import Mailing
from newsletter.store.sending.receipts import Receipt, count_receipt
from newsletter.store.tables.core import OPEN

DeliveryProgress = Callable[[Mapping[str, int]], None]


def deliver_mailing(
    workspace: Workspace,
    mailing: Mailing,
    *,
    progress: DeliveryProgress = lambda _c: None,
    wait: bool = False,
    stop: threading.Event | None = None,
) -> tuple[Receipt, list[str]]:
    """Deliver what is due of a mailing that has begun and return its receipt and what kept the provider from more.

    With `wait`, deferred recipients are awaited until their hour. Interrupted at any moment, it is simply called again.
    """
    stop = stop or threading.Event()
    dispatch = _dispatch(
        workspace, mailing, workspace.settings.sending, stop, progress=progress, wait_for_deferred=wait
    )
    while True:
        drain(dispatch)
        receipt = finish_mailing(workspace, mailing.id)
        if (
            receipt.status != "sending"
            or dispatch.troubles
            or stop.is_set()
            or not _held_by_others(workspace, mailing.id)
        ):
            return receipt, dispatch.troubles
        # Another process holds the rest: look again until it has settled, or its lease has run out.
        stop.wait(0.2)


def deliver_share(workspace: Workspace, mailing_id: int, *, stop: threading.Event, hurry: threading.Event) -> list[str]:
    """Deliver over one connection what is due of a mailing; return what kept the provider from more.

    What others hold is not waited for: whoever settles last marks the mailing as done. NoResultFound when there is no
    such mailing.
    """
    with workspace.database.read() as connection:
        mailing = mailings.get_mailing(connection, mailing_id)
    one = workspace.settings.sending.model_copy(update={"connections": 1})
    dispatch = _dispatch(workspace, mailing, one, stop, hurry=hurry)
    drain(dispatch)
    finish_mailing(workspace, mailing.id)
    return dispatch.troubles


def finish_mailing(workspace: Workspace, mailing_id: int) -> Receipt:
    """Mark a mailing as done when nothing is open, store its receipt and return it.

    What a cancelled one still holds is cancelled first, slice by slice (`candidates.SLICE`); broken off, it goes on.
    """
    _cancel_rest(workspace, mailing_id)
    with workspace.database.write() as connection:
        now = workspace.database.now(connection)
        if open_count(connection, mailing_id) == 0:
            if mailings.change_mailing(connection, mailing_id, "done", only=("sending",), ended_at=now):
                journal.record_event(connection, Event(now, "mailing-done", mailing_id=mailing_id))
            mailing = mailings.get_mailing(connection, mailing_id)
            receipt = count_receipt(connection, mailing, now)
            mailings.touch(connection, mailing_id, receipt=json.dumps(asdict(receipt), ensure_ascii=False))
            return receipt
    with workspace.database.read() as connection:  # others go on meanwhile: all figures of one moment
        return count_receipt(connection, mailings.get_mailing(connection, mailing_id), now)


def finish_cancelled(workspace: Workspace) -> None:
    """Finish the cancellations that were broken off."""
    with workspace.database.read() as connection:
        stopped = mailings.list_mailings(connection, status=("cancelled",))
        left = [mailing.id for mailing in stopped if any(kept_back(connection, mailing.id))]
    for mailing_id in left:
        finish_mailing(workspace, mailing_id)


def purge_departures(workspace: Workspace, *, dry_run: bool = False) -> int:
    """Delete the departure logs older than the settings keep them; return how many.

    A mailing that can still send keeps its own.
    """
    with workspace.database.read() as connection:
        now = workspace.database.now(connection)
        live = {mailing.uid for mailing in mailings.list_mailings(connection, status=mailings.LIVE)}
    before = now - workspace.settings.retention.departures_days * 86_400
    return sweep_logs(workspace.departures, live, before, dry_run=dry_run)


def _cancel_rest(workspace: Workspace, mailing_id: int) -> None:
    with workspace.database.read() as connection:
        if mailings.status(connection, mailing_id) != "cancelled":
            return
        first, last = kept_back(connection, mailing_id)
    for after in range(first, last, candidates.SLICE):
        with workspace.database.write() as connection:
            now = workspace.database.now(connection)
            taking_back.cancel_open(connection, mailing_id, now, after=after, up_to=after + candidates.SLICE)


def _dispatch(
    workspace: Workspace,
    mailing: Mailing,
    sending: Sending,
    stop: threading.Event,
    *,
    progress: DeliveryProgress = lambda _c: None,
    wait_for_deferred: bool = False,
    hurry: threading.Event | None = None,
) -> Dispatch:
    provider = workspace.provider()
    publication = workspace.settings.publication(mailing.publication)
    maker = personal(workspace, publication, mailing.issue, provider.wants, mailing.id)
    return Dispatch(
        workspace.database,
        mailing,
        provider,
        sending,
        maker,
        wait_for_deferred,
        stop,
        progress,
        hurry=hurry or stop,
        locale=workspace.settings.network.locale,
        logs=workspace.departures,
    )


def _held_by_others(workspace: Workspace, mailing_id: int) -> bool:
    """Tell whether others hold some of a mailing, or held it until now: what they lost is ours to deliver."""
    if any(recover(workspace.database, mailing_id, workspace.departures)):
        return True
    with workspace.database.read() as connection:
        tally = count_states(connection, mailing_id)
    # Nothing open at all: they have settled the last of it since we counted, so that it is to be counted once more.
    return bool(tally.get("claimed") or tally.get("handed")) or not any(tally.get(state) for state in OPEN)
