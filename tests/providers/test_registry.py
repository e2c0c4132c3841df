"""Which providers there are: the product's own, and those that installed packages bring."""

from __future__ import annotations

from importlib.metadata import EntryPoint

import pytest

from newsletter import providers
from newsletter.errors import ProviderError
from tests.providers.api_people import letter, workspace

ELSEWHERE = EntryPoint("pigeon", "tests.providers.pigeon", "newsletter.providers")


@pytest.fixture
def pigeon(monkeypatch):
    monkeypatch.setattr(providers, "entry_points", lambda *, group: [ELSEWHERE] if group == ELSEWHERE.group else [])


def test_a_package_brings_a_provider_of_its_own(pigeon):
    assert providers.open_provider(workspace("pigeon")).name == "pigeon"
    assert providers.processor("pigeon") == "Pigeons SARL, Lille, France"
    assert providers.webhook_reader("pigeon") is None


def test_a_brought_provider_asks_before_each_message_leaves(pigeon):
    session = providers.open_provider(workspace("pigeon")).connect()
    kinds = [outcome.kind for outcome in session.send([letter(1), letter(2)], lambda deliveries: deliveries == (1,))]
    assert kinds == ["accepted", "untried"]


def test_a_provider_that_nobody_brings_is_named_with_the_nearest(pigeon):
    with pytest.raises(ProviderError) as caught:
        providers.open_provider(workspace("pigeons"))
    assert "pigeons" in str(caught.value)
    assert "pigeon" in caught.value.hint


@pytest.mark.parametrize("name", [name for name in providers.PROVIDERS if name not in ("outbox", "smtp")])
def test_the_company_behind_an_api_is_named_for_the_privacy_page(name):
    assert providers.processor(name)


@pytest.mark.parametrize("name", ["outbox", "smtp", "unknown"])
def test_a_relay_of_ones_own_is_no_company(name):
    assert providers.processor(name) == ""
