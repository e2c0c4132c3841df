"""One suite for every HTTP provider: a table of providers by cases, against its wire format, faults included."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsletter.errors import ProviderError
from newsletter.providers import PROVIDERS, open_provider
from tests.providers import fake_api
from tests.providers.api_people import SECRETS, letter, letters, opened, sent, verdicts, workspace
from tests.providers.fake_api import FAKES, Answer, Fake, Fault

every_provider = pytest.mark.parametrize("kind", FAKES, ids=lambda kind: kind.name)
batching = pytest.mark.parametrize("kind", [fake_api.Brevo, fake_api.Mailjet, fake_api.Postmark], ids=lambda k: k.name)
identifying = pytest.mark.parametrize("kind", [fake_api.Mailjet, fake_api.Postmark], ids=lambda kind: kind.name)


@pytest.fixture
def api(kind: type[Fake]) -> Iterator[Fake]:
    with fake_api.serving(kind()) as fake:
        yield fake


# --- what leaves -------------------------------------------------------------------------------------------------


@every_provider
def test_every_recipient_gets_their_own_letter_and_sees_nobody_else(kind: type[Fake], api: Fake) -> None:
    outcomes = sent(api, letters(7))
    assert verdicts(outcomes) == {("accepted", "recipient")}
    assert len({outcome.provider_id for outcome in outcomes} - {""}) == 7
    for number, received in enumerate(sorted(api.taken, key=lambda one: one.to), 1):
        assert received.to == (f"abonne{number}@ville{number}.fr",)
        assert f"/desabonnement/jeton-{number}" in received.html
        assert received.headers["List-Unsubscribe"] == f"<https://lettre.example.org/desabonnement/jeton-{number}>"
        assert received.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert received.subject == "La lettre de novembre"


@every_provider
def test_no_letter_is_tracked(kind: type[Fake], api: Fake) -> None:
    sent(api, letters(2))
    assert [received.tracked for received in api.taken] == [False, False]


@batching
def test_a_batch_is_one_call_and_a_heavier_one_several(kind: type[Fake], api: Fake) -> None:
    sent(api, letters(20))
    assert api.calls == 1
    heavy = [replace(m, parts=replace(m.parts, html="é" * 1_900_000)) for m in letters(8) if m.parts]
    assert verdicts(sent(api, heavy)) == {("accepted", "recipient")}
    assert len(api.taken) == 28
    assert api.calls == 1 + {"brevo": 8, "mailjet": 3, "postmark": 1}[kind.name]


@every_provider
def test_the_address_of_a_domain_with_accents_leaves_in_ascii(kind: type[Fake], api: Fake) -> None:
    sent(api, [letter(1, "mairie@élus.fr")])
    assert [received.to for received in api.taken] == [("mairie@xn--lus-9la.fr",)]


# --- what is refused before it leaves ----------------------------------------------------------------------------


@every_provider
@pytest.mark.parametrize(
    "address",
    ["a@ville.fr,b@ville.fr", "Jeanne <a@ville.fr>", "a@ville.fr\r\nBcc: b@ville.fr", "", "a@", " a@ville.fr"],
)
def test_what_is_not_one_plain_address_never_leaves(kind: type[Fake], api: Fake, address: str) -> None:
    message = replace(letter(1), address=address)
    assert verdicts(sent(api, [message, letter(2)])) == {("refused", "recipient"), ("accepted", "recipient")}
    assert [received.to for received in api.taken] == [("abonne2@ville2.fr",)]


@pytest.mark.parametrize("kind", [k for k in FAKES if k is not fake_api.Mailjet], ids=lambda kind: kind.name)
def test_an_address_beyond_ascii_is_refused_where_it_would_be_lost(kind: type[Fake], api: Fake) -> None:
    assert verdicts(sent(api, [letter(1, "élue@ville.fr")])) == {("refused", "recipient")}
    assert api.calls == 0


@pytest.mark.parametrize("kind", [k for k in FAKES if k is not fake_api.Mailgun], ids=lambda kind: kind.name)
@pytest.mark.parametrize("control", ["\r\nBcc: x@y.fr", "\n", "\r", "\x00", "\x85", "\u2028"])
@pytest.mark.parametrize("place", ["sender_name", "sender", "reply_to", "subject", "headers"])
def test_a_control_character_pauses_the_mailing_before_anything_leaves(
    kind: type[Fake], api: Fake, place: str, control: str
) -> None:
    message = letter(1)
    assert message.parts
    value = (("List-Unsubscribe", f"<https://x{control}>"),) if place == "headers" else f"x{control}y"
    hostile = replace(message, parts=replace(message.parts, **{place: value}))
    assert verdicts(sent(api, [hostile])) == {("deferred", "mailing")}
    assert api.calls == 0


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        (fake_api.Brevo, {"html": ""}),
        (fake_api.Brevo, {"text": "Bonjour {{ contact.EMAIL }}"}),
        (fake_api.Brevo, {"sender_name": "Réseau, lettre"}),
        (fake_api.Mailjet, {"subject": "x" * 256}),
        (fake_api.Scaleway, {"subject": "Court"}),
        (fake_api.Scaleway, {"html": "x" * 2_000_000}),
    ],
    ids=lambda value: value.name if isinstance(value, type) else next(iter(value)),
)
def test_what_a_provider_is_known_to_lose_is_kept_back(kind: type[Fake], api: Fake, change: dict[str, str]) -> None:
    message = letter(1)
    assert message.parts
    assert verdicts(sent(api, [replace(message, parts=replace(message.parts, **change))])) == {("deferred", "mailing")}
    assert api.calls == 0


# --- what comes back: one bad message among good ones ------------------------------------------------------------


@every_provider
def test_one_bad_address_is_refused_alone_and_the_others_leave(kind: type[Fake], api: Fake) -> None:
    api.bad = {"abonne3@ville3.fr"}
    outcomes = sent(api, letters(6))
    assert [o.delivery for o in outcomes if o.kind == "refused"] == [3]
    assert sorted(received.to[0][6] for received in api.taken) == ["1", "2", "4", "5", "6"]
    assert verdicts(outcomes) == {("accepted", "recipient"), ("refused", "recipient")}


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        ({"ErrorCode": "mj-0015", "StatusCode": 429, "ErrorMessage": "Too many"}, ("deferred", "provider")),
        (
            {"ErrorCode": "send-0008", "StatusCode": 403, "ErrorMessage": "not an authorized sender"},
            ("refused", "mailing"),
        ),
        ({"ErrorCode": "mj-0013", "StatusCode": 400, "ErrorRelatedTo": ["From.Email"]}, ("refused", "mailing")),
        ({"ErrorCode": "mj-0099", "StatusCode": 400, "ErrorMessage": "daily sending limit"}, ("refused", "mailing")),
        ({"ErrorCode": "mj-0005", "StatusCode": 400, "ErrorMessage": "a value"}, ("refused", "unclear")),
        ({"ErrorCode": "mj-0001", "StatusCode": 500}, ("unknown", "recipient")),
        ({"StatusCode": "400"}, ("unknown", "recipient")),
    ],
    ids=[
        "too fast",
        "no sender of ours",
        "an address that is not the recipient's",
        "a quota",
        "unclear",
        "a fault of theirs",
        "no number",
    ],
)
def test_one_message_that_mailjet_refuses_says_nothing_wrong_of_its_recipient(error, verdict) -> None:
    with fake_api.serving(fake_api.Mailjet()) as api:
        real = api.item
        bad = {"Status": "error", "Errors": [error]}
        api.item = lambda message: bad if "abonne2@" in message["To"][0]["Email"] else real(message)
        outcomes = sent(api, letters(3))
    (one,) = (o for o in outcomes if o.kind != "accepted")
    assert (one.delivery, one.kind, one.scope) == (2, *verdict)


@identifying
def test_an_answer_in_the_wrong_order_is_read_by_name(kind: type[Fake], api: Fake) -> None:
    straight = {o.delivery: o.provider_id for o in sent(api, letters(5))}
    api.reverse = True
    assert {o.delivery: o.provider_id for o in sent(api, letters(5))} == straight


@batching
def test_an_answer_with_too_few_items_leaves_the_others_unknown(kind: type[Fake], api: Fake) -> None:
    def fewer(answer: Answer) -> Answer:
        items = next(iter(answer.document.values())) if isinstance(answer.document, dict) else answer.document
        items.pop()
        return answer

    api.faults = [fewer]
    # Brevo names nobody: without one identifier per message none can be attributed.
    others = "unknown" if kind is fake_api.Brevo else "accepted"
    assert [outcome.kind for outcome in sent(api, letters(4))] == [others, others, others, "unknown"]


# --- what comes back: faults -------------------------------------------------------------------------------------


def answered(status: int, *, body: bytes | None = None, **headers: str) -> Fault:
    """A fault: the call is not taken, and this is answered."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _answer: Answer(status, {"code": "x", "message": "not now"}, named, body)


