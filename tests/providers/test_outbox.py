"""The outbox: letters as files, once each, under names that nobody outside chooses."""

from __future__ import annotations

import html.parser
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.providers import open_provider
from newsletter.providers.outbox import OutboxProvider, entries, file_name
from newsletter.settings_file import load_settings
from tests.conftest import ROOT
from tests.providers.smtp_people import outgoing, tell


class Links(html.parser.HTMLParser):
    """Collects the targets and the words of a page."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.words = ""
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        assert tag not in ("script", "img")
        self.links += [value for name, value in attrs if tag == "a" and name == "href"]

    def handle_data(self, data):
        self.words += data


@pytest.fixture
def outbox(tmp_path) -> OutboxProvider:
    return OutboxProvider(tmp_path / "outbox")


def deliver(outbox: OutboxProvider, people, label="2026-11-lettre") -> Path:
    session = outbox.connect(label)
    assert set(tell(session.send(people)).values()) == {"A"}
    session.close()
    return outbox.root / label


def test_each_person_has_one_file_and_a_line_in_the_page(outbox):
    directory = deliver(outbox, [outgoing(n) for n in range(3)])
    files = sorted(path.name for path in directory.glob("*.eml"))
    assert files == [f"00000{n}-p{n}@example.org.eml" for n in range(3)]
    assert [(directory / name).read_bytes() for name in files] == [outgoing(n).mime for n in range(3)]
    page = Links(directory / "index.html")
    assert page.links == files
    assert "3 messages" in page.words and "p1@example.org" in page.words
    assert not list(directory.glob(".*")), "no draft is left"


def test_a_message_sent_again_doubles_nobody(outbox):
    deliver(outbox, [outgoing(1), outgoing(2)])
    directory = deliver(outbox, [outgoing(2, b"corrected\r\n"), outgoing(3)])
    assert len(list(directory.glob("*.eml"))) == 3
    assert [entry["delivery"] for entry in entries(directory)] == [1, 2, 3]
    assert (directory / file_name(outgoing(2))).read_bytes().endswith(b"corrected\r\n")


def test_a_line_whose_file_never_came_is_not_listed(outbox):
    directory = deliver(outbox, [outgoing(1), outgoing(2)])
    (directory / file_name(outgoing(1))).unlink()
    assert [entry["address"] for entry in entries(directory)] == ["p2@example.org"]


def test_a_line_torn_by_a_crash_spoils_neither_the_page_nor_the_next_sending(outbox):
    directory = deliver(outbox, [outgoing(1)])
    with (directory / "index.jsonl").open("ab") as journal:
        journal.write(b'{"delivery": 2, "addr\n')
    deliver(outbox, [outgoing(3)])
    assert Links(directory / "index.html").links == [file_name(outgoing(1)), file_name(outgoing(3))]


def test_the_outcome_names_the_file(outbox):
    session = outbox.connect("2026-11-lettre")
    (outcome,) = session.send([outgoing(5)])
    assert (outbox.root / outcome.provider_id).read_bytes() == outgoing(5).mime
    session.close()


def test_each_label_has_its_directory_and_none_has_one_too(outbox):
    deliver(outbox, [outgoing(1)], "2026-11-lettre")
    session = outbox.connect()
    list(session.send([outgoing(1)]))
    session.close()
    assert sorted(path.name for path in outbox.root.iterdir()) == ["2026-11-lettre", "messages"]


@given(address=st.text(max_size=80), label=st.text(max_size=80), delivery=st.integers(0, 10**9))
def test_no_name_leads_out_of_the_outbox(tmp_path_factory, address, label, delivery):
    root = tmp_path_factory.mktemp("outbox")
    session = OutboxProvider(root).connect(label)
    (outcome,) = session.send([outgoing(delivery, address=address)])
    session.close()
    assert outcome.kind == "accepted"
    written = [path for path in root.rglob("*") if path.suffix == ".eml"]
    assert len(written) == 1
    assert written[0].parent.parent == root and not written[0].name.startswith((".", "-"))
    assert written[0].name.isascii() and len(written[0].name) < 200


def test_an_address_is_text_in_the_page_never_markup(outbox):
    directory = deliver(outbox, [outgoing(1, address='"><script>alert(1)</script>@example.org')])
    assert "<script>" in Links(directory / "index.html").words


def test_sessions_side_by_side_lose_no_line(outbox):
    people = [outgoing(n) for n in range(200)]
    workers = [threading.Thread(target=deliver, args=(outbox, people[n::4])) for n in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    directory = outbox.root / "2026-11-lettre"
    assert sorted(int(entry["delivery"]) for entry in entries(directory)) == list(range(200))
    assert len(Links(directory / "index.html").links) == 200


def test_a_place_that_cannot_be_written_defers_everybody(tmp_path):
    (tmp_path / "outbox").write_text("a file where the directory should be")
    session = OutboxProvider(tmp_path / "outbox").connect("x")
    outcomes = list(session.send([outgoing(1), outgoing(2)]))
    session.close()
    assert tell(outcomes) == {1: "P", 2: "P"}
    assert "écriture impossible" in outcomes[0].text


def test_a_file_that_cannot_be_replaced_leaves_no_half_message(outbox):
    directory = outbox.root / "x"
    (directory / file_name(outgoing(1)) / "in the way").mkdir(parents=True)
    session = outbox.connect("x")
    assert tell(session.send([outgoing(1), outgoing(2)])) == {1: "P", 2: "A"}
    session.close()
    assert not list(directory.glob(".*"))


def test_letters_can_be_read_by_their_owner_only(outbox):
    directory = deliver(outbox, [outgoing(1)])
    assert directory.stat().st_mode & 0o077 == 0


def test_the_default_provider_is_the_outbox_of_the_workspace():
    provider = open_provider(load_settings(ROOT, {}))
    assert (provider.name, provider.root, provider.idempotent) == ("outbox", ROOT / "outbox", True)
