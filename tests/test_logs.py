"""Logs: nothing personal, no token and no secret in them, whatever happens; one object a line when they are JSON."""

from __future__ import annotations

import io
import json
import logging
import re
import socket
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from aiosmtpd.controller import Controller

from newsletter import logs
from newsletter.actions import mail
from newsletter.actions.archive import public_letters
from newsletter.actions.imports import subscribers as subscriber_imports
from newsletter.actions.operations.start import init, load_people
from newsletter.actions.sending import mailings
from newsletter.actions.sending.approval import approve_issue
from newsletter.actions.team import users
from newsletter.actions.workspace import Workspace, open_workspace
from newsletter.jobs.loop import run_due
from newsletter.jobs.table import TABLE, Work
from newsletter.logs import GONE, JsonLines, TextLines, redact
from newsletter.rendering.notice import Notice
from newsletter.settings_file import load_settings
from newsletter.store.tables.core import subscribers
from tests.web.server import serving

FORMS = (TextLines, JsonLines)
SECRETS = {
    "NEWSLETTER_SMTP_PASSWORD": "correct-horse-battery",
    "NEWSLETTER_BREVO_WEBHOOK_SECRET": "a-webhook-secret-of-some-length",
    "NEWSLETTER_METRICS_TOKEN": "the-token-of-the-monitor",
}
IP = "203.0.113.77"


@pytest.mark.parametrize(
    ("text", "gone"),
    [
        ("550 5.1.1 <jean.dupont@mairie-x.fr>: unknown", "jean.dupont@mairie-x.fr"),
        ("RCPT TO:<o'neil+flash@example.org>", "neil+flash@example.org"),
        ("marie@xn--mairie-d1a.fr is suppressed", "marie@"),
        ("hélène@mairie.example left", "hélène@"),
        ("user@localhost refused", "user@localhost"),
        ("GET /x?mail=jean.dupont%40mairie.fr", "jean.dupont"),
        ("GET /desabonnement/AVk3bGFuZ2VzLWV0LXRva2Vucy1sb25ncw HTTP/1.1", "AVk3bGFuZ2Vz"),
        ("GET /lettres/x?cle=abc.def HTTP/1.1", "abc.def"),
        ("POST /hooks/scaleway?token=short HTTP/1.1", "short"),
        ("key 0123456789abcdef0123456789abcdef0123 read", "0123456789abcdef"),
        ("Authorization: Bearer s3cr3t-value", "s3cr3t"),
        ("authorization: basic bGV0dHJlOnNlY3JldA==", "bGV0dHJl"),
        ("postgresql+psycopg://letters:pa-ss@db.internal/letters", "pa-ss"),
        ("connection from 198.51.100.7:51234 closed", "198.51.100.7"),
        ("connection from [2001:db8::17]:25 refused", "2001:db8"),
        ("from 2001:db8:0:1::17: refused", "2001:db8"),
        ("the password correct-horse-battery was wrong", "correct-horse"),
    ],
)
@pytest.mark.parametrize("form", FORMS)
def test_it_is_taken_out(form, text, gone) -> None:
    record = logging.makeLogRecord({"name": "newsletter", "msg": "%s", "args": (text,)})
    line = form(["correct-horse-battery"]).format(record)
    assert gone not in line
    assert (GONE in line) or ("\\u2026" in line)


@pytest.mark.parametrize(
    "text",
    [
        "Uvicorn running on http://127.0.0.1:8025 (Press CTRL+C to quit)",
        "listening on [::]:8025 and 0.0.0.0:8025",
        "GET /lettres/2026-11-lettre HTTP/1.1",
        "GET /studio/articles/points-de-reperess-juridique-et-tres-long-titre HTTP/1.1",
        "GET /images/3f2a9c04b1d5e6f708192a3b-1280.webp HTTP/1.1",
        "2026-11-lettre: 3 of 12 messages were refused for good",
        "set NEWSLETTER_POSTMARK_WEBHOOK_SECRET in the environment",
        "newsletter.store.migrations.run at 20:46:27, 550 5.1.1, version 2.0.46",
        "a sender ended unexpectedly: 3 queued again, 1 doubtful",
    ],
)
def test_what_an_operator_needs_stays(text) -> None:
    assert redact(text) == text


@pytest.mark.parametrize("form", FORMS)
def test_a_traceback_is_redacted_and_a_message_makes_no_lines_of_its_own(form) -> None:
    try:
        raise ValueError("no mailbox jean@mairie.example")
    except ValueError as error:
        info = (ValueError, error, error.__traceback__)
    values = {"name": "x", "msg": "first\nERROR newsletter: forged\u2028line", "exc_info": info}
    line = form().format(logging.makeLogRecord(values))
    assert "jean@" not in line
    assert "ValueError" in line
    assert "forged" in line.splitlines()[0]


@pytest.mark.parametrize("mark", ["\x1b[2J", "\b\b", "\x9b1A", "\u202e", "\x85", "\0"])
def test_a_message_moves_no_cursor(mark) -> None:
    line = TextLines().format(logging.makeLogRecord({"name": "x", "msg": f"a{mark}b"}))
    assert line.isprintable()


