"""What comes back by mail: the whole corpus against its table, then hostile bytes."""

from __future__ import annotations

import csv
import time
from collections import Counter
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.providers.bounces import Classified, Kind, classify, dialects
from tests.conftest import ROOT

CORPUS = ROOT / "tests" / "data" / "bounces"
with (CORPUS / "expected.csv").open(encoding="utf-8") as table:
    EXPECTED = list(csv.DictReader(table, delimiter=";"))
SAMPLES = [(CORPUS / row["file"]).read_bytes() for row in EXPECTED]
FAILURES = ("hard", "soft", "block", "complaint")
NO_FAILURES = [raw for row, raw in zip(EXPECTED, SAMPLES, strict=True) if row["kind"] not in FAILURES]
RETURN_PATH = "retours+aaaaaaaaaaaae4vq6pjx3n5w2k7yfuzr@rtes.example"
MESSAGE_ID = "<2026-11-lettre.4711@rtes.example>"


def sample(name: str) -> bytes:
    return (CORPUS / f"{name}.eml").read_bytes()


def row_of(found: Classified) -> tuple[str, list[str], str, str]:
    return found.kind, list(found.recipients), found.status, "yes" if found.suppress else "no"


@pytest.mark.parametrize("row", EXPECTED, ids=lambda row: row["file"])
def test_a_sample_is_what_the_table_says(row):
    found = classify((CORPUS / row["file"]).read_bytes())
    assert row_of(found) == (row["kind"], row["recipients"].split(), row["status"], row["suppress"])


def test_the_table_and_the_corpus_name_the_same_files():
    assert sorted(row["file"] for row in EXPECTED) == sorted(file.name for file in CORPUS.glob("*.eml"))
    assert set(get_args(Kind)) == set(Counter(row["kind"] for row in EXPECTED))


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"], ids=["LF", "CRLF", "CR"])
@pytest.mark.parametrize("name", ["m365-fr-adresse-inconnue", "qmail-over-quota", "arf-abuse", "desabonnement-html"])
def test_line_ends_change_nothing(name, end):
    raw = sample(name)
    plain = raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    assert row_of(classify(plain.replace(b"\n", end))) == row_of(classify(raw))


@pytest.mark.parametrize("name", ["postfix-user-unknown", "arf-redacted", "qmail-no-mailbox", "gmail-no-such-user"])
def test_the_returned_letter_tells_which_one_it_was(name):
    found = classify(sample(name))
    assert MESSAGE_ID in found.message_ids
    assert RETURN_PATH in found.return_paths


def test_an_answer_names_the_letter_it_answers():
    assert classify(sample("humain-fr-question")).message_ids == (MESSAGE_ID,)


def test_only_dead_addresses_and_complaints_are_suppressed():
    suppressed = {found.kind for found in map(classify, SAMPLES) if found.suppress}
    assert suppressed == {"hard", "complaint"}


def test_a_diagnostic_is_one_short_line_without_control_characters():
    raw = sample("postfix-user-unknown").replace(b"User unknown", b"\x1b[31m\x00User\xe2\x80\xae unknown" + b"x" * 5000)
    diagnostic = classify(raw).diagnostic
    assert diagnostic.isprintable()
    assert 10 < len(diagnostic) <= 500


def test_an_address_of_ours_is_never_the_one_that_failed():
    raw = (
        b"From: MAILER-DAEMON@relais.example\nTo: retours@rtes.example\nSubject: Undeliverable\n\n"
        b"550 5.1.1 unknown user: retours@rtes.example\n"
    )
    assert row_of(classify(raw)) == ("unknown", [], "", "no")


def test_a_report_that_names_nobody_is_about_the_one_recipient_of_the_returned_letter():
    address = b"jeanne.martel@mairie-valbourg.example"
    raw = sample("postfix-user-unknown").replace(b"rfc822; " + address, b"x400; unknown")
    raw = raw.replace(b"rfc822;" + address, b"x400; unknown")
    assert classify(raw).recipients == (address.decode(),)


def test_a_library_that_raises_is_passed_over(monkeypatch):
    def broken(message):
        raise IndexError

    monkeypatch.setattr(dialects, "all_failures", broken)
    assert classify(sample("gmail-legacy-text")).recipients == ("nobody@webmail.example",)


@pytest.mark.parametrize("sender", [b"", b"MAILER-DAEMON", b"<>", b"\xff\xfe", b"=?utf-8?q?=00?="])
def test_a_daemon_without_an_address_is_read_and_nothing_is_logged(sender, caplog):
    raw = b"From: " + sender + b"\nSubject: failure notice\n\n<a@x.example>:\n550 5.1.1 unknown user\n"
    assert row_of(classify(raw)) == ("hard", ["a@x.example"], "5.1.1", "yes")
    assert caplog.records == []