HTML = b"<html><body>Rate limit exceeded</body></html>"
LATER = {"Date": "Sun, 22 Nov 2026 10:00:00 GMT", "Retry_After": "Sun, 22 Nov 2026 10:00:42 GMT"}
EPOCH = {"Date": "Sun, 22 Nov 2026 10:00:00 GMT", "ratelimit_reset": "1795341642"}

FAULTS: dict[str, tuple[Fault, tuple[str, str], float | None]] = {
    "429 with seconds": (answered(429, Retry_After="7"), ("deferred", "provider"), 7),
    "429 with a date": (answered(429, **LATER), ("deferred", "provider"), 42),
    "429 without JSON": (answered(429, body=HTML, Content_Type="text/html"), ("deferred", "provider"), None),
    "429 of Brevo": (answered(429, x_sib_ratelimit_reset="17"), ("deferred", "provider"), 17),
    "429 with a reset date": (answered(429, **EPOCH), ("deferred", "provider"), 42),
    "429 with nonsense": (answered(429, Retry_After="soon"), ("deferred", "provider"), None),
    "429 for a year": (answered(429, Retry_After="31536000"), ("deferred", "provider"), 86_400),
    "503 that says when": (answered(503, Retry_After="30"), ("deferred", "provider"), 30),
    "503 that says nothing": (answered(503, body=HTML), ("unknown", "provider"), None),
    "500": (answered(500), ("unknown", "provider"), None),
    "200 with a page": (answered(200, body=HTML), ("unknown", "mailing"), None),
    "200 with other JSON": (answered(200, body=b'{"hello": [1]}'), ("unknown", "mailing"), None),
    "200 with deep JSON": (answered(200, body=b"[" * 100_000), ("unknown", "mailing"), None),
    "401": (answered(401), ("deferred", "mailing"), None),
    "402 out of credit": (answered(402), ("deferred", "mailing"), None),
    "403": (answered(403), ("deferred", "mailing"), None),
    "404 wrong region": (answered(404), ("deferred", "mailing"), None),
    "302 elsewhere": (answered(302, Location="http://127.0.0.1:9/"), ("deferred", "mailing"), None),
    "400 of the content": (answered(400), ("refused", "unclear"), None),
}


