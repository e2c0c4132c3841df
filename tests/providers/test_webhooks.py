"""Webhooks of every provider: what each payload means, and what proof, bounds and bad intent do to a call."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.errors import NewsletterError, ProviderError, Refused
from newsletter.messages import DeliveryReport
from newsletter.providers import WebhookReader, WebhookRequest, webhook_reader
from tests.conftest import ROOT
from tests.providers.webhook_meanings import MEANINGS

DATA = ROOT / "tests" / "data" / "webhooks"
SECRET = "un-secret-long-et-tire-au-hasard"
NOW = datetime(2026, 11, 22, 10, 0, 5, tzinfo=UTC)
MESSAGE_ID = "<00000000000000000000000000000007@lettre.example.org>"
ADDRESS = "abonne7@ville7.fr"

SAMPLES = [(provider, name, kind) for provider, names in MEANINGS.items() for name, kind in names.items()]
SHARED_SECRET = ["brevo", "mailjet", "scaleway", "postmark"]
TAKES_RIGHTS_ONLY = {"delivered", "deferred", "soft", "hard", "block", "complaint", "unsubscribe"}

every_provider = pytest.mark.parametrize("provider", MEANINGS)


def reader(provider: str) -> WebhookReader:
    found = webhook_reader(provider)
    assert found
    return found


def basic(password: str, user: str = "lettre") -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def sample(provider: str, name: str) -> Any:
    return json.loads((DATA / provider / f"{name}.json").read_text())


def signed(document: Any, at: datetime = NOW, token: str = "0a" * 25, secret: str = SECRET) -> Any:
    """Sign a Mailgun call as Mailgun does."""
    timestamp = str(int(at.timestamp()))
    signature = hmac.new(secret.encode(), (timestamp + token).encode(), hashlib.sha256).hexdigest()
    return {**document, "signature": {"timestamp": timestamp, "token": token, "signature": signature}}


def call(provider: str, document: Any) -> WebhookRequest:
    """A proven call that carries `document`."""
    if provider == "mailgun":
        return WebhookRequest({}, json.dumps(signed(document)).encode(), now=NOW)
    return WebhookRequest(basic(SECRET), json.dumps(document).encode(), now=NOW)


def read(provider: str, document: Any) -> list[DeliveryReport]:
    return reader(provider)(call(provider, document), SECRET)


# --- what an event means -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("provider", "name", "kind"), SAMPLES)
def test_each_event_is_read_for_what_it_means(provider: str, name: str, kind: str | None) -> None:
    reports = read(provider, sample(provider, name))
    assert [report.kind for report in reports] == ([kind] if kind else [])
    for report in reports:
        assert (report.address, report.message_id) == (ADDRESS, MESSAGE_ID)
        assert report.provider_id
        assert report.at
        assert report.at.replace(microsecond=0) == datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


def test_every_sample_file_has_its_line_in_the_table() -> None:
    other = {"brevo/batched", "mailjet/grouped", "scaleway/subscription_confirmation"}
    files = {f"{path.parent.name}/{path.stem}" for path in DATA.glob("*/*.json")}
    assert files == {f"{provider}/{name}" for provider, name, _ in SAMPLES} | other


@pytest.mark.parametrize(("provider", "name"), [("brevo", "batched"), ("mailjet", "grouped")])
def test_a_group_of_events_is_read_one_by_one(provider: str, name: str) -> None:
    reports = read(provider, sample(provider, name))
    assert [report.kind for report in reports] == ["delivered", "complaint"]
    assert len({report.key for report in reports}) == 2


@pytest.mark.parametrize(("provider", "name", "kind"), [row for row in SAMPLES if row[2]])
def test_the_same_event_has_the_same_key_for_ever(provider: str, name: str, kind: str) -> None:
    (first,), (again,) = read(provider, sample(provider, name)), read(provider, sample(provider, name))
    assert first.key == again.key
    assert first.key.startswith(provider)


@pytest.mark.parametrize(
    ("provider", "name", "field", "other"),
    [
        ("brevo", "hard_bounce", "ts_epoch", 1795341600124),
        ("brevo", "hard_bounce", "email", "autre@ville.fr"),
        ("brevo", "hard_bounce", "message-id", "<other@smtp-relay.mailin.fr>"),
        ("mailjet", "sent", "time", 1795341601),
        ("mailjet", "sent", "MessageID", 1152921512345678902),
        ("postmark", "bounce_hard", "ID", 4323372036854775808),
        ("postmark", "delivery", "DeliveredAt", "2026-11-22T10:00:01Z"),
        ("scaleway", "raw_delivery", "id", "evt-other"),
    ],
)
def test_another_event_has_another_key(provider: str, name: str, field: str, other: Any) -> None:
    event = sample(provider, name)
    (first,), (second,) = read(provider, event), read(provider, event | {field: other})
    assert first.key != second.key


def test_a_number_beyond_2_to_the_53_keeps_its_last_digit() -> None:
    assert read("mailjet", sample("mailjet", "sent"))[0].provider_id == "1152921512345678901"


def test_the_status_code_is_found_in_what_the_server_said() -> None:
    assert read("brevo", sample("brevo", "hard_bounce"))[0].status == "5.1.1"
    assert read("postmark", sample("postmark", "bounce_soft"))[0].status == "4.2.2"


def test_a_lifted_suppression_gives_no_right_to_mail() -> None:
    assert read("postmark", sample("postmark", "suppression_lifted")) == []


# --- proof -------------------------------------------------------------------------------------------------------


@every_provider
def test_an_endpoint_without_a_secret_is_closed(provider: str) -> None:
    name = next(iter(MEANINGS[provider]))
    with pytest.raises(Refused, match=f"NEWSLETTER_{provider.upper()}_WEBHOOK_SECRET"):
        reader(provider)(WebhookRequest(basic(""), json.dumps(sample(provider, name)).encode(), now=NOW), "")


@pytest.mark.parametrize("provider", SHARED_SECRET)
@pytest.mark.parametrize(
    ("headers", "query"),
    [
        (basic(SECRET), {}),
        (basic(SECRET, user=""), {}),
        ({"authorization": f"Bearer {SECRET}"}, {}),
        ({}, {"token": SECRET}),
    ],
    ids=["basic", "basic without user", "bearer", "token"],
)
def test_a_shared_secret_opens(provider: str, headers: dict[str, str], query: dict[str, str]) -> None:
    assert reader(provider)(WebhookRequest(headers, b"[]", query, now=NOW), SECRET) == []


@pytest.mark.parametrize("provider", SHARED_SECRET)
@pytest.mark.parametrize(
    ("headers", "query"),
    [
        ({}, {}),
        (basic("faux"), {}),
        (basic(""), {}),
        (basic("", user=SECRET), {}),
        ({"authorization": "Basic ***"}, {}),
        ({"authorization": f"Digest {SECRET}"}, {}),
        ({"authorization": SECRET}, {}),
        ({"authorization": f"Bearer {SECRET[:-1]}"}, {}),
        ({"authorization": f"Bearer {SECRET.upper()}"}, {}),
        ({"authorization": "Bearer \udcff"}, {"token": "\ud800"}),
        ({}, {"token": ""}),
        ({}, {"Token": SECRET}),
    ],
)
def test_anything_else_is_refused_before_the_body_is_read(
    provider: str, headers: dict[str, str], query: dict[str, str]
) -> None:
    with pytest.raises(Refused):
        reader(provider)(WebhookRequest(headers, b"not even JSON", query, now=NOW), SECRET)


TAMPERED: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "no signature": lambda d: {"event-data": d["event-data"]},
    "empty": lambda d: {**d, "signature": {}},
    "another key": lambda d: signed(d, secret="another key altogether"),
    "other token": lambda d: {**d, "signature": {**d["signature"], "token": "0b" * 25}},
    "later timestamp": lambda d: {**d, "signature": {**d["signature"], "timestamp": "1795341700"}},
    "upper case": lambda d: {**d, "signature": {**d["signature"], "signature": d["signature"]["signature"].upper()}},
    "surrogate": lambda d: {**d, "signature": {**d["signature"], "signature": "\ud800"}},
    "moved digit": lambda d: {
        **d,
        "signature": {
            **d["signature"],
            "timestamp": d["signature"]["timestamp"][:-1],
            "token": d["signature"]["timestamp"][-1] + d["signature"]["token"],
        },
    },
    "a day old": lambda d: signed(d, at=NOW - timedelta(days=1)),
    "from tomorrow": lambda d: signed(d, at=NOW + timedelta(days=1)),
}


@pytest.mark.parametrize("how", TAMPERED)
def test_a_mailgun_signature_must_be_right_and_recent(how: str) -> None:
    document = TAMPERED[how](signed(sample("mailgun", "complained")))
    with pytest.raises(Refused):
        reader("mailgun")(WebhookRequest(basic(SECRET), json.dumps(document).encode(), now=NOW), SECRET)


def test_a_replayed_mailgun_token_is_the_same_report_whatever_it_carries() -> None:
    heard = signed(sample("mailgun", "delivered"))
    forged = {**heard, "event-data": {**sample("mailgun", "complained")["event-data"], "recipient": "autre@ville.fr"}}
    keys = {
        reader("mailgun")(WebhookRequest({}, json.dumps(document).encode(), now=NOW), SECRET)[0].key
        for document in (heard, forged)
    }
    assert len(keys) == 1


# --- bounds and bad intent ---------------------------------------------------------------------------------------


def deep(levels: int) -> Any:
    value: Any = "x"
    for _ in range(levels):
        value = {"a": value}
    return value


HOSTILE: dict[str, bytes] = {
    "an array of 10,000": json.dumps([{"event": "spam", "email": "a@b.fr"}] * 10_000).encode(),
    "10 MB": b'{"event": "' + b"x" * 10_000_000 + b'"}',
    "21 levels": json.dumps(deep(21)).encode(),
    "100,000 levels": b"[" * 100_000,
    "no JSON": b"<html>",
    "no UTF-8": b'{"event": "\xff"}',
    "empty": b"",
    "a number of 5,000 digits": b'{"time": ' + b"9" * 5000 + b"}",
    "a list of numbers": b"[1, 2]",
    "a text": b'"spam"',
}


@every_provider
@pytest.mark.parametrize("what", HOSTILE)
def test_a_body_out_of_bounds_has_no_effect_at_all(provider: str, what: str) -> None:
    with pytest.raises((ProviderError, Refused)):
        reader(provider)(WebhookRequest(basic(SECRET), HOSTILE[what], now=NOW), SECRET)


def test_bounds_hold_for_the_message_inside_a_scaleway_notification() -> None:
    with pytest.raises(ProviderError):
        read("scaleway", {"Type": "Notification", "Message": json.dumps([{"type": "email_spam"}] * 1_001)})


def test_outside_text_comes_clean_and_short() -> None:
    event = sample("brevo", "hard_bounce") | {"reason": "550 5.1.1 \x00\r\n<script>" + "x" * 5000}
    (report,) = read("brevo", event)
    assert report.text.isprintable()
    assert len(report.text) <= 300


def test_a_topic_subscription_is_confirmed_by_a_person_and_never_fetched() -> None:
    document = sample("scaleway", "subscription_confirmation")
    with pytest.raises(ProviderError, match="Action=ConfirmSubscription"):
        read("scaleway", document)
    with pytest.raises(ProviderError) as elsewhere:
        read("scaleway", {**document, "SubscribeURL": "http://169.254.169.254/latest/"})
    assert "169.254" not in str(elsewhere.value)


def names_in(value: Any) -> set[str]:
    """Return every name of an object anywhere in `value`: what a reader may look for."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    return set(value if isinstance(value, dict) else []).union(*map(names_in, inner))


LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12)
NAMES = st.sampled_from(sorted({name for provider, file, _ in SAMPLES for name in names_in(sample(provider, file))}))
VALUES = LEAVES | st.sampled_from(["spam", "Bounce", "HardBounce", "failed", "email_spam", "a@b.fr", "bounce", "{}"])
TREES = st.recursive(VALUES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=6))


@every_provider
@settings(max_examples=60, deadline=None)
@given(tree=st.dictionaries(NAMES, TREES, max_size=8))
def test_no_proven_body_makes_a_reader_raise_or_give_a_right(provider: str, tree: dict[str, Any]) -> None:
    try:
        reports = read(provider, {"event-data": tree} if provider == "mailgun" else tree)
    except NewsletterError:
        return
    for report in reports:
        assert report.kind in TAKES_RIGHTS_ONLY
        assert "@" in report.address
        assert report.key.startswith(f"{provider}:")
