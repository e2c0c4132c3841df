"""What a monitor watches: mailings, deliveries, the queue, recurring jobs and subscribers, counted by state."""

from __future__ import annotations

import hmac
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from sqlalchemy.engine import Connection

from newsletter.actions.workspace import Workspace
from newsletter.errors import NotFound, Refused, StoreError
from newsletter.store.engine import jobs
from newsletter.store.engine.jobs import JobState
from newsletter.store.sending import metrics

SECONDS = 3.0  # for each query
_log = logging.getLogger(__name__)
_Answer = TypeVar("_Answer")


@dataclass(frozen=True, slots=True, kw_only=True)
class Metrics:
    """The counts at one moment; `unanswered` names the queries for which the database took too long or failed."""

    mailings: Mapping[tuple[str, str], int] = field(default_factory=dict)
    deliveries: Mapping[tuple[str, str], int] = field(default_factory=dict)
    queue_ages: Mapping[str, float] = field(default_factory=dict)
    subscribers: Mapping[str, int] = field(default_factory=dict)
    jobs: tuple[JobState, ...] = ()
    unanswered: tuple[str, ...] = ()


def prove(workspace: Workspace, authorization: str) -> None:
    """Check the header `Authorization: Bearer <NEWSLETTER_METRICS_TOKEN>`.

    NotFound while no token is set, Refused for another one.
    """
    token = workspace.settings.secret("metrics_token")
    if not token:
        raise NotFound("metrics are not enabled", hint="set NEWSLETTER_METRICS_TOKEN")
    scheme, _blank, given = authorization.partition(" ")
    if scheme.casefold() != "bearer" or not hmac.compare_digest(given.strip().encode(), token.encode()):
        raise Refused("wrong token", hint="give NEWSLETTER_METRICS_TOKEN as Bearer token")


def collect_metrics(workspace: Workspace, seconds: float = SECONDS) -> Metrics:
    """Count everything now, each query within `seconds`."""
    unanswered: list[str] = []

    def ask(name: str, question: Callable[[Connection, float], _Answer], otherwise: _Answer) -> _Answer:
        try:
            with workspace.database.read() as connection:
                now = workspace.database.now(connection)
                with metrics.within(connection, seconds):
                    return question(connection, now)
        except StoreError as error:
            # One slow count must not deprive the monitor of the others.
            _log.warning("the metric `%s` was not answered: %s", name, error.what)
            unanswered.append(name)
            return otherwise

    return Metrics(
        mailings=ask("mailings", lambda c, _now: metrics.mailings_by_status(c), {}),
        deliveries=ask("deliveries", lambda c, _now: metrics.deliveries_by_state(c), {}),
        queue_ages=ask("queue_ages", metrics.queue_ages, {}),
        subscribers=ask("subscribers", lambda c, _now: metrics.subscribers(c), {}),
        jobs=ask("jobs", lambda c, _now: tuple(jobs.list_job_states(c)), ()),
        unanswered=tuple(unanswered),
    )
