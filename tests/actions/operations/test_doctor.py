"""The doctor's lines: each green, amber or red for the right reason, with a next step, whatever the network does."""

from __future__ import annotations

import base64
import time

import pytest

from newsletter.actions.operations import doctor, doctor_local
from newsletter.actions.operations.doctor import worst
from newsletter.actions.operations.doctor_dns import same_organisation
from newsletter.actions.operations.doctor_lines import Level
from newsletter.actions.workspace import Workspace
from newsletter.errors import ExchangeError
from newsletter.settings import DatabaseSettings, DomainCap, Smtp
from newsletter.settings_web import Web
from newsletter.store import journal
from newsletter.store.journal import Event
from tests.actions.operations.doctor_people import D, lines, rsa, sending, txt


def test_a_faulty_sqlite_and_a_ledger_that_forgets_are_told(workspace, nameserver, monkeypatch):
    monkeypatch.setattr(doctor_local, "library_fault", lambda: "3.40.1")
    made = workspace()
    database = made.settings.database.model_copy(update={"durable": False})
    made.settings = made.settings.model_copy(update={"database": database})
    found = lines(made, nameserver)
    assert "3.40.1" in found["sqlite"].text and "sqlite" in found["sqlite"].advice
    assert found["durable"].level is Level.AMBER


def test_everything_in_order_is_green(workspace, nameserver):
    found = lines(workspace(), nameserver)
    assert {line.code: (line.level, line.text) for line in found.values() if line.level is not Level.GREEN} == {}
    assert set(found) == {
        "secret",
        "database",
        "durable",
        "clock",
        "base-url",
        "one-click",
        "provider",
        "quota",
        "operators",
        "way-back",
        "alignment",
        "spf",
        "dkim",
        "dmarc",
        "bimi",
        "mx",
        "images",
        "ptr",
        "letters",
    }
    assert worst(list(found.values())) is Level.GREEN


