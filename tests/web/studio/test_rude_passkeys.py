"""What strangers send in the place of a passkey's answer is refused like a wrong one, whatever it is."""

from __future__ import annotations

import base64
import json

import pytest

from newsletter.actions.team import passkeys
from newsletter.store.team import factors
from newsletter.store.team.factors import Passkey
from tests.web.studio.conftest import sign_in

KNOWN = "AAAA"
NESTED = "[" * 20_000


def answer(client_data: object = None, **values: object) -> str:
    text = client_data if isinstance(client_data, str) else json.dumps(client_data)
    coded = base64.urlsafe_b64encode(text.encode()).decode()
    return json.dumps({"id": KNOWN, "response": {"clientDataJSON": coded}, **values})


@pytest.mark.parametrize(
    "sent",
    [
        "",
        "null",
        NESTED,
        '{"id":' + NESTED,
        answer(id="\ud800"),
        answer(id="a\0b"),
        answer(id=None),
        answer(id=[]),
        answer(response=None),
        answer(response={"clientDataJSON": 7}),
        answer(response={"clientDataJSON": "é"}),
        answer(NESTED[:10_000]),
        answer([]),
        answer({"challenge": 7}),
        answer({"challenge": "\ud800"}),
        answer({"challenge": "AAAA"}),
    ],
    ids=range(16),
)
def test_it_opens_nothing_and_breaks_nothing(town, sent):
    claire = sign_in(town, "editor").user
    with town.workspace.database.write() as connection:
        factors.add_passkey(connection, Passkey(KNOWN, claire.id, b"", 0, "clé", 1.0, None))
    page = town.client.post("/studio/connexion/cle", data={"passkey": sent})
    assert page.status_code == 422
    assert "n’ouvre rien ici" in page.text


@pytest.mark.parametrize(
    "part", ["rawId", "type", "authenticatorData", "signature", "userHandle", "authenticatorAttachment"]
)
@pytest.mark.parametrize("value", [None, 7, [], {}, "é", "\ud800", "AAAA"])
def test_nor_does_a_right_challenge_with_a_part_that_is_wrong(town, part, value):
    claire = sign_in(town, "editor").user
    with town.workspace.database.write() as connection:
        factors.add_passkey(connection, Passkey(KNOWN, claire.id, b"", 0, "clé", 1.0, None))
    options = json.loads(passkeys.ask_options(town.workspace, passkeys.SIGN_IN))
    client = json.dumps({"type": "webauthn.get", "challenge": options["challenge"], "origin": "x"})
    coded = base64.urlsafe_b64encode(client.encode()).decode().rstrip("=")
    given = {"id": KNOWN, "rawId": KNOWN, "type": "public-key"}
    response = {"clientDataJSON": coded, "authenticatorData": "AAAA", "signature": "AAAA", "userHandle": "AAAA"}
    (given if part in ("rawId", "type", "authenticatorAttachment") else response)[part] = value
    sent = json.dumps({**given, "response": response})
    assert town.client.post("/studio/connexion/cle", data={"passkey": sent}).status_code == 422