@given(st.binary(max_size=3000))
@settings(max_examples=150, deadline=None)
def test_no_byte_string_makes_it_raise(raw):
    assert classify(raw).kind in get_args(Kind)


@given(st.sampled_from(SAMPLES), st.data())
@settings(max_examples=250, deadline=None)
def test_no_damaged_sample_makes_it_raise(raw, data):
    start = data.draw(st.integers(0, len(raw)))
    end = data.draw(st.integers(start, min(len(raw), start + 400)))
    found = classify(raw[:start] + data.draw(st.binary(max_size=60)) + raw[end:])
    assert found.kind in get_args(Kind)
    assert all("@" in address and "\n" not in address for address in found.recipients)


@given(st.sampled_from(NO_FAILURES), st.integers(0, 12000))
@settings(max_examples=150, deadline=None)
def test_what_is_no_failure_is_none_either_when_it_is_cut(raw, size):
    assert classify(raw[:size]).kind not in ("hard", "complaint")


DAEMON = b"From: MAILER-DAEMON@x.example\nSubject: failure notice\n\n"
PERSON = b"From: a@x.example\nSubject: Re: x\n\n"
REPORT = b"From: MAILER-DAEMON@x.example\nContent-Type: multipart/report; boundary=b\n\n"
STATUS = REPORT + b"--b\nContent-Type: message/delivery-status\n\n"
HTML = b"From: a@x.example\nContent-Type: text/html\n\n"
TAGS = b"".join(
    line + b"\n"
    for line in (
        b"here is your list of failed recipients",
        b"the following addresses had",
        b"Failed addresses follow:",
        b"Undeliverable Address:",
        b"Your message could not be delivered to",
        b"Did not reach the following recipient",
        b"A message that you sent could not be delivered",
        b"this is the email server at",
        b"- no such user here",
        b"Message not delivered to the following addresses",
        b"Your message to:",
        b"not yet been delivered",
    )
)
HOSTILE = {
    "one long line": DAEMON + b"a" * 520_000,
    "every trigger of flufl.bounce, then long lines": DAEMON + TAGS + (b"a" * 99 + b"\n") * 5000,
    "every trigger, many times": DAEMON + TAGS * 1000,
    "words that begin a reason": DAEMON + b"5.0.0 " + b"user " * 100_000,
    "empty lines": DAEMON + b"\n" * 500_000,
    "delimiters": REPORT + b"--b\n" * 130_000,
    "recipients": STATUS + b"Final-Recipient: rfc822;a@b.c\nAction: failed\nStatus: 5.1.1\n\n" * 8000,
    "escapes": STATUS + b"Final-Recipient: utf-8; " + b"\\x{110000}\\x{D800}\\x{E9}" * 20_000 + b"\nAction: failed\n",
    "headers": b"A: b\n" * 100_000,
    "a folded header": b"A:" + b"\n " * 250_000,
    "encoded words": b"From: a@b.c\nSubject: " + b"=?utf-8?b?_" * 40_000 + b"\n\n",
    "nesting": b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(9000)),
    "nesting in itself": b"Content-Type: multipart/mixed; boundary=b\n\n--b\n" * 11_000,
    "styles never closed": HTML + b"<style" * 80_000,
    "tags never closed": HTML + b"<p" * 200_000,
    "a run of accents": PERSON + "\u0301\u0316".encode() * 100_000,
    "letters that decompose into words": PERSON + "\ufdfa".encode() * 100_000,
    "negations": PERSON + b"ne " * 170_000,
    "starts of a quotation": PERSON + (b"le " + b"x" * 148 + b"\n") * 3000,
    "at signs": DAEMON + b"a@" * 250_000,
    "content type parameters": b"Content-Type: multipart/x" + b"; a=b" * 90_000 + b"\n\n",
    "padding in base64": b"From: a@b.c\nContent-Transfer-Encoding: base64\n\n" + b"A==" * 160_000,
    "nothing but NUL": b"\0" * 524_288,
    "ten megabytes": DAEMON + b"spam\n" * 2_000_000,
}


@pytest.mark.parametrize("raw", [*HOSTILE.values(), max(SAMPLES, key=len)], ids=[*HOSTILE, "the largest sample"])
def test_no_message_takes_more_than_100_ms(raw):
    def seconds() -> float:
        # The processor time of this thread: what other work on the machine takes does not count.
        start = time.thread_time()
        classify(raw)
        return time.thread_time() - start

    assert min(seconds() for _ in range(3)) < 0.1
