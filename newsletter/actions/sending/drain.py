"""Delivering one mailing: as many senders, each a thread, as connections, until nothing is due."""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Sequence

from newsletter.actions.sending.claims import owner, recover
from newsletter.actions.sending.departures import DepartureLog, Heading, Trail
from newsletter.actions.sending.dispatch import Dispatch
from newsletter.actions.sending.going_back import pause_gone_back
from newsletter.actions.sending.sender import Sender
from newsletter.errors import StoreError
from newsletter.rendering.message import Skeleton
from newsletter.store.sending import corrections, mailings
from newsletter.store.sending.ledger_counts import any_capped

_log = logging.getLogger(__name__)


def drain(dispatch: Dispatch) -> None:
    """Deliver until nothing is due, the mailing is paused or cancelled, the day's quota is used or a stop is wished.

    What keeps the provider from taking more is noted in `dispatch.troubles`. Raises StoreError when the database has
    refused for as long as a lease: what is then known but not written is doubtful for the next sender.
    """
    recover(dispatch.database, dispatch.mailing.id, dispatch.logs)
    if dispatch.logs and dispatch.provider.name != "outbox":  # nothing leaves into the outbox
        pause_gone_back(dispatch.database, dispatch.mailing, dispatch.logs, dispatch.locale)
    with dispatch.database.read() as connection:
        skeletons = {n: Skeleton.thaw(raw) for n, raw in mailings.skeletons(connection, dispatch.mailing.id).items()}
        capped = dispatch.provider.name == "smtp" and any_capped(connection, dispatch.mailing.id)
        dispatch.suspicion.served |= corrections.any_sent(connection, dispatch.mailing.id)
    me = owner()
    log = _departure_log(dispatch, me)
    try:
        _run(
            dispatch,
            [
                Sender(dispatch, skeletons, f"{me}#{n}.{uuid.uuid4().hex[:8]}", Trail(log), capped=capped)
                for n in range(dispatch.sending.connections)
            ],
        )
    finally:
        if log:
            log.close()
        _reopen_suspected(dispatch)


def _departure_log(dispatch: Dispatch, me: str) -> DepartureLog | None:
    """Open the log of this process; without one, a crash makes a whole group doubtful, and nothing else is lost."""
    if not dispatch.logs:
        return None
    log = DepartureLog(dispatch.logs, Heading(dispatch.mailing.uid, dispatch.mailing.issue), me)
    try:
        log.open()
    except StoreError as error:
        _log.warning("%s; after a crash more messages will be doubtful", error)
        return None
    return log


def _reopen_suspected(dispatch: Dispatch) -> None:
    """Try again whom another connection had refused before the answer turned out to be about us."""
    if dispatch.suspicion.again:
        with dispatch.database.write() as connection:
            now = dispatch.database.now(connection)
            corrections.reopen(connection, dispatch.mailing.id, dispatch.suspicion.again, now)


def _run(dispatch: Dispatch, senders: Sequence[Sender]) -> None:
    """Run each sender in a thread of its own and wait for all; the first failure is raised again."""
    failures: list[BaseException] = []

    def work(sender: Sender) -> None:
        try:
            sender.run()
        except BaseException as error:  # noqa: BLE001 - a thread's fault, raised again in the caller's
            failures.append(error)
            dispatch.failed.set()

    threads = [threading.Thread(target=work, args=(sender,), name=f"send-{n}") for n, sender in enumerate(senders)]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    except BaseException:
        dispatch.failed.set()
        for thread in threads:
            if thread.ident:
                thread.join()
        raise
    if failures:
        raise failures[0]
