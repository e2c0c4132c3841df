"""Delivering one mailing: as many worker threads as connections, until nothing is due."""

from __future__ import annotations

import threading
import uuid

from newsletter.actions.job import Job
from newsletter.actions.owners import owner, recover
from newsletter.actions.worker import Worker
from newsletter.rendering.message import Skeleton
from newsletter.store import ledger, mailings


def drain(job: Job) -> None:
    """Deliver until nothing is due, the mailing is paused or cancelled, the day's quota is used or `job.stop` is set.

    What keeps the provider from taking more is noted in `job.troubles`. Raises StoreError when the database has refused
    for as long as a lease: what is then known but not written is doubtful for the next sender.
    """
    recover(job.database, job.mailing.id)
    with job.database.read() as connection:
        skeletons = {n: Skeleton.thaw(raw) for n, raw in mailings.skeletons(connection, job.mailing.id).items()}
        capped = job.provider.name == "smtp" and ledger.any_capped(connection, job.mailing.id)
    failures: list[BaseException] = []
    me = owner()

    def work(number: int) -> None:
        try:
            Worker(job, skeletons, f"{me}#{number}.{uuid.uuid4().hex[:8]}", capped=capped).run()
        except BaseException as error:  # noqa: BLE001 - a thread's fault, raised again in the caller's
            failures.append(error)
            job.failed.set()

    threads = [threading.Thread(target=work, args=(n,), name=f"send-{n}") for n in range(job.sending.connections)]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    except BaseException:
        job.failed.set()
        for thread in threads:
            if thread.ident:
                thread.join()
        raise
    if failures:
        raise failures[0]