@every_provider
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_means_the_same_with_every_provider(kind: type[Fake], api: Fake, fault: str) -> None:
    spoil, expected, wait = FAULTS[fault]
    api.faults = [spoil]
    (outcome,) = sent(api, letters(1))
    assert (outcome.kind, outcome.scope) == expected
    assert outcome.retry_after == wait
    assert outcome.text
    assert api.calls == 1


SPOILT: dict[str, Callable[[Answer], Answer]] = {
    "cut off in the middle": lambda answer: replace(answer, length=len(answer.bytes()) + 50),
    "connection closed": lambda answer: replace(answer, drop=True),
    "time-out": lambda answer: replace(answer, delay=0.6),
    "502 in front": lambda _answer: Answer(502, None, body=HTML),
    "an endless answer": lambda answer: replace(answer, body=b" " * 4_500_000),
}


@every_provider
@pytest.mark.parametrize("fault", SPOILT)
def test_an_answer_lost_after_acceptance_is_never_a_second_letter(kind: type[Fake], api: Fake, fault: str) -> None:
    api.faults = [SPOILT[fault]]
    outcomes = sent(api, letters(1), timeout="0.3")
    assert [received.to for received in api.taken] == [("abonne1@ville1.fr",)]
    # Brevo is asked again with the same idempotency key, and so knows; the others cannot tell.
    assert outcomes[0].kind == ("accepted" if kind is fake_api.Brevo else "unknown")


