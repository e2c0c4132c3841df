"""Where bounces lie on disk."""

from __future__ import annotations

import mailbox
from email.message import EmailMessage

import pytest

from newsletter.errors import MailboxError
from newsletter.providers.bounces import read_sources

ONE = b"From: a@x.example\nSubject: one\n\nBonjour\n"
TWO = b"From: b@x.example\nSubject: two\n\nText\nFrom here on, still text.\n"


def test_a_file_is_one_message_whatever_its_name(tmp_path):
    file = tmp_path / "note.txt"
    file.write_bytes(ONE)
    assert list(read_sources([file])) == [(str(file), ONE)]


def test_an_empty_file_is_a_message_too(tmp_path):
    file = tmp_path / "empty.eml"
    file.write_bytes(b"")
    assert list(read_sources([file])) == [(str(file), b"")]


def test_a_directory_is_searched_in_order_and_other_files_are_left(tmp_path):
    (tmp_path / "sub").mkdir()
    for name in ("b.eml", "a.EML", "sub/c.eml", "expected.csv", ".hidden.eml"):
        (tmp_path / name).write_bytes(ONE)
    (tmp_path / "loop").symlink_to(tmp_path)
    names = [name.removeprefix(f"{tmp_path}/") for name, _ in read_sources([tmp_path])]
    assert names == ["a.EML", "b.eml", "sub/c.eml"]


def test_an_mbox_written_by_the_standard_library_is_read_back(tmp_path):
    box = mailbox.mbox(tmp_path / "retours.mbox")
    for number in range(3):
        message = EmailMessage()
        message["Subject"] = f"number {number}"
        message.set_content("From the beginning\n\nFrom x@y.example\nend\n")
        box.add(message)
    box.close()
    found = list(read_sources([tmp_path / "retours.mbox"]))
    assert [name.rpartition("#")[2] for name, _ in found] == ["1", "2", "3"]
    assert all(f"number {n}".encode() in raw for n, (_, raw) in enumerate(found))
    assert all(b"\nFrom the beginning\n" in raw and b"\nFrom x@y.example\n" in raw for _, raw in found)


def test_messages_of_an_mbox_end_where_the_next_begins(tmp_path):
    file = tmp_path / "box"
    file.write_bytes(b"From a Tue\r\n" + ONE + b"\r\nFrom b Tue\n" + TWO)
    assert [raw for _, raw in read_sources([file])] == [ONE + b"\r\n", TWO]


def test_a_maildir_gives_its_new_and_read_messages_and_no_half_written_one(tmp_path):
    box = mailbox.Maildir(tmp_path / "box")
    box.add(ONE)
    read = mailbox.MaildirMessage(TWO)
    read.set_subdir("cur")
    box.add(read)
    (tmp_path / "box" / "tmp" / "half").write_bytes(b"half")
    (tmp_path / "box" / "dovecot-uidlist").write_bytes(b"1")
    assert [raw for _, raw in read_sources([tmp_path / "box"])] == [ONE, TWO]


def test_a_huge_message_is_cut_and_the_next_one_still_read(tmp_path):
    file = tmp_path / "huge.mbox"
    file.write_bytes(b"From a\n" + b"x" * 2_000_000 + b"\n\nFrom b\n" + ONE)
    sizes = [len(raw) for _, raw in read_sources([file])]
    assert sizes == [512 * 1024, len(ONE)]


def test_a_missing_path_names_itself(tmp_path):
    with pytest.raises(MailboxError, match=r"absent\.eml"):
        list(read_sources([tmp_path / "absent.eml"]))
