"""The table of recurring work, and its two runners: a loop inside one process, and Procrastinate's queue on PostgreSQL.

Both go through the same guard, a row of the database per job: whoever runs a job, and from wherever, it is done once.
"""

from __future__ import annotations

from newsletter.jobs.loop import run_due as run_due
from newsletter.jobs.loop import run_loop as run_loop
from newsletter.jobs.loop import states as states
from newsletter.jobs.table import TABLE as TABLE
from newsletter.jobs.table import Work as Work
from newsletter.jobs.table import deliver as deliver
from newsletter.jobs.worker import work as work
from newsletter.store.engine.jobs import JobState as JobState
