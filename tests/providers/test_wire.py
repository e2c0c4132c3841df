"""What each provider's call says beyond the shared contract, and how answers are paired and waits are read."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.errors import ProviderError
from newsletter.messages import Outgoing
from newsletter.providers import open_provider
from newsletter.providers.wire import ApiReply, paired, printable
from tests.providers import fake_api
from tests.providers.api_people import letter, letters, sent, workspace
from tests.providers.fake_api import Fake
from tests.providers.test_smtp_security import certificate, shown


@pytest.fixture
def brevo() -> Iterator[Fake]:
    with fake_api.serving(fake_api.Brevo()) as fake:
        yield fake


@pytest.fixture
def mailjet() -> Iterator[Fake]:
    with fake_api.serving(fake_api.Mailjet()) as fake:
        yield fake


@pytest.fixture
def postmark() -> Iterator[Fake]:
    with fake_api.serving(fake_api.Postmark()) as fake:
        yield fake


@pytest.fixture
def scaleway() -> Iterator[Fake]:
    with fake_api.serving(fake_api.Scaleway()) as fake:
        yield fake


@pytest.fixture
def mailgun() -> Iterator[Fake]:
    with fake_api.serving(fake_api.Mailgun()) as fake:
        yield fake


# --- Brevo -------------------------------------------------------------------------------------------------------


def test_brevo_recognises_a_batch_by_its_key_and_takes_it_once(brevo: Fake) -> None:
    first, again = sent(brevo, letters(3)), sent(brevo, letters(3))
    assert [outcome.kind for outcome in first + again] == ["accepted"] * 6
    assert len(brevo.taken) == 3


def test_brevo_gets_another_key_for_another_batch(brevo: Fake) -> None:
    for batch in (letters(3), letters(2), letters(3)[::-1], [replace(m, key=f"{m.key}-bis") for m in letters(3)]):
        sent(brevo, batch)
    keys = {received.raw[0]["headers"]["idempotencyKey"] for received in brevo.taken}
    assert len(keys) == 4
    assert all(uuid.UUID(key) for key in keys)


def test_brevo_has_nobodys_letter_outside_the_versions(brevo: Fake) -> None:
    sent(brevo, letters(2))
    call, version = brevo.taken[0].raw
    assert "jeton" not in str({name: value for name, value in call.items() if name != "messageVersions"})
    assert version["headers"]["X-Mailin-custom"] == letter(1).message_id
    assert "abonne1@" not in str(version["headers"])


def test_brevo_says_the_sender_once_per_call_so_another_sender_is_another_call(brevo: Fake) -> None:
    one, other = letters(2)
    assert other.parts
    sent(brevo, [one, replace(other, parts=replace(other.parts, sender="flash@example.org"))])
    assert [received.raw[0]["sender"]["email"] for received in brevo.taken] == [
        "lettre@example.org",
        "flash@example.org",
    ]


# --- Mailjet -----------------------------------------------------------------------------------------------------


def test_mailjet_gets_no_header_it_refuses_and_the_opaque_identity(mailjet: Fake) -> None:
    sent(mailjet, letters(1))
    (received,) = mailjet.taken
    assert set(received.headers) == {"List-Unsubscribe", "List-Unsubscribe-Post"}
    assert received.raw["CustomID"] == letter(1).message_id
    assert (received.raw["CustomCampaign"], received.raw["DeduplicateCampaign"]) == ("2026-11-lettre", True)


def test_mailjet_dedupes_nothing_without_a_label(mailjet: Fake) -> None:
    provider = open_provider(workspace("mailjet", base_url=mailjet.url))
    assert [outcome.kind for outcome in provider.connect().send([letter(1)])] == ["accepted"]
    assert "DeduplicateCampaign" not in mailjet.taken[0].raw


def test_mailjet_identifiers_stay_exact_beyond_2_to_the_53(mailjet: Fake) -> None:
    (outcome,) = sent(mailjet, letters(1))
    assert int(outcome.provider_id) == 1152921506000000000 + sum(map(ord, "abonne1@ville1.fr"))


# --- Postmark, Scaleway, Mailgun ---------------------------------------------------------------------------------


def test_postmark_writes_on_the_broadcast_stream_unless_told_otherwise(postmark: Fake) -> None:
    sent(postmark, letters(1))
    sent(postmark, letters(1), stream="lettres")
    assert [received.raw["MessageStream"] for received in postmark.taken] == ["broadcast", "lettres"]


def test_postmark_takes_a_sender_name_with_quotes_and_commas_as_one_name(postmark: Fake) -> None:
    message = letter(1)
    assert message.parts
    sent(postmark, [replace(message, parts=replace(message.parts, sender_name='RTES, "le réseau"'))])
    assert postmark.taken[0].raw["From"] == '"RTES, \\"le réseau\\"" <lettre@example.org>'


def test_postmark_leaves_out_an_identity_too_long_for_its_metadata(postmark: Fake) -> None:
    assert sent(postmark, [replace(letter(1), message_id=f"<{'x' * 90}@b.fr>")])[0].kind == "accepted"
    assert "Metadata" not in postmark.taken[0].raw


def test_scaleway_repeats_the_identity_where_its_webhooks_show_it(scaleway: Fake) -> None:
    sent(scaleway, letters(1))
    assert scaleway.taken[0].headers["X-Letter-Reference"] == letter(1).message_id
    assert scaleway.taken[0].headers["Reply-To"] == "animation@example.org"


def test_mailgun_carries_the_message_as_it_was_written(mailgun: Fake) -> None:
    (outcome,) = sent(mailgun, letters(1))
    assert outcome.provider_id == mailgun.taken[0].headers["Message-ID"] == letter(1).message_id
    assert "List-Id" in mailgun.taken[0].headers


def test_mailgun_welcome_page_is_a_wrong_address_and_not_a_doubt(mailgun: Fake) -> None:
    page = b'"Mailgun Magnificent API"'
    mailgun.faults = [lambda _answer: fake_api.Answer(200, None, body=page)]
    (outcome,) = sent(mailgun, letters(1))
    assert (outcome.kind, outcome.scope) == ("deferred", "mailing")


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("mailgun", {"region": "mars"}),
        ("mailgun", {"domain": "x/../y"}),
        ("mailgun", {"domain": ""}),
        ("scaleway", {"project_id": ""}),
        ("brevo", {"batch": "many"}),
        ("brevo", {"timeout": "0"}),
    ],
)
def test_an_option_that_cannot_be_used_is_named(name: str, options: dict[str, str]) -> None:
    with pytest.raises(ProviderError, match=next(iter(options))):
        open_provider(workspace(name, **options))


@pytest.mark.parametrize(
    ("name", "batch"), [("brevo", 500), ("mailjet", 50), ("postmark", 500), ("scaleway", 1), ("mailgun", 1)]
)
def test_a_batch_never_exceeds_what_the_provider_allows(name: str, batch: int) -> None:
    assert open_provider(workspace(name, batch="9999")).batch == batch


# --- who is spoken to --------------------------------------------------------------------------------------------


def test_a_server_is_believed_only_with_a_certificate_that_is_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = certificate(tmp_path, "localhost")
    with fake_api.serving(fake_api.Postmark(), shown(own)) as fake:
        (stranger,) = sent(fake, letters(1))
        assert (stranger.kind, stranger.scope, fake.calls) == ("deferred", "provider", 0)
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(own))
        assert [outcome.kind for outcome in sent(fake, letters(1))] == ["accepted"]


def test_a_netrc_entry_never_replaces_the_key(mailgun: Fake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine localhost login someone password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    assert [outcome.kind for outcome in sent(mailgun, letters(1))] == ["accepted"]


# --- pairing and waiting -----------------------------------------------------------------------------------------


@given(st.permutations(range(5)), st.sets(st.integers(0, 4)))
def test_named_items_find_their_message_in_any_order_and_none_is_used_twice(
    order: list[int], missing: set[int]
) -> None:
    batch: list[Outgoing] = letters(5)
    mine = {message.key: message for message in batch}
    items = [batch[index].key for index in order if index not in missing]
    for index, (message, item) in enumerate(paired(batch, items, mine, items)):
        assert message is batch[index]
        assert item == (None if index in missing else message.key)


@given(st.text(max_size=30), st.text(max_size=40))
def test_a_wait_is_a_number_of_seconds_within_a_day_or_nothing(after: str, date: str) -> None:
    wait = ApiReply(429, {"retry-after": after, "date": date}, b"").retry_after
    assert wait is None or 0 <= wait <= 86_400


@given(st.text())
def test_outside_text_is_one_short_line(text: str) -> None:
    shown = printable(text)
    assert len(shown) <= 300
    assert len(shown.splitlines()) <= 1
    shown.encode()
