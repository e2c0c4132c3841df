"""A very large audience made by PostgreSQL itself: invented people with subscriptions, history and journal."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from newsletter.actions.operations import start
from newsletter.actions.workspace import Workspace, open_workspace
from newsletter.store.engine import sequences
from newsletter.store.engine.database import Database
from tests import postgres

BLOCK = 500_000
OFFICES = 182
# A server of this size is given some memory; what it writes is as safe as anywhere.
SETTINGS = (
    "fsync=on",
    "shared_buffers=1GB",
    "work_mem=64MB",
    "maintenance_work_mem=256MB",
    "max_wal_size=8GB",
    "checkpoint_timeout=15min",
    "random_page_cost=1.1",
    "jit=off",
)

_PEOPLE = sa.text(f"""
INSERT INTO subscribers (id, uid, address, address_key, role, organisation_id, created_at)
SELECT g, decode(md5(g::text), 'hex'), a, a, (ARRAY['elu', 'technicien', 'partner', 'other'])[1 + g % 4],
       CASE WHEN g % 5 < 2 THEN 1 + g % {OFFICES} END, 1.6e9 + (g % 2000) * 86400.0
FROM (SELECT g, 'reader' || g || '@' || CASE WHEN g % 10 = 0 THEN 'orange.example' ELSE 'town' || g % 5000 || '.example'
      END AS a FROM generate_series(CAST(:low AS bigint), CAST(:high AS bigint)) g) made
""")
# One in fifty has left the lettre; contacts of an office have the Flash as well; a tenth came back once.
_SPANS = sa.text("""
INSERT INTO subscriptions (subscriber_id, publication, state, basis, role, organisation_id, from_at, to_at)
SELECT id, publication, state, 'consent', role, organisation_id, from_at, to_at FROM (
  SELECT id, 'lettre' AS publication, 'active' AS state, role, organisation_id, created_at AS from_at,
         CASE WHEN id % 50 = 0 THEN created_at + 4e7 END AS to_at FROM subscribers WHERE id BETWEEN :low AND :high
  UNION ALL SELECT id, 'lettre', 'left', role, organisation_id, created_at + 4e7, NULL
    FROM subscribers WHERE id BETWEEN :low AND :high AND id % 50 = 0
  UNION ALL SELECT id, 'lettre', 'active', role, organisation_id, created_at - 6e7, created_at - 3e7
    FROM subscribers WHERE id BETWEEN :low AND :high AND id % 10 = 1
  UNION ALL SELECT id, 'flash', 'active', role, organisation_id, created_at, NULL
    FROM subscribers WHERE id BETWEEN :low AND :high AND organisation_id IS NOT NULL
) made
""")
_JOURNAL = sa.text("""
INSERT INTO events (at, kind, subscriber_id, publication, actor, detail)
SELECT created_at, 'subscribed', id, 'lettre', 'bench', '{"by": "form"}'
FROM subscribers WHERE id BETWEEN :low AND :high
""")


def load(database: Database, people: int, say: Callable[[str], None] = lambda _t: None) -> None:
    """Fill an otherwise empty database that holds the sample's organisations."""
    for low in range(1, people + 1, BLOCK):
        span = {"low": low, "high": min(low + BLOCK - 1, people)}
        with database.write() as connection:
            for statement in (_PEOPLE, _SPANS, _JOURNAL):
                connection.execute(statement, span)
        say(f"{span['high']:,} people")
    with database.write() as connection:
        sequences.settle_sequences(connection)
    with database.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.exec_driver_sql("VACUUM ANALYZE")


@contextmanager
def stage(root: Path, people: int, say: Callable[[str], None] = lambda _t: None) -> Iterator[Workspace]:
    """Give a sample workspace in `root` on a PostgreSQL of its own, with `people` subscribers."""
    with postgres.cluster(*SETTINGS) as home:
        os.environ["NEWSLETTER_DATABASE__URL"] = postgres.url(home, "bench")
        start.init(root, sample=True)
        workspace = open_workspace(root)
        try:
            start.load_organisations(workspace, root / "data" / "organisations.csv")
            load(workspace.database, people, say)
            yield workspace
        finally:
            workspace.close()
            del os.environ["NEWSLETTER_DATABASE__URL"]
