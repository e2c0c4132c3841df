"""A whole database into another one, SQLite or PostgreSQL: row by row, restartable, compared at the end.

Tables go in the order of their foreign keys, rows in the order of their primary keys: so the rows already copied tell
where to continue. Until the copy is finished and compared, its target has a version that no command opens.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import zip_longest
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

from newsletter.errors import Refused, StoreError
from newsletter.store.engine import bulk, sequences
from newsletter.store.engine.database import HEAD, UNFINISHED, Database
from newsletter.store.tables.schema import metadata

ROWS = 5_000
ROWS_OF_FILES = 20  # of tables that hold whole files: memory stays flat
_ENGINES_OWN = "procrastinate"  # the queue's tables hold nothing that the next beat does not recreate

Row = tuple[Any, ...]
Progress = Callable[[str, str, int, int], None]
"""Called with the step (`copy` or `compare`), the table, its rows in all and its rows done."""


@dataclass(frozen=True, slots=True)
class Copied:
    """The result of a copy: rows by table, and the SHA-256 of each table's rows in the order of their keys."""

    rows: Mapping[str, int]
    digests: Mapping[str, str]


def fill(
    reading: Connection,
    source: str,
    target: Database,
    *,
    anew: bool = False,
    replace_nul: bool = False,
    progress: Progress = lambda *_: None,
) -> Copied:
    """Copy everything that `reading` sees into `target`, compare it, and only then make `target` usable.

    `source` names what is copied: a call with the same name continues an interrupted copy. `anew` throws away
    what an interrupted copy has left; `replace_nul` writes U+FFFD for a NUL character in a text. Raises Refused when
    `target` holds anything else, StoreError for a row that it cannot hold or that differs in the end.
    """
    mark = UNFINISHED + hashlib.sha256(f"{HEAD} {source}".encode()).hexdigest()[:24]
    _prepare(target, mark, anew=anew)
    sizes = {
        t.name: int(reading.scalar(sa.select(sa.func.count()).select_from(t)) or 0) for t in metadata.sorted_tables
    }
    for table in metadata.sorted_tables:
        _table(reading, target, table, replace_nul, partial(progress, "copy", table.name, sizes[table.name]))
    digests = {}
    with target.read() as copy:
        for table in metadata.sorted_tables:
            digest = hashlib.sha256()
            _compare(
                reading, copy, table, digest, replace_nul, partial(progress, "compare", table.name, sizes[table.name])
            )
            digests[table.name] = digest.hexdigest()
    with target.write() as connection:
        sequences.settle_sequences(connection)
        _write_version(connection, HEAD)
    if not target.sqlite:
        with target.write() as connection:
            connection.exec_driver_sql("ANALYZE")  # the first plans would be made for empty tables
    return Copied(sizes, digests)


def _prepare(target: Database, mark: str, *, anew: bool) -> None:
    where = target.engine.url.render_as_string(hide_password=True)
    ours = set(metadata.tables)
    with target.read() as connection:
        names = set(sa.inspect(connection).get_table_names())
    others = sorted(n for n in names - ours - {"alembic_version"} if not n.startswith(_ENGINES_OWN))
    if others:
        raise Refused(f"the target holds other tables: {', '.join(others[:3])}", where=where, hint="name an empty one")
    version = target.version()
    if version.startswith(UNFINISHED) and anew:
        clear(target)
        version, names = "", set()
    if version == mark:
        return
    if version.startswith(UNFINISHED):
        hint = "repeat the command that began it, or add --anew to throw it away"
        raise Refused("the target holds another copy that was not finished", where=where, hint=hint)
    if not version and names & ours:
        raise Refused("the target has newsletter tables without a version", where=where, hint="name an empty database")
    target.migrate()
    with target.write() as connection:
        for table in metadata.sorted_tables:
            if connection.scalar(sa.select(sa.exists(sa.select(sa.literal(1)).select_from(table)))):
                raise Refused(
                    f"the target is not empty: `{table.name}` holds rows", where=where, hint="name an empty database"
                )
        _write_version(connection, mark)


def clear(database: Database) -> None:
    """Drop every table of the newsletter, with its rows."""
    with database.write() as connection:
        metadata.drop_all(connection)
        connection.exec_driver_sql("DROP TABLE IF EXISTS alembic_version")


def _write_version(connection: Connection, version: str) -> None:
    connection.execute(sa.text("UPDATE alembic_version SET version_num = :v"), {"v": version})


