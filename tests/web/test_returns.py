"""`/hooks/{provider}`: closed, forged, replayed, oversized or foreign calls have no effect and tell nothing."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient
from pydantic import SecretStr

from newsletter.actions.workspace import Workspace
from newsletter.store.tables.imports import webhook_calls
from newsletter.web.app import make_app
from tests.actions.returned_mail import CALL_BACK, HOOK, world
from tests.web.apps import application


@pytest.fixture
def lille(tmp_path):
    made = world(f"sqlite:///{tmp_path}/test.db")
    yield made
    made.workspace.close()


@pytest.fixture
def client(lille):
    with application(lille.workspace) as app, TestClient(app, raise_server_exceptions=False) as made:
        yield made


def event(lille, person, kind="hard_bounce", **more):
    return {
        "event": kind,
        "email": person.address,
        "ts_epoch": 1795341600123,
        "message-id": "<1@relay>",
        "X-Mailin-custom": lille.message_id(person),
        "reason": "550 5.1.1 unknown",
        **more,
    }


def post(client, document, provider="brevo", secret=HOOK, **options):
    content = document if isinstance(document, bytes) else json.dumps(document).encode()
    headers = {"authorization": f"Bearer {secret}"} if secret else {}
    return client.post(f"/hooks/{provider}", content=content, headers=headers, **options)


def calls(lille):
    return lille.read(sa.select(webhook_calls).order_by(webhook_calls.c.at))


def test_a_proven_call_acts_and_is_kept_as_it_came(lille, client):
    body = json.dumps(event(lille, lille.people[0])).encode()
    answer = post(client, body)
    assert (answer.status_code, answer.json()) == (200, {"received": 1, "effects": 1})
    assert lille.standing(lille.people[0])[0] == "bounced"
    (kept,) = calls(lille)
    assert (kept.provider, bytes(kept.body), kept.effects) == ("brevo", body, 1)


@pytest.mark.parametrize("provider", [*CALL_BACK, "smtp", "outbox", "x", "%2e%2e"])
def test_every_endpoint_is_closed_until_its_secret_is_set(lille, provider):
    secrets = {"secret": lille.workspace.settings.secrets["secret"], f"{provider}_webhook_secret": SecretStr("")}
    workspace = Workspace(lille.workspace.settings.model_copy(update={"secrets": secrets}))
    with TestClient(make_app(workspace)) as client:
        assert post(client, {}, provider).status_code == 404
        assert post(client, {}, provider, secret="").status_code == 404


@pytest.mark.parametrize("secret", ["", "wrong", HOOK[:-1], HOOK + "x", HOOK.upper()])
def test_a_forged_call_is_refused_and_not_kept(lille, client, secret):
    before = lille.everything()
    assert post(client, event(lille, lille.people[0]), secret=secret).status_code == 403
    assert lille.everything() == before and calls(lille) == []


def test_a_replayed_call_is_answered_and_has_no_effect(lille, client):
    body = event(lille, lille.people[0])
    post(client, body)
    before = lille.everything()
    assert post(client, body).json()["effects"] == 0
    assert lille.everything() == before and len(calls(lille)) == 1


def test_the_same_event_in_another_body_has_no_effect(lille, client):
    post(client, event(lille, lille.people[0]))
    before = lille.everything()
    assert post(client, [event(lille, lille.people[0], subject="again")]).json() == {"received": 1, "effects": 0}
    assert lille.everything() == before


def test_events_on_other_peoples_messages_are_kept_without_effect(lille, client):
    first, second = lille.people[:2]
    strange = [
        event(lille, first) | {"email": second.address},
        event(lille, first) | {"email": "inconnu@example.net"},
        event(lille, first) | {"X-Mailin-custom": "<7@elsewhere.example>"},
        event(lille, first) | {"X-Mailin-custom": None, "message-id": None},
    ]
    before = lille.everything()
    assert post(client, strange).json() == {"received": 4, "effects": 0}
    assert lille.everything() == before and calls(lille)[0].effects == 0


@pytest.mark.parametrize("announced", [True, False])
def test_a_body_of_ten_megabytes_is_refused_while_it_arrives(lille, client, announced):
    content = b" " * 10_000_000 if announced else (b" " * 100_000 for _ in range(100))
    answer = client.post("/hooks/brevo", content=content, headers={"authorization": f"Bearer {HOOK}"})
    assert answer.status_code == 413 and calls(lille) == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe",
        b"null",
        b"[1]",
        b"{",
        b"[" * 400_000,
        b'{"a":' * 50_000,
        json.dumps([{"event": "x"}] * 10_000).encode(),
    ],
)
def test_a_proven_body_that_cannot_be_read_is_refused(lille, client, body):
    before = lille.everything()
    assert post(client, body).status_code == 400
    assert lille.everything() == before and calls(lille) == []


def test_ten_thousand_good_events_in_one_array_have_no_effect(lille, client):
    many = [
        {"event": "hard_bounce", "email": lille.people[0].address, "X-Mailin-custom": "<a@b>", "ts_epoch": n}
        for n in range(10_000)
    ]
    before = lille.everything()
    assert post(client, many).status_code in (400, 413)
    assert lille.everything() == before


def test_only_a_post_is_heard(client):
    assert client.get("/hooks/brevo").status_code == 405


def test_a_call_whose_effect_cannot_be_stored_may_be_tried_again(lille, client):
    lock = lille.workspace.database
    with lock.write() as c:
        c.execute(sa.text("CREATE TRIGGER broken BEFORE INSERT ON events BEGIN SELECT RAISE(ABORT, 'no'); END"))
    assert post(client, event(lille, lille.people[0])).status_code == 500
    assert calls(lille) == []
    with lock.write() as c:
        c.execute(sa.text("DROP TRIGGER broken"))
    assert post(client, event(lille, lille.people[0])).json()["effects"] == 1


def test_nothing_personal_goes_to_the_log(lille, client, caplog):
    caplog.set_level(logging.DEBUG)
    person = lille.people[0]
    post(client, event(lille, person), secret="wrong")
    post(client, b'{"email": "' + person.address.encode())
    with lille.workspace.database.write() as c:
        c.execute(sa.text("CREATE TRIGGER broken BEFORE INSERT ON events BEGIN SELECT RAISE(ABORT, 'no'); END"))
    post(client, event(lille, person))
    assert "/hooks/brevo" in caplog.text
    assert person.address not in caplog.text and HOOK not in caplog.text


# --- Mailgun: the signature covers a token, not the body ---------------------------------------------------------


def mailgun(lille, person, event, token):
    stamp = str(int(datetime.now(UTC).timestamp()))
    signature = hmac.new(HOOK.encode(), (stamp + token).encode(), hashlib.sha256).hexdigest()
    data = {
        "event": event,
        "recipient": person.address,
        "severity": "permanent",
        "timestamp": 1795341600.5,
        "message": {"headers": {"message-id": lille.message_id(person).strip("<>")}},
    }
    return {"signature": {"timestamp": stamp, "token": token, "signature": signature}, "event-data": data}


@pytest.mark.parametrize("heard", ["delivered", "opened", "complained"])
def test_a_captured_signature_opens_nothing_for_another_content(lille, client, heard):
    first, second = lille.people[:2]
    assert post(client, mailgun(lille, first, heard, "0a" * 25), "mailgun", "").status_code == 200
    before = lille.everything()
    assert post(client, mailgun(lille, second, "failed", "0a" * 25), "mailgun", "").json()["effects"] == 0
    assert lille.everything() == before
    assert post(client, mailgun(lille, second, "failed", "0b" * 25), "mailgun", "").json()["effects"] == 1


@pytest.mark.parametrize("provider", ["mailjet", "postmark", "scaleway"])
def test_the_secret_is_taken_as_a_basic_password_and_as_a_token(client, provider):
    basic = base64.b64encode(f"lettre:{HOOK}".encode()).decode()
    proven = client.post(f"/hooks/{provider}", content=b"[]", headers={"authorization": f"Basic {basic}"})
    assert proven.status_code == 200
    assert client.post(f"/hooks/{provider}?token={HOOK}", content=b"[]").status_code == 200
    assert client.post(f"/hooks/{provider}?token=wrong", content=b"[ ]").status_code == 403
