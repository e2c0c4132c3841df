"""TLS, log-in and configuration: never in clear by accident, and never a wrong word about a person."""

from __future__ import annotations

import ssl
import subprocess
from pathlib import Path

import pytest

from newsletter.errors import ProviderError
from newsletter.providers import open_provider
from newsletter.settings import Settings
from newsletter.settings_file import load_settings
from tests.conftest import ROOT, missing
from tests.providers.scripted import Fault, ScriptedServer
from tests.providers.smtp_people import outgoing, provider, tell


def certificate(directory: Path, name: str) -> Path:
    """Make a self-signed certificate for `name`, good for two days; return the file that holds it and its key."""
    key, cert, both = directory / "key.pem", directory / "cert.pem", directory / f"{name}.pem"
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "2",
        "-subj",
        f"/CN={name}",
        "-addext",
        f"subjectAltName=DNS:{name}",
        "-keyout",
        str(key),
        "-out",
        str(cert),
    ]
    try:
        subprocess.run(command, check=True, capture_output=True)
    except FileNotFoundError:
        missing("openssl", "install the package openssl")
    both.write_text(cert.read_text() + key.read_text())
    return both


@pytest.fixture(scope="module")
def certificates(tmp_path_factory) -> dict[str, Path]:
    directory = tmp_path_factory.mktemp("certificates")
    return {name: certificate(directory, name) for name in ("localhost", "elsewhere.example")}


def shown(path: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


def trusting(path: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=path)


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_letters_go_through_tls(security, certificates):
    path = certificates["localhost"]
    with ScriptedServer(tls=shown(path), implicit_tls=security == "tls", login=("reseau", "geheim")) as server:
        sender = provider(server.port, security=security, tls=trusting(path), user="reseau", password="geheim")
        session = sender.connect()
        assert set(tell(session.send([outgoing(n) for n in range(20)])).values()) == {"A"}
        session.close()
        assert len(server.recipients()) == 20


@pytest.mark.parametrize("security", ["starttls", "tls"])
@pytest.mark.parametrize(("name", "trusted"), [("localhost", False), ("elsewhere.example", True)])
def test_a_certificate_that_is_unknown_or_for_another_name_stops_everything(security, name, trusted, certificates):
    path = certificates[name]
    context = trusting(path) if trusted else ssl.create_default_context()
    with ScriptedServer(tls=shown(path), implicit_tls=security == "tls") as server:
        outcomes = list(provider(server.port, security=security, tls=context).connect().send([outgoing(1)]))
        assert tell(outcomes) == {1: "P"}
        assert "certificat" in outcomes[0].text
        assert not any(command.startswith(b"MAIL") for command in server.commands)


@pytest.mark.parametrize(
    ("fault", "tls"),
    [
        (None, False),
        (Fault("starttls", b"454 4.7.0 not now", times=0), True),
        (Fault("starttls", close=True, times=0), True),
        (Fault("ehlo", b"502 what?", times=0), True),
    ],
    ids=["not offered", "refused", "dropped", "HELO only"],
)
def test_without_starttls_nothing_goes_in_clear(fault, tls, certificates):
    path = certificates["localhost"]
    faults = [fault] if fault else []
    with ScriptedServer(*faults, tls=shown(path) if tls else None, login=("reseau", "geheim")) as server:
        sender = provider(server.port, security="starttls", tls=trusting(path), user="reseau", password="geheim")
        assert tell(sender.connect().send([outgoing(1), outgoing(2)])) == {1: "P", 2: "P"}
        assert not [c for c in server.commands if c.startswith((b"MAIL", b"AUTH"))]


@pytest.mark.parametrize(
    "faults",
    [(), (Fault("auth", b"454 4.7.0 temporary", times=0),), (Fault("auth", close=True, times=0),)],
    ids=["wrong password", "temporary", "dropped"],
)
def test_a_refused_log_in_is_the_providers_affair(faults):
    with ScriptedServer(*faults, login=("reseau", "geheim")) as server:
        outcomes = list(provider(server.port, user="reseau", password="falsch").connect().send([outgoing(1)]))
        assert tell(outcomes) == {1: "P"}
        assert "falsch" not in outcomes[0].text
        assert not [c for c in server.commands if c.startswith(b"MAIL")]


def test_a_log_in_that_is_not_offered_is_the_providers_affair():
    with ScriptedServer() as server:
        assert tell(provider(server.port, user="reseau", password="x").connect().send([outgoing(1)])) == {1: "P"}


def configured(**values: str) -> Settings:
    return load_settings(ROOT, {"NEWSLETTER_SENDING__PROVIDER": "smtp", **values})


def test_the_settings_make_a_provider_that_checks_certificates():
    sender = open_provider(configured(NEWSLETTER_SENDING__SMTP__HOST="relais.example.org"))
    assert (sender.name, sender.wants, sender.idempotent) == ("smtp", "pieces", False)
    assert sender.tls.verify_mode is ssl.CERT_REQUIRED and sender.tls.check_hostname


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({"NEWSLETTER_SENDING__SMTP__USER": "reseau"}, "no password"),
        ({"NEWSLETTER_SENDING__SMTP__USER": "reseau", "NEWSLETTER_SMTP_PASSWORD": "clé"}, "plain ASCII"),
        ({"NEWSLETTER_SENDING__SMTP__HOST": "a..b"}, "no host name"),
        (
            {
                "NEWSLETTER_SENDING__SMTP__USER": "reseau",
                "NEWSLETTER_SMTP_PASSWORD": "geheim",
                "NEWSLETTER_SENDING__SMTP__SECURITY": "none",
                "NEWSLETTER_SENDING__SMTP__HOST": "relais.example.org",
            },
            "in clear",
        ),
    ],
)
def test_a_setting_that_cannot_work_is_named_before_anything_is_sent(values, word):
    with pytest.raises(ProviderError, match=word) as caught:
        open_provider(configured(**values))
    assert caught.value.where and caught.value.hint and "geheim" not in str(caught.value)


def test_the_password_is_not_shown():
    assert "geheim" not in repr(provider(25, user="reseau", password="geheim"))


def test_an_unknown_provider_is_named_with_its_neighbour():
    with pytest.raises(ProviderError, match="did you mean `smtp`"):
        open_provider(configured(NEWSLETTER_SENDING__PROVIDER="smpt"))
