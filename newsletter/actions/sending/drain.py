"""Delivering one mailing: as many senders, each a thread, as connections, until nothing is due."""

from __future__ import annotations

import threading
import uuid

from newsletter.actions.sending.claims import owner, recover
from newsletter.actions.sending.dispatch import Dispatch
from newsletter.actions.sending.sender import Sender
from newsletter.rendering.message import Skeleton
from newsletter.store.sending import ledger, mailings


def drain(dispatch: Dispatch) -> None:
    """Deliver until nothing is due, the mailing is paused or cancelled, the day's quota is used or a stop is wished.

    What keeps the provider from taking more is noted in `dispatch.troubles`. Raises StoreError when the database has
    refused for as long as a lease: what is then known but not written is doubtful for the next sender.
    """
    recover(dispatch.database, dispatch.mailing.id)
    with dispatch.database.read() as connection:
        skeletons = {n: Skeleton.thaw(raw) for n, raw in mailings.skeletons(connection, dispatch.mailing.id).items()}
        capped = dispatch.provider.name == "smtp" and ledger.any_capped(connection, dispatch.mailing.id)
    failures: list[BaseException] = []
    me = owner()

    def work(number: int) -> None:
        try:
            Sender(dispatch, skeletons, f"{me}#{number}.{uuid.uuid4().hex[:8]}", capped=capped).run()
        except BaseException as error:  # noqa: BLE001 - a thread's fault, raised again in the caller's
            failures.append(error)
            dispatch.failed.set()

    threads = [threading.Thread(target=work, args=(n,), name=f"send-{n}") for n in range(dispatch.sending.connections)]
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
