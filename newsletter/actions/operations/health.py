"""The state of the service, for a monitor."""

from __future__ import annotations

from dataclasses import dataclass

from newsletter.actions.workspace import Workspace
from newsletter.errors import StoreError
from newsletter.store.engine import jobs

GRACE = 3600.0


@dataclass(frozen=True, slots=True)
class Health:
    """Whether the database answers (`ok`, or why not), and which recurring jobs are more than an hour late."""

    database: str
    late_jobs: tuple[str, ...] = ()

    @property
    def well(self) -> bool:
        """Whether all is well."""
        return self.database == "ok" and not self.late_jobs


def check_health(workspace: Workspace) -> Health:
    """Check the service; a database that does not answer is a finding, not an error."""
    try:
        with workspace.database.read() as connection:
            now = workspace.database.now(connection)
            # A job that is running is not late, however long it waited: this is so for every job's first run.
            waiting = (job for job in jobs.list_job_states(connection) if job.held_until <= now)
            return Health("ok", tuple(job.name for job in waiting if job.next_at < now - GRACE))
    except StoreError as error:
        return Health(error.what)