DNS_CASES = [
    ("spf", (D, "TXT"), [], "red"),
    ("spf", (D, "TXT"), txt("v=spf1 -all", "v=spf1 ~all"), "red"),
    ("spf", (D, "TXT"), txt("v=spf1 +all"), "red"),
    ("spf", (D, "TXT"), txt("v=spf1 all"), "red"),
    ("spf", (D, "TXT"), txt("v=spf1 ip4:8.8.8.8"), "amber"),
    ("spf", (D, "TXT"), txt("v=spf1 ?all"), "amber"),
    ("spf", (D, "TXT"), txt("v=spf10 -all"), "red"),
    ("spf", (D, "TXT"), txt("v=spf1 " + "a:x.example " * 11 + "-all"), "red"),
    ("spf", (D, "TXT"), txt("v=spf1 " + "a:x.example " * 10 + "~all"), "green"),
    ("spf", (D, "TXT"), txt("v=spf1 include:lettre.example -all"), "red"),
    ("spf", (D, "TXT"), txt("V=SPF1 redirect=spf.relay.example"), "green"),
    ("dkim", (f"mail._domainkey.{D}", "TXT"), [], "amber"),
    ("dkim", (f"mail._domainkey.{D}", "TXT"), txt(f"v=DKIM1; p={rsa(1024)}"), "amber"),
    ("dkim", (f"mail._domainkey.{D}", "TXT"), txt(f"p={rsa(512)}"), "red"),
    ("dkim", (f"mail._domainkey.{D}", "TXT"), txt("k=ed25519; p=" + base64.b64encode(bytes(32)).decode()), "green"),
    ("dmarc", (f"_dmarc.{D}", "TXT"), [], "red"),
    ("dmarc", (f"_dmarc.{D}", "TXT"), txt("v=DMARC1; p=none; rua=mailto:d@lettre.example"), "amber"),
    ("dmarc", (f"_dmarc.{D}", "TXT"), txt("v=DMARC1; p=reject"), "amber"),
    ("dmarc", (f"_dmarc.{D}", "TXT"), txt("v=DMARC1; p=reject; rua=mailto:d@lettre.example"), "green"),
    ("dmarc", (f"_dmarc.{D}", "TXT"), txt("v=DMARC1; p=reject; pct=50; rua=mailto:d@lettre.example"), "amber"),
    ("dmarc", (f"_dmarc.{D}", "TXT"), txt("v=DMARC1; p=reject; t=y; rua=mailto:d@lettre.example"), "amber"),
    ("dmarc", (f"_dmarc.{D}", "TXT"), txt("v=DMARC1; p=reject; np=nein; rua=mailto:d@lettre.example"), "amber"),
    ("dmarc", (f"_dmarc.{D}", "TXT"), txt("v=DMARC1; p=perhaps"), "red"),
    ("dmarc", (f"_dmarc.{D}", "TXT"), txt("v=DMARC10; p=reject"), "red"),
    ("bimi", (f"default._bimi.{D}", "TXT"), txt("v=BIMI1; l=https://lettre.example/logo.svg"), "amber"),
    ("bimi", (f"default._bimi.{D}", "TXT"), txt("v=BIMI1; l=http://lettre.example/logo.png"), "amber"),
    ("bimi", (f"default._bimi.{D}", "TXT"), txt("v=BIMI1; l=; a="), "green"),
    (
        "bimi",
        (f"default._bimi.{D}", "TXT"),
        txt("v=BIMI1; l=https://lettre.example/logo.svg; a=https://lettre.example/logo.pem"),
        "green",
    ),
    ("dmarc", (f"_dmarc.{D}", "TXT"), txt("v=DMARC1; p=none", "v=DMARC1; p=reject"), "red"),
    ("mx", (D, "MX"), [], "amber"),
    ("mx", (D, "MX"), ["0 ."], "red"),
    ("ptr", ("8.8.8.8.in-addr.arpa.", "PTR"), [], "red"),
    ("ptr", ("8.8.8.8.in-addr.arpa.", "PTR"), ["other.example."], "red"),
    ("ptr", ("relay.example.", "A"), ["10.0.0.1"], "amber"),
]


@pytest.mark.parametrize(("code", "where", "records", "level"), DNS_CASES)
def test_each_fault_of_the_name_system_is_named(workspace, nameserver, code, where, records, level):
    nameserver.zone[where] = records
    found = lines(workspace(), nameserver)
    assert (
        found[code].level,
        {c for c, line in found.items() if line.level is not Level.GREEN} - {code, "letters"},
    ) == (
        level,
        set(),
    )


@pytest.mark.parametrize(
    ("selector", "level"), [("mail", "green"), ("mail, absent", "red"), ("absent", "red"), ("revoked", "red")]
)
def test_a_configured_selector_must_hold_a_key(workspace, nameserver, selector, level):
    nameserver.zone[f"revoked._domainkey.{D}", "TXT"] = txt("v=DKIM1; p=")
    ws = workspace(sending=sending(options={"dkim_selector": selector}))
    assert lines(ws, nameserver)["dkim"].level == level


def test_a_policy_above_the_sending_domain_counts(workspace, nameserver):
    nameserver.zone[f"_dmarc.sous.{D}", "TXT"] = []
    nameserver.zone[f"_dmarc.{D}", "TXT"] = txt("v=DMARC1; p=none; sp=reject")
    ws = workspace(sending=sending(**{"from": "animation@sous.lettre.example"}))
    assert "p=reject" in lines(ws, nameserver)["dmarc"].text


@pytest.mark.parametrize(
    ("above", "policy"),
    [
        ("v=DMARC1; p=quarantine", "p=quarantine"),
        ("v=DMARC1; p=none; sp=reject; psd=n", "p=reject"),
    ],
)
def test_the_tree_is_walked_up_to_the_organisation(workspace, nameserver, above, policy):
    nameserver.zone[f"_dmarc.{D}", "TXT"] = txt(above)
    nameserver.zone["_dmarc.example.", "TXT"] = txt("v=DMARC1; p=none; psd=y")
    ws = workspace(sending=sending(**{"from": "animation@une.deux.trois.quatre.cinq.six.sept.huit.lettre.example"}))
    assert policy in lines(ws, nameserver)["dmarc"].text