@batching
def test_after_a_fault_the_rest_of_the_batch_is_not_made_doubtful(kind: type[Fake], api: Fake) -> None:
    api.faults = [answered(500)]
    heavy = [replace(m, parts=replace(m.parts, html="x" * 21_000_000)) for m in letters(3) if m.parts]
    assert [outcome.kind for outcome in sent(api, heavy)] == ["unknown", "deferred", "deferred"]
    assert api.calls == 1


@every_provider
def test_wrong_credentials_cost_one_call_and_lose_nobody(kind: type[Fake], api: Fake) -> None:
    wrong = dict.fromkeys(SECRETS, "wrong")
    provider = open_provider(workspace(kind.name, wrong, base_url=api.url))
    batch = letters(provider.batch)
    assert verdicts(list(provider.connect().send(batch))) == {("deferred", "mailing")}
    assert api.calls == 1


@every_provider
def test_a_session_serves_again_after_every_fault(kind: type[Fake], api: Fake) -> None:
    session = opened(api, timeout="5").connect()
    for number, spoil in enumerate([SPOILT["connection closed"], SPOILT["cut off in the middle"], answered(500)]):
        api.faults = [spoil]
        list(session.send([letter(10 + number)]))
    session.close()
    assert [outcome.kind for outcome in session.send([letter(99)])] == ["accepted"]
    session.close()
    session.close()


@every_provider
@pytest.mark.parametrize("trouble", ["nobody listens", "no such host", "no TLS there"])
def test_what_cannot_have_arrived_is_deferred(kind: type[Fake], api: Fake, trouble: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    url = {
        "nobody listens": f"http://127.0.0.1:{port}",
        "no such host": "https://api.invalid",
        "no TLS there": api.url.replace("http:", "https:"),
    }[trouble]
    provider = open_provider(workspace(kind.name, base_url=url))
    assert verdicts(list(provider.connect().send([letter(1)]))) == {("deferred", "provider")}
    assert api.taken == []


# --- settings ----------------------------------------------------------------------------------------------------


@every_provider
def test_a_missing_secret_names_its_variable(kind: type[Fake]) -> None:
    needed = [name for name in SECRETS if name.startswith(kind.name)]
    for name in needed:
        rest = {other: value for other, value in SECRETS.items() if other != name}
        with pytest.raises(ProviderError, match=f"NEWSLETTER_{name.upper()}"):
            open_provider(workspace(kind.name, rest))


@every_provider
def test_a_secret_stands_in_no_text_that_is_shown(kind: type[Fake], api: Fake) -> None:
    api.faults = [answered(401), SPOILT["connection closed"], answered(500)]
    provider = opened(api)
    texts = repr(provider) + "".join(o.text for n in range(3) for o in provider.connect().send([letter(n + 1)]))
    assert not [value for value in SECRETS.values() if value in texts]


@every_provider
@pytest.mark.parametrize("url", ["http://api.example.org", "ftp://localhost", "api.example.org"])
def test_a_key_never_travels_in_clear(kind: type[Fake], url: str) -> None:
    with pytest.raises(ProviderError, match="https"):
        open_provider(workspace(kind.name, base_url=url))


def test_every_provider_over_http_stands_in_this_suite() -> None:
    """A provider that is added to the table and not to the suite makes this fail."""
    assert {fake.name for fake in FAKES} | {"outbox", "smtp"} == set(PROVIDERS)


# --- anything at all ---------------------------------------------------------------------------------------------


@every_provider
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(status=st.sampled_from([200, 201, 400, 401, 422, 429, 500, 503]), body=st.binary(max_size=60))
def test_no_answer_makes_a_session_raise_or_forget_a_message(
    kind: type[Fake], api: Fake, status: int, body: bytes
) -> None:
    api.faults = [lambda _answer: Answer(status, None, body=body)] * 9
    kinds = {outcome.kind for outcome in sent(api, letters(2), timeout="5")}
    assert "accepted" not in kinds
    api.faults = []
