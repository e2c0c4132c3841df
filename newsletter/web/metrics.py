"""`/metrics` for Prometheus: closed until a token is set; numbers of states, no label names a person."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response
from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector

from newsletter import __version__
from newsletter.actions.operations import metrics
from newsletter.actions.operations.metrics import Metrics
from newsletter.errors import Refused
from newsletter.web.site import Site


class _Read(Collector):
    """The numbers read for one request, as Prometheus words them."""

    def __init__(self, found: Metrics) -> None:
        self.found = found

    def collect(self) -> Iterator[Metric]:
        """Yield the families, without those that could not be read."""
        found, missing = self.found, self.found.unanswered
        yield _gauge("build_info", "The version that answers.", {(__version__,): 1}, "version")
        yield _gauge("unanswered", "Questions that the database did not answer in time.", {(): len(missing)})
        if "mailings" not in missing:
            words = "Mailings by publication and status."
            yield _gauge("mailings", words, found.mailings, "publication", "status")
        if "deliveries" not in missing:
            words = "Deliveries of live mailings by issue and state."
            yield _gauge("deliveries", words, found.deliveries, "issue", "state")
        if "queue_ages" not in missing:
            words = "How long something has been due and not handed over, of mailings that are being sent."
            ages = {(issue,): age for issue, age in found.queue_ages.items()}
            yield _gauge("queue_age_seconds", words, ages, "issue")
        if "subscribers" not in missing:
            words = "People subscribed by publication."
            yield _gauge("subscribers", words, {(key,): n for key, n in found.subscribers.items()}, "publication")
        if "jobs" not in missing:
            ran = {(job.name,): job.last_at for job in found.jobs if job.last_at is not None}
            yield _gauge("job_last_run_timestamp_seconds", "When a recurring job last ended.", ran, "job")
            failing = {(job.name,): int(bool(job.last_error)) for job in found.jobs}
            yield _gauge("job_failed", "1 if the last run of a recurring job failed.", failing, "job")
            due = {(job.name,): job.next_at for job in found.jobs}
            yield _gauge("job_due_timestamp_seconds", "When a recurring job is to run next.", due, "job")


def _gauge(name: str, words: str, values: Mapping[Any, float], *labels: str) -> Metric:
    family = GaugeMetricFamily(f"newsletter_{name}", words, labels=labels)
    for key, value in sorted(values.items()):
        family.add_metric(list(key), value)
    return family


def router(site: Site) -> APIRouter:
    """Return the endpoint: 404 while no token is set, 401 without it."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/metrics")
    def read(request: Request) -> Response:
        try:
            metrics.prove(site.workspace, request.headers.get("authorization", ""))
        except Refused:
            raise HTTPException(401, headers={"WWW-Authenticate": "Bearer"}) from None
        registry = CollectorRegistry()
        registry.register(_Read(metrics.collect_metrics(site.workspace)))
        ProcessCollector(registry=registry)
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_PLAIN_0_0_4)

    return routes