def _table(
    reading: Connection, target: Database, table: sa.Table, replace_nul: bool, progress: Callable[[int], None]
) -> None:
    columns = [column.name for column in table.c]
    with target.read() as connection:
        done = int(connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0)
        last = connection.execute(
            sa.select(*table.primary_key).order_by(*(key.desc() for key in _order(connection, table))).limit(1)
        ).first()
    query = _rows(reading, table)
    if last:
        query = query.where(sa.tuple_(*_order(reading, table)) > tuple(last))
    progress(done)
    for rows in _stream(reading, table, query, replace_nul):
        try:
            with target.write() as writing:
                bulk.insert(writing, table, columns, rows)
        except (DBAPIError, StoreError, OverflowError) as error:
            raise _culprit(target, table, columns, rows, error) from error
        except Exception as error:
            if type(error).__module__.partition(".")[0] != "psycopg":  # COPY needs the driver itself
                raise
            raise _culprit(target, table, columns, rows, error) from error
        done += len(rows)
        progress(done)


def _compare(
    reading: Connection,
    copy: Connection,
    table: sa.Table,
    digest: Any,
    replace_nul: bool,
    progress: Callable[[int], None],
) -> None:
    done = 0
    sides = (_stream(side, table, _rows(side, table), replace_nul) for side in (reading, copy))
    for mine, theirs in zip_longest(*sides, fillvalue=list[Row]()):
        if mine != theirs:
            differing = next((a, b) for a, b in zip_longest(mine, theirs) if a != b)
            raise StoreError(
                f"the copy differs from its source in `{table.name}`: {_difference(table, *differing)}",
                where=f"{table.name}, {_key(table, differing[0] or differing[1])}",
                hint="the source has changed since the copy began: run the same command with --anew",
            )
        digest.update(repr(mine).encode("utf-8", "surrogatepass"))
        done += len(mine)
        progress(done)


def _rows(connection: Connection, table: sa.Table) -> sa.Select[Any]:
    return sa.select(table).order_by(*_order(connection, table))


def _order(connection: Connection, table: sa.Table) -> list[sa.ColumnElement[Any]]:
    """Return the primary key so that both databases sort it alike: texts by their bytes."""
    c_collation = connection.dialect.name == "postgresql"
    return [
        key.collate("C") if c_collation and isinstance(key.type, sa.Text) else key for key in table.primary_key.columns
    ]


def _stream(connection: Connection, table: sa.Table, query: sa.Select[Any], replace_nul: bool) -> Iterator[list[Row]]:
    files = any(isinstance(column.type, sa.LargeBinary) and not column.type.length for column in table.c)
    result = connection.execute(query, execution_options={"yield_per": ROWS_OF_FILES if files else ROWS})
    for rows in result.partitions():
        yield [tuple(map(_without_nul, row)) if replace_nul else tuple(row) for row in rows]


def _without_nul(value: Any) -> Any:
    return value.replace("\0", "\ufffd") if isinstance(value, str) else value


def _key(table: sa.Table, row: Row) -> str:
    names = [column.name for column in table.c]
    return ", ".join(f"{key.name} {row[names.index(key.name)]!r}" for key in table.primary_key.columns)


def _difference(table: sa.Table, mine: Row | None, theirs: Row | None) -> str:
    if mine is None:
        return "it has an extra row"
    if theirs is None or _key(table, mine) != _key(table, theirs):
        return "a row is missing or has another key"
    names = [c.name for c, a, b in zip(table.c, mine, theirs, strict=True) if a != b]
    return f"not the same {', '.join(names)}"


def _culprit(
    target: Database, table: sa.Table, columns: Sequence[str], rows: Sequence[Row], error: Exception
) -> Exception:
    """Return the error that names the first row of a group that the target does not take."""
    for row in rows:
        nul = next((n for n, v in zip(columns, row, strict=True) if isinstance(v, str) and "\0" in v), "")
        if nul and not target.sqlite:
            return StoreError(
                f"`{nul}` holds a NUL character, which PostgreSQL cannot store",
                where=f"{table.name}, {_key(table, row)}",
                hint="add --replace-nul to write U+FFFD instead, or correct that row",
            )
    for row in rows:
        try:
            with target.write() as connection:
                attempt = connection.begin_nested()
                bulk.insert(connection, table, columns, [row])
                attempt.rollback()
        except Exception as one:  # noqa: BLE001 - whatever the driver raises for this row is what is reported
            words = str(getattr(one, "orig", None) or one).strip().splitlines()[0]
            return StoreError(
                f"the target does not take a row: {words}",
                where=f"{table.name}, {_key(table, row)}",
                hint="correct the row in the source and repeat the command",
            )
    return error if isinstance(error, StoreError) else StoreError(f"`{table.name}` cannot be written: {error}")
