"""Totals per link of a mailing: which address, in which section, how often; no person, no time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from newsletter.store.tables.core import mailings
from newsletter.store.tables.pages import link_counts


@dataclass(frozen=True, slots=True)
class Link:
    """A link of a letter: its number names it in the counted address; `n` is how often it was followed."""

    number: int
    section: str
    url: str
    n: int = 0


def save_links(connection: Connection, mailing_id: int, links: Sequence[Link]) -> None:
    """Keep the links of a mailing: the only addresses that will ever be redirected to."""
    if links:
        rows = [
            {"mailing_id": mailing_id, "number": one.number, "section": one.section, "url": one.url} for one in links
        ]
        connection.execute(link_counts.insert(), rows)


def find_link(connection: Connection, issue: str, number: int) -> tuple[int, str] | None:
    """Return (mailing, address) of a link of an issue, of its newest mailing that has it; None if there is none."""
    row = connection.execute(
        sa.select(link_counts.c.mailing_id, link_counts.c.url)
        .join_from(link_counts, mailings)
        .where(mailings.c.issue == issue, link_counts.c.number == number)
        .order_by(mailings.c.id.desc())
        .limit(1)
    ).first()
    return (row.mailing_id, row.url) if row else None


def add_follows(connection: Connection, mailing_id: int, number: int) -> None:
    """Count one visit."""
    here = (link_counts.c.mailing_id == mailing_id, link_counts.c.number == number)
    connection.execute(link_counts.update().where(*here).values(n=link_counts.c.n + 1))


def of_issue(connection: Connection, issue: str) -> list[Link]:
    """Return the links of an issue with their totals over its mailings, the most followed first."""
    total = sa.func.sum(link_counts.c.n)
    rows = connection.execute(
        sa.select(link_counts.c.number, link_counts.c.section, link_counts.c.url, total.label("n"))
        .join_from(link_counts, mailings)
        .where(mailings.c.issue == issue)
        .group_by(link_counts.c.number, link_counts.c.section, link_counts.c.url)
        .order_by(total.desc(), link_counts.c.number)
    )
    return [Link(row.number, row.section, row.url, int(row.n)) for row in rows]
