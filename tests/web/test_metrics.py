"""`/metrics`: closed until a token is set, true, and without anything about a person."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from newsletter.actions.operations import metrics
from newsletter.actions.operations.start import init, load_people
from newsletter.actions.sending import mailings as sending_mailings
from newsletter.actions.sending.approval import approve_issue
from newsletter.actions.workspace import Workspace, open_workspace
from newsletter.store.engine import jobs
from newsletter.store.tables.core import mailings
from newsletter.web.app import make_app
from tests.web.conftest import BASE

TOKEN = "a long and random text for the monitor"
BEARER = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture(scope="module")
def workspace(tmp_path_factory, request) -> Iterator[Workspace]:
    """A workspace with forty subscribers and an approved mailing that has begun."""
    root = tmp_path_factory.mktemp("metrics")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NEWSLETTER_METRICS_TOKEN", TOKEN)
        init(root, sample=True)
        made = open_workspace(root)
    load_people(made, 40)
    sending_mailings.begin_mailing(made, approve_issue(made, "2026-11-lettre", by="test", now=True))
    yield made
    made.close()


@pytest.fixture
def client(workspace) -> Iterator[TestClient]:
    with TestClient(make_app(workspace), base_url=BASE) as made:
        yield made


def read(client: TestClient) -> dict[tuple[str, ...], float]:
    answer = client.get("/metrics", headers=BEARER)
    assert answer.status_code == 200
    families = text_string_to_metric_families(answer.text)
    return {(s.name, *s.labels.values()): s.value for family in families for s in family.samples}


def test_it_is_closed_until_a_token_is_set(standing) -> None:
    for headers in ({}, {"Authorization": "Bearer "}, BEARER):
        assert standing.client.get("/metrics", headers=headers).status_code == 404


@pytest.mark.parametrize(
    "given",
    ["", "Bearer", "Bearer ", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", f"Basic {TOKEN}", TOKEN, "Bearer \u00e9"],
)
def test_another_token_opens_nothing(client, given) -> None:
    answer = client.get("/metrics", headers={"Authorization": given.encode("latin-1")})
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert "newsletter_" not in answer.text


def test_it_counts_mailings_deliveries_subscribers_and_tells_the_age_of_the_queue(client, workspace) -> None:
    with workspace.database.write() as connection:
        connection.execute(mailings.update().values(started_at=time.time() - 90))
    found = read(client)
    assert found["newsletter_mailings", "lettre", "sending"] == 1
    assert found["newsletter_deliveries", "2026-11-lettre", "queued"] == 40
    assert found["newsletter_subscribers", "lettre"] == 40
    assert 90 <= found["newsletter_queue_age_seconds", "2026-11-lettre"] < 300
    assert found["newsletter_unanswered",] == 0
    assert found["process_resident_memory_bytes",] > 0


def test_it_tells_when_a_job_last_ran_and_that_it_failed(client, workspace) -> None:
    with workspace.database.write() as connection:
        for name, error in (("purge", ""), ("bounces", "no answer from <someone@example.org>")):
            jobs.take_job(connection, name, "x", now=1000, period=60, hold=600, ended=lambda _h: False)
            jobs.give_back_job(connection, name, "x", now=1000, next_at=1060, error=error)
    found = read(client)
    assert found["newsletter_job_last_run_timestamp_seconds", "purge"] == 1000
    assert (found["newsletter_job_failed", "purge"], found["newsletter_job_failed", "bounces"]) == (0, 1)


def test_no_person_and_no_address_stands_in_it(client, workspace) -> None:
    text = client.get("/metrics", headers=BEARER).text
    assert "@" not in text
    with workspace.database.read() as connection:
        people = connection.execute(sa.text("SELECT last_name FROM subscribers WHERE last_name <> ''")).scalars()
        assert not {name for name in people if re.search(rf"\b{re.escape(name)}\b", text)}


def test_what_the_database_does_not_answer_in_time_is_left_out_and_said(workspace, monkeypatch) -> None:
    monkeypatch.setattr("newsletter.store.sending.metrics._STEPS", 10)
    found = metrics.collect_metrics(workspace, seconds=0.0)
    assert "subscribers" in found.unanswered
    assert found.subscribers == {}
    assert metrics.collect_metrics(workspace).unanswered == ()


def test_on_postgresql_a_long_question_is_ended_too(postgres) -> None:
    from newsletter.errors import StoreError
    from newsletter.store.engine.database import open_database
    from newsletter.store.sending.metrics import within
    from tests.postgres import migrated_url

    database = open_database(migrated_url(postgres, "slow"))
    with pytest.raises(StoreError, match="statement timeout"), database.read() as connection, within(connection, 0.05):
        connection.execute(sa.text("SELECT pg_sleep(20)"))
    with database.read() as connection:
        assert connection.scalar(sa.text("SHOW statement_timeout")) == "0"
    database.close()
