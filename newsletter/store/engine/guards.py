"""What the database itself refuses to do to the journal: change or remove what happened, who did it, or on what.

A text may only be emptied, as an erasure and the retention periods ask. The one way around is `lifted`, for the sample
and for what a broken-off copy has left.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.engine import Connection

_FIXED = ("id", "at", "kind", "user_id", "session", "subscriber_id", "organisation_id", "mailing_id", "publication")
_WORDS = "the journal is append-only"


def put_up(connection: Connection) -> None:
    """Make the guards."""
    if connection.dialect.name == "sqlite":
        kept = _condition("IS")
        for verb, when in (("UPDATE", f" WHEN NOT ({kept})"), ("DELETE", "")):
            connection.exec_driver_sql(
                f"CREATE TRIGGER events_no_{verb.lower()} BEFORE {verb} ON events{when} "
                f"BEGIN SELECT RAISE(ABORT, '{_WORDS}'); END"
            )
        return
    kept = _condition("IS NOT DISTINCT FROM")
    connection.exec_driver_sql(
        "CREATE OR REPLACE FUNCTION events_kept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF TG_OP = 'UPDATE' AND ({kept}) THEN RETURN NEW; END IF; RAISE EXCEPTION '{_WORDS}'; END $$"
    )
    connection.exec_driver_sql(
        "CREATE TRIGGER events_append_only BEFORE UPDATE OR DELETE ON events "
        "FOR EACH ROW EXECUTE FUNCTION events_kept()"
    )


def take_down(connection: Connection) -> None:
    """Remove the guards."""
    if connection.dialect.name == "sqlite":
        for verb in ("update", "delete"):
            connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS events_no_{verb}")
        return
    connection.exec_driver_sql("DROP TRIGGER IF EXISTS events_append_only ON events")
    connection.exec_driver_sql("DROP FUNCTION IF EXISTS events_kept()")


@contextmanager
def lifted(connection: Connection) -> Iterator[None]:
    """Do without the guards for a block of the caller's transaction; no other connection sees them missing."""
    take_down(connection)
    yield
    put_up(connection)


def _condition(same: str) -> str:
    """Return the SQL that is true for an update that only empties texts."""
    fixed = [f"NEW.{name} {same} OLD.{name}" for name in _FIXED]
    emptied = [f"(NEW.{name} {same} OLD.{name} OR NEW.{name} = '')" for name in ("actor", "detail")]
    return " AND ".join([*fixed, *emptied, f"(NEW.key IS NULL OR NEW.key {same} OLD.key)"])
