"""Through each provider: a letter leaves by its API, its events come to the hook, and each person's history follows."""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient

from newsletter.actions.returns.failing import failing_addresses
from newsletter.actions.sending import mailings
from newsletter.actions.sending.approval import approve_issue
from newsletter.actions.sending.deliveries import deliver_mailing
from newsletter.actions.workspace import Workspace
from newsletter.settings_file import load_settings
from newsletter.store import journal
from newsletter.store.people import people
from newsletter.store.reports import counts
from newsletter.store.tables.core import deliveries
from newsletter.web.app import make_app
from tests.conftest import ROOT
from tests.providers import fake_api
from tests.providers.api_people import OPTIONS, SECRETS
from tests.providers.fake_api import Fake, Received, serving
from tests.providers.test_webhooks import signed
from tests.workspaces import copy_sample

DATA = ROOT / "tests" / "data" / "webhooks"
HOOK = "un-secret-long-et-tire-au-hasard"
ISSUE = "2026-11-lettre"
# What the recorded payloads say of a letter, to be replaced by a real one's.
SAMPLE_ADDRESS, SAMPLE_NAME = "abonne7@ville7.fr", "00000000000000000000000000000007@lettre.example.org"

# Under which name each provider was given the letter, and which recorded payload says what.
NAMES: dict[str, Callable[[Received], str]] = {
    "brevo": lambda letter: letter.headers["X-Mailin-custom"],
    "mailjet": lambda letter: letter.raw["CustomID"],
    "scaleway": lambda letter: letter.headers["X-Letter-Reference"],
    "mailgun": lambda letter: letter.headers["Message-ID"],
    "postmark": lambda letter: letter.raw["Metadata"]["message"],
}
EVENTS = {
    "brevo": ("delivered", "hard_bounce", "soft_bounce", "spam", "unsubscribed"),
    "mailjet": ("sent", "bounce_hard", "bounce_soft", "spam", "unsub"),
    "scaleway": ("email_delivered", "email_dropped", "email_deferred", "email_spam", None),
    "mailgun": ("delivered", "failed_permanent", "failed_temporary", "complained", "unsubscribed"),
    "postmark": ("delivery", "bounce_hard", "bounce_soft", "spam_complaint", "suppressed_by_reader"),
}
# Some tell of a soft bounce as of a delay only, and Scaleway knows no way to leave.
KINDS = ("delivered", "hard", "soft", "complaint", "unsubscribe")
ONLY_DELAYED = ("scaleway", "mailgun")
STANDING = {
    "delivered": ("", "active", "delivered"),
    "hard": ("bounced", "bounced", "hard"),
    "soft": ("", "active", "soft"),
    "complaint": ("complained", "complained", "complaint"),
    "unsubscribe": ("", "left", "unsubscribe"),
}


@pytest.fixture(scope="module")
def template(tmp_path_factory) -> Path:
    """A workspace with the sample month and ten subscribers; nothing sent."""
    root = tmp_path_factory.mktemp("walk") / "ws"
    copy_sample(root, 10, deliver=False)
    return root


def environ(fake: Fake) -> dict[str, str]:
    options = {**OPTIONS, "base_url": fake.url}
    return {
        "NEWSLETTER_SENDING__PROVIDER": fake.name,
        f"NEWSLETTER_{fake.name.upper()}_WEBHOOK_SECRET": HOOK,
        **{f"NEWSLETTER_SENDING__OPTIONS__{name.upper()}": f'"{value}"' for name, value in options.items()},
        **{f"NEWSLETTER_{name.upper()}": value for name, value in SECRETS.items()},
    }


def event(provider: str, name: str, letter: Received, token: str) -> Any:
    """Return a recorded payload about a real letter, signed where the provider signs."""
    text = (DATA / provider / f"{name}.json").read_text()
    mine = text.replace(SAMPLE_ADDRESS, letter.to[0]).replace(SAMPLE_NAME, NAMES[provider](letter).strip("<>"))
    document = json.loads(mine)
    return signed(document, datetime.now(UTC), token) if provider == "mailgun" else document


