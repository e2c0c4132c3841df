"""The state of the service, for a monitor."""

from __future__ import annotations

from dataclasses import dataclass

from newsletter.actions.workspace import Workspace
from newsletter.errors import StoreError
from newsletter.store import jobs

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


def check(workspace: Workspace) -> Health:
    """Look at the service; a database that does not answer is a finding, no error."""
    try:
        with workspace.database.read() as connection:
            late = workspace.database.now(connection) - GRACE
            return Health("ok", tuple(job.name for job in jobs.listing(connection) if job.next_at < late))
    except StoreError as error:
        return Health(error.what)
