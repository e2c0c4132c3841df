"""A rule of six conditions over a very large audience, beside the SQL that a person would write for it, on SQLite.

`python -m bench.rules [PEOPLE]` prints the seconds of each (the median of five) and their ratio, for a count and for an
approval. Both must find the same people.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from statistics import median

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from newsletter.audience import formula
from newsletter.audience_parser import parse_rule
from newsletter.store.engine.database import Database, open_database
from newsletter.store.people import audiences
from newsletter.store.people.audience_sql import standing_now
from newsletter.store.people.entitlement import Rule
from newsletter.store.sending import candidates, mailings
from newsletter.store.sending.mailings import ALIKE, Frozen

TODAY, GRACE, ROUNDS = date(2026, 11, 24), 30, 5
RULE = (
    "member and level = departement, commune and region = Bretagne, Occitanie and role = elu "
    "and subscribed = lettre without group = presse"
)
PLACES = 2_000
_WHERE = """
    s.suppressed = '' AND s.role = 'elu' AND o.level IN ('departement', 'commune')
    AND o.region IN ('Bretagne', 'Occitanie')
    AND EXISTS (SELECT 1 FROM memberships m WHERE m.organisation_id = o.id AND m.joined <= '2026-11-24'
                AND (m.ended IS NULL OR m.ended >= '2026-10-25'))
    AND EXISTS (SELECT 1 FROM subscriptions u WHERE u.subscriber_id = s.id AND u.publication = 'lettre'
                AND u.state = 'active' AND u.to_at IS NULL)
    AND NOT EXISTS (SELECT 1 FROM group_spans g WHERE g.group_key = 'presse' AND g.subscriber_id = s.id
                    AND g.to_at IS NULL)
"""
BY_HAND = f"SELECT count(*) FROM subscribers s JOIN organisations o ON o.id = s.organisation_id WHERE {_WHERE}"
APPROVED_BY_HAND = f"""
    INSERT INTO deliveries (mailing_id, subscriber_id, organisation_id, variant, cap, reason, state, settled_at)
    SELECT :mailing, id, organisation_id, 0, '', CASE WHEN inside THEN '' ELSE 'not-in-audience' END,
           CASE WHEN inside THEN 'queued' ELSE 'excluded' END, CASE WHEN inside THEN NULL ELSE 0.0 END
    FROM (SELECT s.id, s.organisation_id, coalesce({_WHERE}, 0) AS inside
          FROM subscriptions p JOIN subscribers s ON s.id = p.subscriber_id
          LEFT JOIN organisations o ON o.id = s.organisation_id
          WHERE p.publication = 'lettre' AND p.state = 'active' AND p.to_at IS NULL)
"""


def fill(connection: Connection, people: int) -> None:
    """Make the audience: every tenth person of each role, level and region where they fall; all are subscribed."""
    run = connection.exec_driver_sql
    numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)"
    levels = "CASE i % 5 WHEN 0 THEN 'region' WHEN 1 THEN 'departement' WHEN 2 THEN 'commune' ELSE 'metropole' END"
    regions = "CASE i % 7 WHEN 0 THEN 'Bretagne' WHEN 1 THEN 'Occitanie' WHEN 2 THEN 'Normandie' ELSE 'Corse' END"
    run(
        f"{numbers % PLACES} INSERT INTO organisations (id, name, name_key, level, region, created_at) "
        f"SELECT i, 'Place ' || i, 'place ' || i, {levels}, {regions}, 0 FROM n"
    )
    run(
        f"{numbers % PLACES} INSERT INTO memberships (organisation_id, joined, ended) "
        "SELECT i, '2020-01-01', CASE WHEN i % 3 = 0 THEN '2024-12-31' END FROM n"
    )
    run(
        f"{numbers % people} "
        "INSERT INTO subscribers (id, uid, address, address_key, role, organisation_id, created_at) "
        "SELECT i, randomblob(16), 'p' || i || '@example.org', 'p' || i || '@example.org', "
        f"CASE i % 2 WHEN 0 THEN 'elu' ELSE 'technicien' END, CASE WHEN i % 4 THEN i % {PLACES} + 1 END, 0 FROM n"
    )
    run(
        f"{numbers % people} INSERT INTO subscriptions (subscriber_id, publication, state, basis, from_at) "
        "SELECT i, 'lettre', 'active', 'consent', 0 FROM n"
    )
    run("INSERT INTO person_groups (key, title, created_at) VALUES ('presse', 'Presse', 0)")
    run(
        f"{numbers % (people // 50)} INSERT INTO group_spans (group_key, subscriber_id, from_at) "
        "SELECT 'presse', i * 50, 0 FROM n"
    )
    run("ANALYZE")


def timed(work: Callable[[], int]) -> tuple[float, int]:
    """Return the median seconds of some rounds, and what the work found."""
    took, found = [], 0
    for _round in range(ROUNDS):
        began = time.perf_counter()
        found = work()
        took.append(time.perf_counter() - began)
    return median(took), found


def approved(database: Database, write: Callable[[Connection, int], object]) -> int:
    """Approve once, then take it back; returns the recipients."""
    with database.engine.connect() as connection:
        made = mailings.freeze(
            connection,
            issue="bench",
            subject="",
            content_hash="",
            rule=Rule("lettre", False, GRACE, audience=formula(parse_rule(RULE))),
            record={},
            frozen=[Frozen((), b"x")],
            approved_by="bench",
            now=0,
            not_before=0,
        )
        write(connection, made.id)
        n = connection.scalar(sa.text("SELECT count(*) FROM deliveries WHERE state = 'queued'"))
        connection.rollback()
        return int(n or 0)


def by_product(connection: Connection, number: int) -> None:
    """Write the candidates as an approval does, in one transaction."""
    mailing = mailings.get_mailing(connection, number)
    candidates.load_candidates(connection, number, "bench", mailing.rule, {}, ALIKE, TODAY, 0.0, after=0, slice_=None)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("people", type=int, nargs="?", default=1_000_000)
    people = parser.parse_args().people
    with tempfile.TemporaryDirectory() as directory:
        database = open_database(f"sqlite:///{Path(directory) / 'bench.db'}")
        with database.write() as connection:
            fill(connection, people)
        with database.read() as connection:
            rule, at = parse_rule(RULE), standing_now(TODAY, GRACE)
            hand = timed(lambda: int(connection.scalar(sa.text(BY_HAND)) or 0))
            made = timed(lambda: audiences.count_audience(connection, rule, at))
        assert hand[1] == made[1] > 0, (hand, made)
        print(
            f"count of {made[1]} of {people}: {made[0]:.3f} s, by hand {hand[0]:.3f} s, ratio {made[0] / hand[0]:.2f}"
        )
        hand = timed(lambda: approved(database, lambda c, n: c.execute(sa.text(APPROVED_BY_HAND), {"mailing": n})))
        made = timed(lambda: approved(database, by_product))
        assert hand[1] == made[1] > 0, (hand, made)
        print(f"approval: {made[0]:.3f} s, by hand {hand[0]:.3f} s, ratio {made[0] / hand[0]:.2f}")
        database.close()


if __name__ == "__main__":
    main()
