"""`newsletter bounces` and `newsletter doctor` as a user types them: letters in an outbox, and reports on them."""

from __future__ import annotations

import email
from email import policy
from pathlib import Path

import pytest
from click.testing import CliRunner

from newsletter.cli import cli
from tests.actions.returned_mail import dsn
from tests.cli.conftest import Newsletter, run
from tests.conftest import ROOT

CORPUS = ROOT / "tests" / "data" / "bounces"


@pytest.fixture
def sent(workspace: Path, newsletter: Newsletter) -> list[tuple[str, str]]:
    """The lettre lies in the outbox: (address, Message-ID) of each copy."""
    assert newsletter("send", "2026-11-lettre", "--json").json["sent"] == 60
    letters = [
        email.message_from_bytes(path.read_bytes(), policy=policy.default)
        for path in sorted((workspace / "outbox" / "2026-11-lettre").glob("*.eml"))
    ]
    return [(str(letter["To"]), str(letter["Message-ID"])) for letter in letters]


def returned(folder: Path, letters: list[tuple[str, str]], status: str = "5.1.1") -> Path:
    folder.mkdir(exist_ok=True)
    for n, (address, name) in enumerate(letters):
        raw = dsn("retours@rtes.fr", address, status, f"550 {status} no", copy=f"Message-ID: {name}")
        (folder / f"{n}.eml").write_bytes(raw)
    return folder


def test_what_came_back_is_read_listed_and_set_right(sent, newsletter, tmp_path):
    folder = returned(tmp_path / "retours", sent[:3])
    first = sent[0][0]
    assert newsletter("bounces", "read", str(folder), "--json").json == {
        "messages": 3,
        "effects": 3,
        "counts": {"hard": 3},
    }
    assert newsletter("bounces", "read", str(folder), "--json").json["counts"] == {"repeated": 3}

    listed = newsletter("bounces", "list", "--json").json
    assert {one["email"] for one in listed} == {address for address, _name in sent[:3]}
    assert all(one["state"] == "bounced" and one["status"] == "5.1.1" for one in listed)

    grouped = newsletter("bounces", "list", "--by-organisation", "--json").json
    assert sum(len(town["failing"]) for town in grouped) == 3
    failing = {one["email"] for town in grouped for one in town["failing"]}
    assert not failing & {contact["address"] for town in grouped for contact in town["others"]}
    plain = newsletter("bounces", "list", "--by-organisation").out
    assert first in plain and "failing" in plain

    back = newsletter("bounces", "reverse", first, "--why", "boîte réparée", "--json")
    assert "lettre" in back.json["publications"]
    assert first not in newsletter("bounces", "list").out


@pytest.mark.parametrize(
    "arguments",
    [
        ("reverse", "a@b.fr"),
        ("read",),
        ("read", "--imap", "."),
        ("read", "/nowhere"),
        ("classify",),
    ],
)
def test_what_is_left_out_is_a_mistake_of_usage(arguments):
    assert CliRunner().invoke(cli, ["bounces", *arguments]).exit_code == 2


@pytest.mark.parametrize("arguments", [("reverse", "inconnue@ville.fr", "--why", "x"), ("read", "--imap")])
def test_what_cannot_be_done_is_one_line_on_stderr(workspace, newsletter, arguments):
    ran = newsletter("bounces", *arguments)
    assert (ran.code, ran.out) == (1, "") and ran.err.startswith("error: ") and "Traceback" not in ran.err


def test_classifying_prints_one_list_and_needs_no_workspace(tmp_path):
    ran = run(tmp_path, "bounces", "classify", str(CORPUS), "--json")
    assert ran.code == 0 and len(ran.json) > 60
    assert all({"file", "kind", "recipients", "status", "suppress"} <= set(one) for one in ran.json)
    kinds = {one["kind"] for one in ran.json}
    assert kinds <= {
        "hard",
        "soft",
        "block",
        "complaint",
        "auto_reply",
        "human",
        "unsubscribe_request",
        "success",
        "unknown",
    }
    assert {"hard", "soft", "block", "complaint", "auto_reply", "human", "unsubscribe_request"} <= kinds
    lines = run(tmp_path, "bounces", "classify", str(CORPUS)).out.splitlines()
    assert len(lines) == len(ran.json)


def test_the_doctor_prints_each_line_and_ends_well_while_nothing_leaves(workspace, newsletter):
    found = newsletter("doctor", "--offline", "--json")
    assert found.code == 0 and found.json["level"] == "amber"
    assert all({"code", "level", "text", "advice"} == set(line) for line in found.json["checks"])
    plain = newsletter("doctor", "--offline")
    assert "Base de données SQLite" in plain.out and "→" in plain.out


def test_the_doctor_fails_when_a_real_sending_would(workspace, newsletter):
    ran = newsletter("doctor", "--offline", NEWSLETTER_SENDING__PROVIDER="brevo")
    assert ran.code == 1 and "error: " in ran.err and "red" in ran.err
    assert "NEWSLETTER_BREVO_API_KEY" in ran.out
