"""Tokens: opaque, bound to their purpose, valid across key rotations, refused in any other spelling."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.errors import TokenError
from newsletter.links import Links
from newsletter.tokens import Signer

OLD, NEW = "an-old-key-0123456789", "a-new-key-0123456789"
signer = Signer.from_secret(OLD)


@given(st.binary(min_size=1, max_size=80), st.text(max_size=10))
def test_what_is_sealed_opens_for_its_purpose_only(payload, purpose):
    token = signer.seal(purpose, payload)
    assert signer.open(purpose, token) == payload
    with pytest.raises(TokenError):
        signer.open(purpose + "x", token)


@given(st.text(max_size=60))
def test_no_text_opens_by_chance_and_none_raises_anything_else(text):
    with pytest.raises(TokenError):
        signer.open("unsubscribe", text)


TOKEN = signer.seal("unsubscribe", b"0123456789abcdef" + b"lettre")


@pytest.mark.parametrize(
    "spelling",
    [
        TOKEN[:-1],
        TOKEN[1:],
        TOKEN + "A",
        TOKEN + "=",
        TOKEN + ".",
        TOKEN + " ",
        TOKEN.upper(),
        TOKEN.swapcase(),
        TOKEN[:10] + "_" + TOKEN[11:],
        "",
        "é" * 20,
    ],
)
def test_a_token_has_one_spelling(spelling):
    assert spelling != TOKEN
    with pytest.raises(TokenError):
        signer.open("unsubscribe", spelling)


def test_a_link_outlives_the_rotation_of_the_keys():
    rotated = Signer.from_secret(f"{NEW} {OLD}")
    assert rotated.open("unsubscribe", TOKEN) == b"0123456789abcdeflettre"
    fresh = rotated.seal("unsubscribe", b"x")
    with pytest.raises(TokenError):
        signer.open("unsubscribe", fresh)
    assert rotated.fingerprint("erasure", "a@b.fr") == signer.fingerprint("erasure", "a@b.fr")


@pytest.mark.parametrize("secret", ["", "short", f"{OLD} short"])
def test_a_weak_secret_is_refused_with_what_to_do(secret):
    with pytest.raises(TokenError, match="openssl rand"):
        Signer.from_secret(secret)


UID = bytes(range(16))


def test_each_personal_link_opens_one_door_and_holds_no_address():
    links = Links("https://l.example", signer)
    urls = {
        "unsubscribe": links.unsubscribe(UID, "lettre"),
        "preferences": links.preferences(UID),
        "proposal": links.proposal(UID),
        "archive": links.web_version("2026-11-17-flash", UID),
    }
    tokens = {name: url.rpartition("=")[2].rpartition("/")[2] for name, url in urls.items()}
    doors = {
        "unsubscribe": links.read_unsubscribe,
        "preferences": links.read_preferences,
        "proposal": links.read_proposal,
        "archive": links.read_archive,
    }
    for door, read in doors.items():
        for name, token in tokens.items():
            if door == name:
                assert UID in (read(token), read(token)[0])
            else:
                with pytest.raises(TokenError):
                    read(token)
    assert all("@" not in url and len(url) < 200 for url in urls.values())
    assert links.web_version("2026-11-lettre") == "https://l.example/lettres/2026-11-lettre"
