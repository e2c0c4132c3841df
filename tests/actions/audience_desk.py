"""A workspace for the tests of the audience: a clock set by hand, files from text, the whole state as a value."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from newsletter.actions.imports import subscribers as subscriber_imports
from newsletter.actions.operations import start
from newsletter.actions.workspace import Workspace
from newsletter.exchange.plan import ImportRow
from newsletter.settings_file import load_settings
from newsletter.store.people import organisations
from newsletter.store.people.organisations import Organisation, Period
from newsletter.store.tables.core import organisations as places
from newsletter.store.tables.core import subscribers, subscriptions
from newsletter.store.tables.imports import reviews

NOW = 1_795_500_000.0  # 24 November 2026
DAY = 86_400.0


class Clock:
    """Time that passes only when told to."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


@contextmanager
def desk(root: Path, url: str) -> Iterator[Workspace]:
    """Open a fresh workspace in `root` with the database at `url` and two member organisations and one former one."""
    start.init(root)
    environ = {"NEWSLETTER_DATABASE__URL": url, "NEWSLETTER_MEMBERS__GRACE_DAYS": "0"}
    workspace = Workspace(load_settings(root, environ), Clock())
    try:
        with workspace.database.write() as c:
            for name, level, ended in (
                ("Ville de Lille", "commune", None),
                ("Région Bretagne", "region", None),
                ("Ville de Foix", "commune", "2026-10-31"),
            ):
                periods = (Period("2020-01-01", ended),)
                organisations.add_organisation(c, Organisation(name=name, level=level, periods=periods), now=NOW)
        yield workspace
    finally:
        workspace.close()


@contextmanager
def again(made: Path, root: Path) -> Iterator[Workspace]:
    """Open a copy of the SQLite workspace in `made`: an example costs a copy, not a migration."""
    shutil.copytree(made, root)
    workspace = Workspace(load_settings(root, {"NEWSLETTER_DATABASE__URL": "sqlite:///test.db"}), Clock())
    try:
        yield workspace
    finally:
        workspace.close()


def bring(workspace: Workspace, text: str | bytes, publication: str = "lettre", name: str = "people.csv", **more):
    """Import a file with this text; returns its outcomes and its number."""
    path = workspace.root / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    rows: list[ImportRow] = []
    source = subscriber_imports.open_source(path)
    plan, number = subscriber_imports.import_subscribers(
        workspace, source, publication, by="anna", each=rows.append, **more
    )
    assert plan.rows == len(rows)
    return rows, number


def actions(rows) -> list[str]:
    return [row.action for row in rows]


def state(workspace: Workspace) -> set[tuple]:
    """Return all that imports decide, without the times and numbers that differ from run to run."""
    details = ("address_key", "first_name", "last_name", "function", "role", "phone", "suppressed")
    with workspace.database.read() as c:
        people = c.execute(
            sa.select(
                *(subscribers.c[n] for n in details),
                places.c.name,
                subscriptions.c.publication,
                subscriptions.c.state,
                subscriptions.c.basis,
            )
            .outerjoin_from(subscribers, places, places.c.id == subscribers.c.organisation_id)
            .outerjoin(
                subscriptions,
                sa.and_(subscriptions.c.subscriber_id == subscribers.c.id, subscriptions.c.to_at.is_(None)),
            )
        )
        asked = c.execute(
            sa.select(reviews.c.kind, reviews.c.subject, subscribers.c.address_key)
            .outerjoin_from(reviews, subscribers, subscribers.c.id == reviews.c.subscriber_id)
            .where(reviews.c.done_at.is_(None))
        )
        return {("person", *row) for row in people} | {("review", *row) for row in asked}
