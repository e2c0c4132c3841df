"""Alembic's entry: runs on the engine that `run.upgrade` hands over."""

from __future__ import annotations

from alembic import context

from newsletter.store.tables.schema import metadata

engine = context.config.attributes["engine"]
with engine.connect() as connection:
    # A lock around the whole upgrade: two processes that start together must not both create the tables.
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SELECT pg_advisory_lock(7267267)")
        connection.commit()
    else:
        connection.info["immediate"] = True
    context.configure(
        connection=connection, target_metadata=metadata, render_as_batch=True, transaction_per_migration=False
    )
    with context.begin_transaction():
        context.run_migrations()
    connection.info.pop("immediate", None)
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SELECT pg_advisory_unlock(7267267)")
        connection.commit()