def state(workspace: Workspace, address: str) -> tuple[str, str, str]:
    """Return (suppressed, state of the lettre, what came back)."""
    with workspace.database.read() as c:
        person = people.by_key(c, address)
        feedback = c.scalar(sa.select(deliveries.c.feedback).where(deliveries.c.subscriber_id == person.id))
        return person.suppressed, people.subscription(c, person.id, "lettre").state, feedback


def history(workspace: Workspace, address: str) -> list[str]:
    with workspace.database.read() as c:
        return [e.kind for e in journal.of_subscriber(c, people.by_key(c, address).id)]


def active(workspace: Workspace) -> int:
    with workspace.database.read() as c:
        return counts.by_publication(c, workspace.database.now(c))["lettre"]


def post(client: TestClient, provider: str, document: Any, secret: str = HOOK) -> Any:
    basic = "Basic " + base64.b64encode(f"lettre:{secret}".encode()).decode()
    return client.post(f"/hooks/{provider}", json=document, headers={"authorization": basic})


@pytest.mark.parametrize("make", fake_api.FAKES, ids=lambda fake: fake.name)
def test_a_letter_leaves_and_what_comes_back_changes_each_person_once(make, template, tmp_path):
    root = tmp_path / "ws"
    shutil.copytree(template, root)
    with serving(make()) as fake:
        provider = fake.name
        workspace = Workspace(load_settings(root, environ(fake)))
        mailing = mailings.begin_mailing(workspace, approve_issue(workspace, ISSUE, by="editor", now=True))
        receipt, troubles = deliver_mailing(workspace, mailing)
        assert (receipt.sent, receipt.status, troubles) == (10, "done", [])
        letters = sorted(fake.taken, key=lambda letter: letter.to)
    happened = dict(zip(KINDS, zip(EVENTS[provider], letters, strict=False), strict=True))
    before, untouched = active(workspace), [state(workspace, letter.to[0]) for letter in letters[5:]]

    calls = {
        kind: event(provider, name, letter, f"{n:02x}" * 25)
        for n, (kind, (name, letter)) in enumerate(happened.items())
        if name
    }
    with TestClient(make_app(workspace)) as client:
        for kind, document in calls.items():
            # Mailgun's proof stands in the body: a stranger cannot sign, all others do not know the secret.
            forged = signed(document, datetime.now(UTC), secret="wrong") if provider == "mailgun" else document
            assert post(client, provider, forged, "wrong").status_code == 403
            answer = post(client, provider, document)
            delayed = kind == "soft" and provider in ONLY_DELAYED
            assert (answer.status_code, answer.json()["effects"]) == (200, 0 if delayed else 1), kind
        told = {kind: history(workspace, happened[kind][1].to[0]) for kind in calls}
        for document in calls.values():
            assert post(client, provider, document).json()["effects"] == 0, "a repetition has no effect"

    for kind in calls:
        address = happened[kind][1].to[0]
        delayed = kind == "soft" and provider in ONLY_DELAYED
        assert state(workspace, address) == (("", "active", "") if delayed else STANDING[kind]), kind
        assert history(workspace, address) == told[kind]
        if kind not in ("delivered", "soft"):
            assert told[kind].count(f"feedback-{kind}") == 1
            assert STANDING[kind][1] in told[kind]
    assert [state(workspace, letter.to[0]) for letter in letters[5:]] == untouched
    assert before - active(workspace) == len({"hard", "complaint", "unsubscribe"} & set(calls))
    assert mailings.mailing_receipt(workspace, ISSUE).sent == 10 and mailings.mailing_receipt(workspace, ISSUE).balanced
    failing = {one.address: one.suppressed for one in failing_addresses(workspace)}
    assert failing[letters[1].to[0]] is True and letters[3].to[0] not in failing
    workspace.close()