def test_a_forged_entry_in_an_exception_is_seen_as_part_of_it() -> None:
    try:
        raise ValueError("wrong\n2026-11-26T10:00:00.000+00:00 INFO newsletter: all is well\x1b[1A")
    except ValueError as error:
        info = (ValueError, error, error.__traceback__)
    lines = TextLines().format(logging.makeLogRecord({"name": "x", "msg": "failed", "exc_info": info})).split("\n")
    assert len(lines) > 3
    assert all(line.startswith("  ") and line.isprintable() for line in lines[1:])


def test_json_holds_one_object_a_line_with_the_extras() -> None:
    record = logging.makeLogRecord(
        {"name": "newsletter.jobs", "levelno": 30, "levelname": "WARNING", "msg": "é", "issue": "2026-11", "n": 3}
    )
    line = JsonLines().format(record)
    assert line.isascii()
    entry = json.loads(line)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", entry.pop("time"))
    assert entry == {"level": "warning", "logger": "newsletter.jobs", "message": "é", "issue": "2026-11", "n": 3}


@pytest.mark.parametrize("text", ["a" * 100_000, "a@" * 50_000, "1." * 50_000, ":" * 100_000, "aA" * 50_000])
def test_a_hostile_message_is_cut_and_costs_no_time(text) -> None:
    assert len(redact(text)) <= logs.MOST_CHARACTERS + len(GONE)


class _Grumpy:
    """An SMTP server that refuses most people, in words that quote them."""

    async def handle_RCPT(self, _server, _session, envelope, address, _options):
        kind = sum(address.encode()) % 3
        if kind == 0:
            return f"550 5.1.1 <{address}>: no such mailbox here, seen from {IP}"
        if kind == 1:
            return f"451 4.7.1 <{address}>: try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server, _session, envelope):
        return f"554 5.7.1 refused for {envelope.rcpt_tos[0]}"


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch) -> Iterator[Workspace]:
    """A workspace with subscribers, whose SMTP server is grumpy."""
    init(tmp_path, sample=True)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = Controller(_Grumpy(), hostname="127.0.0.1", port=port)
    server.start()
    found = {
        **SECRETS,
        "NEWSLETTER_SENDING__PROVIDER": "smtp",
        "NEWSLETTER_SENDING__SMTP__HOST": "127.0.0.1",
        "NEWSLETTER_SENDING__SMTP__PORT": str(port),
        "NEWSLETTER_SENDING__SMTP__SECURITY": "none",
        "NEWSLETTER_WEB__TRUSTED_PROXIES": '["127.0.0.1"]',
    }
    for name, value in found.items():
        monkeypatch.setenv(name, value)
    made = open_workspace(tmp_path)
    load_people(made, 60)
    yield made
    made.close()
    server.stop()


def ask(url: str, data: bytes | None = None, **headers: str) -> int:
    request = urllib.request.Request(url, data, {"X-Forwarded-For": IP, **headers})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


