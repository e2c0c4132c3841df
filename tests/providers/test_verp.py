"""Signed return paths."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.errors import MessageError
from newsletter.providers.verp import open_return_path, return_path
from newsletter.tokens import Signer

SIGNER = Signer((b"k" * 32,))
BASE = "retours@rtes.fr"
MAILINGS, DELIVERIES = st.integers(0, 2**24 - 1), st.integers(0, 2**40 - 1)


@given(MAILINGS, DELIVERIES)
def test_a_return_path_names_its_delivery_in_a_valid_local_part(mailing, delivery):
    address = return_path(SIGNER, BASE, mailing, delivery)
    local, _, domain = address.rpartition("@")
    assert local.startswith("retours+") and domain == "rtes.fr"
    assert len(local) <= 64 and address == address.lower()
    assert open_return_path(SIGNER, address) == (mailing, delivery)


@given(MAILINGS, DELIVERIES)
def test_case_brackets_and_another_domain_do_not_matter(mailing, delivery):
    address = return_path(SIGNER, BASE, mailing, delivery)
    assert open_return_path(SIGNER, f" <{address.upper()}> ") == (mailing, delivery)
    assert open_return_path(SIGNER, address.replace("rtes.fr", "relais.example")) == (mailing, delivery)


@given(DELIVERIES, st.integers(8, 39), st.sampled_from("abcdefghijklmnopqrstuvwxyz234567"))
def test_a_changed_letter_opens_nothing(delivery, at, letter):
    address = return_path(SIGNER, BASE, 1, delivery)
    forged = address[:at] + letter + address[at + 1 :]
    assert open_return_path(SIGNER, forged) == ((1, delivery) if forged == address else None)


@given(st.text(max_size=80))
def test_no_text_makes_it_raise(text):
    assert open_return_path(SIGNER, text) is None


@pytest.mark.parametrize(
    "change",
    [
        lambda a: a.replace("+", "-"),
        lambda a: a.replace("@", "="),
        lambda a: a.replace("@", "a@"),
        lambda a: a.replace("retours+", "retours+\n"),
        lambda a: a[9:],
        lambda a: "retours@rtes.fr",
        lambda a: "",
    ],
)
def test_a_cut_or_foreign_address_opens_nothing(change):
    assert open_return_path(SIGNER, change(return_path(SIGNER, BASE, 7, 42))) is None


def test_old_keys_open_and_foreign_ones_do_not():
    address = return_path(SIGNER, BASE, 7, 42)
    assert open_return_path(Signer((b"n" * 32, b"k" * 32)), address) == (7, 42)
    assert open_return_path(Signer((b"n" * 32,)), address) is None


def test_the_same_bytes_signed_for_something_else_open_nothing():
    number = (7).to_bytes(3, "big") + (42).to_bytes(5, "big")
    genuine, other = SIGNER.mac("return-path", number), SIGNER.mac("unsubscribe", number)
    assert genuine != other


@pytest.mark.parametrize("base", ["retours", "@rtes.fr", "retours@", "une-tres-longue-adresse-de-retour@rtes.fr"])
def test_a_base_that_cannot_carry_a_token_is_refused(base):
    with pytest.raises(MessageError, match="cannot carry"):
        return_path(SIGNER, base, 1, 1)


@pytest.mark.parametrize("numbers", [(2**24, 1), (1, 2**40), (-1, 1)])
def test_a_number_too_large_is_refused(numbers):
    with pytest.raises(MessageError, match="cannot be signed"):
        return_path(SIGNER, BASE, *numbers)