@pytest.mark.parametrize("fault", ["silent", "broken", "rootless"])
def test_a_network_that_does_not_answer_leaves_amber_lines_in_bounded_time(workspace, nameserver, fault):
    if fault == "rootless":
        nameserver.zone = {}
    else:
        setattr(nameserver, fault, True)

    def nowhere(url: str) -> int:
        raise ExchangeError("it cannot be fetched", where=url)

    began = time.monotonic()
    found = lines(workspace(), nameserver, nowhere, seconds=1.0)
    assert time.monotonic() - began < 8
    amber = {code for code, line in found.items() if line.level is Level.AMBER}
    assert amber == {"spf", "dkim", "dmarc", "bimi", "mx", "ptr", "images"}
    assert all(line.level is not Level.RED for line in found.values())


def test_offline_asks_nobody_anything(workspace, nameserver):
    asked = []
    found = lines(workspace(), nameserver, asked.append, offline=True)
    assert (nameserver.asked, asked) == (0, [])
    assert found["spf"].level is Level.AMBER


THREE = DomainCap(domains=("x.fr",), connections=3)
SETTINGS_CASES = [
    ("base-url", {"web": Web(base_url="http://lettre.example")}, "red"),
    ("base-url", {"web": Web(base_url="https://localhost:8025")}, "red"),
    ("one-click", {"web": Web(base_url="http://lettre.example")}, "red"),
    ("one-click", {"web": Web(base_url="https://lettre.example/" + "x" * 900)}, "red"),
    ("provider", {"sending": sending(smtp=Smtp(host="relay.example", user="u"))}, "red"),
    ("quota", {"sending": sending(daily=3)}, "amber"),
    ("quota", {"sending": sending(daily=5)}, "green"),
    ("quota", {"sending": sending(rate=0.0001)}, "amber"),
    ("operators", {"sending": sending(**{"from": "no-reply@lettre.example"})}, "amber"),
    ("operators", {"sending": sending(caps={})}, "red"),
    ("operators", {"sending": sending(caps=dict.fromkeys(("orange", "laposte"), THREE))}, "red"),
    ("operators", {"sending": sending(smtp=Smtp(host="relay.example", messages_per_connection=101))}, "red"),
    ("way-back", {"sending": sending(return_path="")}, "amber"),
    ("alignment", {"sending": sending(return_path="")}, "amber"),
    ("alignment", {"sending": sending(return_path="retours@elsewhere.example")}, "amber"),
    ("alignment", {"sending": sending(return_path="r" * 60 + "@lettre.example")}, "red"),
    ("alignment", {"sending": sending(return_path="retours@bounces.lettre.example")}, "green"),
    ("way-back", {"sending": sending(provider="mailjet")}, "green"),
    ("database", {"database": DatabaseSettings(url="sqlite:////nowhere/at/all.db")}, "red"),
]


@pytest.mark.parametrize(("code", "changed", "level"), SETTINGS_CASES)
def test_each_fault_of_the_settings_is_named(workspace, nameserver, code, changed, level):
    assert lines(workspace(**changed), nameserver)[code].level == level


@pytest.mark.parametrize(
    ("secret", "level"),
    [
        ("", "red"),
        ("short", "red"),
        ("0123456789abcdef", "amber"),
        ("ab" * 32, "amber"),
        ("0123456789abcdef" * 2, "green"),
        ("0123456789abcdef" * 2 + " " + "a" * 40, "amber"),
    ],
)
def test_a_weak_secret_is_named(workspace, nameserver, secret, level):
    ws = workspace()
    kept = {name: value for name, value in ws.settings.secrets.items() if name != "secret"}
    made = type(ws.settings.secrets["imap_password"])(secret)
    ws = Workspace(ws.settings.model_copy(update={"secrets": {**kept, "secret": made}}))
    assert lines(ws, nameserver)["secret"].level == level