@pytest.mark.parametrize("form", FORMS)
def test_a_day_of_work_leaves_nobody_in_the_logs(workspace, monkeypatch, form) -> None:
    """Requests with tokens, faults, a failing sending, webhooks and an import: the log holds none of their data."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    with workspace.database.read() as connection:
        people = connection.execute(sa.select(subscribers.c.address, subscribers.c.uid, subscribers.c.last_name)).all()
    tokens = [SECRETS["NEWSLETTER_METRICS_TOKEN"]]
    with serving(workspace) as url:
        formatter = logs.config(workspace.settings)["formatters"]["lines"]
        handler.setFormatter(form(formatter["secrets"]))
        logging.getLogger().addHandler(handler)
        for name in ("newsletter", "uvicorn"):
            logging.getLogger(name).setLevel(logging.DEBUG)
        try:
            for _address, uid, _name in people[:4]:
                paths = [
                    urllib.parse.urlsplit(made).path
                    for made in (workspace.links.preferences(uid), workspace.links.unsubscribe(uid, "lettre"))
                ]
                tokens += [path.rpartition("/")[2] for path in paths]
                assert [ask(url + path) for path in paths] == [200, 200]
            assert ask(f"{url}/preferences/{tokens[1][:-4]}AAAA") == 404
            typed = urllib.parse.urlencode({"address": "nouvelle.venue@example.net", "publications": "lettre"})
            assert ask(f"{url}/abonnement", typed.encode()) == 422
            assert ask(f"{url}/abonnement?email=nouvelle.venue%40example.net") == 200
            assert ask(f"{url}/metrics", Authorization=f"Bearer {tokens[0]}") == 200
            tokens.append(users.make_token(workspace, "Site", "people", "test"))
            shown = urllib.parse.quote(people[0].address)
            assert ask(f"{url}/api/v1/people?address={shown}", Authorization=f"Bearer {tokens[-1]}") == 200
            assert ask(f"{url}/api/v1/people?limit=1&address={people[0].address}&key={tokens[-1]}") == 401
            event = json.dumps({"event": "hard_bounce", "email": people[0].address}).encode()
            hook = f"{url}/hooks/brevo"
            assert ask(hook, event, Authorization="Bearer wrong") == 403
            proof = f"Bearer {SECRETS['NEWSLETTER_BREVO_WEBHOOK_SECRET']}"
            assert ask(hook, event + b"}{", Authorization=proof) == 400
            assert ask(hook, event, Authorization=proof) == 200
            with monkeypatch.context() as patch:
                patch.setattr(public_letters, "read_letter", _burst(f"{people[0].address} from {IP}, {tokens[1]}"))
                assert ask(f"{url}/lettres/2026-11-lettre?cle={tokens[1]}") == 500
            mailings.begin_mailing(workspace, approve_issue(workspace, "2026-11-lettre", by="test", now=True))
            table = {work.name: work for work in TABLE}
            stop = threading.Event()
            assert run_due(workspace, table["deliver"], stop)
            broken = Work("broken", _burst(f"<{people[1].address}> refused by {IP}"), 60, "fails")
            assert run_due(workspace, broken, stop)
            note = Notice(subject="Votre lien", heading="Votre lien", paragraphs=("Bonjour",))
            assert not mail.post(workspace, f"{people[2].address}, {people[3].address}", note)
            file = workspace.root / "people.csv"
            file.write_text("email;nom\nun.nouveau@example.net;Nouveau\nfaux@@example;Erreur\n", "utf-8")
            plan, _n = subscriber_imports.import_subscribers(
                workspace, subscriber_imports.open_source(file), "lettre", by="test"
            )
            assert plan.rows == 2
        finally:
            logging.getLogger().removeHandler(handler)
    text = written.getvalue()
    receipt = mailings.mailing_receipt(workspace, "2026-11-lettre")
    assert receipt.refused > 0
    for expected in (
        "/lettres/2026-11-lettre",
        "broken",
        "a notice did not leave",
        "was not proven",
        " 422",
        "Traceback",
    ):
        assert expected in text.replace('"status": ', " "), expected
    for token in filter(None, [*tokens, *SECRETS.values(), workspace.settings.secret("secret"), IP]):
        assert token not in text
    for address, _uid, name in people:
        assert address not in text
        assert urllib.parse.quote(address) not in text
        assert not name or not re.search(rf"\b{re.escape(name)}\b", text), name
    for word in ("example.net", "nouvelle.venue", "un.nouveau", "Nouveau", "faux@@"):
        assert word not in text
    assert "@" not in text.replace("://…@", "")
    if form is JsonLines:
        assert all(isinstance(json.loads(line), dict) for line in text.splitlines())


def _burst(words: str):
    def burst(*_args):
        raise RuntimeError(words)

    return burst


def test_the_setting_chooses_the_form_and_its_environment_variable_goes_before(tmp_path, monkeypatch) -> None:
    init(tmp_path)
    assert logs.config(load_settings(tmp_path))["formatters"]["lines"]["()"] == "newsletter.logs.TextLines"
    monkeypatch.setenv("NEWSLETTER_LOG__FORMAT", "json")
    monkeypatch.setenv("NEWSLETTER_LOG__LEVEL", "warning")
    made = logs.config(load_settings(tmp_path))
    assert made["formatters"]["lines"]["()"] == "newsletter.logs.JsonLines"
    assert made["loggers"]["newsletter"]["level"] == "WARNING"


def test_an_error_that_repeats_is_counted_and_not_printed_a_hundred_thousand_times():
    stream = io.StringIO()
    handler = logs.BoundedHandler(stream)
    handler.setFormatter(TextLines())
    log = logging.Logger("asyncio")
    log.addHandler(handler)
    for number in range(100_000):
        log.error("socket.accept() out of system resource %d", number)
    log.info("GET / 200")
    handler.close()
    lines = stream.getvalue().splitlines()
    assert len(lines) == logs.REPEATS + 2
    assert "99995 more messages of this kind left out in 60 s: socket.accept() out of system resource 5" in lines[-1]


def test_messages_that_are_never_twice_the_same_are_bounded_too_and_the_next_minute_counts_anew():
    stream = io.StringIO()
    handler = logs.BoundedHandler(stream)
    handler.setFormatter(TextLines())

    def record(number: int, at: float) -> logging.LogRecord:
        made = logging.LogRecord("library", logging.ERROR, "", 0, f"fault number {number}", None, None)
        made.created = at
        return made

    for number in range(5000):
        handler.handle(record(number, 1000.0))
    assert len(stream.getvalue().splitlines()) == logs.MOST_KINDS
    handler.handle(record(5000, 1061.0))
    lines = stream.getvalue().splitlines()
    assert "4800 more messages" in lines[logs.MOST_KINDS]
    assert "fault number 5000" in lines[-1]


@pytest.mark.parametrize("level", [logging.DEBUG, logging.INFO])
def test_what_is_no_fault_is_always_written(level):
    stream = io.StringIO()
    handler = logs.BoundedHandler(stream)
    log = logging.Logger("uvicorn.access")
    log.addHandler(handler)
    for _n in range(100):
        log.log(level, "GET / 200")
    assert len(stream.getvalue().splitlines()) == 100