def test_a_webhook_without_a_secret_is_named(workspace, nameserver):
    ws = workspace(sending=sending(provider="brevo"))
    kept = {name: value for name, value in ws.settings.secrets.items() if name != "brevo_webhook_secret"}
    found = lines(Workspace(ws.settings.model_copy(update={"secrets": kept})), nameserver)
    assert found["way-back"].level is Level.AMBER and "NEWSLETTER_BREVO_WEBHOOK_SECRET" in found["way-back"].text
    assert "https://lettre.example/hooks/brevo" in found["way-back"].advice


@pytest.mark.parametrize(("status", "level"), [(200, "green"), (404, "red"), (500, "red"), (403, "red")])
def test_pictures_that_readers_would_not_see_are_named(workspace, nameserver, status, level):
    asked = []

    def reach(url: str) -> int:
        asked.append(url)
        return status

    assert lines(workspace(), nameserver, reach)["images"].level == level
    assert asked == ["https://lettre.example/images/a.png"]


def test_without_a_published_picture_there_is_nothing_to_look_at(workspace, nameserver):
    ws = workspace()
    (ws.published() / "a.png").unlink()
    assert lines(ws, nameserver)["images"].level is Level.AMBER


def test_a_clock_that_went_backwards_is_named(workspace, nameserver):
    ws = workspace()
    with ws.database.write() as c:
        journal.record_event(c, Event(time.time() + 3600, "subscribed"))
    assert lines(ws, nameserver)["clock"].level is Level.RED


@pytest.mark.parametrize(("behind", "level"), [(0, "green"), (60, "amber"), (1000, "red")])
def test_a_clock_other_than_the_databases_is_named(workspace, nameserver, behind, level):
    ws = workspace()
    assert lines(Workspace(ws.settings, lambda: time.time() - behind), nameserver)["clock"].level == level


def test_a_database_that_cannot_be_written_is_named_and_the_rest_still_checked(workspace, nameserver, monkeypatch):
    from newsletter.errors import StoreError

    def full(_database):
        raise StoreError("the database refused: disk is full")

    monkeypatch.setattr(doctor.doctor_local.probe, "try_write", full)
    found = lines(workspace(), nameserver)
    assert found["database"].level is Level.RED and "disk is full" in found["database"].text
    assert found["spf"].level is Level.GREEN


def test_trying_the_database_leaves_nothing_behind(workspace):
    from newsletter.store.engine import probe
    from newsletter.store.tables.core import paces

    ws = workspace()
    for _again in range(2):
        probe.try_write(ws.database)
    with ws.database.read() as c:
        assert c.execute(paces.select()).all() == []
    ws.close()


def test_while_nothing_leaves_only_what_breaks_the_outbox_is_red(workspace, nameserver):
    nameserver.zone = {(".", "NS"): ["a.example."]}
    ws = workspace(sending=sending(provider="outbox"), web=Web(base_url="http://localhost:8025"))
    found = lines(ws, nameserver)
    assert {line.level for line in found.values()} == {Level.GREEN, Level.AMBER}
    assert found["spf"].level is found["base-url"].level is found["provider"].level is Level.AMBER


@pytest.mark.parametrize(
    ("one", "other", "together"),
    [
        ("rtes.fr", "lettre.rtes.fr", True),
        ("a.rtes.fr", "b.rtes.fr", True),
        ("rtes.fr", "rtes.org", False),
        ("x.gouv.fr", "y.gouv.fr", False),
        ("a.x.gouv.fr", "x.gouv.fr", True),
        ("rtes.fr", "xrtes.fr", False),
    ],
)
def test_domains_are_aligned_by_their_organisation(one, other, together):
    assert same_organisation(one, other) is together
